"""Reads of matters: what somebody may see, what is due, what the public pages show. No page counts at read time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.models import RecordNumber
from tongxin.core.prepared import Prepared
from tongxin.core.process import Publication
from tongxin.core.text import search_query
from tongxin.deliberation.models import Meeting
from tongxin.matters.models import Handling, HandlingRole, Matter, Objection
from tongxin.matters.process import SIX_STEPS

LIST_FIELDS = ("area", "lead_unit", "category", "decider")
CAN_BE_LATE = tuple(
    s.code for s in SIX_STEPS.states if not s.final and s.code not in {"watched", "rating", "following_up"}
)
"""States in which somebody has to do something by a day; in the others the day is the end of a period."""


def public_matters() -> QuerySet[Matter]:
    """What everybody may see."""
    return Matter.objects.filter(publication=Publication.PUBLIC)


def visible_matters(actor: Actor | None) -> QuerySet[Matter]:
    """What the actor may see: the public part, and what their roles put before them. The rest does not exist."""
    if actor is None or not actor.assignments:
        return public_matters()
    if (
        actor.has(Role.OFFICE, Scope.DISTRICT)
        or actor.has(Role.PRINCIPAL)
        or actor.has(Role.CONVENER, Scope.DISTRICT)
    ):
        return Matter.objects.all()
    scope = Q(publication=Publication.PUBLIC)
    committees = actor.scope_ids(Role.OFFICE, Scope.COMMITTEE)
    if committees:
        scope |= Q(publication=Publication.MEMBERS) | of_committees(committees)
    if actor.has(Role.MEMBER):
        scope |= Q(publication=Publication.MEMBERS) | Q(convener__user_id=actor.user_id)
    stations = actor.scope_ids(Role.LIAISON, Scope.STATION) | actor.scope_ids(Role.CONVENER, Scope.STATION)
    if stations:
        scope |= Q(station_id__in=stations)
    streets = actor.scope_ids(Role.CONVENER, Scope.STREET)
    if streets:
        scope |= Q(street_id__in=streets)
    units = actor.scope_ids(Role.UNIT, Scope.UNIT) | actor.scope_ids(Role.DECIDER, Scope.UNIT)
    if units:
        scope |= Q(lead_unit_id__in=units) | Q(decider_id__in=units)
    return Matter.objects.filter(scope)


def of_committees(committees: Collection[int]) -> Q:
    """Matters of special committees: a member of theirs convenes, or the category is routed to them."""
    return Q(convener__committee_id__in=committees) | Q(category__committee_id__in=committees)


def joint_parts(units: Collection[int]) -> QuerySet[Handling]:
    """Joint and separate parts that these units have now, of the matter outside."""
    parts = Handling.objects.filter(matter_id=OuterRef("pk"), ended_at=None, unit_id__in=units)
    return parts.exclude(role=HandlingRole.LEAD)


def with_joint_ids(queryset: QuerySet[Matter]) -> QuerySet[Matter]:
    """Read along which units have a joint part, so that the rules ask nothing more for each row."""
    parts = Handling.objects.filter(matter_id=OuterRef("pk"), ended_at=None).exclude(role=HandlingRole.LEAD)
    return queryset.annotate(joint_ids=ArraySubquery(parts.order_by("pk").values("unit_id")))


PAGE_FIELDS = (
    "area",
    "street",
    "station",
    "category",
    "convener",
    "decider",
    "lead_unit",
    "survivor",
    "dossier",
    "dossier__conversation",
)
_public_by_number = Prepared(
    lambda number: public_matters().filter(number=number).select_related(*PAGE_FIELDS).defer("original_text"),
    number=str,
)
_to_rate = Prepared(
    lambda number: (
        public_matters()
        .filter(number=number)
        .only("number", "publication", "state", "version", "rating_round", "receipt_id", "lead_unit_id")
    ),
    number=str,
)


def matter_to_rate(number: str) -> Matter | None:
    """The public matter with this present number, with no more than a rating asks of it. One query."""
    return _to_rate.first(number=number)


def matter_by_number(number: str, actor: Actor | None = None) -> Matter | None:
    """The visible matter with this number or an earlier one of it, with what its page shows of its own row."""
    if actor is None:
        matter = _public_by_number.first(number=number)
        if matter is not None:
            return matter
    queryset = visible_matters(actor).select_related(*PAGE_FIELDS)
    matter = queryset.filter(number=number).first()
    if matter is None:
        alias = RecordNumber.objects.filter(slug=number).values_list("dossier_id", flat=True).first()
        matter = queryset.filter(pk=alias).first() if alias else None
    return matter


@dataclass(frozen=True, slots=True)
class Filters:
    """What the public list can be narrowed to; all optional."""

    area: str = ""
    step: str = ""
    kind: str = ""
    category: str = ""
    unit: str = ""
    overdue: bool = False
    words: str = ""
    outcome: str = ""


def filtered(queryset: QuerySet[Matter], filters: Filters) -> QuerySet[Matter]:
    """Narrow a queryset of matters."""
    if filters.area:
        queryset = queryset.filter(Q(area__code=filters.area) | Q(street__code=filters.area))
    if filters.step:
        states = [s.code for s in SIX_STEPS.states if s.step.code == filters.step]
        queryset = queryset.filter(state__in=states)
    if filters.kind:
        queryset = queryset.filter(kind=filters.kind)
    if filters.category:
        queryset = queryset.filter(category__code=filters.category)
    if filters.unit:
        queryset = queryset.filter(lead_unit__code=filters.unit)
    if filters.outcome:
        queryset = queryset.filter(outcome=filters.outcome)
    if filters.overdue:
        queryset = overdue(queryset, timezone.localdate())
    if filters.words:
        query = search_query(filters.words)
        if query:
            queryset = queryset.filter(search=SearchQuery(query, config="simple", search_type="raw"))
    return queryset


def overdue(queryset: QuerySet[Matter], today: date) -> QuerySet[Matter]:
    """Matters past their due date and not paused. Derived, never stored."""
    return queryset.filter(due_on__lt=today, is_paused=False, state__in=CAN_BE_LATE)


def is_overdue(matter: Matter, today: date) -> bool:
    """The same of one matter in hand."""
    return (
        matter.due_on is not None
        and matter.due_on < today
        and not matter.is_paused
        and matter.state in CAN_BE_LATE
    )


def coming_meetings() -> QuerySet[Meeting]:
    """Meetings to which people can still sign up, the latest first."""
    return Meeting.objects.filter(starts_at__gt=Now(), cancelled_at=None, minutes_at=None).order_by(
        "-starts_at"
    )


def next_meeting() -> Subquery:
    """When the next meeting of a matter begins to which people can still sign up; read with the row, not per row."""
    coming = coming_meetings().filter(dossier_id=OuterRef("dossier_id")).order_by("starts_at")
    return Subquery(coming.values("starts_at")[:1])


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a keyset-paged list."""

    items: list[Matter]
    next_cursor: str
    has_previous: bool


