"""Clocks of a record: started, paused, resumed and extended by events; due dates derived from them."""

from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone

from tongxin.core.models import CalendarDay, ClockEvent, Instrument
from tongxin.core.prepared import Prepared
from tongxin.core.process import Clock, DayKind, State
from tongxin.core.workdays import Pause, WorkCalendar, derive_due

_declared_days = Prepared(lambda: CalendarDay.objects.order_by().values_list("day", "is_workday"))


def local_calendar() -> WorkCalendar:
    """The working-day calendar with this district's changes. One query."""
    return WorkCalendar(dict(_declared_days.rows()))


def clock_of(state: State, overrides: Mapping[str, int] | None = None) -> Clock | None:
    """The clock of a state, with the district's figure when it sets one."""
    days = (overrides if overrides is not None else settings.TONGXIN["clocks"]).get(state.code)
    if days is None:
        return state.clock
    return Clock(int(days), state.clock.kind if state.clock else DayKind.WORKING)


def _write(record: Instrument, kind: str, at: datetime, state: str, *, days: int = 0) -> None:
    ClockEvent.objects.create(dossier_id=record.pk, kind=kind, at=at, state=state, days=days)


def start(record: Instrument, state: State, *, at: datetime, days: int | None = None) -> None:
    """Start the clock of the state the record has come to, or stop it when that state has none."""
    started(record, state, at=at, days=days).save(force_insert=True)


def started(record: Instrument, state: State, *, at: datetime, days: int | None = None) -> ClockEvent:
    """The same, with the event for the caller to write with the record.

    ``days`` replaces the table's figure where the step itself sets the deadline (a decision, a hand-over).
    """
    clock = clock_of(state)
    record.is_paused = False
    if days is not None:
        clock = Clock(days, DayKind.WORKING)
    if clock is None:
        record.due_on, record.is_due_provisional = None, False
        return ClockEvent(dossier_id=record.pk, kind=ClockEvent.Kind.STOP, at=at, state=state.code)
    is_calendar = clock.kind is DayKind.CALENDAR
    _set_due(record, local_calendar(), at, clock.days, is_calendar)
    return ClockEvent(
        dossier_id=record.pk,
        kind=ClockEvent.Kind.START,
        at=at,
        state=state.code,
        days=clock.days,
        is_calendar_days=is_calendar,
    )


def _set_due(record: Instrument, calendar: WorkCalendar, at: datetime, days: int, is_calendar: bool) -> None:
    begun = timezone.localtime(at).date()
    if is_calendar:
        record.due_on = date.fromordinal(begun.toordinal() + days)
    else:
        record.due_on = calendar.add_workdays(begun, days)
    record.is_due_provisional = calendar.is_provisional(record.due_on)


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
    """Work the due date out again from the events since the last start: after a pause, an extension, a new calendar."""
    calendar = calendar or local_calendar()
    events = list(ClockEvent.objects.filter(dossier_id=record.pk).order_by("pk"))
    begin = next((i for i in range(len(events) - 1, -1, -1) if events[i].kind in {"start", "stop"}), None)
    if begin is None or events[begin].kind == ClockEvent.Kind.STOP:
        record.due_on = None
        return
    first, later = events[begin], events[begin + 1 :]
    if first.is_calendar_days:
        _set_due(record, calendar, first.at, first.days, True)
        return
    extensions = sum(event.days for event in later if event.kind == ClockEvent.Kind.EXTEND)
    due = derive_due(
        first.at, first.days, _closed_pauses(later), extensions, calendar, tz=timezone.get_current_timezone()
    )
    # Only pauses that have ended are given, so there always is a day.
    record.due_on = timezone.localtime(due).date() if due else None
    record.is_due_provisional = record.due_on is not None and calendar.is_provisional(record.due_on)


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
