"""Reads of what every instrument shares."""

from tongxin.core.models import LedgerEntry, LedgerHead


def recent_public_entries(limit: int = 30) -> tuple[LedgerHead | None, list[LedgerEntry]]:
    """The ledger's head and its newest public entries. Two queries."""
    head = LedgerHead.objects.filter(pk=1).first()
    return head, list(LedgerEntry.objects.filter(is_public=True).order_by("-seq")[:limit])
