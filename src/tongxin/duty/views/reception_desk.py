"""The desk on the day: the queue, numbers, calling, and the matter taken down for somebody."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.core.actor import Actor
from tongxin.core.kept import keepable, with_errors
from tongxin.core.qr import qr_inline
from tongxin.core.receipts import TokenRefused, check_token, find_repeat, new_token
from tongxin.core.text import clean_line
from tongxin.duty import presenters_reception as words
from tongxin.duty.actions.reception import desk as deeds
from tongxin.duty.actions.reception.planning import NotNow, StillServing, close_reception, open_reception
from tongxin.duty.forms_reception import DeskEntryForm, EndForm, WalkInForm
from tongxin.duty.models import Reception, Ticket
from tongxin.duty.rules_reception import may_manage
from tongxin.duty.selectors.reception import queue_of, ticket_at
from tongxin.duty.views.reception import row_of
from tongxin.duty.views.reception_work import work_reception
from tongxin.duty.views.visits import paper_of
from tongxin.matters import held
from tongxin.matters.forms.work.entry import PURPOSE
from tongxin.matters.views.work.access import staff_only
from tongxin.matters.work_selectors import matter_of_dossier, station_of_area
from tongxin.site.confirming import ask_first, is_sure

DESK_KEY = "reception_desk"


def _desk(request: HttpRequest) -> str:
    return str(request.session.get(DESK_KEY) or _("1号窗口"))


@require_safe
@staff_only
def desk(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """The queue of a reception, live for every desk; before the day its bookings, afterwards what became of them."""
    found = work_reception(number, actor)
    context = _context(request, found, actor)
    if request.headers.get("HX-Request"):
        if request.GET.get("seen") == context["digest"]:
            return HttpResponse(status=204)
        return render(request, "duty/reception/_desk.html", context)
    return render(request, "duty/reception/desk.html", context)


def _context(request: HttpRequest, found: Reception, actor: Actor) -> dict[str, Any]:
    queue, now = queue_of(found), timezone.now()
    here = _desk(request)
    hosts = list(found.hosts.all())
    at_desks = [_row(one) | {"is_here": one.desk == here} for one in queue.at_desks]
    state = [
        (one.pk, one.state, one.called_times, one.needs_help, one.slot_at)
        for group in (queue.at_desks, queue.waiting, queue.expected, queue.done, queue.left)
        for one in group
    ]
    minute = int(now.timestamp()) // 60
    mark = repr([state, found.state, found.version, here, get_language(), minute])
    return {
        **row_of(found, None),
        "is_open": found.state == Reception.State.OPEN,
        "is_planned": found.state == Reception.State.PLANNED,
        "is_today": timezone.localdate(found.starts_at) <= timezone.localdate(),
        "may_manage": may_manage(actor, found),
        "here": here,
        "at_desks": at_desks,
        "is_busy": any(row["is_here"] for row in at_desks),
        "waiting": [_row(one) | {"wait": words.minutes_words(queue.wait_of(one))} for one in queue.waiting],
        "expected": [_row(one) for one in queue.expected],
        "done": [_row(one) for one in queue.done],
        "left": [_row(one) for one in queue.left],
        "wait_new": words.minutes_words(queue.wait_new),
        "member_choices": hosts if len(hosts) > 1 else [],
        "own_host": next((host.pk for host in hosts if host.user_id == actor.user_id), None),
        "form": WalkInForm(),
        "digest": sha256(mark.encode()).hexdigest()[:16],
    }


def _row(one: Ticket) -> dict[str, Any]:
    return {
        "ticket": one,
        "seen": deeds.seen_mark(one),
        "slot": words.clock(one.slot_at),
        "arrived": words.clock(one.arrived_at),
        "is_called": one.state == Ticket.State.CALLED,
    }


@require_POST
@staff_only
def act(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Open, close, choose one's window, take a walk-in, call the next."""
    found = work_reception(number, actor)
    what = request.POST.get("do", "")
    try:
        if what == "open":
            open_reception(found, actor=actor)
            messages.success(request, _("开始接待。"))
        elif what == "close":
            if not is_sure(request):
                return ask_first(
                    request,
                    _("结束以后不能再叫号。没有来的和还在等的都记为未到或离开。"),
                    button=_("结束接待"),
                    back=reverse("work_reception", args=[number]),
                )
            close_reception(found, actor=actor)
            messages.success(request, _("接待结束了。"))
        elif what == "desk":
            request.session[DESK_KEY] = clean_line(request.POST.get("desk", "")).text[:20]
        elif what == "walk_in":
            form = WalkInForm(request.POST)
            if form.is_valid():
                data = form.cleaned_data
                made = deeds.take_walk_in(
                    found, actor=actor, topic=data["topic"], needs_help=data["needs_help"]
                )
                return redirect("work_ticket_slip", number, made.pk)
        elif what == "call":
            called = deeds.call_next(found, actor=actor, desk=_desk(request))
            messages.success(request, _("请%(n)s号到%(desk)s。") % {"n": called.number, "desk": called.desk})
    except NotNow:
        messages.warning(request, _("现在不行：接待还没有开始，或者已经结束。"))
    except StillServing as busy:
        messages.warning(request, _("%(n)s号还在窗口，请先了结。") % {"n": busy.number})
    except deeds.NobodyWaits:
        messages.info(request, _("没有人在等。"))
    except deeds.DeskBusy as busy:
        messages.warning(request, _("%(n)s号还在您的窗口，请先了结。") % {"n": busy.ticket.number})
    return redirect("work_reception", number)


