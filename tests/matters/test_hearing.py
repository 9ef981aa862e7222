"""Who hears what of a matter: the table whole, and what people are really told."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.testing.district import Journey, build_district
from tongxin.accounts.roles import Role
from tongxin.core.contacts import ContactGiven
from tongxin.core.receipts import new_token
from tongxin.directory.models import Committee
from tongxin.matters import hearing
from tongxin.matters.actions import acting, deliberating, raising, rating, triage
from tongxin.matters.hears import SILENT, TABLE, Own
from tongxin.matters.models import Matter
from tongxin.matters.notice_texts import DUTIES, EVENTS
from tongxin.matters.process import SIX_STEPS, TRANSITIONS
from tongxin.notices import actions
from tongxin.notices.actions.following import follow, follow_by_address
from tongxin.notices.models import Concern, Delivery, Notice
from tongxin.notices.targets import find_target
from tongxin.notices.texts import registered, render

pytestmark = pytest.mark.django_db

CONTACT = ContactGiven("周明", "13800001234", "同意")
SUBJECT_MOST, SHORT_MOST = 40, 70
SAMPLE = {
    "number": "S2026-12345",
    "title": "村口早上堵车想装一个红绿灯还要划一条人行横道",
    "page": "matters",
    "due_on": "2027-12-31",
    "provisional": "yes",
    "about": "yes",
    "kind": "consultation",
    "unit": "示例区住房和城乡建设局",
    "decider": "示例街道办事处",
    "result": "not_possible",
    "outcome": "partly",
    "objections_on": "2026-12-31",
    "promised_on": "2027-12-31",
    "meeting_on": "2026-12-31",
    "time": "19:00",
    "place": "示例社区活动室",
    "survivor": "S2026-12",
    "refer_to": "12345热线",
    "granted": "no",
}


@pytest.fixture
def district():
    return build_district()


def journey_now(district) -> Journey:
    """A journey whose acts are of these hours, so that nothing of it is past."""
    journey = Journey(district, at=timezone.now())
    journey._now = lambda days=1: timezone.now()  # type: ignore[method-assign]
    return journey


def told(matter: Matter, **wanted) -> set[tuple[str, str]]:
    """Template and addressee of the notices of a matter."""
    found = Notice.objects.filter(dossier_id=matter.pk, **wanted)
    return {(notice.template, notice.key.rpartition(">")[2]) for notice in found}


def since(matter: Matter) -> int:
    """The newest notice there is."""
    return Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


# the table


@pytest.mark.parametrize("event", sorted({t.event for t in TRANSITIONS} | {raising.RAISED.event}))
def test_every_event_is_heard_or_silent_for_a_reason(event):
    assert (event in TABLE) != (event in SILENT), event
    if event in SILENT:
        assert len(SILENT[event]) > 20
        return
    hears = TABLE[event]
    moves = any(
        t.target and SIX_STEPS.state(t.target).owner != Role.RAISER for t in TRANSITIONS if t.event == event
    )
    assert hears.own != Own.NOBODY or hears.duties or hears.one or moves or event == "matter.raised"


def test_whoever_is_told_has_a_text():
    for event, hears in TABLE.items():
        assert set(hears.duties.values()) <= set(DUTIES)
        if hears.own != Own.NOBODY or hears.one:
            assert event in EVENTS, event


def test_no_text_is_without_an_event():
    assert set(EVENTS) - set(TABLE) == {"matter.moved", "matter.news"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("code", sorted([*EVENTS, *DUTIES]))
def test_texts_are_short_and_whole(code, language):
    assert code in registered()
    for state in SIX_STEPS.states:
        said = render(
            code, {**SAMPLE, "state": state.code, "step": state.step.code, "next_step": state.code}, language
        )
        assert "%(" not in said.body + said.line + said.subject + said.short
        assert "\n" not in said.line
        assert said.line in said.body
        assert said.url.startswith("/")
        assert said.url.endswith(f"/{SAMPLE['number']}/")
        if language == "en":
            continue
        assert len(said.subject) <= SUBJECT_MOST
        assert len(said.short) <= SHORT_MOST, said.short


def test_a_provisional_day_says_so_and_no_day_leaves_no_gap():
    values = {"number": "S2026-1", "page": "track", "next_step": "raised", "state": "raised"}
    said = render("matter.reopened", values | {"due_on": "2027-05-06", "provisional": "yes", "about": "yes"})
    assert "2027年5月6日前（日历还没公布，暂定）" in said.body
    assert "暂定" in said.short
    assert render("matter.reopened", values).body.endswith("接下来：审核后告诉您怎么办。")


# what people are told


def test_raising_tells_office_and_liaison_without_a_query(district, django_assert_num_queries):
    journey = journey_now(district)
    with transaction.atomic():
        journey.to_raised()
    matter = journey.fresh()
    assert told(matter) == {
        ("duty.now", f"liaison@station:{district.station.pk}"),
        ("duty.now", "office@district:0"),
    }
    assert all(not notice.data["title"] for notice in Notice.objects.filter(dossier=matter.pk))
    with transaction.atomic():
        entry = matter.dossier.entries.get()
        Notice.objects.all().delete()
        with django_assert_num_queries(0):
            writes = hearing.entry_heard(
                Matter, record=matter, entry=entry, actor=raising.passer_by(), transition=raising.RAISED
            )
        assert len(writes) == 1


def test_a_committee_whose_category_it_is_hears_too(district):
    committee = Committee.objects.create(name="示例委")
    district.category.committee = committee
    district.category.save()
    made = raising.raise_matter(
        actor=raising.passer_by(),
        token=new_token("raise"),
        text="村口早上堵车。",
        area=district.community,
        category=district.category,
    )
    assert ("duty.now", f"office@committee:{committee.pk}") in told(made.matter)


def test_accepting_tells_the_raiser_and_the_unit_but_not_the_office(district):
    journey = journey_now(district).to_assigned()
    matter = journey.fresh()
    got = told(matter, template="matter.accepted", concern=Concern.OWN)
    assert got == {("matter.accepted", f"r{matter.receipt_id}")}
    assert ("duty.now", f"unit@unit:{district.department.pk}") in told(matter)
    notice = Notice.objects.get(template="matter.accepted", concern=Concern.OWN)
    assert render(notice.template, notice.data).body.startswith(
        f"{matter.number}《村口装红绿灯》：已受理为微建议，交给示例交通局。接下来：承办单位答复"
    )


def test_followers_hear_of_what_is_public_and_of_nothing_else(district):
    journey = journey_now(district).to_raised()
    triage.ask_more(
        journey.fresh(), actor=district.actor("office"), question="在哪个路口？", seen_version=None
    )
    matter = journey.fresh()
    assert not Notice.objects.filter(concern=Concern.FOLLOWED).exists()
    assert told(matter, template="matter.more_asked") == {("matter.more_asked", f"r{matter.receipt_id}")}
    raising.answer_question(matter, actor=journey.raiser, answer="南口", seen_version=None)
    journey.to_assigned()
    followed = Notice.objects.get(concern=Concern.FOLLOWED, scope="")
    assert followed.targets["area"] == sorted([district.community.pk, district.street.pk])
    assert followed.targets["unit"] == [district.department.pk]
    assert followed.targets["category"] == [district.category.pk]


def test_small_events_reach_followers_of_the_matter_alone(district):
    journey = journey_now(district).to_assigned()
    acting.reply_to_suggestion(
        journey.fresh(),
        actor=district.actor("unit"),
        result="adopted",
        reasons="下月装好。",
        workdays=20,
        seen_version=None,
    )
    acting.report_progress(
        journey.fresh(), actor=district.actor("unit"), text="已经测量。", seen_version=None
    )
    followed = Notice.objects.get(concern=Concern.FOLLOWED, scope="", template="task.progressed")
    assert list(followed.targets) == ["dossier"]


def test_nobody_is_told_of_their_own_act(district):
    office = district.users["office"]
    target = find_target("area", district.community.code)
    follow(target, actor=office.as_actor())
    journey_now(district).to_assigned()
    while actions.dispatch():
        pass
    own = Delivery.objects.filter(user=office).values_list("notice__template", flat=True)
    assert list(own) == ["duty.now"]  # that it came in, which somebody else did


def test_who_has_it_too_and_whoever_was_merged_hear_of_every_step(district):
    journey = journey_now(district).to_assigned()
    joined = raising.join_matter(
        journey.fresh(), actor=raising.passer_by(), token=new_token("me_too"), contact=CONTACT
    )
    silent = raising.join_matter(journey.fresh(), actor=raising.passer_by(), token=new_token("me_too"))
    other = journey_now(district).to_raised()
    triage.merge_matter(
        other.fresh(), actor=district.actor("office"), survivor=journey.fresh(), seen_version=None
    )
    raiser = other.fresh().receipt_id
    assert ("matter.merged", f"r{raiser}") in told(other.fresh())
    other.raised.receipt.contact = joined.receipt.contact
    other.raised.receipt.save()
    acting.reply_to_suggestion(
        journey.fresh(),
        actor=district.actor("unit"),
        result="adopted",
        reasons="下月装好。",
        workdays=20,
        seen_version=None,
    )
    hearers = {who for _text, who in told(journey.fresh(), template="matter.taken_on", concern=Concern.OWN)}
    assert hearers == {f"r{journey.fresh().receipt_id}", f"r{joined.receipt.pk}", f"r{raiser}"}
    assert f"r{silent.receipt.pk}" not in hearers  # left nothing to be reached by


def test_taking_back_tells_the_unit_that_it_is_released(district):
    from tongxin.matters.actions.steering import take_back_assignment

    journey = journey_now(district).to_assigned()
    take_back_assignment(
        journey.fresh(), actor=district.actor("office"), reason="重新分办。", seen_version=None
    )
    assert ("duty.released", f"unit@unit:{district.department.pk}") in told(journey.fresh())


def test_an_objection_and_an_offer_of_help_reach_whoever_must_answer(district):
    journey = journey_now(district).to_deliberating()
    matter = journey.fresh()
    raising.receipt_event("objection.filed", matter, at=timezone.now(), data={"objection": 7})
    assert {who for _text, who in told(matter, template="duty.objection")} == {
        "office@district:0",
        f"decider@unit:{district.street_unit.pk}",
    }
    matter.lead_unit = district.department
    raising.receipt_event("help.offered", matter, at=timezone.now(), data={"help": 7})
    assert told(matter, template="duty.help") == {("duty.help", f"unit@unit:{district.department.pk}")}


def test_a_cancelled_meeting_is_told_with_its_day_to_those_who_have_a_seat(district):
    journey = journey_now(district).to_deliberating()
    convener = district.actor("convener")
    starts = timezone.now() + timedelta(days=14)
    meeting = deliberating.call_meeting(
        journey.fresh(), actor=convener, starts_at=starts, place="活动室", agenda="商量", seen_version=None
    )
    _seat, seat = deliberating.sign_up(
        meeting,
        matter=journey.fresh(),
        actor=raising.passer_by(),
        token=new_token("sign_up"),
        contact=CONTACT,
    )
    deliberating.cancel_meeting(
        journey.fresh(), actor=convener, meeting=meeting, reason="停电。", seen_version=None
    )
    matter = journey.fresh()
    assert ("meeting.cancelled", f"r{seat.receipt.pk}") in told(matter)
    data = Notice.objects.filter(template="meeting.cancelled").first().data
    assert data["meeting_on"] == timezone.localtime(starts).date().isoformat()
    assert "停电" not in str(data)


def test_the_raiser_who_sends_it_back_is_not_told_and_the_unit_is(district):
    journey = journey_now(district).to_assigned()
    unit = district.actor("unit")
    acting.reply_to_suggestion(
        journey.fresh(), actor=unit, result="adopted", reasons="下月装好。", workdays=20, seen_version=None
    )
    acting.finish_action(journey.fresh(), actor=unit, report="装好了。", seen_version=None)
    before = since(journey.fresh())
    rating.rate_matter(
        journey.fresh(), actor=journey.raiser, solved="no", attitude=2, result=1, words="没有装，我是周明。"
    )
    matter = journey.fresh()
    fresh = told(matter, pk__gt=before)
    assert ("matter.reopened", f"r{matter.receipt_id}") not in fresh
    assert ("duty.now", f"unit@unit:{district.department.pk}") in fresh
    assert "周明" not in str(list(Notice.objects.filter(pk__gt=before).values_list("data", flat=True)))


def test_what_is_counted_on_the_page_costs_no_query(district, django_assert_num_queries):
    matter = journey_now(district).to_assigned().fresh()
    with django_assert_num_queries(0):
        for event in SILENT:
            hearing.event_heard(event, matter, at=timezone.now(), data={})


def test_a_history_brought_in_rings_for_nobody_and_is_settled(district):
    Journey(district).to_assigned()
    follow_by_address(
        find_target("area", district.community.code), channel="email", address="a@example.org", rhythm="now"
    )
    while actions.dispatch():
        pass
    assert Delivery.objects.exists()
    assert not Delivery.objects.exclude(channel="inbox").exists()
    assert not Delivery.objects.filter(read_at=None).exists()


def test_the_number_of_queries_does_not_grow_with_people(district):
    journey = journey_now(district).to_assigned()
    unit = district.actor("unit")

    def queries() -> int:
        from django.db import connection

        with CaptureQueriesContext(connection) as captured:
            acting.report_progress(journey.fresh(), actor=unit, text="有进展。", seen_version=None)
        return len([q for q in captured if "procrastinate" not in q["sql"]])

    acting.reply_to_suggestion(
        journey.fresh(), actor=unit, result="adopted", reasons="下月装好。", workdays=20, seen_version=None
    )
    queries()
    few = queries()
    for _each in range(5):
        raising.join_matter(
            journey.fresh(), actor=raising.passer_by(), token=new_token("me_too"), contact=CONTACT
        )
    assert queries() == few
