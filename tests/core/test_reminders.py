"""When somebody is reminded: never at night, never on a free day, each stage once and in order, none lost."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.core import reminders
from tongxin.core.reminders import is_waking, ladder, next_waking, stage_due
from tongxin.core.workdays import SHANGHAI, WorkCalendar

CALENDAR = WorkCalendar()
LADDER = ladder({"head": 1, "office": 3, "principal": 5, "again_every": 5, "again_times": 3})
NEW_YORK = ZoneInfo("America/New_York")
"""A zone whose clocks change in March and November."""

# Around the Spring Festival, National Day with its make-up days, the turn of the year, a year not announced.
HARD = (date(2026, 2, 10), date(2026, 9, 17), date(2025, 12, 24), date(2026, 12, 24), date(2031, 1, 20))
hard_days = st.builds(lambda start, n: start + timedelta(days=n), st.sampled_from(HARD), st.integers(0, 30))
due_days = st.one_of(hard_days, st.dates(date(2025, 1, 1), date(2032, 1, 1)))
overrides = st.dictionaries(hard_days, st.booleans(), max_size=12)
zones = st.sampled_from([SHANGHAI, NEW_YORK, UTC])


def at(day: date, hour: int = 10, minute: int = 0, tz=SHANGHAI) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=tz)


def runs(
    moments: list[datetime], due_on: date, calendar: WorkCalendar, tz=SHANGHAI
) -> list[tuple[datetime, str]]:
    """What is told when the job runs at these moments; what was told stands in the outbox under its key."""
    codes = [stage.code for stage in LADDER]
    told: list[tuple[datetime, str]] = []
    for now in moments:
        stage = stage_due(due_on, now, LADDER, calendar, tz=tz)
        if stage and all(codes.index(code) < codes.index(stage.code) for _at, code in told):
            told.append((now, stage.code))
    return told


def test_the_ladder_widens_step_by_step() -> None:
    assert [(stage.code, stage.workdays) for stage in LADDER] == [
        ("before", -1),
        ("after", 1),
        ("head", 1),
        ("office", 3),
        ("principal", 5),
        ("again-1", 10),
        ("again-2", 15),
        ("again-3", 20),
    ]
    audiences = [stage.audience for stage in LADDER[:5]]
    assert all(lower <= higher for lower, higher in pairwise(audiences))
    assert LADDER[-1].audience == {"owner", "office"}


def test_rungs_may_be_left_out() -> None:
    assert [s.code for s in ladder({})] == ["before", "after"]
    assert [s.code for s in ladder({"office": 3, "principal": 5}, without={"office"})] == [
        "before",
        "after",
        "principal",
    ]
    assert len(ladder({"again_every": 1, "again_times": 10_000})) == 2 + reminders.LAST_REPEAT


@pytest.mark.parametrize(
    ("now", "waking"),
    [
        (datetime(2026, 7, 20, 7, 59), False),
        (datetime(2026, 7, 20, 8, 0), True),
        (datetime(2026, 7, 20, 19, 59), True),
        (datetime(2026, 7, 20, 20, 0), False),
        (datetime(2026, 7, 19, 12, 0), False),  # a Sunday
        (datetime(2026, 10, 1, 12, 0), False),  # National Day
        (datetime(2026, 10, 10, 12, 0), True),  # a Saturday that is made up
        (datetime(2026, 2, 14, 12, 0), True),  # the Saturday before the Spring Festival
    ],
)
def test_waking_hours(now: datetime, waking: bool) -> None:
    assert is_waking(now.replace(tzinfo=SHANGHAI), CALENDAR) is waking
    assert is_waking(now.replace(tzinfo=SHANGHAI).astimezone(UTC), CALENDAR) is waking


def test_the_working_day_before_national_day_reminds_of_the_working_day_after_it() -> None:
    due = date(2026, 10, 8)
    told = runs([at(date(2026, 9, 25) + timedelta(days=n), 9) for n in range(30)], due, CALENDAR)
    assert [(now.date(), code) for now, code in told] == [
        (date(2026, 9, 30), "before"),
        (date(2026, 10, 9), "head"),
        (date(2026, 10, 12), "office"),  # the 10th is a Saturday that is worked
        (date(2026, 10, 14), "principal"),
        (date(2026, 10, 21), "again-1"),
    ]


def test_whoever_was_told_today_is_not_reminded_today() -> None:
    due = date(2026, 7, 21)
    now = at(date(2026, 7, 20), 11)
    assert stage_due(due, now, LADDER, CALENDAR).code == "before"
    assert stage_due(due, now, LADDER, CALENDAR, since=date(2026, 7, 20)) is None
    assert stage_due(due, now, LADDER, CALENDAR, since=date(2026, 7, 17)).code == "before"


def test_nobody_is_reminded_beforehand_when_it_is_too_late() -> None:
    assert stage_due(date(2026, 7, 20), at(date(2026, 7, 22)), (reminders.BEFORE,), CALENDAR) is None


@given(due_days, overrides, zones, st.integers(1, 7))
def test_run_every_few_hours_each_stage_comes_once_in_order_at_eight(due_on, own, tz, hours) -> None:
    calendar = WorkCalendar(own)
    first = at(calendar.add_workdays(due_on, -3), 0, tz=UTC)
    moments = [first + timedelta(hours=hours * n) for n in range(60 * 24 // hours)]
    told = runs(moments, due_on, calendar, tz)
    codes = [code for _now, code in told]
    assert codes == ["before", "head", "office", "principal", "again-1", "again-2", "again-3"]
    for now, code in told:
        assert is_waking(now, calendar, tz)
        stage = next(stage for stage in LADDER if stage.code == code)
        assert now.astimezone(tz).date() == reminders.day_of(stage, due_on, calendar)


@given(
    due_days,
    overrides,
    zones,
    st.lists(st.integers(0, 100 * 24 * 60), min_size=1, max_size=60),
    st.booleans(),
)
def test_whenever_it_runs_nothing_is_told_twice_backwards_at_night_or_on_free_days(
    due_on, own, tz, minutes, is_sorted
) -> None:
    """Down for days, run twice at once, the machine's clock put back: moments in any order."""
    calendar = WorkCalendar(own)
    first = at(due_on - timedelta(days=20), 0, tz=UTC)
    moments = [first + timedelta(minutes=n) for n in (sorted(minutes) if is_sorted else minutes)]
    told = runs([moment for moment in moments for _twice in range(2)], due_on, calendar, tz)
    codes = [code for _now, code in told]
    order = [stage.code for stage in LADDER]
    assert codes == sorted(set(codes), key=order.index)
    assert all(is_waking(now, calendar, tz) for now, _code in told)
    # None lost: after any waking run the newest stage that has come was told, or a later one.
    for now in moments:
        stage = stage_due(due_on, now, LADDER, calendar, tz=tz)
        if stage is not None:
            assert any(order.index(code) >= order.index(stage.code) for code in codes)


