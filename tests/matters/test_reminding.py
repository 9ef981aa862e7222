"""Reminders of real matters: who hears what, once, whatever happens to the worker."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.testing.district import Journey
from tongxin.accounts.models import RoleAssignment
from tongxin.core import clocks
from tongxin.core.models import CalendarDay
from tongxin.core.receipts import new_token
from tongxin.matters import reminding, tasks
from tongxin.matters.actions import deliberating, raising, rating, triage
from tongxin.matters.clock_texts import TEXTS
from tongxin.matters.models import Matter
from tongxin.matters.process import SIX_STEPS
from tongxin.notices.models import Notice
from tongxin.notices.texts import render

pytestmark = pytest.mark.django_db
LOCAL = ZoneInfo("Asia/Shanghai")


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=LOCAL)


MONDAY = at(date(2026, 3, 2), 10)


def journey_at(district, moment: datetime = MONDAY) -> Journey:
    return Journey(district, at=moment - timedelta(days=1))


def addressees(**wanted) -> list[str]:
    return [
        notice.key.partition(">")[2]
        for notice in Notice.objects.filter(concern="clock", **wanted).order_by("pk")
    ]


def stages() -> list[str]:
    causes = Notice.objects.filter(concern="clock").order_by("pk").values_list("key", flat=True)
    return list(dict.fromkeys(key.partition(">")[0].rpartition(":")[2] for key in causes))


def test_the_office_and_the_liaison_hear_before_and_after_a_matter_waits_too_long(district):
    matter = journey_at(district).to_raised().fresh()
    assert matter.due_on == date(2026, 3, 5)
    assert reminding.remind(at(date(2026, 3, 3))).records == 0
    assert reminding.remind(at(date(2026, 3, 4))).records == 1
    assert sorted(addressees()) == ["liaison@station:%s" % district.station.pk, "office@district:0"]
    assert reminding.remind(at(date(2026, 3, 5))).records == 0
    reminding.remind(at(date(2026, 3, 6)))
    reminding.remind(at(date(2026, 3, 12)))
    assert stages() == ["before", "after", "principal"]
    (told,) = Notice.objects.filter(role="principal")
    assert told.dossier_id == matter.pk
    assert told.data["workdays_late"] == 5
    assert told.data["what"] == matter.number  # not public yet: no word of the raiser's


def test_a_unit_its_head_the_office_and_the_principals_hear_one_after_the_other(district):
    journey = journey_at(district).to_assigned()
    head = RoleAssignment.objects.create(
        user=district.users["decider"], role="decider", scope="unit", scope_id=district.department.pk
    )
    due = journey.fresh().due_on
    calendar = clocks.local_calendar()
    days = [calendar.add_workdays(due, n) for n in (-1, 1, 3, 5, 10, 15)]
    heard = []
    for day in days:
        seen = Notice.objects.filter(concern="clock").count()
        for hour in (7, 8, 12, 19, 20):
            reminding.remind(at(day, hour))
        heard.append(addressees()[seen:])
    unit = f"unit@unit:{district.department.pk}"
    above = f"decider@unit:{head.scope_id}"
    assert heard == [
        [unit],
        [unit, above],
        [unit, above, "office@district:0"],
        [unit, above, "office@district:0", "principal@district:0"],
        [unit, "office@district:0"],
        [unit, "office@district:0"],
    ]
    assert all(
        8 <= notice.at.astimezone(LOCAL).hour < 20 for notice in Notice.objects.filter(concern="clock")
    )


def test_a_role_that_nobody_holds_goes_to_the_office(district):
    journey = journey_at(district).to_assigned()
    RoleAssignment.objects.filter(role="unit").update(ended_at=MONDAY)
    reminding.remind(at(clocks.local_calendar().add_workdays(journey.fresh().due_on, -1)))
    assert addressees() == ["office@district:0"]


def test_not_at_night_and_not_on_free_days(district):
    matter = journey_at(district).to_raised().fresh()
    Matter.objects.filter(pk=matter.pk).update(due_on=date(2026, 9, 30))
    for day in range(1, 8):
        assert reminding.remind(at(date(2026, 10, day))).notices == 0
    assert reminding.remind(at(date(2026, 10, 8), 7)).notices == 0
    assert reminding.remind(at(date(2026, 10, 8), 20)).notices == 0
    assert reminding.remind(at(date(2026, 10, 8), 8)).records == 1


def test_a_worker_that_was_away_collapses_what_it_missed(district):
    journey_at(district).to_raised()
    for hour in (8, 9, 10):
        reminding.remind(at(date(2026, 4, 20), hour))
    assert len(stages()) == 1


def test_a_clock_put_back_tells_nothing_earlier(district):
    journey_at(district).to_raised()
    reminding.remind(at(date(2026, 3, 12)))
    reminding.remind(at(date(2026, 3, 6)))
    assert stages() == ["principal"]


def test_a_paused_clock_is_silent(district):
    journey = journey_at(district).to_raised()
    triage.ask_more(
        journey.fresh(), actor=district.actor("office"), question="在哪个路口？", seen_version=None, at=MONDAY
    )
    assert reminding.remind(at(date(2026, 3, 20))).notices == 0


def test_who_was_given_a_day_is_not_reminded_the_same_day(district):
    journey = journey_at(district).to_raised()
    matter = journey.fresh()
    clocks.start(matter, SIX_STEPS.state("raised"), at=MONDAY, days=1)
    matter.save()
    assert reminding.remind(MONDAY + timedelta(hours=1)).notices == 0
    assert reminding.remind(at(date(2026, 3, 4))).records == 1


def test_the_raiser_hears_once_before_the_rating_ends_and_nobody_is_pressed(district):
    journey = journey_at(district).to_rating()
    due = journey.fresh().due_on
    calendar = clocks.local_calendar()
    for n in (-1, 1, 3, 5):
        reminding.remind(at(calendar.add_workdays(due, n)))
    assert addressees(data__state="rating") == [f"r{journey.fresh().receipt_id}"]
    text = render("clock.raiser", Notice.objects.get(concern="clock", data__state="rating").data)
    assert journey.fresh().number in text.body
    assert "不算满意" in text.body


def test_a_new_due_date_has_its_own_reminders(district):
    journey = journey_at(district).to_raised()
    reminding.remind(at(date(2026, 3, 4)))
    matter = journey.fresh()
    CalendarDay.objects.create(day=date(2026, 3, 5), is_workday=False)
    clocks.derive(matter)
    matter.save()
    assert matter.due_on == date(2026, 3, 6)
    assert reminding.remind(at(date(2026, 3, 4), 12)).records == 1
    assert {notice.data["due_on"] for notice in Notice.objects.filter(concern="clock")} == {
        "2026-03-05",
        "2026-03-06",
    }


def test_a_promise_with_a_date_is_reminded_of(district):
    journey = journey_at(district).to_handed_over(result="later")
    matter = journey.fresh()
    assert matter.state == "promised"
    calendar = clocks.local_calendar()
    reminding.remind(at(calendar.add_workdays(matter.promised_on, -1)))
    reminding.remind(at(calendar.add_workdays(matter.promised_on, 3)))
    told = Notice.objects.filter(dossier_id=matter.pk, template__startswith="promise.")
    assert sorted(set(told.values_list("template", flat=True))) == ["promise.before", "promise.escalated"]
    assert set(told.values_list("role", flat=True)) == {"unit", "office"}


def test_a_meeting_is_called_to_mind_the_working_day_before(district):
    journey = journey_at(district).to_deliberating()
    meeting = deliberating.call_meeting(
        journey.fresh(),
        actor=district.actor("convener"),
        starts_at=at(date(2026, 3, 16), 15),  # a Monday
        place="社区活动室",
        agenda="商量",
        seen_version=None,
        at=journey.at,
    )
    seat, _issued = deliberating.sign_up(
        meeting,
        matter=journey.fresh(),
        actor=raising.passer_by(),
        token=new_token("sign_up"),
        at=journey.at,
    )
    assert reminding.remind(at(date(2026, 3, 12))).records == 0
    for hour in (8, 12, 18):
        reminding.remind(at(date(2026, 3, 13), hour))
    reminding.remind(at(date(2026, 3, 16), 9))
    told = Notice.objects.filter(template="meeting.tomorrow")
    assert sorted(notice.key.partition(">")[2] for notice in told) == sorted(
        [f"r{seat.receipt_id}", f"u{district.users['member'].pk}"]
    )
    assert "社区活动室" in render("meeting.tomorrow", told[0].data).body


def test_missing_minutes_are_asked_for(district):
    journey = journey_at(district).to_deliberating()
    deliberating.call_meeting(
        journey.fresh(),
        actor=district.actor("convener"),
        starts_at=at(date(2026, 3, 12), 15),
        place="社区活动室",
        agenda="商量",
        seen_version=None,
        at=journey.at,
    )
    for n in range(40):
        reminding.remind(at(date(2026, 3, 10) + timedelta(days=n)))
    told = Notice.objects.filter(template__startswith="minutes.").order_by("pk")
    found = [(notice.template, notice.at.astimezone(LOCAL).date()) for notice in told]
    assert list(dict.fromkeys(found)) == [
        ("minutes.before", date(2026, 3, 18)),
        ("minutes.after", date(2026, 3, 20)),
        ("minutes.escalated", date(2026, 3, 24)),
    ]


def test_many_due_matters_cost_few_questions_and_what_was_told_costs_none(district, monkeypatch):
    monkeypatch.setattr(reminding, "BATCH", 4)
    for _each in range(10):
        journey_at(district).to_raised()
    day = at(date(2026, 3, 4))
    assert reminding.remind(day).records == 10
    with CaptureQueriesContext(connection) as asked:
        assert reminding.remind(day).records == 0
    assert len(asked) < 20
    assert Notice.objects.filter(concern="clock").count() == 20


def test_every_reminder_has_words_in_both_languages(district):
    journey = journey_at(district).to_raised()
    reminding.remind(at(date(2026, 3, 4)))
    data = Notice.objects.filter(concern="clock").first().data
    for template in TEXTS:
        chinese, english = render(template, data), render(template, data, "en")
        assert chinese.subject != english.subject
        assert "%" not in chinese.body + english.body
        assert journey.raised.code not in chinese.body
    words = render("clock.before", data, "en")
    assert "Waiting for review" in words.line or "review" in words.line


def test_the_follow_up_begins_on_the_thirtieth_day_after_the_end_of_rating_and_not_before(district):
    journey = journey_at(district).to_rating()
    ends = at(journey.fresh().due_on + timedelta(days=1))
    with time_machine.travel(ends, tick=False):
        matter = rating.close_rating(journey.fresh(), actor=rating.SYSTEM, seen_version=None)
        assert matter.due_on == ends.date() + timedelta(days=30)
    with time_machine.travel(ends + timedelta(days=29), tick=False):
        assert tasks.advance_matters_in_time() == 0
    with time_machine.travel(ends + timedelta(days=30), tick=False):
        assert tasks.advance_matters_in_time() == 1
    assert journey.fresh().state == "following_up"


def test_reminders_keep_the_waking_hours_of_the_district(district, settings):
    settings.TONGXIN = settings.TONGXIN | {"waking_hours": ["09:30", "18:00"]}
    journey_at(district).to_raised()
    day = date(2026, 3, 4)
    for moment in (at(day, 9), at(day, 18), at(day, 19)):
        assert reminding.remind(moment).notices == 0
    assert reminding.remind(at(day, 9) + timedelta(minutes=30)).records == 1


def test_many_reminders_are_written_by_few_statements(district, monkeypatch):
    monkeypatch.setattr(reminding, "BATCH", 4)
    for _each in range(10):
        journey_at(district).to_raised()
    with CaptureQueriesContext(connection) as asked:
        assert reminding.remind(at(date(2026, 3, 4))) == reminding.Told(notices=20, records=10)
    assert sum("INSERT INTO notices_notice" in query["sql"] for query in asked) == 3


def test_a_worker_killed_between_two_batches_left_whole_ones_and_the_next_tells_the_rest_once(
    district, monkeypatch
):
    monkeypatch.setattr(reminding, "BATCH", 3)
    for _each in range(8):
        journey_at(district).to_raised()
    real, calls = reminding.tell_many, []

    def killed(tellings):
        calls.append(len(tellings))
        if len(calls) == 2:
            real(tellings)
            raise KeyboardInterrupt
        return real(tellings)

    monkeypatch.setattr(reminding, "tell_many", killed)
    with pytest.raises(KeyboardInterrupt):
        reminding.remind(at(date(2026, 3, 4)))
    assert (
        Notice.objects.filter(concern="clock").count() == 6
    )  # the first batch, whole; the second was undone
    monkeypatch.setattr(reminding, "tell_many", real)
    assert reminding.remind(at(date(2026, 3, 4))).records == 5
    assert Notice.objects.filter(concern="clock").count() == 16