def page_of(queryset: QuerySet[Matter], cursor: str = "", size: int = 20) -> Page:
    """A page, newest change first, by keyset: the cursor is ``<microseconds>-<id>`` of the last row seen.

    An unreadable cursor is the first page. One query, at any depth.
    """

    rows = queryset.order_by("-updated_at", "-dossier_id").select_related(*LIST_FIELDS)
    rows = rows.defer("text", "original_text")
    rows, cursor = after_cursor(rows.annotate(meeting_at=next_meeting()), cursor)
    items = list(rows[: size + 1])
    has_more = len(items) > size
    items = items[:size]
    next_cursor = ""
    if has_more:
        next_cursor = cursor_of(items[-1].updated_at, items[-1].pk)
    return Page(items, next_cursor, bool(cursor))


def cursor_of(at: datetime, pk: int) -> str:
    """The cursor of the last row seen in a list that is newest first."""
    return f"{(at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)}-{pk}"


def after_cursor(rows: QuerySet[Matter], cursor: str) -> tuple[QuerySet[Matter], str]:
    """What comes after a cursor, and the cursor; an unreadable one is none."""
    stamp, _dash, last = cursor.partition("-")
    if not (stamp.isdecimal() and last.isdecimal() and len(stamp) < 19 and len(last) < 18):
        return rows, ""
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(stamp))
    except OverflowError:
        return rows, ""
    return rows.filter(Q(updated_at__lt=at) | Q(updated_at=at, dossier_id__lt=int(last))), cursor


