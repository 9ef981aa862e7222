"""Scheduled work of the six steps: each job names itself as the actor and calls actions."""

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from tongxin.core.clocks import local_calendar
from tongxin.core.history import Conflict
from tongxin.core.process import ProcessError
from tongxin.core.reminders import is_waking
from tongxin.matters import reminding
from tongxin.matters.actions import publishing, rating
from tongxin.matters.actions.clocks import rework_due_dates
from tongxin.matters.actions.rating import SYSTEM
from tongxin.matters.selectors import matters_whose_time_is_up
from tongxin.notices.times import waking_hours

log = structlog.get_logger(__name__)

JOBS = {
    "published": publishing.conclude_publication,
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
    """Every ten minutes: see :func:`advance_matters_in_time`.

    Only in waking hours of working days: what moves on tells people, and starts somebody's clock.
    """
    if is_waking(timezone.now(), local_calendar(), timezone.get_current_timezone(), waking_hours()):
        advance_matters_in_time()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="clock", lock="remind", queueing_lock="remind", pass_context=False)
def remind(timestamp: int) -> None:
    """Every five minutes: see :func:`reminding.remind`. A long run is not overtaken by the next."""
    told = reminding.remind()
    if told.records:
        log.info("reminded", notices=told.notices, records=told.records)


@app.periodic(cron="40 4 * * *")
@app.task(queue="clock", pass_context=False)
def rework_every_due_date(timestamp: int) -> None:
    """Every night: due dates follow a calendar that came with an update of the program, too."""
    with transaction.atomic():
        moved = rework_due_dates(sender=None)
    if moved:
        log.info("due_dates_reworked", matters=moved)
