"""Receptions for everybody: the list, one of them, booking, one's own booking, the screen of the waiting room."""

from datetime import UTC, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.core.pagecache import same_for_all
from tongxin.core.qr import qr_inline
from tongxin.core.receipts import TokenRefused, check_token, find_repeat
from tongxin.core.records import number_text
from tongxin.core.visitors import held_receipts, hold_receipts, within_limit
from tongxin.duty import presenters_reception as words
from tongxin.duty.actions.reception.booking import (
    BookingClosed,
    NotBooked,
    SlotTaken,
    book,
    cancel_booking,
    move_booking,
)
from tongxin.duty.forms_reception import BookForm, MoveForm
from tongxin.duty.models import Reception, Ticket
from tongxin.duty.selectors.reception import (
    NEXT_SHOWN,
    coming_receptions,
    free_seats,
    place_in_queue,
    queue_of,
    reception_by_number,
    slots_of,
    streets,
    ticket_by_receipt,
    tickets_held,
)
from tongxin.matters.views.common import visitor
from tongxin.site.confirming import ask_first, is_sure

BOOKINGS_AN_HOUR = 60
"""From one address: a street office's computer books for many."""


def reception_at(number: str) -> Reception:
    """The reception with this number; raises Http404."""
    found = reception_by_number(number) if "\x00" not in number else None
    if found is None:
        raise Http404
    return found


def row_of(reception: Reception, free: int | None) -> dict[str, Any]:
    """What a list shows of a reception."""
    return {
        "reception": reception,
        "when": words.when_words(reception),
        "status": words.status_of(reception),
        "hosts": words.hosts_words(reception),
        "seats": words.seats_words(free),
    }


@require_safe
@same_for_all
def receptions(request: HttpRequest) -> HttpResponse:
    """Receptions to come, by street and kind; paged by keyset."""
    street, kind = request.GET.get("street", "")[:16], request.GET.get("kind", "")[:8]
    after = request.GET.get("after", "")[:40]
    if "\x00" in street:
        raise Http404
    page = coming_receptions(street=street, kind=kind, after=after)
    context = {
        "rows": [row_of(one, page.free.get(one.pk)) for one in page.receptions],
        "streets": streets(),
        "kinds": Reception.Kind.choices,
        "street": street,
        "kind": kind,
        "next_cursor": page.after,
        "has_previous": bool(after),
    }
    return render(request, "duty/reception/list.html", context)


