"""Reads of the staff pages: choices of forms, the search, what one matter's page shows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.models import Attachment, Contact, Entry, Receipt, RecordNumber
from tongxin.deliberation.models import Comment, Meeting, View
from tongxin.directory.models import Area, Committee, Member, Unit, Workstation
from tongxin.matters.models import (
    BulkDeed,
    Category,
    Decision,
    Extension,
    HelpOffer,
    Matter,
    Objection,
    Question,
    Rating,
)
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import may_read_raiser, urged_today
from tongxin.matters.selectors import (
    LIST_FIELDS,
    Filters,
    after_cursor,
    cursor_of,
    filtered,
    of_committees,
    overdue,
    visible_matters,
    with_joint_ids,
)

PAGE_SIZE = 50


# Choices of the forms


def active_units() -> QuerySet[Unit]:
    """Units in use, departments first."""
    return Unit.objects.filter(is_active=True).order_by("kind", "code")


def active_categories() -> QuerySet[Category]:
    """Categories in use."""
    return Category.objects.filter(is_active=True)


def committees() -> QuerySet[Committee]:
    """The special committees."""
    return Committee.objects.all()


def active_members(station_first: int | None = None) -> QuerySet[Member]:
    """Members in office; those posted to the station first."""
    members = Member.objects.filter(is_active=True)
    if station_first is None:
        return members
    posted = Exists(Member.objects.filter(pk=OuterRef("pk"), postings__station_id=station_first))
    return members.annotate(is_posted=posted).order_by("-is_posted", "code")


def communities() -> QuerySet[Area]:
    """Streets and communities, each street before its communities."""
    return Area.objects.exclude(level=Area.Level.DISTRICT).select_related("parent").order_by("code")


def station_of_area(area: Area) -> Workstation | None:
    """The workstation of a community, or of its street when it has none."""
    places = [area.pk, *([area.parent_id] if area.parent_id else [])]
    found = {s.area_id: s for s in Workstation.objects.filter(area_id__in=places, is_active=True)}
    return found.get(area.pk) or (found.get(area.parent_id) if area.parent_id else None)


def stations_of(actor: Actor) -> list[Workstation]:
    """The workstations the actor runs or is posted to. One query."""
    scope = Q(
        pk__in=actor.scope_ids(Role.LIAISON, Scope.STATION) | actor.scope_ids(Role.CONVENER, Scope.STATION)
    )
    if actor.has(Role.MEMBER):
        scope |= Q(postings__member__user_id=actor.user_id)
    return list(Workstation.objects.filter(scope).select_related("area").distinct()[:5])


# Lists beside the work list


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One page of a search, the cursor of the next one, and whether there is a page before."""

    rows: list[Any]
    next_cursor: str
    has_previous: bool


def to_rate(actor: Actor, limit: int = 20) -> list[Matter]:
    """Public matters open for rating in which the actor took part or which their unit handled, not rated yet."""
    took_part = Q(pk__in=[])
    keys: list[str] = []
    if actor.has(Role.MEMBER) and actor.user_id is not None:
        own_words = Receipt.objects.filter(dossier_id=OuterRef("pk"), user_id=actor.user_id)
        took_part |= Q(convener__user_id=actor.user_id) | Q(Exists(own_words))
        keys.append(f"u{actor.user_id}")
    units = actor.scope_ids(Role.UNIT, Scope.UNIT)
    if units:
        took_part |= Q(lead_unit_id__in=units)
        keys += [f"unit{pk}" for pk in units]
    if not keys:
        return []
    rated = Rating.objects.filter(
        matter_id=OuterRef("pk"), round=OuterRef("rating_round"), rater_key__in=keys
    )
    return list(
        Matter.objects.filter(took_part, publication="public", state__in=["rating", "following_up"])
        .exclude(Exists(rated))
        .select_related(*LIST_FIELDS)
        .order_by("due_on", "pk")[:limit]
    )


