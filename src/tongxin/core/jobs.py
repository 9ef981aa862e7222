"""Jobs that only say "there is work": queued once, whoever asks how often."""

from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from tongxin.core.prepared import prepared_cursor


def wake(task: str, *, queue: str, lock: str, after: float = 0.0, **arguments: Any) -> bool:
    """Queue a task by its full name unless the same ``lock`` waits already; whether it was queued.

    ``after`` is in seconds. Not inside a transaction that changed what the job is for: the waiting one might begin
    before that is committed.
    """
    with prepared_cursor() as cursor:  # asked after nearly every commit
        cursor.execute(
            "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = $1 AND status = 'todo'", [lock]
        )
        if cursor.fetchone():
            return False
    job = app.configure_task(
        task, queue=queue, queueing_lock=lock, schedule_in={"seconds": after} if after else None
    )
    try:
        with transaction.atomic():
            job.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True
