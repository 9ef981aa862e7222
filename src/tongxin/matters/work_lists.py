"""What waits for whom: each role's list of what to do, overdue first, with its figures, filters and pages."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, DateField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.models import RecordNumber
from tongxin.directory.models import Area
from tongxin.matters.models import Extension, Matter
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.routing import suggested_units_of
from tongxin.matters.rules import may_read_raiser
from tongxin.matters.selectors import (
    CAN_BE_LATE,
    LIST_FIELDS,
    Filters,
    Suggestion,
    filtered,
    joint_parts,
    of_committees,
    overdue,
)

PAGE_SIZE = 50
MOST_SUGGESTED = 8
REOPEN_DAYS = 90
SUNDAY = 6
NO_DAY = date(9999, 12, 31)
"""Stands for "no due date" in the order of a list: after every other."""
ROLE_ORDER = (
    Role.OFFICE, Role.LIAISON, Role.CONVENER, Role.MEMBER, Role.DECIDER, Role.UNIT, Role.PRINCIPAL
)  # fmt: skip

WORK_STATES: dict[str, tuple[str, ...]] = {
    Role.OFFICE: ("raised", "decided", "published", "objected"),
    Role.LIAISON: ("raised",),
    Role.CONVENER: ("deliberating",),
    Role.MEMBER: ("deliberating",),
    Role.DECIDER: ("deciding",),
    Role.UNIT: ("assigned", "handed_over", "acting", "promised"),
    Role.PRINCIPAL: ("escalated",),
}
"""In which states a matter waits for each role; the office also answers extensions and follows what escalated."""

JOINT_STATES = WORK_STATES[Role.UNIT]

WORK_LABELS: dict[str, Any] = {
    "raised": _("待审核"),
    "deliberating": _("要协商"),
    "deciding": _("待决定"),
    "decided": _("待公示"),
    "published": _("公示中"),
    "objected": _("待改派"),
    "extension": _("待批延期"),
    "escalated": _("提级督办"),
    "assigned": _("待答复"),
    "handed_over": _("待接办"),
    "acting": _("在办"),
    "promised": _("已承诺"),
    "joint": _("请我们会办"),
    "chase": _("别人超期的"),
}
"""The kinds of work, in the order of the tabs: most are a state; ``chase`` is what others are late with."""

DUE_CHOICES: dict[str, Any] = {
    "overdue": _("已超期"),
    "today": _("今天到期"),
    "week": _("本周到期"),
    "later": _("以后到期"),
    "provisional": _("期限暂定"),
}


def _waiting(actor: Actor) -> Q:
    wanted = Q(pk__in=[])
    for assignment in actor.assignments:
        states = WORK_STATES.get(assignment.role)
        if states is None:
            continue
        here = Q(state__in=states)
        if assignment.role == Role.OFFICE:
            here |= Q(state="acting") & Q(_has_open_extension())
            here |= Q(state="escalated")
            if assignment.scope == Scope.COMMITTEE:
                here &= of_committees([assignment.scope_id])
        elif assignment.role == Role.LIAISON or (
            assignment.role == Role.CONVENER and assignment.scope == Scope.STATION
        ):
            here &= Q(station_id=assignment.scope_id)
        elif assignment.role == Role.CONVENER and assignment.scope == Scope.STREET:
            here &= Q(street_id=assignment.scope_id)
        elif assignment.role == Role.MEMBER:
            here &= Q(convener__user_id=actor.user_id)
        elif assignment.role == Role.DECIDER:
            here &= Q(decider_id=assignment.scope_id)
        elif assignment.role == Role.UNIT:
            asked = joint_parts([assignment.scope_id]).filter(reported_at=None)
            here &= Q(lead_unit_id=assignment.scope_id) | Q(Exists(asked))
        wanted |= here
    return wanted


def _has_open_extension() -> Exists:
    return Exists(Extension.objects.filter(matter_id=OuterRef("pk"), is_granted=None))


def own_units(actor: Actor) -> set[int]:
    """The units for which the actor acts."""
    return actor.scope_ids(Role.UNIT, Scope.UNIT)


def _kind_of_work(actor: Actor) -> Case:
    """Which tab a matter of the actor's list belongs to: its state, an extension to answer, or a joint part."""
    units = own_units(actor)
    cases = [When(state__in=JOINT_STATES, lead_unit_id__in=units, then=F("state"))] if units else []
    if actor.has(Role.OFFICE):
        cases.append(When(Q(state="acting") & Q(_has_open_extension()), then=Value("extension")))
    cases.append(When(state__in=JOINT_STATES, then=Value("joint")))
    return Case(*cases, default=F("state"), output_field=CharField())


