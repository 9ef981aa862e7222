"""Drafting a month: the places to fill from the patterns, and who fills them, for one station or all at once."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.directory.models import DutyShift, Posting, Workstation
from tongxin.directory.rules import may_keep_roster
from tongxin.duty.actions.rosters.common import (
    NotAllowed,
    Refused,
    RosterChanged,
    bump,
    day_of,
    hold_rosters,
    locked_roster,
    shift_facts,
    tell_members,
    telling,
)
from tongxin.duty.drafting import Slot, Span, make_draft
from tongxin.duty.models import Leave, Roster, RosterPattern, RosterSlot
from tongxin.duty.months import month_start
from tongxin.duty.opening import Opening, Pattern, next_month, openings
from tongxin.duty.rules_rosters import is_office

CARRIED_MONTHS = 3
"""Months whose shifts decide who gets the odd one when all else is even."""
FARTHEST_MONTHS = 12


@dataclass(slots=True)
class Drafted:
    """What a draft came to."""

    rosters: list[Roster] = field(default_factory=list)
    slots: int = 0
    gaps: int = 0
    is_proven: bool = True


@transaction.atomic
def draft_month(
    station: Workstation,
    month: date,
    *,
    actor: Actor,
    seen_version: int | None = None,
    at: datetime | None = None,
) -> Drafted:
    """Draft a station's month, or draft it again: what was put by hand stays. Its liaison and the office may.

    Only what is still to come is drafted. Raises :class:`Refused` when it is published or the month is over or too
    far off, :class:`RosterChanged` when somebody was faster.
    """
    if not may_keep_roster(actor, station):
        raise NotAllowed
    at = at or timezone.now()
    hold_rosters()
    roster = Roster.objects.select_for_update().filter(station=station, month=month).first()
    if roster is not None:
        if seen_version is not None and roster.version != seen_version:
            raise RosterChanged(roster)
        if roster.state == Roster.State.PUBLISHED:
            raise Refused(_("这个月的值班表已经公布，可以一个一个改，不能重新起草。"))
    return _draft([station], month, actor=actor, at=at)


@transaction.atomic
def draft_all(month: date, *, actor: Actor, at: datetime | None = None) -> Drafted:
    """Draft the month of every station that has patterns and no published roster, all at once. The office may."""
    if not is_office(actor):
        raise NotAllowed
    hold_rosters()
    stations = (
        Workstation.objects.filter(Q(patterns__is_active=True) | Q(rosters__month=month), is_active=True)
        .exclude(rosters__in=Roster.objects.filter(month=month, state=Roster.State.PUBLISHED))
        .distinct()
        .order_by("pk")
    )
    return _draft(list(stations), month, actor=actor, at=at or timezone.now())


def _draft(stations: list[Workstation], month: date, *, actor: Actor, at: datetime) -> Drafted:
    end = next_month(month)
    if month_start(end) <= at:
        raise Refused(_("这个月已经过完了。"))
    if month > (at + timedelta(days=31 * FARTHEST_MONTHS)).date():
        raise Refused(_("只能排一年以内的班。"))
    rosters = _rosters(stations, month, actor, at)
    for roster in rosters.values():
        roster.drafted_at, roster.drafted_by_label = at, actor.label
        roster.version += 1
    Roster.objects.bulk_update(rosters.values(), ["drafted_at", "drafted_by_label", "version"])
    own = list(rosters.values())
    # What is over stays as a record; what nobody put by hand is drafted anew.
    RosterSlot.objects.filter(roster__in=own, is_fixed=False, shift=None, starts_at__gt=at).delete()
    _adopt(rosters, month, end)
    kept = list(RosterSlot.objects.filter(roster__in=own))
    new = _new_slots(rosters, kept, month, at)
    empty = [slot for slot in kept if slot.member_id is None and slot.starts_at > at]
    to_fill = [*new, *empty]
    is_proven = fill_slots(to_fill, month)
    RosterSlot.objects.bulk_create(new)
    RosterSlot.objects.bulk_update([slot for slot in empty if slot.member_id], ["member"])
    result = Drafted(own, len(new) + len(kept), sum(slot.member_id is None for slot in to_fill), is_proven)
    ledger.append(
        "roster.drafted",
        body={
            "month": f"{month:%Y-%m}",
            "stations": sorted(station.code for station in stations),
            "slots": result.slots,
            "gaps": result.gaps,
        },
        at=at,
        is_public=False,
    )
    return result


def _rosters(stations: list[Workstation], month: date, actor: Actor, at: datetime) -> dict[int, Roster]:
    """The rosters of the month by station, made where there is none."""
    Roster.objects.bulk_create(
        [
            Roster(station=station, month=month, drafted_at=at, drafted_by_label=actor.label, version=0)
            for station in stations
        ],
        ignore_conflicts=True,
    )
    found = Roster.objects.select_for_update().filter(station__in=stations, month=month)
    return {roster.station_id: roster for roster in found.order_by("station_id")}


@transaction.atomic
def adopt_shifts(station: Workstation, month: date, *, actor: Actor, at: datetime | None = None) -> int:
    """Take shifts that came without a roster (an imported table) into the month's; returns how many."""
    if not may_keep_roster(actor, station):
        raise NotAllowed
    hold_rosters()
    rosters = _rosters([station], month, actor, at or timezone.now())
    count = _adopt(rosters, month, next_month(month))
    if count:
        bump(rosters[station.pk])
    return count


