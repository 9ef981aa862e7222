"""Reads of leave for who answers it. Each says how many queries it takes."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.directory.models import Posting, Workstation
from tongxin.duty.models import Leave, RosterSlot
from tongxin.duty.months import month_start
from tongxin.duty.rules_rosters import is_office
from tongxin.duty.selectors.rosters import PAGE, is_away


@dataclass(slots=True)
class LeaveLine:
    """A leave as its answerers see it: the shifts it hits, and where the member is posted."""

    leave: Leave
    stations: list[Workstation] = field(default_factory=list)
    hits: list[RosterSlot] = field(default_factory=list)


def leaves_to_see(actor: Actor, *, after: str = "", size: int = PAGE) -> tuple[list[LeaveLine], str]:
    """Leave of the actor's members: to be answered first, then granted and to come. Four queries.

    Paged by an offset, which the order by state asks for; returns the next one, "" at the end.
    """
    begin = int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0
    leaves = Leave.objects.filter(
        Q(state=Leave.State.ASKED) | Q(state=Leave.State.GRANTED, ends_on__gte=timezone.localdate())
    ).select_related("member")
    if not is_office(actor):
        mine = Posting.objects.filter(station__in=actor.scope_ids(Role.LIAISON, Scope.STATION))
        leaves = leaves.filter(member__in=mine.values("member"))
    found = list(leaves.order_by("state", "starts_on", "pk")[begin : begin + size + 1])
    shown = found[:size]
    lines = {leave.pk: LeaveLine(leave) for leave in shown}
    people = {leave.member_id for leave in shown}
    posted: dict[int, list[Workstation]] = defaultdict(list)
    for posting in Posting.objects.filter(member__in=people).select_related("station"):
        posted[posting.member_id].append(posting.station)
    if shown:
        slots = RosterSlot.objects.filter(
            member__in=people,
            starts_at__gte=timezone.now(),
            starts_at__lt=month_start(max(leave.ends_on for leave in shown) + timedelta(days=1)),
        ).select_related("roster__station")
        for slot in slots:
            for line in lines.values():
                if line.leave.member_id == slot.member_id and is_away(
                    [line.leave], slot.starts_at, slot.ends_at
                ):
                    line.hits.append(slot)
    for line in lines.values():
        line.stations = posted[line.leave.member_id]
    return list(lines.values()), str(begin + size) if len(found) > size else ""


def count_leaves_to_answer(actor: Actor) -> int:
    """Leave asked by members of the actor's stations, not yet answered. One query."""
    mine = Posting.objects.filter(station__in=actor.scope_ids(Role.LIAISON, Scope.STATION))
    return Leave.objects.filter(state=Leave.State.ASKED, member__in=mine.values("member")).count()
