"""Waking hours and digests, for every moment there is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tongxin.core.workdays import WorkCalendar
from tongxin.notices.models import Channel, Concern, Rhythm
from tongxin.notices.times import due_time, is_waking, next_digest, next_waking

CALENDAR = WorkCalendar()
moments = st.datetimes(datetime(2025, 12, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@given(at=moments, is_work=st.booleans())
def test_the_next_waking_moment_is_one_and_nothing_before_it_was(at: datetime, is_work: bool) -> None:
    found = next_waking(at, CALENDAR, is_work=is_work)
    local = timezone.localtime(found)
    assert found >= at
    assert is_waking(found)
    assert not is_work or CALENDAR.is_workday(local.date())
    if found > at:
        assert (local.hour, local.minute) == (8, 0)
        before = found - timedelta(seconds=1)
        assert not is_waking(before)
        is_free_before = is_work and not CALENDAR.is_workday(timezone.localtime(at).date())
        assert not is_waking(at) or is_free_before


@given(at=moments, rhythm=st.sampled_from([Rhythm.DAILY, Rhythm.WEEKLY]))
def test_a_digest_leaves_on_a_working_morning_soon_after(at: datetime, rhythm: Rhythm) -> None:
    found = next_digest(rhythm, at, CALENDAR)
    local = timezone.localtime(found)
    assert found > at
    assert (local.hour, local.minute) == (8, 30)
    assert CALENDAR.is_workday(local.date())
    assert found - at <= timedelta(days=11 if rhythm == Rhythm.DAILY else 17)  # over the longest holiday


@pytest.mark.parametrize(
    ("rhythm", "at", "expected"),
    [
        (Rhythm.DAILY, "2026-02-13T08:30", "2026-02-14T08:30"),  # a Saturday made up for Spring Festival
        (Rhythm.DAILY, "2026-02-14T09:00", "2026-02-24T08:30"),
        (Rhythm.WEEKLY, "2026-02-14T09:00", "2026-02-24T08:30"),
        (Rhythm.WEEKLY, "2026-03-02T08:29", "2026-03-02T08:30"),
        (Rhythm.WEEKLY, "2026-03-02T08:30", "2026-03-09T08:30"),
        (Rhythm.DAILY, "2026-09-30T12:00", "2026-10-08T08:30"),
    ],
)
def test_around_holidays(rhythm: Rhythm, at: str, expected: str) -> None:
    found = next_digest(rhythm, datetime.fromisoformat(f"{at}+08:00"), CALENDAR)
    assert timezone.localtime(found).strftime("%FT%H:%M") == expected


def test_what_wakes_nobody_is_due_at_once() -> None:
    night = datetime.fromisoformat("2026-03-07T03:00:00+08:00")
    assert due_time(Channel.INBOX, Rhythm.NOW, Concern.CLOCK, night, CALENDAR) == night
    assert due_time(Channel.WEBHOOK, Rhythm.DAILY, Concern.CLOCK, night, CALENDAR) == night
    assert due_time(Channel.SMS, Rhythm.NOW, Concern.OWN, night, CALENDAR) > night
