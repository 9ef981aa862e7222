"""Reads of the online desk. Each says how many queries it takes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import (
    Avg,
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.core.models import Attachment, Entry
from tongxin.core.prepared import Prepared, prepared_cursor
from tongxin.core.workdays import WorkCalendar
from tongxin.directory.models import Area, DutyShift, Workstation
from tongxin.duty.desk_clock import LOOK_AHEAD, AnswerDue, Watch, answer_due
from tongxin.duty.models import CannedAnswer, DeskMessage, DeskThread
from tongxin.duty.rules_desk import is_district_office

SHOWN = 50
"""Messages on a page; older ones on the pages before."""
PAGE = 30
FIGURES_DAYS = 90
WAITING, ANSWERED, CLOSED, CONVERTED = "waiting", "answered", "closed", "converted"
FOR_PAGE = ("station__area__parent", "covered_by", "category", "receipt", "handler", "became__matter")


def answer_minutes() -> int:
    """Minutes within which somebody on line answers."""
    return int(settings.TONGXIN["desk_answer_minutes"])


# the clock


_watches: Prepared[DutyShift] = Prepared(
    lambda station, street, at, until: (
        DutyShift.objects.filter(
            Q(station_id=station) | Q(station__area_id=street, station__is_active=True),
            mode=DutyShift.Mode.ONLINE,
            ends_at__gt=at,
            starts_at__lt=until,
            member__is_active=True,
        )
        .order_by("starts_at", "pk")
        .values_list("station_id", "member_id", "starts_at", "ends_at", "member__name", "station__name")
    ),
    station=int,
    street=int,
    at=datetime,
    until=datetime,
)


@dataclass(frozen=True, slots=True)
class Around:
    """Online shifts of a station and of its street's station, and the names that stand in them."""

    own: list[Watch]
    street: list[Watch]
    members: dict[int, str]
    stations: dict[int, str]


def watches_around(station: Workstation, at: datetime) -> Around:
    """Online shifts of a station, and of its street's station, that end after ``at``. One query; with the area, two."""
    parent_id = station.area.parent_id if station.area.level == Area.Level.COMMUNITY else None
    rows = _watches.rows(station=station.pk, street=parent_id or 0, at=at, until=at + 2 * LOOK_AHEAD)
    watches = [Watch(*row[:4]) for row in rows]
    return Around(
        [one for one in watches if one.station_id == station.pk],
        [one for one in watches if one.station_id != station.pk],
        {row[1]: row[4] for row in rows},
        {row[0]: row[5] for row in rows},
    )


def clock_for(station: Workstation, at: datetime, calendar: WorkCalendar | None = None) -> AnswerDue:
    """When a question put to a station at ``at`` is to be answered. At most three queries."""
    return presence_at(station, at, calendar).due


@dataclass(frozen=True, slots=True)
class Presence:
    """Who answers at a station, for its pages: the clock for a question put now, with names."""

    due: AnswerDue
    names: tuple[str, ...]
    covering: str
    """The name of the street's station that covers; empty where the station answers itself."""


def presence_at(station: Workstation, at: datetime, calendar: WorkCalendar | None = None) -> Presence:
    """Who is there now or next. At most three queries; one fewer with the ``calendar`` at hand."""
    around = watches_around(station, at)
    due = answer_due(
        at,
        around.own,
        around.street,
        calendar or local_calendar(),
        minutes=answer_minutes(),
        tz=timezone.get_current_timezone(),
    )
    names = tuple(dict.fromkeys(around.members[watch.member_id] for watch in due.watches))
    return Presence(due, names, around.stations[due.covered_by] if due.covered_by else "")


# who serves which conversation


def member_stations(actor: Actor) -> frozenset[int]:
    """Stations at which the actor is a member: posted there, or on online duty there now. One query, none for others."""
    if actor.user_id is None or not actor.has(Role.MEMBER):
        return frozenset()
    now = timezone.now()
    posted = Workstation.objects.filter(
        postings__member__user_id=actor.user_id, postings__member__is_active=True
    ).values_list("pk", flat=True)
    on_duty = DutyShift.objects.filter(
        member__user_id=actor.user_id, member__is_active=True, starts_at__lte=now, ends_at__gt=now
    ).values_list("station_id", flat=True)
    return frozenset(posted.order_by().union(on_duty.order_by()))


