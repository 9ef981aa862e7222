"""Speakers: in order, one at a time, timed by the server."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from tests.deliberation.meeting_world import World, somebody_not_here
from tests.testing.district import build_district
from tongxin.deliberation.actions import speaking
from tongxin.deliberation.models import (
    Turn,
)


def test_speakers_in_order_one_at_a_time_timed_by_the_server(world: World) -> None:
    world.open()
    with pytest.raises(speaking.NotCheckedIn):
        speaking.ask_for_floor(world.record, somebody_not_here(world))
    first = speaking.ask_for_floor(world.record, world.somebody_here())
    second = speaking.ask_for_floor(world.record, world.somebody_here())
    assert speaking.ask_for_floor(world.record, second.sign_up).pk == second.pk
    assert (first.label, first.position < second.position) == ("", True)

    at = timezone.now()
    running_turn = speaking.start_turn(
        world.host, world.record, first, actor=world.convener, seen_version=None, at=at
    )
    assert (running_turn.started_at, running_turn.seconds_allowed) == (at, 180)
    with pytest.raises(speaking.FloorTaken):
        speaking.start_turn(world.host, world.record, second, actor=world.convener, seen_version=None)
    speaking.end_turn(world.host, world.record, first, actor=world.convener, seen_version=None)
    with pytest.raises(speaking.NoSuchTurn):
        speaking.start_turn(world.host, world.record, first, actor=world.convener, seen_version=None)


def test_the_desk_adds_by_seat_or_role_and_takes_no_residents_name(world: World) -> None:
    world.open()
    here = world.somebody_here()
    common = {"actor": world.convener}
    by_seat = speaking.add_speaker(
        world.host, world.record, world.meeting, seat_number=here.seat_number, **common
    )
    assert by_seat.sign_up == here
    named = speaking.add_speaker(
        world.host, world.record, world.meeting, role="resident", label="周明", **common
    )
    assert named.label == ""
    expert = speaking.add_speaker(
        world.host, world.record, world.meeting, role="expert", label="交通设计院", **common
    )
    assert expert.label == "交通设计院"
    with pytest.raises(speaking.NotCheckedIn):
        speaking.add_speaker(world.host, world.record, world.meeting, seat_number=98, **common)
    speaking.bring_forward(world.host, world.record, expert, seen_version=None, **common)
    order = list(world.meeting.turns.values_list("pk", flat=True))
    assert order == [by_seat.pk, expert.pk, named.pk]


def test_one_withdraws_only_ones_own_turn(world: World) -> None:
    world.open()
    own, other = world.somebody_here(), world.somebody_here()
    turn = speaking.ask_for_floor(world.record, own)
    with pytest.raises(speaking.NoSuchTurn):
        speaking.withdraw_turn(world.record, turn, seat=other)
    speaking.withdraw_turn(world.record, turn, seat=own)
    assert Turn.objects.get(pk=turn.pk).withdrawn_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_desks_that_give_the_floor_one_wins() -> None:
    world = World(build_district())
    world.open()
    turns = [speaking.ask_for_floor(world.record, world.somebody_here()) for _n in range(6)]

    def start(turn: Turn) -> str:
        try:
            speaking.start_turn(world.host, world.record, turn, actor=world.convener, seen_version=None)
        except speaking.FloorTaken:
            return "taken"
        finally:
            connection.close()
        return "started"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(start, turns))

    assert sorted(said) == ["started", *["taken"] * 5]
