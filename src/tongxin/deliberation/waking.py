"""Waking the worker that draws a conversation's map: at most one job waits for each conversation."""

import time

from django.db import transaction

from tongxin.core.jobs import wake

DELAY = 1.5
"""Seconds that votes are gathered before the map is drawn again; the worker sees a job within another second."""
DRAW = "tongxin.deliberation.tasks.draw"

_awake_until: dict[int, float] = {}


def wake_map_after_commit(conversation_id: int) -> None:
    """Have the map drawn once the transaction is committed. A wake-up that fails never fails the vote."""
    transaction.on_commit(lambda: wake_map(conversation_id), robust=True)


def wake_map(conversation_id: int, *, after: float = DELAY) -> bool:
    """Queue the drawing of a map in ``after`` seconds, unless a job waits; whether one was queued. After the commit.

    A job queued by this process begins only after the delay, so for most of it there is nothing to ask the database.
    """
    if time.monotonic() < _awake_until.get(conversation_id, 0.0):
        return False
    began = time.monotonic()
    if not wake(
        DRAW,
        queue="default",
        lock=f"opinion-map-{conversation_id}",
        after=after,
        conversation_id=conversation_id,
    ):
        return False
    if len(_awake_until) > 1000:
        _awake_until.clear()
    _awake_until[conversation_id] = began + after * 0.8
    return True


def forget_wake_ups() -> None:
    """Ask the database again at the next wake-up; for tests, whose jobs are rolled back."""
    _awake_until.clear()
