"""Scores of a year's deeds by a district's own rules: pure arithmetic, off unless a district switches it on.

Only deeds count. There is no kind for signing in, for likes or for minutes spent, and a member's own words never
count. A thing counts once, however many entries point to it, and no rule gives more than its cap.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

Per = Literal["source", "day", "month"]
PER: tuple[Per, ...] = ("source", "day", "month")
FIELDS = frozenset({"kind", "points", "cap_per_year", "per", "at_least_minutes"})


@dataclass(frozen=True, slots=True)
class Scored:
    """A deed as far as scores see it. ``source`` is what it is about: the same matter, meeting, shift or visit twice
    is one. ``minutes`` is how long it took, None where nobody says."""

    kind: str
    day: date
    source: str
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """``points`` for each thing, day or month with a deed of the kind, up to ``cap_per_year`` points."""

    kind: str
    points: Decimal
    cap_per_year: Decimal
    per: Per = "source"
    at_least_minutes: int = 0
    """A threshold, never a measure: a deed of this many minutes or more counts once, a longer one no more."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule gives: how many counted, what they would give, and what the cap leaves of it."""

    rule: Rule
    count: int
    uncapped: Decimal
    points: Decimal

    @property
    def is_capped(self) -> bool:
        """Whether the cap took something."""
        return self.points < self.uncapped


@dataclass(frozen=True, slots=True)
class Score:
    """A member's score of a year: a line for each rule, in the order of the rules, and their sum."""

    lines: tuple[Line, ...]

    @property
    def points(self) -> Decimal:
        """The sum."""
        return sum((line.points for line in self.lines), Decimal(0))


def _counts(rule: Rule, deed: Scored) -> bool:
    return deed.kind == rule.kind and (
        not rule.at_least_minutes or (deed.minutes is not None and deed.minutes >= rule.at_least_minutes)
    )


def _unit(rule: Rule, deed: Scored) -> object:
    if rule.per == "day":
        return deed.day
    return (deed.day.year, deed.day.month) if rule.per == "month" else deed.source


def score(rules: Sequence[Rule], deeds: Iterable[Scored]) -> Score:
    """What the rules give for the deeds of one member in one year.

    More deeds never give less, their order changes nothing, the same deed again adds nothing, and no line is above
    its cap.
    """
    known = list(deeds)
    lines = []
    for rule in rules:
        count = len({_unit(rule, deed) for deed in known if _counts(rule, deed)})
        uncapped = rule.points * count
        lines.append(Line(rule, count, uncapped, min(uncapped, rule.cap_per_year)))
    return Score(tuple(lines))


def read_rules(configured: Any, kinds: Collection[str]) -> tuple[list[Rule], list[str]]:
    """The rules of a setting and what is wrong with it, in words; ``kinds`` are those that may count.

    None or an empty list means off: no rules and nothing wrong. With anything wrong there are no rules at all.
    """
    if configured is None or configured == []:
        return [], []
    if not isinstance(configured, list):
        return [], ["must be a list of rules, or absent for no scores"]
    rules: list[Rule] = []
    problems: list[str] = []
    for number, entry in enumerate(configured, 1):
        found, wrong = _read(entry, kinds)
        problems += [f"rule {number} {problem}" for problem in wrong]
        if found is not None and any(rule.kind == found.kind for rule in rules):
            problems.append(f"rule {number} counts {found.kind!r} a second time: one rule a kind")
        elif found is not None:
            rules.append(found)
    return ([] if problems else rules), problems


def _read(entry: Any, kinds: Collection[str]) -> tuple[Rule | None, list[str]]:
    if not isinstance(entry, Mapping):
        return None, ["is no object with kind, points and cap_per_year"]
    problems = [f"has an unknown field {name!r}" for name in sorted(map(str, entry.keys() - FIELDS))]
    kind = entry.get("kind")
    if kind not in kinds:
        problems.append(
            f"counts {kind!r}; only deeds count ({', '.join(sorted(kinds))}), never sign-ins, likes, minutes or own words"
        )
    points, cap = _points(entry.get("points")), _points(entry.get("cap_per_year"))
    if points is None:
        problems.append("needs points: a number above 0")
    if cap is None:
        problems.append("needs cap_per_year: a number above 0")
    per = entry.get("per", "source")
    if per not in PER:
        problems.append(f"counts per {per!r}; it may be {', '.join(PER)}, never minutes")
    minutes = entry.get("at_least_minutes", 0)
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 <= minutes <= 1440:
        problems.append("has at_least_minutes that is no whole number of minutes from 0 to 1440")
    if problems or points is None or cap is None:
        return None, problems
    return Rule(str(kind), points, cap, per, minutes), []


def _points(value: Any) -> Decimal | None:
    """A number above 0, written as one or as a text; never more than a million."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 < number <= 1_000_000 else None
