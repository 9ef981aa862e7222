"""A roster changed by hand, before it is published and after; after it, whoever is concerned is told."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.directory.models import DutyShift, Member, Posting, Workstation
from tongxin.directory.rules import may_keep_roster
from tongxin.duty.actions.rosters.common import (
    NotAllowed,
    Refused,
    RosterChanged,
    bump,
    check_free,
    day_of,
    hold_rosters,
    locked_roster,
    shift_facts,
    tell_members,
    telling,
    void_swaps,
)
from tongxin.duty.models import Roster, RosterSlot
from tongxin.notices.actions.outbox import Telling

LONGEST_SHIFT = timedelta(hours=14)
FARTHEST = timedelta(days=366)
MOST_WEEKS = 12


@dataclass(frozen=True, slots=True)
class SlotGiven:
    """What a slot is to be; without a member it is a gap."""

    mode: str
    starts_at: datetime
    ends_at: datetime
    member: Member | None = None


def _check_times(given: SlotGiven, at: datetime) -> None:
    if given.ends_at <= given.starts_at:
        raise Refused(_("结束要晚于开始。"))
    if given.ends_at - given.starts_at > LONGEST_SHIFT:
        raise Refused(
            _("一次值班最长 %(hours)s 小时。") % {"hours": int(LONGEST_SHIFT.total_seconds() // 3600)}
        )
    if given.ends_at <= at:
        raise Refused(_("这段时间已经过去了。"))
    if given.starts_at > at + FARTHEST:
        raise Refused(_("只能排一年以内的班。"))


def _check_posted(member: Member, station: Workstation) -> None:
    if not Posting.objects.filter(member=member, station=station).exists():
        raise Refused(_("这位委员没有进这个工作站。"))


@transaction.atomic
def add_slots(
    station: Workstation,
    given: SlotGiven,
    *,
    actor: Actor,
    weeks: int = 1,
    seen_version: int | None = None,
    at: datetime | None = None,
) -> list[RosterSlot]:
    """Add a slot by hand, for so many weeks in a row, each to the roster of its month, made when there is none.

    The station's liaison and the office may. Raises :class:`Refused` when the member is not posted there, away or on
    duty at that time, or the time is over, too long or too far off; then none of the weeks is written.
    ``seen_version`` is that of the first one's month.
    """
    if not may_keep_roster(actor, station):
        raise NotAllowed
    at = at or timezone.now()
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused(_("一次最多连排 %(weeks)s 周。") % {"weeks": MOST_WEEKS})
    _check_times(given, at)
    if given.member is not None:
        _check_posted(given.member, station)
    hold_rosters()
    made: list[RosterSlot] = []
    rosters: dict[date, Roster] = {}
    tellings: list[Telling] = []
    for week in range(weeks):
        start, end = given.starts_at + timedelta(weeks=week), given.ends_at + timedelta(weeks=week)
        month = day_of(start).replace(day=1)
        if month not in rosters:
            rosters[month] = _roster_of(station, month, actor, at)
            if not made and seen_version is not None and rosters[month].version != seen_version:
                raise RosterChanged(rosters[month])
        if given.member is not None:
            check_free(given.member, start, end)
        slot = RosterSlot(
            roster=rosters[month],
            mode=given.mode,
            starts_at=start,
            ends_at=end,
            member=given.member,
            is_fixed=True,
        )
        slot.save()
        made.append(slot)
        if rosters[month].state == Roster.State.PUBLISHED:
            tellings += _carry_out(slot, station, None, actor=actor, at=at)
    for roster in rosters.values():
        bump(roster)
    tell_members(tellings)
    _record(station, made[0].roster, at, added=len(made))
    return made


def _roster_of(station: Workstation, month: date, actor: Actor, at: datetime) -> Roster:
    roster, _made = Roster.objects.select_for_update().get_or_create(
        station=station,
        month=month,
        defaults={"drafted_at": at, "drafted_by_label": actor.label, "version": 0},
    )
    return roster


def _held(
    slot_id: int, actor: Actor, seen_version: int | None, at: datetime
) -> tuple[RosterSlot, Roster, Workstation]:
    hold_rosters()
    slot = RosterSlot.objects.select_related("roster__station", "member").filter(pk=slot_id).first()
    if slot is None:
        raise Refused(_("这个班已经不在值班表上了。"))
    if not may_keep_roster(actor, slot.roster.station):
        raise NotAllowed
    roster = locked_roster(slot.roster_id, seen_version=seen_version)
    if slot.ends_at <= at:
        raise Refused(_("已经结束的值班是记录，不能再改。"))
    return slot, roster, roster.station


@transaction.atomic
def change_slot(
    slot_id: int,
    given: SlotGiven,
    *,
    actor: Actor,
    seen_version: int | None = None,
    at: datetime | None = None,
) -> RosterSlot:
    """Put somebody else on a slot, clear it, or move it; a new draft leaves it then. Liaison and office may.

    After publication the shift follows and who comes, who goes and who is moved is told. Raises :class:`Refused` as
    :func:`add_slots` does, :class:`RosterChanged`.
    """
    at = at or timezone.now()
    slot, roster, station = _held(slot_id, actor, seen_version, at)
    _check_times(given, at)
    before = slot.member
    has_moved = (slot.starts_at, slot.ends_at) != (given.starts_at, given.ends_at)
    if day_of(given.starts_at).replace(day=1) != roster.month:
        raise Refused(_("只能在这个月里改；要改到别的月份，请到那个月加一个班。"))
    if given.member is not None and (given.member != before or has_moved):
        if given.member != before:
            _check_posted(given.member, station)
        check_free(
            given.member,
            given.starts_at,
            given.ends_at,
            besides_slots=[slot.pk],
            besides_shifts=[slot.shift_id] if slot.shift_id else [],
        )
    old = (slot.starts_at, slot.ends_at)
    slot.mode, slot.starts_at, slot.ends_at = given.mode, given.starts_at, given.ends_at
    slot.member, slot.is_fixed = given.member, given.member is not None
    slot.save()
    bump(roster)
    if roster.state == Roster.State.PUBLISHED:
        slot.roster = roster
        tell_members(_carry_out(slot, station, before, actor=actor, at=at, old=old))
    _record(station, roster, at, changed=1)
    return slot


@transaction.atomic
def remove_slot(
    slot_id: int, *, actor: Actor, seen_version: int | None = None, at: datetime | None = None
) -> Roster | None:
    """Take a slot off the roster; a shift that is over is a record and stays. Twice changes nothing (None then).

    Whoever was to serve a published one is told. Raises :class:`Refused`, :class:`RosterChanged`.
    """
    at = at or timezone.now()
    if not RosterSlot.objects.filter(pk=slot_id).exists():
        return None
    slot, roster, station = _held(slot_id, actor, seen_version, at)
    shift_id, tellings = slot.shift_id, []
    if shift_id is not None:
        tellings = telling(
            "shift.cancelled",
            [slot.member],
            cause=f"slot:{slot.pk}:{roster.version}:cancelled",
            data=shift_facts(station, slot.starts_at, slot.ends_at),
            at=at,
            by=actor.user_id,
        )
        void_swaps([shift_id], at=at)
    slot.delete()
    if shift_id is not None:
        DutyShift.objects.filter(pk=shift_id).delete()
    bump(roster)
    tell_members(tellings)
    _record(station, roster, at, removed=1)
    return roster


def _carry_out(
    slot: RosterSlot,
    station: Workstation,
    before: Member | None,
    *,
    actor: Actor,
    at: datetime,
    old: tuple[datetime, datetime] | None = None,
) -> list[Telling]:
    """Make the published shift what the slot says, and say who is to be told of it."""
    old = old or (slot.starts_at, slot.ends_at)
    has_moved = old != (slot.starts_at, slot.ends_at)
    if slot.shift_id is not None and (has_moved or before != slot.member):
        void_swaps([slot.shift_id], at=at)
    if slot.member is None:
        if slot.shift_id is not None:
            DutyShift.objects.filter(pk=slot.shift_id).delete()
        RosterSlot.objects.filter(pk=slot.pk).update(shift=None)
    elif slot.shift_id is None:
        slot.shift = DutyShift.objects.create(
            station=station,
            member=slot.member,
            mode=slot.mode,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
        )
        slot.save(update_fields=["shift"])
    else:
        DutyShift.objects.filter(pk=slot.shift_id).update(
            member=slot.member, mode=slot.mode, starts_at=slot.starts_at, ends_at=slot.ends_at
        )
    cause = f"slot:{slot.pk}:{slot.roster.version}"
    facts = shift_facts(station, slot.starts_at, slot.ends_at)
    if before != slot.member:
        gone = telling(
            "shift.taken",
            [before],
            cause=f"{cause}:taken",
            data=shift_facts(station, *old),
            at=at,
            by=actor.user_id,
        )
        come = telling(
            "shift.given", [slot.member], cause=f"{cause}:given", data=facts, at=at, by=actor.user_id
        )
        return [*gone, *come]
    if has_moved:
        data = facts | {
            "from_on": day_of(old[0]).isoformat(),
            "from_hours": shift_facts(station, *old)["hours"],
        }
        return telling(
            "shift.moved", [slot.member], cause=f"{cause}:moved", data=data, at=at, by=actor.user_id
        )
    return []


def _record(station: Workstation, roster: Roster, at: datetime, **counts: int) -> None:
    is_public = roster.state == Roster.State.PUBLISHED
    ledger.append(
        "shift.changed" if is_public else "roster.changed",
        body={"station": station.code, "month": f"{roster.month:%Y-%m}", **counts},
        at=at,
        is_public=is_public,
    )
