"""Reads for posters: stations with the month's shifts, and batches."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, time

from django.db.models import Q
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.directory.models import DutyShift, Workstation
from tongxin.directory.selectors import rosters_of, station_by_code
from tongxin.duty.models import PosterBatch
from tongxin.duty.posters import end_of_month, month_shown

__all__ = [
    "batch_by_id",
    "recent_batches",
    "shifts_of_month",
    "station_by_code",
    "stations_for_posters",
    "stations_in_order",
    "streets_of",
]

RECENT = 10


def stations_for_posters(actor: Actor, *, street: str = "") -> list[Workstation]:
    """The stations whose posters the actor may have made in a batch: all for the office, their own for a liaison;
    narrowed to a street by its area's code. One query."""
    stations = rosters_of(actor)
    if not street:
        return stations
    return [one for one in stations if one.area.code == street or one.area.code.startswith(street)]


def streets_of(stations: Sequence[Workstation]) -> list[tuple[str, str]]:
    """Streets that have a station of their own among these, as (area code, name)."""
    return [(one.area.code, one.area.name) for one in stations if one.area.level == "street"]


def stations_in_order(ids: Sequence[int]) -> list[Workstation]:
    """These stations in this order, with their areas. A station switched off meanwhile is still among them. One query."""
    found = {one.pk: one for one in Workstation.objects.filter(pk__in=ids).select_related("area__parent")}
    return [found[pk] for pk in ids if pk in found]


def shifts_of_month(station_ids: Collection[int], today: date) -> dict[int, list[DutyShift]]:
    """The shifts of the month that a poster of today shows, by station, members with them. One query."""
    first = month_shown(today)
    begin, end = (
        timezone.make_aware(datetime.combine(day, time.min)) for day in (first, end_of_month(first))
    )
    shifts = (
        DutyShift.objects.filter(
            station_id__in=station_ids, starts_at__gte=begin, starts_at__lt=end, member__is_active=True
        )
        .select_related("member")
        .order_by("starts_at", "pk")
    )
    found: dict[int, list[DutyShift]] = defaultdict(list)
    for shift in shifts:
        found[shift.station_id].append(shift)
    return found


def recent_batches(actor: Actor, *, is_office: bool) -> list[PosterBatch]:
    """The newest batches: all for the office, their own for anybody else. One query."""
    batches = PosterBatch.objects.select_related("asked_by").defer("station_ids")
    if not is_office:
        batches = batches.filter(asked_by_id=actor.user_id)
    return list(batches.order_by("-pk")[:RECENT])


def batch_by_id(pk: int, actor: Actor, *, is_office: bool) -> PosterBatch | None:
    """A batch that the actor may see, or None: who asked for it, and the office. One query."""
    own = Q() if is_office else Q(asked_by_id=actor.user_id)
    return PosterBatch.objects.filter(own, pk=pk).select_related("asked_by").first() if pk < 2**63 else None
