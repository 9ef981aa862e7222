"""Triage: the office or the station's liaison accepts, asks for more, merges, refers elsewhere or declines."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.models import Attachment
from tongxin.core.numbering import take_number
from tongxin.core.process import Publication
from tongxin.core.redaction import find_personal_data, redact
from tongxin.directory.models import Member, Unit
from tongxin.matters.actions.raising import SERIES, index_text
from tongxin.matters.actions.step import NotAllowed, lock_matter, take
from tongxin.matters.models import (
    Category,
    DeclineGround,
    Handling,
    HandlingRole,
    Matter,
    MatterKind,
    Outcome,
    Question,
)
from tongxin.matters.rules import may_read_raiser
from tongxin.outcomes.actions import link


def _publish_text(matter: Matter, title: str, text: str, category: Category) -> None:
    """Set what the public reads: the triage has seen the preview of likely personal data and settled the wording."""
    matter.title, matter.text, matter.category = title, text, category
    matter.publication = Publication.PUBLIC.value


def assign_units(matter: Matter, *, lead: Unit, joint: list[Unit], ask: str = "", at: datetime) -> None:
    """Name the lead unit and the joint ones, with what these are asked to contribute; earlier parts end."""
    Handling.objects.filter(matter=matter, ended_at=None).update(ended_at=at)
    Handling.objects.create(matter=matter, unit=lead, role=HandlingRole.LEAD, assigned_at=at)
    for unit in joint:
        if unit.pk != lead.pk:
            Handling.objects.create(
                matter=matter, unit=unit, role=HandlingRole.JOINT, ask=ask, assigned_at=at
            )
    matter.lead_unit = lead


@transaction.atomic
def ask_more(
    matter: Matter, *, actor: Actor, question: str, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """Ask the raiser for more; the triage clock pauses until the answer."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    take(matter, "ask_more", actor=actor, at=at, artefact=question or None, text=question)
    Question.objects.create(matter=matter, text=question, asked_at=at)
    return matter


@transaction.atomic
def accept_suggestion(
    matter: Matter,
    *,
    actor: Actor,
    title: str,
    text: str,
    category: Category,
    lead_unit: Unit,
    joint_units: list[Unit] | None = None,
    joint_ask: str = "",
    workdays: int | None = None,
    note: str = "",
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """Accept as a micro-suggestion and hand it to a unit by letter (转办函)."""
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    _publish_text(matter, title, text, category)
    matter.kind = MatterKind.SUGGESTION.value
    assign_units(matter, lead=lead_unit, joint=joint_units or [], ask=joint_ask, at=at)
    matter.decider = lead_unit
    take(
        matter,
        "accept_suggestion",
        actor=actor,
        at=at,
        artefact=text or None,
        text=note,
        data={
            "kind": matter.kind,
            "lead_unit": lead_unit.name,
            "joint_units": [u.name for u in joint_units or []],
        },
        days=workdays,
    )
    index_text(matter)
    return matter


@transaction.atomic
def accept_consultation(
    matter: Matter,
    *,
    actor: Actor,
    title: str,
    text: str,
    category: Category,
    decider: Unit,
    convener: Member | None = None,
    workdays: int | None = None,
    note: str = "",
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """Accept as a micro-consultation, with a convener and the body that will decide.

    The matter gets a number of the full form's series; the number its raiser knows stays good as an alias.
    """
    matter = lock_matter(matter, seen_version=seen_version)
    at = at or timezone.now()
    _publish_text(matter, title, text, category)
    earlier = matter.number
    if matter.kind != MatterKind.CONSULTATION:
        matter.kind = MatterKind.CONSULTATION.value
        matter.number = take_number(
            matter.pk, series=SERIES[MatterKind.CONSULTATION], year=timezone.localtime(at).year
        ).slug
    matter.convener, matter.decider = convener, decider
    take(
        matter,
        "accept_consultation",
        actor=actor,
        at=at,
        artefact=text or None,
        text=note,
        data={"kind": matter.kind, "earlier_number": earlier, "decider": decider.name},
        days=workdays,
    )
    index_text(matter)
    return matter


@transaction.atomic
def merge_matter(
    matter: Matter, *, actor: Actor, survivor: Matter, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """Merge into a similar public matter: whoever raised or joined this one follows the survivor.

    Raises ValueError when the survivor is the matter itself, is merged or ended, or is not public.
    """
    first, second = sorted([matter.pk, survivor.pk])
    if first == second:
        raise ValueError("a matter cannot be merged into itself")
    # Both rows in one order, so that two merges crossing each other cannot wait for one another.
    list(Matter.objects.select_for_update().filter(pk__in=[first, second]).order_by("pk"))
    matter = lock_matter(matter, seen_version=seen_version)
    survivor = Matter.objects.get(pk=survivor.pk)
    if survivor.publication != Publication.PUBLIC or survivor.state in {
        "merged",
        "referred",
        "declined",
        "withdrawn",
        "closed",
    }:
        raise ValueError("the surviving matter must be public and open")
    at = at or timezone.now()
    matter.survivor, matter.outcome = survivor, Outcome.MERGED
    take(
        matter,
        "merge",
        actor=actor,
        at=at,
        artefact=survivor,
        data={"survivor": survivor.number},
    )
    Matter.objects.filter(pk=survivor.pk).update(
        me_too_count=F("me_too_count") + matter.me_too_count + 1, merged_count=F("merged_count") + 1
    )
    # Matters merged into this one earlier follow on.
    Matter.objects.filter(survivor=matter).update(survivor=survivor)
    link(source_id=matter.pk, target_id=survivor.pk, kind="merged")
    return matter


@transaction.atomic
def refer_matter(
    matter: Matter,
    *,
    actor: Actor,
    refer_to: str,
    reply: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """Refer elsewhere (for example to the 12345 hotline), with a reply to the raiser."""
    matter = lock_matter(matter, seen_version=seen_version)
    matter.outcome = Outcome.REFERRED
    take(matter, "refer", actor=actor, at=at, artefact=reply or None, text=reply, data={"refer_to": refer_to})
    return matter


@transaction.atomic
def decline_matter(
    matter: Matter,
    *,
    actor: Actor,
    ground: str,
    reply: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """Decline on one of the configured grounds, with a reply to the raiser."""
    matter = lock_matter(matter, seen_version=seen_version)
    matter.outcome = Outcome.DECLINED
    take(
        matter,
        "decline",
        actor=actor,
        at=at,
        artefact=reply or None,
        text=reply,
        data={"ground": DeclineGround(ground).value},
    )
    return matter


@transaction.atomic
def publish_photos(matter: Matter, *, actor: Actor, words: Mapping[str, str]) -> None:
    """Make the chosen photos of the raiser public, with what each shows; the others stay with the office.

    ``words`` maps a photo's token to its description, which has been previewed and is what a screen reader says. Call
    it in the transaction of the step that publishes the matter: that step's entry tells the page cache.
    """
    if not may_read_raiser(actor, matter):
        raise NotAllowed("publish_photos")
    photos = Attachment.objects.filter(dossier_id=matter.pk, stage=Attachment.Stage.RAISED)
    photos.update(publication=Publication.INTERNAL.value)
    for token, told in words.items():
        photos.filter(token=token).update(publication=Publication.PUBLIC.value, description=told)


def suggested_public_text(text: str) -> str:
    """The raiser's words with likely personal data masked: what the triage form starts from."""
    return redact(text, find_personal_data(text))
