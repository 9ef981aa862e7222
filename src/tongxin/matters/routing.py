"""Who usually handles something like this: units suggested for a matter, with their evidence; and matters alike."""

import math
from collections import Counter
from collections.abc import Sequence

from django.db import connection

from tongxin.core.text import tokens
from tongxin.directory.models import Unit
from tongxin.matters.models import Matter
from tongxin.matters.selectors import Suggestion, similar_matters

ALIKE, NEIGHBOURS = 12, 15
"""A matter is alike when it shares a twelfth of the words; the fifteen most alike are counted."""
SAME_CATEGORY = 300
"""So many recent matters of a category say who usually handles it."""


def suggested_units_of(matters: Sequence[Matter], limit: int = 2) -> dict[int, list[Suggestion]]:
    """For each matter the units that handled the most similar ones and most of its category, with how many of how many.

    Likeness is shared words, rare ones counting more; each of the two kinds of evidence has the same weight. A ranked
    suggestion with its evidence, never a decision. Two queries, three when there is something to suggest.
    """
    wanted = {}
    for matter in matters:
        words = list(
            dict.fromkeys(t for t in tokens(f"{matter.title} {matter.original_text}") if len(t) > 1)
        )[:40]
        if len(words) > 1:
            wanted[matter.pk] = words
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.id, found.lead_unit_id, found.title || ' ' || found.text
            FROM unnest(%s::bigint[], %s::text[]) AS wanted(id, words)
            CROSS JOIN LATERAL (
              SELECT lead_unit_id, title, text,
                     ts_rank(search, to_tsquery('simple', wanted.words)) AS rank
              FROM (
                SELECT lead_unit_id, title, text, search FROM matters_matter
                WHERE search @@ to_tsquery('simple', wanted.words)
                  AND publication = 'public' AND lead_unit_id IS NOT NULL AND dossier_id <> wanted.id
                ORDER BY updated_at DESC LIMIT 400
              ) AS recent
              ORDER BY rank DESC LIMIT 40
            ) AS found
            """,
            [list(wanted), [" | ".join(_quoted(w) for w in words) for words in wanted.values()]],
        )
        rows = cursor.fetchall()
    texts: dict[int, list[tuple[int, frozenset[str]]]] = {}
    for matter_id, unit_id, text in rows:
        texts.setdefault(matter_id, []).append((unit_id, frozenset(tokens(text))))
    handled = _handled_by_category({matter.category_id for matter in matters if matter.category_id})
    ranked = {}
    for matter in matters:
        alike = _most_alike(wanted.get(matter.pk, []), texts.get(matter.pk, []))
        same = handled.get(matter.category_id, Counter()) if matter.category_id else Counter()
        ranked[matter.pk] = _ranked(alike, same)[:limit]
    units = (
        Unit.objects.in_bulk({row[0] for found in ranked.values() for row in found})
        if any(ranked.values())
        else {}
    )
    return {
        matter_id: [Suggestion(units[unit_id], *evidence) for unit_id, *evidence in found]
        for matter_id, found in ranked.items()
        if found
    }


def _most_alike(
    words: Sequence[str], others: Sequence[tuple[int, frozenset[str]]]
) -> list[tuple[float, int]]:
    """Score and unit of the matters most alike: the words shared, those that few of the found share counting more."""
    shared = [(unit_id, found & set(words), len(found)) for unit_id, found in others]
    common = Counter(word for _unit, both, _size in shared for word in both)
    weight = {word: math.log(1 + (len(shared) - n + 0.5) / (n + 0.5)) for word, n in common.items()}
    scored = [
        (sum(weight[word] for word in both) / math.sqrt(size), unit_id)
        for unit_id, both, size in shared
        if len(both) >= max(3, len(words) // ALIKE)
    ]
    return sorted(scored, reverse=True)[:NEIGHBOURS]


def _ranked(alike: Sequence[tuple[float, int]], same: "Counter[int]") -> list[tuple[int, int, int, int, int]]:
    """Units, best first, with how many of the matters alike and how many of the same category each handled."""
    counts = Counter(unit_id for _score, unit_id in alike)
    likeness, total = sum(score for score, _unit in alike) or 1.0, same.total() or 1
    scores = {unit_id: n / total for unit_id, n in same.items()}
    for score, unit_id in alike:
        scores[unit_id] = scores.get(unit_id, 0.0) + score / likeness
    best = sorted(scores, key=lambda unit_id: (-scores[unit_id], unit_id))
    return [(unit_id, counts[unit_id], len(alike), same[unit_id], same.total()) for unit_id in best]


def _handled_by_category(categories: set[int]) -> dict[int, "Counter[int]"]:
    """For each category how many of its recent public matters each unit leads. One query."""
    if not categories:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.id, found.lead_unit_id, count(*)
            FROM unnest(%s::bigint[]) AS wanted(id)
            CROSS JOIN LATERAL (
              SELECT lead_unit_id FROM matters_matter
              WHERE category_id = wanted.id AND publication = 'public' AND lead_unit_id IS NOT NULL
              ORDER BY updated_at DESC LIMIT %s
            ) AS found
            GROUP BY 1, 2
            """,
            [list(categories), SAME_CATEGORY],
        )
        rows = cursor.fetchall()
    found: dict[int, Counter[int]] = {}
    for category_id, unit_id, n in rows:
        found.setdefault(category_id, Counter())[unit_id] = n
    return found


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def similar_to(matter: Matter, limit: int = 5) -> list[Matter]:
    """Other public open matters that say something alike."""
    alike = similar_matters(f"{matter.title} {matter.original_text}", area_id=matter.area_id, limit=limit + 1)
    return [other for other in alike if other.pk != matter.pk][:limit]
