"""Step 5, act (共同办事): units take on, object, report, ask for time, keep promises and finish with evidence."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from tongxin.core import clocks, receipts
from tongxin.core.actor import Actor
from tongxin.core.attachments import keep_images
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.files import CleanImage
from tongxin.core.models import Entry
from tongxin.core.receipts import Issued
from tongxin.core.redaction import find_personal_data, redact
from tongxin.directory.models import Unit
from tongxin.matters.actions.deciding import decision_data, write_decision
from tongxin.matters.actions.deliberating import speaks_as
from tongxin.matters.actions.raising import receipt_event
from tongxin.matters.actions.step import NotAllowed, lock_matter, take
from tongxin.matters.actions.triage import assign_units
from tongxin.matters.models import Decision, Extension, Handling, HelpOffer, Matter, Result
from tongxin.matters.rules import joint_unit_of, may_offer_help


@transaction.atomic
def reply_to_suggestion(
    matter: Matter,
    *,
    actor: Actor,
    result: str,
    reasons: str,
    workdays: int | None = None,
    promised_on: date | None = None,
    referred_to: str = "",
    seen_version: int | None,
    at: datetime | None = None,
) -> Decision:
    """The unit's reply to a micro-suggestion: done by when, later, or not and why. It is the unit's own decision.

    Adopted (wholly or partly) starts the unit's own deadline; later stands on the public list of promises until it is
    kept; not possible or referred goes to the raters with its reasons.
    """
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    decision = write_decision(
        matter,
        unit=matter.lead_unit,
        result=result,
        reasons=reasons,
        lead_unit=matter.lead_unit,
        joint_units=(),
        workdays=workdays,
        promised_on=promised_on,
        referred_to=referred_to,
        at=at,
    )
    decision.public_reasons = reasons
    decision.save(update_fields=["public_reasons"])
    name = "explain"
    if result in {Result.ADOPTED, Result.PARTLY}:
        name = "take_on"
    elif result == Result.LATER:
        name, matter.promised_on = "promise", promised_on
    else:
        matter.rating_round += 1
    take(
        matter,
        name,
        actor=actor,
        at=at,
        artefact=decision,
        text=reasons,
        data=decision_data(decision, ()),
        days=workdays if name == "take_on" else None,
    )
    return decision


@transaction.atomic
def accept_task(
    matter: Matter, *, actor: Actor, note: str = "", seen_version: int | None, at: datetime | None = None
) -> Matter:
    """The lead unit takes the task handed over; the decision's deadline begins to count."""
    matter = lock_matter(matter, seen_version=seen_version)
    decision = matter.decisions.latest("pk")
    take(matter, "accept_task", actor=actor, at=at, text=note, days=decision.workdays)
    return matter


