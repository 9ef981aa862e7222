"""What the demo's stories need of the directory."""

import random
from dataclasses import dataclass, field
from typing import Any

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor, Assignment
from tongxin.directory.models import Area, Member, Unit, Workstation
from tongxin.matters.models import Category, Matter


@dataclass
class World:
    """What the stories need of the directory."""

    communities: dict[str, Area]
    stations: dict[int, Workstation]
    units: dict[str, Unit]
    street_units: dict[int, Unit]
    categories: dict[str, Category]
    members: list[Member]
    users: dict[str, Any]
    rng: random.Random
    matters: dict[str, Matter] = field(default_factory=dict)

    def actor(self, role: Role, scope: Scope = Scope.DISTRICT, scope_id: int = 0, label: str = "") -> Actor:
        """An actor of the demo in one role."""
        user = self.users.get(f"{role}:{scope}:{scope_id}") or self.users.get(str(role))
        return Actor(
            role=role,
            label=label or (str(user) if user else str(role)),
            user_id=user.pk if user else None,
            assignments=frozenset({Assignment(role, scope, scope_id)}),
        )
