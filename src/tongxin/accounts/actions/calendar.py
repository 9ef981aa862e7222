"""The working-day calendar: days that the district declares working or free, one at a time or a year's list at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction
from django.utils import timezone

from tongxin.accounts.actions.people import NotAnAdministrator
from tongxin.accounts.calendar_list import DayGiven
from tongxin.accounts.rules import may_keep_calendar
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.models import AccessLog, CalendarDay
from tongxin.core.signals import calendar_changed, calendar_weighed
from tongxin.core.workdays import WorkCalendar

_LOCK = 7_310
WORDS = {True: "work", False: "free", None: "as announced"}


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """What a list of days would change: nothing has happened yet. ``moved`` counts matters with another due date."""

    new: list[DayGiven] = field(default_factory=list)
    changed: list[tuple[DayGiven, CalendarDay]] = field(default_factory=list)
    unchanged: int = 0
    years: list[int] = field(default_factory=list)
    settled: frozenset[int] = frozenset()
    moved: int = 0

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to confirm."""
        return bool(self.new or self.changed or self.years)


def _one_at_a_time() -> None:
    # Two changes at once would each work due dates out without the other's days.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _announce(days: Sequence[tuple[date, bool | None, str]], years: Sequence[int], *, actor: Actor) -> None:
    # Due dates first: the ledger's lock is taken last and briefly.
    touched = {day for day, _is_workday, _note in days} | {date(year, 1, 1) for year in years}
    calendar_changed.send(sender=CalendarDay, days=frozenset(touched), actor=actor)
    first, is_workday, _note = days[0]
    detail = f"{first.isoformat()} {WORDS[is_workday]}" + (f" +{len(days) - 1}" if len(days) > 1 else "")
    AccessLog.objects.create(user_id=actor.user_id, action="calendar.changed", detail=detail)
    ledger.append(
        "calendar.changed",
        body={
            "days": [
                {"day": day.isoformat(), "state": WORDS[is_workday], "note": note}
                for day, is_workday, note in days
            ],
            "years_settled": list(years),
        },
        at=timezone.now(),
        is_public=True,
    )


def _must_keep_calendar(actor: Actor) -> None:
    if not may_keep_calendar(actor):
        raise NotAnAdministrator


@transaction.atomic
def set_calendar_day(day: date, *, actor: Actor, is_workday: bool, note: str) -> CalendarDay:
    """Declare a day working or free; open due dates are worked out again in the same transaction.

    The note is public: why the district departs from the announced calendar. The office and the system administrator
    may; raises :class:`NotAnAdministrator` for others.
    """
    _must_keep_calendar(actor)
    _one_at_a_time()
    row, _made = CalendarDay.objects.update_or_create(
        day=day, defaults={"is_workday": is_workday, "note": note}
    )
    _announce([(day, is_workday, note)], [], actor=actor)
    return row


@transaction.atomic
def remove_calendar_day(day_id: int, *, actor: Actor) -> None:
    """Take a declaration back; removing it twice changes nothing. Raises :class:`NotAnAdministrator`."""
    _must_keep_calendar(actor)
    _one_at_a_time()
    row = CalendarDay.objects.select_for_update().filter(pk=day_id).first()
    if row is not None:
        row.delete()
        _announce([(row.day, None, row.note)], [row.day.year] if row.settles_year else [], actor=actor)


def plan_calendar_days(days: Iterable[DayGiven], *, actor: Actor, settles_years: bool) -> CalendarPlan:
    """What declaring these days would change, weighed against all open due dates. Changes nothing.

    ``settles_years``: the list holds the whole announcement of its years, which are not provisional any more then.
    """
    _must_keep_calendar(actor)
    given = {one.day: one for one in days}
    rows = list(CalendarDay.objects.all())
    there = {row.day: row for row in rows if row.day in given}
    plan = CalendarPlan()
    for day, one in sorted(given.items()):
        row = there.get(day)
        if row is None:
            plan.new.append(one)
        elif (row.is_workday, row.note) != (one.is_workday, one.note):
            plan.changed.append((one, row))
    settled = {row.day.year for row in rows if row.settles_year}
    years = {day.year for day in given} if settles_years else set()
    calendar = WorkCalendar(
        {row.day: row.is_workday for row in rows} | {one.day: one.is_workday for one in given.values()},
        settled | years,
    )
    touched = {one.day for one in plan.new} | {one.day for one, _row in plan.changed}
    moved = 0
    if touched:
        answers = calendar_weighed.send(sender=CalendarDay, days=frozenset(touched), calendar=calendar)
        moved = sum(int(count or 0) for _receiver, count in answers)
    return CalendarPlan(
        plan.new,
        plan.changed,
        len(given) - len(plan.new) - len(plan.changed),
        sorted(years - settled),
        frozenset(settled),
        moved,
    )


@transaction.atomic
def set_calendar_days(days: Iterable[DayGiven], *, actor: Actor, settles_years: bool) -> CalendarPlan:
    """Declare all these days at once; due dates are worked out again once. Returns what changed.

    Doing it twice changes nothing the second time. Raises :class:`NotAnAdministrator`.
    """
    _must_keep_calendar(actor)
    _one_at_a_time()
    given = list(days)
    plan = plan_calendar_days(given, actor=actor, settles_years=settles_years)
    if not plan.has_changes:
        return plan
    fresh = given if plan.years else [*plan.new, *(one for one, _row in plan.changed)]
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(
                day=one.day,
                is_workday=one.is_workday,
                note=one.note,
                settles_year=settles_years or one.day.year in plan.settled,
            )
            for one in fresh
        ],
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["is_workday", "note", "settles_year"],
    )
    _announce([(one.day, one.is_workday, one.note) for one in fresh], plan.years, actor=actor)
    return plan
