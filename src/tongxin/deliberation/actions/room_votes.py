"""Votes in the room: a statement put to those who are there; phones and raised hands; totals by role."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.models import Instrument
from tongxin.deliberation.actions.meetings import MeetingNotOpen, bump, is_over, lock_meeting
from tongxin.deliberation.actions.speaking import NotCheckedIn, current_item
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import (
    Meeting,
    ParticipantRole,
    RoomBallot,
    RoomVote,
    SignUp,
    Statement,
    Vote,
)

SMALLEST = 3
"""Ballots of a role with fewer than this are shown together with others: nobody's vote can be read off."""
REST = "rest"
AGREE, DISAGREE, PASS = 0, 1, 2
PLACES = {Vote.Value.AGREE: AGREE, Vote.Value.DISAGREE: DISAGREE, Vote.Value.PASS: PASS}
MOST_HANDS = 9999


class VoteRunning(Exception):
    """Another statement is being voted on; one at a time."""


class VoteClosed(Exception):
    """This vote is closed."""


@transaction.atomic
def put_to_vote(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    text: str = "",
    statement: Statement | None = None,
    seen_version: int | None,
    at: datetime | None = None,
) -> RoomVote:
    """Put a statement to those in the room: one of the record's conversation, or new words.

    Raises :class:`VoteRunning`, :class:`MeetingNotOpen`, ``MeetingMovedOn``, ``ValueError`` for a statement of another
    record or no words.
    """
    at = at or timezone.now()
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=seen_version)
    if meeting.opened_at is None or is_over(meeting):
        raise MeetingNotOpen
    if meeting.room_votes.filter(closed_at=None).exists():
        raise VoteRunning
    if statement is not None:
        if statement.conversation.dossier_id != record.pk or statement.state != Statement.State.SHOWN:
            raise ValueError("statement")
        text = statement.text
        Statement.objects.filter(pk=statement.pk).update(meeting=meeting, live_from=at, live_until=None)
    if not text:
        raise ValueError("text")
    vote = RoomVote.objects.create(
        meeting=meeting, item=current_item(meeting), statement=statement, text=text, opened_at=at
    )
    bump(meeting)
    return vote


@transaction.atomic
def cast_ballot(
    record: Instrument, vote: RoomVote, seat: SignUp, *, value: int, at: datetime | None = None
) -> RoomBallot:
    """Vote from one's phone, or change one's vote while it is open: one person, one vote.

    Raises :class:`VoteClosed`, :class:`NotCheckedIn`, ``ValueError`` for an unknown value.
    """
    value = Vote.Value(value)
    # A shared lock would do; but closing must wait for ballots under way, and they for it.
    vote = RoomVote.objects.select_for_update().get(pk=vote.pk, meeting__dossier_id=record.pk)
    if vote.closed_at is not None:
        raise VoteClosed
    seat = SignUp.objects.get(pk=seat.pk)
    if seat.meeting_id != vote.meeting_id or seat.cancelled_at or seat.checked_in_at is None:
        raise NotCheckedIn
    ballot, _is_new = RoomBallot.objects.update_or_create(
        vote=vote, sign_up=seat, defaults={"value": value, "at": at or timezone.now()}
    )
    return ballot


@transaction.atomic
def count_hands(
    host: Host,
    record: Instrument,
    vote: RoomVote,
    *,
    actor: Actor,
    hands: Mapping[str, tuple[int, int, int]],
    at: datetime | None = None,
) -> RoomVote:
    """Raised hands as the desk counted them, by role: agree, disagree, pass. They replace an earlier count.

    For those who have no phone with them; shown as hands, never mixed into the ballots unseen.
    """
    lock_meeting(host, record, vote.meeting, actor=actor, seen_version=None)
    vote = RoomVote.objects.select_for_update().get(pk=vote.pk)
    if vote.closed_at is not None:
        raise VoteClosed
    vote.hands = {
        ParticipantRole(role).value: [min(max(int(n), 0), MOST_HANDS) for n in counts]
        for role, counts in hands.items()
        if any(counts)
    }
    vote.save(update_fields=["hands"])
    return vote


@transaction.atomic
def close_vote(
    host: Host,
    record: Instrument,
    vote: RoomVote,
    *,
    actor: Actor,
    seen_version: int | None,
    at: datetime | None = None,
) -> RoomVote:
    """Close the vote: the result stands from now on. Raises :class:`VoteClosed`, ``MeetingMovedOn``."""
    meeting = lock_meeting(host, record, vote.meeting, actor=actor, seen_version=seen_version)
    vote = RoomVote.objects.select_for_update().get(pk=vote.pk)
    if vote.closed_at is not None:
        raise VoteClosed
    _close(vote, at=at or timezone.now())
    bump(meeting)
    return vote


def close_open_vote(meeting: Meeting, *, at: datetime) -> None:
    """Close the vote that is open when the meeting ends, if there is one. The caller holds the meeting's lock."""
    vote = RoomVote.objects.select_for_update().filter(meeting=meeting, closed_at=None).first()
    if vote is not None:
        _close(vote, at=at)


def _close(vote: RoomVote, *, at: datetime) -> None:
    vote.closed_at, vote.result = at, tally(vote)
    vote.save(update_fields=["closed_at", "result"])
    if vote.statement_id:
        Statement.objects.filter(pk=vote.statement_id).update(live_until=at)


def tally(vote: RoomVote) -> dict[str, Any]:
    """What the vote comes to: ``total`` and ``hands`` as [agree, disagree, pass], ``by_role`` of ballots and hands.

    Roles with fewer than three ballots are folded into ``rest``, with the next smallest when that is still fewer than
    three; hands are raised in front of everybody, so they are not folded. Fewer than three ballots in all are added
    to the hands and nothing is shown apart; where even that is fewer than three, ``withheld`` says how many ballots
    are not shown. One query.
    """
    phones: dict[str, list[int]] = {}
    for role, value in vote.ballots.values_list("sign_up__role", "value"):
        phones.setdefault(role, [0, 0, 0])[PLACES[Vote.Value(value)]] += 1
    ballots = sum(map(sum, phones.values()))
    hands = _sum(*vote.hands.values())
    if 0 < ballots < SMALLEST:
        enough = sum(hands) + ballots >= SMALLEST
        return {
            "total": _sum(hands, *phones.values()) if enough else hands,
            "hands": [0, 0, 0],
            "phones": ballots,
            "withheld": 0 if enough else ballots,
            "by_role": {},
        }
    by_role = fold(phones)
    for role, counts in vote.hands.items():
        by_role[role] = _sum(by_role.get(role, [0, 0, 0]), counts)
    return {
        "total": _sum(hands, *phones.values()),
        "hands": hands,
        "phones": ballots,
        "withheld": 0,
        "by_role": by_role,
    }


def fold(by_role: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """The same counts with small roles together, so that no single vote shows. Empty when only one figure is left."""
    kept = {role: list(counts) for role, counts in by_role.items() if sum(counts) >= SMALLEST}
    rest = [counts for counts in by_role.values() if 0 < sum(counts) < SMALLEST]
    while rest and sum(_sum(*rest)) < SMALLEST and kept:
        smallest = min(kept, key=lambda role: (sum(kept[role]), role))
        rest.append(kept.pop(smallest))
    if rest and kept:
        kept[REST] = _sum(*rest)
    return kept


def _sum(*counts: list[int]) -> list[int]:
    return [sum(column) for column in zip(*counts, strict=True)] if counts else [0, 0, 0]