def _adopt(rosters: dict[int, Roster], month: date, end: date) -> int:
    """Shifts that were there before there was a roster become its fixed slots."""
    loose = DutyShift.objects.filter(
        station__in=list(rosters),
        starts_at__gte=month_start(month),
        starts_at__lt=month_start(end),
        roster_slot=None,
    )
    made = RosterSlot.objects.bulk_create(
        RosterSlot(
            roster=rosters[shift.station_id],
            mode=shift.mode,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            member_id=shift.member_id,
            is_fixed=True,
            shift=shift,
        )
        for shift in loose
    )
    return len(made)


def pattern_of(pattern: RosterPattern) -> Pattern:
    """A pattern as the pure rules take it."""
    return Pattern(
        key=pattern.pk,
        station=pattern.station_id,
        mode=pattern.mode,
        is_weekly=pattern.rule == RosterPattern.Rule.WEEKDAYS,
        days=tuple(pattern.days),
        starts=pattern.starts,
        ends=pattern.ends,
        people=pattern.people,
        every_weeks=pattern.every_weeks,
        counted_from=pattern.counted_from,
        on_holiday=pattern.on_holiday,
    )


def _new_slots(
    rosters: dict[int, Roster], kept: list[RosterSlot], month: date, at: datetime
) -> list[RosterSlot]:
    """The places that the patterns open and that nothing kept takes: one of its day, or of its very time, takes one."""
    patterns = RosterPattern.objects.filter(station__in=list(rosters), is_active=True)
    wanted = openings(map(pattern_of, patterns), month, local_calendar(), timezone.get_current_timezone())
    of_pattern: Counter[tuple[int, date]] = Counter()
    of_time: Counter[tuple[int, str, datetime]] = Counter()
    for slot in kept:
        if slot.pattern_id is not None:
            of_pattern[slot.pattern_id, day_of(slot.starts_at)] += 1
        else:
            of_time[slot.roster_id, slot.mode, slot.starts_at] += 1
    new = []
    for one in wanted:
        if one.starts_at <= at or _takes(one, rosters, of_pattern, of_time):
            continue
        new.append(
            RosterSlot(
                roster=rosters[one.station],
                pattern_id=one.pattern,
                mode=one.mode,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
            )
        )
    return new


def _takes(
    one: Opening,
    rosters: dict[int, Roster],
    of_pattern: "Counter[tuple[int, date]]",
    of_time: "Counter[tuple[int, str, datetime]]",
) -> bool:
    for counted, key in (
        (of_pattern, (one.pattern, one.starts_at.date())),
        (of_time, (rosters[one.station].pk, one.mode, one.starts_at)),
    ):
        if counted[key] > 0:  # type: ignore[index]
            counted[key] -= 1  # type: ignore[index]
            return True
    return False


