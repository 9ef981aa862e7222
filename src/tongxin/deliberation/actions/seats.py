"""Seats at a meeting: asked for, waited for in order, given up, and taken on the day."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tongxin.core import receipts
from tongxin.core.actor import Actor
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.models import Instrument
from tongxin.core.receipts import Issued
from tongxin.deliberation.actions.meetings import MeetingNotOpen, MeetingOver, is_over, lock_meeting
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import Meeting, ParticipantRole, SignUp
from tongxin.deliberation.rules import role_of

RESIDENT_LABEL = "居民"
MOST_AT_ONCE = 50


class SeatsClosed(Exception):
    """The meeting is not open for signing up (any more)."""


class AlreadySignedUp(Exception):
    """The account has its seat at this meeting; ``seat`` is it."""

    def __init__(self, seat: SignUp) -> None:
        self.seat = seat
        super().__init__(f"sign-up {seat.pk} exists")


class NoSuchSeat(Exception):
    """There is no such seat, or it was given up."""


class WrongKey(Exception):
    """The address was not the one shown in the room."""


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """A seat asked for, with the receipt its holder is shown once."""

    seat: SignUp
    issued: Issued


@transaction.atomic
def sign_up(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    token: str,
    contact: ContactGiven | None = None,
    at: datetime | None = None,
) -> SeatTaken:
    """Ask for a seat; past the capacity a resident waits in order. Members and units come in their role, uncounted.

    Raises :class:`SeatsClosed` when the meeting has begun or is off, :class:`AlreadySignedUp` for an account.
    """
    at = at or timezone.now()
    receipts.claim(token)
    repeat = receipts.find_repeat(token)
    if repeat is not None:
        return SeatTaken(SignUp.objects.get(receipt=repeat.receipt), repeat)
    meeting = Meeting.objects.select_for_update().get(pk=meeting.pk, dossier_id=record.pk)
    if is_over(meeting) or meeting.starts_at <= at or not host.is_deliberating(record):
        raise SeatsClosed
    if actor.user_id is not None:
        mine = meeting.sign_ups.filter(user_id=actor.user_id, cancelled_at=None).first()
        if mine is not None:
            raise AlreadySignedUp(mine)
    role = role_of(actor)
    kept = keep_contact(contact, at=at) if contact else None
    issued = receipts.issue(
        token,
        dossier_id=record.pk,
        role="sign_up",
        label=RESIDENT_LABEL if role == ParticipantRole.RESIDENT else actor.label,
        user_id=actor.user_id,
        contact_id=kept.pk if kept else None,
    )
    is_waiting = role == ParticipantRole.RESIDENT and meeting.sign_up_count >= meeting.capacity
    seat = SignUp.objects.create(
        meeting=meeting,
        receipt=issued.receipt,
        user_id=actor.user_id,
        role=role,
        is_waiting=is_waiting,
        seat_number=None if is_waiting else _next_number(meeting),
        at=at,
    )
    if role == ParticipantRole.RESIDENT:
        meeting.sign_up_count += 1
        meeting.save(update_fields=["sign_up_count"])
    host.note(record, "meeting.signed_up", at=at, data={"meeting": meeting.pk, "role": role})
    return SeatTaken(seat, issued)


def _next_number(meeting: Meeting) -> int:
    """The next seat number; numbers given up are not given again. The caller holds the meeting's lock."""
    return (meeting.sign_ups.aggregate(last=Max("seat_number"))["last"] or 0) + 1


@transaction.atomic
def give_up_seat(host: Host, record: Instrument, seat: SignUp, *, at: datetime | None = None) -> list[SignUp]:
    """Give up a seat or a place in the queue; returns who moved up, each of whom is told. Twice changes nothing.

    Raises :class:`SeatsClosed` once the meeting is over or the holder is checked in.
    """
    at = at or timezone.now()
    meeting = Meeting.objects.select_for_update().get(pk=seat.meeting_id, dossier_id=record.pk)
    seat = SignUp.objects.select_for_update().get(pk=seat.pk)
    if seat.cancelled_at is not None:
        return []
    if is_over(meeting) or seat.checked_in_at:
        raise SeatsClosed
    seat.cancelled_at = at
    seat.save(update_fields=["cancelled_at"])
    if seat.role == ParticipantRole.RESIDENT:
        meeting.sign_up_count -= 1
        meeting.save(update_fields=["sign_up_count"])
    host.note(record, "meeting.seat_given_up", at=at, data={"meeting": meeting.pk, "role": seat.role})
    return fill_seats(host, record, meeting, at=at)


