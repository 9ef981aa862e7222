"""Step 4, publish (公开晒事): the decision stands in public, objections are answered, the period ends."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tongxin.core import receipts
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.receipts import Issued
from tongxin.core.redaction import find_personal_data, redact
from tongxin.matters.actions.deciding import decision_data
from tongxin.matters.actions.raising import RESIDENT_LABEL, receipt_event
from tongxin.matters.actions.step import NotAllowed, lock_matter, take
from tongxin.matters.actions.triage import assign_units
from tongxin.matters.models import Matter, Objection, Result
from tongxin.matters.rules import may_object


@transaction.atomic
def publish_decision(
    matter: Matter,
    *,
    actor: Actor,
    public_text: str,
    workdays: int | None = None,
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """Publish the decision after the personal-data preview, and open the objection period (at least 5 working days)."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    least = int(settings.TONGXIN["objection_days"])
    days = max(least, workdays or least)
    matter.objections_until = local_calendar().add_workdays(timezone.localtime(at).date(), days)
    decision = matter.decisions.latest("pk")
    decision.public_reasons = public_text
    decision.save(update_fields=["public_reasons"])
    take(
        matter,
        "publish_decision",
        actor=actor,
        at=at,
        artefact=public_text or None,
        text=public_text,
        data={
            **decision_data(decision, list(decision.joint_units.all())),
            "objections_until": matter.objections_until.isoformat(),
        },
        days=days + 2,
    )
    return matter


@transaction.atomic
def object_to_decision(
    matter: Matter,
    *,
    actor: Actor,
    token: str,
    text: str,
    contact: ContactGiven | None = None,
    at: datetime | None = None,
) -> tuple[Objection, Issued]:
    """Object while the decision is published. Everybody may; each objection must be answered."""
    at = at or timezone.now()
    receipts.claim(token)
    repeat = receipts.find_repeat(token)
    if repeat is not None:
        return Objection.objects.get(receipt=repeat.receipt), repeat
    matter = lock_matter(matter, seen_version=None)
    if not may_object(matter, timezone.localtime(at).date()):
        raise NotAllowed("object")
    kept = keep_contact(contact, at=at) if contact else None
    issued = receipts.issue(
        token,
        dossier_id=matter.pk,
        role="objection",
        label=RESIDENT_LABEL,
        user_id=actor.user_id,
        contact_id=kept.pk if kept else None,
    )
    objection = Objection.objects.create(
        matter=matter,
        receipt=issued.receipt,
        text=text,
        public_text=redact(text, find_personal_data(text)),
        at=at,
    )
    receipt_event("objection.filed", matter, at=at, data={"objection": objection.pk})
    return objection, issued


@transaction.atomic
def answer_objection(
    matter: Matter,
    *,
    actor: Actor,
    objection: Objection,
    answer: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> Objection:
    """Answer an objection, in public."""
    matter = lock_matter(matter, seen_version=seen_version)
    if objection.matter_id != matter.pk or objection.answered_at:
        raise NotAllowed("answer_objection")
    at = at or timezone.now()
    entry = take(
        matter,
        "answer_objection",
        actor=actor,
        at=at,
        artefact=answer or None,
        text=answer,
        data={"objection": objection.pk},
    )
    objection.answer, objection.answered_at, objection.answered_by_label = answer, at, entry.actor_label
    objection.save(update_fields=["answer", "answered_at", "answered_by_label"])
    return objection


@transaction.atomic
def return_decision(matter: Matter, *, actor: Actor, reason: str, seen_version: int | None) -> Matter:
    """An objection holds: the deciding body looks at it again."""
    matter = lock_matter(matter, seen_version=seen_version)
    take(matter, "return_decision", actor=actor, artefact=reason or None, text=reason)
    return matter


@transaction.atomic
def conclude_publication(
    matter: Matter, *, actor: Actor, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """After the objection period: hand over what is adopted, keep promises open, ask for ratings of the rest."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    decision = matter.decisions.latest("pk")
    joint = list(decision.joint_units.all())
    if decision.result in {Result.ADOPTED, Result.PARTLY}:
        lead = decision.lead_unit or decision.unit
        assign_units(matter, lead=lead, joint=joint, ask=decision.joint_ask, at=at)
        take(matter, "hand_over", actor=actor, at=at, data=decision_data(decision, joint))
    elif decision.result == Result.LATER:
        lead = decision.lead_unit or decision.unit
        assign_units(matter, lead=lead, joint=joint, ask=decision.joint_ask, at=at)
        matter.promised_on = decision.promised_on
        take(matter, "keep_promise_open", actor=actor, at=at, data=decision_data(decision, joint))
    else:
        matter.rating_round += 1
        take(matter, "ask_rating", actor=actor, at=at, data=decision_data(decision, joint))
    return matter
