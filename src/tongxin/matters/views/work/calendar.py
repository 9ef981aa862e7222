"""The calendar of the signed-in person: a month or a list of days, and the private feed for a phone."""

from datetime import UTC, date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.formats import date_format
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.matters.calendar_selectors import CalendarEvent, events_between
from tongxin.matters.views.work.access import staff_only
from tongxin.notices.actions.feeds import (
    feed_changed_at,
    feed_secret,
    owner_of_feed,
    replace_feed_secret,
)
from tongxin.site.confirming import ask_first, is_sure

FEED_BACK, FEED_AHEAD = 60, 400
"""How many days of the past and the future the feed holds."""
DECEMBER = 12


def _month_asked(request: HttpRequest) -> date:
    """The first day of the month asked for; this month when it can't be read."""
    year, _dash, month = request.GET.get("month", "").partition("-")
    today = timezone.localdate()
    if year.isdecimal() and month.isdecimal() and len(year) == 4 and 1 <= int(month) <= DECEMBER:
        return date(min(max(int(year), 2000), 2100), int(month), 1)
    return today.replace(day=1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


@require_safe
@staff_only
def calendar(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A month of due dates, meetings and shifts; ``?view=list`` as a list of days."""
    first = _month_asked(request)
    after = _next_month(first)
    start = first - timedelta(days=first.weekday())
    end = after + timedelta(days=(-after.weekday()) % 7) - timedelta(days=1)
    is_list = request.GET.get("view") == "list"
    events = events_between(actor, first if is_list else start, after - timedelta(days=1) if is_list else end)
    by_day: dict[date, list[CalendarEvent]] = {}
    for event in events:
        by_day.setdefault(event.day, []).append(event)
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    context: dict[str, Any] = {
        "is_list": is_list,
        "month": date_format(first, _("Y年n月")),
        "this": f"{first:%Y-%m}",
        "previous": f"{first - timedelta(days=1):%Y-%m}",
        "next": f"{after:%Y-%m}",
        "agenda": [(day, date_format(day, _("n月j日 l")), found) for day, found in sorted(by_day.items())],
        "today": timezone.localdate(),
        "count": len(events),
    }
    if not is_list:
        work_days = local_calendar()
        cells = [
            {
                "day": day,
                "words": date_format(day, _("n月j日 l")),
                "events": by_day.get(day, []),
                "is_outside": day.month != first.month,
                "is_free": not work_days.is_workday(day),
            }
            for day in days
        ]
        context["weeks"] = [cells[n : n + 7] for n in range(0, len(cells), 7)]
        context["weekdays"] = [date_format(day, "D") for day in days[:7]]
    return render(request, "matters/work/calendar.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def feed_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How to subscribe on a phone, with the secret address; a post replaces the secret, after asking."""
    assert actor.user_id is not None  # signed in
    if request.method == "POST":
        if not is_sure(request):
            return ask_first(
                request,
                _("换了以后，原来的地址马上打不开，所有订阅过的手机和电脑都要用新地址重新订阅。"),
                button=_("换一个新地址"),
                back=reverse("work_calendar_feed"),
            )
        replace_feed_secret(actor.user_id)
        messages.success(request, _("已经换了新地址，旧的打不开了。"))
        return redirect("work_calendar_feed")
    path = reverse("calendar_feed", args=[feed_secret(actor.user_id)])
    address = request.build_absolute_uri(path)
    context = {"address": address, "webcal": f"webcal:{address.partition(':')[2]}"}
    return render(request, "matters/work/calendar_feed.html", context)


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The private iCalendar feed behind its secret; 404 for a wrong one. No names of people, nothing that isn't public."""
    owner = owner_of_feed(secret)
    if owner is None:
        raise Http404
    today = timezone.localdate()
    with override("en" if request.GET.get("language") == "en" else settings.LANGUAGE_CODE):
        events = events_between(
            owner.as_actor(), today - timedelta(days=FEED_BACK), today + timedelta(days=FEED_AHEAD)
        )
        body = _ical(events, request)
    digest, changed_at = feed_changed_at(owner.pk, body)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="tongxin.ics"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    etag, moment = f'"{digest}"', int(changed_at.timestamp())
    response["ETag"], response["Last-Modified"] = etag, http_date(moment)
    return get_conditional_response(request, etag, moment, response) or response


def _origin(request: HttpRequest) -> str:
    return str(settings.TONGXIN.get("base_url") or request.build_absolute_uri("/")).rstrip("/")


def _ical(events: list[CalendarEvent], request: HttpRequest) -> bytes:
    from icalendar import Calendar  # half a second to load: not at start-up

    origin = _origin(request)
    # The same thing keeps its identifier whatever the address the feed is asked at.
    host = urlsplit(str(settings.TONGXIN.get("base_url") or "")).hostname or "tongxin"
    book = Calendar()
    book.add("prodid", "-//Tongxin//Work calendar//ZH")
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", _("同心：我的日程"))
    book.add("x-wr-timezone", settings.TIME_ZONE)
    book.add("x-published-ttl", "PT1H")
    for one in events:
        book.add_component(_ical_event(one, origin, host))
    return bytes(book.to_ical())


def _ical_event(one: CalendarEvent, origin: str, host: str) -> Any:
    from icalendar import Event

    event = Event()
    changed = one.changed_at.astimezone(UTC).replace(microsecond=0)
    event.add("uid", f"{one.uid}@{host}")
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("sequence", one.sequence)
    event.add("summary", one.public_title + (_("（期限暂定）") if one.is_provisional else ""))
    event.add("status", "CANCELLED" if one.is_cancelled else "CONFIRMED")
    if one.starts_at is None or one.ends_at is None:
        event.add("dtstart", one.day)
        event.add("dtend", one.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        event.add("dtstart", one.starts_at.astimezone(UTC))
        event.add("dtend", one.ends_at.astimezone(UTC))
    if one.place:
        event.add("location", one.place)
    if one.address:
        event.add("url", f"{origin}{one.address}")
    event.add("class", "PRIVATE")
    return event
