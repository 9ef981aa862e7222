"""Reads of the staff pages: work lists with their figures, suggestions with evidence, what one matter's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.models import Attachment, Contact, Entry, Receipt, RecordNumber
from tongxin.deliberation.models import Comment, Meeting, View
from tongxin.directory.models import Area, Member, Unit, Workstation
from tongxin.matters.models import (
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
from tongxin.matters.routing import suggested_units_of
from tongxin.matters.rules import may_read_raiser
from tongxin.matters.selectors import (
    LIST_FIELDS,
    WORK_STATES,
    Filters,
    Suggestion,
    filtered,
    overdue,
    visible_matters,
    work_of,
)

PAGE_SIZE = 50
MOST_PAGES = 200
MOST_SUGGESTED = 8
REOPEN_DAYS = 90
ROLE_ORDER = (
    Role.OFFICE, Role.LIAISON, Role.CONVENER, Role.MEMBER, Role.DECIDER, Role.UNIT, Role.PRINCIPAL
)  # fmt: skip


# Choices of the forms


def active_units() -> QuerySet[Unit]:
    """Units in use, departments first."""
    return Unit.objects.filter(is_active=True).order_by("kind", "code")


def active_categories() -> QuerySet[Category]:
    """Categories in use."""
    return Category.objects.filter(is_active=True)


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


# The work list


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """What stands above a work list; ``by_state`` says how many wait in each state, the total is their sum."""

    total: int
    to_triage: int
    overdue: int
    due_today: int
    by_state: dict[str, int]
    reopened: int
    sample: int

    @property
    def reopen_percent(self) -> int:
        """Share of reopened matters in per cent of the sample; 0 without a sample."""
        return round(100 * self.reopened / self.sample) if self.sample else 0


def work_figures(actor: Actor) -> WorkFigures:
    """The figures of an actor's work list, with the reopen rate of the last 90 days and its sample. Two queries."""
    today = timezone.localdate()
    late = Q(due_on__lt=today, is_paused=False)
    rows = list(
        work_of(actor)
        .order_by()
        .values("state")
        .annotate(n=Count("pk"), late=Count("pk", filter=late), today=Count("pk", filter=Q(due_on=today)))
    )
    by_state = {row["state"]: row["n"] for row in rows}
    rated = _own_matters(actor).filter(
        rating_round__gt=0, updated_at__gte=timezone.now() - timedelta(days=REOPEN_DAYS)
    )
    rate = rated.aggregate(sample=Count("pk"), reopened=Count("pk", filter=Q(reopen_count__gt=0)))
    return WorkFigures(
        total=sum(by_state.values()),
        to_triage=by_state.get("raised", 0),
        overdue=sum(row["late"] for row in rows),
        due_today=sum(row["today"] for row in rows),
        by_state=dict(sorted(by_state.items(), key=lambda pair: _state_order(pair[0]))),
        **rate,
    )


def _state_order(code: str) -> int:
    return next(i for i, state in enumerate(SIX_STEPS.states) if state.code == code)


def _own_matters(actor: Actor) -> QuerySet[Matter]:
    """Public matters of the actor's own scope: a unit's own, a station's own, else the district's."""
    public = Matter.objects.filter(publication="public")
    units = actor.scope_ids(Role.UNIT, Scope.UNIT) | actor.scope_ids(Role.DECIDER, Scope.UNIT)
    stations = actor.scope_ids(Role.LIAISON, Scope.STATION)
    if actor.has(Role.OFFICE) or actor.has(Role.PRINCIPAL) or not (units or stations):
        return public
    return public.filter(Q(lead_unit_id__in=units) | Q(station_id__in=stations))


