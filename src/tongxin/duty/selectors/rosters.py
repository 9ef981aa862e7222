"""Reads of rosters for who keeps them. Each says how many queries it takes."""

from calendar import monthcalendar
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.directory.models import Area, DutyShift, Member, Workstation
from tongxin.duty.drafting import overlaps
from tongxin.duty.models import HandOver, Leave, Roster, RosterPattern, RosterSlot
from tongxin.duty.months import month_start
from tongxin.duty.opening import next_month
from tongxin.duty.problems import WORDS, problems_of
from tongxin.duty.rules_rosters import is_office

PAGE = 40
NOTES = 20
"""Hand-over notes shown of a station: the open ones, and the last done."""


def _kept(actor: Actor):  # type: ignore[no-untyped-def]
    stations = Workstation.objects.filter(is_active=True).select_related("area__parent")
    if not is_office(actor):
        stations = stations.filter(pk__in=actor.scope_ids(Role.LIAISON, Scope.STATION))
    return stations.order_by("area__code", "pk")


def station_to_keep(actor: Actor, code: str) -> Workstation | None:
    """The active station with this code, when the actor keeps its roster. One query."""
    return _kept(actor).filter(code__iexact=code).first()


@dataclass(slots=True)
class StationMonth:
    """One line of the overview."""

    station: Workstation
    roster: Roster | None = None
    slots: int = 0
    gaps: int = 0
    problems: int = 0
    has_patterns: bool = False


@dataclass(slots=True)
class Overview:
    """A page of a month's overview and the figures of the whole month, filters aside."""

    lines: list[StationMonth]
    after: str = ""
    totals: dict[str, int] = field(default_factory=dict)


def overview(
    actor: Actor, month: date, *, street: int | None = None, only: str = "", after: str = ""
) -> Overview:
    """Stations with where their month stands. ``only``: none, draft, published, gaps. Paged by area code.

    Nine queries, however many stations.
    """
    stations = _kept(actor)
    totals = _totals(stations, month)
    if street is not None:
        stations = stations.filter(Q(area=street) | Q(area__parent=street))
    here = Roster.objects.filter(station=OuterRef("pk"), month=month)
    if only == "none":
        stations = stations.exclude(Exists(here))
    elif only in Roster.State.values:
        stations = stations.filter(Exists(here.filter(state=only)))
    elif only == "gaps":
        stations = stations.filter(Exists(here.filter(slots__member=None, slots__id__isnull=False)))
    if after:
        stations = stations.filter(area__code__gt=after[:20])
    found = list(stations[: PAGE + 1])
    shown = found[:PAGE]
    rosters = {r.station_id: r for r in Roster.objects.filter(month=month, station__in=shown)}
    with_patterns = set(
        RosterPattern.objects.filter(station__in=shown, is_active=True).values_list("station_id", flat=True)
    )
    slots = list(RosterSlot.objects.filter(roster__in=rosters.values()).select_related("member", "roster"))
    now = timezone.now()
    problems = problems_of([slot for slot in slots if slot.ends_at > now])
    lines = {s.pk: StationMonth(s, rosters.get(s.pk), has_patterns=s.pk in with_patterns) for s in shown}
    for slot in slots:
        line = lines[slot.roster.station_id]
        line.slots += 1
        line.gaps += slot.member_id is None
        line.problems += slot.pk in problems
    return Overview(list(lines.values()), shown[-1].area.code if len(found) > PAGE and shown else "", totals)


