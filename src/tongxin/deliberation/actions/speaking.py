"""The speakers' list: asked for, given in order, timed by the server's clock."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.models import Instrument
from tongxin.deliberation.actions.meetings import MeetingNotOpen, bump, is_over, lock_meeting
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import AgendaItem, Meeting, ParticipantRole, SignUp, Turn

LABEL_LENGTH = 60


class NotCheckedIn(Exception):
    """Only those checked in take part in what happens in the room."""


class FloorTaken(Exception):
    """Somebody is speaking; one at a time."""


class NoSuchTurn(Exception):
    """The turn is over, was withdrawn, or is not this person's."""


def current_item(meeting: Meeting) -> AgendaItem | None:
    """The point of the agenda the meeting has come to. One query."""
    return meeting.items.filter(started_at__isnull=False, ended_at=None).first()


def _waiting(meeting: Meeting, seat: SignUp) -> Turn | None:
    return meeting.turns.filter(sign_up=seat, ended_at=None, withdrawn_at=None).first()


def _last(meeting: Meeting) -> int:
    return int(meeting.turns.aggregate(last=Max("position"))["last"] or 0)


def _add(meeting: Meeting, *, seat: SignUp | None, role: str, label: str, at: datetime) -> Turn:
    return Turn.objects.create(
        meeting=meeting,
        item=current_item(meeting),
        sign_up=seat,
        role=role,
        label=label[:LABEL_LENGTH],
        asked_at=at,
        position=_last(meeting) + 1,
        seconds_allowed=meeting.seconds_each,
    )


def _label_of(seat: SignUp) -> str:
    """Members and units speak by name, which is their public duty; residents by role and seat number alone."""
    if seat.role == ParticipantRole.RESIDENT or seat.user is None:
        return ""
    return seat.user.display_name


@transaction.atomic
def ask_for_floor(record: Instrument, seat: SignUp, *, at: datetime | None = None) -> Turn:
    """Somebody checked in asks to speak, from their own phone. Asking again while waiting changes nothing.

    Raises :class:`MeetingNotOpen`, :class:`NotCheckedIn`.
    """
    meeting = Meeting.objects.select_for_update().get(pk=seat.meeting_id, dossier_id=record.pk)
    if meeting.opened_at is None or is_over(meeting):
        raise MeetingNotOpen
    seat = SignUp.objects.select_related("user").get(pk=seat.pk)
    if seat.cancelled_at is not None or seat.checked_in_at is None:
        raise NotCheckedIn
    waiting = _waiting(meeting, seat)
    if waiting is not None:
        return waiting
    return _add(meeting, seat=seat, role=seat.role, label=_label_of(seat), at=at or timezone.now())


@transaction.atomic
def add_speaker(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    role: str = "",
    seat_number: int | None = None,
    label: str = "",
    at: datetime | None = None,
) -> Turn:
    """The desk puts somebody on the list: by seat number, or by role and a public name (an expert, a unit).

    A resident's name is never taken. Raises :class:`MeetingNotOpen`, :class:`NotCheckedIn` for an unknown seat.
    """
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=None)
    if meeting.opened_at is None or is_over(meeting):
        raise MeetingNotOpen
    seat = None
    if seat_number is not None:
        here = meeting.sign_ups.filter(
            seat_number=seat_number, cancelled_at=None, checked_in_at__isnull=False
        )
        seat = here.select_related("user").first()
        if seat is None:
            raise NotCheckedIn
        waiting = _waiting(meeting, seat)
        if waiting is not None:
            return waiting
        role, label = seat.role, _label_of(seat)
    if ParticipantRole(role) == ParticipantRole.RESIDENT:
        label = ""
    return _add(meeting, seat=seat, role=role, label=label, at=at or timezone.now())


@transaction.atomic
def withdraw_turn(
    record: Instrument,
    turn: Turn,
    *,
    seat: SignUp | None = None,
    host: Host | None = None,
    actor: Actor | None = None,
    at: datetime | None = None,
) -> None:
    """Take a waiting turn off the list: its own holder (``seat``), or the convener (``host`` and ``actor``).

    Raises :class:`NoSuchTurn` for anybody else's turn or one that has begun.
    """
    if host is not None and actor is not None:
        meeting = lock_meeting(host, record, turn.meeting, actor=actor, seen_version=None)
    else:
        meeting = Meeting.objects.select_for_update().get(pk=turn.meeting_id, dossier_id=record.pk)
        if seat is None or turn.sign_up_id != seat.pk:
            raise NoSuchTurn
    waiting = meeting.turns.filter(pk=turn.pk, started_at=None, withdrawn_at=None)
    if not waiting.update(withdrawn_at=at or timezone.now()):
        raise NoSuchTurn


@transaction.atomic
def bring_forward(
    host: Host, record: Instrument, turn: Turn, *, actor: Actor, seen_version: int | None
) -> None:
    """Let somebody speak one place earlier."""
    meeting = lock_meeting(host, record, turn.meeting, actor=actor, seen_version=seen_version)
    rows = list(meeting.turns.filter(started_at=None, withdrawn_at=None))
    at = next((n for n, one in enumerate(rows) if one.pk == turn.pk), 0)
    if at:
        before, own = rows[at - 1], rows[at]
        before.position, own.position = own.position, before.position
        Turn.objects.bulk_update([before, own], ["position"])
        bump(meeting)


@transaction.atomic
def start_turn(
    host: Host,
    record: Instrument,
    turn: Turn,
    *,
    actor: Actor,
    seen_version: int | None,
    at: datetime | None = None,
) -> Turn:
    """Give somebody the floor; their time runs from now by the server's clock.

    Raises :class:`FloorTaken` while somebody speaks, :class:`NoSuchTurn`, ``MeetingMovedOn``.
    """
    meeting = lock_meeting(host, record, turn.meeting, actor=actor, seen_version=seen_version)
    if meeting.opened_at is None or is_over(meeting):
        raise MeetingNotOpen
    if meeting.turns.filter(started_at__isnull=False, ended_at=None).exists():
        raise FloorTaken
    started = meeting.turns.filter(pk=turn.pk, started_at=None, withdrawn_at=None)
    if not started.update(started_at=at or timezone.now(), seconds_allowed=meeting.seconds_each):
        raise NoSuchTurn
    bump(meeting)
    return Turn.objects.get(pk=turn.pk)


@transaction.atomic
def end_turn(
    host: Host,
    record: Instrument,
    turn: Turn,
    *,
    actor: Actor,
    seen_version: int | None,
    at: datetime | None = None,
) -> None:
    """Somebody has finished speaking. Raises :class:`NoSuchTurn` when they aren't."""
    meeting = lock_meeting(host, record, turn.meeting, actor=actor, seen_version=seen_version)
    speaking = meeting.turns.filter(pk=turn.pk, started_at__isnull=False, ended_at=None)
    if not speaking.update(ended_at=at or timezone.now()):
        raise NoSuchTurn
    bump(meeting)


def end_running(meeting: Meeting, *, at: datetime) -> None:
    """When the meeting is closed: whoever speaks has finished, whoever waits is not asked any more."""
    meeting.turns.filter(started_at__isnull=False, ended_at=None).update(ended_at=at)
    meeting.turns.filter(started_at=None, withdrawn_at=None).update(withdrawn_at=at)
