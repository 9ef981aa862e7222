"""The system administrator's page: health, ledger check, calendar."""

from datetime import date

import pytest
from django.utils import timezone

from tests.testing.district import District
from tongxin.accounts.actions import checks
from tongxin.accounts.actions.calendar import remove_calendar_day, set_calendar_day
from tongxin.accounts.actions.people import NotAnAdministrator
from tongxin.accounts.health import declared_days, health
from tongxin.core import ledger
from tongxin.core.models import AccessLog, CalendarDay, LedgerEntry
from tongxin.core.signals import calendar_changed


@pytest.fixture
def heard():
    """What receivers of the calendar's signal were told."""
    told: list[frozenset[date]] = []

    def listen(sender, days, actor, **kwargs) -> None:
        told.append(days)

    calendar_changed.connect(listen)
    yield told
    calendar_changed.disconnect(listen)


def test_a_declared_day_is_public_and_told_to_those_who_keep_due_dates(district: District, heard) -> None:
    actor = district.actor("system_admin")
    day = date(2027, 1, 4)
    row = set_calendar_day(day, actor=actor, is_workday=False, note="大雪")
    set_calendar_day(day, actor=actor, is_workday=True, note="改回上班")
    assert [(d.day, d.is_workday) for d in declared_days()] == [(day, True)]
    remove_calendar_day(row.pk, actor=actor)
    remove_calendar_day(row.pk, actor=actor)
    assert heard == [frozenset({day})] * 3
    assert declared_days() == []
    events = LedgerEntry.objects.filter(event="calendar.changed")
    assert events.count() == 3
    assert all(entry.is_public for entry in events)


def test_a_failing_receiver_leaves_the_calendar_as_it_was(district: District) -> None:
    def break_it(sender, **kwargs) -> None:
        raise RuntimeError("no")

    calendar_changed.connect(break_it)
    try:
        with pytest.raises(RuntimeError):
            set_calendar_day(
                date(2027, 1, 4), actor=district.actor("system_admin"), is_workday=False, note="x"
            )
    finally:
        calendar_changed.disconnect(break_it)
    assert not CalendarDay.objects.exists()
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("name", ["security_admin", "audit_admin", "unit"])
def test_only_the_office_and_the_system_administrator_change_it(district: District, name: str) -> None:
    with pytest.raises(NotAnAdministrator):
        set_calendar_day(date(2027, 1, 4), actor=district.actor(name), is_workday=False, note="x")
    with pytest.raises(NotAnAdministrator):
        checks.ask_for_ledger_check(actor=district.actor(name))


def test_the_page_adds_and_removes_days(district: District, as_user) -> None:
    browser = as_user("system_admin")
    empty = browser.post("/work/calendar-days/add/", {"day": "2027-13-99", "note": "写好的说明"})
    assert empty.status_code == 422
    assert "写好的说明" in empty.content.decode()
    browser.post("/work/calendar-days/add/", {"day": "2027-01-04", "is_workday": "0", "note": "大雪"})
    (row,) = declared_days()
    assert row.day == date(2027, 1, 4)
    assert not row.is_workday
    assert "大雪" in browser.get("/work/calendar-days/").content.decode()
    assert "/work/calendar-days/" in browser.get("/work/system/").content.decode()
    browser.post(f"/work/calendar-days/{row.pk}/remove/")
    assert declared_days() == []


def test_checking_the_ledger_says_what_it_found(district: District, as_user) -> None:
    set_calendar_day(date(2027, 1, 4), actor=district.actor("system_admin"), is_workday=False, note="x")
    browser = as_user("system_admin")
    page = browser.post("/work/system/verify/", follow=True)
    assert "账本完整" in page.content.decode()
    assert health().is_check_whole


def test_a_broken_ledger_is_said_loudly(district: District, as_user, monkeypatch) -> None:
    monkeypatch.setattr(ledger, "verify", lambda: (3, ledger.Fault(4, "altered")))
    page = as_user("system_admin").post("/work/system/verify/", follow=True)
    assert "账本对不上" in page.content.decode()
    assert not health().is_check_whole
    assert "#4: altered" in page.content.decode()


def test_a_long_ledger_is_checked_by_the_worker(district: District, monkeypatch) -> None:
    set_calendar_day(date(2027, 1, 4), actor=district.actor("system_admin"), is_workday=False, note="x")
    monkeypatch.setattr(checks, "AT_ONCE", 0)
    assert checks.ask_for_ledger_check(actor=district.actor("system_admin")) is None
    state = health()
    assert state.is_check_waiting
    assert state.jobs_waiting == 1
    assert state.oldest_job_at is not None
    from tongxin.accounts.tasks import check_the_ledger

    check_the_ledger(user_id=district.users["system_admin"].pk)
    assert not health().is_check_waiting
    assert AccessLog.objects.order_by("-pk")[0].detail == "1 entries, whole"


def test_health_has_plausible_figures(district: District) -> None:
    state = health()
    assert state.database_bytes > 1_000_000
    assert 0 < state.disk_free <= state.disk_total
    assert state.jobs_failed == 0
    assert state.oldest_job_at is None or state.oldest_job_at <= timezone.now()