def _ticket(found: Reception, pk: int) -> Ticket:
    ticket = ticket_at(found, pk)
    if ticket is None:
        raise Http404
    return ticket


def told_of(ticket: Ticket) -> str:
    """What the slower of two desks is told."""
    return _("%(n)s号已经由别的窗口处理了：%(state)s%(desk)s。您这里没有改动。") % {
        "n": ticket.number,
        "state": ticket.get_state_display(),
        "desk": f"（{ticket.desk}）" if ticket.desk else "",
    }


@require_POST
@staff_only
def ticket_act(request: HttpRequest, actor: Actor, number: str, pk: int) -> HttpResponse:
    """What is done with one number: here, called, put back, begun, gone, ended without a matter."""
    found = work_reception(number, actor)
    ticket = _ticket(found, pk)
    seen = request.POST.get("seen", "")[:40]
    plain: dict[str, Callable[[], Ticket]] = {
        "check_in": lambda: deeds.check_in(ticket, actor=actor, seen=seen),
        "call": lambda: deeds.call_ticket(ticket, actor=actor, desk=_desk(request), seen=seen),
        "put_back": lambda: deeds.put_back(ticket, actor=actor, seen=seen),
        "left": lambda: deeds.mark_left(ticket, actor=actor, seen=seen),
    }
    what = request.POST.get("do", "")
    try:
        if what in plain:
            done = plain[what]()
            messages.success(request, f"{done.number}：{done.get_state_display()}")
        elif what == "start":
            member = next((m for m in found.hosts.all() if str(m.pk) == request.POST.get("member")), None)
            deeds.start_serving(ticket, actor=actor, member=member, seen=seen)
        elif what == "end":
            form = EndForm(request.POST)
            if form.is_valid():
                deeds.end_without_matter(ticket, actor=actor, how=form.cleaned_data["how"], seen=seen)
                messages.success(request, _("%(n)s号了结了。") % {"n": ticket.number})
            else:
                messages.warning(request, _("请写一句怎么了结的。"))
    except deeds.TicketMoved as moved:
        messages.warning(request, told_of(moved.ticket))
    except deeds.DeskBusy as busy:
        messages.warning(request, _("%(n)s号还在您的窗口，请先了结。") % {"n": busy.ticket.number})
    except NotNow:
        messages.warning(request, _("现在不行：接待还没有开始，或者已经结束。"))
    return redirect("work_reception", number)


