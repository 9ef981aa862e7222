"""From the votes of a conversation to the map that is shown: the engine's numbers without what must not be shown.

A group smaller than the conversation's smallest group is withheld: neither it nor the votes of those in it enter any
figure, so that nothing can be worked out by subtraction. Those in no group at all (too few votes) are counted in the
figures of everybody only when they are enough themselves.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from tongxin.deliberation.actions.conversations import is_open
from tongxin.deliberation.actions.voting import lock_conversation
from tongxin.deliberation.drawing import drawing_of
from tongxin.deliberation.hosts import record_of
from tongxin.deliberation.models import Conversation, MapSnapshot
from tongxin.deliberation.opinion import (
    GroupStatistics,
    OpinionMap,
    group_statistics,
    opinion_map,
    vote_table,
)
from tongxin.deliberation.opinion.votes import Integers
from tongxin.deliberation.participation import participation_of

MOST_LISTED = 200
"""Statements whose figures a snapshot keeps, those with most votes first; exports have all."""
MOST_AGREED = 10
KEPT = 2
"""Snapshots of a conversation that are kept, besides published ones."""
NO_GROUP, WITHHELD = -1, -2


class Busy(Exception):
    """Somebody else is drawing this map."""


@dataclass(frozen=True, slots=True)
class Votes:
    """The votes of a conversation that count, by the numbers of participants and statements."""

    participants: Integers
    statements: Integers
    values: Integers
    removed: list[int]


@dataclass(frozen=True, slots=True)
class Shown:
    """The engine's map with groups that may be shown: a label for each of ``participant_ids``, statistics of them."""

    drawn: OpinionMap
    labels: Integers
    sizes: list[int]
    withholds: bool
    statistics: GroupStatistics | None


def read_votes(conversation: Conversation) -> Votes:
    """All votes that count, in one statement; of participants left out none, of removed statements marked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(int4send(p.number) || int4send(s.number) || int4send(v.value), ''::bytea) "
            "FROM deliberation_vote v JOIN deliberation_participant p ON p.id = v.participant_id "
            "JOIN deliberation_statement s ON s.id = v.statement_id "
            "WHERE v.conversation_id = %s AND NOT p.is_excluded AND s.state <> 'waiting'",
            [conversation.pk],
        )
        packed = cursor.fetchone()[0] or b""
        cursor.execute(
            "SELECT number FROM deliberation_statement WHERE conversation_id = %s AND state = 'removed'",
            [conversation.pk],
        )
        removed = [number for (number,) in cursor.fetchall()]
    rows = np.frombuffer(packed, dtype=">i4").reshape(-1, 3).astype(np.int64)
    return Votes(rows[:, 0], rows[:, 1], rows[:, 2], removed)


def shown_map(votes: Votes, smallest: int) -> Shown:
    """Draw the map and take out what is too small to be shown."""
    drawn = opinion_map(votes.participants, votes.statements, votes.values, moderated_out=votes.removed)
    labels = np.full(len(drawn.participant_ids), NO_GROUP, dtype=np.int64)
    places = np.searchsorted(drawn.participant_ids, drawn.grouped_ids)
    sizes = drawn.group_sizes
    large = np.flatnonzero(sizes >= smallest)
    if len(large):
        renumbered = np.full(max(drawn.k, 1), WITHHELD, dtype=np.int64)
        renumbered[large] = np.arange(len(large))
        labels[places] = renumbered[drawn.labels]
    elif len(places) >= smallest:
        labels[places] = 0  # several groups, each too small: together they are enough to be shown as one
    else:
        labels[places] = WITHHELD
    groups = int(labels.max(initial=NO_GROUP)) + 1
    withholds = bool((labels == WITHHELD).any())
    if not groups:
        return Shown(drawn, labels, [], withholds, None)
    kept = labels >= 0
    if (labels == NO_GROUP).sum() >= smallest:
        kept |= labels == NO_GROUP
    ids = drawn.participant_ids[kept]
    chosen = np.isin(votes.participants, ids)
    table = vote_table(
        votes.participants[chosen],
        votes.statements[chosen],
        votes.values[chosen],
        moderated_out=votes.removed,
    )
    statistics = group_statistics(table, labels[kept])
    return Shown(
        drawn, labels, np.bincount(labels[labels >= 0], minlength=groups).tolist(), withholds, statistics
    )


def stamp_of(conversation: Conversation) -> str:
    """What a map depends on besides the votes: statements removed, participants left out, the smallest group."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT string_agg(number::text, ',' ORDER BY number) FROM deliberation_statement "
            "WHERE conversation_id = %(id)s AND state = 'removed'), "
            "(SELECT string_agg(number::text, ',' ORDER BY number) FROM deliberation_participant "
            "WHERE conversation_id = %(id)s AND is_excluded)",
            {"id": conversation.pk},
        )
        removed, left_out = cursor.fetchone()
    words = f"{removed or ''}|{left_out or ''}|{conversation.smallest_group}|{conversation.guest_count}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def newest_map(conversation: Conversation) -> MapSnapshot | None:
    """The map that is shown, without the state the next one starts from. One query."""
    return MapSnapshot.objects.filter(conversation=conversation).defer("state").first()


