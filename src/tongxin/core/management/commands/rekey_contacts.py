"""``tongxin rekey-contacts``: seal everything with the first key, so that the old ones can be dropped."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tongxin.core.sealed import Resealed, reseal_all


class Command(BaseCommand):
    """Safe to interrupt, to repeat, and to run while people work."""

    help = "Seal contacts, addresses and secrets with the first of TONGXIN_CONTACT_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal, say what was done, and exit with 1 when something opens with none of the keys."""
        done = reseal_all(self._tell)
        if done.unreadable:
            self.stderr.write(
                self.style.ERROR(
                    f"{done.unreadable} rows open with none of the keys. Put the missing key back "
                    "(the new one first) and run this again. Drop no key."
                )
            )
            sys.exit(1)
        if len(settings.CONTACT_KEYS) == 1:
            self.stdout.write("Everything is under the one key.")
        else:
            self.stdout.write(
                "Everything is under the first key. Once every process runs with it in front and this was run again, "
                "the others can be taken out of TONGXIN_CONTACT_KEYS."
            )

    def _tell(self, model: str, done: Resealed) -> None:
        self.stdout.write(f"{model}: {done.rows} rows, {done.changed} changed")
