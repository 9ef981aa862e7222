"""The day itself: check-in, walk-ins, opening and closing, one point at a time."""

import pytest

from tests.deliberation.meeting_world import World
from tests.testing.district import District
from tongxin.core.models import Entry
from tongxin.deliberation.actions import meetings, running, seats, speaking
from tongxin.deliberation.models import (
    AgendaItem,
    Meeting,
    RoomVote,
    SignUp,
    Turn,
)


def test_check_in_by_the_rooms_code_only_while_it_is_open(world: World) -> None:
    seat = world.sign_up()
    key = world.meeting.check_in_key
    with pytest.raises(meetings.MeetingNotOpen):
        seats.check_in_by_key(world.record, seat, key=key)
    world.open()
    with pytest.raises(seats.WrongKey):
        seats.check_in_by_key(world.record, seat, key="guessed")

    assert seats.check_in_by_key(world.record, seat, key=key).checked_in_by == "qr"

    running.renew_key(world.host, world.record, world.meeting, actor=world.convener)
    with pytest.raises(seats.WrongKey):
        seats.check_in_by_key(world.record, seat, key=key)


def test_the_desk_checks_in_takes_back_and_gives_the_waiting_a_number(world: World) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(capacity=1)
    _first, waiting = world.sign_up(), world.sign_up()

    came = world.here(waiting)

    assert (came.is_waiting, came.seat_number, came.checked_in_by) == (False, 2, "desk")
    back = seats.check_in_at_desk(world.host, world.record, waiting, actor=world.convener, is_here=False)
    assert back.checked_in_at is None


def test_walk_ins_have_a_role_and_a_number_and_nothing_else(world: World) -> None:
    made = seats.add_walk_ins(
        world.host, world.record, world.meeting, actor=world.convener, role="resident", count=3
    )
    assert [one.seat_number for one in made] == [1, 2, 3]
    assert {(one.receipt_id, one.user_id) for one in made} == {(None, None)}


def test_opened_and_closed_stand_in_the_history_with_the_attendance(world: World, district: District) -> None:
    world.open()
    world.somebody_here()
    world.here(world.sign_up(district.actor("member")))
    turn = speaking.ask_for_floor(world.record, world.somebody_here())
    world.put()

    running.close_meeting(
        world.host, world.record, world.meeting, actor=world.convener, seen_version=world.fresh().version
    )

    entry = Entry.objects.get(event="meeting.closed")
    assert entry.data["attendance"] == {"member": 1, "resident": 2}
    assert RoomVote.objects.get().closed_at is not None
    assert Turn.objects.get(pk=turn.pk).withdrawn_at is not None
    with pytest.raises(meetings.MeetingOver):
        world.here(SignUp.objects.first())


def test_one_point_at_a_time(world: World) -> None:
    world.open()
    first, second = world.meeting.items.all()
    common = {"actor": world.convener}
    running.start_item(world.host, world.record, first, seen_version=world.fresh().version, **common)
    seen = world.fresh().version
    running.start_item(world.host, world.record, second, seen_version=seen, **common)
    with pytest.raises(meetings.MeetingMovedOn):
        running.start_item(world.host, world.record, first, seen_version=seen, **common)

    ended = AgendaItem.objects.get(pk=first.pk).ended_at
    assert ended is not None
    running.end_item(world.host, world.record, second, seen_version=None, **common)
    assert speaking.current_item(world.meeting) is None