def work_of(actor: Actor) -> QuerySet[Any]:
    """Everything that waits for the actor in any of their roles, overdue first; ``work`` is the kind of work."""
    return _in_order(Matter.objects.filter(_waiting(actor)).annotate(work=_kind_of_work(actor)))


def _in_order(queryset: QuerySet[Matter]) -> QuerySet[Matter]:
    day = Coalesce("due_on", Cast(Value(NO_DAY), DateField()))
    return queryset.annotate(due_order=day).order_by("is_paused", "due_order", "pk")


def may_chase(actor: Actor) -> bool:
    """Whether the actor urges others: the office, within its scope, and the principals."""
    return actor.has(Role.OFFICE) or actor.has(Role.PRINCIPAL)


def chase_of(actor: Actor) -> QuerySet[Any]:
    """What others are late with, the longest first: for whoever may urge them."""
    if not may_chase(actor):
        return _in_order(Matter.objects.none())
    mine = {role for role in (Role.OFFICE, Role.PRINCIPAL) if actor.has(role)}
    states = [code for code in CAN_BE_LATE if SIX_STEPS.state(code).owner not in {*mine, Role.RAISER}]
    states = [code for code in states if code != "escalated"]  # nobody urges the principals
    queryset = overdue(Matter.objects.filter(state__in=states), timezone.localdate())
    if not (actor.has(Role.OFFICE, Scope.DISTRICT) or actor.has(Role.PRINCIPAL)):
        queryset = queryset.filter(of_committees(actor.scope_ids(Role.OFFICE, Scope.COMMITTEE)))
    if not actor.has(Role.OFFICE):
        queryset = queryset.filter(publication="public")
    return _in_order(queryset.annotate(work=Value("chase", output_field=CharField())))


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """What stands above a work list; ``by_work`` says how many wait of each kind, the total is their sum."""

    total: int
    to_triage: int
    overdue: int
    due_today: int
    by_work: dict[str, int]
    chase: int
    reopened: int
    sample: int

    @property
    def reopen_percent(self) -> int:
        """Share of reopened matters in per cent of the sample; 0 without a sample."""
        return round(100 * self.reopened / self.sample) if self.sample else 0


def work_figures(actor: Actor) -> WorkFigures:
    """The figures of an actor's work list, with the reopen rate of the last 90 days and its sample.

    One query for the tabs; one for the reopen rate; one more for whoever urges others.
    """
    today = timezone.localdate()
    late = Q(due_on__lt=today, is_paused=False, state__in=CAN_BE_LATE)
    rows = list(
        work_of(actor)
        .order_by()
        .values("work")
        .annotate(n=Count("pk"), late=Count("pk", filter=late), today=Count("pk", filter=Q(due_on=today)))
    )
    counts = {row["work"]: row["n"] for row in rows}
    rated = _own_matters(actor).filter(
        rating_round__gt=0, updated_at__gte=timezone.now() - timedelta(days=REOPEN_DAYS)
    )
    rate = rated.aggregate(sample=Count("pk"), reopened=Count("pk", filter=Q(reopen_count__gt=0)))
    return WorkFigures(
        total=sum(counts.values()),
        to_triage=counts.get("raised", 0),
        overdue=sum(row["late"] for row in rows),
        due_today=sum(row["today"] for row in rows),
        by_work={code: counts[code] for code in WORK_LABELS if code in counts},
        chase=chase_of(actor).order_by().count() if may_chase(actor) else 0,
        **rate,
    )


def _own_matters(actor: Actor) -> QuerySet[Matter]:
    """Public matters of the actor's own scope: a unit's own, a station's own, else the district's."""
    public = Matter.objects.filter(publication="public")
    units = own_units(actor) | actor.scope_ids(Role.DECIDER, Scope.UNIT)
    stations = actor.scope_ids(Role.LIAISON, Scope.STATION)
    if actor.has(Role.OFFICE) or actor.has(Role.PRINCIPAL) or not (units or stations):
        return public
    return public.filter(Q(lead_unit_id__in=units) | Q(station_id__in=stations))


@dataclass(frozen=True, slots=True)
class WorkFilters:
    """What a work list can be narrowed to; all optional, all in the address."""

    role: str = ""
    work: str = ""
    step: str = ""
    area: str = ""
    category: str = ""
    unit: str = ""
    kind: str = ""
    due: str = ""
    words: str = ""
    number: str = ""

    def is_any(self) -> bool:
        """Whether anything narrows the list."""
        return any(getattr(self, one.name) for one in fields(self))