def desk_stations(actor: Actor) -> frozenset[int]:
    """Stations whose conversations the actor serves as a member or a liaison. At most one query."""
    return member_stations(actor) | actor.scope_ids(Role.LIAISON, Scope.STATION)


def visible_threads(actor: Actor) -> QuerySet[DeskThread]:
    """What the actor serves: all for the office, else those of their stations as they stand now. At most one query."""
    if is_district_office(actor):
        return DeskThread.objects.all()
    stations = desk_stations(actor)
    if not stations:
        return DeskThread.objects.none()
    return DeskThread.objects.filter(Q(station_id__in=stations) | Q(covered_by_id__in=stations))


def thread_for_staff(number: str, actor: Actor) -> DeskThread | None:
    """The conversation with this number, for who serves it. At most two queries."""
    return visible_threads(actor).filter(number=number).select_related(*FOR_PAGE).first()


_by_number: Prepared[DeskThread] = Prepared(
    lambda number: DeskThread.objects.filter(number=number).select_related(*FOR_PAGE), number=str
)


def thread_for_holder(number: str, receipt_ids: Collection[int], user_id: int | None) -> DeskThread | None:
    """The conversation with this number, for who holds its receipt or asked signed in. One query."""
    thread = _by_number.first(number=number) if number.isprintable() else None
    if thread is None:
        return None
    is_own = thread.receipt_id in receipt_ids or (user_id is not None and thread.receipt.user_id == user_id)
    return thread if is_own else None


def thread_of_dossier(pk: int) -> DeskThread | None:
    """The conversation of a dossier. One query."""
    return DeskThread.objects.filter(pk=pk).select_related("receipt").first()


def threads_of_receipts(receipt_ids: Sequence[int]) -> list[DeskThread]:
    """Conversations of these receipts, newest first. One query."""
    return list(
        DeskThread.objects.filter(receipt_id__in=list(receipt_ids)[:100])
        .select_related("station")
        .order_by("-last_at")
    )


# the conversation itself


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a page that stays open asks every few seconds."""

    pk: int
    receipt_id: int
    user_id: int | None
    station_id: int
    covered_by_id: int | None
    state: str
    resident_saw: int
    desk_saw: int
    last_id: int


_PULSE = (
    "SELECT t.dossier_id, t.receipt_id, r.user_id, t.station_id, t.covered_by_id, t.state, t.resident_saw, t.desk_saw, "
    "coalesce((SELECT max(m.id) FROM duty_deskmessage AS m WHERE m.thread_id = t.dossier_id), 0) "
    "FROM duty_deskthread AS t JOIN core_receipt AS r ON r.id = t.receipt_id WHERE t.number = $1"
)


def pulse_of(number: str) -> Pulse | None:
    """Whether anything is new in a conversation. One prepared query over two unique indexes."""
    with prepared_cursor() as cursor:
        cursor.execute(_PULSE, [number])
        row = cursor.fetchone()
    return Pulse(*row) if row else None


def _messages(**of: int) -> "QuerySet[DeskMessage]":
    sent = DeskMessage.photos.through.objects.filter(deskmessage=OuterRef("pk"))
    return DeskMessage.objects.filter(**of).annotate(has_photos=Exists(sent))


_messages_after = Prepared(
    lambda thread, after: _messages(thread_id=thread, pk__gt=after)[:SHOWN], thread=int, after=int
)
_messages_before = Prepared(
    lambda thread, before: _messages(thread_id=thread, pk__lt=before).order_by("-pk")[: SHOWN + 1],
    thread=int,
    before=int,
)
_AFTER_ALL = 2**63 - 1


def _with_photos(messages: list[DeskMessage]) -> list[DeskMessage]:
    prefetch_related_objects([one for one in messages if one.has_photos], "photos")  # type: ignore[attr-defined]
    return messages


def messages_after(thread_id: int, after: int) -> list[DeskMessage]:
    """Messages newer than one, in order, those that ``has_photos`` with them; at most a page. One query, two with photos."""
    return _with_photos(_messages_after.all(thread=thread_id, after=after))


def newest_messages(thread_id: int, before: int | None = None) -> tuple[list[DeskMessage], bool]:
    """The last page of messages (or the one before a message), in order, those that ``has_photos`` with them, and
    whether there are older ones. One query, two with photos."""
    rows = _messages_before.all(thread=thread_id, before=before or _AFTER_ALL)
    return _with_photos(rows[:SHOWN][::-1]), len(rows) > SHOWN


_last_of_sides: Prepared[DeskMessage] = Prepared(
    lambda thread: (
        DeskMessage.objects.filter(thread_id=thread).order_by().values_list("side").annotate(last=Max("pk"))
    ),
    thread=int,
)


def last_ids(thread_id: int) -> tuple[int, int]:
    """The last message of the resident and of the desk, 0 for none. One query."""
    found = dict(_last_of_sides.rows(thread=thread_id))
    return found.get("resident", 0), max(found.get("desk", 0), found.get("office", 0))


def words_of_resident(thread_id: int) -> str:
    """Everything the resident wrote, in order: what a matter made of the conversation keeps. One query."""
    rows = DeskMessage.objects.filter(thread_id=thread_id, side=DeskMessage.Side.RESIDENT)
    return "\n".join(rows.values_list("text", flat=True))


def photos_of_resident(thread_id: int) -> list[Attachment]:
    """The photos the resident sent. One query."""
    wanted = DeskMessage.objects.filter(thread_id=thread_id, side=DeskMessage.Side.RESIDENT)
    return list(Attachment.objects.filter(pk__in=wanted.values("photos")).order_by("pk"))


def entries_of(thread_id: int, limit: int = 100) -> list[Entry]:
    """The conversation's history, newest first, for who serves it. One query."""
    return list(Entry.objects.filter(dossier_id=thread_id).order_by("-pk")[:limit])


