"""Places a role can be attached to. The layer that owns them registers them; accounts only know their numbers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tongxin.accounts.roles import Scope


@dataclass(frozen=True, slots=True)
class Place:
    """Something a role can be attached to; ``group`` sorts places of one kind (the kind of a unit)."""

    id: int
    name: str
    group: str = ""


_sources: dict[Scope, Callable[[], Sequence[Place]]] = {}


def register_scope(scope: Scope, source: Callable[[], Sequence[Place]]) -> None:
    """Say where the places of one kind are listed. Called once, when applications start."""
    _sources[scope] = source


def places(scope: Scope) -> list[Place]:
    """All places of one kind; the whole district has one, with the number 0. One query at most."""
    if scope is Scope.DISTRICT:
        return [Place(0, _("全区"))]
    source = _sources.get(scope)
    return list(source()) if source else []


def place_names(scopes: Iterable[str]) -> dict[tuple[str, int], str]:
    """Names by kind and number, for the kinds asked for. One query a kind."""
    return {(kind, place.id): place.name for kind in set(scopes) for place in places(Scope(kind))}
