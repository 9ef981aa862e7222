"""Conversations: opened, set and closed by the convener, visibly."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.models import Instrument
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import Conversation, Statement
from tongxin.deliberation.waking import wake_map_after_commit


class NotConvener(Exception):
    """The actor may not convene on this record. To them the page does not exist (404)."""


class NotDeliberating(Exception):
    """The record is not (or no longer) in a step in which people deliberate."""


class AlreadyOpen(Exception):
    """The record has its conversation; ``conversation`` is it."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        super().__init__(f"conversation {conversation.pk} exists")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the convener sets: the question, until when, who may do what, and the smallest group ever shown."""

    question: str
    introduction: str = ""
    closes_at: datetime | None = None
    takes_statements: bool = True
    is_moderated_first: bool = True
    takes_guests: bool = True
    smallest_group: int = 5


def _apply(conversation: Conversation, terms: Terms) -> None:
    for name in Terms.__slots__:
        setattr(conversation, name, getattr(terms, name))


@transaction.atomic
def open_conversation(
    host: Host,
    record: Instrument,
    *,
    actor: Actor,
    terms: Terms,
    seeds: list[str],
    at: datetime | None = None,
) -> Conversation:
    """Open the collection of opinions on a record, with the first statements. Public from this moment.

    Raises :class:`NotConvener`, :class:`NotDeliberating` or :class:`AlreadyOpen`.
    """
    at = at or timezone.now()
    if not host.may_convene(actor, record):
        raise NotConvener
    if not host.is_deliberating(record):
        raise NotDeliberating
    # The dossier's row lets one of two people win; the unique key would only break the second one's transaction.
    dossier = type(record.dossier)._default_manager.select_for_update().get(pk=record.pk)
    existing = Conversation.objects.filter(dossier=dossier).first()
    if existing is not None:
        raise AlreadyOpen(existing)
    conversation = Conversation(dossier=dossier, opened_at=at)
    _apply(conversation, terms)
    conversation.statement_count = len(seeds)
    conversation.save(force_insert=True)
    Statement.objects.bulk_create(
        Statement(
            conversation=conversation,
            number=number,
            text=text,
            state=Statement.State.SHOWN,
            is_seed=True,
            at=at,
            moderated_at=at,
        )
        for number, text in enumerate(seeds)
    )
    host.record_event(
        record,
        "conversation.opened",
        actor=actor,
        at=at,
        text=terms.question,
        data={
            "statements": len(seeds),
            "closes_at": terms.closes_at.isoformat() if terms.closes_at else None,
        },
    )
    return conversation


@transaction.atomic
def change_terms(
    host: Host, record: Instrument, conversation: Conversation, *, actor: Actor, terms: Terms
) -> Conversation:
    """Change the terms of an open conversation; what changed stands in the history."""
    if not host.may_convene(actor, record) or conversation.dossier_id != record.pk:
        raise NotConvener
    conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
    changed = sorted(name for name in Terms.__slots__ if getattr(conversation, name) != getattr(terms, name))
    if not changed:
        return conversation
    _apply(conversation, terms)
    conversation.save(update_fields=changed)
    wake_map_after_commit(conversation.pk)
    host.record_event(
        record, "conversation.changed", actor=actor, at=timezone.now(), data={"changed": changed}
    )
    return conversation


@transaction.atomic
def close_conversation(
    host: Host, record: Instrument, conversation: Conversation, *, actor: Actor, at: datetime | None = None
) -> Conversation:
    """Close it: no more votes or statements; the map stays. Closing twice changes nothing."""
    at = at or timezone.now()
    if not host.may_convene(actor, record) or conversation.dossier_id != record.pk:
        raise NotConvener
    conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if conversation.closed_at is None:
        conversation.closed_at = at
        conversation.save(update_fields=["closed_at"])
        wake_map_after_commit(conversation.pk)
        host.record_event(
            record,
            "conversation.closed",
            actor=actor,
            at=at,
            data={
                "participants": conversation.participant_count,
                "guests": conversation.guest_count,
                "statements": conversation.statement_count,
                "votes": conversation.vote_count,
            },
        )
    return conversation


def end_with_step(dossier_id: int, *, at: datetime) -> dict[str, int]:
    """Close a record's conversation because the record leaves deliberation; call it in that act's transaction.

    What is still on its way is told that it came too late. Returns the figures for the act's own line of history, {} when
    nothing was open.
    """
    conversation = (
        Conversation.objects.select_for_update().filter(dossier_id=dossier_id, closed_at=None).first()
    )
    if conversation is None:
        return {}
    conversation.closed_at = at
    conversation.save(update_fields=["closed_at"])
    wake_map_after_commit(conversation.pk)
    return {"participants": conversation.participant_count, "votes": conversation.vote_count}


@transaction.atomic
def reopen_conversation(
    host: Host, record: Instrument, conversation: Conversation, *, actor: Actor
) -> Conversation:
    """Open it again while the record is still deliberated; a passed closing time is taken off."""
    if not host.may_convene(actor, record) or conversation.dossier_id != record.pk:
        raise NotConvener
    if not host.is_deliberating(record):
        raise NotDeliberating
    conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
    now = timezone.now()
    if is_open(conversation, now):
        return conversation
    conversation.closed_at = None
    if conversation.closes_at is not None and conversation.closes_at <= now:
        conversation.closes_at = None
    conversation.save(update_fields=["closed_at", "closes_at"])
    host.record_event(record, "conversation.reopened", actor=actor, at=now)
    return conversation


def is_open(conversation: Conversation, now: datetime) -> bool:
    """Whether votes and statements are taken at this moment."""
    return conversation.closed_at is None and (conversation.closes_at is None or now < conversation.closes_at)