def fill_seats(host: Host, record: Instrument, meeting: Meeting, *, at: datetime) -> list[SignUp]:
    """Give free seats to those who wait, in their order, and tell each. The caller holds the meeting's lock."""
    residents = meeting.sign_ups.filter(role=ParticipantRole.RESIDENT, cancelled_at=None)
    free = meeting.capacity - residents.filter(is_waiting=False, receipt__isnull=False).count()
    moved = list(residents.filter(is_waiting=True).order_by("pk")[: max(0, free)])
    for seat in moved:
        seat.is_waiting, seat.seat_number = False, _next_number(meeting)
        seat.save(update_fields=["is_waiting", "seat_number"])
        host.note(record, "meeting.seat_freed", at=at, data={"sign_up": seat.pk, "meeting": meeting.pk})
    return moved


@transaction.atomic
def check_in_at_desk(
    host: Host,
    record: Instrument,
    seat: SignUp,
    *,
    actor: Actor,
    is_here: bool = True,
    at: datetime | None = None,
) -> SignUp:
    """The desk marks somebody as here, or takes the mark back. Whoever waited gets a seat number when they come.

    Raises :class:`NoSuchSeat` for one that was given up, :class:`MeetingOver`.
    """
    meeting = lock_meeting(host, record, seat.meeting, actor=actor, seen_version=None)
    return _check_in(meeting, seat, by="desk" if is_here else "", at=at or timezone.now())


@transaction.atomic
def check_in_by_key(record: Instrument, seat: SignUp, *, key: str, at: datetime | None = None) -> SignUp:
    """The holder of a seat checks in by the code shown in the room, while the meeting is on.

    Raises :class:`WrongKey`, :class:`NoSuchSeat`, :class:`MeetingNotOpen`, :class:`MeetingOver`.
    """
    meeting = Meeting.objects.select_for_update().get(pk=seat.meeting_id, dossier_id=record.pk)
    if not meeting.check_in_key or not constant_time_compare(key, meeting.check_in_key):
        raise WrongKey
    if meeting.opened_at is None:
        raise MeetingNotOpen
    return _check_in(meeting, seat, by="qr", at=at or timezone.now())


def _check_in(meeting: Meeting, seat: SignUp, *, by: str, at: datetime) -> SignUp:
    if is_over(meeting):
        raise MeetingOver
    seat = SignUp.objects.get(pk=seat.pk, meeting=meeting)
    if seat.cancelled_at is not None:
        raise NoSuchSeat
    if by and seat.checked_in_at is None:
        seat.checked_in_at, seat.checked_in_by = at, by
    elif not by:
        seat.checked_in_at, seat.checked_in_by = None, ""
    if by and seat.seat_number is None:
        seat.is_waiting, seat.seat_number = False, _next_number(meeting)
    seat.save(update_fields=["checked_in_at", "checked_in_by", "is_waiting", "seat_number"])
    return seat


@transaction.atomic
def add_walk_ins(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    role: str,
    count: int = 1,
    at: datetime | None = None,
) -> list[SignUp]:
    """People who came without signing up: by role and seat number, without a name. At most 50 at once."""
    at = at or timezone.now()
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=None)
    if is_over(meeting):
        raise MeetingOver
    first = _next_number(meeting)
    return SignUp.objects.bulk_create(
        SignUp(
            meeting=meeting,
            role=ParticipantRole(role),
            at=at,
            seat_number=first + index,
            checked_in_at=at,
            checked_in_by="desk",
        )
        for index in range(min(max(count, 1), MOST_AT_ONCE))
    )


def attendance_of(meeting: Meeting) -> dict[str, int]:
    """How many came in which role. One query."""
    here = meeting.sign_ups.filter(cancelled_at=None, checked_in_at__isnull=False)
    found: dict[str, int] = {}
    for role in here.values_list("role", flat=True):
        found[role] = found.get(role, 0) + 1
    return {role: found[role] for role in ParticipantRole.values if role in found}