ROW_FIELDS = (
    "number", "title", "kind", "state", "outcome", "due_on", "is_due_provisional", "is_paused", "promised_on", "objections_until",
    "me_too_count", "rating_count", "solved_count", "area__name", "lead_unit__name", "decider__name", "convener__name",
    "meeting_at",
)  # fmt: skip
"""What a row of a list is made of, in the order of :class:`RowValues`."""


class RowValues(NamedTuple):
    """The columns of a list row: the same values are the same row, so that it need not be put together again."""

    number: str
    title: str
    kind: str
    state: str
    outcome: str
    due_on: date | None
    is_due_provisional: bool
    is_paused: bool
    promised_on: date | None
    objections_until: date | None
    me_too_count: int
    rating_count: int
    solved_count: int
    area: str
    lead_unit: str | None
    decider: str | None
    convener: str | None
    meeting_at: datetime | None


PAGE_SIZE = 20


def _rows_query(queryset: QuerySet[Matter]) -> Any:
    rows = queryset.annotate(meeting_at=next_meeting()).order_by("-updated_at", "-dossier_id")
    return rows.values_list("updated_at", "dossier_id", *ROW_FIELDS)[: PAGE_SIZE + 1]


_first_rows = Prepared(lambda: _rows_query(public_matters()))


def public_rows(filters: Filters, cursor: str = "") -> tuple[list[RowValues], str, bool]:
    """A page of the public list: its rows, the next page's cursor, whether there is a page before. One query."""
    if not cursor and filters == Filters():
        found = _first_rows.rows()
    else:
        queryset, cursor = after_cursor(filtered(public_matters(), filters), cursor)
        found = list(_rows_query(queryset))
    next_cursor = ""
    if len(found) > PAGE_SIZE:
        at, pk = found[PAGE_SIZE - 1][:2]
        next_cursor = cursor_of(at, pk)
    return [RowValues(*row[2:]) for row in found[:PAGE_SIZE]], next_cursor, bool(cursor)


def similar_matters(text: str, *, area_id: int | None = None, limit: int = 5) -> list[Matter]:
    """Public open matters that say something alike: shared bigrams, the same area first, recent ones first.

    The OR of the text's bigrams, ranked by how many of them a matter shares.
    """
    from django.db import connection

    from tongxin.core.text import tokens

    words = list(dict.fromkeys(t for t in tokens(text) if len(t) > 1))[:40]
    if len(words) < 2:
        return []
    closed = [s.code for s in SIX_STEPS.states if s.final]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT dossier_id FROM (
              SELECT dossier_id, area_id, updated_at, ts_rank(search, query) AS rank
              FROM matters_matter, to_tsquery('simple', %s) AS query
              WHERE search @@ query AND publication = 'public' AND NOT state = ANY(%s)
              ORDER BY updated_at DESC LIMIT 2000
            ) AS found
            ORDER BY rank * CASE WHEN area_id = %s THEN 1.5 ELSE 1 END DESC, updated_at DESC LIMIT %s
            """,
            [" | ".join(_quoted(w) for w in words), closed, area_id, limit * 3],
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = {m.pk: m for m in Matter.objects.filter(pk__in=ids).select_related(*LIST_FIELDS)}
    wanted = set(words)
    scored = []
    for pk in ids:
        shared = wanted & set(tokens(f"{found[pk].title} {found[pk].text}"))
        if len(shared) >= max(2, len(wanted) // 5):
            scored.append((len(shared) * (1.5 if found[pk].area_id == area_id else 1), pk))
    return [found[pk] for _score, pk in sorted(scored, reverse=True)[:limit]]


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''").replace("\\", "\\\\") + "'"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A unit suggested for a matter, with its evidence: how many of how many similar ones it handled, and how many of
    how many of the same category."""

    unit: Any
    count: int
    total: int
    same: int = 0
    same_total: int = 0


