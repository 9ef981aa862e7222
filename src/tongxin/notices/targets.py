"""What can be followed: each kind is registered by the domain that has it, and found by its public name.

A domain adds its kind in ``AppConfig.ready`` with :func:`register_target`. Only what the public may see is ever found.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from tongxin.directory.models import Area, Unit
from tongxin.notices.models import Subscription

Kind = Subscription.Target
WORDS = {"matter": Kind.DOSSIER, "area": Kind.AREA, "category": Kind.CATEGORY, "unit": Kind.UNIT}
"""Kinds as addresses name them."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to follow: its key, what addresses call it, its name for people and its page."""

    kind: str
    pk: int
    ref: str
    name: str
    url: str

    @property
    def word(self) -> str:
        """The kind as addresses name it."""
        return next(word for word, kind in WORDS.items() if kind == self.kind)


ByRef = Callable[[str], Target | None]
ByIds = Callable[[Collection[int]], Iterable[Target]]
_finders: dict[str, tuple[ByRef, ByIds]] = {}


def register_target(kind: str, by_ref: ByRef, by_ids: ByIds) -> None:
    """Say how things of a kind are found: by what addresses call them, and several by their keys in one query."""
    _finders[str(kind)] = by_ref, by_ids


def find_target(word: str, ref: str) -> Target | None:
    """The thing an address speaks of, when the public may see it. One query."""
    kind = WORDS.get(word)
    return _finders[kind][0](ref) if kind in _finders else None


def targets_of(subscriptions: Collection[Subscription]) -> Mapping[tuple[str, int], Target]:
    """What these subscriptions follow, by kind and key; what is no longer public is missing. A query a kind."""
    found: dict[tuple[str, int], Target] = {}
    for kind, (_by_ref, by_ids) in _finders.items():
        if ids := {each.target_id for each in subscriptions if each.target == kind}:
            found |= {(kind, target.pk): target for target in by_ids(ids)}
    return found


def _area(area: Area) -> Target:
    return Target(Kind.AREA, area.pk, area.code, area.name, f"/matters/?area={area.code}")


def _unit(unit: Unit) -> Target:
    return Target(Kind.UNIT, unit.pk, unit.code, unit.name, f"/units/{unit.code}/")


def register() -> None:
    """Areas and units, which this domain knows itself."""
    areas = Area.objects.exclude(level=Area.Level.DISTRICT)
    units = Unit.objects.all()
    register_target(
        Kind.AREA,
        lambda ref: next(map(_area, areas.filter(code=ref)), None),
        lambda ids: map(_area, areas.filter(pk__in=ids)),
    )
    register_target(
        Kind.UNIT,
        lambda ref: next(map(_unit, units.filter(code=ref)), None),
        lambda ids: map(_unit, units.filter(pk__in=ids)),
    )
