"""Clocks of a record: started, paused, resumed and extended by events; due dates derived from them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from tongxin.core.models import CalendarDay, ClockEvent, Instrument
from tongxin.core.prepared import Prepared
from tongxin.core.process import Clock, DayKind, State
from tongxin.core.workdays import Pause, WorkCalendar, derive_due

_declared_days = Prepared(
    lambda: CalendarDay.objects.order_by().values_list("day", "is_workday", "settles_year")
)


def local_calendar() -> WorkCalendar:
    """The working-day calendar with this district's changes. One query."""
    return _calendar_of(_declared_days.rows())


DECLARED_DAYS = (
    "(SELECT json_agg(json_build_array(day, is_workday, settles_year))::text FROM core_calendarday)"
)
"""SQL for this district's changes, for a statement that asks for them beside other things; see :func:`declared_calendar`."""


def declared_calendar(declared: str | None) -> WorkCalendar:
    """The working-day calendar with what :data:`DECLARED_DAYS` gave. No query."""
    rows = json.loads(declared) if declared else ()
    return _calendar_of([(date.fromisoformat(day), is_workday, settles) for day, is_workday, settles in rows])


def _calendar_of(rows: Sequence[tuple[Any, ...]]) -> WorkCalendar:
    return WorkCalendar(
        {day: is_workday for day, is_workday, _settles in rows},
        {day.year for day, _is_workday, settles in rows if settles},
    )


def clock_of(state: State, overrides: Mapping[str, int] | None = None) -> Clock | None:
    """The clock of a state, with the district's figure when it sets one."""
    days = (overrides if overrides is not None else settings.TONGXIN["clocks"]).get(state.code)
    if days is None:
        return state.clock
    return replace(state.clock, days=int(days)) if state.clock else Clock(int(days))


def _write(record: Instrument, kind: str, at: datetime, state: str, *, days: int = 0) -> None:
    ClockEvent.objects.create(dossier_id=record.pk, kind=kind, at=at, state=state, days=days)


def start(record: Instrument, state: State, *, at: datetime, days: int | None = None) -> None:
    """Start the clock of the state the record has come to, or stop it when that state has none."""
    started(record, state, at=at, days=days).save(force_insert=True)


def started(
    record: Instrument,
    state: State,
    *,
    at: datetime,
    days: int | None = None,
    calendar: WorkCalendar | None = None,
) -> ClockEvent:
    """The same, with the event for the caller to write with the record.

    ``days`` replaces the table's figure where the step itself sets the deadline (a decision, a hand-over). Without a
    ``calendar`` it is asked for.
    """
    clock = clock_of(state)
    record.is_paused = False
    if days is not None:
        clock = Clock(days, DayKind.WORKING)
    if clock is None:
        record.due_on, record.is_due_provisional = None, False
        return ClockEvent(dossier_id=record.pk, kind=ClockEvent.Kind.STOP, at=at, state=state.code)
    event = ClockEvent(
        dossier_id=record.pk,
        kind=ClockEvent.Kind.START,
        at=at,
        state=state.code,
        days=clock.days,
        is_calendar_days=clock.kind is DayKind.CALENDAR,
    )
    _set(record, due_from([event], calendar or local_calendar()))
    return event


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock runs out (None: no clock runs), and whether a year not announced yet was counted over."""

    on: date | None
    is_provisional: bool = False


def due_from(events: Iterable[ClockEvent], calendar: WorkCalendar) -> Due:
    """What follows from a record's clock events, in their order. No query: for one record as for thousands."""
    since: list[ClockEvent] = []
    for event in events:
        if event.kind in {ClockEvent.Kind.START, ClockEvent.Kind.STOP}:
            since = [event]
        elif since:
            since.append(event)
    if not since or since[0].kind == ClockEvent.Kind.STOP:
        return Due(None)
    first, later = since[0], since[1:]
    begun = timezone.localtime(first.at).date()
    if first.is_calendar_days:
        return Due(date.fromordinal(begun.toordinal() + first.days))
    extensions = sum(event.days for event in later if event.kind == ClockEvent.Kind.EXTEND)
    due = derive_due(
        first.at, first.days, _closed_pauses(later), extensions, calendar, tz=timezone.get_current_timezone()
    )
    assert due is not None  # only pauses that have ended are given
    day = timezone.localtime(due).date()
    return Due(day, calendar.is_counted_provisionally(begun, day))


def _set(record: Instrument, due: Due) -> None:
    record.due_on, record.is_due_provisional = due.on, due.is_provisional


def pause(record: Instrument, *, at: datetime) -> None:
    """Stop counting, as a recorded event."""
    _write(record, ClockEvent.Kind.PAUSE, at, record.state)
    record.is_paused = True


def resume(record: Instrument, *, at: datetime) -> None:
    """Count on, as a recorded event, with the due date worked out again."""
    _write(record, ClockEvent.Kind.RESUME, at, record.state)
    record.is_paused = False
    derive(record)


def extend(record: Instrument, *, at: datetime, days: int) -> None:
    """Give more working days, as a recorded event."""
    _write(record, ClockEvent.Kind.EXTEND, at, record.state, days=days)
    derive(record)


def derive(record: Instrument, calendar: WorkCalendar | None = None) -> None:
    """Work a record's due date out again from its events: after a pause, an extension, a new calendar."""
    events = ClockEvent.objects.filter(dossier_id=record.pk).order_by("pk")
    _set(record, due_from(events, calendar or local_calendar()))


def _closed_pauses(events: list[ClockEvent]) -> list[Pause]:
    """The pauses that have ended; while one is open the day shown is the one before it, marked as paused."""
    pauses, begun = [], None
    for event in events:
        if event.kind == ClockEvent.Kind.PAUSE:
            begun = event.at
        elif event.kind == ClockEvent.Kind.RESUME and begun is not None:
            pauses.append(Pause(begun, event.at))
            begun = None
    return pauses
