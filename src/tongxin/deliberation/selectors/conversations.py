"""Reads of conversations: bounded, and never whose vote was which."""

from dataclasses import dataclass

from tongxin.core.prepared import Prepared
from tongxin.deliberation.models import Conversation, Participant, Statement, Vote

PER_PAGE = 50


_of_dossier = Prepared(lambda pk: Conversation.objects.filter(dossier_id=pk), pk=int)


def conversation_of(dossier_id: int) -> Conversation | None:
    """A record's conversation. One query."""
    return _of_dossier.first(pk=dossier_id)


@dataclass(frozen=True, slots=True)
class Statements:
    """One page of statements, and where the next one begins (None at the end)."""

    rows: list[Statement]
    next_after: int | None


def statements_of(conversation: Conversation, state: str, *, after: int = -1) -> Statements:
    """Statements in one state by number, a page at a time. One query."""
    rows = list(
        Statement.objects.filter(conversation=conversation, state=state, number__gt=after)
        .select_related("author", "near")
        .order_by("number")[: PER_PAGE + 1]
    )
    return Statements(rows[:PER_PAGE], rows[PER_PAGE - 1].number if len(rows) > PER_PAGE else None)


def statement_of(conversation: Conversation, number: int) -> Statement | None:
    """A statement by its number in the conversation."""
    return (
        Statement.objects.filter(conversation=conversation, number=number)
        .select_related("conversation", "author")
        .first()
    )


def waiting_count(conversation: Conversation) -> int:
    """How many statements wait for moderation."""
    return Statement.objects.filter(conversation=conversation, state=Statement.State.WAITING).count()


def shown_count(conversation: Conversation) -> int:
    """How many statements can be voted on."""
    return Statement.objects.filter(conversation=conversation, state=Statement.State.SHOWN).count()


def votes_of(participant: Participant | None, statements: list[Statement]) -> dict[int, int]:
    """The participant's own votes on these statements, by statement id. One query."""
    if participant is None:
        return {}
    found = Vote.objects.filter(participant=participant, statement__in=statements)
    return dict(found.values_list("statement_id", "value"))


def left_out(conversation: Conversation) -> list[int]:
    """Numbers of participants whose votes are left out."""
    found = Participant.objects.filter(conversation=conversation, is_excluded=True)
    return list(found.order_by("number").values_list("number", flat=True)[:200])
