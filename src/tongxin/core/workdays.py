"""Working days in China: holidays and make-up days as announced, with what a district declares itself.

The State Council announces a year's holidays late in the year before. Until then weekends alone are
known, and what was counted with them is provisional: it has to be worked out again when the calendar
comes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
END_OF_DAY = time(23, 59, 59)
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class _Announced:
    years: frozenset[int]
    holidays: frozenset[date]
    made_up: frozenset[date]


@cache
def _announced() -> _Announced:
    # The package's own functions look through the whole table at every call; its tables are enough.
    from chinese_calendar.constants import holidays, workdays

    return _Announced(frozenset(day.year for day in holidays), frozenset(holidays), frozenset(workdays))


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch during which a clock stood still, as aware datetimes; ``end`` None while it still stands."""

    start: datetime
    end: datetime | None = None


class WorkCalendar:
    """Which days are worked. ``overrides`` (day → worked or not) go before everything that was announced.

    ``settled_years`` are years whose whole announcement stands in the overrides: nothing in them is provisional.
    """

    def __init__(
        self, overrides: Mapping[date, bool] | None = None, settled_years: Iterable[int] = ()
    ) -> None:
        self._overrides = dict(overrides or {})
        self._settled = frozenset(settled_years)

    def is_workday(self, day: date) -> bool:
        """Is this a day of work? Weekends alone are free in a year not announced yet."""
        declared = self._overrides.get(day)
        if declared is not None:
            return declared
        announced = _announced()
        if day in announced.made_up:
            return True
        return day.weekday() < _SATURDAY and day not in announced.holidays

    def is_provisional(self, day: date) -> bool:
        """May the answer for this day still change, because its year has not been announced?"""
        return day not in self._overrides and not self.is_year_known(day.year)

    def is_year_known(self, year: int) -> bool:
        """Have the holidays of that year been announced, by the state or in the district's own table?"""
        return year in _announced().years or year in self._settled

    def is_counted_provisionally(self, first: date, last: date) -> bool:
        """May a date counted in working days from ``first`` to ``last`` still change? One unsettled day is enough."""
        first, last = min(first, last), max(first, last)
        if all(self.is_year_known(year) for year in range(first.year, last.year + 1)):
            return False
        return any(self.is_provisional(first + _DAY * n) for n in range((last - first).days + 1))

    def next_workday(self, day: date) -> date:
        """The first working day after ``day``."""
        day += _DAY
        while not self.is_workday(day):
            day += _DAY
        return day

    def add_workdays(self, start: date, days: int) -> date:
        """The day ``days`` working days after ``start`` (before it, when negative); always a working day.

        The first day does not count: one working day after a Friday is Monday, and so is one after
        Saturday. Zero working days after a free day is the next working day.
        """
        if days == 0:
            return start if self.is_workday(start) else self.next_workday(start)
        step = _DAY if days > 0 else -_DAY
        day, left = start, abs(days)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def workdays_between(self, first: date, last: date) -> int:
        """Working days after ``first`` up to and including ``last``; negative when ``last`` is earlier."""
        if last < first:
            return -self.workdays_between(last, first)
        return sum(self.is_workday(first + _DAY * n) for n in range(1, (last - first).days + 1))

    def due_at(self, start: datetime, workdays: int, tz: tzinfo = SHANGHAI) -> datetime:
        """The last second, in ``tz``, of the day ``workdays`` working days after ``start`` (aware)."""
        day = self.add_workdays(_local_day(start, tz), workdays)
        return datetime.combine(day, END_OF_DAY, tzinfo=tz)


def derive_due(
    started: datetime,
    workdays: int,
    pauses: Iterable[Pause],
    extensions_workdays: int,
    calendar: WorkCalendar,
    *,
    tz: tzinfo = SHANGHAI,
) -> datetime | None:
    """When a clock runs out, worked out from its events; None while a pause is open.

    ``workdays`` and ``extensions_workdays`` are working days. A pause gives back the working days from
    the day it began up to the day before it ended; pauses that overlap give a day back once. A pause
    begun after the clock ran out gives nothing back: being late is not cured by waiting. The result is
    the last second of a local working day.
    """
    begun = _local_day(started, tz)
    due = calendar.add_workdays(begun, workdays + extensions_workdays)
    counted_to = begun
    for pause in sorted(pauses, key=lambda each: each.start):
        first = max(_local_day(pause.start, tz), counted_to)
        if _local_day(pause.start, tz) > due:
            continue
        if pause.end is None:
            return None
        last = _local_day(pause.end, tz)
        if last <= first:
            continue
        lost = sum(calendar.is_workday(first + _DAY * n) for n in range((last - first).days))
        due = calendar.add_workdays(due, lost)
        counted_to = last
    return datetime.combine(due, END_OF_DAY, tzinfo=tz)


def _local_day(at: datetime, tz: tzinfo) -> date:
    if at.tzinfo is None:
        raise ValueError("a clock needs a datetime with a time zone")
    return at.astimezone(tz).date()
