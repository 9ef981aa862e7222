"""Due dates worked out again when the working-day calendar changes."""

from typing import Any

from django.utils import timezone

from tongxin.core import clocks
from tongxin.core.history import lock
from tongxin.matters.actions.raising import receipt_event
from tongxin.matters.models import Matter
from tongxin.matters.process import SIX_STEPS


def rework_due_dates(sender: Any, **_kwargs: Any) -> int:
    """Derive every open due date again, inside the transaction of the calendar's change; each change is in the ledger.

    Returns how many moved. Rule: a clock pauses only through a recorded event, and due dates are worked out again
    when the holiday calendar changes.
    """
    calendar = clocks.local_calendar()
    moved = 0
    open_ids = list(
        Matter.objects.filter(state__in=SIX_STEPS.open_states())
        .exclude(due_on=None)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for pk in open_ids:
        matter = lock(Matter, pk, seen_version=None)
        before = matter.due_on
        clocks.derive(matter, calendar)
        if matter.due_on != before:
            matter.save(update_fields=["due_on", "is_due_provisional"])
            receipt_event(
                "clock.reworked",
                matter,
                at=timezone.now(),
                data={
                    "from": before.isoformat() if before else None,
                    "to": matter.due_on.isoformat() if matter.due_on else None,
                },
                is_public=matter.publication == "public",
            )
            moved += 1
    return moved