@dataclass(slots=True)
class WorkRow:
    """A line of the work list: the matter, in which role it waits, and the units suggested for it."""

    matter: Matter
    role: str
    suggested: list[Suggestion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WorkPage:
    """One page of a list: its rows, its number and whether there is another."""

    rows: list[Any]
    number: int
    has_more: bool


def work_page(actor: Actor, *, page: int = 1, state: str = "", role: str = "") -> WorkPage:
    """A page of 50 of what waits for the actor, overdue first, narrowed to a state or a role. Two queries.

    Suggestions are worked out for at most eight raised matters of a page.
    """
    page = max(1, min(page, MOST_PAGES))
    asked = actor
    if role:
        asked = replace(actor, assignments=frozenset(a for a in actor.assignments if a.role == role))
    queryset = work_of(asked).select_related("convener")
    if state:
        queryset = queryset.filter(state=state)
    start = (page - 1) * PAGE_SIZE
    found = list(queryset[start : start + PAGE_SIZE + 1])
    matters = found[:PAGE_SIZE]
    raised = [m for m in matters if m.state == "raised" and may_read_raiser(actor, m)]
    suggested = suggested_units_of(raised[:MOST_SUGGESTED])
    rows = [WorkRow(m, waits_for(asked, m), suggested.get(m.pk, [])) for m in matters]
    rows.sort(key=lambda row: ROLE_ORDER.index(row.role) if row.role in ROLE_ORDER else len(ROLE_ORDER))
    return WorkPage(rows, page, len(found) > PAGE_SIZE)


def waits_for(actor: Actor, matter: Matter) -> str:
    """The role of the actor in which a matter of their work list waits for them."""
    for role in ROLE_ORDER:
        if actor.has(role) and matter.state in WORK_STATES[role]:
            return role
    return next((role for role in ROLE_ORDER if actor.has(role)), "")


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
    actor: Actor, *, words: str = "", number: str = "", state: str = "", late: bool = False, page: int = 1
) -> WorkPage:
    """Matters the actor may see, newest change first: by number when there is one, by words, by state. One query.

    Matters that are not public are found only by those who may read the raiser's words.
    """
    page = max(1, min(page, MOST_PAGES))
    queryset = visible_matters(actor).filter(_readable(actor))
    if number:
        queryset = queryset.filter(pk__in=RecordNumber.objects.filter(slug=number).values("dossier_id"))
    elif words:
        queryset = filtered(queryset, Filters(words=words))
    if state:
        queryset = queryset.filter(state=state)
    if late:
        queryset = overdue(queryset, timezone.localdate())
    start = (page - 1) * PAGE_SIZE
    rows = queryset.order_by("-updated_at", "-pk").select_related(
        *LIST_FIELDS, "street", "station", "convener"
    )
    found = list(rows[start : start + PAGE_SIZE + 1])
    return WorkPage(found[:PAGE_SIZE], page, len(found) > PAGE_SIZE)


def _readable(actor: Actor) -> Q:
    scope = Q(publication="public") | Q(station_id__in=actor.scope_ids(Role.LIAISON, Scope.STATION))
    return Q() if actor.has(Role.OFFICE, Scope.DISTRICT) else scope


def matters_chosen(actor: Actor, numbers: Sequence[str]) -> list[Matter]:
    """The visible matters with these numbers, at most one page of them."""
    chosen = visible_matters(actor).filter(_readable(actor), number__in=list(numbers)[:PAGE_SIZE])
    return list(chosen.select_related(*LIST_FIELDS, "street", "station", "convener").order_by("pk"))


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
        if actor.has(Role.OFFICE) or (
            matter.decider_id is not None and actor.has(Role.DECIDER, Scope.UNIT, matter.decider_id)
        ):
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


def meetings_of(matter: Matter) -> list[Meeting]:
    """All meetings with who attended."""
    return list(Meeting.objects.filter(dossier_id=matter.pk).prefetch_related("attendance"))


def meetings_to_come(matter: Matter) -> list[Meeting]:
    """Meetings that may still be cancelled: no minutes yet."""
    return list(Meeting.objects.filter(dossier_id=matter.pk, cancelled_at=None, minutes_at=None))


def held_meetings(matter: Matter) -> list[Meeting]:
    """Meetings that have begun and wait for their minutes."""
    return list(
        Meeting.objects.filter(
            dossier_id=matter.pk, cancelled_at=None, minutes_at=None, starts_at__lte=timezone.now()
        )
    )


def dissent_of(matter: Matter) -> list[View]:
    """Every dissent the minutes recorded."""
    return list(View.objects.filter(dossier_id=matter.pk, kind=View.Kind.DISSENT))


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


def merged_into(matter: Matter, limit: int = 20) -> list[Matter]:
    """Matters merged into this one."""
    return list(Matter.objects.filter(survivor=matter).order_by("pk")[:limit])


def matter_of_dossier(pk: int) -> Matter:
    """The matter of a dossier, with its place."""
    return Matter.objects.select_related("area", "street", "station").get(pk=pk)
