"""The working-day calendar changes: due dates move, history and ledger say so, people are told once."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.district import Journey
from tongxin.accounts.actions.calendar import (
    plan_calendar_days,
    remove_calendar_day,
    set_calendar_day,
    set_calendar_days,
)
from tongxin.accounts.actions.people import NotAnAdministrator
from tongxin.accounts.calendar_list import DayGiven, read_days
from tongxin.core import ledger
from tongxin.core.models import CalendarDay, Entry, LedgerEntry
from tongxin.matters.actions import deliberating, triage
from tongxin.matters.actions.clocks import rework_due_dates
from tongxin.matters.presenters import due_chip, timeline_of
from tongxin.notices.models import Notice

pytestmark = pytest.mark.django_db
LOCAL = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 10, tzinfo=LOCAL)
FREE = [DayGiven(date(2026, 3, 4), False, "大雪"), DayGiven(date(2026, 3, 5), False, "大雪")]


def journey_at(district, moment: datetime = MONDAY) -> Journey:
    return Journey(district, at=moment - timedelta(days=1))


def test_a_new_free_day_moves_the_due_date_and_the_history_says_from_when_to_when(district):
    journey = journey_at(district).to_raised()
    set_calendar_days(FREE, actor=district.actor("office"), settles_years=False)
    matter = journey.fresh()
    assert matter.due_on == date(2026, 3, 9)
    (entry,) = Entry.objects.filter(dossier_id=matter.pk, event="clock.reworked")
    assert entry.data == {"due_on": ["2026-03-05", "2026-03-09"]}
    assert (entry.actor_role, entry.publication) == ("system", "internal")
    assert LedgerEntry.objects.get(seq=entry.ledger_seq).event == "clock.reworked"
    assert ledger.verify()[1] is None
    item = next(i for i in timeline_of(matter, journey.raiser) if i.event == "clock.reworked")
    assert item.facts == [("期限", "3月5日 → 3月9日")]


def test_taking_it_back_moves_it_back(district):
    journey = journey_at(district).to_raised()
    row = set_calendar_day(date(2026, 3, 4), actor=district.actor("office"), is_workday=False, note="大雪")
    remove_calendar_day(row.pk, actor=district.actor("office"))
    assert journey.fresh().due_on == date(2026, 3, 5)
    assert Entry.objects.filter(event="clock.reworked").count() == 2


def test_everybody_concerned_is_told_once_however_many_moved(district):
    journeys = [journey_at(district).to_raised() for _each in range(3)]
    set_calendar_days(FREE, actor=district.actor("office"), settles_years=False)
    told = Notice.objects.filter(key__startswith="calendar:")
    staff = {notice.role: notice.data["count"] for notice in told.filter(template="clock.reworked")}
    assert staff == {"office": 3, "liaison": 3}
    raisers = told.filter(template="clock.moved")
    assert set(raisers.values_list("receipt_id", flat=True)) == {j.fresh().receipt_id for j in journeys}
    assert told.count() == 5


def test_what_does_not_move_is_left_alone(district):
    journey_at(district).to_raised()
    far = [DayGiven(date(2026, 12, 1), False, "")]
    assert set_calendar_days(far, actor=district.actor("office"), settles_years=False).moved == 0
    assert not Entry.objects.filter(event="clock.reworked").exists()
    assert not Notice.objects.filter(key__startswith="calendar:").exists()


def test_minutes_and_objections_move_too(district, time_machine):
    time_machine.move_to(MONDAY)
    journey = journey_at(district).to_deliberating()
    meeting = deliberating.call_meeting(
        journey.fresh(),
        actor=district.actor("convener"),
        starts_at=MONDAY + timedelta(days=14),
        place="社区",
        agenda="商量",
        seen_version=None,
        at=journey.at,
    )
    before = meeting.minutes_due_on
    set_calendar_day(before, actor=district.actor("office"), is_workday=False, note="停电")
    meeting.refresh_from_db()
    assert meeting.minutes_due_on > before
    entry = Entry.objects.filter(dossier_id=meeting.dossier_id, event="clock.reworked").latest("pk")
    assert entry.data["minutes_due_on"] == [before.isoformat(), meeting.minutes_due_on.isoformat()]


def test_the_objection_period_moves_while_it_runs(district, time_machine):
    journey = Journey(district).to_published()
    matter = journey.fresh()
    time_machine.move_to(journey.at)
    until, due = matter.objections_until, matter.due_on
    set_calendar_day(until, actor=district.actor("office"), is_workday=False, note="停电")
    matter = journey.fresh()
    assert matter.objections_until > until
    assert matter.due_on > due
    time_machine.move_to(journey.at + timedelta(days=60))
    was = matter.objections_until
    set_calendar_day(was, actor=district.actor("office"), is_workday=False, note="停电")
    assert journey.fresh().objections_until == was


def test_a_year_settled_by_its_whole_list_is_not_provisional_any_more(district):
    journey = journey_at(district, datetime(2031, 1, 6, 10, tzinfo=LOCAL)).to_raised()
    matter = journey.fresh()
    assert matter.is_due_provisional
    assert "（暂定）" in due_chip(matter, date(2031, 1, 6)).text
    given = read_days(
        "日期,安排,说明\n2031年1月1日 休 元旦\n2031-01-22至2031-01-28\t休\t春节\n2031/1/19，补班"
    ).days.values()
    plan = plan_calendar_days(given, actor=district.actor("office"), settles_years=True)
    assert (len(plan.new), plan.years, plan.moved) == (9, [2031], 0)
    assert not CalendarDay.objects.exists()
    set_calendar_days(given, actor=district.actor("office"), settles_years=True)
    matter = journey.fresh()
    assert not matter.is_due_provisional
    assert "暂定" not in due_chip(matter, date(2031, 1, 6)).text
    again = set_calendar_days(given, actor=district.actor("office"), settles_years=True)
    assert not again.has_changes
    assert LedgerEntry.objects.filter(event="calendar.changed").count() == 1


def test_the_dry_run_counts_what_would_move(district):
    for _each in range(3):
        journey_at(district).to_raised()
    plan = plan_calendar_days(FREE, actor=district.actor("office"), settles_years=False)
    assert plan.moved == 3
    assert not CalendarDay.objects.exists()


@pytest.mark.parametrize("name", ["unit", "member", "liaison", "audit_admin"])
def test_others_do_not_keep_the_calendar(district, name):
    with pytest.raises(NotAnAdministrator):
        set_calendar_days(FREE, actor=district.actor(name), settles_years=False)


def test_many_matters_cost_as_many_questions_as_few(district):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            row = set_calendar_day(date(2026, 3, 4), actor=office, is_workday=False, note="")
        CalendarDay.objects.filter(pk=row.pk).delete()
        rework_due_dates(None)
        return len(found)

    office = district.actor("office")
    for _each in range(2):
        journey_at(district).to_raised()
    few = asked()
    for _each in range(6):
        journey_at(district).to_raised()
    assert asked() <= few


def test_the_nightly_job_follows_a_calendar_that_came_otherwise(district):
    journey = journey_at(district).to_raised()
    CalendarDay.objects.create(day=date(2026, 3, 4), is_workday=False)
    assert rework_due_dates(sender=None) == 1
    assert rework_due_dates(sender=None) == 0
    assert journey.fresh().due_on == date(2026, 3, 6)


def test_pauses_and_extensions_stand_in_the_timeline(district):
    journey = journey_at(district).to_raised()
    matter = triage.ask_more(
        journey.fresh(), actor=district.actor("office"), question="哪个路口？", seen_version=None, at=MONDAY
    )
    from tongxin.matters.actions.raising import answer_question

    answer_question(journey.fresh(), actor=journey.raiser, answer="东头", seen_version=None)
    for reader in (district.actor("office"), journey.raiser):
        facts = [fact for item in timeline_of(journey.fresh(), reader) for fact in item.facts]
        assert ("计时", "计时暂停，等提事人补充") in facts
        assert ("计时", "继续计时") in facts
    journey.at = timezone.now()
    journey.to_assigned()
    titles = [item.title for item in timeline_of(journey.fresh())]
    assert "计时暂停，等提事人补充" in titles  # without what was asked
    assert matter.number not in titles


# The list


def test_reading_a_list_names_each_line_that_is_wrong():
    found = read_days(
        "2027-02-30 休\n休 2027-02-06\n2027-02-06 休 春节\n2027-02-06 班\n2027-02-08 也许\n2027.2.9;班;补"
    )
    assert [fault.line for fault in found.faults] == [1, 2, 4, 5]
    assert [(d.day, d.is_workday, d.note) for d in found.days.values()] == [
        (date(2027, 2, 6), False, "春节"),
        (date(2027, 2, 9), True, "补"),
    ]
    assert read_days("1900-01-01~2099-12-31 休").faults
    assert read_days(
        "\n".join(f"{2001 + n // 300}-01-01~{2001 + n // 300}-12-31 休" for n in range(900))
    ).faults


def test_the_page_checks_before_it_changes(district):
    journey = journey_at(district).to_raised()
    browser = client_of(district, "office")
    assert "还没公布" in browser.get("/work/calendar-days/").content.decode()
    wrong = browser.post("/work/calendar-days/check/", {"text": "明天 休"})
    assert wrong.status_code == 422
    assert "明天 休" in wrong.content.decode()
    nothing = browser.post("/work/calendar-days/check/", {"text": ""})
    assert nothing.status_code == 422
    page = browser.post("/work/calendar-days/check/", {"text": "2026-03-04至2026-03-05 休 大雪"})
    assert "期限会变的事" in page.content.decode()
    assert not CalendarDay.objects.exists()
    browser.post("/work/calendar-days/apply/", {"signed": page.context["signed"]})
    assert CalendarDay.objects.count() == 2
    assert journey.fresh().due_on == date(2026, 3, 9)
    forged = browser.post("/work/calendar-days/apply/", {"signed": page.context["signed"][:-2]}, follow=True)
    assert "过期" in forged.content.decode()
    row = CalendarDay.objects.first()
    browser.post(f"/work/calendar-days/{row.pk}/remove/")
    browser.post("/work/calendar-days/add/", {"day": "2026-03-09", "is_workday": "0", "note": "停电"})
    assert CalendarDay.objects.count() == 2


def test_a_file_from_a_spreadsheet_in_chinese_encoding_is_read(district):
    from django.core.files.uploadedfile import SimpleUploadedFile

    browser = client_of(district, "office")
    file = SimpleUploadedFile("days.csv", "日期,安排,说明\r\n2027/2/6,休,春节\r\n".encode("gb18030"))
    page = browser.post("/work/calendar-days/check/", {"file": file, "settles_years": "on"})
    assert page.context["plan"].years == [2027]
    assert page.context["plan"].new[0].note == "春节"
