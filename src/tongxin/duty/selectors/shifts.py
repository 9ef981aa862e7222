"""Reads for a member's own page: shifts, leave, swaps, notes. Each says how many queries it takes."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from tongxin.directory.models import DutyShift, Member, Posting, Workstation
from tongxin.duty.models import HandOver, Leave, Swap
from tongxin.duty.selectors.rosters import busy_spans, is_away

SHOWN = 60
PAST_SHOWN = 10


def shifts_to_come(member: Member, *, at: datetime | None = None) -> list[DutyShift]:
    """The member's shifts that aren't over, with their stations; at most sixty. One query."""
    return list(
        DutyShift.objects.filter(member=member, ends_at__gt=at or timezone.now()).select_related(
            "station__area"
        )[:SHOWN]
    )


def shifts_past(member: Member) -> list[DutyShift]:
    """The member's last ten shifts. One query."""
    return list(
        DutyShift.objects.filter(member=member, ends_at__lte=timezone.now())
        .select_related("station")
        .order_by("-starts_at")[:PAST_SHOWN]
    )


def shift_by_id(pk: int) -> DutyShift | None:
    """A shift with its station, or None. One query."""
    return DutyShift.objects.filter(pk=pk).select_related("station__area", "member").first()


def leaves_of(member: Member) -> list[Leave]:
    """The member's newest twenty leaves. One query."""
    return list(Leave.objects.filter(member=member)[:20])


def swaps_to_answer(member: Member) -> list[Swap]:
    """Swaps somebody asked of the member for a shift that hasn't begun. One query."""
    return list(
        Swap.objects.filter(
            asked_of=member, state=Swap.State.ASKED, shift__starts_at__gt=timezone.now()
        ).select_related("shift__station", "in_return__station", "asked_by")[:SHOWN]
    )


def swaps_asked(member: Member) -> list[Swap]:
    """The member's own requests: those open, and what became of the last ones. One query."""
    return list(
        Swap.objects.filter(asked_by=member).select_related(
            "shift__station", "in_return__station", "asked_of"
        )[:PAST_SHOWN]
    )


def stand_ins(shift: DutyShift) -> list[Member]:
    """Members of the station, then of its street, who are free for a shift. Four queries."""
    station = shift.station
    street = station.area.parent_id if station.area.level == "community" else station.area_id
    near = Posting.objects.filter(
        Q(station=station) | Q(station__area=street) | Q(station__area__parent=street),
        member__is_active=True,
    ).select_related("member")
    here = {posting.member_id for posting in near if posting.station_id == station.pk}
    people = {p.member_id: p.member for p in near if p.member_id != shift.member_id}
    leaves: dict[int, list[Leave]] = defaultdict(list)
    for leave in Leave.objects.filter(member__in=list(people), state=Leave.State.GRANTED):
        leaves[leave.member_id].append(leave)
    spans = busy_spans(people.values(), shift.starts_at, shift.ends_at)
    free = [
        member
        for member in people.values()
        if not spans[member.pk] and not is_away(leaves[member.pk], shift.starts_at, shift.ends_at)
    ]
    return sorted(free, key=lambda member: (member.pk not in here, member.code))


def shifts_in_return(shift: DutyShift, members: list[Member]) -> list[DutyShift]:
    """Shifts of these members within two months that could be had in exchange. One query."""
    now = timezone.now()
    return list(
        DutyShift.objects.filter(
            member__in=members, starts_at__gt=now, starts_at__lt=now + timedelta(days=62)
        ).select_related("station", "member")[:200]
    )


def stations_of(member: Member) -> list[Workstation]:
    """Where the member is posted or has a shift about now: whose notes concern them. One query."""
    now = timezone.now()
    return list(
        Workstation.objects.filter(
            Q(postings__member=member)
            | Q(
                shifts__member=member,
                shifts__ends_at__gt=now - timedelta(days=2),
                shifts__starts_at__lt=now + timedelta(days=14),
            )
        )
        .select_related("area")
        .distinct()
        .order_by("code")
    )


def open_notes(stations: list[Workstation]) -> list[HandOver]:
    """Open hand-over notes of these stations, newest first, at most twenty. One query."""
    return list(HandOver.objects.filter(station__in=stations, done_at=None).select_related("station")[:20])


def shifts_today(user_id: int) -> list[tuple[str, str, str]]:
    """What of today's own shifts isn't over: hours, station and mode in words. One query."""
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return [
        (
            f"{timezone.localtime(shift.starts_at):%H:%M}–{timezone.localtime(shift.ends_at):%H:%M}",
            shift.station.name,
            shift.get_mode_display(),
        )
        for shift in DutyShift.objects.filter(
            member__user_id=user_id, ends_at__gt=now, starts_at__lt=midnight
        ).select_related("station")[:3]
    ]


def count_swaps_to_answer(user_id: int) -> int:
    """Swaps that wait for this user's answer. One query."""
    return Swap.objects.filter(
        asked_of__user_id=user_id, state=Swap.State.ASKED, shift__starts_at__gt=timezone.now()
    ).count()
