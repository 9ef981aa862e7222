"""Reads of what every instrument shares."""

import json
from dataclasses import dataclass

from tongxin.core.ledger_words import words_of
from tongxin.core.models import LedgerEntry, LedgerHead


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A public entry as the ledger's page shows it: in words, with the number of its record if it says one."""

    entry: LedgerEntry
    words: str
    number: str


def recent_public_entries(limit: int = 30) -> tuple[LedgerHead | None, list[LedgerLine]]:
    """The ledger's head and its newest public entries. Two queries."""
    head = LedgerHead.objects.filter(pk=1).first()
    entries = LedgerEntry.objects.filter(is_public=True).order_by("-seq")[:limit]
    return head, [
        LedgerLine(entry, words_of(entry.event), str(json.loads(entry.body).get("number") or ""))
        for entry in entries
    ]
