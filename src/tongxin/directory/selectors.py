"""Reads of the directory. Each says how many queries it takes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import asin, cos, radians, sin, sqrt

from django.db.models import Q
from django.utils import timezone

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.directory.models import Area, DutyShift, ImportBatch, Member, Posting, Sector, Unit, Workstation

PAGE = 60
EARTH_KM = 6371.0


def on_duty_now(limit: int | None = None, at: datetime | None = None) -> list[DutyShift]:
    """Shifts running at this moment, those in person first. One query; stations and members come with them."""
    at = at or timezone.now()
    shifts = (
        DutyShift.objects.filter(
            starts_at__lte=at, ends_at__gt=at, station__is_active=True, member__is_active=True
        )
        .select_related("station__area", "member__sector")
        .order_by("mode", "ends_at", "pk")
    )
    return list(shifts if limit is None else shifts[:limit])


@dataclass(frozen=True, slots=True)
class StreetGroup:
    """A street's station with those of its communities; a street may be absent when a search found a community."""

    street: Area | None
    station: Workstation | None
    communities: list[Workstation] = field(default_factory=list)


def stations_by_street(words: str = "") -> list[StreetGroup]:
    """Active stations grouped by street, narrowed by name, address or code. One query."""
    stations = (
        Workstation.objects.filter(is_active=True).select_related("area__parent").order_by("area__code")
    )
    for word in words.split()[:5]:
        stations = stations.filter(
            Q(name__icontains=word)
            | Q(address__icontains=word)
            | Q(code__iexact=word)
            | Q(area__name__icontains=word)
            | Q(area__parent__name__icontains=word)
        )
    streets: dict[int, StreetGroup] = {}
    for station in stations:
        if station.area.level == Area.Level.COMMUNITY and station.area.parent is not None:
            street = station.area.parent
            streets.setdefault(street.pk, StreetGroup(street, None)).communities.append(station)
        else:
            known = streets.get(station.area_id)
            streets[station.area_id] = StreetGroup(station.area, station, known.communities if known else [])
    return list(streets.values())


def station_by_code(code: str) -> Workstation | None:
    """The active station with this code, its area and street with it. One query."""
    return (
        Workstation.objects.filter(code__iexact=code, is_active=True)
        .select_related("area__parent__workstation")
        .first()
    )


def stations_below(station: Workstation) -> list[Workstation]:
    """The community stations of a street's station; none for a community. At most one query."""
    if station.area.level == Area.Level.COMMUNITY:
        return []
    return list(
        Workstation.objects.filter(area__parent_id=station.area_id, is_active=True)
        .select_related("area")
        .order_by("area__code")
    )


def people_of(station: Workstation) -> list[Posting]:
    """Members in office posted to a station, its lead first. One query."""
    return list(
        Posting.objects.filter(station=station, member__is_active=True)
        .select_related("member__sector")
        .order_by("-is_lead", "member__code")
    )


def shifts_of(station: Workstation, *, days: int = 14, at: datetime | None = None) -> list[DutyShift]:
    """A station's shifts from now on that end within so many days, running ones included. One query."""
    at = at or timezone.now()
    return list(
        DutyShift.objects.filter(
            station=station, ends_at__gt=at, starts_at__lt=at + timedelta(days=days), member__is_active=True
        ).select_related("member")
    )