@transaction.atomic
def object_task(
    matter: Matter,
    *,
    actor: Actor,
    reason: str,
    suggested_unit: Unit | None = None,
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """The unit objects with a reason and the unit it suggests; it never passes a matter on by itself."""
    matter = lock_matter(matter, seen_version=seen_version)
    take(
        matter,
        "object_task",
        actor=actor,
        at=at,
        artefact=reason or None,
        text=reason,
        data={"suggested_unit": suggested_unit.name if suggested_unit else None},
    )
    return matter


@transaction.atomic
def reassign_task(
    matter: Matter,
    *,
    actor: Actor,
    unit: Unit,
    reason: str = "",
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """The office answers an objection: another unit, or the same one with a reason."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    assign_units(matter, lead=unit, joint=[], at=at)
    name = "reassign" if matter.kind == "suggestion" else "reassign_full"
    take(matter, name, actor=actor, at=at, artefact=unit, text=reason, data={"lead_unit": unit.name})
    return matter


@transaction.atomic
def report_progress(
    matter: Matter,
    *,
    actor: Actor,
    text: str,
    before: Sequence[CleanImage] = (),
    after: Sequence[CleanImage] = (),
    seen_version: int | None,
    at: datetime | None = None,
) -> Entry:
    """Report progress in public, with photos before and after. The text has been previewed."""
    matter = lock_matter(matter, seen_version=seen_version)
    entry = take(matter, "report_progress", actor=actor, at=at, artefact=text or None, text=text)
    _keep_evidence(matter, entry, before, after)
    return entry


def _keep_evidence(
    matter: Matter, entry: Entry, before: Sequence[CleanImage], after: Sequence[CleanImage]
) -> None:
    for stage, images in (("before", before), ("after", after)):
        keep_images(images, dossier_id=matter.pk, stage=stage, entry_id=entry.pk, publication="public")


@transaction.atomic
def report_joint(
    matter: Matter, *, actor: Actor, text: str, seen_version: int | None, at: datetime | None = None
) -> Entry:
    """A joint unit (会办) leaves its opinion or its progress, under its own name; the lead unit's clock runs on."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    unit = joint_unit_of(actor, matter)
    entry = take(matter, "report_joint", actor=actor, at=at, artefact=text or None, text=text)
    Handling.objects.filter(matter=matter, unit=unit, ended_at=None, reported_at=None).update(reported_at=at)
    return entry


@transaction.atomic
def ask_extension(
    matter: Matter,
    *,
    actor: Actor,
    workdays: int,
    reason: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> Extension:
    """Ask for more working days, with a reason everybody can read."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    take(
        matter,
        "ask_extension",
        actor=actor,
        at=at,
        artefact=reason or None,
        text=reason,
        data={"workdays": workdays},
    )
    assert matter.lead_unit is not None
    return Extension.objects.create(
        matter=matter, unit=matter.lead_unit, workdays=workdays, reason=reason, asked_at=at
    )


@transaction.atomic
def answer_extension(
    matter: Matter,
    *,
    actor: Actor,
    is_granted: bool,
    answer: str,
    workdays: int | None = None,
    seen_version: int | None,
    at: datetime | None = None,
) -> Extension:
    """Grant or refuse more time. Granting may give fewer days than were asked for."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    extension = Extension.objects.select_for_update().filter(matter=matter, is_granted=None).first()
    days = workdays or (extension.workdays if extension else 0)
    if is_granted and extension is not None:
        clocks.extend(matter, at=at, days=days)
    take(
        matter,
        "answer_extension",
        actor=actor,
        at=at,
        artefact=answer or None,
        text=answer,
        data={
            "is_granted": is_granted,
            "workdays": days if is_granted else 0,
            "due_on": matter.due_on.isoformat() if is_granted and matter.due_on else None,
        },
    )
    assert extension is not None  # the guard has_open_extension held
    extension.is_granted, extension.answer, extension.answered_at = is_granted, answer, at
    extension.workdays = days if is_granted else extension.workdays
    extension.save(update_fields=["is_granted", "answer", "answered_at", "workdays"])
    return extension


@transaction.atomic
def offer_help(
    matter: Matter,
    *,
    actor: Actor,
    token: str,
    text: str,
    by_label: str = "",
    contact: ContactGiven | None = None,
    at: datetime | None = None,
) -> tuple[HelpOffer, Issued]:
    """A resident, member or firm offers help; the lead unit answers."""
    at = at or timezone.now()
    receipts.claim(token)
    repeat = receipts.find_repeat(token)
    if repeat is not None:
        return HelpOffer.objects.get(receipt=repeat.receipt), repeat
    matter = lock_matter(matter, seen_version=None)
    if not may_offer_help(matter):
        raise NotAllowed("offer_help")
    _role, label = speaks_as(actor)
    kept = keep_contact(contact, at=at) if contact else None
    issued = receipts.issue(
        token,
        dossier_id=matter.pk,
        role="help",
        label=label,
        user_id=actor.user_id,
        contact_id=kept.pk if kept else None,
    )
    offer = HelpOffer.objects.create(
        matter=matter,
        receipt=issued.receipt,
        by_label=by_label or label,
        text=text,
        public_text=redact(text, find_personal_data(text)),
        at=at,
    )
    receipt_event("help.offered", matter, at=at, data={"help": offer.pk})
    return offer, issued


@transaction.atomic
def answer_help(
    matter: Matter,
    *,
    actor: Actor,
    offer: HelpOffer,
    answer: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> HelpOffer:
    """The lead unit answers an offer of help, in public."""
    matter = lock_matter(matter, seen_version=seen_version)
    if offer.matter_id != matter.pk or offer.answered_at:
        raise NotAllowed("answer_help")
    at = at or timezone.now()
    take(
        matter,
        "accept_help",
        actor=actor,
        at=at,
        artefact=answer or None,
        text=answer,
        data={"help": offer.pk},
    )
    offer.answer, offer.answered_at = answer, at
    offer.save(update_fields=["answer", "answered_at"])
    return offer


@transaction.atomic
def take_up_promise(
    matter: Matter,
    *,
    actor: Actor,
    workdays: int,
    text: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """Begin to keep a promise: from now on it has a deadline like any other task."""
    matter = lock_matter(matter, seen_version=seen_version)
    take(
        matter,
        "take_up_promise",
        actor=actor,
        at=at,
        artefact=workdays,
        text=text,
        data={"workdays": workdays},
        days=workdays,
    )
    matter.promised_on = None
    matter.save(update_fields=["promised_on"])
    return matter


@transaction.atomic
def finish_action(
    matter: Matter,
    *,
    actor: Actor,
    report: str,
    before: Sequence[CleanImage] = (),
    after: Sequence[CleanImage] = (),
    seen_version: int | None,
    at: datetime | None = None,
) -> Entry:
    """Done, with a report and evidence; now everyone rates. "Done" by the unit is not "solved" until people say so."""
    matter = lock_matter(matter, seen_version=seen_version)
    matter.rating_round += 1
    entry = take(matter, "finish", actor=actor, at=at, artefact=report or None, text=report)
    _keep_evidence(matter, entry, before, after)
    return entry
