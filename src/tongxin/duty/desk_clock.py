"""The answer clock of the online desk, worked out from the roster. Pure: no database, no clock of its own.

Rule (issue 5, first-answer clock): with somebody on line the answer is due so many minutes after the question, but not
past the end of their watch; otherwise so many minutes into the next watch of the station, or of its street's station
where the station has none within 14 days; with no watch at all, at the end of the next working day, by the office.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from tongxin.core.workdays import SHANGHAI, WorkCalendar

LOOK_AHEAD = timedelta(days=14)
"""How far a watch may be away to be waited for."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A member's online shift at a station, as far as the clock needs it."""

    station_id: int
    member_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """When an answer is due, and who is there for it.

    ``watches`` are those running at the question, or else the next ones; empty when the office answers.
    ``until`` is the end of that stretch of duty: shifts that follow each other without a gap are one stretch.
    """

    at: datetime
    watches: tuple[Watch, ...] = ()
    until: datetime | None = None
    is_now: bool = False
    covered_by: int | None = None
    """The street's station, when its members answer."""


def answer_due(
    asked: datetime,
    own: Sequence[Watch],
    street: Sequence[Watch],
    calendar: WorkCalendar,
    *,
    minutes: int,
    tz: tzinfo = SHANGHAI,
) -> AnswerDue:
    """When a question asked at ``asked`` (aware) is to be answered. Watches may come in any order, also past ones."""
    for watches, is_street in ((own, False), (street, True)):
        found = _stretch(asked, watches)
        if found is None:
            continue
        there, until = found
        begins = max(asked, there[0].starts_at)
        return AnswerDue(
            at=min(begins + timedelta(minutes=minutes), until),
            watches=there,
            until=until,
            is_now=there[0].starts_at <= asked,
            covered_by=there[0].station_id if is_street else None,
        )
    return AnswerDue(at=calendar.due_at(asked, 1, tz))


def _stretch(asked: datetime, watches: Sequence[Watch]) -> tuple[tuple[Watch, ...], datetime] | None:
    """The watches running at a moment, or the next ones, and when their stretch of duty ends."""
    ahead = sorted(
        (one for one in watches if one.ends_at > asked and one.starts_at < asked + LOOK_AHEAD),
        key=lambda one: (one.starts_at, one.ends_at, one.member_id),
    )
    if not ahead:
        return None
    first = max(asked, ahead[0].starts_at)
    there = tuple(one for one in ahead if one.starts_at <= first)
    until = max(one.ends_at for one in there)
    for one in ahead:
        if one.starts_at <= until:
            until = max(until, one.ends_at)
    return there, until


def reworked(
    due_at: datetime,
    *,
    clock_from: datetime,
    now: datetime,
    own: Sequence[Watch],
    street: Sequence[Watch],
    calendar: WorkCalendar,
    minutes: int,
    tz: tzinfo = SHANGHAI,
) -> AnswerDue | None:
    """The clock after the roster changed; None where it stays. What is late already stays late, and nothing becomes
    late by a shift entered afterwards: it then counts from now.
    """
    if due_at <= now:
        return None
    due = answer_due(clock_from, own, street, calendar, minutes=minutes, tz=tz)
    if due.at <= now:
        due = answer_due(now, own, street, calendar, minutes=minutes, tz=tz)
    return due
