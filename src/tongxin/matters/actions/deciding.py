"""Step 3, decide (研究定事): the responsible body decides and answers what was said."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.deliberation.models import View
from tongxin.directory.models import Unit
from tongxin.matters.actions.step import lock_matter, take
from tongxin.matters.models import Decision, Matter, Result


@transaction.atomic
def decide_matter(
    matter: Matter,
    *,
    actor: Actor,
    result: str,
    reasons: str,
    answers: Mapping[int, str],
    lead_unit: Unit | None = None,
    joint_units: Sequence[Unit] = (),
    joint_ask: str = "",
    workdays: int | None = None,
    promised_on: date | None = None,
    referred_to: str = "",
    seen_version: int | None,
    at: datetime | None = None,
) -> Decision:
    """The deciding body's own decision, with reasons and an answer to each consensus and dissent.

    ``answers`` maps a view's id to the answer. The same body may answer anew when the decision is returned to it.

    Only accounts of the deciding body may; conference accounts can't decide. Goes public at the publication, after
    the office's preview.
    """
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    for view in View.objects.filter(dossier_id=matter.pk, kind__in=View.TO_ANSWER):
        answer = answers.get(view.pk, "").strip()
        if answer:
            view.answer, view.answered_at = answer, at
            view.save(update_fields=["answer", "answered_at"])
    decision = write_decision(
        matter,
        unit=matter.decider,
        result=result,
        reasons=reasons,
        lead_unit=lead_unit,
        joint_units=joint_units,
        joint_ask=joint_ask,
        workdays=workdays,
        promised_on=promised_on,
        referred_to=referred_to,
        at=at,
    )
    take(
        matter,
        "decide",
        actor=actor,
        at=at,
        artefact=decision,
        text=reasons,
        data=decision_data(decision, joint_units),
    )
    return decision


def write_decision(
    matter: Matter,
    *,
    unit: Unit | None,
    result: str,
    reasons: str,
    lead_unit: Unit | None,
    joint_units: Sequence[Unit],
    joint_ask: str = "",
    workdays: int | None,
    promised_on: date | None,
    referred_to: str,
    at: datetime,
) -> Decision:
    assert unit is not None  # a matter in this state always has its deciding body
    decision = Decision.objects.create(
        matter=matter,
        unit=unit,
        result=Result(result),
        reasons=reasons,
        lead_unit=lead_unit,
        joint_ask=joint_ask,
        workdays=workdays,
        promised_on=promised_on,
        referred_to=referred_to,
        at=at,
    )
    decision.joint_units.set(joint_units)
    return decision


def decision_data(decision: Decision, joint_units: Sequence[Unit]) -> dict[str, Any]:
    return {
        "result": str(decision.result),
        "unit": decision.unit.name,
        "lead_unit": decision.lead_unit.name if decision.lead_unit else None,
        "joint_units": [unit.name for unit in joint_units],
        "workdays": decision.workdays,
        "promised_on": decision.promised_on.isoformat() if decision.promised_on else None,
        "referred_to": decision.referred_to,
    }
