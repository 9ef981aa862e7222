"""The desk on the day: who is here, who is called, and what became of it. Of two desks one wins, the other is told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from tongxin.core import receipts
from tongxin.core.actor import Actor
from tongxin.core.contacts import ContactGiven
from tongxin.core.receipts import Issued
from tongxin.directory.models import Area, Member, Workstation
from tongxin.duty.actions.reception.booking import next_number
from tongxin.duty.actions.reception.planning import NotNow, lock_reception
from tongxin.duty.actions.record import note_deed
from tongxin.duty.models import Reception, Ticket
from tongxin.duty.reception_queue import in_order
from tongxin.duty.rules_reception import NotYours, may_work_at
from tongxin.matters.actions.raising import Raised, raise_matter
from tongxin.matters.models import Category, Matter, Source

S = Ticket.State
AT_DESK = (S.CALLED, S.SERVING)


class TicketMoved(Exception):
    """Somebody else acted on the ticket first; ``ticket`` is how it stands."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        super().__init__(f"ticket {ticket.pk} is {ticket.state}")


class DeskBusy(Exception):
    """The desk has somebody already; ``ticket`` is theirs."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        super().__init__(f"ticket {ticket.pk} is at this desk")


class NobodyWaits(Exception):
    """There is nobody to call."""


def seen_mark(ticket: Ticket) -> str:
    """How a ticket stood when a page showed it; its buttons send it back."""
    return f"{ticket.state}-{ticket.called_times}"


def _open(reception: Reception, actor: Actor) -> Reception:
    """The reception, locked; raises unless it is open and the actor works there."""
    reception = lock_reception(reception)
    if not may_work_at(actor, reception):
        raise NotYours
    if reception.state != Reception.State.OPEN:
        raise NotNow
    return reception


def _taken(reception: Reception, ticket: Ticket, states: Collection[str], seen: str | None) -> Ticket:
    """The ticket, locked; raises unless it stands as the desk saw it."""
    found = Ticket.objects.select_for_update().get(pk=ticket.pk, reception=reception)
    if found.state not in states or (seen is not None and seen_mark(found) != seen):
        raise TicketMoved(found)
    return found


@transaction.atomic
def check_in(
    ticket: Ticket,
    *,
    actor: Actor,
    seen: str | None = None,
    needs_help: bool | None = None,
    at: datetime | None = None,
) -> Ticket:
    """Somebody who booked is here; or somebody who had left is back. Raises :class:`TicketMoved`, :class:`NotNow`."""
    reception = _open(ticket.reception, actor)
    ticket = _taken(reception, ticket, (S.BOOKED, S.LEFT), seen)
    ticket.state, ticket.arrived_at, ticket.ended_at = S.WAITING, at or timezone.now(), None
    ticket.desk, ticket.called_at, ticket.started_at = "", None, None
    if needs_help is not None:
        ticket.needs_help = needs_help
    ticket.save()
    return ticket


@transaction.atomic
def take_walk_in(
    reception: Reception,
    *,
    actor: Actor,
    topic: str = "",
    needs_help: bool = False,
    at: datetime | None = None,
) -> Ticket:
    """Somebody without a booking gets the next number. Raises :class:`NotNow`."""
    at = at or timezone.now()
    reception = _open(reception, actor)
    return Ticket.objects.create(
        reception=reception,
        number=next_number(reception),
        state=S.WAITING,
        topic=topic,
        needs_help=needs_help,
        made_at=at,
        arrived_at=at,
    )


@transaction.atomic
def call_next(reception: Reception, *, actor: Actor, desk: str, at: datetime | None = None) -> Ticket:
    """Call whoever is next to a desk; see :mod:`tongxin.duty.reception_queue` for the order.

    Raises :class:`NobodyWaits`, :class:`DeskBusy` while the desk has somebody, :class:`NotNow`.
    """
    at = at or timezone.now()
    reception = _open(reception, actor)
    _refuse_busy(reception, desk)
    waiting = list(Ticket.objects.select_for_update().filter(reception=reception, state=S.WAITING))
    if not waiting:
        raise NobodyWaits
    return _call(in_order(waiting, at)[0], desk, at=at)


@transaction.atomic
def call_ticket(
    ticket: Ticket, *, actor: Actor, desk: str, seen: str | None = None, at: datetime | None = None
) -> Ticket:
    """Call a number out of turn, or once more. Raises :class:`TicketMoved`, :class:`DeskBusy`, :class:`NotNow`."""
    reception = _open(ticket.reception, actor)
    ticket = _taken(reception, ticket, (S.WAITING, S.CALLED), seen)
    if ticket.state == S.WAITING:
        _refuse_busy(reception, desk)
    return _call(ticket, ticket.desk or desk, at=at or timezone.now())


def _refuse_busy(reception: Reception, desk: str) -> None:
    busy = Ticket.objects.filter(reception=reception, desk=desk, state__in=AT_DESK).first()
    if busy is not None:
        raise DeskBusy(busy)


def _call(ticket: Ticket, desk: str, *, at: datetime) -> Ticket:
    ticket.state, ticket.desk, ticket.called_at = S.CALLED, desk, at
    ticket.called_times += 1
    ticket.save(update_fields=["state", "desk", "called_at", "called_times"])
    return ticket


@transaction.atomic
def put_back(ticket: Ticket, *, actor: Actor, seen: str | None = None) -> Ticket:
    """Called by mistake: back to the queue, with the time of arrival kept. Raises :class:`TicketMoved`."""
    reception = _open(ticket.reception, actor)
    ticket = _taken(reception, ticket, (S.CALLED,), seen)
    ticket.state, ticket.desk, ticket.called_at = S.WAITING, "", None
    ticket.save(update_fields=["state", "desk", "called_at"])
    return ticket


@transaction.atomic
def start_serving(
    ticket: Ticket,
    *,
    actor: Actor,
    member: Member | None = None,
    seen: str | None = None,
    at: datetime | None = None,
) -> Ticket:
    """They sit down. ``member`` is who receives them: the actor when they are a host, or the only host by default.

    Raises :class:`TicketMoved`, :class:`NotNow`.
    """
    reception = _open(ticket.reception, actor)
    ticket = _taken(reception, ticket, (S.CALLED,), seen)
    ticket.state, ticket.started_at = S.SERVING, at or timezone.now()
    ticket.member = _received_by(reception, actor, member)
    ticket.save(update_fields=["state", "started_at", "member"])
    return ticket


def _received_by(reception: Reception, actor: Actor, member: Member | None) -> Member | None:
    hosts = list(reception.hosts.all())
    if member is not None and member in hosts:
        return member
    own = next((host for host in hosts if host.user_id and host.user_id == actor.user_id), None)
    return own or (hosts[0] if len(hosts) == 1 else None)


@transaction.atomic
def mark_left(ticket: Ticket, *, actor: Actor, seen: str | None = None, at: datetime | None = None) -> Ticket:
    """Called and not there, or gone home. They can come back. Raises :class:`TicketMoved`, :class:`NotNow`."""
    reception = _open(ticket.reception, actor)
    ticket = _taken(reception, ticket, (S.BOOKED, S.WAITING, S.CALLED), seen)
    ticket.state, ticket.ended_at = S.LEFT, at or timezone.now()
    ticket.save(update_fields=["state", "ended_at"])
    return ticket


@transaction.atomic
def end_without_matter(
    ticket: Ticket, *, actor: Actor, how: str, seen: str | None = None, at: datetime | None = None
) -> Ticket:
    """Answered on the spot: ``how`` in a few words, for the desk alone. Raises :class:`TicketMoved`, :class:`NotNow`."""
    reception = _open(ticket.reception, actor)
    ticket = _taken(reception, ticket, AT_DESK, seen)
    return _end(reception, ticket, actor=actor, at=at or timezone.now(), how=how)


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody said at the desk; ``photos`` are cleaned images, of their papers too."""

    text: str
    area: Area
    place: str = ""
    category: Category | None = None
    station: Workstation | None = None
    contact: ContactGiven | None = None
    photos: list[Any] | None = None


