"""The order in which people are called, as a property of any queue."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.duty.reception_queue import GRACE, in_order, minutes_each, slot_times, wait_minutes

# Other tests on the same machine make drawing slow now and then; that says nothing about the order.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NINE = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=8)))
minutes = st.integers(-60, 180).map(lambda n: NINE + timedelta(minutes=n))


@dataclass(frozen=True)
class Person:
    number: int
    slot_at: datetime | None
    arrived_at: datetime
    needs_help: bool


people = st.tuples(st.none() | minutes, minutes, st.booleans())
queues = st.lists(people, max_size=12).map(
    lambda rows: [Person(n, *row) for n, row in enumerate(rows, start=1)]
)


def kept_its_time(one: Person, now: datetime) -> bool:
    return one.slot_at is not None and one.arrived_at <= one.slot_at + GRACE and one.slot_at <= now


def waits_for_its_time(one: Person, now: datetime) -> bool:
    return (
        one.slot_at is not None
        and one.slot_at > now
        and one.arrived_at <= one.slot_at + GRACE
        and not one.needs_help
    )


@steady
@given(queues, minutes)
def test_the_order_holds_its_rule(queue, now):
    order = in_order(queue, now)
    assert sorted(one.number for one in order) == sorted(
        one.number for one in queue
    )  # nobody lost, nobody twice
    assert order == in_order(reversed(queue), now)  # how they are listed does not matter
    for before, after in itertools.pairwise(order):
        if kept_its_time(after, now):  # booked ones at their time come first, by their time
            assert kept_its_time(before, now)
            assert before.slot_at <= after.slot_at
        elif after.needs_help:
            assert kept_its_time(before, now) or before.needs_help
            if before.needs_help and not kept_its_time(before, now):
                assert before.arrived_at <= after.arrived_at
        elif not waits_for_its_time(after, now):
            assert not waits_for_its_time(before, now)  # who came early lets those without a time go first
            plain = not kept_its_time(before, now) and not before.needs_help
            assert not plain or before.arrived_at <= after.arrived_at


@steady
@given(queues, minutes, st.integers(1, 600))
def test_nobody_with_a_time_is_set_back_by_waiting(queue, now, later):
    """Once a booking's time has come, only bookings with an earlier time are before it, however long it takes."""
    after = now + timedelta(minutes=later)
    for one in queue:
        if kept_its_time(one, now):
            order = in_order(queue, after)
            ahead = order[: order.index(one)]
            assert all(kept_its_time(other, after) and other.slot_at <= one.slot_at for other in ahead)


@steady
@given(st.integers(1, 240), st.integers(1, 600))
def test_slots_lie_within_the_reception(length, total):
    end = NINE + timedelta(minutes=total)
    times = slot_times(NINE, end, length)
    assert len(times) == total // length
    assert all(at + timedelta(minutes=length) <= end for at in times)


def test_the_wait_is_measured_once_enough_were_served():
    assert minutes_each([timedelta(minutes=2)], 15) == 15
    assert minutes_each([timedelta(minutes=n) for n in (4, 6, 8)], 15) == 6
    assert wait_minutes(0, 15, 1) == 0
    assert wait_minutes(3, 6, 1) == 20
    assert wait_minutes(3, 6, 2) == 10
