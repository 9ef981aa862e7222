"""The table of the desk, walked whole; its clock, over any roster."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.accounts.roles import Role
from tongxin.core.workdays import SHANGHAI, WorkCalendar
from tongxin.duty import process_desk
from tongxin.duty.desk_clock import LOOK_AHEAD, Watch, answer_due, reworked
from tongxin.duty.process_desk import DESK, TRANSITIONS, WRITES
from tongxin.duty.rules_desk import GUARDS

CALENDAR = WorkCalendar()
START = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # a Wednesday, ten in the morning


def test_every_state_is_reachable():
    assert DESK.reachable() == {state.code for state in DESK.states}


def test_every_open_state_can_be_left_and_no_final_one_can():
    for state in DESK.states:
        leaving = [t for t in TRANSITIONS if state.code in t.sources and t.target]
        assert bool(leaving) is not state.final, state.code


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda t: t.name)
def test_each_transition_has_roles_guards_and_an_event_of_its_own(transition):
    assert transition.roles
    assert set(transition.roles) <= {Role.RAISER, Role.MEMBER, Role.LIAISON, Role.OFFICE, Role.SYSTEM}
    assert all(guard in GUARDS for guard in transition.guards)
    assert transition.event.startswith("desk.")
    assert transition.publication == "internal"


def test_both_sides_can_write_wherever_a_conversation_is_not_over():
    still_open = {state.code for state in DESK.states if not state.final}
    for side, roles in (("raiser", {Role.RAISER}), ("desk", {Role.MEMBER, Role.LIAISON, Role.OFFICE})):
        assert set(WRITES[side]) == still_open
        for state, name in WRITES[side].items():
            transition = DESK.transition(name)
            assert state in transition.sources
            assert transition.artefact == "message"
            assert roles <= set(transition.roles)


def test_the_whole_method_stays_on_one_screen():
    assert len(Path(process_desk.__file__).read_text().splitlines()) < 100


def watch(start: float, hours: float, station: int = 1, member: int = 1) -> Watch:
    """Hours from START."""
    return Watch(station, member, START + timedelta(hours=start), START + timedelta(hours=start + hours))


def due(own=(), street=(), asked=START, minutes=30):
    """The clock of a question asked at START."""
    return answer_due(asked, list(own), list(street), CALENDAR, minutes=minutes)


def test_somebody_on_line_has_so_many_minutes():
    found = due([watch(-1, 3)])
    assert found.at == START + timedelta(minutes=30)
    assert found.is_now
    assert found.until == START + timedelta(hours=2)


def test_never_past_the_end_of_the_watch():
    assert due([watch(-1, 1.25)]).at == START + timedelta(minutes=15)


def test_shifts_without_a_gap_are_one_stretch():
    found = due([watch(-1, 1.25), watch(0.25, 2, member=2)])
    assert found.at == START + timedelta(minutes=30)
    assert [one.member_id for one in found.watches] == [1]


def test_outside_duty_hours_the_next_watch_answers():
    found = due([watch(5, 2), watch(-9, 2)])
    assert found.at == START + timedelta(hours=5, minutes=30)
    assert not found.is_now


def test_the_street_covers_where_the_station_has_nobody_within_fourteen_days():
    found = due([watch(15 * 24, 2)], [watch(-1, 3, station=9)])
    assert found.covered_by == 9
    assert found.is_now
    assert due([watch(13 * 24, 2)], [watch(-1, 3, station=9)]).covered_by is None


def test_without_any_watch_the_office_answers_by_the_end_of_the_next_working_day():
    found = due()
    assert found.watches == ()
    assert found.at.astimezone(SHANGHAI).isoformat() == "2026-03-05T23:59:59+08:00"


hours = st.floats(min_value=-400, max_value=800, allow_nan=False)
watches = st.lists(
    st.builds(watch, hours, st.floats(min_value=0.01, max_value=12), member=st.integers(1, 5)), max_size=12
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(watches, watches, st.integers(1, 240))
def test_a_due_moment_lies_ahead_within_a_watch_or_a_working_day(own, street, minutes):
    street = [Watch(9, one.member_id, one.starts_at, one.ends_at) for one in street]
    found = due(own, street, minutes=minutes)
    assert found.at > START
    if found.watches:
        assert found.until is not None
        begins = max(START, found.watches[0].starts_at)
        assert begins < found.at <= found.until
        assert found.at <= begins + timedelta(minutes=minutes)
        assert begins < START + LOOK_AHEAD
        assert all(one.starts_at <= begins < one.ends_at for one in found.watches)
        own_ahead = [one for one in own if one.ends_at > START and one.starts_at < START + LOOK_AHEAD]
        assert (found.covered_by is None) == bool(own_ahead)
        # Nobody is kept waiting for a later watch of the same station while an earlier one stands on the roster.
        pool = own_ahead or street
        assert all(one.starts_at >= begins or one.ends_at <= START or one in found.watches for one in pool)
    else:
        assert all(one.ends_at <= START or one.starts_at >= START + LOOK_AHEAD for one in [*own, *street])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(watches, st.integers(0, 300))
def test_a_changed_roster_makes_nothing_late_and_late_stays_late(own, passed):
    now = START + timedelta(minutes=passed)
    before = due().at
    found = reworked(before, clock_from=START, now=now, own=own, street=[], calendar=CALENDAR, minutes=30)
    if before <= now:
        assert found is None
    else:
        assert found is not None
        assert found.at > now
    late = reworked(now, clock_from=START, now=now, own=own, street=[], calendar=CALENDAR, minutes=30)
    assert late is None
