"""Who may keep the directory."""

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.directory.models import Workstation


def may_import(actor: Actor) -> bool:
    """The system administrator and the conference office keep the directory's tables."""
    return actor.has(Role.SYSTEM_ADMIN) or actor.has(Role.OFFICE, Scope.DISTRICT)


def may_keep_roster(actor: Actor, station: Workstation) -> bool:
    """A station's liaison keeps its roster; the office may help with any."""
    return actor.has(Role.LIAISON, Scope.STATION, station.pk) or actor.has(Role.OFFICE, Scope.DISTRICT)


def may_keep_any_roster(actor: Actor) -> bool:
    """Whether there is a roster the actor may keep at all."""
    return actor.has(Role.LIAISON, Scope.STATION) or actor.has(Role.OFFICE, Scope.DISTRICT)


def may_keep_portrait(actor: Actor) -> bool:
    """Members give and withdraw a portrait of their own; nobody does it for them."""
    return actor.has(Role.MEMBER)