def board(per_column: int = 8) -> tuple[dict[str, int], dict[str, list[Matter]]]:
    """The board of the six steps: how many open public matters stand at each, and the newest of them. Three queries."""
    from django.db.models import F, Window
    from django.db.models.functions import RowNumber

    open_states = [s.code for s in SIX_STEPS.states if not s.final]
    counts = {step.code: 0 for step in SIX_STEPS.steps}
    for row in Matter.objects.filter(state__in=open_states).values("state").annotate(n=Count("pk")):
        counts[SIX_STEPS.state(row["state"]).step.code] += row["n"]
    columns: dict[str, list[Matter]] = {step.code: [] for step in SIX_STEPS.steps}
    ranked = (
        public_matters()
        .filter(state__in=open_states)
        .annotate(place_in_state=Window(RowNumber(), partition_by="state", order_by=[F("updated_at").desc()]))
        .filter(place_in_state__lte=per_column)
        .select_related(*LIST_FIELDS)
        .order_by("-updated_at")
    )
    for matter in ranked:
        column = columns[SIX_STEPS.state(matter.state).step.code]
        if len(column) < per_column:
            column.append(matter)
    talked = {m.pk: m for m in columns["deliberate"]}
    # Read for the few that are shown: beside a window function it would be worked out for every open matter.
    for pk, at in coming_meetings().filter(dossier_id__in=talked).values_list("dossier_id", "starts_at"):
        talked[pk].meeting_at = at  # type: ignore[attr-defined]
    return counts, columns


def promises() -> QuerySet[Matter]:
    """Commitments "later" that are not kept yet, the oldest first."""
    return public_matters().filter(state="promised").order_by("created_at").select_related(*LIST_FIELDS)


def matters_whose_time_is_up(today: date, limit: int) -> Iterable[Matter]:
    """Matters that a scheduled job may move on: their period is over."""
    waiting = Matter.objects.filter(
        Q(state="published", objections_until__lt=today)
        | Q(state__in=["rating", "following_up"], due_on__lt=today)
        | Q(state="watched", due_on__lte=today)
    )
    # What the office has not answered stays; at the head of the queue it would keep all others from their turn.
    unanswered = Objection.objects.filter(matter_id=OuterRef("pk"), answered_at=None)
    ready = waiting.exclude(Q(state="published") & Q(Exists(unanswered)))
    return ready.order_by("due_on", "pk")[:limit]


@dataclass(frozen=True, slots=True)
class YearFigures:
    """This year's numbers, each with what it is a number of."""

    raised: int
    done: int
    rated: int
    reopened: int
    promised: int
    oldest_promise_days: int


def year_figures() -> YearFigures:
    """The home page's figures for the current year. One query."""
    from django.db.models import Min

    today = timezone.localdate()
    start = datetime(today.year, 1, 1, tzinfo=timezone.get_current_timezone())
    row = Matter.objects.aggregate(
        raised=Count("pk", filter=Q(created_at__gte=start)),
        done=Count("pk", filter=Q(created_at__gte=start, state__in=["watched", "following_up", "closed"])),
        rated=Count("pk", filter=Q(created_at__gte=start, rating_count__gt=0)),
        reopened=Count("pk", filter=Q(created_at__gte=start, reopen_count__gt=0)),
        promised=Count("pk", filter=Q(state="promised")),
        oldest=Min("created_at", filter=Q(state="promised")),
    )
    oldest = row.pop("oldest")
    days = (today - timezone.localtime(oldest).date()).days if oldest else 0
    return YearFigures(**row, oldest_promise_days=days)
