"""Beside the steps: urging (催办), joint parts (会办), taking an assignment back, another convener."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.district import Journey
from tongxin.accounts.roles import Role
from tongxin.core.history import Conflict
from tongxin.core.models import Entry
from tongxin.core.process import GuardFailed, StepNotReached
from tongxin.core.receipts import new_token
from tongxin.core.visitors import SESSION_KEY
from tongxin.directory.models import Member
from tongxin.matters.actions import acting, raising, steering, triage
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.models import Handling, Matter
from tongxin.matters.rules import offered

pytestmark = pytest.mark.django_db


def late(journey: Journey, days: int = 9) -> Matter:
    """The journey's matter, overdue since so many days."""
    Matter.objects.filter(pk=journey.fresh().pk).update(due_on=timezone.localdate() - timedelta(days=days))
    return journey.fresh()


def names(actor, matter) -> set[str]:
    """What the actor is offered."""
    return {transition.name for transition in offered(actor, matter)}


class TestUrging:
    """The office and the principals with a word; the raiser when it is overdue."""

    def test_words_and_lateness_stand_in_the_history_and_the_state_stays(self, district):
        matter = late(Journey(district).to_acting())
        entry = steering.urge_matter(
            matter, actor=district.actor("office"), words="请抓紧办。", seen_version=matter.version
        )
        assert (entry.event, entry.text, entry.actor_label) == ("matter.urged", "请抓紧办。", "政协办公室")
        assert entry.data["workdays_late"] > 0
        matter.refresh_from_db()
        assert matter.state == "acting"
        page = client_of(district, "unit").get(reverse("work_matter", args=[matter.number])).content.decode()
        assert "请抓紧办。" in page
        assert "催办：已超期" in page

    def test_once_a_day_whoever_of_the_staff_it_is(self, district):
        matter = late(Journey(district).to_acting())
        steering.urge_matter(matter, actor=district.actor("office"), words="请办。", seen_version=None)
        with pytest.raises(GuardFailed):
            steering.urge_matter(matter, actor=district.actor("principal"), words="请办。", seen_version=None)
        Entry.objects.filter(event="matter.urged")
        tomorrow = timezone.now() + timedelta(days=1)
        import time_machine

        with time_machine.travel(tomorrow, tick=False):
            steering.urge_matter(matter, actor=district.actor("principal"), words="请办。", seen_version=None)
        assert Entry.objects.filter(event="matter.urged").count() == 2

    def test_nobody_urges_themselves_and_units_urge_nobody(self, district):
        matter = Journey(district).to_decided().fresh()  # waits for the office
        assert "urge" not in names(district.actor("office"), matter)
        assert "urge" in names(district.actor("principal"), matter)
        for name in ("unit", "member", "liaison", "convener", "decider"):
            with pytest.raises(NotAllowed):
                steering.urge_matter(matter, actor=district.actor(name), words="快", seen_version=None)

    @pytest.mark.parametrize(
        "state", ["more_needed", "rating", "watched", "following_up", "closed", "declined"]
    )
    def test_what_waits_for_people_or_is_over_is_not_urged(self, district, state):
        matter = Journey(district).to_acting().fresh()
        Matter.objects.filter(pk=matter.pk).update(state=state)
        with pytest.raises(StepNotReached):
            steering.urge_matter(matter, actor=district.actor("principal"), words="快", seen_version=None)

    def test_the_office_urges_from_the_matters_page_after_a_preview(self, district):
        matter = late(Journey(district).to_acting())
        client = client_of(district, "office")
        address = reverse("work_do", args=[matter.number, "urge"])
        data = {"version": matter.version, "words": "请在三天内报进展。"}
        assert "大家会看到这些字" in client.post(address, data).content.decode()
        assert client.post(address, data | {"stage": "confirm"}).status_code == 302
        assert Entry.objects.get(event="matter.urged").text == "请在三天内报进展。"


