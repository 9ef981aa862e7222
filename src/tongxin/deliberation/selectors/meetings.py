"""Reads of meetings: the public list, one meeting's page, and what goes on in the room. Bounded, and without names."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tongxin.core.models import Instrument
from tongxin.deliberation.hosts import Host, registered_hosts
from tongxin.deliberation.models import (
    AgendaItem,
    Meeting,
    Question,
    RoomBallot,
    RoomVote,
    SignUp,
    Statement,
    Turn,
)

PER_PAGE = 20
MOST_SEATS, MOST_TURNS, MOST_VOTES, MOST_QUESTIONS, MOST_STATEMENTS = 600, 200, 50, 100, 60
COMING_SPEAKERS = 6
LARGEST_ID = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Listed:
    """A meeting in a list, with the record it is about."""

    meeting: Meeting
    host: Host
    record: Instrument

    @property
    def title(self) -> str:
        """The record's public title."""
        return self.host.title(self.record)


@dataclass(frozen=True, slots=True)
class MeetingsPage:
    """One page of a list, and where the next one begins ("" at the end)."""

    rows: list[Listed]
    next_cursor: str = ""


def _cursor(meeting: Meeting) -> str:
    return f"{(meeting.starts_at - _EPOCH) // _MICROSECOND}-{meeting.pk}"


def _read_cursor(typed: str) -> tuple[datetime, int] | None:
    at, _dash, pk = typed.partition("-")
    if not (
        at.isascii() and at.isdigit() and pk.isascii() and pk.isdigit() and len(at) < 18 and len(pk) < 19
    ):
        return None
    try:
        return _EPOCH + int(at) * _MICROSECOND, int(pk)
    except OverflowError:
        return None


def _held() -> Q:
    """Meetings of days gone by, and those that are over already."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Q(starts_at__lt=today) | Q(closed_at__isnull=False) | Q(minutes_at__isnull=False)


def coming_meetings(cursor: str = "") -> MeetingsPage:
    """Public meetings of today and later, the next one first. Two queries a kind of record at most."""
    rows = Meeting.objects.exclude(_held()).order_by("starts_at", "pk")
    found = _read_cursor(cursor)
    if found:
        rows = rows.filter(Q(starts_at__gt=found[0]) | Q(starts_at=found[0], pk__gt=found[1]))
    return _page(rows)


def past_meetings(cursor: str = "") -> MeetingsPage:
    """Public meetings that were held, the latest first."""
    rows = Meeting.objects.filter(_held(), cancelled_at=None).order_by("-starts_at", "-pk")
    found = _read_cursor(cursor)
    if found:
        rows = rows.filter(Q(starts_at__lt=found[0]) | Q(starts_at=found[0], pk__lt=found[1]))
    return _page(rows)


def _page(rows: QuerySet[Meeting]) -> MeetingsPage:
    meetings = list(rows.select_related("dossier")[: PER_PAGE + 1])
    shown, by_kind = meetings[:PER_PAGE], {}
    for meeting in shown:
        by_kind.setdefault(meeting.dossier.kind, set()).add(meeting.dossier_id)
    hosts = registered_hosts()
    records = {
        kind: hosts[kind].find_many(dossiers, None) for kind, dossiers in by_kind.items() if kind in hosts
    }
    listed = [
        Listed(meeting, hosts[meeting.dossier.kind], records[meeting.dossier.kind][meeting.dossier_id])
        for meeting in shown
        if meeting.dossier_id in records.get(meeting.dossier.kind, {})
    ]
    return MeetingsPage(listed, _cursor(shown[-1]) if len(meetings) > PER_PAGE else "")


def meeting_with_dossier(pk: int) -> Meeting | None:
    """A meeting by its number, with its dossier."""
    if pk > LARGEST_ID:
        return None
    return Meeting.objects.select_related("dossier").filter(pk=pk).first()


def meetings_of_record(dossier_id: int) -> list[Meeting]:
    """The meetings of one record, the latest first. One query."""
    return list(Meeting.objects.filter(dossier_id=dossier_id).order_by("-starts_at")[:PER_PAGE])


def agenda_of(meeting: Meeting) -> list[AgendaItem]:
    """The points of the agenda with their documents. One query."""
    return list(meeting.items.select_related("document"))


def item_of(meeting: Meeting, pk: int) -> AgendaItem | None:
    """One point of this meeting's agenda."""
    return meeting.items.filter(pk=pk).first() if pk <= LARGEST_ID else None


def closed_votes(meeting: Meeting) -> list[RoomVote]:
    """Votes with their results, in their order. One query."""
    return list(meeting.room_votes.filter(closed_at__isnull=False)[:MOST_VOTES])


def open_vote(meeting: Meeting) -> RoomVote | None:
    """The statement that is being voted on."""
    return meeting.room_votes.filter(closed_at=None).first()


def vote_of(meeting: Meeting, pk: int) -> RoomVote | None:
    """One vote of this meeting."""
    return meeting.room_votes.select_related("meeting").filter(pk=pk).first() if pk <= LARGEST_ID else None


def own_ballot(vote: RoomVote, seat: SignUp) -> int | None:
    """What the holder of a seat voted, for their own eyes."""
    return RoomBallot.objects.filter(vote=vote, sign_up=seat).values_list("value", flat=True).first()


