"""Whoever plays a demo matter: its content, its matter, and the people who act on it."""

from typing import Any

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.directory.models import Unit
from tongxin.matters.actions import (
    raising,
)
from tongxin.matters.demo.world import World
from tongxin.matters.models import Matter


class Player:
    """One matter of the content files, and where it is."""

    def __init__(self, world: World, content: dict[str, Any], *, is_full: bool) -> None:
        self.world, self.content, self.is_full = world, content, is_full
        self.rng = world.rng
        self.office = world.actor(Role.OFFICE)
        self.matter: Matter | None = None
        self.raiser: Actor | None = None
        self.meeting: Any = None
        self.others: list[int] = []
        self.round = 0

    def _unit(self, unit: Unit | None) -> Actor:
        assert unit is not None
        return self.world.actor(Role.UNIT, Scope.UNIT, unit.pk)

    def _live(self) -> Matter:
        assert self.matter is not None
        self.matter = Matter.objects.get(pk=self.matter.pk)
        return self.matter

    def _somebody(self) -> Actor:
        return raising.passer_by()