def shifts_by_day(shifts: Iterable[DutyShift]) -> list[tuple[date, list[DutyShift]]]:
    """Shifts grouped by the day they begin."""
    days: dict[date, list[DutyShift]] = {}
    for shift in shifts:
        days.setdefault(timezone.localtime(shift.starts_at).date(), []).append(shift)
    return sorted(days.items())


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance in kilometres between two points in degrees."""
    one, two = radians(latitude), radians(other_latitude)
    half = (
        sin((two - one) / 2) ** 2 + cos(one) * cos(two) * sin(radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def nearest_areas(
    latitude: float, longitude: float, *, limit: int = 5, within_km: float = 20
) -> list[tuple[Area, float]]:
    """Communities nearest to a point with their distance in kilometres; none beyond ``within_km``. One query.

    Degrees outside the globe find nothing. The box keeps the arithmetic to what can be near.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return []
    tall = within_km / 111.0
    wide = within_km / (111.0 * max(0.01, cos(radians(latitude))))
    areas = Area.objects.filter(
        level=Area.Level.COMMUNITY,
        latitude__range=(latitude - tall, latitude + tall),
        longitude__range=(longitude - wide, longitude + wide),
    ).select_related("parent", "workstation")
    found = []
    for area in areas:
        if area.latitude is not None and area.longitude is not None:
            away = distance_km(latitude, longitude, area.latitude, area.longitude)
            if away <= within_km:
                found.append((area, away))
    return sorted(found, key=lambda pair: (pair[1], pair[0].code))[:limit]


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A page of members by sector; ``after`` opens the next one, empty at the end."""

    members: list[Member]
    after: str


def members_page(
    *, sector: str = "", level: str = "", words: str = "", after: str = "", size: int = PAGE
) -> MemberPage:
    """Members in office by sector and code, paged by keyset. Two queries: members, and where they are posted.

    An unknown sector finds nobody; an unreadable ``after`` is the first page.
    """
    members = (
        Member.objects.filter(is_active=True).select_related("sector").prefetch_related("postings__station")
    )
    if sector:
        members = members.filter(sector_id=int(sector)) if _is_id(sector) else members.none()
    if level in Member.Level.values:
        members = members.filter(level=level)
    for word in words.split()[:5]:
        members = members.filter(
            Q(name__icontains=word) | Q(profession__icontains=word) | Q(sector__name__icontains=word)
        )
    last_sector, _dash, last_code = after.partition("-")
    if _is_id(last_sector) and last_code:
        members = members.filter(
            Q(sector_id__gt=int(last_sector)) | Q(sector_id=int(last_sector), code__gt=last_code)
        )
    rows = list(members.order_by("sector_id", "code")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return MemberPage(rows, f"{rows[-1].sector_id}-{rows[-1].code}" if more else "")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def sectors() -> list[Sector]:
    """All sectors. One query."""
    return list(Sector.objects.all())


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A page of units; ``after`` opens the next one, empty at the end."""

    units: list[Unit]
    after: str


def search_units(words: str = "", *, kind: str = "", after: str = "", size: int = PAGE) -> UnitPage:
    """Active units by kind, name or code, in the order of their codes, paged by keyset. One query."""
    units = Unit.objects.filter(is_active=True).select_related("area__parent")
    if kind in Unit.Kind.values:
        units = units.filter(kind=kind)
    for word in words.split()[:5]:
        units = units.filter(Q(name__icontains=word) | Q(code__iexact=word) | Q(area__name__icontains=word))
    if after:
        units = units.filter(code__gt=after[:16])
    rows = list(units.order_by("code")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return UnitPage(rows, rows[-1].code if more else "")


def unit_by_code(code: str) -> Unit | None:
    """The active unit with this code, its area and station with it. One query."""
    return (
        Unit.objects.filter(code__iexact=code, is_active=True)
        .select_related("area__parent", "area__workstation")
        .first()
    )


def rosters_of(actor: Actor) -> list[Workstation]:
    """The stations whose roster the actor may keep, by code. One query."""
    stations = Workstation.objects.filter(is_active=True).order_by("area__code").select_related("area")
    if not actor.has(Role.OFFICE, Scope.DISTRICT):
        stations = stations.filter(pk__in=actor.scope_ids(Role.LIAISON, Scope.STATION))
    return list(stations)


def batch_by_id(pk: int) -> ImportBatch | None:
    """An import batch with who uploaded it, or None. One query."""
    return ImportBatch.objects.filter(pk=pk).select_related("uploaded_by").first()


def recent_batches(limit: int = 10) -> list[ImportBatch]:
    """The newest import batches, without their rows. One query."""
    return list(ImportBatch.objects.defer("rows").select_related("uploaded_by")[:limit])