@transaction.atomic
def enter_matter(
    ticket: Ticket, *, actor: Actor, token: str, heard: Heard, at: datetime | None = None
) -> Raised:
    """Take down what somebody at the desk says: a matter with its receipt, and the ticket is done.

    The same ``token`` again gives the same matter. Raises :class:`TicketMoved` when the ticket was ended otherwise.
    """
    at = at or timezone.now()
    reception = _open(ticket.reception, actor)
    repeat: Issued | None = receipts.find_repeat(token)
    if repeat is not None:
        return Raised(Matter.objects.get(pk=repeat.receipt.dossier_id), repeat)
    ticket = _taken(reception, ticket, AT_DESK, None)
    made = raise_matter(
        actor=actor,
        token=token,
        text=heard.text,
        area=heard.area,
        place=heard.place,
        category=heard.category,
        station=heard.station or reception.station,
        source=Source.RECEPTION,
        contact=heard.contact,
        photos=heard.photos or [],
        at=at,
    )
    _end(reception, ticket, actor=actor, at=at, matter_id=made.matter.pk)
    return made


def _end(
    reception: Reception,
    ticket: Ticket,
    *,
    actor: Actor,
    at: datetime,
    how: str = "",
    matter_id: int | None = None,
) -> Ticket:
    ticket.started_at = ticket.started_at or ticket.called_at or at
    ticket.member = ticket.member or _received_by(reception, actor, None)
    ticket.state, ticket.ended_at, ticket.ended_how, ticket.matter_id = S.DONE, at, how, matter_id
    ticket.save()
    if ticket.member_id:
        note_deed(
            ticket.member_id,
            "reception",
            f"ticket:{ticket.pk}",
            at=ticket.started_at,
            ends_at=at,
            source_id=reception.pk,
            data={
                "title": reception.title,
                "station": reception.station.name,
                "matter": matter_id is not None,
            },
        )
    return ticket
