"""Planning receptions: one or a row of them, moved, cancelled, opened and closed. Whoever booked is told."""

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.core.models import Dossier
from tongxin.core.numbering import take_number
from tongxin.directory.models import Member, Workstation
from tongxin.duty.models import Reception, Ticket
from tongxin.duty.reception_queue import slot_times
from tongxin.duty.rules_reception import NotYours, may_manage, may_plan_at, may_work_at
from tongxin.notices.actions.outbox import Addressee, tell, to_receipt, to_user
from tongxin.notices.models import Concern

MOST_TIMES = 24
BOOKED = (Ticket.State.BOOKED, Ticket.State.WAITING)
"""Bookings and people who still wait."""


class ReceptionChanged(Exception):
    """Somebody else changed the reception since the form was opened; ``reception`` is how it stands."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        super().__init__(f"{reception.number} is at version {reception.version}")


class AlreadyPlanned(Exception):
    """There is a reception of this kind at this station at this time; ``reception`` is it."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        super().__init__(f"{reception.number} is at the same time")


class TooFewSlots(Exception):
    """The slots can't hold the ``booked`` people who booked."""

    def __init__(self, booked: int) -> None:
        self.booked = booked
        super().__init__(f"{booked} bookings need a slot")


class NotNow(Exception):
    """The reception is not in a state for this (cancelled, closed, not open)."""