class TestRaiserUrging:
    """From the tracking page, once it is overdue, and then once in five days."""

    def browser(self, journey: Journey, client):
        """A browser that opened the matter with its code."""
        session = client.session
        session[SESSION_KEY] = [journey.raised.receipt.pk]
        session.save()
        return client

    def test_only_when_overdue_and_once_in_some_days(self, district, client):
        journey = Journey(district).to_acting()
        matter = journey.fresh()
        Matter.objects.filter(pk=matter.pk).update(due_on=timezone.localdate() + timedelta(days=1))
        self.browser(journey, client)
        page, address = (
            reverse("track_matter", args=[matter.number]),
            reverse("track_urge", args=[matter.number]),
        )
        assert address not in client.get(page).content.decode()
        client.post(address)
        assert not Entry.objects.filter(event="matter.urged").exists()
        late(journey)
        assert address in client.get(page).content.decode()
        client.post(address)
        client.post(address)
        entry = Entry.objects.get(event="matter.urged")
        assert (entry.actor_role, entry.actor_label, entry.text) == (Role.RAISER, "提事人", "")
        assert address not in client.get(page).content.decode()
        steering.urge_matter(
            journey.fresh(),
            actor=journey.raiser,
            seen_version=None,
            at=timezone.now() + timedelta(days=5, minutes=1),
        )
        assert Entry.objects.filter(event="matter.urged").count() == 2

    def test_the_raisers_urging_does_not_stop_the_office(self, district):
        journey = Journey(district).to_acting()
        matter = late(journey)
        steering.urge_matter(matter, actor=journey.raiser, seen_version=None)
        steering.urge_matter(matter, actor=district.actor("office"), words="请办。", seen_version=None)

    def test_somebody_who_only_joined_cannot(self, district, client):
        journey = Journey(district).to_acting()
        matter = late(journey)
        joined = raising.join_matter(matter, actor=raising.passer_by(), token=new_token("me_too"))
        session = client.session
        session[SESSION_KEY] = [joined.receipt.pk]
        session.save()
        address = reverse("track_urge", args=[matter.number])
        assert address not in client.get(reverse("track_matter", args=[matter.number])).content.decode()
        assert client.post(address).status_code == 404

    def test_without_the_code_one_is_asked_for_it(self, district, client):
        matter = late(Journey(district).to_acting())
        response = client.post(reverse("track_urge", args=[matter.number]))
        assert response["Location"].startswith(reverse("track"))
        assert not Entry.objects.filter(event="matter.urged").exists()


@pytest.fixture
def joint(district):
    """A micro-suggestion led by one department, with the other asked for its part."""
    journey = Journey(district).to_raised()
    triage.accept_suggestion(
        journey.fresh(),
        actor=district.actor("office"),
        title="村口装红绿灯",
        text="村口早上堵车，想装一个红绿灯。",
        category=district.category,
        lead_unit=district.department,
        joint_units=[district.other_department],
        joint_ask="请看一看占道的事。",
        seen_version=None,
        at=journey._now(),
    )
    return journey.fresh()