@require_safe
@staff_only
def slip(request: HttpRequest, actor: Actor, number: str, pk: int) -> HttpResponse:
    """A number on paper, or to be shown: the number, how many are before it, the screen's address. No name."""
    found = work_reception(number, actor)
    ticket = _ticket(found, pk)
    queue = queue_of(found)
    ahead = next((n for n, one in enumerate(queue.waiting) if one.pk == ticket.pk), 0)
    screen = request.build_absolute_uri(reverse("reception_screen", args=[number]))
    context = {
        **row_of(found, None),
        "ticket": ticket,
        "ahead": ahead,
        "wait": words.minutes_words(queue.wait_of(ticket)),
        "arrived": words.clock(ticket.arrived_at),
        "qr": qr_inline(screen),
    }
    return render(request, "duty/reception/slip.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@keepable(PURPOSE)
def enter(request: HttpRequest, actor: Actor, number: str, pk: int) -> HttpResponse:
    """Take down what somebody at the desk says, their papers photographed. Leads to the receipt to hand over."""
    found = work_reception(number, actor)
    ticket = _ticket(found, pk)
    if request.method != "POST":
        if ticket.state not in deeds.AT_DESK:
            messages.warning(request, told_of(ticket))
            return redirect("work_reception", number)
        form = DeskEntryForm(initial={"area": found.station.area_id, "text": ticket.topic})
        return _entry_page(request, found, ticket, form)
    form = DeskEntryForm(request.POST, request.FILES)
    is_valid = form.is_valid()
    token = request.POST.get("token", "")[:300]
    try:
        check_token(token, PURPOSE)
    except TokenRefused as refused:
        form.add_error(None, refused.reason)
        return _again(request, found, ticket, form, token=new_token(PURPOSE))
    if not is_valid:
        return _again(request, found, ticket, form)
    data = form.cleaned_data
    heard = deeds.Heard(
        text=data["text"],
        area=data["area"],
        place=data["place"],
        category=data["category"],
        station=found.station if data["area"].pk == found.station.area_id else station_of_area(data["area"]),
        contact=form.contact(),
        photos=data["photos"],
    )
    try:
        deeds.enter_matter(ticket, actor=actor, token=token, heard=heard)
    except deeds.TicketMoved as moved:
        form.add_error(None, told_of(moved.ticket))
        form.add_error(None, _("您写的还在。要另记一件事，请抄到“代录事项”里。"))
        return _again(request, found, ticket, form, status=409)
    except NotNow:
        form.add_error(None, _("接待已经结束了。您写的还在，请抄到“代录事项”里。"))
        return _again(request, found, ticket, form, status=409)
    return HttpResponseRedirect(
        f"{reverse('work_ticket_receipt', args=[number, pk])}?{urlencode({'t': token})}"
    )


def _entry_page(
    request: HttpRequest,
    found: Reception,
    ticket: Ticket,
    form: DeskEntryForm,
    *,
    status: int = 200,
    kept: int = 0,
) -> HttpResponse:
    context = {"form": form, "reception": found, "ticket": ticket, "kept_count": kept}
    return with_errors(render(request, "duty/reception/enter.html", context, status=status), form)


def _again(
    request: HttpRequest,
    found: Reception,
    ticket: Ticket,
    form: DeskEntryForm,
    *,
    token: str = "",
    status: int = 422,
) -> HttpResponse:
    """The form once more, everything typed and every photo kept."""
    data = cast(QueryDict, form.data).copy()
    if token:
        data["token"] = token
    photos = form.cleaned_data.get("photos")
    if photos:
        data["photos_held"] = held.hold_all(photos)
    form.data = data
    return _entry_page(request, found, ticket, form, status=status, kept=len(photos or []))


@require_safe
@staff_only
def receipt(request: HttpRequest, actor: Actor, number: str, pk: int) -> HttpResponse:
    """The receipt of the matter just entered, to be printed and handed over; for who has the form's token."""
    found = work_reception(number, actor)
    ticket = _ticket(found, pk)
    token = request.GET.get("t", "")[:300]
    issued = find_repeat(token) if token else None
    if issued is None or issued.receipt.dossier_id != ticket.matter_id:
        raise Http404
    matter = matter_of_dossier(issued.receipt.dossier_id)
    context = {"reception": found, "ticket": ticket, "paper": paper_of(request, matter, issued)}
    return render(request, "duty/reception/receipt.html", context)
