"""Votes in the room: phones and hands, and nobody's vote read off."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.deliberation.meeting_world import World, somebody_not_here
from tests.testing.district import District, build_district
from tongxin.deliberation.actions import room_votes, seats, speaking
from tongxin.deliberation.actions.conversations import Terms, open_conversation
from tongxin.deliberation.models import (
    RoomBallot,
    SignUp,
    Statement,
)


def test_a_vote_counts_phones_and_hands_apart(world: World) -> None:
    world.open()
    people = [world.somebody_here() for _n in range(4)]
    vote = world.put()
    for seat, value in zip(people, (1, 1, 1, -1), strict=True):
        room_votes.cast_ballot(world.record, vote, seat, value=value)
    room_votes.cast_ballot(world.record, vote, people[3], value=0)  # changed one's mind
    room_votes.count_hands(
        world.host, world.record, vote, actor=world.convener, hands={"resident": (5, 2, 0), "unit": (0, 0, 0)}
    )

    closed = room_votes.close_vote(world.host, world.record, vote, actor=world.convener, seen_version=None)

    assert closed.result == {
        "total": [8, 2, 1],
        "hands": [5, 2, 0],
        "phones": 4,
        "withheld": 0,
        "by_role": {"resident": [8, 2, 1]},
    }
    with pytest.raises(room_votes.VoteClosed):
        room_votes.cast_ballot(world.record, vote, people[0], value=-1)
    assert RoomBallot.objects.count() == 4


def test_fewer_than_three_ballots_are_never_shown(world: World) -> None:
    world.open()
    people = [world.somebody_here() for _n in range(2)]
    vote = world.put()
    for seat in people:
        room_votes.cast_ballot(world.record, vote, seat, value=-1)
    vote = room_votes.count_hands(
        world.host, world.record, vote, actor=world.convener, hands={"unit": (1, 0, 0)}
    )

    result = room_votes.tally(vote)

    # With a raised hand they are three: the sum is shown, and nothing that would tell ballots from hands.
    assert result == {"total": [1, 2, 0], "hands": [0, 0, 0], "phones": 2, "withheld": 0, "by_role": {}}
    vote = room_votes.count_hands(world.host, world.record, vote, actor=world.convener, hands={})
    assert room_votes.tally(vote) == {
        "total": [0, 0, 0],
        "hands": [0, 0, 0],
        "phones": 2,
        "withheld": 2,
        "by_role": {},
    }


def test_only_those_checked_in_vote_and_one_statement_at_a_time(world: World) -> None:
    world.open()
    vote = world.put()
    with pytest.raises(speaking.NotCheckedIn):
        room_votes.cast_ballot(world.record, vote, somebody_not_here(world), value=1)
    with pytest.raises(room_votes.VoteRunning):
        world.put("另一条")
    with pytest.raises(ValueError, match="is not a valid"):
        room_votes.cast_ballot(world.record, vote, world.somebody_here(), value=2)


def test_a_statement_of_the_conversation_is_put_with_its_words(world: World, district: District) -> None:
    world.open()
    open_conversation(
        world.host,
        world.record,
        actor=world.convener,
        terms=Terms(question="村口怎么改？"),
        seeds=["村口装红绿灯"],
    )
    statement = Statement.objects.select_related("conversation").get()

    vote = world.put("", statement=statement)

    statement.refresh_from_db()
    assert (vote.text, statement.meeting_id, statement.live_until) == ("村口装红绿灯", world.meeting.pk, None)
    other = World(district)
    other.open()
    with pytest.raises(ValueError, match="statement"):
        other.put("", statement=statement)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"resident": [3, 1, 0]}, {"resident": [3, 1, 0]}),
        ({"resident": [3, 1, 0], "expert": [0, 1, 0]}, {}),
        (
            {"resident": [9, 1, 0], "unit": [3, 0, 0], "expert": [0, 1, 0]},
            {"resident": [9, 1, 0], "rest": [3, 1, 0]},
        ),
        (
            {"resident": [9, 1, 0], "unit": [2, 0, 0], "expert": [0, 1, 0]},
            {"resident": [9, 1, 0], "rest": [2, 1, 0]},
        ),
        ({}, {}),
    ],
)
def test_no_single_vote_shows_through_its_role(counts, shown) -> None:
    assert room_votes.fold(counts) == shown


@pytest.mark.django_db(transaction=True)
def test_ballots_at_once_are_all_counted_once() -> None:
    world = World(build_district())
    world.open()
    people = seats.add_walk_ins(
        world.host, world.record, world.meeting, actor=world.convener, role="resident", count=12
    )
    vote = world.put()

    def cast(seat: SignUp) -> None:
        try:
            room_votes.cast_ballot(world.record, vote, seat, value=1)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(cast, [*people, *people]))

    assert room_votes.tally(vote)["total"] == [12, 0, 0]
