"""What a deliberation hands to those who decide: what was said, by whom in which role, and where people differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from tongxin.deliberation.models import Comment, Conversation, MapSnapshot, ParticipantRole, Statement, View

MOST_STATEMENTS = 10
MOST_COMMENTS = 20
NUMBER_KEYS = ("number", "statement", "statement_number", "statement_id", "id")
AGREED_KEYS = ("group_aware_consensus", "consensus")
DIVISIVE_KEYS = ("divisive", "divisive_statements")


@dataclass(frozen=True, slots=True)
class Said:
    """How many comments took a stance, by the role they were written in; ``by_role`` holds a count a role."""

    stance: str
    by_role: list[int]
    total: int


@dataclass(frozen=True, slots=True)
class Handover:
    """Everything the deciding body reads before it decides."""

    roles: list[str] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    views: list[tuple[str, list[View]]] = field(default_factory=list)
    conversation: Conversation | None = None
    agreed: list[Statement] = field(default_factory=list)
    divisive: list[Statement] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nobody said anything."""
        return not (self.said or self.views or self.agreed or self.divisive)


def handover_of(dossier_id: int) -> Handover:
    """What was said on a record. At most six queries; comments and statements are bounded."""
    said, roles = _said(dossier_id)
    views = list(View.objects.filter(dossier_id=dossier_id).select_related("statement"))
    conversation = Conversation.objects.filter(dossier_id=dossier_id).first()
    agreed, divisive = map_statements(conversation) if conversation else ([], [])
    return Handover(
        roles=roles,
        said=said,
        comments=list(Comment.objects.filter(dossier_id=dossier_id, removed_at=None)[:MOST_COMMENTS])
        if said
        else [],
        views=[
            (str(kind.label), found)
            for kind in View.Kind
            if (found := [view for view in views if view.kind == kind])
        ],
        conversation=conversation,
        agreed=agreed,
        divisive=divisive,
    )


def _said(dossier_id: int) -> tuple[list[Said], list[str]]:
    counted = {
        (stance, role): count
        for stance, role, count in Comment.objects.filter(dossier_id=dossier_id, removed_at=None)
        .order_by()
        .values_list("stance", "author_role")
        .annotate(n=Count("pk"))
    }
    roles = [role for role in ParticipantRole if any(role == found for _stance, found in counted)]
    rows = []
    for stance in Comment.Stance:
        by_role = [counted.get((stance.value, role.value), 0) for role in roles]
        if any(by_role):
            rows.append(Said(str(stance.label), by_role, sum(by_role)))
    return rows, [str(role.label) for role in roles]


def map_statements(conversation: Conversation) -> tuple[list[Statement], list[Statement]]:
    """The statements that all groups agree on and those that set them apart, after the newest map. Two queries.

    A statement that was taken off since the map was drawn is left out.
    """
    result = (
        MapSnapshot.objects.filter(conversation=conversation).values_list("result", flat=True).first() or {}
    )
    agreed, divisive = _numbers(result, AGREED_KEYS), _numbers(result, DIVISIVE_KEYS)
    if not agreed and not divisive:
        return [], []
    shown = {
        statement.number: statement
        for statement in Statement.objects.filter(
            conversation=conversation, number__in=[*agreed, *divisive], state=Statement.State.SHOWN
        )
    }
    return [shown[n] for n in agreed if n in shown], [shown[n] for n in divisive if n in shown]


def _numbers(result: Any, keys: tuple[str, ...]) -> list[int]:
    """The statement numbers under the first of these keys that is there, best first."""
    if not isinstance(result, Mapping):
        return []
    key = next((key for key in keys if key in result), "")
    return list(dict.fromkeys(_read(result.get(key))))[:MOST_STATEMENTS]


def _read(value: Any) -> Iterator[int]:
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _read(each)
    elif isinstance(value, Mapping):
        number = next((value[key] for key in NUMBER_KEYS if isinstance(value.get(key), int)), None)
        if number is not None:
            yield number
        else:  # agreed and disagreed apart, as the maps of Polis have it: what all reject isn't agreed
            yield from _read(value.get("agree"))
