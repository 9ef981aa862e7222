"""Booking a slot of a reception, moving it, giving it up, and being reminded of it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from tongxin.core import receipts
from tongxin.core.actor import Actor
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.receipts import Issued
from tongxin.duty.actions.reception.planning import lock_reception, note, told_data
from tongxin.duty.models import Reception, Ticket
from tongxin.duty.reception_queue import slot_times
from tongxin.notices.actions.outbox import tell, to_receipt
from tongxin.notices.models import Concern

RESIDENT_LABEL = "居民"
REMINDED_FROM = time(9)


class BookingClosed(Exception):
    """The reception takes no bookings (any more)."""


class SlotTaken(Exception):
    """No seat is free in that slot, or there is no such slot."""


class NotBooked(Exception):
    """The ticket is no booking any more: given up, or its holder is here."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking, with the receipt its holder is shown once."""

    ticket: Ticket
    issued: Issued


def takes_bookings(reception: Reception, at: datetime) -> bool:
    """Whether a slot can be booked now; also on the day itself, for slots to come."""
    return (
        reception.takes_bookings
        and reception.state in {Reception.State.PLANNED, Reception.State.OPEN}
        and reception.ends_at > at
    )


def _take_seat(reception: Reception, slot_at: datetime, *, at: datetime) -> None:
    """Raise unless the slot is there, to come and has a seat. The caller holds the reception's lock."""
    if not takes_bookings(reception, at):
        raise BookingClosed
    slots = slot_times(reception.starts_at, reception.ends_at, reception.slot_minutes)
    taken = Ticket.objects.filter(reception=reception, slot_at=slot_at).exclude(state=Ticket.State.CANCELLED)
    if slot_at not in slots or slot_at <= at or taken.count() >= reception.seats_a_slot:
        raise SlotTaken


def next_number(reception: Reception) -> int:
    """The next number of the day; none is given twice. The caller holds the reception's lock."""
    reception.last_ticket += 1
    reception.save(update_fields=["last_ticket"])
    return reception.last_ticket


@transaction.atomic
def book(
    reception: Reception,
    *,
    actor: Actor,
    token: str,
    slot_at: datetime,
    topic: str = "",
    needs_help: bool = False,
    contact: ContactGiven | None = None,
    at: datetime | None = None,
) -> Booked:
    """Book a slot; gives the ticket's number and a tracking code. Anybody may. The same ``token`` books once.

    Raises :class:`BookingClosed`, :class:`SlotTaken`. ``topic`` is for the desk alone.
    """
    at = at or timezone.now()
    receipts.claim(token)
    repeat = receipts.find_repeat(token)
    if repeat is not None:
        return Booked(Ticket.objects.get(receipt=repeat.receipt), repeat)
    reception = lock_reception(reception)
    _take_seat(reception, slot_at, at=at)
    kept = keep_contact(contact, at=at) if contact else None
    issued = receipts.issue(
        token,
        dossier_id=reception.pk,
        role="booking",
        label=RESIDENT_LABEL,
        user_id=actor.user_id,
        contact_id=kept.pk if kept else None,
    )
    ticket = Ticket.objects.create(
        reception=reception,
        number=next_number(reception),
        slot_at=slot_at,
        receipt=issued.receipt,
        state=Ticket.State.BOOKED,
        topic=topic,
        needs_help=needs_help,
        made_at=at,
    )
    note(reception, "reception.booked", at=at, data={})
    return Booked(ticket, issued)


def _lock_booking(ticket: Ticket) -> tuple[Reception, Ticket]:
    reception = lock_reception(ticket.reception)
    ticket = Ticket.objects.select_for_update().get(pk=ticket.pk)
    if ticket.state != Ticket.State.BOOKED:
        raise NotBooked
    return reception, ticket


@transaction.atomic
def move_booking(ticket: Ticket, *, slot_at: datetime, at: datetime | None = None) -> Ticket:
    """Another slot of the same reception, for the holder of the booking's code. The same slot changes nothing.

    Raises :class:`NotBooked`, :class:`BookingClosed`, :class:`SlotTaken`.
    """
    at = at or timezone.now()
    reception, ticket = _lock_booking(ticket)
    if ticket.slot_at == slot_at:
        return ticket
    _take_seat(reception, slot_at, at=at)
    ticket.slot_at = slot_at
    ticket.save(update_fields=["slot_at"])
    note(reception, "reception.booking_moved", at=at, data={})
    return ticket


@transaction.atomic
def cancel_booking(ticket: Ticket, *, at: datetime | None = None) -> Ticket:
    """Give a booking up; its seat is free again. Raises :class:`NotBooked`."""
    at = at or timezone.now()
    reception, ticket = _lock_booking(ticket)
    ticket.state, ticket.ended_at = Ticket.State.CANCELLED, at
    ticket.save(update_fields=["state", "ended_at"])
    note(reception, "reception.booking_cancelled", at=at, data={})
    return ticket


@transaction.atomic
def remind_of_bookings(*, at: datetime | None = None) -> int:
    """Remind the holders of tomorrow's bookings, from nine in the morning; each once a slot. How many were told."""
    at = at or timezone.now()
    local = timezone.localtime(at)
    if local.time() < REMINDED_FROM:
        return 0
    begin = timezone.make_aware(datetime.combine(local.date() + timedelta(days=1), time()))
    tickets = Ticket.objects.filter(
        state=Ticket.State.BOOKED,
        receipt__contact__isnull=False,
        slot_at__gte=begin,
        slot_at__lt=begin + timedelta(days=1),
        reception__state=Reception.State.PLANNED,
    ).select_related("reception__station")
    told = 0
    for ticket in tickets:
        assert ticket.slot_at is not None
        assert ticket.receipt_id is not None
        told += tell(
            cause=f"reception.reminder:{ticket.pk}:{int(ticket.slot_at.timestamp())}",
            template="reception.reminder",
            to=[to_receipt(ticket.receipt_id)],
            concern=Concern.OWN,
            data=told_data(ticket.reception, ticket.slot_at),
            dossier_id=ticket.reception_id,
            at=at,
        )
    return told
