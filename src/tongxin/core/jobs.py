"""Jobs that only say "there is work": queued once, whoever asks how often."""

import time
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from tongxin.core.prepared import prepared_cursor

_WAITS = """
SELECT coalesce(extract(epoch FROM scheduled_at - clock_timestamp()), 0)::float8
FROM procrastinate_jobs WHERE queueing_lock = $1 AND status = 'todo'
"""
_SURELY = 0.8
"""Of the time until a waiting job begins, the share in which nobody doubts that it still waits."""
_MOST = 1000
_waits_until: dict[str, float] = {}


def wake(task: str, *, queue: str, lock: str, after: float = 0.0, **arguments: Any) -> bool:
    """Queue a task by its full name unless the same ``lock`` waits already; whether it was queued.

    ``after`` is in seconds. Not inside a transaction that changed what the job is for: the waiting one might begin
    before that is committed. While a job is known to wait for its time, nothing is asked.
    """
    began = time.monotonic()
    if began < _waits_until.get(lock, 0.0):
        return False
    with prepared_cursor() as cursor:  # asked after nearly every commit
        cursor.execute(_WAITS, [lock])
        waiting = cursor.fetchone()
    if waiting:
        _remember(lock, began, waiting[0])
        return False
    job = app.configure_task(
        task, queue=queue, queueing_lock=lock, schedule_in={"seconds": after} if after else None
    )
    try:
        with transaction.atomic():
            job.defer(**arguments)
    except AlreadyEnqueued:
        return False
    _remember(lock, began, after)
    return True


def _remember(lock: str, began: float, seconds: float) -> None:
    if seconds <= 0:
        return
    if len(_waits_until) >= _MOST:
        _waits_until.clear()
    _waits_until[lock] = began + seconds * _SURELY


def forget_waiting() -> None:
    """Ask the database again at the next wake-up; for tests, whose jobs are rolled back."""
    _waits_until.clear()
