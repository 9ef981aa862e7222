"""Meetings for everybody: the list, one meeting, its calendar file, the screen in the room."""

from datetime import UTC
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tongxin.core.pagecache import same_for_all
from tongxin.core.qr import qr_inline
from tongxin.core.visitors import held_receipts
from tongxin.deliberation.actions.meetings import is_over
from tongxin.deliberation.hosts import record_of
from tongxin.deliberation.models import Meeting, SignUp
from tongxin.deliberation.presenters.meetings import (
    length_of,
    result_of,
    seats_words,
    status_of,
    turn_words,
    when_words,
)
from tongxin.deliberation.selectors.meetings import (
    COMING_SPEAKERS,
    agenda_of,
    closed_votes,
    coming_meetings,
    meeting_with_dossier,
    past_meetings,
    room_of,
    seat_of,
)
from tongxin.deliberation.views.common import NOBODY, Place


def meeting_at(request: HttpRequest, pk: int) -> tuple[Place, Meeting]:
    """The meeting and its record as far as the visitor may see them; raises Http404 otherwise."""
    actor = request.user.as_actor() if request.user.is_authenticated else NOBODY
    meeting = meeting_with_dossier(pk)
    found = record_of(meeting.dossier, actor if actor.assignments else None) if meeting else None
    if meeting is None or found is None:
        raise Http404
    return Place(*found, actor), meeting


def number_posted(request: HttpRequest, name: str) -> int:
    """A number that a button carries; 0 when it is none of ours."""
    typed = request.POST.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0


@require_safe
@same_for_all
def meetings(request: HttpRequest) -> HttpResponse:
    """Meetings to come, or with ``?when=past`` those that were held; paged by keyset."""
    is_past = request.GET.get("when") == "past"
    after = request.GET.get("after", "")[:40]
    page = past_meetings(after) if is_past else coming_meetings(after)
    rows = [
        {
            "meeting": one.meeting,
            "title": one.title,
            "when": when_words(one.meeting.starts_at),
            "status": status_of(one.meeting),
            "seats": seats_words(one.meeting) if _takes_sign_ups(one.meeting) else "",
        }
        for one in page.rows
    ]
    context = {"is_past": is_past, "rows": rows, "next_cursor": page.next_cursor, "has_previous": bool(after)}
    return render(request, "deliberation/meetings/list.html", context)


def _takes_sign_ups(meeting: Meeting) -> bool:
    return not is_over(meeting) and meeting.starts_at > timezone.now()


@never_cache
@require_safe
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting: when and where, agenda with documents, seats, what was voted on."""
    place, found = meeting_at(request, pk)
    may_sign_up = _takes_sign_ups(found) and place.host.is_deliberating(place.record)
    return render(
        request,
        "deliberation/meetings/detail.html",
        place.context
        | {
            "meeting": found,
            "when": when_words(found.starts_at),
            "status": status_of(found),
            "items": agenda_of(found),
            "seats": seats_words(found) if may_sign_up else "",
            "sign_up": reverse("meeting_sign_up", args=[place.record.number, found.pk])
            if may_sign_up
            else "",
            "seat": own_seat(request, place, found),
            "takes_questions": found.takes_questions and not found.cancelled_at,
            "results": [result_of(vote) for vote in closed_votes(found)],
            "minutes": reverse("meeting_minutes", args=[found.pk, "pdf"]) if found.minutes_at else "",
            "is_open": found.opened_at and not is_over(found),
            "may_convene": place.host.may_convene(place.actor, place.record),
        },
    )


def own_seat(request: HttpRequest, place: Place, found: Meeting) -> SignUp | None:
    return seat_of(found, user_id=place.actor.user_id, receipts=held_receipts(request))


@require_safe
def calendar_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The meeting for a calendar; a moved or cancelled one replaces what was saved before."""
    from icalendar import Calendar, Event  # half a second to load: not at start-up

    place, found = meeting_at(request, pk)
    minutes = sum(item.minutes_planned for item in agenda_of(found))
    origin = str(settings.TONGXIN.get("base_url") or request.build_absolute_uri("/")).rstrip("/")
    book, event = Calendar(), Event()
    book.add("prodid", "-//Tongxin//Meetings//ZH")
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    event.add("uid", f"meeting-{found.pk}@{origin.partition('://')[2] or 'tongxin'}")
    event.add("dtstamp", (found.cancelled_at or found.noticed_at).astimezone(UTC).replace(microsecond=0))
    event.add("sequence", found.version)
    event.add("summary", f"{found.get_kind_display()}：{place.host.title(place.record)}")
    event.add("dtstart", found.starts_at.astimezone(UTC))
    event.add("dtend", (found.starts_at + length_of(found, minutes)).astimezone(UTC))
    event.add("location", found.place)
    event.add("description", found.agenda)
    event.add("status", "CANCELLED" if found.cancelled_at else "CONFIRMED")
    event.add("url", f"{origin}{reverse('meeting', args=[found.pk])}")
    book.add_component(event)
    response = HttpResponse(bytes(book.to_ical()), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="meeting-{found.pk}.ics"'
    return response


@require_safe
def screen(request: HttpRequest, pk: int) -> HttpResponse:
    """For the projector: the point, who speaks and how long, the statement voted on. No resident has a name here.

    Asked again every few seconds; answered 304 while nothing has changed. Who convenes also sees the code to check in.
    """
    place, found = meeting_at(request, pk)
    room = room_of(found)
    speaking = room.speaking
    code = ""
    if found.opened_at and not is_over(found) and place.host.may_convene(place.actor, place.record):
        code = qr_inline(check_in_address(request, found))
    context = place.context | {
        "meeting": found,
        "status": status_of(found),
        "when": when_words(found.starts_at),
        "room": room,
        "speaker": turn_words(speaking) if speaking else "",
        "ends": ends_at(speaking),
        "next_speakers": [turn_words(turn) for turn in room.waiting[:COMING_SPEAKERS]],
        "more": max(0, len(room.waiting) - COMING_SPEAKERS),
        "result": result_of(room.last_vote) if room.last_vote and not room.vote else None,
        "code": code,
    }
    words = render_to_string("deliberation/meetings/_screen.html", context, request)
    is_piece = bool(request.headers.get("HX-Request"))
    etag = f'"{sha256(f"{is_piece}{request.user.pk}{words}".encode()).hexdigest()[:24]}"'
    if is_piece and request.headers.get("If-None-Match") == etag:
        return _unkept(HttpResponseNotModified(), etag)
    if is_piece:
        return _unkept(HttpResponse(words), etag)
    now = int(timezone.now().timestamp() * 1000)
    response = render(request, "deliberation/meetings/screen.html", context | {"now": now})
    response["Cache-Control"] = "private, no-cache"
    return response


def _unkept(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
    response["Vary"] = "HX-Request, Cookie, Accept-Language"
    return response


def ends_at(turn: Any) -> int:
    """When a speaker's time is over, in milliseconds since 1970 by the server's clock."""
    return int((turn.started_at.timestamp() + turn.seconds_allowed) * 1000) if turn else 0


def check_in_address(request: HttpRequest, found: Meeting) -> str:
    """What the code shown in the room says."""
    return request.build_absolute_uri(
        f"{reverse('meeting_check_in', args=[found.pk])}?k={found.check_in_key}"
    )