def _narrowed(queryset: QuerySet[Any], asked: WorkFilters) -> QuerySet[Any]:
    today = timezone.localdate()
    sunday = today + timedelta(days=SUNDAY - today.weekday())
    if asked.work and asked.work != "chase":
        queryset = queryset.filter(work=asked.work)
    due = {
        "today": Q(due_on=today),
        "week": Q(due_on__gte=today, due_on__lte=sunday),
        "later": Q(due_on__gt=sunday),
        "provisional": Q(is_due_provisional=True),
    }
    if asked.due in due:
        queryset = queryset.filter(due[asked.due])
    if asked.number:
        queryset = queryset.filter(pk__in=RecordNumber.objects.filter(slug=asked.number).values("dossier_id"))
    return filtered(
        queryset,
        Filters(
            area=asked.area,
            step=asked.step,
            kind=asked.kind,
            category=asked.category,
            unit=asked.unit,
            overdue=asked.due == "overdue",
            words="" if asked.number else asked.words,
        ),
    )


@dataclass(slots=True)
class WorkRow:
    """A line of the work list: the matter, in which role it waits, and the units suggested for it."""

    matter: Any
    role: str
    suggested: list[Suggestion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WorkPage:
    """One page of a work list, the cursor of the next one, and whether there is a page before."""

    rows: list[WorkRow]
    next_cursor: str
    has_previous: bool


def work_page(actor: Actor, asked: WorkFilters, cursor: str = "") -> WorkPage:
    """A page of 50 of what waits for the actor, overdue first, narrowed by filters. One query at any depth.

    The cursor names the last row seen; one that can't be read is the first page. Suggestions are worked out for at
    most eight raised matters of a page.
    """
    me = in_role(actor, asked.role)
    queryset, cursor = _after(_asked_of(me, asked), cursor)
    queryset = queryset.select_related(*LIST_FIELDS, "street", "station", "convener")
    found: list[Any] = list(queryset[: PAGE_SIZE + 1])
    matters = found[:PAGE_SIZE]
    raised = [m for m in matters if m.state == "raised" and may_read_raiser(actor, m)]
    suggested = suggested_units_of(raised[:MOST_SUGGESTED])
    return WorkPage(
        [WorkRow(m, waits_for(me, m), suggested.get(m.pk, [])) for m in matters],
        _cursor_of(matters[-1]) if len(found) > PAGE_SIZE else "",
        bool(cursor),
    )


def _asked_of(me: Actor, asked: WorkFilters) -> QuerySet[Any]:
    """What waits for somebody (or what others are late with), narrowed by filters, in the order of the list."""
    return _narrowed(chase_of(me) if asked.work == "chase" else work_of(me), asked)


def work_rows(actor: Actor, asked: WorkFilters, limit: int) -> Iterator[Matter]:
    """The same list from its beginning, without pages, up to ``limit`` rows. One query, read by pieces."""
    queryset = _asked_of(in_role(actor, asked.role), asked).select_related(*LIST_FIELDS, "street")
    return queryset[:limit].iterator(chunk_size=500)


def in_role(actor: Actor, role: str) -> Actor:
    """The actor in one of their roles only; in all of them without one."""
    if not role:
        return actor
    return replace(actor, assignments=frozenset(a for a in actor.assignments if a.role == role))


def _cursor_of(matter: Any) -> str:
    return f"{int(matter.is_paused)}.{matter.due_order.toordinal()}.{matter.pk}"


def _after(rows: QuerySet[Matter], cursor: str) -> tuple[QuerySet[Matter], str]:
    """What comes after a cursor, and the cursor; one that can't be read is none."""
    parts = cursor.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 18 for part in parts):
        return rows, ""
    is_paused, ordinal, last = (int(part) for part in parts)
    if is_paused > 1 or not 0 < ordinal <= NO_DAY.toordinal():
        return rows, ""
    day = date.fromordinal(ordinal)
    later = Q(due_order__gt=day) | Q(due_order=day, pk__gt=last)
    return rows.filter(Q(is_paused=True) & later if is_paused else Q(is_paused=True) | later), cursor


def waits_for(actor: Actor, matter: Matter) -> str:
    """The role of the actor in which a matter of their work list waits for them."""
    for role in ROLE_ORDER:
        if actor.has(role) and matter.state in WORK_STATES[role]:
            return role
    return next((role for role in ROLE_ORDER if actor.has(role)), "")


def choices_of_places() -> list[tuple[str, str]]:
    """Streets, for the filter: (code, name). One query."""
    return list(Area.objects.filter(level=Area.Level.STREET).order_by("code").values_list("code", "name"))
