"""Note a whole year's shifts, meetings and matters in the members' diaries."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from tongxin.duty.actions.record.gathering import backfill


class Command(BaseCommand):
    """For a district that begins with a history; what is noted already is left as it is."""

    help = "Note a whole year's shifts, meetings and matters in the members' diaries."

    def add_arguments(self, parser: CommandParser) -> None:
        """The year, this one by default."""
        parser.add_argument("year", type=int, nargs="?", default=timezone.localdate().year)

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were new."""
        self.stdout.write(f"{options['year']}: {backfill(options['year'])}")
