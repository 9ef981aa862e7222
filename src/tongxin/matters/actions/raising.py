"""Step 1, raise (群众提事): a matter comes in, people join it, answer questions about it, or withdraw it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core import clocks, receipts
from tongxin.core.actor import Actor
from tongxin.core.contacts import ContactGiven, keep_contact
from tongxin.core.history import write_entry
from tongxin.core.models import Dossier
from tongxin.core.numbering import NUMBER, Series
from tongxin.core.process import Publication, Transition
from tongxin.core.receipts import Issued, Opening
from tongxin.core.text import search_document
from tongxin.core.together import Write, insertion, mark_written
from tongxin.directory.models import Area, Workstation
from tongxin.matters.actions.step import NotAllowed, lock_matter, take
from tongxin.matters.hearing import event_heard
from tongxin.matters.models import Category, Matter, MatterKind, Outcome, Question, Source
from tongxin.matters.process import RAISE, SIX_STEPS
from tongxin.matters.rules import is_raiser

SERIES = {MatterKind.SUGGESTION: "S", MatterKind.CONSULTATION: "C"}
"""Series letters in addresses; on paper they read 微建议 and 微协商."""

RAISED = Transition(
    "raise",
    (),
    "raised",
    "提事",
    (Role.RESIDENT, Role.LIAISON),
    "matter.raised",
    publication=Publication.INTERNAL,
)
RESIDENT_LABEL = "居民"


@dataclass(frozen=True, slots=True)
class Raised:
    """A matter just raised, with what its raiser is told once."""

    matter: Matter
    issued: Issued


def passer_by() -> Actor:
    """Somebody without an account."""
    return Actor(role=Role.RESIDENT, label=RESIDENT_LABEL)


def _place_in(area: Area) -> Area | None:
    """The street an area belongs to."""
    return area if area.level == Area.Level.STREET else area.parent


def raise_matter(
    *,
    actor: Actor,
    token: str,
    text: str,
    area: Area,
    title: str = "",
    place: str = "",
    category: Category | None = None,
    station: Workstation | None = None,
    source: str = Source.PHONE,
    contact: ContactGiven | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    photos: list[Any] | None = None,
    at: datetime | None = None,
) -> Raised:
    """Take a matter in and issue its receipt. Anybody may; a liaison may on behalf of somebody.

    The same ``token`` sent again, also at the same moment, returns the same matter and receipt. ``photos`` are
    cleaned images. Rule: the same clocks and the same publication for matters from a phone, a desk or on paper.
    """
    return receipts.once(
        token,
        lambda opening: _raise(
            opening,
            actor=actor,
            token=token,
            text=text,
            area=area,
            title=title,
            place=place,
            category=category,
            station=station,
            source=source,
            contact=contact,
            latitude=latitude,
            longitude=longitude,
            photos=photos or [],
            at=at or timezone.now(),
        ),
        lambda repeat: Raised(Matter.objects.get(pk=repeat.receipt.dossier_id), repeat),
    )


def _raise(
    opening: Opening,
    *,
    actor: Actor,
    token: str,
    text: str,
    area: Area,
    title: str,
    place: str,
    category: Category | None,
    station: Workstation | None,
    source: str,
    contact: ContactGiven | None,
    latitude: float | None,
    longitude: float | None,
    photos: list[Any],
    at: datetime,
) -> Raised:
    today = timezone.localtime(at).date()
    dossier = Dossier(pk=opening.dossier, kind="matter", created_at=at)
    issued = receipts.prepare(
        token,
        pk=opening.receipt,
        dossier_id=dossier.pk,
        role="raise",
        label=RESIDENT_LABEL,
    )
    matter = Matter(
        dossier=dossier,
        kind=MatterKind.SUGGESTION.value,
        state=SIX_STEPS.initial,
        title=(title or text.strip().splitlines()[0])[:60],
        original_text=text,
        category=category,
        area=area,
        street=_place_in(area),
        station=station,
        place=place,
        latitude=latitude,
        longitude=longitude,
        source=source,
        entered_by_id=actor.user_id,
        receipt=issued.receipt,
        stepped_on={RAISE.code: today.isoformat()},
        salt=secrets.token_hex(16),
        created_at=at,
        updated_at=at,
    )
    clock = clocks.started(matter, SIX_STEPS.state(matter.state), at=at, calendar=opening.calendar)
    # Without contact and photos nothing is asked inside: begin, what is written and the commit are sent together.
    with transaction.atomic():
        if contact:
            issued.receipt.contact = keep_contact(contact, at=at)
        if photos:
            from tongxin.core.attachments import keep_images

            keep_images(photos, dossier_id=dossier.pk, stage="raised")
        matter.search = search_words(matter)
        along = [
            insertion(dossier),
            insertion(issued.receipt),
            insertion(clock),
            insertion(matter, number=NUMBER, search="to_tsvector('simple', %s)"),
        ]
        write_entry(
            matter,
            RAISED,
            step=RAISE.code,
            actor=actor,
            at=at,
            text="",
            data={"source": str(source), "area": area.code, "category": category.code if category else None},
            along=along,
            series=Series(SERIES[MatterKind.SUGGESTION], today.year),
            key=opening.entry,
        )
        mark_written(dossier, issued.receipt, matter, clock)
    del matter.search  # the database holds the document made of these words; a later save leaves it alone
    return Raised(matter, issued)


def search_words(matter: Matter) -> str:
    """What the search finds a matter by: bigrams of its title and its public or, before that, original words."""
    return search_document(f"{matter.title} {matter.text or matter.original_text}")


def index_text(matter: Matter) -> None:
    """Write the search document: bigrams of title, text and original words, in the transaction of the change."""
    words = search_words(matter)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE matters_matter SET search = to_tsvector('simple', %s) WHERE dossier_id = %s",
            [words, matter.pk],
        )


@transaction.atomic
def join_matter(
    matter: Matter,
    *,
    actor: Actor,
    token: str,
    contact: ContactGiven | None = None,
    at: datetime | None = None,
) -> Issued:
    """ "I have this too": one more person behind an open public matter, with a tracking code of their own."""
    at = at or timezone.now()
    receipts.claim(token)
    repeat = receipts.find_repeat(token)
    if repeat is not None:
        return repeat
    matter = lock_matter(matter, seen_version=None)
    if matter.publication != Publication.PUBLIC or SIX_STEPS.state(matter.state).final:
        raise NotAllowed("join")
    kept = keep_contact(contact, at=at) if contact else None
    issued = receipts.issue(
        token,
        dossier_id=matter.pk,
        role="me_too",
        label=RESIDENT_LABEL,
        user_id=actor.user_id,
        contact_id=kept.pk if kept else None,
    )
    matter.me_too_count += 1
    matter.save(update_fields=["me_too_count"])
    receipt_event("matter.joined", matter, at=at, data={"me_too": matter.me_too_count})
    return issued


def receipt_event(
    event: str,
    matter: Matter,
    *,
    at: datetime,
    data: dict[str, Any],
    is_public: bool = True,
    along: Sequence[Write] = (),
) -> None:
    """A ledger entry for something that stands in its own table and needs no line in the history.

    ``along`` are other writes of the act, sent in the same statement.
    """
    from tongxin.core import ledger

    ledger.append(
        event,
        body=receipt_body(matter, data),
        at=at,
        dossier_id=matter.pk,
        is_public=is_public,
        along=[*along, *event_heard(event, matter, at=at, data=data)],
    )


def receipt_body(matter: Matter, data: dict[str, Any]) -> dict[str, Any]:
    """What the ledger says of such an event."""
    return {"number": matter.number, "data": data}


@transaction.atomic
def answer_question(
    matter: Matter, *, actor: Actor, answer: str, seen_version: int | None, photos: list[Any] | None = None
) -> Matter:
    """The raiser gives what was asked for; the triage clock counts on. Only the holder of the tracking code may."""
    matter = lock_matter(matter, seen_version=seen_version)
    question = Question.objects.filter(matter=matter, answered_at=None).last()
    take(matter, "answer_more", actor=actor, artefact=answer or None)
    now = timezone.now()
    if question is not None:
        question.answer, question.answered_at = answer, now
        question.save(update_fields=["answer", "answered_at"])
    if photos:
        from tongxin.core.attachments import keep_images

        keep_images(photos, dossier_id=matter.pk, stage="raised")
    return matter


@transaction.atomic
def withdraw_matter(matter: Matter, *, actor: Actor, seen_version: int | None) -> Matter:
    """The raiser takes the matter back before it is accepted."""
    matter = lock_matter(matter, seen_version=seen_version)
    matter.outcome = Outcome.WITHDRAWN
    take(matter, "withdraw", actor=actor)
    return matter


@transaction.atomic
def withdraw_consent(matter: Matter, *, actor: Actor, receipt_id: int) -> None:
    """Erase the contact behind a receipt; the ledger stays whole because it never held it."""
    from tongxin.core.contacts import erase_contact
    from tongxin.core.models import Receipt

    receipt = Receipt.objects.select_for_update().get(pk=receipt_id, dossier_id=matter.pk)
    if actor.receipt_id != receipt.pk and not is_raiser(actor, matter):
        raise NotAllowed("withdraw_consent")
    if receipt.contact_id:
        contact_id = receipt.contact_id
        receipt.contact = None
        receipt.save(update_fields=["contact"])
        erase_contact(contact_id)
        receipt_event("contact.erased", matter, at=timezone.now(), data={}, is_public=False)
