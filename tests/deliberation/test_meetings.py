"""Convening: the agenda, moving, who may run a meeting."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.deliberation.meeting_world import CONTACT, World
from tests.testing.district import District
from tongxin.core.models import Entry
from tongxin.deliberation.actions import meetings, running
from tongxin.deliberation.actions.conversations import NotConvener
from tongxin.notices.models import Notice


def test_the_agenda_becomes_points_in_order(world: World) -> None:
    points = list(world.meeting.items.values_list("position", "title", "presenter", "minutes_planned"))
    assert points == [(1, "现状和方案", "街道", 20), (2, "大家谈", "", 15)]


def test_the_agenda_in_words_has_no_marks_of_how_it_was_typed(world: World) -> None:
    assert world.meeting.agenda == "现状和方案\n大家谈"
    assert Entry.objects.get(event="meeting.called").text == "现状和方案\n大家谈"


def test_a_hearing_takes_questions_and_a_discussion_does_not(district: District) -> None:
    assert World(district, kind="hearing").meeting.takes_questions
    assert not World(district, kind="discussion").meeting.takes_questions


def test_moving_needs_a_reason_tells_those_with_seats_and_keeps_them(world: World) -> None:
    seat = world.sign_up(contact=CONTACT)
    later = timezone.now() + timedelta(days=30)

    meetings.move_meeting(
        world.host,
        world.record,
        world.meeting,
        actor=world.convener,
        starts_at=later,
        place="小学礼堂",
        reason="活动室漏水",
        seen_version=world.meeting.version,
    )

    moved = world.fresh()
    assert (moved.starts_at, moved.place) == (later, "小学礼堂")
    entry = Entry.objects.get(event="meeting.moved")
    assert (entry.text, entry.data["place_before"]) == ("活动室漏水", "社区活动室")
    assert Notice.objects.filter(template="meeting.moved", receipt_id=seat.receipt_id).count() == 1
    seat.refresh_from_db()
    assert seat.cancelled_at is None


def test_of_two_who_move_it_one_wins_and_the_other_is_told(world: World) -> None:
    seen = world.meeting.version

    def move(place: str) -> None:
        meetings.move_meeting(
            world.host,
            world.record,
            world.meeting,
            actor=world.convener,
            starts_at=timezone.now() + timedelta(days=30),
            place=place,
            reason="换地方",
            seen_version=seen,
        )

    move("甲处")
    with pytest.raises(meetings.MeetingMovedOn):
        move("乙处")
    assert world.fresh().place == "甲处"


def test_strangers_run_nothing(world: World, district: District) -> None:
    for name in ("unit", "liaison", "principal", "decider"):
        with pytest.raises(NotConvener):
            running.open_meeting(
                world.host, world.record, world.meeting, actor=district.actor(name), seen_version=None
            )
