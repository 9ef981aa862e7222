"""When a station has duty: the days of a month that follow from its patterns. No database, no clock of the machine.

A day of the month that doesn't exist (the 31st of a short one) is its last day. A day that is put off belongs to the
month it lands in, so that none is lost or written twice when one month's roster is made after another's.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from tongxin.core.workdays import WorkCalendar

_DAY = timedelta(days=1)
_FIRST_MONDAY = date(1970, 1, 5)
LONGEST_BREAK = 15
"""Calendar days a holiday with its weekends can last: so far back a day may have been put off from."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule of opening. ``days`` are days of the month (1–31), or of the week, Monday being 1."""

    key: int
    station: int
    mode: str
    is_weekly: bool
    days: Sequence[int]
    starts: time
    ends: time
    people: int = 1
    every_weeks: int = 1
    counted_from: date | None = None
    on_holiday: str = "postpone"


@dataclass(frozen=True, slots=True)
class Opening:
    """One place to fill: a pattern with three people gives three of the same time."""

    pattern: int
    station: int
    mode: str
    starts_at: datetime
    ends_at: datetime


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + 4 * _DAY).replace(day=1)


def open_days(pattern: Pattern, month: date, calendar: WorkCalendar) -> list[date]:
    """The days of this month on which the pattern opens, in order, each once.

    On a free day it is put off to the next working day, left out or held, as the pattern says. A day of the weekend
    that a weekly pattern names is meant, and held.
    """
    first, end = month_of(month), next_month(month)
    found = set()
    day = first - LONGEST_BREAK * _DAY
    while day < end:
        if _is_named(pattern, day):
            lands = _landing(pattern, day, calendar)
            if lands is not None and first <= lands < end:
                found.add(lands)
        day += _DAY
    return sorted(found)


def _is_named(pattern: Pattern, day: date) -> bool:
    if not pattern.is_weekly:
        last = monthrange(day.year, day.month)[1]
        return day.day in pattern.days or (day.day == last and any(number > last for number in pattern.days))
    if day.isoweekday() not in pattern.days:
        return False
    begin = pattern.counted_from or _FIRST_MONDAY
    weeks = ((day - day.weekday() * _DAY) - (begin - begin.weekday() * _DAY)).days // 7
    return weeks % max(1, pattern.every_weeks) == 0


def _landing(pattern: Pattern, day: date, calendar: WorkCalendar) -> date | None:
    is_meant = pattern.is_weekly and day.isoweekday() > 5
    if pattern.on_holiday == "hold" or is_meant or calendar.is_workday(day):
        return day
    return None if pattern.on_holiday == "skip" else calendar.next_workday(day)


def openings(patterns: Iterable[Pattern], month: date, calendar: WorkCalendar, tz: tzinfo) -> list[Opening]:
    """Every place to fill in a month, in order of time. Times of day are those of ``tz``."""
    found = [
        Opening(
            pattern.key,
            pattern.station,
            pattern.mode,
            datetime.combine(day, pattern.starts, tzinfo=tz),
            datetime.combine(day, pattern.ends, tzinfo=tz),
        )
        for pattern in patterns
        for day in open_days(pattern, month, calendar)
        for _person in range(pattern.people)
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.station, one.pattern))