@never_cache
@require_safe
def reception(request: HttpRequest, number: str) -> HttpResponse:
    """One reception: when, where, who receives, on what, and the way to book."""
    found = reception_at(number)
    slots = slots_of(found)
    context = {
        **row_of(found, free_seats([found]).get(found.pk)),
        "number": number_text(found.number),
        "slots": [(words.clock(slot.at), slot.free) for slot in slots],
        "may_book": any(slot.free for slot in slots),
        "has_ticket": bool(tickets_held(found, held_receipts(request))),
        "is_open": found.state == Reception.State.OPEN,
    }
    return render(request, "duty/reception/detail.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def booking(request: HttpRequest, number: str) -> HttpResponse:
    """Choose a slot, say what it is about if one likes. Leads to the number and the tracking code."""
    found = reception_at(number)
    slots = slots_of(found)
    form = BookForm(request.POST if request.method == "POST" else None, slots=slots)
    status = 200
    if request.method == "POST":
        # The same form again, its slot meanwhile full by itself: still the same booking.
        token = request.POST.get("token", "")[:300]
        if _is_booked(token, found):
            return _to_booked(found, token)
        status = 422
        if form.is_valid():
            token = form.cleaned_data["token"]
            if not within_limit(request, "book", BOOKINGS_AN_HOUR, 3600, once=token):
                form.add_error(None, _("这个网络地址一小时内约得太多了。您写的还在，请过一会儿再约。"))
                status = 429
            else:
                done = _book(request, found, form)
                if done is not None:
                    return done
                status = 409
                form.fields["slot"].offer(slots_of(found))  # type: ignore[attr-defined]
    context = {
        **row_of(found, None),
        "form": form,
        "may_book": any(slot.free for slot in slots),
    }
    return render(request, "duty/reception/book.html", context, status=status)


def _book(request: HttpRequest, found: Reception, form: BookForm) -> HttpResponse | None:
    data = form.cleaned_data
    try:
        made = book(
            found,
            actor=visitor(request),
            token=data["token"],
            slot_at=data["slot"],
            topic=data["topic"],
            needs_help=data["needs_help"],
            contact=form.contact(),
        )
    except SlotTaken:
        form.add_error("slot", _("这个时间刚被约走了，请另选一个。"))
        return None
    except BookingClosed:
        form.add_error(None, _("这次接待不能再约了。"))
        return None
    hold_receipts(request, [made.issued.receipt.pk])
    return _to_booked(found, data["token"])


def _is_booked(token: str, found: Reception) -> bool:
    issued = find_repeat(token) if token else None
    return issued is not None and issued.receipt.dossier_id == found.pk


def _to_booked(found: Reception, token: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(
        f"{reverse('reception_booked', args=[found.number])}?{urlencode({'t': token})}"
    )


@never_cache
@require_safe
def booked(request: HttpRequest, number: str) -> HttpResponse:
    """The booking's number and code, once. 404 for a token not ours."""
    found = reception_at(number)
    token = request.GET.get("t", "")[:300]
    try:
        check_token(token, "book")
    except TokenRefused:
        raise Http404 from None
    issued = find_repeat(token)
    ticket = ticket_by_receipt(issued.receipt.pk) if issued else None
    if issued is None or ticket is None or ticket.reception_id != found.pk:
        raise Http404
    where = request.build_absolute_uri(f"{reverse('track')}?{urlencode({'number': found.number})}")
    context = {
        **row_of(found, None),
        "number": number_text(found.number),
        "ticket": ticket,
        "slot": words.clock(ticket.slot_at),
        "code": issued.code,
        "qr": qr_inline(f"{where}#{issued.code}"),
        "has_contact": issued.receipt.contact_id is not None,
    }
    return render(request, "duty/reception/booked.html", context)


def _own_ticket(request: HttpRequest, found: Reception) -> Ticket | None:
    typed = request.POST.get("ticket", "")
    held = tickets_held(found, held_receipts(request))
    return next((one for one in held if str(one.pk) == typed), None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ticket(request: HttpRequest, number: str) -> HttpResponse:
    """One's own booking: where it stands, another time, given up. Without its code: asked for it."""
    found = reception_at(number)
    held = tickets_held(found, held_receipts(request))
    if not held:
        return HttpResponseRedirect(f"{reverse('track')}?{urlencode({'number': found.number})}")
    slots = slots_of(found)
    if request.method == "POST":
        own = _own_ticket(request, found)
        if own is None:
            raise Http404
        answer = _act(request, found, own)
        return answer or redirect("reception_ticket", found.number)
    context = {
        **row_of(found, None),
        "number": number_text(found.number),
        "rows": [_ticket_row(one, found) for one in held],
        "form": MoveForm(slots=slots),
        "may_move": any(slot.free for slot in slots),
    }
    return render(request, "duty/reception/ticket.html", context)


def _ticket_row(one: Ticket, found: Reception) -> dict[str, Any]:
    one.reception = found
    ahead, minutes = place_in_queue(one) if one.state == Ticket.State.WAITING else (0, 0)
    return {
        "ticket": one,
        "slot": words.clock(one.slot_at),
        "status": words.ticket_words(one),
        "is_booked": one.state == Ticket.State.BOOKED,
        "is_waiting": one.state == Ticket.State.WAITING,
        "ahead": ahead,
        "wait": words.minutes_words(minutes),
    }


def _act(request: HttpRequest, found: Reception, own: Ticket) -> HttpResponse | None:
    what = request.POST.get("do", "")
    try:
        if what == "cancel":
            if not is_sure(request):
                return ask_first(
                    request,
                    _("取消以后，这个时间就给别人了。要再来得重新约。"),
                    button=_("取消预约"),
                    back=reverse("reception_ticket", args=[found.number]),
                )
            cancel_booking(own)
            messages.success(request, _("已取消预约。"))
        elif what == "move":
            form = MoveForm(request.POST, slots=slots_of(found))
            if form.is_valid():
                move_booking(own, slot_at=form.cleaned_data["slot"])
                messages.success(request, _("改好了。"))
            else:
                messages.warning(request, _("请另选一个有空的时间。"))
    except SlotTaken:
        messages.warning(request, _("这个时间刚被约走了，请另选一个。您原来的时间还在。"))
    except BookingClosed:
        messages.warning(request, _("这次接待不能再改了。"))
    except NotBooked:
        messages.warning(request, _("这个预约已经变了，没有改动。"))
    return None


@never_cache
@require_safe
def ticket_calendar(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """One's own booking for a calendar; 404 for anybody else."""
    from icalendar import Calendar, Event  # half a second to load: not at start-up

    found = reception_at(number)
    own = next((one for one in tickets_held(found, held_receipts(request)) if one.pk == pk), None)
    if own is None or own.slot_at is None:
        raise Http404
    origin = str(settings.TONGXIN.get("base_url") or request.build_absolute_uri("/")).rstrip("/")
    book_, event = Calendar(), Event()
    book_.add("prodid", "-//Tongxin//Receptions//ZH")
    book_.add("version", "2.0")
    book_.add("method", "PUBLISH")
    event.add("uid", f"ticket-{own.pk}@{origin.partition('://')[2] or 'tongxin'}")
    event.add("dtstamp", own.made_at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", found.version)
    event.add("summary", f"{found.title}（{own.number}）")
    event.add("dtstart", own.slot_at.astimezone(UTC))
    event.add("dtend", (own.slot_at + timedelta(minutes=found.slot_minutes)).astimezone(UTC))
    event.add("location", f"{found.station.name} {found.station.address}".strip())
    event.add("status", "CANCELLED" if own.state == Ticket.State.CANCELLED else "CONFIRMED")
    event.add("url", f"{origin}{reverse('reception', args=[found.number])}")
    book_.add_component(event)
    response = HttpResponse(bytes(book_.to_ical()), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="reception-{found.number}.ics"'
    return response


@require_safe
def screen(request: HttpRequest, number: str) -> HttpResponse:
    """For the waiting room: numbers and windows alone. Asked again every few seconds; 304 while nothing changed."""
    found = reception_at(number)
    queue = queue_of(found)
    context = {
        "reception": found,
        "is_open": found.state == Reception.State.OPEN,
        "status": words.status_of(found),
        "when": words.when_words(found),
        "called": [one for one in reversed(queue.at_desks) if one.state == Ticket.State.CALLED][:4],
        "serving": [one for one in queue.at_desks if one.state == Ticket.State.SERVING][:6],
        "next": [one.number for one in queue.waiting[:NEXT_SHOWN]],
        "waiting": len(queue.waiting),
        "wait": words.minutes_words(queue.wait_new),
    }
    html = render_to_string("duty/reception/_screen.html", context, request)
    is_piece = bool(request.headers.get("HX-Request"))
    etag = f'"{sha256(f"{is_piece}{html}".encode()).hexdigest()[:24]}"'
    if is_piece and request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    elif is_piece:
        response = HttpResponse(html)
    else:
        response = render(request, "duty/reception/screen.html", context)
    response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
    response["Vary"] = "HX-Request, Cookie, Accept-Language"
    return response
