"""Publishing a month: its slots become duty shifts, and whoever has any is told."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.directory.models import DutyShift
from tongxin.directory.rules import may_keep_roster
from tongxin.duty.actions.rosters.common import (
    NotAllowed,
    Refused,
    hold_rosters,
    locked_roster,
    tell_members,
    telling,
)
from tongxin.duty.models import Roster, RosterSlot
from tongxin.duty.problems import problems_of
from tongxin.duty.rules_rosters import is_office
from tongxin.notices.actions.outbox import Telling


@dataclass(slots=True)
class Published:
    """What publishing came to: how many stations and shifts, and the stations left as drafts for their problems."""

    stations: int = 0
    shifts: int = 0
    left: list[str] = field(default_factory=list)


@transaction.atomic
def publish_roster(
    roster: Roster, *, actor: Actor, seen_version: int | None = None, at: datetime | None = None
) -> Published:
    """Publish a station's month. Its liaison and the office may. Gaps stay gaps and may be filled later.

    Raises :class:`Refused` when it is published or puts somebody where they can't be, :class:`RosterChanged`.
    """
    if not may_keep_roster(actor, roster.station):
        raise NotAllowed
    at = at or timezone.now()
    hold_rosters()
    roster = locked_roster(roster.pk, seen_version=seen_version)
    if roster.state == Roster.State.PUBLISHED:
        raise Refused(_("这个月的值班表已经公布了。"))
    result = _publish([roster], actor, at)
    if result.left:
        raise Refused(_("有的班排不下去：请假、重复或者委员不在站里。先改好标出来的班，再公布。"))
    return result


@transaction.atomic
def publish_all(
    month: date, *, actor: Actor, besides: Collection[int] = (), at: datetime | None = None
) -> Published:
    """Publish every draft of a month that has no problems; the others stay drafts and are named. The office may.

    ``besides`` are stations to leave out.
    """
    if not is_office(actor):
        raise NotAllowed
    hold_rosters()
    drafts = (
        Roster.objects.select_for_update(of=("self",))
        .filter(month=month, state=Roster.State.DRAFT, station__is_active=True)
        .exclude(station__in=besides)
        .select_related("station")
        .order_by("station__area__code")
    )
    return _publish(list(drafts), actor, at or timezone.now())


def _publish(rosters: list[Roster], actor: Actor, at: datetime) -> Published:
    slots = list(
        RosterSlot.objects.filter(roster__in=rosters, member__isnull=False).select_related("member", "shift")
    )
    problems = problems_of([slot for slot in slots if slot.ends_at > at])
    by_roster: dict[int, list[RosterSlot]] = defaultdict(list)
    for slot in slots:
        by_roster[slot.roster_id].append(slot)
    result, tellings, new = Published(), [], []
    codes: list[str] = []
    for roster in rosters:
        own = by_roster[roster.pk]
        if any(slot.pk in problems for slot in own):
            result.left.append(roster.station.name)
            continue
        roster.state, roster.published_at, roster.published_by_label = Roster.State.PUBLISHED, at, actor.label
        roster.version += 1
        new += [slot for slot in own if slot.shift_id is None]
        codes.append(roster.station.code)
        tellings += _tellings(roster, own, actor, at)
    shifts = DutyShift.objects.bulk_create(
        DutyShift(
            station_id=slot.roster.station_id,
            member=slot.member,
            mode=slot.mode,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
        )
        for slot in _with_roster(new, rosters)
    )
    for slot, shift in zip(new, shifts, strict=True):
        slot.shift = shift
    _link(new)
    Roster.objects.bulk_update(rosters, ["state", "published_at", "published_by_label", "version"])
    result.stations, result.shifts = len(codes), len(shifts)
    tell_members(tellings)
    if codes:
        body = {
            "month": f"{rosters[0].month:%Y-%m}",
            "stations": codes,
            "shifts": len(shifts),
        }
        ledger.append("roster.published", body=body, at=at)
    return result


def _link(slots: list[RosterSlot]) -> None:
    """Note which shift each slot became, in one statement: a thousand at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE duty_rosterslot SET shift_id = made.shift FROM unnest(%s::bigint[], %s::bigint[])"
            " AS made(slot, shift) WHERE id = made.slot",
            [[slot.pk for slot in slots], [slot.shift_id for slot in slots]],
        )


def _with_roster(slots: list[RosterSlot], rosters: list[Roster]) -> list[RosterSlot]:
    by_pk = {roster.pk: roster for roster in rosters}
    for slot in slots:
        slot.roster = by_pk[slot.roster_id]
    return slots


def _tellings(roster: Roster, slots: list[RosterSlot], actor: Actor, at: datetime) -> list[Telling]:
    """One notice a member: how many shifts of this month are theirs here, and the first of them."""
    by_member: dict[int, list[RosterSlot]] = defaultdict(list)
    for slot in slots:
        if slot.ends_at > at and slot.member_id is not None:
            by_member[slot.member_id].append(slot)
    found = []
    for own in by_member.values():
        first = min(own, key=lambda each: each.starts_at)
        found += telling(
            "roster.published",
            [first.member],
            cause=f"roster:{roster.pk}:{roster.version}",
            data={
                "station": roster.station.name,
                "month": f"{roster.month:%Y-%m}",
                "count": len(own),
                "first_on": timezone.localtime(first.starts_at).date().isoformat(),
            },
            at=at,
            by=actor.user_id,
        )
    return found
