"""Reads of receptions: for residents, for the desk, for the screen. Each says how many queries it takes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.directory.models import Area, Member, Workstation
from tongxin.duty.actions.reception.booking import takes_bookings
from tongxin.duty.models import Reception, Ticket
from tongxin.duty.reception_queue import Slot, in_order, minutes_each, slot_times, wait_minutes
from tongxin.duty.rules_reception import is_office, own_stations
from tongxin.duty.selectors.visits import cursor_of, read_cursor

PAGE = 30
S = Ticket.State
LIVE = (Reception.State.PLANNED, Reception.State.OPEN)
NEXT_SHOWN = 6
MOST_TICKETS = 400
"""More tickets than a day can have; a bound for the desk's page."""


@dataclass(frozen=True, slots=True)
class ReceptionPage:
    """A page of receptions; ``after`` opens the next one, empty at the end. ``free`` counts seats by reception."""

    receptions: list[Reception]
    after: str
    free: dict[int, int] = field(default_factory=dict)


def _with_place(receptions: QuerySet[Reception]) -> QuerySet[Reception]:
    return receptions.select_related("station__area__parent").prefetch_related("hosts")


def _paged(receptions: QuerySet[Reception], after: str, *, is_past: bool) -> ReceptionPage:
    seen = read_cursor(after)
    if seen and is_past:
        receptions = receptions.filter(Q(starts_at__lt=seen[0]) | Q(starts_at=seen[0], pk__lt=seen[1]))
    elif seen:
        receptions = receptions.filter(Q(starts_at__gt=seen[0]) | Q(starts_at=seen[0], pk__gt=seen[1]))
    order = ("-starts_at", "-pk") if is_past else ("starts_at", "pk")
    rows = list(_with_place(receptions).order_by(*order)[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return ReceptionPage(rows, cursor_of(rows[-1].starts_at, rows[-1].pk) if more else "", free_seats(rows))


def free_seats(receptions: Sequence[Reception], at: datetime | None = None) -> dict[int, int]:
    """How many seats can be booked now, by reception; none where none are booked. One query."""
    at = at or timezone.now()
    wanted = [one for one in receptions if takes_bookings(one, at)]
    if not wanted:
        return {}
    taken = Counter(
        Ticket.objects.filter(reception__in=wanted, slot_at__gt=at)
        .exclude(state=S.CANCELLED)
        .values_list("reception_id", "slot_at")
    )
    found = {}
    for one in wanted:
        slots = [s for s in slot_times(one.starts_at, one.ends_at, one.slot_minutes) if s > at]
        found[one.pk] = sum(max(0, one.seats_a_slot - taken[one.pk, slot]) for slot in slots)
    return found


def coming_receptions(
    *, street: str = "", kind: str = "", after: str = "", at: datetime | None = None
) -> ReceptionPage:
    """Receptions that are not over, the next first; cancelled ones stay until their day is over. Three queries.

    ``street`` is an area's code: its own station and those of its communities.
    """
    receptions = Reception.objects.filter(ends_at__gt=at or timezone.now()).exclude(
        state=Reception.State.CLOSED
    )
    if street:
        receptions = receptions.filter(Q(station__area__code=street) | Q(station__area__parent__code=street))
    if kind in Reception.Kind.values:
        receptions = receptions.filter(kind=kind)
    return _paged(receptions, after, is_past=False)


def streets() -> list[Area]:
    """Streets to filter by. One query."""
    return list(Area.objects.filter(level=Area.Level.STREET).order_by("code"))


def reception_by_number(number: str) -> Reception | None:
    """A reception with its station and hosts. Two queries."""
    return _with_place(Reception.objects.filter(number=number[:24])).first()


def coming_at(station: Workstation, limit: int = 4) -> list[Reception]:
    """A station's next receptions. Two queries."""
    return list(
        Reception.objects.filter(station=station, state__in=LIVE, ends_at__gt=timezone.now())
        .select_related("station")
        .prefetch_related("hosts")
        .order_by("starts_at")[:limit]
    )


def slots_of(reception: Reception, at: datetime | None = None) -> list[Slot]:
    """Slots to come with their free seats. One query; none when nothing can be booked."""
    at = at or timezone.now()
    if not takes_bookings(reception, at):
        return []
    taken = Counter(
        Ticket.objects.filter(reception=reception, slot_at__gt=at)
        .exclude(state=S.CANCELLED)
        .values_list("slot_at", flat=True)
    )
    times = slot_times(reception.starts_at, reception.ends_at, reception.slot_minutes)
    return [Slot(slot, max(0, reception.seats_a_slot - taken[slot])) for slot in times if slot > at]


def tickets_held(reception: Reception, receipt_ids: Iterable[int]) -> list[Ticket]:
    """Bookings of this reception whose codes were opened in this browser. One query."""
    wanted = list(receipt_ids)
    if not wanted:
        return []
    return list(
        Ticket.objects.filter(reception=reception, receipt_id__in=wanted).order_by("slot_at", "pk")[:10]
    )


def tickets_of_receipts(receipt_ids: Sequence[int]) -> list[Ticket]:
    """Bookings of these receipts, newest first. One query."""
    return list(
        Ticket.objects.filter(receipt_id__in=receipt_ids)
        .select_related("reception__station")
        .order_by("-slot_at")[:20]
    )


def ticket_by_receipt(receipt_id: int) -> Ticket | None:
    """The booking of a receipt. One query."""
    return Ticket.objects.filter(receipt_id=receipt_id).select_related("reception__station").first()


def ticket_at(reception: Reception, pk: int) -> Ticket | None:
    """A ticket of this reception. One query."""
    return (
        Ticket.objects.filter(reception=reception, pk=pk)
        .select_related("reception__station__area", "member")
        .first()
    )


# The queue


@dataclass(frozen=True, slots=True)
class Queue:
    """Everybody of a day by where they stand; ``waiting`` in the order they are called."""

    at_desks: list[Ticket]
    waiting: list[Ticket]
    expected: list[Ticket]
    done: list[Ticket]
    left: list[Ticket]
    each: float
    desks: int

    def wait_of(self, ticket: Ticket) -> int:
        """Minutes until somebody who waits is called, about; 0 when they are next."""
        ahead = next((n for n, one in enumerate(self.waiting) if one.pk == ticket.pk), len(self.waiting))
        return wait_minutes(ahead, self.each, self.desks)

    @property
    def wait_new(self) -> int:
        """Minutes somebody who comes now waits, about."""
        return wait_minutes(
            len(self.waiting) + len(self.at_desks) // max(1, self.desks), self.each, self.desks
        )


def queue_of(reception: Reception, at: datetime | None = None) -> Queue:
    """The queue as it stands. One query."""
    at = at or timezone.now()
    by_state: dict[str, list[Ticket]] = {}
    tickets = Ticket.objects.filter(reception=reception).exclude(state=S.CANCELLED)
    for ticket in tickets.select_related("member", "matter").order_by("number")[:MOST_TICKETS]:
        by_state.setdefault(ticket.state, []).append(ticket)
    done = by_state.get(S.DONE, [])
    at_desks = sorted(
        [*by_state.get(S.CALLED, []), *by_state.get(S.SERVING, [])], key=lambda one: one.called_at or at
    )
    lengths = [one.ended_at - one.started_at for one in done if one.ended_at and one.started_at]
    return Queue(
        at_desks=at_desks,
        waiting=in_order(by_state.get(S.WAITING, []), at),
        expected=sorted(by_state.get(S.BOOKED, []), key=lambda one: (one.slot_at or at, one.pk)),
        done=sorted(done, key=lambda one: one.ended_at or at, reverse=True),
        left=by_state.get(S.LEFT, []),
        each=minutes_each(lengths, reception.slot_minutes),
        desks=len({one.desk for one in at_desks}) or 1,
    )


def place_in_queue(ticket: Ticket) -> tuple[int, int]:
    """How many are called before a ticket that waits, and about how many minutes that takes. One query."""
    queue = queue_of(ticket.reception)
    ahead = next((n for n, one in enumerate(queue.waiting) if one.pk == ticket.pk), 0)
    return ahead, queue.wait_of(ticket)


# The staff's list


def own_receptions(actor: Actor) -> QuerySet[Reception]:
    """Receptions the actor works at: as liaison of the station, as a host; all for the office."""
    receptions = Reception.objects.all()
    if is_office(actor):
        return receptions
    scope = Q(station_id__in=own_stations(actor))
    if actor.has(Role.MEMBER) and actor.user_id is not None:
        hosted = Reception.hosts.through.objects.filter(member__user_id=actor.user_id)
        scope |= Q(pk__in=hosted.values("reception_id"))
    return receptions.filter(scope)


def receptions_page(actor: Actor, *, is_past: bool = False, after: str = "") -> ReceptionPage:
    """Receptions the actor works at: today's and to come, or past ones, newest first. Three queries."""
    today = timezone.make_aware(datetime.combine(timezone.localdate(), time()))
    receptions = own_receptions(actor)
    receptions = (
        receptions.filter(starts_at__lt=today) if is_past else receptions.filter(starts_at__gte=today)
    )
    return _paged(receptions, after, is_past=is_past)


def receptions_today(actor: Actor, at: datetime | None = None) -> list[tuple[Reception, int]]:
    """Today's receptions the actor works at, with how many wait; open ones of the day before too. One query."""
    begin = timezone.make_aware(datetime.combine(timezone.localdate(at), time()))
    rows = (
        own_receptions(actor)
        .filter(Q(starts_at__gte=begin, starts_at__lt=begin + timedelta(days=1)) | Q(state="open"))
        .filter(state__in=LIVE)
        .select_related("station")
        .annotate(waiting=Count("tickets", filter=Q(tickets__state=S.WAITING)))
        .order_by("starts_at")[:5]
    )
    return [(row, row.waiting) for row in rows]


def stations_to_plan(actor: Actor) -> QuerySet[Workstation]:
    """Stations the actor may plan for."""
    stations = Workstation.objects.filter(is_active=True).order_by("code")
    return stations if is_office(actor) else stations.filter(pk__in=own_stations(actor))


def posted_names(stations: Iterable[Workstation]) -> list[str]:
    """Names of members posted to one of these stations, ten at most. One query."""
    members = Member.objects.filter(postings__station__in=list(stations)[:3], is_active=True)
    return list(members.order_by("code").values_list("name", flat=True).distinct()[:10])
