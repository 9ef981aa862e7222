"""A matter's whole life through the actions: each step by the right role, and the rules that keep it honest."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.testing.district import Journey
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.models import ClockEvent, Entry
from tongxin.core.process import GuardFailed, StepNotReached
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions.meetings import ShortNotice
from tongxin.matters.actions import (
    acting,
    deciding,
    deliberating,
    publishing,
    raising,
    rating,
    triage,
)
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.models import Outcome

pytestmark = pytest.mark.django_db


def test_six_steps_to_a_reopened_and_then_satisfied_rating(district):
    journey = Journey(district).to_rating()
    journey.rate(journey.raiser, "no", 3, 1)
    assert journey.fresh().state == "acting"
    assert journey.fresh().reopen_count == 1
    journey.finish()
    journey.rate(journey.raiser, "yes", 5, 5)
    journey.at += timedelta(days=40)
    matter = rating.close_rating(journey.fresh(), actor=rating.SYSTEM, seen_version=None, at=journey.at)
    assert (matter.state, matter.outcome) == ("watched", Outcome.SOLVED)
    journey.at += timedelta(days=31)
    matter = rating.start_follow_up(journey.fresh(), actor=rating.SYSTEM, seen_version=None, at=journey.at)
    assert matter.state == "following_up"
    assert set(matter.stepped_on) == {"raise", "deliberate", "decide", "publish", "act", "rate"}
    assert ledger.verify()[1] is None


def test_not_solved_a_second_time_escalates(district):
    journey = Journey(district).to_rating()
    journey.rate(journey.raiser, "no", 3, 1)
    journey.finish()
    journey.rate(journey.raiser, "yes", 3, 2)  # "solved", but a low score
    assert journey.fresh().state == "escalated"
    rating.redo_escalated(
        journey.fresh(), actor=district.actor("principal"), reason="请再办", workdays=10, seen_version=None
    )
    assert journey.fresh().state == "acting"


def test_silence_is_never_satisfied(district):
    journey = Journey(district).to_rating()
    journey.at += timedelta(days=40)
    matter = rating.close_rating(journey.fresh(), actor=rating.SYSTEM, seen_version=None, at=journey.at)
    assert matter.outcome == Outcome.ANSWERED
    assert matter.rating_count == 0


def test_the_units_own_rating_never_counts(district):
    journey = Journey(district).to_rating()
    journey.rate(district.actor("unit"), "yes", 5, 5)
    assert journey.fresh().rating_count == 0


def test_one_person_one_rating_a_round(district):
    journey = Journey(district).to_rating()
    journey.rate(journey.raiser)
    with pytest.raises(rating.AlreadyRated):
        journey.rate(journey.raiser)


def test_a_passer_by_cannot_rate(district):
    journey = Journey(district).to_rating()
    with pytest.raises(NotAllowed):
        journey.rate(raising.passer_by())


@pytest.mark.parametrize("name", ["office", "member", "liaison", "convener", "unit", "principal"])
def test_only_the_deciding_body_decides(district, name):
    journey = Journey(district).to_deciding()
    with pytest.raises(NotAllowed):
        deciding.decide_matter(
            journey.fresh(),
            actor=district.actor(name),
            result="adopted",
            reasons="好",
            answers={},
            seen_version=None,
        )


def test_a_decision_must_answer_each_dissent(district):
    journey = Journey(district).to_deciding()
    with pytest.raises(GuardFailed) as refused:
        deciding.decide_matter(
            journey.fresh(),
            actor=district.actor("decider"),
            result="adopted",
            reasons="好",
            answers={},
            lead_unit=district.department,
            workdays=10,
            seen_version=None,
        )
    assert "不同意见" in str(refused.value.reason)
    assert journey.fresh().state == "deciding"
    assert not journey.fresh().decisions.exists()


def test_no_decision_without_minutes(district):
    journey = Journey(district).to_deliberating()
    with pytest.raises(GuardFailed):
        deliberating.conclude_deliberation(
            journey.fresh(), actor=district.actor("convener"), decider=district.street_unit, seen_version=None
        )


def test_meeting_needs_its_notice_or_a_reason(district):
    journey = Journey(district).to_deliberating()
    call = {
        "actor": district.actor("convener"),
        "starts_at": journey.at + timedelta(days=3),
        "place": "社区",
        "agenda": "议程",
        "seen_version": None,
        "at": journey.at,
    }
    with pytest.raises(ShortNotice):
        deliberating.call_meeting(journey.fresh(), **call)
    assert deliberating.call_meeting(journey.fresh(), short_notice_reason="汛期紧急", **call).pk


def test_publication_runs_its_days_and_answers_objections(district):
    journey = Journey(district).to_decided()
    now = timezone.now()
    publishing.publish_decision(
        journey.fresh(), actor=district.actor("office"), public_text="装灯。", seen_version=None, at=now
    )
    objection, _issued = publishing.object_to_decision(
        journey.fresh(), actor=raising.passer_by(), token=new_token("objection"), text="我家门口停不了车"
    )
    with pytest.raises(GuardFailed) as refused:
        publishing.conclude_publication(journey.fresh(), actor=district.actor("office"), seen_version=None)
    assert "公示期" in str(refused.value.reason)
    publishing.answer_objection(
        journey.fresh(),
        actor=district.actor("office"),
        objection=objection,
        answer="另设停车位。",
        seen_version=None,
    )
    objection.refresh_from_db()
    assert objection.answered_by_label == "政协办公室"


@pytest.mark.parametrize(
    ("result", "state"), [("adopted", "handed_over"), ("later", "promised"), ("not_possible", "rating")]
)
def test_what_was_decided_is_where_it_goes(district, result, state):
    assert Journey(district).to_handed_over(result).fresh().state == state


def test_asking_for_more_pauses_the_clock(district):
    journey = Journey(district, at=timezone.now() - timedelta(days=20)).to_raised()
    due = journey.fresh().due_on
    triage.ask_more(
        journey.fresh(),
        actor=district.actor("office"),
        question="几号楼？",
        seen_version=None,
        at=timezone.now() - timedelta(days=14),
    )
    assert journey.fresh().is_paused
    raising.answer_question(journey.fresh(), actor=journey.raiser, answer="三号楼门口", seen_version=None)
    assert not journey.fresh().is_paused
    assert journey.fresh().due_on > due
    assert [e.kind for e in ClockEvent.objects.filter(dossier=journey.matter.pk)] == [
        "start",
        "pause",
        "resume",
    ]


def test_the_raiser_of_a_merged_matter_follows_the_survivor(district):
    survivor = Journey(district).to_assigned()
    merged = Journey(district).to_raised("村口堵车")
    triage.merge_matter(
        merged.fresh(), actor=district.actor("office"), survivor=survivor.fresh(), seen_version=None
    )
    assert merged.fresh().survivor_id == survivor.matter.pk
    assert survivor.fresh().me_too_count == 1
    acting.reply_to_suggestion(
        survivor.fresh(),
        actor=district.actor("unit"),
        result="not_possible",
        reasons="无权限",
        seen_version=None,
    )
    follower = Actor(role="participant", label="居民", receipt_id=merged.raised.receipt.pk)
    survivor.rate(follower, "partly", 4, 3)
    assert survivor.fresh().rating_count == 1


def test_merging_takes_only_a_public_open_survivor(district):
    one, two = Journey(district).to_raised(), Journey(district).to_raised()
    for wrong in (one, two):
        with pytest.raises(ValueError, match=r"surviving|itself"):
            triage.merge_matter(
                one.fresh(), actor=district.actor("office"), survivor=wrong.fresh(), seen_version=None
            )


def test_extension_is_asked_for_and_granted(district):
    journey = Journey(district).to_acting()
    due = journey.fresh().due_on
    unit, office = district.actor("unit"), district.actor("office")
    acting.ask_extension(journey.fresh(), actor=unit, workdays=10, reason="设备未到", seen_version=None)
    with pytest.raises(GuardFailed):
        acting.finish_action(journey.fresh(), actor=unit, report="好了", seen_version=None)
    acting.answer_extension(
        journey.fresh(), actor=office, is_granted=True, answer="同意", workdays=5, seen_version=None
    )
    assert journey.fresh().due_on > due


def test_a_unit_objects_and_the_office_reassigns(district):
    journey = Journey(district).to_assigned()
    acting.object_task(journey.fresh(), actor=district.actor("unit"), reason="不归我管", seen_version=None)
    acting.reassign_task(
        journey.fresh(), actor=district.actor("office"), unit=district.other_department, seen_version=None
    )
    assert journey.fresh().state == "assigned"
    with pytest.raises(NotAllowed):
        acting.object_task(
            journey.fresh(), actor=district.actor("unit"), reason="再说一次", seen_version=None
        )


def test_a_promise_stays_open_until_kept(district):
    journey = Journey(district).to_handed_over("later")
    assert journey.fresh().promised_on is not None
    acting.take_up_promise(
        journey.fresh(), actor=district.actor("unit"), workdays=10, text="资金到位，开工", seen_version=None
    )
    matter = journey.fresh()
    assert (matter.state, matter.promised_on) == ("acting", None)
    assert matter.due_on is not None


def test_a_step_out_of_order_is_refused(district):
    journey = Journey(district).to_assigned()
    with pytest.raises((StepNotReached, NotAllowed)):
        acting.finish_action(journey.fresh(), actor=district.actor("unit"), report="好了", seen_version=None)


def test_a_consultation_keeps_its_first_number_as_an_alias(district):
    journey = Journey(district).to_raised()
    first = journey.fresh().number
    journey.to_deliberating()
    assert journey.fresh().number.startswith("C")
    assert set(journey.matter.dossier.numbers.values_list("slug", flat=True)) == {
        first,
        journey.fresh().number,
    }


def test_the_ledger_holds_no_words_and_no_names(district):
    journey = Journey(district).to_raised("我叫赵示例，电话 13800001111，村口堵车")
    bodies = " ".join(journey.matter.dossier.ledger.values_list("body", flat=True))
    assert "13800001111" not in bodies
    assert "赵示例" not in bodies
    assert "堵车" not in bodies


def test_what_happens_before_triage_stays_internal(district):
    journey = Journey(district).to_raised()
    assert journey.fresh().publication == "internal"
    assert set(Entry.objects.filter(dossier=journey.matter.pk).values_list("publication", flat=True)) == {
        "internal"
    }


def test_comments_mask_personal_data(district):
    journey = Journey(district).to_assigned()
    comment, _issued = deliberating.add_comment(
        journey.fresh(),
        actor=raising.passer_by(),
        token=new_token("comment"),
        text="打我电话 13800001111 就行",
        stance="support",
    )
    assert "13800001111" not in comment.text
