"""Reads for the map: which are behind, the statements it speaks of, a visitor's own votes."""

from collections.abc import Collection

import numpy as np
from django.db import connection
from django.utils import timezone

from tongxin.deliberation.mapping import unpack_labels
from tongxin.deliberation.models import Conversation, MapSnapshot, Participant, Statement, Vote

MOST_AT_ONCE = 200


def is_behind(snapshot: MapSnapshot) -> bool:
    """Whether votes have come since it was drawn. One query."""
    return (
        Conversation.objects.filter(pk=snapshot.conversation_id)
        .exclude(vote_count=snapshot.vote_count)
        .exists()
    )


def behind() -> list[int]:
    """Conversations whose map lacks votes or moderation, or was closed since without its result being published."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id FROM deliberation_conversation c LEFT JOIN LATERAL ("
            "  SELECT m.vote_count, m.at, m.result ->> 'published' AS published FROM deliberation_mapsnapshot m"
            "  WHERE m.conversation_id = c.id ORDER BY m.id DESC LIMIT 1) m ON true "
            "WHERE m.vote_count IS DISTINCT FROM c.vote_count "
            "OR ((c.closed_at IS NOT NULL OR c.closes_at <= %(now)s) AND m.published IS NULL) "
            "OR EXISTS (SELECT 1 FROM deliberation_statement s WHERE s.conversation_id = c.id"
            "  AND s.moderated_at > m.at) ORDER BY c.id DESC LIMIT %(most)s",
            {"now": timezone.now(), "most": MOST_AT_ONCE},
        )
        return [pk for (pk,) in cursor.fetchall()]


def texts_of(conversation: Conversation, numbers: Collection[int]) -> dict[int, str]:
    """The words of shown statements by number; removed ones are not among them. One query."""
    found = Statement.objects.filter(
        conversation=conversation, number__in=list(numbers), state=Statement.State.SHOWN
    )
    return dict(found.values_list("number", "text"))


def own_votes(participant: Participant | None) -> dict[int, int]:
    """A participant's votes by statement number, for their own eyes. One query."""
    if participant is None:
        return {}
    return dict(Vote.objects.filter(participant=participant).values_list("statement__number", "value"))


def own_label(snapshot: MapSnapshot, participant: Participant) -> int | None:
    """The group a participant was in when the map was drawn; None in none. One query."""
    state = MapSnapshot.objects.filter(pk=snapshot.pk).values_list("state", flat=True).first()
    ids, labels = unpack_labels(state)
    place = int(np.searchsorted(ids, participant.number))
    is_there = place < len(ids) and ids[place] == participant.number and labels[place] >= 0
    return int(labels[place]) if is_there else None