def _totals(stations, month: date) -> dict[str, int]:  # type: ignore[no-untyped-def]
    """Stations, drafts, published, slots and gaps of a month. Three queries."""
    keys = list(stations.order_by().values_list("pk", flat=True))
    states = dict(
        Roster.objects.filter(month=month, station__in=keys)
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    slots = RosterSlot.objects.filter(roster__month=month, roster__station__in=keys).aggregate(
        slots=Count("pk"), gaps=Count("pk", filter=Q(member=None))
    )
    return {
        "stations": len(keys),
        "draft": states.get("draft", 0),
        "published": states.get("published", 0),
        "none": len(keys) - sum(states.values()),
        **slots,
    }


def streets_kept(actor: Actor) -> list[Area]:
    """The streets, for the filter; none for who keeps one station. One query."""
    return list(Area.objects.filter(level=Area.Level.STREET).order_by("code")) if is_office(actor) else []


def roster_of(station: Workstation, month: date) -> Roster | None:
    """The station's roster of a month. One query."""
    return Roster.objects.filter(station=station, month=month).select_related("station__area").first()


def slot_to_keep(actor: Actor, pk: int) -> RosterSlot | None:
    """A slot with its roster and station, when the actor keeps it. Two queries."""
    slot = (
        RosterSlot.objects.select_related("roster__station__area", "member", "pattern").filter(pk=pk).first()
    )
    return slot if slot and _kept(actor).filter(pk=slot.roster.station_id).exists() else None


@dataclass(slots=True)
class Line:
    """One slot as a page shows it. ``wrong`` is a problem in words, ``why`` the reason of a gap."""

    slot: RosterSlot
    wrong: str = ""
    why: str = ""
    is_over: bool = False
    is_asked: bool = False  # a swap waits for an answer


@dataclass(slots=True)
class Day:
    """One day of the calendar; ``day`` None pads the week."""

    day: date | None
    lines: list[Line] = field(default_factory=list)
    is_today: bool = False
    is_free: bool = False


@dataclass(slots=True)
class Load:
    """What a member has in the month: here, anywhere, and in the months before."""

    member: Member
    here: int = 0
    everywhere: int = 0
    minutes: int = 0
    leave: list[Leave] = field(default_factory=list)


@dataclass(slots=True)
class MonthSheet:
    """A station's month: weeks of days, loads, and the counts."""

    weeks: list[list[Day]]
    loads: list[Load]
    slots: int
    gaps: int
    problems: int
    loose: int = 0
    """Shifts of the month that are not on the roster, from an imported table."""
    has_today: bool = False


def month_sheet(station: Workstation, roster: Roster | None, month: date) -> MonthSheet:
    """Everything the page of a station's month shows. Eleven queries at most, however many slots."""
    now, today, calendar = timezone.now(), timezone.localdate(), local_calendar()
    slots = list(
        RosterSlot.objects.filter(roster=roster).select_related("member", "roster", "shift") if roster else []
    )
    asked = set(
        DutyShift.objects.filter(
            pk__in=[s.shift_id for s in slots if s.shift_id], swaps__state="asked"
        ).values_list("pk", flat=True)
    )
    problems = problems_of([slot for slot in slots if slot.ends_at > now])
    people = list(
        Member.objects.filter(postings__station=station, is_active=True).order_by("code").distinct()
    )
    leaves = _leaves(people, month)
    why = _reasons([s for s in slots if s.member_id is None and s.starts_at > now], people, leaves)
    by_day: dict[date, list[Line]] = defaultdict(list)
    for slot in slots:
        by_day[timezone.localtime(slot.starts_at).date()].append(
            Line(
                slot,
                wrong=str(WORDS[problems[slot.pk]]) if slot.pk in problems else "",
                why=why.get(slot.pk, ""),
                is_over=slot.ends_at <= now,
                is_asked=slot.shift_id in asked,
            )
        )
    weeks = [
        [_day(number and month.replace(day=number), by_day, today, calendar) for number in week]
        for week in monthcalendar(month.year, month.month)
    ]
    return MonthSheet(
        weeks,
        _loads(people, slots, leaves, month),
        len(slots),
        sum(slot.member_id is None for slot in slots),
        len(problems),
        DutyShift.objects.filter(
            station=station,
            roster_slot=None,
            starts_at__gte=month_start(month),
            starts_at__lt=month_start(next_month(month)),
        ).count(),
        today in by_day and today.replace(day=1) == month,
    )


def _day(day, by_day, today, calendar) -> Day:  # type: ignore[no-untyped-def]
    if not day:
        return Day(None)
    return Day(day, by_day.get(day, []), day == today, not calendar.is_workday(day))


def _leaves(people: Sequence[Member], month: date) -> dict[int, list[Leave]]:
    found: dict[int, list[Leave]] = defaultdict(list)
    for leave in Leave.objects.filter(
        member__in=people,
        state=Leave.State.GRANTED,
        starts_on__lt=next_month(month),
        ends_on__gte=month,
    ).order_by("starts_on"):
        found[leave.member_id].append(leave)
    return found


def _reasons(
    gaps: Sequence[RosterSlot], people: Sequence[Member], leaves: dict[int, list[Leave]]
) -> dict[int, str]:
    """Why each gap is one: nobody posted, all away, all on duty then; or somebody is free. Two queries."""
    if not gaps:
        return {}
    if not people:
        return {slot.pk: _("没有委员进站") for slot in gaps}
    spans = busy_spans(people, min(s.starts_at for s in gaps), max(s.ends_at for s in gaps))
    reasons = {}
    for slot in gaps:
        here = [m for m in people if not is_away(leaves[m.pk], slot.starts_at, slot.ends_at)]
        free = [
            m for m in here if not any(overlaps((slot.starts_at, slot.ends_at), span) for span in spans[m.pk])
        ]
        reasons[slot.pk] = (
            _("%(n)s 位委员有空") % {"n": len(free)}
            if free
            else _("委员那时都有别的班")
            if here
            else _("委员都请了假")
        )
    return reasons


def is_away(leaves: Iterable[Leave], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether any of these leaves covers a day of that time."""
    day, till = timezone.localtime(starts_at).date(), timezone.localtime(ends_at).date()
    return any(leave.starts_on <= till and leave.ends_on >= day for leave in leaves)


def busy_spans(
    people: Iterable[Member], first: datetime, last: datetime, *, besides: int | None = None
) -> dict[int, list[tuple[datetime, datetime]]]:
    """When these members are on duty or drafted, by member; a slot may be left out with its shift. Two queries."""
    found: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    at_once = Q(member__in=list(people), starts_at__lt=last, ends_at__gt=first)
    shifts = DutyShift.objects.filter(at_once)
    slots = RosterSlot.objects.filter(at_once, shift=None)
    if besides is not None:
        shifts, slots = shifts.exclude(roster_slot=besides), slots.exclude(pk=besides)
    for member_id, starts_at, ends_at in [
        *shifts.values_list("member_id", "starts_at", "ends_at"),
        *slots.values_list("member_id", "starts_at", "ends_at"),
    ]:
        found[member_id].append((starts_at, ends_at))
    return found


def _loads(
    people: Sequence[Member], slots: Sequence[RosterSlot], leaves: dict[int, list[Leave]], month: date
) -> list[Load]:
    """Loads of who is posted here and whoever else has a slot here, most first. Two queries."""
    loads = {member.pk: Load(member, leave=leaves[member.pk]) for member in people}
    for slot in slots:
        if slot.member is not None:
            load = loads.setdefault(slot.member.pk, Load(slot.member))
            load.here += 1
            load.minutes += int((slot.ends_at - slot.starts_at).total_seconds() // 60)
    within = Q(
        member__in=list(loads),
        starts_at__gte=month_start(month),
        starts_at__lt=month_start(next_month(month)),
    )
    counts: Counter[int] = Counter()
    for rows in (DutyShift.objects.filter(within), RosterSlot.objects.filter(within, shift=None)):
        counts.update(rows.values_list("member_id", flat=True))
    for key, load in loads.items():
        load.everywhere = counts[key]
    return sorted(loads.values(), key=lambda load: (-load.here, load.member.code))


def free_members(
    station: Workstation, starts_at: datetime, ends_at: datetime, *, besides: int | None = None
) -> list[tuple[Member, str]]:
    """Members posted here, and in a word whether they could serve then: "", "leave" or "busy". Four queries."""
    people = list(Member.objects.filter(postings__station=station, is_active=True).order_by("code"))
    leaves = _leaves(people, timezone.localtime(starts_at).date().replace(day=1))
    spans = busy_spans(people, starts_at, ends_at, besides=besides)
    return [
        (
            member,
            "leave" if is_away(leaves[member.pk], starts_at, ends_at) else "busy" if spans[member.pk] else "",
        )
        for member in people
    ]


def patterns_of(station: Workstation) -> list[RosterPattern]:
    """A station's patterns in use. One query."""
    return list(RosterPattern.objects.filter(station=station, is_active=True))


def pattern_to_keep(actor: Actor, pk: int) -> RosterPattern | None:
    """A pattern with its station, when the actor keeps it. Two queries."""
    pattern = RosterPattern.objects.select_related("station__area").filter(pk=pk, is_active=True).first()
    return pattern if pattern and _kept(actor).filter(pk=pattern.station_id).exists() else None


def notes_of(station: Workstation) -> list[HandOver]:
    """A station's hand-over notes: the open ones first, then the last done; at most twenty. One query."""
    return list(
        HandOver.objects.filter(station=station).order_by(F("done_at").desc(nulls_first=True), "-pk")[:NOTES]
    )


def gaps_soon(actor: Actor, *, days: int = 14, at: datetime | None = None) -> tuple[int, datetime | None]:
    """How many published slots of the actor's stations have nobody in the coming days, and the first. One query."""
    at = at or timezone.now()
    found = RosterSlot.objects.filter(
        roster__station__in=actor.scope_ids(Role.LIAISON, Scope.STATION),
        roster__state=Roster.State.PUBLISHED,
        member=None,
        starts_at__gt=at,
        starts_at__lt=at + timedelta(days=days),
    ).aggregate(count=Count("pk"), first=Min("starts_at"))
    return found["count"], found["first"]