# lists and figures


@dataclass(frozen=True, slots=True)
class DeskPage:
    """A page of conversations; ``after`` opens the next one, empty at the end."""

    threads: list[DeskThread]
    after: str


TABS = (WAITING, ANSWERED, CLOSED, CONVERTED)


def desk_page(
    actor: Actor, *, tab: str = WAITING, station: str = "", after: str = "", size: int = PAGE
) -> DeskPage:
    """Conversations of a tab: those waiting by their clock, the others newest first. By keyset; at most two queries."""
    last = DeskMessage.objects.filter(thread=OuterRef("pk")).exclude(side=DeskMessage.Side.SYSTEM)
    threads = (
        visible_threads(actor)
        .filter(state=tab)
        .select_related("station", "covered_by", "category", "handler")
        .annotate(last_words=Subquery(last.order_by("-pk").values("text")[:1]))
    )
    if station:
        threads = threads.filter(Q(station__code=station) | Q(covered_by__code=station))
    key = "answer_due_at" if tab == WAITING else "last_at"
    moment, pk = _cursor(after)
    if moment is not None:
        if tab == WAITING:
            threads = threads.filter(Q(answer_due_at__gt=moment) | Q(answer_due_at=moment, pk__gt=pk))
        else:
            threads = threads.filter(Q(last_at__lt=moment) | Q(last_at=moment, pk__lt=pk))
    order = (key, "pk") if tab == WAITING else (f"-{key}", "-pk")
    rows = list(threads.order_by(*order)[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if not more:
        return DeskPage(rows, "")
    return DeskPage(rows, f"{getattr(rows[-1], key).isoformat()}_{rows[-1].pk}")


def _cursor(after: str) -> tuple[datetime | None, int]:
    moment, _line, pk = after.rpartition("_")
    try:
        found = datetime.fromisoformat(moment)
        return (found if found.tzinfo else None), int(pk)
    except (ValueError, OverflowError):
        return None, 0


@dataclass(frozen=True, slots=True)
class DeskCounts:
    """How many conversations of somebody's desks are where."""

    by_tab: dict[str, int]
    late: int
    next_due: datetime | None


def desk_counts(actor: Actor, station: str = "") -> DeskCounts:
    """Counts of all tabs and of what is late. At most two queries."""
    threads = visible_threads(actor)
    if station:
        threads = threads.filter(Q(station__code=station) | Q(covered_by__code=station))
    waiting = Q(state=WAITING)
    found = threads.order_by().aggregate(
        **{tab: Count("pk", filter=Q(state=tab)) for tab in TABS},
        late=Count("pk", filter=waiting & Q(answer_due_at__lt=timezone.now())),
        next_due=Min("answer_due_at", filter=waiting),
    )
    return DeskCounts({tab: found[tab] for tab in TABS}, found["late"], found["next_due"])


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """How a desk did in the last 90 days. Every share stands beside the number it was counted from."""

    asked: int = 0
    answered: int = 0
    in_time: int = 0
    rated: int = 0
    solved: int = 0
    partly: int = 0
    attitude: float | None = None

    @property
    def in_time_percent(self) -> int | None:
        """First answers within the clock, in percent of those given; None without any."""
        return round(self.in_time * 100 / self.answered) if self.answered else None

    @property
    def solved_percent(self) -> int | None:
        """Conversations rated as solved, in percent of those rated; None without any."""
        return round(self.solved * 100 / self.rated) if self.rated else None


def desk_figures(station: Workstation | None = None, at: datetime | None = None) -> DeskFigures:
    """Of a station, or of the whole district; silence counts as nothing. One query."""
    at = at or timezone.now()
    threads = DeskThread.objects.filter(created_at__gt=at - timedelta(days=FIGURES_DAYS))
    if station is not None:
        threads = threads.filter(station=station)
    # Names apart from the fields': an aggregate's name hides the field of that name from those after it.
    found = threads.order_by().aggregate(
        n_asked=Count("pk"),
        n_answered=Count("answered_at"),
        n_in_time=Count("pk", filter=Q(answered_at__lte=F("first_due_at"))),
        n_rated=Count("rated_at"),
        n_solved=Count("pk", filter=Q(solved="yes")),
        n_partly=Count("pk", filter=Q(solved="partly")),
        n_attitude=Avg("attitude"),
    )
    return DeskFigures(**{name.removeprefix("n_"): figure for name, figure in found.items()})


def stations_served(actor: Actor) -> list[Workstation]:
    """Stations whose desk the actor serves, to filter by: every active one for the office. At most two queries."""
    stations = Workstation.objects.filter(is_active=True).order_by("code")
    if not is_district_office(actor):
        stations = stations.filter(pk__in=desk_stations(actor))
    return list(stations)


def late_threads(now: datetime, limit: int = 500) -> list[DeskThread]:
    """Conversations whose answer is late, longest first. One query."""
    return list(
        DeskThread.objects.filter(state=WAITING, answer_due_at__lt=now)
        .select_related("station")
        .order_by("answer_due_at")[:limit]
    )


def silent_threads(before: datetime, limit: int = 200) -> list[DeskThread]:
    """Answered conversations in which nobody wrote since. One query."""
    return list(DeskThread.objects.filter(state=ANSWERED, last_at__lt=before).order_by("last_at")[:limit])


# choosing a station, ready answers


def station_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Active stations by street, for a select. One query."""
    groups: dict[str, list[tuple[str, str]]] = {}
    stations = (
        Workstation.objects.filter(is_active=True).select_related("area__parent").order_by("area__code")
    )
    for station in stations:
        is_community = station.area.level == Area.Level.COMMUNITY and station.area.parent is not None
        street = station.area.parent.name if is_community else station.area.name  # type: ignore[union-attr]
        groups.setdefault(street, []).append((station.code, station.name))
    return list(groups.items())


def online_now(limit: int = 12) -> list[DutyShift]:
    """Online shifts running now. One query."""
    now = timezone.now()
    return list(
        DutyShift.objects.filter(
            mode=DutyShift.Mode.ONLINE,
            starts_at__lte=now,
            ends_at__gt=now,
            station__is_active=True,
            member__is_active=True,
        )
        .select_related("station__area", "member")
        .order_by("ends_at", "pk")[:limit]
    )


def canned_for(thread: DeskThread) -> list[CannedAnswer]:
    """Ready answers for a conversation: of its category first, its station's and the district's. One query."""
    found = CannedAnswer.objects.filter(
        Q(station=None) | Q(station_id=thread.station_id), is_active=True
    ).select_related("category")[:200]
    return sorted(
        found, key=lambda one: (one.category_id != thread.category_id, one.category_id or 0, one.pk)
    )


def canned_kept_by(actor: Actor) -> list[CannedAnswer]:
    """Ready answers the actor may keep, at most 300: the office all, a liaison those of their stations. One query."""
    found = CannedAnswer.objects.select_related("category", "station").order_by(
        "station__code", "category__order", "pk"
    )
    if not is_district_office(actor):
        found = found.filter(station_id__in=actor.scope_ids(Role.LIAISON, Scope.STATION))
    return list(found[:300])
