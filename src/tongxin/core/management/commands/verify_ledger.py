"""``tongxin verify``: walk the whole ledger."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from tongxin.core import ledger
from tongxin.core.models import AccessLog
from tongxin.core.offline_verifier import verify as verify_file


class Command(BaseCommand):
    """Name the first altered, missing, reordered or cut-off entry, or say that all hold."""

    help = "Verify the ledger's chain of hashes (or a downloaded file of it)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A file instead of the database."""
        parser.add_argument("file", nargs="?", help="a downloaded ledger; default: this installation's own")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, print, and exit with 1 at a fault."""
        if options["file"]:
            with Path(options["file"]).open(encoding="utf-8") as lines:
                count, _public, found = verify_file(lines)
        else:
            count, fault = ledger.verify()
            found = str(fault) if fault else None
            # The doctor says when the chain was walked last, and what came of it.
            AccessLog.objects.create(action="ledger.checked", detail=f"{count} entries, {fault or 'whole'}")
        if found:
            self.stderr.write(self.style.ERROR(f"FAULT at entry {found} ({count} entries before it hold)"))
            sys.exit(1)
        self.stdout.write(f"All {count} entries hold.")