def newest_map_id(conversation: Conversation) -> int | None:
    """Which map is shown. One query, from the index alone."""
    return (
        MapSnapshot.objects.filter(conversation=conversation)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )


@transaction.atomic
def draw_map(conversation_id: int, *, at: datetime | None = None, force: bool = False) -> MapSnapshot:
    """Draw the map of a conversation from all its votes and keep it; the newest one as it is when nothing changed.

    Killed half-way it leaves no trace. Once the conversation is closed the result goes into the ledger. Raises
    :class:`Busy` while somebody else draws the same map.
    """
    at = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [0x6D61, conversation_id])
        if not cursor.fetchone()[0]:
            raise Busy
    conversation = Conversation.objects.get(pk=conversation_id)
    stamp, is_final = stamp_of(conversation), not is_open(conversation, at)
    newest = newest_map(conversation)
    if newest is not None and not force and _is_current(newest, conversation, stamp):
        if is_final and not newest.result.get("published"):
            _publish(newest, conversation, at)
        return newest
    began = time.monotonic()
    shown = shown_map(read_votes(conversation), conversation.smallest_group)
    result = result_of(shown, conversation) | {"stamp": stamp}
    snapshot = MapSnapshot(
        conversation=conversation,
        at=at,
        vote_count=conversation.vote_count,
        milliseconds=round((time.monotonic() - began) * 1000),
        mode=shown.drawn.mode,
        result=result,
        state=pack_labels(shown),
    )
    lock_conversation(conversation)
    snapshot.save(force_insert=True)
    _route(conversation, shown.drawn)
    if is_final:
        _publish(snapshot, conversation, at)
    maps = MapSnapshot.objects.filter(conversation=conversation)
    kept = list(maps.order_by("-pk").values_list("pk", flat=True)[:KEPT])
    maps.filter(result__published__isnull=True).exclude(pk__in=kept).delete()
    return snapshot


def _is_current(snapshot: MapSnapshot, conversation: Conversation, stamp: str) -> bool:
    return snapshot.vote_count == conversation.vote_count and snapshot.result.get("stamp") == stamp


def _publish(snapshot: MapSnapshot, conversation: Conversation, at: datetime) -> None:
    """The result of a closed conversation, for good: its digest in the ledger, so that nobody changes it unseen."""
    snapshot.result["published"] = True
    snapshot.save(update_fields=["result"])
    found, result = record_of(conversation.dossier, None), snapshot.result
    if found is None:
        return
    host, record = found
    host.note(
        record,
        "map.published",
        at=at,
        data={
            "votes": snapshot.vote_count,
            "participants": result["participants"],
            "groups": [group["size"] for group in result["groups"]],
            "agreed": [one["number"] for one in result["group_aware_consensus"]],
            "divisive": [one["number"] for one in result["divisive"]],
        },
    )


