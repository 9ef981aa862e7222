"""Who usually handles something like this: units suggested for a matter, with their evidence; and matters alike."""

from collections.abc import Sequence

from django.db import connection

from tongxin.core.text import tokens
from tongxin.directory.models import Unit
from tongxin.matters.models import Matter
from tongxin.matters.selectors import Suggestion, similar_matters

ALIKE, NEIGHBOURS = 12, 9
"""A matter is alike when it shares a twelfth of the words; the nine most alike are counted, those
of the same category first."""


def suggested_units_of(matters: Sequence[Matter], limit: int = 2) -> dict[int, list[Suggestion]]:
    """For each matter the units that handled the most similar ones, with how many of how many. One query.

    A ranked suggestion with its evidence, never a decision.
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
            SELECT wanted.id, found.lead_unit_id, found.category_id, found.title || ' ' || found.text
            FROM unnest(%s::bigint[], %s::text[]) AS wanted(id, words)
            CROSS JOIN LATERAL (
              SELECT lead_unit_id, category_id, title, text,
                     ts_rank(search, to_tsquery('simple', wanted.words)) AS rank
              FROM (
                SELECT lead_unit_id, category_id, title, text, search FROM matters_matter
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
    categories = {matter.pk: matter.category_id for matter in matters}
    scored: dict[int, list[tuple[int, int]]] = {}
    for matter_id, unit_id, category_id, text in rows:
        shared = len(set(wanted[matter_id]) & set(tokens(text)))
        if shared >= max(3, len(wanted[matter_id]) // ALIKE):
            same = category_id is not None and category_id == categories[matter_id]
            scored.setdefault(matter_id, []).append((shared * (2 if same else 1), unit_id))
    counts: dict[int, dict[int, int]] = {}
    for matter_id, found in scored.items():
        for _score, unit_id in sorted(found, reverse=True)[:NEIGHBOURS]:
            mine = counts.setdefault(matter_id, {})
            mine[unit_id] = mine.get(unit_id, 0) + 1
    units = Unit.objects.in_bulk({unit for mine in counts.values() for unit in mine}) if counts else {}
    return {
        matter_id: [
            Suggestion(units[unit_id], count, sum(mine.values()))
            for unit_id, count in sorted(mine.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        ]
        for matter_id, mine in counts.items()
    }


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def similar_to(matter: Matter, limit: int = 5) -> list[Matter]:
    """Other public open matters that say something alike."""
    alike = similar_matters(f"{matter.title} {matter.original_text}", area_id=matter.area_id, limit=limit + 1)
    return [other for other in alike if other.pk != matter.pk][:limit]