def fill_slots(slots: list[RosterSlot], month: date) -> bool:
    """Give these slots of one month, saved or not, members who are free; returns whether that is proven best.

    Sets ``member_id``, saves nothing. The caller holds the rosters. Six queries, however many slots.
    """
    if not slots:
        return True
    stations = dict(
        Roster.objects.filter(pk__in={slot.roster_id for slot in slots}).values_list("pk", "station_id")
    )
    posted: dict[int, set[int]] = defaultdict(set)
    for station_id, member_id in Posting.objects.filter(
        station__in=set(stations.values()), member__is_active=True
    ).values_list("station_id", "member_id"):
        posted[station_id].add(member_id)
    people = set().union(*posted.values()) if posted else set()
    first = min(slot.starts_at for slot in slots)
    last = max(slot.ends_at for slot in slots)
    busy, load = _engagements(people, first, last, month)
    draft = make_draft(
        [
            Slot(number, stations[slot.roster_id], slot.starts_at, slot.ends_at)
            for number, slot in enumerate(slots)
        ],
        posted=posted,
        busy=busy,
        load=load,
        carried=_carried(people, month),
    )
    for number, slot in enumerate(slots):
        slot.member_id = draft.assigned.get(number)
    return draft.is_proven


def _engagements(
    people: Iterable[int], first: datetime, last: datetime, month: date
) -> tuple[dict[int, list[Span]], "Counter[int]"]:
    """When members can't: leave, shifts anywhere, slots they are drafted for; and their shifts of the month."""
    busy: dict[int, list[Span]] = defaultdict(list)
    load: Counter[int] = Counter()
    begin, end = month_start(month), month_start(next_month(month))
    people = list(people)
    spans = [
        *DutyShift.objects.filter(
            member__in=people, starts_at__lt=max(last, end), ends_at__gt=min(first, begin)
        ).values_list("member_id", "starts_at", "ends_at"),
        *RosterSlot.objects.filter(
            member__in=people, shift=None, starts_at__lt=max(last, end), ends_at__gt=min(first, begin)
        ).values_list("member_id", "starts_at", "ends_at"),
    ]
    for member_id, starts_at, ends_at in spans:
        busy[member_id].append((starts_at, ends_at))
        load[member_id] += begin <= starts_at < end
    for member_id, starts_on, ends_on in Leave.objects.filter(
        member__in=people,
        state=Leave.State.GRANTED,
        starts_on__lte=day_of(last),
        ends_on__gte=day_of(first),
    ).values_list("member_id", "starts_on", "ends_on"):
        busy[member_id].append((month_start(starts_on), month_start(ends_on + timedelta(days=1))))
    return busy, load


def _carried(people: Iterable[int], month: date) -> dict[int, int]:
    """Shifts of the last months before this one, by member."""
    since = month
    for _n in range(CARRIED_MONTHS):
        since = (since - timedelta(days=1)).replace(day=1)
    counts = (
        DutyShift.objects.filter(
            member__in=list(people), starts_at__gte=month_start(since), starts_at__lt=month_start(month)
        )
        .order_by()
        .values_list("member_id")
        .annotate(Count("pk"))
    )
    return dict(counts)


@transaction.atomic
def fill_gaps(
    roster: Roster, *, actor: Actor, seen_version: int | None = None, at: datetime | None = None
) -> tuple[int, int]:
    """Fill what is empty in a published roster with who is free, and tell them; returns (filled, still empty)."""
    if not may_keep_roster(actor, roster.station):
        raise NotAllowed
    at = at or timezone.now()
    hold_rosters()
    roster = locked_roster(roster.pk, seen_version=seen_version)
    if roster.state != Roster.State.PUBLISHED:
        raise Refused(_("还没有公布的值班表，重新起草就会补空缺。"))
    empty = list(RosterSlot.objects.filter(roster=roster, member=None, starts_at__gt=at))
    fill_slots(empty, roster.month)
    filled = [slot for slot in empty if slot.member_id]
    tellings = []
    for slot in filled:
        slot.is_fixed = True
        slot.shift = DutyShift.objects.create(
            station_id=roster.station_id,
            member_id=slot.member_id,  # type: ignore[misc]
            mode=slot.mode,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
        )
        slot.save()
        tellings += telling(
            "shift.given",
            [slot.member],
            cause=f"slot:{slot.pk}:{roster.version}:given",
            data=shift_facts(roster.station, slot.starts_at, slot.ends_at),
            at=at,
            by=actor.user_id,
        )
    if filled:
        bump(roster)
        tell_members(tellings)
        ledger.append(
            "shift.changed",
            body={"station": roster.station.code, "month": f"{roster.month:%Y-%m}", "filled": len(filled)},
            at=at,
        )
    return len(filled), len(empty) - len(filled)
