"""Public pages of stations, members and units: the same for everybody, without a form that writes."""

from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from tongxin.core.pagecache import same_for_all
from tongxin.core.qr import qr_poster
from tongxin.directory import registry, selectors
from tongxin.directory.models import Member, Unit, Workstation

MOST_WORDS = 40


def _words(request: HttpRequest) -> str:
    """What the visitor searches for, without characters that a database refuses, and not longer than a name."""
    text = "".join(c for c in request.GET.get("q", "") if c.isprintable())
    return " ".join(text.split())[:MOST_WORDS]


def _parameter(request: HttpRequest, name: str) -> str:
    value = request.GET.get(name, "")[:40]
    return value if value.isprintable() else ""


def _station(code: str) -> Workstation:
    station = selectors.station_by_code(code)
    if station is None:
        raise Http404
    return station


@require_safe
@same_for_all
def station_list(request: HttpRequest) -> HttpResponse:
    """Streets with their communities' stations, searched by name; who is on duty at this moment."""
    words = _words(request)
    groups = selectors.stations_by_street(words)
    found = sum(len(group.communities) + (group.station is not None) for group in groups)
    running = selectors.on_duty_now()
    context = {
        "groups": groups,
        "words": words,
        "found": found,
        "on_duty": running[:12],
        "more_on_duty": max(0, len(running) - 12),
        "manned": {shift.station_id for shift in running},
    }
    return render(request, "directory/station_list.html", context)


@require_safe
@same_for_all
def station_detail(request: HttpRequest, code: str) -> HttpResponse:
    """A station: who is here, who is on duty now and in the next days, how to raise a matter, what was handled."""
    station = _station(code)
    now = timezone.now()
    shifts = selectors.shifts_of(station, at=now)
    coming = [shift for shift in shifts if shift.starts_at > now]
    today = timezone.localdate()
    days = selectors.shifts_by_day(coming)
    context = {
        "station": station,
        "people": selectors.people_of(station),
        "running": [shift for shift in shifts if shift.starts_at <= now],
        "next_shift": coming[0] if coming else None,
        "later_today": [shift for day, of_day in days if day == today for shift in of_day],
        "days": [(day, of_day) for day, of_day in days if day != today],
        "geo": geo_address(station),
        "below": selectors.stations_below(station),
        "panels": registry.panels_of_station(station),
    }
    return render(request, "directory/station_detail.html", context)


def geo_address(station: Workstation) -> str:
    """The address that a phone's own map opens (RFC 5870); empty where the place is not known. No map provider hears
    of the visitor before they ask for it."""
    area = station.area
    if area.latitude is None or area.longitude is None:
        return ""
    return f"geo:{area.latitude:.5f},{area.longitude:.5f}?q={quote(f'{area.latitude:.5f},{area.longitude:.5f}({station.name})')}"


def raise_address(request: HttpRequest, station: Workstation) -> str:
    """The absolute address where a matter is raised at this station."""
    return request.build_absolute_uri(f"{reverse('raise')}?station={station.code}")


@require_safe
@same_for_all
def station_poster(request: HttpRequest, code: str) -> HttpResponse:
    """A page to print and put up at the station, with its QR code."""
    station = _station(code)
    context = {
        "station": station,
        "people": selectors.people_of(station)[:6],
        "address": raise_address(request, station),
    }
    return render(request, "directory/station_poster.html", context)


@require_safe
@same_for_all
def station_qr(request: HttpRequest, code: str) -> HttpResponse:
    """The station's QR code as SVG, in black on white with its quiet zone."""
    drawing = qr_poster(raise_address(request, _station(code)))
    response = HttpResponse(drawing, content_type="image/svg+xml")
    response["Content-Disposition"] = f'inline; filename="{code}.svg"'
    return response


@require_safe
@same_for_all
def member_list(request: HttpRequest) -> HttpResponse:
    """Members by sector, with the stations where they can be met."""
    words, sector, level = _words(request), _parameter(request, "sector"), _parameter(request, "level")
    page = selectors.members_page(sector=sector, level=level, words=words, after=_parameter(request, "after"))
    context = {
        "page": page,
        "sectors": selectors.sectors(),
        "levels": Member.Level.choices,
        "words": words,
        "sector": sector,
        "level": level,
        "is_later": bool(request.GET.get("after")),
    }
    return render(request, "directory/member_list.html", context)


@require_safe
@same_for_all
def unit_list(request: HttpRequest) -> HttpResponse:
    """Units that decide and act, by kind and name."""
    words, kind = _words(request), _parameter(request, "kind")
    context = {
        "page": selectors.search_units(words, kind=kind, after=_parameter(request, "after")),
        "kinds": Unit.Kind.choices,
        "words": words,
        "kind": kind,
        "is_later": bool(request.GET.get("after")),
    }
    return render(request, "directory/unit_list.html", context)


@require_safe
@same_for_all
def unit_detail(request: HttpRequest, code: str) -> HttpResponse:
    """A unit, where it is, and what it handles."""
    unit = selectors.unit_by_code(code)
    if unit is None:
        raise Http404
    station = getattr(unit.area, "workstation", None) if unit.area else None
    context = {"unit": unit, "station": station, "panels": registry.panels_of_unit(unit)}
    return render(request, "directory/unit_detail.html", context)