def seat_of(meeting: Meeting, *, user_id: int | None, receipts: list[int]) -> SignUp | None:
    """The visitor's own seat: by account, else by a receipt opened in this session. One query, none for strangers."""
    mine = Q(receipt_id__in=receipts)
    if user_id is not None:
        mine |= Q(user_id=user_id)
    elif not receipts:
        return None
    return (
        SignUp.objects.filter(mine, meeting=meeting, cancelled_at=None)
        .select_related("meeting")
        .order_by("pk")
        .first()
    )


def seat_by_receipt(meeting: Meeting, receipt_id: int) -> SignUp | None:
    """The seat that a receipt stands for."""
    return SignUp.objects.filter(meeting=meeting, receipt_id=receipt_id, cancelled_at=None).first()


def seat_by_id(meeting: Meeting, pk: int) -> SignUp | None:
    """A seat of this meeting."""
    if pk > LARGEST_ID:
        return None
    return SignUp.objects.select_related("meeting").filter(meeting=meeting, pk=pk).first()


def place_in_queue(seat: SignUp) -> int:
    """How many wait before this one, and this one."""
    return SignUp.objects.filter(
        meeting_id=seat.meeting_id, is_waiting=True, cancelled_at=None, pk__lte=seat.pk
    ).count()


def turn_by_id(meeting: Meeting, pk: int) -> Turn | None:
    """A turn of this meeting."""
    return meeting.turns.select_related("meeting").filter(pk=pk).first() if pk <= LARGEST_ID else None


def own_turn(seat: SignUp) -> Turn | None:
    """The turn its holder waits for or has now."""
    return seat.turns.filter(ended_at=None, withdrawn_at=None).select_related("meeting").first()


def questions_of(meeting: Meeting) -> list[Question]:
    """Questions that everybody sees, most wanted first, and those not taken up with the reason. One query."""
    shown = meeting.questions.exclude(state=Question.State.WAITING)
    return list(shown.order_by("-support_count", "pk")[:MOST_QUESTIONS])


def waiting_questions(meeting: Meeting) -> list[Question]:
    """Questions to be read first, the oldest first. One query."""
    return list(meeting.questions.filter(state=Question.State.WAITING).order_by("pk")[:MOST_QUESTIONS])


def question_by_id(meeting: Meeting, pk: int) -> Question | None:
    """A question of this meeting."""
    if pk > LARGEST_ID:
        return None
    return meeting.questions.select_related("meeting").filter(pk=pk).first()


def statements_to_vote(dossier_id: int) -> list[Statement]:
    """Statements of the record's conversation that can be put to the vote. One query."""
    shown = Statement.objects.filter(conversation__dossier_id=dossier_id, state=Statement.State.SHOWN)
    return list(shown.order_by("number")[:MOST_STATEMENTS])


def statement_by_id(dossier_id: int, pk: int) -> Statement | None:
    """A statement of the record's conversation."""
    if pk > LARGEST_ID:
        return None
    found = Statement.objects.select_related("conversation").filter(pk=pk)
    return found.filter(conversation__dossier_id=dossier_id).first()


@dataclass(slots=True)
class Room:
    """What goes on in the room now."""

    meeting: Meeting
    items: list[AgendaItem] = field(default_factory=list)
    speaking: Turn | None = None
    waiting: list[Turn] = field(default_factory=list)
    spoken: list[Turn] = field(default_factory=list)
    vote: RoomVote | None = None
    last_vote: RoomVote | None = None

    @property
    def item(self) -> AgendaItem | None:
        """The point the meeting has come to."""
        return next((one for one in self.items if one.started_at and not one.ended_at), None)


def room_of(meeting: Meeting) -> Room:
    """Agenda, speakers and votes of a meeting. Three queries, however many speak."""
    room = Room(meeting, items=agenda_of(meeting))
    turns = meeting.turns.filter(withdrawn_at=None).select_related("sign_up")
    for turn in turns.order_by("position", "pk")[:MOST_TURNS]:
        if turn.ended_at:
            room.spoken.append(turn)
        elif turn.started_at:
            room.speaking = turn
        else:
            room.waiting.append(turn)
    for vote in meeting.room_votes.order_by("-pk")[:MOST_VOTES]:
        if vote.closed_at is None:
            room.vote = vote
        elif room.last_vote is None:
            room.last_vote = vote
    return room


@dataclass(slots=True)
class Seats:
    """Who comes, for the desk: by role and seat number; residents have no name here."""

    here: list[SignUp] = field(default_factory=list)
    expected: list[SignUp] = field(default_factory=list)
    waiting: list[SignUp] = field(default_factory=list)


def seats_of_meeting(meeting: Meeting) -> Seats:
    """Seats and the queue. One query."""
    seats = Seats()
    rows = meeting.sign_ups.filter(cancelled_at=None).select_related("user")
    for seat in rows.order_by(F("seat_number").asc(nulls_last=True), "pk")[:MOST_SEATS]:
        kind = seats.here if seat.checked_in_at else seats.waiting if seat.is_waiting else seats.expected
        kind.append(seat)
    return seats
