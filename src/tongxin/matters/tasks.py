"""Scheduled work of the six steps: each job names itself as the actor and calls actions."""

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from tongxin.core.history import Conflict
from tongxin.core.process import ProcessError
from tongxin.matters.actions import deliberating, rating
from tongxin.matters.actions.rating import SYSTEM
from tongxin.matters.selectors import matters_whose_time_is_up

log = structlog.get_logger(__name__)

JOBS = {
    "published": deliberating.conclude_publication,
    "rating": rating.close_rating,
    "watched": rating.start_follow_up,
    "following_up": rating.close_rating,
}


def advance_matters_in_time(limit: int = 500) -> int:
    """Move on every matter whose period has passed: publication, rating, the wait for the follow-up. Returns how many.

    What a person is still to do (an unanswered objection) keeps a matter where it is; it stays on their list.
    """
    moved = 0
    for matter in matters_whose_time_is_up(timezone.localdate(), limit):
        try:
            JOBS[matter.state](matter, actor=SYSTEM, seen_version=matter.version)
            moved += 1
        except (ProcessError, Conflict) as refused:
            log.info("matter_not_advanced", number=matter.number, reason=type(refused).__name__)
    return moved


@app.periodic(cron="*/10 * * * *")
@app.task(queue="clock", pass_context=False)
def advance_matters(timestamp: int) -> None:
    """Every ten minutes: see :func:`advance_matters_in_time`."""
    advance_matters_in_time()


@app.periodic(cron="* * * * *")
@app.task(queue="clock", pass_context=True)
async def requeue_stalled_jobs(context, timestamp: int) -> None:  # type: ignore[no-untyped-def]
    """A killed worker's jobs go back to the queue within two minutes."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
        await context.app.job_manager.retry_job(job)
