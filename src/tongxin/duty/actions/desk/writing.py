"""Messages: appended, never edited; the same form sent again writes one; each side sees how far the other has read."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.attachments import keep_images
from tongxin.core.files import CleanImage
from tongxin.core.prepared import Prepared
from tongxin.core.process import StepNotReached
from tongxin.core.receipts import TokenRefused
from tongxin.core.together import insertion, mark_written
from tongxin.duty.actions.desk.step import (
    NotAllowed,
    acting_as,
    lock_thread,
    member_of,
    message_digest,
    next_message_key,
    proof_of,
    set_clock,
    take,
)
from tongxin.duty.actions.desk.telling import notices_of_question, tell_resident
from tongxin.duty.models import DeskMessage, DeskThread
from tongxin.duty.process_desk import DESK, WRITES
from tongxin.duty.rules_desk import DESK_SIDES, capacity_at
from tongxin.duty.selectors.desk import clock_for, member_stations

_by_digest: Prepared[DeskMessage] = Prepared(
    lambda digest: DeskMessage.objects.filter(token_digest=digest).order_by(), digest=str
)


class AnsweredMeanwhile(Exception):
    """A colleague answered since the answer box was opened: whoever writes has to read that first."""


@transaction.atomic
def write_message(
    thread: DeskThread,
    *,
    actor: Actor,
    token: str,
    text: str,
    photos: Sequence[CleanImage] = (),
    last_seen: int | None = None,
    at: datetime | None = None,
) -> DeskMessage:
    """Append a message. The holder of the receipt writes on one side, who serves the desk on the other.

    The same ``token`` writes once, also at the same moment. ``last_seen`` is the last message the writer's page showed:
    an answer given without having seen a colleague's raises :class:`AnsweredMeanwhile` and writes nothing.
    Raises :class:`NotAllowed`, ``StepNotReached`` once it has become a matter, ``TokenRefused``.
    """
    at = at or timezone.now()
    thread = lock_thread(thread, seen_version=None)
    role = capacity_at(actor, thread, member_stations(actor))
    if role is None or role == Role.SYSTEM:
        raise NotAllowed("write")
    digest = message_digest(token)
    repeat = _by_digest.first(digest=digest)
    if repeat is not None:
        if repeat.thread_id != thread.pk:
            raise TokenRefused(_("这张表单不完整。您写的都还在，请再按一次提交。"))
        return repeat
    is_resident = role == Role.RAISER
    name = WRITES["raiser" if is_resident else "desk"].get(thread.state)
    if name is None:
        raise StepNotReached(DESK.transition("add_words"), DESK.state(thread.state))
    newer = thread.messages.filter(pk__gt=last_seen or 0, side__in=DESK_SIDES)
    if not is_resident and last_seen is not None and newer.exists():
        raise AnsweredMeanwhile
    acting = acting_as(actor, thread, name)
    side = _side_of(role)
    message = DeskMessage(
        pk=next_message_key(),
        thread=thread,
        side=side,
        user_id=actor.user_id,
        by_label=acting.label,
        text=text,
        at=at,
        token_digest=digest,
    )
    attachments = keep_images(list(photos), dossier_id=thread.pk, stage="raised") if photos else []
    thread.last_at, thread.last_side = at, side
    if is_resident:
        thread.resident_saw = message.pk
        _asked_on(thread, name, acting, message, at)
    else:
        thread.desk_saw = message.pk
        _answered(thread, name, acting, message, at)
    mark_written(message)
    if attachments:
        message.photos.set(attachments)
    return message


def _side_of(role: Role) -> str:
    sides = {Role.RAISER: DeskMessage.Side.RESIDENT, Role.OFFICE: DeskMessage.Side.OFFICE}
    return sides.get(role, DeskMessage.Side.DESK).value


def _asked_on(thread: DeskThread, name: str, acting: Actor, message: DeskMessage, at: datetime) -> None:
    """More words keep the clock of those already waiting; a new question after an answer starts one."""
    along = [insertion(message)]
    if name == "ask_again":
        due = clock_for(thread.station, at)
        set_clock(thread, due, at=at)
        along += notices_of_question(thread, due, message.pk, at=at, by=acting.user_id)
    take(thread, name, actor=acting, at=at, artefact=message, data=proof_of(thread, message), along=along)


def _answered(thread: DeskThread, name: str, acting: Actor, message: DeskMessage, at: datetime) -> None:
    data = proof_of(thread, message)
    if thread.answer_due_at is not None:
        data["in_time"] = at <= thread.answer_due_at
    thread.answered_at = thread.answered_at or at
    question = thread.clock_from
    set_clock(thread, None, at=question)
    if acting.role == Role.MEMBER:
        member = member_of(acting)
        thread.handler = member
        _note_deed(thread, member.pk, at)
    take(thread, name, actor=acting, at=at, artefact=message, data=data, along=[insertion(message)])
    # One notice for all the lines of one answer: the cause is the question they answer.
    cause = f"desk.answered:{thread.pk}:{question.isoformat()}"
    tell_resident(thread, "desk.answered", cause, at=at, by=acting.user_id)


def _note_deed(thread: DeskThread, member_id: int, at: datetime) -> None:
    """The answering member's diary: the work itself makes the entry."""
    from tongxin.duty.actions.record import note_deed

    note_deed(
        member_id,
        "desk",
        f"desk:{thread.pk}",
        at=at,
        source_id=thread.pk,
        data={"number": thread.number, "station": thread.station.name},
    )


def mark_seen(thread: DeskThread, *, side: str, up_to: int) -> None:
    """How far a side has been shown the conversation; only ever forward. One statement, no history: it is no deed."""
    name = "resident_saw" if side == DeskMessage.Side.RESIDENT else "desk_saw"
    DeskThread.objects.filter(pk=thread.pk, **{f"{name}__lt": up_to}).update(**{name: up_to})
