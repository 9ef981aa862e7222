"""A member's visit: written down once, every concern heard in it raised as a matter with a receipt of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tongxin.core import ledger, receipts
from tongxin.core.actor import Actor
from tongxin.core.contacts import ContactGiven
from tongxin.core.crypto import lookup_digest
from tongxin.core.models import Dossier
from tongxin.core.receipts import Issued
from tongxin.directory.models import Area, Member, Workstation
from tongxin.duty.actions.record import note_deed
from tongxin.duty.models import Visit, VisitConcern
from tongxin.duty.rules_reception import NotYours, may_record_visit_of
from tongxin.matters.actions.raising import raise_matter
from tongxin.matters.models import Category, Source
from tongxin.matters.work_selectors import station_of_area

MOST_CONCERNS = 5


@dataclass(frozen=True, slots=True)
class VisitGiven:
    """What was written of a visit. ``words`` stay internal."""

    member: Member
    kind: str
    area: Area
    visited_at: datetime
    people_met: int = 1
    companions: Sequence[Member] = ()
    words: str = ""
    was_offline: bool = False


@dataclass(frozen=True, slots=True)
class ConcernGiven:
    """One concern heard; ``photos`` are cleaned images."""

    text: str
    place: str = ""
    category: Category | None = None
    contact: ContactGiven | None = None
    photos: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class VisitRecorded:
    """The visit, the receipts of its concerns in their order, and whether it was there before."""

    visit: Visit
    issued: list[Issued]
    is_repeat: bool


def token_digest(token: str) -> str:
    """Under which a visit's form is known."""
    return lookup_digest(token, settings.SECRET_KEY)


def concern_token(token: str, position: int) -> str:
    """The token of a concern (from 1), made of its visit's: the same form again makes the same receipts."""
    return f"{token}:{position}"


def receipts_of_visit(visit: Visit, token: str) -> list[Issued]:
    """The receipts of a visit's concerns, for who holds the form's token. One query a concern, five at most."""
    found = [receipts.find_repeat(concern_token(token, concern.position)) for concern in visit.concerns.all()]
    return [issued for issued in found if issued is not None]


@transaction.atomic
def record_visit(
    *,
    actor: Actor,
    token: str,
    given: VisitGiven,
    concerns: Sequence[ConcernGiven] = (),
    at: datetime | None = None,
) -> VisitRecorded:
    """Write a visit down: the member, or the liaison of their station or the office for them.

    The same ``token`` sent again, also at the same moment or days later, gives the visit that is there with the
    receipts it gave. At most :data:`MOST_CONCERNS` concerns. Raises :class:`NotYours`. Rule: every concern heard
    becomes a matter, with the clocks and the publication of any other.
    """
    at = at or timezone.now()
    if not may_record_visit_of(actor, given.member):
        raise NotYours
    assert actor.user_id is not None
    receipts.claim(token)
    before = Visit.objects.filter(token_digest=token_digest(token)).first()
    if before is not None:
        return VisitRecorded(before, receipts_of_visit(before, token), True)
    visit = Visit.objects.create(
        dossier=Dossier.objects.create(kind="visit", created_at=at),
        member=given.member,
        area=given.area,
        kind=given.kind,
        visited_at=given.visited_at,
        people_met=given.people_met,
        words=given.words,
        entered_by_id=actor.user_id,
        entered_at=at,
        was_offline=given.was_offline,
        token_digest=token_digest(token),
    )
    companions = [one for one in dict.fromkeys(given.companions) if one.pk != given.member.pk]
    visit.companions.set(companions)
    station = station_of_area(given.area)
    issued = [
        _raise(visit, position, concern, actor=actor, token=token, station=station, at=at)
        for position, concern in enumerate(concerns[:MOST_CONCERNS], start=1)
    ]
    _note(visit, [given.member, *companions])
    ledger.append(
        "visit.recorded",
        body={"kind": visit.kind, "area": given.area.code, "concerns": len(issued)},
        at=at,
        dossier_id=visit.pk,
    )
    return VisitRecorded(visit, issued, False)


def _raise(
    visit: Visit,
    position: int,
    concern: ConcernGiven,
    *,
    actor: Actor,
    token: str,
    station: Workstation | None,
    at: datetime,
) -> Issued:
    made = raise_matter(
        actor=actor,
        token=concern_token(token, position),
        text=concern.text,
        area=visit.area,
        place=concern.place,
        category=concern.category,
        station=station,
        source=Source.VISIT,
        contact=concern.contact,
        photos=list(concern.photos),
        at=at,
    )
    VisitConcern.objects.create(visit=visit, matter_id=made.matter.pk, position=position)
    return made.issued


def _note(visit: Visit, members: Sequence[Member]) -> None:
    """A line in the diary of each who went."""
    for member in members:
        note_deed(
            member.pk,
            "visit",
            f"visit:{visit.pk}:{member.pk}",
            at=visit.visited_at,
            source_id=visit.pk,
            data={"area": visit.area.name, "kind": visit.kind, "concerns": visit.concerns.count()},
        )
