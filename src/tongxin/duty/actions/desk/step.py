"""The one way a conversation moves: check the capacity, let the engine move it, write the history."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.crypto import lookup_digest, salted_digest
from tongxin.core.history import lock, write_entry
from tongxin.core.models import Entry
from tongxin.core.prepared import prepared_cursor
from tongxin.core.together import Write, next_keys, replacement
from tongxin.directory.models import Member
from tongxin.duty.desk_clock import AnswerDue
from tongxin.duty.models import DeskMessage, DeskThread
from tongxin.duty.process_desk import DESK
from tongxin.duty.rules_desk import GUARDS, capacity_at
from tongxin.duty.selectors.desk import member_stations

RESIDENT_LABEL, OFFICE_LABEL, SYSTEM_LABEL = "居民", "政协办公室", "系统（按规则自动）"
SYSTEM = Actor(role=Role.SYSTEM, label=SYSTEM_LABEL)


class NotAllowed(Exception):
    """The actor has no part in this conversation that lets them do this. To them it does not exist (404)."""


def lock_thread(thread: DeskThread, *, seen_version: int | None) -> DeskThread:
    """The conversation, locked for this transaction. Raises ``Conflict`` when it moved on since it was seen."""
    return lock(DeskThread, thread.pk, seen_version=seen_version)


def acting_as(actor: Actor, thread: DeskThread, name: str) -> Actor:
    """The actor in the capacity in which they stand to the conversation, under its public name.

    Raises :class:`NotAllowed` for whoever has no part in it or whose part doesn't include the transition.
    """
    role = capacity_at(actor, thread, member_stations(actor))
    if role is None or role not in DESK.transition(name).roles:
        raise NotAllowed(name)
    label = {
        Role.RAISER: lambda: RESIDENT_LABEL,
        Role.MEMBER: lambda: f"值班委员 {member_of(actor).name}",
        Role.LIAISON: lambda: f"{thread.station.name}联络员",
        Role.OFFICE: lambda: OFFICE_LABEL,
        Role.SYSTEM: lambda: SYSTEM_LABEL,
    }[role]()
    return replace(actor, role=role, label=label)


def member_of(actor: Actor) -> Member:
    """The member behind an account."""
    return Member.objects.get(user_id=actor.user_id or 0)


def message_digest(token: str) -> str:
    """Under which a message's form token is kept."""
    return lookup_digest(token, settings.SECRET_KEY)


_MESSAGE_KEY = f"SELECT {next_keys(DeskMessage)}"


def next_message_key() -> int:
    """The key of a message to be written with the rest of its act, which names it. One query."""
    with prepared_cursor() as cursor:
        cursor.execute(_MESSAGE_KEY)
        return int(cursor.fetchone()[0])


def proof_of(thread: DeskThread, message: DeskMessage) -> dict[str, Any]:
    """What the history says of a message: its number and a salted digest of its words, never the words."""
    return {
        "message": message.pk,
        "digest": salted_digest(message.text, thread.salt, settings.TONGXIN["digest"]),
    }


def set_clock(thread: DeskThread, due: AnswerDue | None, *, at: datetime) -> None:
    """Start the answer clock at ``at``, or stop it. The caller saves."""
    thread.clock_from = at
    thread.answer_due_at = due.at if due else None
    thread.due_on = timezone.localtime(due.at).date() if due else None
    if due:
        thread.covered_by_id = due.covered_by
        if thread.answered_at is None:
            thread.first_due_at = due.at


def say_of_system(thread: DeskThread, what: str, name: str, *, at: datetime) -> DeskMessage:
    """A line of the conversation that nobody wrote: ``what`` happened (transfer, closed, converted), with a name."""
    return DeskMessage.objects.create(
        thread=thread,
        side=DeskMessage.Side.SYSTEM,
        by_label=name[:80],
        text=what,
        at=at,
        token_digest=message_digest(f"system:{thread.pk}:{thread.version}:{what}"),
    )


def take(
    thread: DeskThread,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    artefact: object | None = None,
    data: Mapping[str, Any] | None = None,
    internal_note: str = "",
    along: Sequence[Write] = (),
) -> Entry:
    """Take one transition with a conversation that the caller has locked, and save it. ``actor`` is in its capacity.

    Raises ``StepNotReached``, ``GuardFailed`` or ``ArtefactMissing``; then nothing has changed.
    """
    before = DESK.state(thread.state)
    transition = DESK.move(thread, name, guards=GUARDS, artefact=artefact)
    after = DESK.state(thread.state)
    thread.updated_at = at
    return write_entry(
        thread,
        transition,
        step=(after if transition.target else before).step.code,
        actor=actor,
        at=at,
        data=data,
        internal_note=internal_note,
        along=[*along, replacement(thread)],
    )
