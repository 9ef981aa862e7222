"""``tongxin import-opinions``: a conversation from the files of a Polis export."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor, Assignment
from tongxin.deliberation.actions.conversations import NotConvener, NotDeliberating
from tongxin.deliberation.actions.importing import NotEmpty, import_conversation, read_export
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.mapping import draw_map
from tongxin.deliberation.opinion.files import NotAnExport
from tongxin.deliberation.opinion.votes import NotAVote

OFFICE = Actor(role=Role.OFFICE, label="政协办公室", assignments=frozenset({Assignment(Role.OFFICE)}))


class Command(BaseCommand):
    """Import votes.csv, comments.csv and summary.csv of a folder as the conversation of a record."""

    help = "Import a conversation in Polis's export format (votes.csv, comments.csv, summary.csv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder, the record, and whether it is only a trial."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "number", help="of a record that is being deliberated and has no conversation yet"
        )
        parser.add_argument("--dry-run", action="store_true", help="read and count only")
        parser.add_argument("--stays-open", action="store_true", help="go on taking votes")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, say what there is, bring it in, draw the map."""
        try:
            export = read_export(options["folder"])
        except (OSError, NotAnExport, NotAVote) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"{export.people} participants, {len(export.comments)} statements ({export.removed} moderated out, "
            f"{export.masked} masked, {export.shortened} shortened, {export.without_words} without words), "
            f"{len(export.values)} votes ({export.repeated} changed ones)"
        )
        found = find_record(options["number"], OFFICE)
        if found is None:
            raise CommandError(f"{options['number']}: no such record")
        if options["dry_run"]:
            return
        try:
            conversation = import_conversation(
                *found, actor=OFFICE, export=export, stays_open=options["stays_open"]
            )
        except (NotConvener, NotDeliberating) as problem:
            raise CommandError(f"{options['number']} is not being deliberated") from problem
        except NotEmpty as problem:
            raise CommandError(f"{options['number']} has a conversation already") from problem
        result = draw_map(conversation.pk).result
        sizes = ", ".join(str(group["size"]) for group in result["groups"]) or "-"
        self.stdout.write(f"{result['grouped']} people in {len(result['groups'])} groups ({sizes})")
