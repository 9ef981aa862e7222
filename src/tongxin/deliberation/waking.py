"""Waking the worker that draws a conversation's map: at most one job waits for each conversation."""

from django.db import transaction

from tongxin.core.jobs import wake

DELAY = 1.5
"""Seconds that votes are gathered before the map is drawn again; the worker sees a job within another second."""
DRAW = "tongxin.deliberation.tasks.draw"


def wake_map_after_commit(conversation_id: int) -> None:
    """Have the map drawn once the transaction is committed. A wake-up that fails never fails the vote."""
    transaction.on_commit(lambda: wake_map(conversation_id), robust=True)


def wake_map(conversation_id: int, *, after: float = DELAY) -> bool:
    """Queue the drawing of a map in ``after`` seconds, unless a job waits; whether one was queued. After the commit."""
    return wake(
        DRAW,
        queue="default",
        lock=f"opinion-map-{conversation_id}",
        after=after,
        conversation_id=conversation_id,
    )
