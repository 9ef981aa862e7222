"""When somebody may be told: waking hours, working days, the hour of digests. Pure: everything is worked out from
the moment and the calendar given.

``TONGXIN["waking_hours"]`` (two times, local) bounds what rings; ``TONGXIN["digest_at"]`` is when digests leave.
"""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from tongxin.core.workdays import WorkCalendar
from tongxin.notices.models import Channel, Concern, Rhythm

AT_ANY_HOUR = frozenset({Channel.INBOX.value, Channel.WEBHOOK.value})
"""They wake nobody."""
WORK = frozenset({Concern.DUTY.value, Concern.CLOCK.value})
"""Concerns that are work: on a free day nobody is told of them outside the inbox."""


def waking_hours() -> tuple[time, time]:
    """From when until when, local time, somebody may be told."""
    first, last = settings.TONGXIN["waking_hours"]
    return time.fromisoformat(first), time.fromisoformat(last)


def is_waking(now: datetime) -> bool:
    """May a phone ring now?"""
    first, last = waking_hours()
    return first <= timezone.localtime(now).time() < last


def next_waking(at: datetime, calendar: WorkCalendar, *, is_work: bool) -> datetime:
    """``at`` itself when somebody may be told then, else the next moment when they may."""
    first, last = waking_hours()
    local = timezone.localtime(at)
    day = local.date()
    if local.time() >= last:
        day += timedelta(days=1)
    if is_work and not calendar.is_workday(day):
        day = calendar.next_workday(day)
    if day == local.date() and local.time() >= first:
        return at
    return _at(day, first)


def next_digest(rhythm: str, at: datetime, calendar: WorkCalendar) -> datetime:
    """When the next digest after ``at`` leaves: on working days, or once a week on Monday or the day that follows."""
    hour = time.fromisoformat(settings.TONGXIN["digest_at"])
    day = timezone.localtime(at).date()
    if rhythm == Rhythm.WEEKLY:
        day -= timedelta(days=day.weekday())
        step = 7
    else:
        step = 1
    while True:
        leaves = _at(calendar.add_workdays(day, 0), hour)
        if leaves > at:
            return leaves
        day += timedelta(days=step)


def due_time(channel: str, rhythm: str, concern: str, at: datetime, calendar: WorkCalendar) -> datetime:
    """When a delivery written at ``at`` is due by this channel and rhythm."""
    if channel == Channel.WEBHOOK:
        return at
    if rhythm in {Rhythm.DAILY, Rhythm.WEEKLY}:
        return next_digest(rhythm, at, calendar)
    if channel in AT_ANY_HOUR:
        return at
    return next_waking(at, calendar, is_work=concern in WORK)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=timezone.get_current_timezone())
