"""Drafts are valid, have no gap that could be filled and are as even as postings allow: checked by other means."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongxin.core.workdays import SHANGHAI, WorkCalendar
from tongxin.duty.drafting import Slot, make_draft, overlaps
from tongxin.duty.opening import Pattern, next_month, open_days, openings

DAY = datetime(2026, 12, 1, tzinfo=UTC)


def at(hours: int) -> datetime:
    return DAY + timedelta(hours=hours)


@st.composite
def worlds(draw, slots: int = 6, people: int = 4, aligned: bool = False):
    """Slots of some stations, who is posted where, and who is away when. Aligned slots overlap wholly or not at all."""
    stations = draw(st.integers(1, 3))
    found = []
    for number in range(draw(st.integers(0, slots))):
        start = draw(st.integers(0, 8))
        length = 1 if aligned else draw(st.integers(1, 5))
        found.append(Slot(number, draw(st.integers(0, stations - 1)), at(start), at(start + length)))
    everybody = range(draw(st.integers(0, people)))
    posted = {s: draw(st.sets(st.sampled_from(everybody))) if everybody else set() for s in range(stations)}
    busy = {}
    for member in everybody:
        if draw(st.integers(0, 3)) == 0:
            start = draw(st.integers(0, 10))
            busy[member] = [(at(start), at(start + draw(st.integers(1, 6))))]
    load = {member: draw(st.integers(0, 3)) for member in everybody if draw(st.booleans())}
    carried = {member: draw(st.integers(0, 5)) for member in everybody if draw(st.booleans())}
    return found, posted, busy, load, carried


def able(slot, posted, busy):
    return {m for m in posted[slot.station] if not any(overlaps(slot.span, s) for s in busy.get(m, ()))}


def is_valid(slots, assigned, posted, busy) -> bool:
    own: dict = {}
    for slot in slots:
        member = assigned.get(slot.key)
        if member is None:
            continue
        if member not in able(slot, posted, busy):
            return False
        if any(overlaps(slot.span, other.span) for other in own.get(member, [])):
            return False
        own.setdefault(member, []).append(slot)
    return True


def score(slots, assigned, posted, load, carried):
    """The three aims as a tuple, less is better: gaps, squared loads, carried loads."""
    people = set().union(*posted.values()) if posted else set()
    counts = Counter(assigned.values())
    return (
        sum(assigned.get(slot.key) is None for slot in slots),
        sum((load.get(m, 0) + counts[m]) ** 2 for m in people),
    )


def best_by_force(slots, posted, busy, load, carried):
    """The best score of every assignment there is."""
    choices = [[None, *able(slot, posted, busy)] for slot in slots]
    scores = []
    for chosen in product(*choices):
        assigned = {slot.key: m for slot, m in zip(slots, chosen, strict=True) if m is not None}
        if is_valid(slots, assigned, posted, busy):
            scores.append(score(slots, assigned, posted, load, carried))
    return min(scores)


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_valid_without_a_gap_that_could_be_filled_and_as_even_as_can_be(world):
    slots, posted, busy, load, carried = world
    draft = make_draft(slots, posted=posted, busy=busy, load=load, carried=carried)
    assert draft.is_proven
    assert is_valid(slots, draft.assigned, posted, busy)
    assert sorted(draft.gaps) == sorted(slot.key for slot in slots if slot.key not in draft.assigned)
    assert score(slots, draft.assigned, posted, load, carried) == best_by_force(
        slots, posted, busy, load, carried
    )


@settings(max_examples=60, deadline=None)
@given(worlds(slots=40, people=8, aligned=True))
def test_spread_within_one_among_members_of_the_same_possibilities(world):
    slots, posted, busy, _load, carried = world
    draft = make_draft(slots, posted=posted, busy=busy, carried=carried)
    assert is_valid(slots, draft.assigned, posted, busy)
    counts = Counter(draft.assigned.values())
    people = set().union(*posted.values())
    same: dict = {}
    for member in people:
        own = frozenset(slot.key for slot in slots if member in able(slot, posted, busy))
        same.setdefault(own, []).append(counts[member])
    for loads in same.values():
        assert max(loads) - min(loads) <= 1


@settings(max_examples=60, deadline=None)
@given(worlds(slots=30, people=8))
def test_no_gap_could_be_filled_by_moving_others_along_a_chain(world):
    """Independent of the solver: look for an augmenting path, slot by slot, through whoever could take over."""
    slots, posted, busy, _load, _carried = world
    draft = make_draft(slots, posted=posted, busy=busy)
    assigned = dict(draft.assigned)
    by_key = {slot.key: slot for slot in slots}

    def place(slot, banned) -> bool:
        for member in able(slot, posted, busy) - banned:
            met = [
                by_key[key]
                for key, who in assigned.items()
                if who == member and overlaps(by_key[key].span, slot.span)
            ]
            if not met:
                assigned[slot.key] = member
                return True
            if len(met) == 1:
                del assigned[met[0].key]
                assigned[slot.key] = member
                if place(met[0], banned | {member}):
                    return True
                del assigned[slot.key]
                assigned[met[0].key] = member
        return False

    for key in draft.gaps:
        assert not place(by_key[key], set())


def test_the_odd_shift_goes_to_who_had_fewer_before():
    slots = [Slot(n, 1, at(24 * n), at(24 * n + 2)) for n in range(3)]
    draft = make_draft(slots, posted={1: {7, 8}}, carried={7: 9, 8: 2})
    assert Counter(draft.assigned.values()) == {8: 2, 7: 1}


def test_members_take_turns_rather_than_a_week_each():
    slots = [Slot(n, 1, at(24 * n), at(24 * n + 2)) for n in range(6)]
    draft = make_draft(slots, posted={1: {7, 8}})
    order = "".join(str(draft.assigned[n]) for n in range(6))
    assert "777" not in order
    assert "888" not in order


def test_one_posted_twice_is_in_one_place_and_the_other_station_has_its_gap():
    slots = [Slot("a", 1, at(0), at(3)), Slot("b", 2, at(2), at(4)), Slot("c", 2, at(3), at(4))]
    draft = make_draft(slots, posted={1: {7}, 2: {7}})
    assert len(draft.assigned) == 2
    assert draft.assigned["a"] == draft.assigned["c"] == 7
    assert draft.gaps == ["b"]


def test_a_month_of_the_district_in_seconds():
    """109 stations, 257 members, 40 leaves: measured in processor time, which a busy machine doesn't lengthen."""
    import random
    import time as clock

    rng = random.Random(5)
    posted = {s: {m for m in range(257) if m % 109 == s} for s in range(109)}
    for _n in range(40):
        posted[rng.randrange(109)].add(rng.randrange(257))
    patterns = [
        Pattern(
            s, s, "offline", s < 14, [1, 2, 3, 4, 5] if s < 14 else [10, 20], time(9), time(11), 1 + (s >= 14)
        )
        for s in range(109)
    ]
    month = date(2026, 12, 1)
    slots = [
        Slot(n, one.station, one.starts_at, one.ends_at)
        for n, one in enumerate(openings(patterns, month, WorkCalendar(), SHANGHAI))
    ]
    busy = {
        m: [(at(24 * d), at(24 * d + 240))] for m in rng.sample(range(257), 40) for d in [rng.randrange(20)]
    }
    began = clock.process_time()
    draft = make_draft(slots, posted=posted, busy=busy)
    assert clock.process_time() - began < 10
    assert draft.is_proven
    assert is_valid(slots, draft.assigned, posted, busy)
    assert len(slots) > 600


