"""Questions from the audience of a hearing."""

import pytest

from tests.deliberation.meeting_world import World
from tests.testing.district import District
from tongxin.core.models import LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions import hearing_questions
from tongxin.deliberation.actions.voting import Voter
from tongxin.deliberation.models import (
    Question,
)
from tongxin.matters.actions import raising


def test_questions_are_masked_moderated_supported_once_and_answered(district: District) -> None:
    world = World(district, kind="hearing")
    token = new_token("question")
    asked = hearing_questions.ask(
        world.record,
        world.meeting,
        actor=raising.passer_by(),
        token=token,
        text="我是13800001234，灯装哪边？",
    )
    again = hearing_questions.ask(
        world.record,
        world.meeting,
        actor=raising.passer_by(),
        token=token,
        text="我是13800001234，灯装哪边？",
    )
    question = asked.question
    assert (again.question, again.issued.is_repeat) == (question, True)
    assert "13800001234" not in question.text
    with pytest.raises(hearing_questions.QuestionsNotTaken):
        hearing_questions.support_question(world.record, question, voter=Voter(device="a"))
    with pytest.raises(hearing_questions.NotModerator):
        hearing_questions.show_question(world.host, world.record, question, actor=district.actor("unit"))

    hearing_questions.show_question(world.host, world.record, question, actor=world.convener)

    supported = [
        hearing_questions.support_question(world.record, question, voter=Voter(device=device))
        for device in "aab"
    ]
    assert supported == [True, False, True]
    assert Question.objects.get().support_count == 2
    hearing_questions.answer_question(
        world.host, world.record, question, actor=world.convener, answer="装在公交站一边。"
    )
    with pytest.raises(hearing_questions.QuestionSettled):
        hearing_questions.remove_question(
            world.host, world.record, question, actor=world.convener, reason="重复"
        )
    assert Question.objects.get().answer == "装在公交站一边。"


def test_a_removed_question_keeps_its_reason_and_stands_in_the_ledger(district: District) -> None:
    world = World(district, kind="hearing")
    question = hearing_questions.ask(
        world.record,
        world.meeting,
        actor=raising.passer_by(),
        token=new_token("question"),
        text="今天吃什么？",
    ).question
    hearing_questions.remove_question(
        world.host, world.record, question, actor=world.convener, reason="与议题无关"
    )
    assert Question.objects.get().removed_reason == "与议题无关"
    assert "与议题无关" not in LedgerEntry.objects.get(event="question.removed").body