def _route(conversation: Conversation, drawn: OpinionMap) -> None:
    """Each statement's extremity, and the priority that follows from it and the counts of this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE deliberation_statement s SET extremity = n.extremity, priority = power("
            "(1 - (n.passes + 1.0) / (n.seen + 2)) * (n.extremity + 1) * ((n.agrees + 1.0) / (n.seen + 2)) "
            "* (1 + 8 * power(2, -n.seen / 5.0)), 2) "
            "FROM (SELECT t.id, d.extremity, t.pass_count AS passes, t.agree_count AS agrees,"
            "  t.agree_count + t.disagree_count + t.pass_count AS seen"
            "  FROM unnest(%s::int[], %s::float8[]) AS d(number, extremity)"
            "  JOIN deliberation_statement t ON t.conversation_id = %s AND t.number = d.number"
            "  WHERE abs(t.extremity - d.extremity) > 0.001) n WHERE s.id = n.id",
            [drawn.statement_ids.tolist(), np.round(drawn.extremity, 6).tolist(), conversation.pk],
        )


def pack_labels(shown: Shown) -> bytes:
    """Who is in which group, for own positions and exports: numbers ascending, then labels (-1 none, -2 withheld)."""
    ids = shown.drawn.participant_ids.astype("<i4").tobytes()
    return ids + shown.labels.astype("i1").tobytes()


def unpack_labels(state: bytes | memoryview | None) -> tuple[Integers, Integers]:
    """Participant numbers and their labels as :func:`pack_labels` kept them."""
    data = bytes(state or b"")
    count = len(data) // 5
    ids = np.frombuffer(data[: 4 * count], dtype="<i4").astype(np.int64)
    return ids, np.frombuffer(data[4 * count :], dtype="i1").astype(np.int64)


def result_of(shown: Shown, conversation: Conversation) -> dict[str, Any]:
    """The map as plain data: groups and statements, nobody's name or votes."""
    drawn, statistics = shown.drawn, shown.statistics
    result: dict[str, Any] = {
        "version": 1,
        "status": _status(shown),
        "smallest_group": conversation.smallest_group,
        "participants": len(drawn.participant_ids),
        "grouped": sum(shown.sizes),
        "withholds": shown.withholds,
        "groups": [],
        "group_aware_consensus": [],
        "rejected": [],
        "divisive": [],
        "uncertain": [],
        "statements": [],
        "silhouette": drawn.silhouettes.get(drawn.k),
    } | participation_of(conversation)
    if statistics is None:
        return result
    total = sum(shown.sizes)
    result["groups"] = [
        {
            "id": group,
            "size": size,
            "share": size / total,
            "representative": _representative(statistics, group) if len(shown.sizes) > 1 else [],
        }
        for group, size in enumerate(shown.sizes)
    ]
    result["group_aware_consensus"] = _agreed(statistics, agrees=True)
    result["rejected"] = _agreed(statistics, agrees=False)
    if len(shown.sizes) > 1:
        result["divisive"] = [
            {
                "number": one.statement,
                "highest_group": one.highest_group,
                "highest": one.highest,
                "lowest_group": one.lowest_group,
                "lowest": one.lowest,
            }
            for one in statistics.divisive[:MOST_AGREED]
        ]
    result["uncertain"] = [
        {"number": one.statement, "passes": one.passes, "trials": one.trials, "share": one.share}
        for one in statistics.uncertain[:MOST_AGREED]
    ]
    result["statements"] = _figures(statistics)
    result["drawing"], result["axes"] = drawing_of(drawn, shown.labels, len(shown.sizes))
    return result


def _status(shown: Shown) -> str:
    """What there is to show: nobody voted, too few, only passes, everybody the same, one group, several."""
    if not len(shown.drawn.participant_ids):
        return "none"
    statistics = shown.statistics
    if statistics is None:
        return "few"
    if not (statistics.all_agrees.any() or statistics.all_disagrees.any()):
        return "passes"
    if not shown.drawn.components.any():
        return "same"
    return "groups" if len(shown.sizes) > 1 else "one"


def _representative(statistics: GroupStatistics, group: int) -> list[dict[str, Any]]:
    column = {int(number): place for place, number in enumerate(statistics.statement_ids)}
    found = []
    for one in statistics.representative[group]:
        place = column[one.statement]
        counts = statistics.agrees if one.direction == "agree" else statistics.disagrees
        others = int(counts[:, place].sum() - counts[group, place])
        others_seen = int(statistics.seen[:, place].sum() - statistics.seen[group, place])
        found.append(
            {
                "number": one.statement,
                "direction": one.direction,
                "successes": one.successes,
                "trials": one.trials,
                "others": others,
                "others_trials": others_seen,
            }
        )
    return found


def _agreed(statistics: GroupStatistics, *, agrees: bool) -> list[dict[str, Any]]:
    """Statements that more than half of every group agree (or disagree) with, by geometric mean over groups."""
    counts = statistics.agrees if agrees else statistics.disagrees
    probability = (counts + 1.0) / (statistics.seen + 2.0)
    lowest = probability.min(axis=0)
    mean = np.exp(np.log(probability).mean(axis=0))
    enough = (lowest > 0.5) & (statistics.seen.min(axis=0) > 0) & ~statistics.moderated
    order = [int(place) for place in np.lexsort((statistics.statement_ids, -mean)) if enough[place]]
    return [
        {
            "number": int(statistics.statement_ids[place]),
            "mean": float(mean[place]),
            "product": float(probability[:, place].prod()),
            "lowest": float(lowest[place]),
        }
        for place in order[:MOST_AGREED]
    ]


def _figures(statistics: GroupStatistics) -> list[dict[str, Any]]:
    order = np.lexsort((statistics.statement_ids, -statistics.all_seen))
    places = [int(place) for place in order if not statistics.moderated[place]][:MOST_LISTED]
    return [
        {
            "number": int(statistics.statement_ids[place]),
            "agree": int(statistics.all_agrees[place]),
            "disagree": int(statistics.all_disagrees[place]),
            "seen": int(statistics.all_seen[place]),
            "groups": [
                [int(agree), int(disagree), int(seen)]
                for agree, disagree, seen in zip(
                    statistics.agrees[:, place],
                    statistics.disagrees[:, place],
                    statistics.seen[:, place],
                    strict=True,
                )
            ],
        }
        for place in sorted(places, key=lambda place: int(statistics.statement_ids[place]))
    ]