def find_matters(
    actor: Actor, *, words: str = "", number: str = "", state: str = "", late: bool = False, cursor: str = ""
) -> FoundPage:
    """Matters the actor may see, newest change first: by number when there is one, by words, by state. One query.

    Matters that are not public are found only by those who may read the raiser's words.
    """
    queryset = visible_matters(actor).filter(_readable(actor))
    if number:
        queryset = queryset.filter(pk__in=RecordNumber.objects.filter(slug=number).values("dossier_id"))
    elif words:
        queryset = filtered(queryset, Filters(words=words))
    if state:
        queryset = queryset.filter(state=state)
    if late:
        queryset = overdue(queryset, timezone.localdate())
    rows, cursor = after_cursor(with_joint_ids(queryset), cursor)
    rows = rows.order_by("-updated_at", "-dossier_id")
    found = list(rows.select_related(*LIST_FIELDS, "street", "station", "convener")[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    more = cursor_of(shown[-1].updated_at, shown[-1].pk) if len(found) > PAGE_SIZE else ""
    return FoundPage(shown, more, bool(cursor))


def _readable(actor: Actor) -> Q:
    scope = Q(publication="public") | Q(station_id__in=actor.scope_ids(Role.LIAISON, Scope.STATION))
    committees = actor.scope_ids(Role.OFFICE, Scope.COMMITTEE)
    if committees:
        scope |= of_committees(committees)
    return Q() if actor.has(Role.OFFICE, Scope.DISTRICT) else scope


def matters_chosen(actor: Actor, numbers: Sequence[str]) -> list[Matter]:
    """The visible matters with these numbers, at most one page of them."""
    chosen = visible_matters(actor).filter(_readable(actor), number__in=list(numbers)[:PAGE_SIZE])
    urged = Entry.objects.filter(urged_today(), dossier_id=OuterRef("pk"))
    chosen = with_joint_ids(chosen).annotate(was_urged_today=Exists(urged))
    chosen = chosen.select_related(*LIST_FIELDS, "street", "station", "convener")
    return list(chosen.order_by("is_paused", "due_on", "pk"))


def bulk_deed(actor: Actor, pk: int) -> BulkDeed | None:
    """What the actor did to several matters at once; nobody else's."""
    return BulkDeed.objects.filter(pk=pk, user=actor.user_id).first()


# One matter's page


def readable_entries(matter: Matter, actor: Actor, limit: int = 200) -> list[Entry]:
    """The history as far as the actor may read it, newest first.

    Internal entries are for those who may read the raiser's words; a deciding body also reads its own decision.
    """
    rows = Entry.objects.filter(dossier_id=matter.pk)
    if not may_read_raiser(actor, matter):
        own = Q(publication="public")
        if actor.has(Role.MEMBER) or actor.has(Role.OFFICE) or actor.has(Role.PRINCIPAL):
            own |= Q(publication="members")
        if matter.decider_id is not None and actor.has(Role.DECIDER, Scope.UNIT, matter.decider_id):
            own |= Q(event="matter.decided")
        rows = rows.filter(own)
    return list(rows.prefetch_related("attachments")[:limit])


def raised_photos(matter: Matter) -> list[Attachment]:
    """The raiser's photos."""
    return list(Attachment.objects.filter(dossier_id=matter.pk, stage=Attachment.Stage.RAISED))


def contact_of(matter: Matter) -> Contact | None:
    """The contact its raiser gave, if they did and haven't taken it back."""
    contact = Contact.objects.filter(receipts__raised_matter=matter).first()
    return contact if contact and contact.withdrawn_at is None else None


def comments_for_moderation(matter: Matter, limit: int = 50) -> list[Comment]:
    """The newest comments, those removed included."""
    return list(Comment.objects.filter(dossier_id=matter.pk)[:limit])


def comment_of(matter: Matter, pk: int) -> Comment | None:
    """One comment of this matter."""
    return Comment.objects.filter(pk=pk, dossier_id=matter.pk).first()


def questions_of(matter: Matter) -> list[Question]:
    """What was asked of the raiser, and the answers."""
    return list(Question.objects.filter(matter=matter))


def open_objections(matter: Matter) -> list[Objection]:
    """Objections that wait for an answer, the oldest first."""
    return list(Objection.objects.filter(matter=matter, answered_at=None)[:50])


def open_offers(matter: Matter) -> list[HelpOffer]:
    """Offers of help that wait for an answer, the oldest first."""
    return list(HelpOffer.objects.filter(matter=matter, answered_at=None)[:50])


def open_extension(matter: Matter) -> Extension | None:
    """The extension asked for and not answered."""
    return Extension.objects.filter(matter=matter, is_granted=None).select_related("unit").first()


def meetings_to_come(matter: Matter) -> list[Meeting]:
    """Meetings that may still be cancelled: no minutes yet."""
    return list(
        Meeting.objects.filter(dossier_id=matter.pk, cancelled_at=None, closed_at=None, minutes_at=None)
    )


def held_meetings(matter: Matter) -> list[Meeting]:
    """Meetings that have begun and wait for their minutes."""
    return list(
        Meeting.objects.filter(
            dossier_id=matter.pk, cancelled_at=None, minutes_at=None, starts_at__lte=timezone.now()
        )
    )


def minuted_meetings(matter: Matter) -> list[Meeting]:
    """Meetings whose minutes are recorded, the latest first."""
    held = Meeting.objects.filter(dossier_id=matter.pk, cancelled_at=None, minutes_at__isnull=False)
    return list(held.order_by("-starts_at")[:20])


def views_to_answer(matter: Matter) -> list[View]:
    """Every consensus and dissent that the decision must answer, in the order they were recorded."""
    return list(View.objects.filter(dossier_id=matter.pk, kind__in=View.TO_ANSWER))


def latest_decision(matter: Matter) -> Decision | None:
    """The decision that counts."""
    return (
        Decision.objects.filter(matter=matter)
        .select_related("unit", "lead_unit")
        .prefetch_related("joint_units")
        .order_by("-pk")
        .first()
    )


def handlings_of(matter: Matter) -> list[Any]:
    """The units at work on it now, the lead one first."""
    rows = matter.handlings.filter(ended_at=None).select_related("unit")
    return sorted(rows, key=lambda handling: (handling.role != "lead", handling.pk))


def ask_of(matter: Matter, unit_id: int | None) -> str:
    """What a unit with a joint part is asked to contribute; empty when nothing was said."""
    part = matter.handlings.filter(ended_at=None, unit=unit_id).first()
    return part.ask if part else ""


def merged_into(matter: Matter, limit: int = 20) -> list[Matter]:
    """Matters merged into this one."""
    return list(Matter.objects.filter(survivor=matter).order_by("pk")[:limit])


def matter_of_dossier(pk: int) -> Matter:
    """The matter of a dossier, with its place."""
    return Matter.objects.select_related("area", "street", "station").get(pk=pk)


PLACE_OF_OWNER = {Role.DECIDER: "decider_id", Role.UNIT: "lead_unit_id", Role.CONVENER: "street_id"}
"""The column that says at which place the process table's owner of a state works."""


def waiting_by_place() -> dict[tuple[str, int], int]:
    """How many matters wait for whoever holds a role in a place (its number), by the process table. One query.

    A station's liaison is counted what came to it and awaits triage, which the office may do as well.
    """
    columns = ("state", "station_id", *PLACE_OF_OWNER.values())
    rows = Matter.objects.filter(state__in=SIX_STEPS.open_states()).order_by().values(*columns)
    counted: Counter[tuple[str, int]] = Counter()
    for row in rows.annotate(n=Count("pk")):
        owner = SIX_STEPS.state(row["state"]).owner
        if place := row.get(PLACE_OF_OWNER.get(owner, "")):
            counted[owner, place] += row["n"]
        if row["state"] == SIX_STEPS.initial and row["station_id"]:
            counted[Role.LIAISON, row["station_id"]] += row["n"]
    return counted
