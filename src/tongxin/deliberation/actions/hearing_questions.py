"""Questions from the audience of a hearing: asked, moderated with a reason, supported by others once, answered."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tongxin.core import receipts
from tongxin.core.actor import Actor
from tongxin.core.crypto import lookup_digest
from tongxin.core.models import Instrument
from tongxin.core.receipts import Issued
from tongxin.core.redaction import find_personal_data, redact
from tongxin.deliberation.actions.voting import Voter
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import Meeting, Question, QuestionSupport
from tongxin.deliberation.rules import moderator_label

TEXT_LENGTH = 300


class QuestionsNotTaken(Exception):
    """This meeting takes no questions from the audience, or is over."""


class NotModerator(Exception):
    """The actor may not moderate here. To them the page does not exist (404)."""


class QuestionSettled(Exception):
    """Somebody else has dealt with the question in the meantime."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, with the receipt its author is shown once."""

    question: Question
    issued: Issued


def takes_questions(meeting: Meeting) -> bool:
    """Whether the audience may ask now: from the notice until the meeting is closed."""
    return meeting.takes_questions and not (meeting.cancelled_at or meeting.closed_at or meeting.minutes_at)


@transaction.atomic
def ask(
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    token: str,
    text: str,
    at: datetime | None = None,
) -> Asked:
    """Ask a question. Likely personal data is masked before it is kept; it is read before others see it.

    Raises :class:`QuestionsNotTaken`.
    """
    at = at or timezone.now()
    receipts.claim(token)
    repeat = receipts.find_repeat(token)
    if repeat is not None:
        return Asked(Question.objects.get(receipt=repeat.receipt), repeat)
    meeting = Meeting.objects.get(pk=meeting.pk, dossier_id=record.pk)
    if not takes_questions(meeting):
        raise QuestionsNotTaken
    issued = receipts.issue(token, dossier_id=record.pk, role="question", label="居民", user_id=actor.user_id)
    question = Question.objects.create(
        meeting=meeting,
        receipt=issued.receipt,
        text=redact(text, find_personal_data(text))[:TEXT_LENGTH],
        at=at,
    )
    return Asked(question, issued)


def _locked(host: Host, record: Instrument, question: Question, actor: Actor) -> Question:
    if not host.may_moderate(actor, record) or question.meeting.dossier_id != record.pk:
        raise NotModerator
    return Question.objects.select_for_update().get(pk=question.pk)


@transaction.atomic
def show_question(host: Host, record: Instrument, question: Question, *, actor: Actor) -> Question:
    """Let everybody see it. Raises :class:`QuestionSettled` when it no longer waits."""
    question = _locked(host, record, question, actor)
    if question.state != Question.State.WAITING:
        raise QuestionSettled
    question.state = Question.State.SHOWN
    question.save(update_fields=["state"])
    host.note(
        record,
        "question.shown",
        at=timezone.now(),
        data={"question": question.pk, "meeting": question.meeting_id},
    )
    return question


@transaction.atomic
def remove_question(
    host: Host, record: Instrument, question: Question, *, actor: Actor, reason: str
) -> Question:
    """Not to be shown, with a reason everybody can read in its place. Raises :class:`QuestionSettled`."""
    question = _locked(host, record, question, actor)
    if question.state not in {Question.State.WAITING, Question.State.SHOWN}:
        raise QuestionSettled
    question.state, question.removed_reason = Question.State.REMOVED, reason
    question.save(update_fields=["state", "removed_reason"])
    host.note(
        record,
        "question.removed",
        at=timezone.now(),
        data={"question": question.pk, "meeting": question.meeting_id},
    )
    return question


@transaction.atomic
def answer_question(
    host: Host, record: Instrument, question: Question, *, actor: Actor, answer: str
) -> Question:
    """What was answered in the room, or afterwards, in words everybody reads. Raises :class:`QuestionSettled`."""
    question = _locked(host, record, question, actor)
    if question.state not in {Question.State.WAITING, Question.State.SHOWN}:
        raise QuestionSettled
    question.state = Question.State.ANSWERED
    question.answer, question.answered_at = answer, timezone.now()
    question.answered_by_label = moderator_label(actor)
    question.save(update_fields=["state", "answer", "answered_at", "answered_by_label"])
    host.note(
        record,
        "question.answered",
        at=question.answered_at,
        data={"question": question.pk, "meeting": question.meeting_id},
    )
    return question


@transaction.atomic
def support_question(
    record: Instrument, question: Question, *, voter: Voter, at: datetime | None = None
) -> bool:
    """I want to know this too: once a person or device. Whether it counted now.

    Raises :class:`QuestionsNotTaken` for a question that is not shown, or a meeting that is over.
    """
    question = Question.objects.select_related("meeting").get(pk=question.pk, meeting__dossier_id=record.pk)
    if question.state != Question.State.SHOWN or not takes_questions(question.meeting):
        raise QuestionsNotTaken
    who = f"user {voter.user_id}" if voter.user_id is not None else f"device {voter.device}"
    digest = lookup_digest(f"supporter {question.meeting_id} {who}", settings.SECRET_KEY)
    _support, is_new = QuestionSupport.objects.get_or_create(
        question=question, digest=digest, defaults={"at": at or timezone.now()}
    )
    if is_new:
        Question.objects.filter(pk=question.pk).update(support_count=F("support_count") + 1)
    return is_new
