"""Scheduled work of duty: each job names itself as the actor and calls actions."""

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from tongxin.core.clocks import local_calendar
from tongxin.core.reminders import is_waking
from tongxin.duty.actions import desk
from tongxin.notices.times import waking_hours

log = structlog.get_logger(__name__)


def mind_the_desk() -> int:
    """Let answer clocks follow the roster; in waking hours of working days tell of what is late. Returns notices told."""
    desk.rework_answer_clocks()
    if not is_waking(timezone.now(), local_calendar(), timezone.get_current_timezone(), waking_hours()):
        return 0
    return desk.tell_late()


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="tongxin.duty.tasks.tend_desk",
    queue="clock",
    lock="desk",
    queueing_lock="desk",
    pass_context=False,
)
def tend_desk(timestamp: int) -> None:
    """Every five minutes: see :func:`mind_the_desk`."""
    told = mind_the_desk()
    if told:
        log.info("late_answers_told", notices=told)


@app.periodic(cron="10 9 * * *")
@app.task(name="tongxin.duty.tasks.close_silent_desks", queue="clock", pass_context=False)
def close_silent_desks(timestamp: int) -> None:
    """Every morning: see :func:`desk.close_silent`."""
    closed = desk.close_silent()
    if closed:
        log.info("desk_threads_closed", threads=closed)
