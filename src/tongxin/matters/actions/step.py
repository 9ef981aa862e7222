"""The one way a matter moves: check the rule, let the engine move it, run the clocks, write the history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core import clocks
from tongxin.core.actor import Actor
from tongxin.core.history import lock, write_entry
from tongxin.core.models import Entry
from tongxin.core.process import Publication
from tongxin.core.together import replacement
from tongxin.deliberation.actions.conversations import end_with_step
from tongxin.directory.models import Committee, Unit
from tongxin.matters.models import Matter
from tongxin.matters.process import DELIBERATE, SIX_STEPS
from tongxin.matters.rules import GUARDS, HOLDS_FOR, capacity, committee_of, joint_unit_of, may_take

SYSTEM_LABEL = "系统（按规则自动）"


class NotAllowed(Exception):
    """The actor holds no role that may do this to this matter. To them it does not exist (404)."""


def lock_matter(matter: Matter, *, seen_version: int | None) -> Matter:
    """The matter's row, locked, with what the rules read. Raises ``Conflict`` when it moved on since it was seen."""
    return lock(Matter, matter.pk, seen_version=seen_version)


def as_capacity(actor: Actor, role: str, matter: Matter, *, joint_unit: int | None = None) -> Actor:
    """The actor under the public name of the capacity in which they act: an office or a unit, not a person.

    A special committee's office and a joint unit act under their own names.
    """
    names = {
        "office": "政协办公室",
        "liaison": matter.station.name + "联络员" if matter.station else "联络员",
        "convener": "召集人",
        "principal": "党政领导",
        "raiser": "提事人",
        "system": SYSTEM_LABEL,
    }
    if role == "decider" and matter.decider:
        label = matter.decider.name
    elif role == "unit" and joint_unit is not None:
        label = Unit.objects.get(pk=joint_unit).name
    elif role == "unit" and matter.lead_unit:
        label = matter.lead_unit.name
    elif role == "office" and not actor.has(Role.OFFICE, Scope.DISTRICT):
        committee = committee_of(actor, matter)
        label = Committee.objects.get(pk=committee).name if committee else names[role]
    else:
        label = names.get(role, actor.label)
    return replace(actor, role=role, label=label)


def take(
    matter: Matter,
    name: str,
    *,
    actor: Actor,
    at: datetime | None = None,
    artefact: object | None = None,
    text: str = "",
    data: Mapping[str, Any] | None = None,
    internal_note: str = "",
    publication: Publication | None = None,
    days: int | None = None,
) -> Entry:
    """Take one transition of the table with a matter that the caller has locked, and save it.

    ``days`` are working days for the new state's clock where the step itself sets them. Raises :class:`NotAllowed`,
    ``StepNotReached``, ``GuardFailed`` or ``ArtefactMissing``; then nothing has changed.
    """
    at = at or timezone.now()
    transition = SIX_STEPS.transition(name)
    if not may_take(actor, transition, matter):
        raise NotAllowed(name)
    joint = joint_unit_of(actor, matter) if name in HOLDS_FOR else None
    acting = as_capacity(actor, capacity(actor, transition, matter), matter, joint_unit=joint)
    before = SIX_STEPS.state(matter.state)
    SIX_STEPS.move(matter, name, guards=GUARDS, artefact=artefact)
    after = SIX_STEPS.state(matter.state)
    if (
        before.step is DELIBERATE
        and after.step is not DELIBERATE
        and (ended := end_with_step(matter.pk, at=at))
    ):
        data = {**(data or {}), "conversation": ended}
    if after is not before:
        if after.paused:
            clocks.pause(matter, at=at)
        elif before.paused and not after.final:
            clocks.resume(matter, at=at)
        else:
            clocks.start(matter, after, at=at, days=days)
        if after.step is not before.step and not after.final:
            matter.stepped_on = {
                **matter.stepped_on,
                after.step.code: timezone.localtime(at).date().isoformat(),
            }
    matter.updated_at = at
    return write_entry(
        matter,
        transition,
        step=before.step.code
        if transition.target is None
        else _step_shown(before.step.code, after.step.code, name),
        actor=acting,
        at=at,
        text=text,
        data=data,
        internal_note=internal_note,
        publication=publication,
        along=[replacement(matter)],
    )


def _step_shown(before: str, after: str, name: str) -> str:
    """An artefact belongs to the step that left it, so the entry stands under the step it was taken from."""
    return after if name in {"accept_suggestion", "accept_consultation", "reopen", "redo"} else before