class TestJointUnits:
    """They see what they are asked for and leave their part; the lead's acts are not theirs."""

    def test_list_and_page_say_what_is_asked(self, district, joint):
        client = client_of(district, "other_unit")
        page = client.get(reverse("work_list"))
        assert [row["number"] for row in page.context["rows"]] == [joint.number]
        assert {code: count for code, _label, count in page.context["tabs"]} == {"joint": 1}
        detail = client.get(reverse("work_matter", args=[joint.number])).content.decode()
        assert "请看一看占道的事。" in detail
        lead = client_of(district, "unit").get(reverse("work_matter", args=[joint.number])).content.decode()
        assert "请看一看占道的事。" not in lead

    def test_their_report_stands_under_their_own_name(self, district, joint):
        due, version = joint.due_on, joint.version
        client = client_of(district, "other_unit")
        address = reverse("work_do", args=[joint.number, "report_joint"])
        assert "请看一看占道的事。" in client.get(address).content.decode()
        client.post(address, {"version": version, "text": "占道已清。", "stage": "confirm"})
        entry = Entry.objects.get(event="joint.reported")
        assert (entry.text, entry.actor_label, entry.publication) == ("占道已清。", "示例城管局", "public")
        joint.refresh_from_db()
        assert (joint.state, joint.due_on) == ("assigned", due)
        assert client.get(reverse("work_list")).context["rows"] == []  # nothing waits for them now
        assert Handling.objects.get(matter=joint, unit=district.other_department).reported_at is not None
        public = client.get(reverse("matter_detail", args=[joint.number])).content.decode()
        assert "占道已清。" in public

    def test_never_the_leads_acts_and_never_the_other_way(self, district, joint):
        other, lead = district.actor("other_unit"), district.actor("unit")
        assert names(other, joint) == {"report_joint"}
        assert "report_joint" not in names(lead, joint)
        with pytest.raises(NotAllowed):
            acting.reply_to_suggestion(
                joint, actor=other, result="adopted", reasons="办", workdays=5, seen_version=None
            )
        with pytest.raises(NotAllowed):
            acting.report_joint(joint, actor=lead, text="我们", seen_version=None)

    def test_a_part_that_ended_ends_what_they_may(self, district, joint):
        steering.take_back_assignment(
            joint, actor=district.actor("office"), reason="转错了", seen_version=None
        )
        joint = Matter.objects.get(pk=joint.pk)
        assert names(district.actor("other_unit"), joint) == set()
        assert (
            client_of(district, "other_unit").get(reverse("work_matter", args=[joint.number])).status_code
            == 404
        )

    def test_what_passed_with_the_raiser_stays_from_them(self, district, joint):
        Matter.objects.filter(pk=joint.pk).update(original_text="王小明说的原话")
        page = client_of(district, "other_unit").get(reverse("work_matter", args=[joint.number]))
        assert "王小明" not in page.content.decode()


class TestTakingBack:
    """An assignment not answered yet is withdrawn by an act of its own."""

    def test_back_to_triage_with_its_reason_in_the_history(self, district):
        matter = Journey(district).to_assigned().fresh()
        steering.take_back_assignment(
            matter, actor=district.actor("office"), reason="转错了单位", seen_version=matter.version
        )
        matter = Matter.objects.get(pk=matter.pk)
        assert (matter.state, matter.lead_unit, matter.publication) == ("raised", None, "public")
        assert matter.due_on is not None
        assert not matter.handlings.filter(ended_at=None).exists()
        assert matter.handlings.count() == 1  # nothing is deleted
        assert [e.event for e in Entry.objects.filter(dossier_id=matter.pk)][:2] == [
            "task.taken_back",
            "matter.accepted",
        ]

    def test_not_once_the_unit_has_answered(self, district):
        matter = Journey(district).to_assigned().fresh()
        acting.reply_to_suggestion(
            matter,
            actor=district.actor("unit"),
            result="adopted",
            reasons="办",
            workdays=5,
            seen_version=None,
        )
        with pytest.raises(StepNotReached):
            steering.take_back_assignment(
                matter, actor=district.actor("office"), reason="转错了", seen_version=None
            )

    def test_not_over_somebody_elses_act(self, district):
        matter = Journey(district).to_assigned().fresh()
        with pytest.raises(Conflict):
            steering.take_back_assignment(
                matter, actor=district.actor("office"), reason="转错了", seen_version=matter.version - 1
            )


def test_another_convener_takes_over(district):
    matter = Journey(district).to_deliberating().fresh()
    other = Member.objects.create(
        code="M2", name="测试委员乙", sector=district.member.sector, user=district.users["audit_admin"]
    )
    address = reverse("work_do", args=[matter.number, "appoint"])
    client_of(district, "office").post(address, {"version": matter.version, "convener": other.pk})
    matter = Matter.objects.get(pk=matter.pk)
    assert (matter.convener, matter.state) == (other, "deliberating")
    assert "call_meeting" not in names(district.actor("member"), matter)
    assert "测试委员" not in str(Entry.objects.get(event="convener.appointed").data)
