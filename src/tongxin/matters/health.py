"""Figures of matters for those who run the machine: counts and public numbers, nobody's words."""

from django.db.models import Count, F
from django.utils import timezone

from tongxin.matters.models import Matter
from tongxin.matters.selectors import overdue

SHOWN = 5


def provisional_matters() -> tuple[int, list[str]]:
    """How many open matters have a due date that may still move, and the numbers of the first few."""
    rows = Matter.objects.filter(is_due_provisional=True, due_on__isnull=False).order_by("due_on", "pk")
    count = rows.count()
    return count, list(rows.values_list("number", flat=True)[:SHOWN]) if count else []


def overdue_by_state() -> dict[str, int]:
    """Open matters past their due date today, by state."""
    rows = (
        overdue(Matter.objects.all(), timezone.localdate())
        .order_by()
        .values(code=F("state"))
        .annotate(count=Count("pk"))
    )
    return {row["code"]: row["count"] for row in rows}
