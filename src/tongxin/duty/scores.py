"""The district's rules of scores: read from its configuration, checked at start-up, applied to one member at a time."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import checks
from django.utils import timezone

from tongxin.duty.models import DiaryEntry
from tongxin.duty.scoring import Rule, Score, Scored, read_rules, score

KINDS = tuple(kind for kind in DiaryEntry.Kind.values if kind != DiaryEntry.Kind.OWN)
"""What may count: deeds that the work noted. A member's own words never do."""


def rules_in_force() -> list[Rule]:
    """The rules of ``TONGXIN["duty_scores"]``; none when it is absent or anything in it is wrong."""
    return read_rules(settings.TONGXIN.get("duty_scores"), KINDS)[0]


def score_of(entries: Iterable[DiaryEntry]) -> Score | None:
    """The score of one member's entries of one year; None while scores are off."""
    rules = rules_in_force()
    if not rules:
        return None
    return score(rules, (as_scored(one) for one in entries if one.withdrawn_at is None))


def as_scored(entry: DiaryEntry) -> Scored:
    """An entry as scores see it: a matter counts as that matter, a meeting as that meeting, anything else as itself."""
    source = entry.source_key or f"entry:{entry.pk}"
    if entry.kind == DiaryEntry.Kind.MATTER and entry.source_id is not None:
        source = f"dossier:{entry.source_id}"
    elif entry.kind == DiaryEntry.Kind.MEETING and entry.data.get("meeting"):
        source = f"meeting:{entry.data['meeting']}"
    minutes = int((entry.ends_at - entry.at).total_seconds() // 60) if entry.ends_at else None
    return Scored(entry.kind, timezone.localdate(entry.at), source, minutes)


def check_scores(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """A system check: what is wrong with the configured rules, said at start-up."""
    problems = read_rules(settings.TONGXIN.get("duty_scores"), KINDS)[1]
    return [checks.Error(f'TONGXIN["duty_scores"]: {problem}.', id="duty.E001") for problem in problems]
