"""Seats and the queue, whatever comes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.deliberation.meeting_world import CONTACT, World
from tests.testing.district import District, build_district
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions import running, seats
from tongxin.deliberation.models import (
    Meeting,
    SignUp,
)
from tongxin.matters.actions import deliberating, raising
from tongxin.notices.models import Notice


def test_past_the_capacity_one_waits_in_order_and_moves_up_and_is_told(world: World) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(capacity=2)
    first, second, third, fourth = (world.sign_up(contact=CONTACT) for _n in range(4))
    assert [s.is_waiting for s in (first, second, third, fourth)] == [False, False, True, True]
    assert [first.seat_number, second.seat_number, third.seat_number] == [1, 2, None]

    moved = seats.give_up_seat(world.host, world.record, first)

    assert moved == [third]
    third.refresh_from_db()
    assert (third.is_waiting, third.seat_number) == (False, 3)
    told = Notice.objects.filter(template="meeting.seat_freed")
    assert list(told.exclude(receipt=None).values_list("receipt_id", flat=True)) == [third.receipt_id]
    assert world.fresh().sign_up_count == 3
    assert seats.give_up_seat(world.host, world.record, first) == []  # twice changes nothing
    assert world.fresh().sign_up_count == 3


def test_members_come_in_their_role_and_take_no_resident_seat(world: World, district: District) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(capacity=1)
    member = world.sign_up(district.actor("member"))
    assert (member.role, member.is_waiting) == ("member", False)
    assert not world.sign_up().is_waiting
    with pytest.raises(seats.AlreadySignedUp):
        world.sign_up(district.actor("member"))


def test_more_seats_move_the_queue_up(world: World) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(capacity=1)
    people = [world.sign_up() for _n in range(4)]

    running.set_terms(
        world.host,
        world.record,
        world.fresh(),
        actor=world.convener,
        capacity=3,
        seconds_each=120,
        takes_questions=False,
        seen_version=None,
    )

    waiting = [SignUp.objects.get(pk=one.pk).is_waiting for one in people]
    assert waiting == [False, False, False, True]


def test_nobody_signs_up_once_it_began_or_was_cancelled(world: World) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(starts_at=timezone.now())
    with pytest.raises(seats.SeatsClosed):
        world.sign_up()
    Meeting.objects.filter(pk=world.meeting.pk).update(
        starts_at=timezone.now() + timedelta(days=3), cancelled_at=timezone.now()
    )
    with pytest.raises(seats.SeatsClosed):
        world.sign_up()


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_never_get_more_seats_than_there_are() -> None:
    world = World(build_district(), capacity=7)
    tokens = [new_token("sign_up") for _n in range(20)]

    def ask(token: str) -> None:
        try:
            seats.sign_up(world.host, world.record, world.meeting, actor=raising.passer_by(), token=token)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(ask, [*tokens, *tokens[:5]]))

    seated = SignUp.objects.filter(is_waiting=False)
    assert sorted(seated.values_list("seat_number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    assert SignUp.objects.filter(is_waiting=True, seat_number=None).count() == 13
    assert world.fresh().sign_up_count == 20


@pytest.mark.django_db(transaction=True)
def test_giving_up_and_cancelling_at_once_end_in_no_deadlock() -> None:
    world = World(build_district(), capacity=3)
    people = [world.sign_up() for _n in range(8)]

    def give_up(seat: SignUp) -> None:
        try:
            seats.give_up_seat(world.host, world.record, seat)
        except seats.SeatsClosed:
            pass
        finally:
            connection.close()

    def cancel(_none: object) -> None:
        try:
            deliberating.cancel_meeting(
                world.journey.matter,
                actor=world.convener,
                meeting=world.meeting,
                reason="停电",
                seen_version=None,
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        done = [*(pool.submit(give_up, one) for one in people), pool.submit(cancel, None)]
        for one in done:
            one.result()

    gone = SignUp.objects.exclude(cancelled_at=None).count()
    assert world.fresh().cancelled_at is not None
    assert world.meeting.sign_up_count == 8 - gone
