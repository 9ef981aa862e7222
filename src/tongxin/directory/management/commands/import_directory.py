"""``tongxin import <kind> <file> [--confirm]``: a table into the directory, with the dry run of the page."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor, Assignment
from tongxin.core.tables import MAX_BYTES, Unreadable
from tongxin.directory.actions import (
    DirectoryChanged,
    Refused,
    cancel_import,
    confirm_import,
    plan_of,
    upload_table,
)
from tongxin.directory.importing.kinds import KINDS
from tongxin.directory.importing.planning import Plan

MACHINE_ROOM = Actor(
    role=Role.SYSTEM_ADMIN,
    label="命令行",
    assignments=frozenset({Assignment(Role.SYSTEM_ADMIN)}),
)
"""Whoever has a shell on the server acts as the system administrator."""


class Command(BaseCommand):
    """Show what a table would change and every fault in it; change it only with ``--confirm``."""

    help = "Import areas, units, members, postings, workstations or duty shifts from Excel or CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Kind, file, and whether to go through with it."""
        parser.add_argument("kind", choices=list(KINDS))
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--confirm", action="store_true", help="change the directory; without it, a dry run"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Dry run, then the import when it is asked for. Exits with 1 at faults."""
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            batch = upload_table(options["kind"], path.name, data, actor=MACHINE_ROOM)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except Unreadable as error:
            raise CommandError(error.reason) from None
        plan = plan_of(batch)
        self._show(plan)
        if not options["confirm"] or not plan.may_be_confirmed:
            cancel_import(batch.pk, actor=MACHINE_ROOM)
            if plan.faults:
                raise CommandError(f"{len(plan.faults)} faults: nothing was changed.")
            self.stdout.write("Nothing was changed." if plan.changes else "Nothing to change.")
            return
        try:
            confirm_import(batch.pk, actor=MACHINE_ROOM, seen_digest=plan.digest)
        except (DirectoryChanged, Refused) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(self.style.SUCCESS("Imported."))

    def _show(self, plan: Plan) -> None:
        for fault in plan.faults:
            self.stderr.write(f"row {fault.row}, {fault.column}: {fault.reason} [{fault.value}]")
        for change in plan.changes:
            details = "; ".join(f"{d.column}: {d.old} → {d.new}" for d in change.differences)
            self.stdout.write(f"{change.action} row {change.row.number}: {change.label} {details}".rstrip())
        self.stdout.write(", ".join(f"{name} {count}" for name, count in plan.counts.items()))
