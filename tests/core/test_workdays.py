"""Working days: the announced calendar, the district's own changes, clocks with pauses."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.core.workdays import SHANGHAI, Pause, WorkCalendar, derive_due

CALENDAR = WorkCalendar()
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))
counts = st.integers(1, 60)
overrides = st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.booleans(), max_size=20)


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "is_workday"),
    [
        (date(2026, 2, 13), True),
        (date(2026, 2, 14), True),  # a Saturday made up for the Spring Festival
        (date(2026, 2, 15), False),
        (date(2026, 2, 16), False),  # a Monday, New Year's Eve
        (date(2026, 2, 23), False),  # a Monday, the last day of the Spring Festival
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),  # a Saturday made up
        (date(2026, 9, 20), True),  # a Sunday made up for National Day
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday made up
        (date(2026, 7, 18), False),
        (date(2026, 7, 20), True),
    ],
)
def test_announced_days_of_2026(day: date, is_workday: bool) -> None:
    assert CALENDAR.is_workday(day) is is_workday
    assert not CALENDAR.is_provisional(day)


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 2, 12), 5, date(2026, 2, 26)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2026, 9, 18), 1, date(2026, 9, 20)),
        (date(2026, 7, 17), 1, date(2026, 7, 20)),
        (date(2026, 7, 18), 1, date(2026, 7, 20)),
        (date(2026, 7, 17), 0, date(2026, 7, 17)),
        (date(2026, 7, 18), 0, date(2026, 7, 20)),
        (date(2026, 7, 20), -1, date(2026, 7, 17)),
        (date(2026, 10, 8), -1, date(2026, 9, 30)),
    ],
)
def test_adding_steps_over_holidays(start: date, count: int, due: date) -> None:
    assert CALENDAR.add_workdays(start, count) == due


def test_years_not_announced_fall_back_to_weekends_and_say_so() -> None:
    assert CALENDAR.is_workday(date(2035, 10, 1))
    assert not CALENDAR.is_workday(date(2035, 10, 6))
    assert CALENDAR.is_provisional(date(2035, 10, 1))
    declared = WorkCalendar({date(2035, 10, 1): False})
    assert not declared.is_workday(date(2035, 10, 1))
    assert not declared.is_provisional(date(2035, 10, 1))
    assert declared.is_provisional(date(2035, 10, 2))


def test_what_the_district_declares_goes_first() -> None:
    calendar = WorkCalendar({date(2026, 7, 20): False, date(2026, 10, 1): True})
    assert calendar.add_workdays(date(2026, 7, 17), 1) == date(2026, 7, 21)
    assert calendar.is_workday(date(2026, 10, 1))
    assert calendar.next_workday(date(2026, 7, 17)) == date(2026, 7, 21)


def test_a_later_change_of_the_given_mapping_changes_nothing() -> None:
    given_days = {date(2026, 7, 20): False}
    calendar = WorkCalendar(given_days)
    given_days.clear()
    assert not calendar.is_workday(date(2026, 7, 20))


def test_between_is_signed() -> None:
    assert CALENDAR.workdays_between(date(2026, 7, 17), date(2026, 7, 21)) == 2
    assert CALENDAR.workdays_between(date(2026, 7, 21), date(2026, 7, 17)) == -2
    assert CALENDAR.workdays_between(date(2026, 7, 18), date(2026, 7, 19)) == 0
    assert CALENDAR.workdays_between(date(2026, 2, 14), date(2026, 2, 24)) == 1


@given(days, counts, overrides)
def test_add_then_between_is_the_count(start: date, count: int, own: dict[date, bool]) -> None:
    calendar = WorkCalendar(own)
    due = calendar.add_workdays(start, count)
    assert calendar.is_workday(due)
    assert calendar.workdays_between(start, due) == count
    if calendar.is_workday(start):
        assert calendar.add_workdays(due, -count) == start


@given(days, days, counts, st.integers(0, 20))
def test_adding_is_monotone(first: date, second: date, count: int, more: int) -> None:
    first, second = sorted([first, second])
    assert CALENDAR.add_workdays(first, count) <= CALENDAR.add_workdays(second, count)
    assert CALENDAR.add_workdays(first, count) <= CALENDAR.add_workdays(first, count + more)


@given(days)
def test_next_workday_is_the_nearest(day: date) -> None:
    following = CALENDAR.next_workday(day)
    assert following > day
    assert CALENDAR.is_workday(following)
    assert CALENDAR.workdays_between(day, following) == 1


def test_due_at_is_the_end_of_the_local_day() -> None:
    # 17:30 UTC on Thursday is Friday already in Changsha.
    due = CALENDAR.due_at(datetime(2026, 7, 16, 17, 30, tzinfo=UTC), 1)
    assert due == datetime(2026, 7, 20, 23, 59, 59, tzinfo=SHANGHAI)
    assert due.utcoffset() == timedelta(hours=8)
    assert CALENDAR.due_at(datetime(2026, 7, 16, 17, 30, tzinfo=UTC), 1, UTC).date() == date(2026, 7, 17)


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.due_at(datetime(2026, 7, 16), 1)


MONDAY = date(2026, 7, 13)


@pytest.mark.parametrize(
    ("pauses", "extension", "due"),
    [
        ([], 0, date(2026, 7, 16)),
        ([], 2, date(2026, 7, 20)),
        ([(14, 15)], 0, date(2026, 7, 17)),
        ([(14, 14)], 0, date(2026, 7, 16)),
        ([(14, 20)], 0, date(2026, 7, 22)),  # Tuesday to Friday given back, the weekend not
        ([(14, 16), (15, 17)], 0, date(2026, 7, 21)),  # the common Wednesday once
        ([(14, 20), (15, 16)], 0, date(2026, 7, 22)),
        ([(16, 17)], 0, date(2026, 7, 17)),  # on the last day
        ([(17, 22)], 0, date(2026, 7, 16)),  # too late to help
        ([(1, 3)], 0, date(2026, 7, 16)),  # before it began
        ([(1, 14)], 0, date(2026, 7, 17)),
        ([(14, 15)], 1, date(2026, 7, 20)),
    ],
)
def test_due_date_from_events(pauses: list[tuple[int, int]], extension: int, due: date) -> None:
    found = derive_due(
        at(MONDAY),
        3,
        [Pause(at(date(2026, 7, first)), at(date(2026, 7, last), 16)) for first, last in pauses],
        extension,
        CALENDAR,
    )
    assert found == datetime(due.year, due.month, due.day, 23, 59, 59, tzinfo=SHANGHAI)


def test_open_pause_leaves_no_due_date() -> None:
    assert derive_due(at(MONDAY), 3, [Pause(at(date(2026, 7, 14)))], 0, CALENDAR) is None
    late = derive_due(at(MONDAY), 3, [Pause(at(date(2026, 7, 20)))], 0, CALENDAR)
    assert late == CALENDAR.due_at(at(MONDAY), 3)


@given(
    st.dates(date(2026, 1, 1), date(2026, 11, 30)),
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(-5, 40), st.integers(0, 15)), max_size=4),
    st.integers(0, 10),
)
def test_pauses_only_ever_extend(
    start: date, count: int, gaps: list[tuple[int, int]], extension: int
) -> None:
    pauses = [
        Pause(at(start + timedelta(days=first)), at(start + timedelta(days=first + length), 11))
        for first, length in gaps
    ]
    plain = derive_due(at(start), count, [], extension, CALENDAR)
    due = derive_due(at(start), count, pauses, extension, CALENDAR)
    fewer = derive_due(at(start), count, pauses[:-1], extension, CALENDAR)
    assert plain is not None
    assert due is not None
    assert fewer is not None
    assert plain <= fewer <= due
    assert CALENDAR.is_workday(due.date())
    assert derive_due(at(start), count, [*pauses, *pauses], extension, CALENDAR) == due


def test_a_date_counted_over_an_unsettled_day_is_provisional_even_when_it_is_declared_itself() -> None:
    calendar = WorkCalendar({date(2035, 1, 8): True})
    assert not calendar.is_provisional(date(2035, 1, 8))
    assert calendar.is_counted_provisionally(date(2035, 1, 4), date(2035, 1, 8))
    assert not CALENDAR.is_counted_provisionally(date(2025, 12, 30), date(2026, 1, 8))


def test_a_year_whose_whole_list_was_declared_is_settled() -> None:
    calendar = WorkCalendar({date(2035, 1, 1): False}, settled_years={2035})
    assert calendar.is_year_known(2035)
    assert not calendar.is_counted_provisionally(date(2035, 1, 4), date(2035, 12, 8))
    assert calendar.is_counted_provisionally(date(2035, 12, 30), date(2036, 1, 8))


SPRING_2027 = {
    **{date(2027, 2, day): False for day in range(5, 12)},
    date(2027, 1, 31): True,
    date(2027, 2, 14): True,
}


@given(st.dates(date(2027, 1, 20), date(2027, 2, 20)), st.integers(1, 15))
def test_holidays_announced_late_only_move_due_dates_that_come_after_them(start: date, count: int) -> None:
    known = WorkCalendar(SPRING_2027)
    before, after = CALENDAR.add_workdays(start, count), known.add_workdays(start, count)
    if before < min(SPRING_2027) or start > max(SPRING_2027):
        assert before == after
    assert known.workdays_between(start, after) == count
    assert known.is_workday(after)