class StillServing(Exception):
    """Somebody is at a desk; ``number`` is theirs."""

    def __init__(self, number: int | None) -> None:
        self.number = number
        super().__init__(f"ticket {number} is being served")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned. ``topics`` and ``host_label`` are public."""

    station: Workstation
    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    topics: str = ""
    host_label: str = ""
    hosts: Sequence[Member] = ()
    slot_minutes: int = 15
    seats_a_slot: int = 1
    takes_bookings: bool = True


def lock_reception(reception: Reception, *, seen_version: int | None = None) -> Reception:
    """The reception, locked and as it stands; raises :class:`ReceptionChanged` when the form is outdated."""
    found = Reception.objects.select_for_update(of=("self",)).select_related("station").get(pk=reception.pk)
    if seen_version is not None and found.version != seen_version:
        raise ReceptionChanged(found)
    return found


def days_of(first: date, *, every: str, times: int) -> list[date]:
    """The days of a row: ``weekly`` or ``monthly``, the first included.

    A day that is free (weekend, holiday) moves to the next working day, unless the first one is a free day itself.
    """
    calendar = local_calendar()
    postpones = calendar.is_workday(first)
    found = []
    for n in range(max(1, min(times, MOST_TIMES))):
        if every == "monthly":
            year, month = divmod(first.month - 1 + n, 12)
            last = months.monthrange(first.year + year, month + 1)[1]
            day = date(first.year + year, month + 1, min(first.day, last))
        else:
            day = first + timedelta(weeks=n)
        if postpones and not calendar.is_workday(day):
            day = calendar.next_workday(day)
        found.append(day)
    return list(dict.fromkeys(found))


def _on(day: date, at: datetime) -> datetime:
    return timezone.make_aware(datetime.combine(day, timezone.localtime(at).time()))


@transaction.atomic
def plan_receptions(
    plan: Plan, *, actor: Actor, every: str = "weekly", times: int = 1, at: datetime | None = None
) -> list[Reception]:
    """Plan one reception or a row of them (see :func:`days_of`). Liaisons at their station, the office anywhere.

    Raises :class:`NotYours`, and :class:`AlreadyPlanned` when the first is there: a form sent twice plans once. Of a
    row, days that are planned already are passed over.
    """
    at = at or timezone.now()
    if not may_plan_at(actor, plan.station, plan.kind):
        raise NotYours
    # Two people planning for one station wait for each other, so that neither plans what the other has.
    Workstation.objects.select_for_update().get(pk=plan.station.pk)
    made: list[Reception] = []
    for n, day in enumerate(days_of(timezone.localdate(plan.starts_at), every=every, times=times)):
        starts_at = _on(day, plan.starts_at)
        there = (
            Reception.objects.filter(station=plan.station, kind=plan.kind, starts_at=starts_at)
            .exclude(state=Reception.State.CANCELLED)
            .first()
        )
        if there is not None:
            if n == 0:
                raise AlreadyPlanned(there)
            continue
        made.append(_plan(plan, starts_at, starts_at + (plan.ends_at - plan.starts_at), at=at))
    _tell_hosts(made, plan.hosts, template="reception.planned", at=at, by=actor.user_id)
    return made


def _plan(plan: Plan, starts_at: datetime, ends_at: datetime, *, at: datetime) -> Reception:
    dossier = Dossier.objects.create(kind="reception", created_at=at)
    number = take_number(dossier.pk, series="R", year=timezone.localtime(starts_at).year)
    reception = Reception.objects.create(
        dossier=dossier,
        number=number.slug,
        kind=plan.kind,
        station=plan.station,
        title=plan.title,
        topics=plan.topics,
        host_label=plan.host_label,
        starts_at=starts_at,
        ends_at=ends_at,
        slot_minutes=plan.slot_minutes,
        seats_a_slot=plan.seats_a_slot,
        takes_bookings=plan.takes_bookings,
        created_at=at,
    )
    reception.hosts.set(plan.hosts)
    note(
        reception,
        "reception.planned",
        at=at,
        data={"kind": reception.kind, "starts_at": starts_at.isoformat()},
    )
    return reception


def note(reception: Reception, event: str, *, at: datetime, data: dict[str, object]) -> None:
    """A public line of the ledger about a reception; never about who came."""
    ledger.append(
        event,
        body={"number": reception.number, "station": reception.station.code, "data": data},
        at=at,
        dossier_id=reception.pk,
    )


def told_data(reception: Reception, at: datetime | None = None) -> dict[str, object]:
    """What notices about a reception say: number, station, day and time."""
    moment = timezone.localtime(at or reception.starts_at)
    return {
        "number": reception.number,
        "title": reception.title,
        "station": reception.station.name,
        "address": reception.station.address,
        "day_on": moment.date().isoformat(),
        "time": f"{moment:%H:%M}",
    }


def _tell_hosts(
    receptions: Sequence[Reception], hosts: Sequence[Member], *, template: str, at: datetime, by: int | None
) -> None:
    users = [to_user(member.user_id) for member in hosts if member.user_id]
    for reception in receptions:
        tell(
            cause=f"{template}:{reception.pk}:{reception.version}",
            template=template,
            to=users,
            concern=Concern.DUTY,
            data=told_data(reception),
            dossier_id=reception.pk,
            at=at,
            by=by,
        )


@transaction.atomic
def change_reception(
    reception: Reception, plan: Plan, *, actor: Actor, seen_version: int | None, at: datetime | None = None
) -> Reception:
    """Change what is planned. When the times change, every booking gets a slot again and its holder is told.

    Raises :class:`NotYours`, :class:`ReceptionChanged`, :class:`NotNow` once it has begun, :class:`TooFewSlots`.
    """
    at = at or timezone.now()
    reception = lock_reception(reception, seen_version=seen_version)
    if not may_manage(actor, reception) or not may_plan_at(actor, plan.station, plan.kind):
        raise NotYours
    if reception.state != Reception.State.PLANNED:
        raise NotNow
    before = (reception.starts_at, reception.station_id)
    shift = plan.starts_at - reception.starts_at
    for name in ("station", "kind", "title", "topics", "host_label", "starts_at", "ends_at"):
        setattr(reception, name, getattr(plan, name))
    reception.slot_minutes, reception.seats_a_slot = plan.slot_minutes, plan.seats_a_slot
    reception.takes_bookings = plan.takes_bookings
    reception.version += 1
    reception.save()
    reception.hosts.set(plan.hosts)
    moved = _seat_again(reception, shift)
    is_elsewhere = before != (reception.starts_at, reception.station_id)
    for ticket in Ticket.objects.filter(reception=reception, state=Ticket.State.BOOKED).exclude(receipt=None):
        if is_elsewhere or ticket.pk in moved:
            _tell_holder(reception, ticket, "reception.moved", at=at, by=actor.user_id)
    if is_elsewhere:
        _tell_hosts([reception], plan.hosts, template="reception.replanned", at=at, by=actor.user_id)
    note(reception, "reception.changed", at=at, data={"starts_at": reception.starts_at.isoformat()})
    return reception


def _seat_again(reception: Reception, shift: timedelta) -> set[int]:
    """Give each booking the first free slot from its shifted time on, else the last free one; who was moved."""
    slots = slot_times(reception.starts_at, reception.ends_at, reception.slot_minutes)
    free = dict.fromkeys(slots, reception.seats_a_slot)
    tickets = list(
        Ticket.objects.select_for_update()
        .filter(reception=reception, state__in=BOOKED, slot_at__isnull=False)
        .order_by("slot_at", "number")
    )
    if len(tickets) > sum(free.values()):
        raise TooFewSlots(len(tickets))
    moved = set()
    for ticket in tickets:
        assert ticket.slot_at is not None
        wanted = ticket.slot_at + shift
        open_slots = [slot for slot in slots if free[slot] > 0]
        slot = next((one for one in open_slots if one >= wanted), open_slots[-1])
        free[slot] -= 1
        if slot != ticket.slot_at:
            ticket.slot_at = slot
            ticket.save(update_fields=["slot_at"])
            moved.add(ticket.pk)
    return moved


def _tell_holder(
    reception: Reception, ticket: Ticket, template: str, *, at: datetime, by: int | None, **more: object
) -> None:
    assert ticket.receipt_id is not None
    addressee: list[Addressee] = [to_receipt(ticket.receipt_id)]
    tell(
        cause=f"{template}:{ticket.pk}:{reception.version}",
        template=template,
        to=addressee,
        concern=Concern.OWN,
        data={**told_data(reception, ticket.slot_at), **more},
        dossier_id=reception.pk,
        at=at,
        by=by,
    )


@transaction.atomic
def cancel_reception(
    reception: Reception, *, actor: Actor, reason: str, seen_version: int | None, at: datetime | None = None
) -> Reception:
    """Cancel a reception with a public reason; whoever booked or waits is told.

    Raises :class:`NotYours`, :class:`ReceptionChanged`, :class:`NotNow`, :class:`StillServing`.
    """
    at = at or timezone.now()
    reception = lock_reception(reception, seen_version=seen_version)
    if not may_manage(actor, reception):
        raise NotYours
    if reception.state not in {Reception.State.PLANNED, Reception.State.OPEN}:
        raise NotNow
    _refuse_while_serving(reception)
    tickets = list(Ticket.objects.select_for_update().filter(reception=reception, state__in=BOOKED))
    reception.state, reception.cancelled_reason = Reception.State.CANCELLED, reason
    reception.version += 1
    reception.save(update_fields=["state", "cancelled_reason", "version"])
    for ticket in tickets:
        ticket.state, ticket.ended_at = Ticket.State.CANCELLED, at
        ticket.save(update_fields=["state", "ended_at"])
        if ticket.receipt_id:
            _tell_holder(reception, ticket, "reception.cancelled", at=at, by=actor.user_id, reason=reason)
    hosts = list(reception.hosts.all())
    _tell_hosts([reception], hosts, template="reception.off", at=at, by=actor.user_id)
    note(reception, "reception.cancelled", at=at, data={"bookings": len(tickets)})
    return reception


def _refuse_while_serving(reception: Reception) -> None:
    busy = (
        Ticket.objects.filter(reception=reception, state__in=[Ticket.State.CALLED, Ticket.State.SERVING])
        .order_by("pk")
        .first()
    )
    if busy is not None:
        raise StillServing(busy.number)


@transaction.atomic
def open_reception(reception: Reception, *, actor: Actor, at: datetime | None = None) -> Reception:
    """Begin to receive people. Twice changes nothing. Raises :class:`NotYours`, :class:`NotNow`."""
    at = at or timezone.now()
    reception = lock_reception(reception)
    if not may_work_at(actor, reception):
        raise NotYours
    if reception.state == Reception.State.OPEN:
        return reception
    if reception.state != Reception.State.PLANNED:
        raise NotNow
    reception.state = Reception.State.OPEN
    reception.version += 1
    reception.save(update_fields=["state", "version"])
    note(reception, "reception.opened", at=at, data={})
    return reception


@transaction.atomic
def close_reception(reception: Reception, *, actor: Actor, at: datetime | None = None) -> Reception:
    """End the reception. Who booked and did not come, and who still waits, is put down as gone. Twice changes nothing.

    Raises :class:`NotYours`, :class:`NotNow`, :class:`StillServing` while somebody is at a desk.
    """
    at = at or timezone.now()
    reception = lock_reception(reception)
    if not may_work_at(actor, reception):
        raise NotYours
    if reception.state == Reception.State.CLOSED:
        return reception
    if reception.state != Reception.State.OPEN:
        raise NotNow
    _refuse_while_serving(reception)
    tickets = Ticket.objects.filter(reception=reception)
    tickets.filter(state__in=BOOKED).update(state=Ticket.State.LEFT, ended_at=at)
    served = tickets.filter(state=Ticket.State.DONE)
    reception.state = Reception.State.CLOSED
    reception.version += 1
    reception.save(update_fields=["state", "version"])
    counts = {
        "served": served.count(),
        "matters": served.exclude(matter=None).count(),
        "left": tickets.filter(state=Ticket.State.LEFT).count(),
    }
    note(reception, "reception.closed", at=at, data={**counts})
    return reception