@given(due_days, overrides, st.integers(2, 60))
def test_after_days_without_a_worker_one_word_comes_and_not_a_flood(due_on, own, gap) -> None:
    calendar = WorkCalendar(own)
    back = at(calendar.add_workdays(due_on, gap), 9)
    told = runs([back + timedelta(minutes=5 * n) for n in range(12)], due_on, calendar)
    assert len(told) == 1
    (stage,) = [stage for stage in LADDER if stage.code == told[0][1]]
    assert stage.workdays <= gap


@given(st.datetimes(datetime(2026, 1, 1), datetime(2031, 6, 1)), overrides, zones)
def test_what_falls_at_night_or_on_a_free_day_waits_for_the_next_waking_moment(moment, own, tz) -> None:
    calendar = WorkCalendar(own)
    now = moment.replace(tzinfo=UTC)
    then = next_waking(now, calendar, tz)
    assert then >= now
    assert is_waking(then, calendar, tz)
    assert then == now or then.astimezone(tz).time() == reminders.WAKING[0]
    between = [now + timedelta(hours=n) for n in range(int((then - now).total_seconds() // 3600))]
    assert not any(is_waking(each, calendar, tz) for each in between)


@given(hard_days, overrides)
def test_no_later_due_date_than_the_horizon_has_a_stage(today, own) -> None:
    calendar = WorkCalendar(own)
    now = at(today)
    last = reminders.horizon(now, calendar)
    for n in range(1, 20):
        assert stage_due(last + timedelta(days=n), now, LADDER, calendar) is None
    if calendar.is_workday(today):
        assert stage_due(last, now, LADDER, calendar).code == "before"
