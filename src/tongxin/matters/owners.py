"""Whom the clock of a matter concerns: who has it by the process table, and who stands above them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tongxin.accounts.models import RoleAssignment
from tongxin.accounts.roles import Role, Scope
from tongxin.core import reminders
from tongxin.core.process import Expiry
from tongxin.core.reminders import Stage
from tongxin.matters.process import SIX_STEPS
from tongxin.notices.actions.outbox import Addressee, to_receipt, to_role, to_user

REACHES_NOBODY_NEW: dict[str, frozenset[str]] = {
    Role.OFFICE: frozenset({reminders.HEAD, reminders.OFFICE}),
    Role.PRINCIPAL: frozenset({reminders.HEAD, reminders.PRINCIPAL}),
    Role.CONVENER: frozenset({reminders.HEAD}),
    Role.DECIDER: frozenset({reminders.HEAD}),
    Role.UNIT: frozenset(),
}
"""Rungs that a clock of each owner does without, because the owner is the one it would tell."""

Holder = tuple[str, str, int]
"""A role, its scope and the scope's id."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who has to do with a matter: the columns that say whose turn it is."""

    state: str
    lead_unit_id: int | None = None
    decider_id: int | None = None
    convener_user_id: int | None = None
    street_id: int | None = None
    station_id: int | None = None
    receipt_id: int | None = None


def role_holders() -> frozenset[Holder]:
    """Every role in every scope that somebody holds now: what nobody holds goes to the office. One query."""
    held = RoleAssignment.objects.filter(ended_at=None, user__is_active=True)
    return frozenset(held.order_by().values_list("role", "scope", "scope_id").distinct())


def _role_addressees(wanted: Iterable[Holder], holders: Collection[Holder]) -> list[Addressee]:
    return [to_role(role, scope, pk) for role, scope, pk in wanted if (role, scope, pk) in holders]


def owners_of(parties: Parties, holders: Collection[Holder]) -> list[Addressee]:
    """Who has the matter now, from the process table; the office when nobody holds that role for it.

    The raiser is told by the receipt; without one (a matter on paper, no contact) nobody is, which is empty.
    """
    owner = SIX_STEPS.state(parties.state).owner
    if owner == Role.RAISER:
        return [to_receipt(parties.receipt_id)] if parties.receipt_id else []
    found: list[Addressee] = []
    if owner == Role.CONVENER:
        if parties.convener_user_id:
            return [to_user(parties.convener_user_id)]
        for scope, pk in (
            (Scope.STATION, parties.station_id),
            (Scope.STREET, parties.street_id),
            (Scope.DISTRICT, 0),
        ):
            if pk is not None and not found:
                found = _role_addressees([(Role.CONVENER, scope, pk)], holders)
    elif owner == Role.DECIDER:
        found = _role_addressees([(owner, Scope.UNIT, parties.decider_id or 0)], holders)
    elif owner == Role.UNIT:
        found = _role_addressees([(owner, Scope.UNIT, parties.lead_unit_id or 0)], holders)
    elif owner == Role.PRINCIPAL:
        found = _role_addressees([(owner, Scope.DISTRICT, 0)], holders)
    elif parties.state == SIX_STEPS.initial and parties.station_id:
        # The station's liaison may triage what came to the station, beside the office.
        found = _role_addressees([(Role.LIAISON, Scope.STATION, parties.station_id)], holders)
        found.append(to_role(Role.OFFICE))
    return found or [to_role(Role.OFFICE)]


def audience_of(stage: Stage, parties: Parties, holders: Collection[Holder]) -> list[Addressee]:
    """Everybody who hears of a stage, each once."""
    found = owners_of(parties, holders)
    owner = SIX_STEPS.state(parties.state).owner
    if reminders.HEAD in stage.audience and owner == Role.UNIT:
        # A unit's head signs its decisions: who decides for it stands above who acts for it.
        found += _role_addressees([(Role.DECIDER, Scope.UNIT, parties.lead_unit_id or 0)], holders)
    if reminders.OFFICE in stage.audience:
        found.append(to_role(Role.OFFICE))
    if reminders.PRINCIPAL in stage.audience:
        found += _role_addressees([(Role.PRINCIPAL, Scope.DISTRICT, 0)], holders)
    return list(dict.fromkeys(found))


def stages_of(state_code: str, escalation: dict[str, int]) -> tuple[Stage, ...]:
    """The stages of a state's clock: the whole ladder where somebody is late, one word beforehand to a raiser whose
    matter moves on by itself, none where nobody has anything to do."""
    state = SIX_STEPS.state(state_code)
    if state.final or state.paused:
        return ()
    if state.clock is not None and state.clock.at_expiry is Expiry.MOVES_ON:
        return (reminders.BEFORE,) if state.owner == Role.RAISER else ()
    return reminders.ladder(escalation, without=REACHES_NOBODY_NEW.get(state.owner, frozenset()))
