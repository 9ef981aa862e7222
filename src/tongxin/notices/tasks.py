"""What workers do: dispatch, gather, deliver; bring back what a killed worker left; forget.

The notice and message tables are the queues; a job only says that there is something in them. So a job that is lost,
doubled or late harms nothing, and every minute somebody looks by themselves.
"""

import time
from collections.abc import Callable

import structlog
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from tongxin.notices import actions

STRETCH = 15.0
"""Seconds after which a job makes room for others and queues itself again."""
AGAIN = 2.0
"""Seconds until somebody looks again who found another at the work."""
STALLED_AFTER = 40
"""Seconds without a sign of life from a worker (they give one every ten) after which its jobs go back."""
log = structlog.get_logger(__name__)


class NotDelivered(Exception):
    """The channel didn't take it; the worker tries again."""


@app.task(
    name="tongxin.notices.tasks.deliver",
    queue="notices",
    priority=10,
    retry=RetryStrategy(max_attempts=5, exponential_wait=4, retry_exceptions={NotDelivered}),
)
def deliver(message_id: int) -> None:
    """Send one urgent message; see :func:`tongxin.notices.actions.deliver_message`."""
    if not actions.deliver_message(message_id):
        raise NotDelivered


@app.task(name="tongxin.notices.tasks.dispatch", queue="notices")
def dispatch() -> None:
    """Expand what was told; see :func:`tongxin.notices.actions.dispatch`."""
    _work_through("dispatch", actions.dispatch, then="gather")


@app.task(name="tongxin.notices.tasks.gather", queue="notices")
def gather() -> None:
    """Make messages of what is due; see :func:`tongxin.notices.actions.make_messages`."""
    _work_through("gather", actions.make_messages)


def _work_through(task: str, batch: Callable[[], int], then: str = "") -> None:
    """One batch after another, for a stretch. Whoever finds somebody else at it looks again shortly: what was just
    told may have come too late for them.
    """
    until = time.monotonic() + STRETCH
    try:
        while batch():
            if then:
                actions.wake(then, lock=then)
            if time.monotonic() > until:
                actions.wake(task, lock=task)
                return
    except actions.Busy:
        actions.wake(task, lock=task, after=AGAIN)


@app.task(name="tongxin.notices.tasks.deliver_waiting", queue="notices", priority=-1)
def deliver_waiting(channel: str, lane: int) -> None:
    """Send what waits by one channel; see :func:`tongxin.notices.actions.deliver_waiting`."""
    until = time.monotonic() + STRETCH
    while actions.deliver_waiting(channel):
        if time.monotonic() > until:
            actions.wake("deliver_waiting", lock=f"deliver-{channel}-{lane}", channel=channel, lane=lane)
            return


@app.periodic(cron="* * * * *")
@app.task(name="tongxin.notices.tasks.look_for_work", queue="notices", queueing_lock="notices-look")
def look_for_work(timestamp: int) -> None:
    """Each minute: dispatch and gather what nobody was woken for, digests above all, and wake who delivers."""
    dispatch()
    gather()
    actions.wake_channels(actions.waiting_channels())


@app.periodic(cron="* * * * *")
@app.task(name="tongxin.notices.tasks.requeue_stalled_jobs", queue="clock", priority=20, pass_context=True)
async def requeue_stalled_jobs(context, timestamp: int) -> None:  # type: ignore[no-untyped-def]
    """Each minute: a killed worker's jobs go back to the queue, within two minutes of its end.

    A job that waits in the queue a second time already (the same queueing lock) is ended instead.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        try:
            await manager.retry_job(job)
        except ConnectorException:
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        log.warning("stalled_job_requeued", job=job.id, task=job.task_name)


@app.periodic(cron="20 4 * * *")
@app.task(name="tongxin.notices.tasks.forget", queue="clock")
def forget(timestamp: int) -> None:
    """Every night: see :func:`tongxin.notices.actions.forget_old_codes`."""
    actions.forget_old_codes()