class TestOpenDays:
    """When stations are open."""

    calendar = WorkCalendar()

    def pattern(self, **fields) -> Pattern:
        base = {
            "key": 1,
            "station": 1,
            "mode": "offline",
            "is_weekly": False,
            "days": [10, 20],
            "starts": time(9),
            "ends": time(11),
        }
        return Pattern(**{**base, **fields})

    def test_the_tenth_and_twentieth_are_postponed_on_free_days(self):
        # 10 October 2026 is a make-up working Saturday; 20 September 2026 one as well (before the holiday).
        october = open_days(self.pattern(), date(2026, 10, 1), self.calendar)
        assert october == [date(2026, 10, 10), date(2026, 10, 20)]
        # 10 May 2025 was a Saturday not worked, 20 May a Tuesday.
        assert open_days(self.pattern(), date(2025, 5, 1), self.calendar) == [
            date(2025, 5, 12),
            date(2025, 5, 20),
        ]
        skipped = open_days(self.pattern(on_holiday="skip"), date(2025, 5, 1), self.calendar)
        assert skipped == [date(2025, 5, 20)]
        held = open_days(self.pattern(on_holiday="hold"), date(2025, 5, 1), self.calendar)
        assert held == [date(2025, 5, 10), date(2025, 5, 20)]

    def test_a_day_put_off_into_the_next_month_is_neither_lost_nor_doubled(self):
        last = self.pattern(days=[31])
        may, june = (open_days(last, date(2025, month, 1), self.calendar) for month in (5, 6))
        assert may == []
        # 31 May 2025 is in the Dragon Boat holiday, which lasts to 2 June; June's own last day is a Monday.
        assert june == [date(2025, 6, 3), date(2025, 6, 30)]

    def test_by_turns_every_second_week(self):
        pattern = self.pattern(
            is_weekly=True, days=[2], every_weeks=2, counted_from=date(2026, 11, 26), on_holiday="hold"
        )
        days = open_days(pattern, date(2026, 12, 1), self.calendar)
        assert days == [date(2026, 12, 8), date(2026, 12, 22)]
        assert open_days(pattern, date(2026, 11, 1), self.calendar) == [
            date(2026, 11, 10),
            date(2026, 11, 24),
        ]

    def test_a_weekend_that_a_weekly_pattern_names_is_meant(self):
        days = open_days(self.pattern(is_weekly=True, days=[6]), date(2026, 12, 1), self.calendar)
        assert [day.day for day in days] == [5, 12, 19, 26]

    @settings(max_examples=60, deadline=None)
    @given(
        days=st.lists(st.integers(1, 31), min_size=1, max_size=4, unique=True),
        start=st.dates(date(2024, 1, 1), date(2026, 6, 1)),
    )
    def test_no_day_is_lost_or_doubled_over_a_year(self, days, start):
        pattern = self.pattern(days=days)
        month = start.replace(day=1)
        found, first = [], month
        for _n in range(12):
            found += open_days(pattern, month, self.calendar)
            month = next_month(month)
        assert found == sorted(set(found))
        assert all(self.calendar.is_workday(day) for day in found)
        named = [first + timedelta(days=n) for n in range(366)]
        wanted = {
            day if self.calendar.is_workday(day) else self.calendar.next_workday(day)
            for day in named
            if (day.day in days or ((day + timedelta(days=1)).day == 1 and max(days) > day.day))
        }
        within = {day for day in wanted if first <= day < month}
        assert within <= set(found)


@pytest.mark.parametrize("people", [1, 3])
def test_a_pattern_for_three_opens_three_places(people):
    pattern = Pattern(1, 1, "online", True, [1], time(9), time(11), people)
    found = openings([pattern], date(2026, 12, 1), WorkCalendar(), SHANGHAI)
    assert len(found) == 4 * people
    assert found[0].starts_at == datetime(2026, 12, 7, 9, tzinfo=SHANGHAI)
