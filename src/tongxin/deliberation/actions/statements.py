"""Statements: put by participants, compared with what is there, accepted or removed with a reason all can read."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.crypto import lookup_digest
from tongxin.core.models import Instrument
from tongxin.core.text import tokens
from tongxin.deliberation.actions.conversations import is_open
from tongxin.deliberation.actions.voting import (
    ConversationClosed,
    NotTakingPart,
    Voter,
    cast_vote,
    join,
    lock_conversation,
    put_vote,
)
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import Conversation, Statement, Vote
from tongxin.deliberation.waking import wake_map_after_commit

LIKE = 0.5
"""Share of common bigrams from which two statements are pointed out as alike."""
COMPARED = 500
"""Statements a new one is compared with."""

REASONS = {
    "off_topic": _("与这个问题无关"),
    "duplicate": _("与已有观点重复"),
    "personal": _("涉及个人信息"),
    "several": _("一条里说了好几件事，请分开写"),
    "abusive": _("辱骂、攻击他人"),
    "unlawful": _("违反法律法规"),
    "advert": _("广告"),
}
"""Grounds on which a statement is not shown; a district words them in its own translations."""


class StatementsNotTaken(Exception):
    """The convener takes votes only."""


class NotModerator(Exception):
    """The actor may not moderate here. To them the page does not exist (404)."""


@dataclass(frozen=True, slots=True)
class Put:
    """A statement that was put; ``is_repeat`` when the same form was sent before."""

    statement: Statement
    is_repeat: bool


def like(conversation: Conversation, text: str) -> Statement | None:
    """The shown statement that says nearly the same, by common bigrams (Dice), or None. One query."""
    wanted = set(tokens(text))
    if not wanted:
        return None
    best, found = LIKE, None
    shown = Statement.objects.filter(conversation=conversation, state=Statement.State.SHOWN)
    for statement in shown.order_by("-pk")[:COMPARED]:
        words = set(tokens(statement.text))
        share = 2 * len(wanted & words) / (len(wanted) + len(words)) if words else 0.0
        if share > best:
            best, found = share, statement
    return found


@transaction.atomic
def put_statement(
    conversation: Conversation, *, voter: Voter, token: str, text: str, at: datetime | None = None
) -> Put:
    """Put a statement; its author agrees with it. Shown at once, or after moderation where the convener set that.

    ``text`` is clean, one line, free of personal data (the form sees to it). The same form sent again finds the same
    statement. Raises :class:`ConversationClosed`, :class:`StatementsNotTaken`, ``GuestsNotTaken``, ``NotTakingPart``.
    """
    at = at or timezone.now()
    digest = lookup_digest(token, settings.SECRET_KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])
    repeat = Statement.objects.filter(token_digest=digest).first()
    if repeat is not None:
        return Put(repeat, True)
    conversation = lock_conversation(conversation)
    if not is_open(conversation, at):
        raise ConversationClosed
    if not conversation.takes_statements:
        raise StatementsNotTaken
    participant = join(conversation, voter)
    if participant.is_excluded:
        raise NotTakingPart
    is_shown = not conversation.is_moderated_first
    statement = _add(
        conversation,
        text=text,
        author_id=participant.pk,
        token_digest=digest,
        near=like(conversation, text),
        state=Statement.State.SHOWN if is_shown else Statement.State.WAITING,
        at=at,
    )
    if is_shown:
        cast_vote(conversation, voter=voter, statement_number=statement.number, value=Vote.Value.AGREE, at=at)
    return Put(statement, False)


def _add(conversation: Conversation, *, text: str, at: datetime, **fields: object) -> Statement:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE deliberation_conversation SET statement_count = statement_count + 1 WHERE id = %s "
            "RETURNING statement_count - 1",
            [conversation.pk],
        )
        number = cursor.fetchone()[0]
    return Statement.objects.create(conversation=conversation, number=number, text=text, at=at, **fields)


@transaction.atomic
def add_seed(
    host: Host, record: Instrument, conversation: Conversation, *, actor: Actor, text: str
) -> Statement:
    """A statement by the convener, marked as such."""
    if not host.may_convene(actor, record) or conversation.dossier_id != record.pk:
        raise NotModerator
    now = timezone.now()
    return _add(conversation, text=text, at=now, state=Statement.State.SHOWN, is_seed=True, moderated_at=now)


@transaction.atomic
def accept_statement(host: Host, record: Instrument, statement: Statement, *, actor: Actor) -> Statement:
    """Show a statement (a waiting one, or one that was removed by mistake); its author's agreement counts."""
    statement = _lock(host, record, statement, actor)
    if statement.state == Statement.State.SHOWN:
        return statement
    was_removed = statement.state == Statement.State.REMOVED
    statement.state, statement.moderated_at = Statement.State.SHOWN, timezone.now()
    statement.removed_by_label = statement.removed_reason = ""
    statement.save(update_fields=["state", "moderated_at", "removed_by_label", "removed_reason"])
    if was_removed:
        _note(record, statement, "statement.restored")
    author, now = statement.author, timezone.now()
    if author is not None and is_open(statement.conversation, now) and not author.is_excluded:
        has_voted = Vote.objects.filter(participant=author, statement=statement).exists()
        if not has_voted:
            put_vote(statement, author, Vote.Value.AGREE, now)
    return statement


@transaction.atomic
def remove_statement(
    host: Host, record: Instrument, statement: Statement, *, actor: Actor, reason: str, label: str
) -> Statement:
    """Take a statement off, visibly: who did it (``label``, an office's name) and why stand in its place."""
    statement = _lock(host, record, statement, actor)
    if statement.state != Statement.State.REMOVED:
        statement.state, statement.moderated_at = Statement.State.REMOVED, timezone.now()
        statement.removed_by_label, statement.removed_reason = label, reason
        statement.save(update_fields=["state", "moderated_at", "removed_by_label", "removed_reason"])
        _note(record, statement, "statement.removed")
    return statement


def _lock(host: Host, record: Instrument, statement: Statement, actor: Actor) -> Statement:
    if not host.may_moderate(actor, record) or statement.conversation.dossier_id != record.pk:
        raise NotModerator
    wake_map_after_commit(statement.conversation_id)
    lock_conversation(statement.conversation)
    return (
        Statement.objects.select_for_update(of=("self",))
        .select_related("conversation", "author")
        .get(pk=statement.pk)
    )


def _note(record: Instrument, statement: Statement, event: str) -> None:
    # Neither its words nor the reason: what was removed for naming somebody must not stay where nothing can be erased,
    # nor a digest from which it can be guessed.
    ledger.append(
        event,
        body={"number": record.number, "statement": statement.number},
        at=statement.moderated_at or timezone.now(),
        dossier_id=record.pk,
        is_public=record.publication == "public",
    )
