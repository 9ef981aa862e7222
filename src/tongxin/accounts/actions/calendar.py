"""The working-day calendar: days that the district declares working or free."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.actions.people import NotAnAdministrator
from tongxin.accounts.rules import may_run_system
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.models import AccessLog, CalendarDay
from tongxin.core.signals import calendar_changed


def _announce(day: date, *, actor: Actor, is_workday: bool | None, note: str) -> None:
    # Due dates first: the ledger's lock is taken last and briefly.
    calendar_changed.send(sender=CalendarDay, days=frozenset({day}), actor=actor)
    state = {True: "work", False: "free", None: "as announced"}[is_workday]
    AccessLog.objects.create(
        user_id=actor.user_id, action="calendar.changed", detail=f"{day.isoformat()} {state}"
    )
    ledger.append(
        "calendar.changed",
        body={"day": day.isoformat(), "state": state, "note": note},
        at=timezone.now(),
        is_public=True,
    )


@transaction.atomic
def set_calendar_day(day: date, *, actor: Actor, is_workday: bool, note: str) -> CalendarDay:
    """Declare a day working or free; open due dates are worked out again in the same transaction.

    The note is public: why the district departs from the announced calendar. Raises :class:`NotAnAdministrator`.
    """
    if not may_run_system(actor):
        raise NotAnAdministrator
    row, _made = CalendarDay.objects.update_or_create(
        day=day, defaults={"is_workday": is_workday, "note": note}
    )
    _announce(day, actor=actor, is_workday=is_workday, note=note)
    return row


@transaction.atomic
def remove_calendar_day(day_id: int, *, actor: Actor) -> None:
    """Take a declaration back; removing it twice changes nothing. Raises :class:`NotAnAdministrator`."""
    if not may_run_system(actor):
        raise NotAnAdministrator
    row = CalendarDay.objects.select_for_update().filter(pk=day_id).first()
    if row is not None:
        row.delete()
        _announce(row.day, actor=actor, is_workday=None, note=row.note)
