"""Clocks of a record: due dates follow from events, whatever is shown was worked out."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.testing.district import Journey
from tongxin.core import clocks
from tongxin.core.models import CalendarDay, ClockEvent
from tongxin.matters.process import SIX_STEPS

pytestmark = pytest.mark.django_db
LOCAL = ZoneInfo("Asia/Shanghai")


def at(day: int, month: int = 3) -> datetime:
    """Ten in the morning of a day of 2026 (2 March is a Monday)."""
    return datetime(2026, month, day, 10, tzinfo=LOCAL)


@pytest.fixture
def record(district):
    """A matter whose clocks the tests run afresh."""
    matter = Journey(district).to_raised().fresh()
    ClockEvent.objects.filter(dossier=matter.pk).delete()
    return matter


def test_a_clock_counts_working_days(record):
    clocks.start(record, SIX_STEPS.state("raised"), at=at(5))
    assert record.due_on == date(2026, 3, 10)  # Thursday and three working days


def test_a_calendar_clock_counts_every_day(record):
    clocks.start(record, SIX_STEPS.state("watched"), at=at(5))
    assert record.due_on == date(2026, 4, 4)


def test_the_district_may_set_another_figure(record, settings):
    settings.TONGXIN = settings.TONGXIN | {"clocks": {"raised": 5}}
    clocks.start(record, SIX_STEPS.state("raised"), at=at(2))
    assert record.due_on == date(2026, 3, 9)


def test_a_pause_gives_back_its_working_days(record):
    clocks.start(record, SIX_STEPS.state("raised"), at=at(2))
    clocks.pause(record, at=at(3))
    assert record.is_paused
    clocks.resume(record, at=at(10))
    assert (record.is_paused, record.due_on) == (False, date(2026, 3, 12))


def test_being_late_is_not_cured_by_waiting(record):
    clocks.start(record, SIX_STEPS.state("raised"), at=at(2))
    clocks.pause(record, at=at(12))
    clocks.resume(record, at=at(20))
    assert record.due_on == date(2026, 3, 5)


def test_an_extension_adds_working_days(record):
    clocks.start(record, SIX_STEPS.state("acting"), at=at(2), days=5)
    clocks.extend(record, at=at(6), days=3)
    assert record.due_on == date(2026, 3, 12)


def test_a_new_calendar_moves_the_day(record):
    clocks.start(record, SIX_STEPS.state("raised"), at=at(2))
    CalendarDay.objects.create(day=date(2026, 3, 4), is_workday=False)
    clocks.derive(record)
    assert record.due_on == date(2026, 3, 6)


def test_a_year_not_announced_is_marked_provisional(record):
    clocks.start(record, SIX_STEPS.state("raised"), at=datetime(2031, 3, 3, 10, tzinfo=LOCAL))
    assert record.is_due_provisional


def test_a_state_without_a_clock_has_no_day(record):
    clocks.start(record, SIX_STEPS.state("promised"), at=at(2))
    clocks.derive(record)
    assert record.due_on is None
