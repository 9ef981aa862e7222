"""What the deliberation hands to those who decide, and what they must answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.district import District, Journey, build_district
from tongxin.core.process import GuardFailed
from tongxin.core.receipts import new_token
from tongxin.deliberation.models import Conversation, MapSnapshot, Statement, View
from tongxin.deliberation.selectors.handover import handover_of, map_statements
from tongxin.matters.actions import deciding, deliberating, publishing, raising
from tongxin.matters.models import Matter

pytestmark = pytest.mark.django_db

TEXTS = ["晚上七点后限速", "清理路口三十米内的临停", "全天单行", "被移除的观点"]


@pytest.fixture
def district() -> District:
    return build_district()


def conversation_with(matter: Matter, result: object) -> Conversation:
    at = timezone.now() - timedelta(days=200)
    conversation = Conversation.objects.create(dossier_id=matter.pk, question="路口怎么改？", opened_at=at)
    Statement.objects.bulk_create(
        Statement(
            conversation=conversation,
            number=number,
            text=text,
            at=at,
            state=Statement.State.REMOVED if number == 3 else Statement.State.SHOWN,
        )
        for number, text in enumerate(TEXTS)
    )
    MapSnapshot.objects.create(conversation=conversation, at=at, vote_count=9, result=result)
    return conversation


@pytest.mark.parametrize(
    ("result", "agreed", "divisive"),
    [
        ({"consensus": [{"number": 1, "p": 0.9}], "divisive": [{"number": 2}, {"number": 3}]}, [1], [2]),
        ({"group_aware_consensus": [1, 0, 1], "consensus": [2]}, [1, 0], []),
        ({"consensus": {"agree": [{"statement": 0}], "disagree": [{"statement": 2}]}}, [0], []),
        ({"consensus": "none", "divisive": None}, [], []),
        ({}, [], []),
        ([1, 2], [], []),
    ],
)
def test_statements_of_the_newest_map_are_read_whatever_it_holds(district, result, agreed, divisive) -> None:
    conversation = conversation_with(Journey(district).to_deliberating().fresh(), result)
    found = map_statements(conversation)
    assert [[statement.number for statement in part] for part in found] == [agreed, divisive]


def test_consensus_of_the_map_is_handed_over_and_must_be_answered(district: District) -> None:
    journey = Journey(district).to_deliberating()
    conversation_with(journey.fresh(), {"consensus": [1], "divisive": [2]})
    convener = district.actor("convener")
    meeting = deliberating.call_meeting(
        journey.fresh(), actor=convener, starts_at=journey.at + timedelta(days=10), place="活动室", agenda="讨论",
        seen_version=None, at=journey.at,
    )  # fmt: skip
    deliberating.record_minutes(
        journey.fresh(), actor=convener, meeting=meeting, minutes="大家同意。", attendance={"resident": (3, "")}, views=[],
        seen_version=None,
    )  # fmt: skip
    deliberating.conclude_deliberation(
        journey.fresh(), actor=convener, decider=district.street_unit, seen_version=None
    )
    matter = journey.fresh()
    view = View.objects.get(dossier_id=matter.pk)
    assert (view.kind, view.text, view.meeting) == ("consensus", TEXTS[1], None)
    page = client_of(district, "decider").get(f"/work/matters/{matter.number}/do/decide/").content.decode()
    assert TEXTS[1] in page
    assert TEXTS[2] in page
    assert f'name="answer_{view.pk}"' in page
    decision = {
        "actor": district.actor("decider"), "result": "adopted", "reasons": "装灯。", "workdays": 5, "seen_version": None,
        "lead_unit": district.department,
    }  # fmt: skip
    with pytest.raises(GuardFailed) as refused:
        deciding.decide_matter(matter, answers={}, **decision)
    assert "共识" in str(refused.value.reason)
    deciding.decide_matter(journey.fresh(), answers={view.pk: "月底前清理。"}, **decision)
    view.refresh_from_db()
    assert view.answer == "月底前清理。"
    assert view.answered_at is not None


def test_comments_are_counted_by_stance_and_role(district: District, django_assert_max_num_queries) -> None:
    journey = Journey(district).to_deliberating()
    for actor, stance in (
        (raising.passer_by(), "support"),
        (raising.passer_by(), "support"),
        (district.actor("member"), "support"),
        (raising.passer_by(), "oppose"),
    ):
        deliberating.add_comment(
            journey.fresh(), actor=actor, token=new_token("comment"), text="说一句", stance=stance
        )
    with django_assert_max_num_queries(6):
        handover = handover_of(journey.fresh().pk)
        read = [(row.by_role, row.total) for row in handover.said]
    assert len(handover.roles) == 2
    assert read == [([1, 2], 3), ([0, 1], 1)]


def test_answers_stand_beside_the_published_decision(client, district: District) -> None:
    decided = Journey(district).to_decided()
    assert "装灯，写入决定。" not in client.get(f"/matters/{decided.fresh().number}/").content.decode()
    publishing.publish_decision(
        decided.fresh(), actor=district.actor("office"), public_text="装灯。", seen_version=None
    )
    page = client.get(f"/matters/{decided.fresh().number}/").content.decode()
    assert "装灯，写入决定。" in page
    assert "暂不单行，先装灯。" in page
