"""The online desk for residents: choose a station, ask, and go on talking; no account needed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.history import Conflict
from tongxin.core.process import GuardFailed, ProcessError
from tongxin.core.qr import qr_inline
from tongxin.core.receipts import Issued, TokenRefused, check_token, find_repeat
from tongxin.core.records import number_text
from tongxin.core.visitors import held_receipts, hold_receipts, within_limit
from tongxin.directory.models import Workstation
from tongxin.directory.selectors import nearest_areas, stations_by_street
from tongxin.duty.actions import desk as acts
from tongxin.duty.desk_words import (
    moment_words,
    presence_words,
)
from tongxin.duty.forms_desk import AskForm, RateForm, SayForm
from tongxin.duty.models import DeskThread
from tongxin.duty.process_desk import WRITES
from tongxin.duty.rules_desk import may_take
from tongxin.duty.selectors import desk as reads
from tongxin.duty.views.desk_shared import lines_for, news_for, thread_context, whole_number
from tongxin.matters.public_selectors import station_for
from tongxin.matters.views.common import visitor
from tongxin.site.confirming import ask_first, is_sure

MESSAGES_A_QUESTION = 2
"""How many messages an hour an address may send for each question it may ask: a hall or a phone network shares one."""
MOST_WORDS = 40


# choosing


@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Choose a station: who is on line now, the nearest, or by name. ``?lat=&lng=`` come from the device."""
    words = "".join(c for c in request.GET.get("q", "") if c.isprintable())[:MOST_WORDS].strip()
    context = {
        "words": words,
        "groups": stations_by_street(words),
        "online": [] if words else reads.online_now(),
        "near": _near(request),
        "is_asked_near": "lat" in request.GET,
    }
    return render(request, "duty/desk/choose.html", context)


def _near(request: HttpRequest) -> list[tuple[Workstation, float]]:
    try:
        latitude, longitude = float(request.GET["lat"]), float(request.GET["lng"])
    except (KeyError, ValueError):
        return []
    found = []
    for area, away in nearest_areas(latitude, longitude):
        try:
            found.append((area.workstation, away))
        except ObjectDoesNotExist:
            continue
    return found


# asking


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk_ask(request: HttpRequest, code: str) -> HttpResponse:
    """Write to a station's desk: who is there now or when somebody will be, who reads it, and the form."""
    station = station_for(code[:16])
    if station is None:
        raise Http404
    if request.method != "POST":
        return _ask_page(request, station, AskForm())
    form = AskForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask_page(request, station, form, status=422)
    data = form.cleaned_data
    limit = int(settings.TONGXIN["raise_per_hour"])
    if not within_limit(request, "desk", limit, 3600, once=data["token"]):
        return _ask_page(request, station, form, status=429, is_limited=True)
    asked = acts.ask_desk(
        station,
        actor=visitor(request),
        token=data["token"],
        text=data["text"],
        category=data["category"],
        contact=form.contact(),
        photos=data["photos"],
    )
    hold_receipts(request, [asked.issued.receipt.pk])
    query = {"t": data["token"]} | ({"again": "1"} if asked.issued.is_repeat else {})
    return HttpResponseRedirect(f"{reverse('desk_thread', args=[asked.thread.number])}?{urlencode(query)}")


def _ask_page(
    request: HttpRequest,
    station: Workstation,
    form: AskForm,
    *,
    status: int = 200,
    is_limited: bool = False,
) -> HttpResponse:
    now = timezone.now()
    presence = reads.presence_at(station, now)
    context = {
        "form": form,
        "station": station,
        "presence": presence,
        "presence_words": presence_words(presence, now),
        "is_limited": is_limited,
        "photo_limit": settings.TONGXIN["photo_limit"],
        "kept": form.kept_photos(),
    }
    return render(request, "duty/desk/ask.html", context, status=status)


# the conversation


def _held(request: HttpRequest, number: str) -> DeskThread | None:
    user_id = request.user.pk if request.user.is_authenticated else None
    receipts = held_receipts(request)
    if not receipts and user_id is None:
        return None
    return reads.thread_for_holder(number, receipts, user_id)


def _holder_only(view: Callable[[HttpRequest, DeskThread], HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the conversation with the number in the address; 404 to whoever doesn't hold its receipt."""

    @wraps(view)
    def held(request: HttpRequest, number: str) -> HttpResponse:
        thread = _held(request, number)
        if thread is None:
            raise Http404
        return view(request, thread)

    return held


def _holder(thread: DeskThread) -> Actor:
    return Actor(role=Role.RAISER, label="居民", user_id=thread.receipt.user_id, receipt_id=thread.receipt_id)


def _ask_code(number: str) -> HttpResponseRedirect:
    """Whoever holds no receipt here is asked for number and code, whether there is such a conversation or not."""
    return HttpResponseRedirect(f"{reverse('track')}?{urlencode({'number': number[:60]})}")


def _receipt_shown(request: HttpRequest) -> Issued | None:
    """The receipt of the form just sent, whose token is in the address; its holder is let in by it."""
    token = request.GET.get("t", "")[:300]
    if not token:
        return None
    try:
        check_token(token, AskForm.purpose)
    except TokenRefused:
        return None
    issued = find_repeat(token)
    if issued is None or issued.receipt.role != "desk":
        return None
    if issued.receipt.pk not in held_receipts(request):
        hold_receipts(request, [issued.receipt.pk])
    return issued


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk_thread(request: HttpRequest, number: str) -> HttpResponse:
    """One's own conversation. ``?after=`` with HX-Request answers with what is new, or 204: the page asks every 3 s."""
    if request.headers.get("HX-Request") and request.method == "GET":
        return _news(request, number)
    issued = _receipt_shown(request)
    thread = _held(request, number)
    if issued is not None and (thread is None or thread.receipt_id != issued.receipt.pk):
        issued = None  # the token of another conversation
    if thread is None:
        if request.method == "POST":
            raise Http404
        return _ask_code(number)
    if request.method == "POST":
        return _say(request, thread)
    return _thread_page(request, thread, SayForm(), issued=issued)


def _news(request: HttpRequest, number: str) -> HttpResponse:
    pulse = reads.pulse_of(number)
    user_id = request.user.pk if request.user.is_authenticated else None
    is_holder = pulse is not None and (
        pulse.receipt_id in held_receipts(request) or (user_id is not None and pulse.user_id == user_id)
    )
    if pulse is None or not is_holder:
        raise Http404
    after, state = whole_number(request.GET.get("after")), request.GET.get("state", "")
    if pulse.last_id <= after and pulse.state == state and str(pulse.desk_saw) == request.GET.get("saw"):
        return HttpResponse(status=204)
    thread = _held(request, number)
    if thread is None:
        raise Http404
    return _piece(request, thread, after, with_panel=pulse.state != state)


def _piece(
    request: HttpRequest,
    thread: DeskThread,
    after: int,
    *,
    with_panel: bool,
    form: SayForm | None = None,
    with_form: bool = False,
) -> HttpResponse:
    """What is new, for the page's script to put in place."""
    context = _context(request, thread, form or SayForm()) | news_for(thread, after, "resident")
    context |= {
        "with_panel": with_panel,
        "with_form": with_form or (with_panel and thread.state == "converted"),
    }
    return render(request, "duty/desk/_piece.html", context)


def _context(request: HttpRequest, thread: DeskThread, form: SayForm) -> dict[str, Any]:
    now = timezone.now()
    own_last, _theirs = reads.last_ids(thread.pk)
    presence = reads.presence_at(thread.station, now) if thread.state == "waiting" else None
    context = thread_context(thread, form, now) | {
        "presence": presence,
        "presence_words": presence_words(presence, now) if presence else "",
        "by": moment_words(thread.answer_due_at, now) if thread.answer_due_at else "",
        "may_write": thread.state in WRITES["raiser"],
        "may_close": may_take("close", thread, Role.RAISER),
        "may_take_back": may_take("take_back", thread, Role.RAISER),
        "may_rate": may_take("rate", thread, Role.RAISER)
        and thread.answered_at is not None
        and (thread.rated_at is None or thread.rated_at < thread.last_at),
        "rate_form": RateForm(),
        "is_seen": bool(own_last) and thread.desk_saw >= own_last,
        "has_contact": thread.receipt.contact_id is not None,
        "matter": None,
    }
    if thread.became_id:
        context |= _matter_context(request, thread)
    return context


def _matter_context(request: HttpRequest, thread: DeskThread) -> dict[str, Any]:
    """The matter it became, whose receipt this session now holds as well."""
    issued = acts.matter_receipt(thread)
    if issued is None:
        return {}
    if issued.receipt.pk not in held_receipts(request):
        hold_receipts(request, [issued.receipt.pk])
    matter = thread.became.matter  # type: ignore[union-attr]
    return {"matter": matter, "matter_number": number_text(matter.number), "matter_code": issued.code}


def _thread_page(
    request: HttpRequest,
    thread: DeskThread,
    form: SayForm,
    *,
    issued: Issued | None = None,
    rate_form: RateForm | None = None,
    status: int = 200,
) -> HttpResponse:
    before = whole_number(request.GET.get("before")) or None
    context = _context(request, thread, form) | lines_for(thread, before, "resident")
    context |= {
        "issued": issued,
        "is_repeat": request.GET.get("again") == "1",
    }
    if rate_form is not None:
        context["rate_form"] = rate_form
    if issued is not None:
        where = request.build_absolute_uri(f"{reverse('track')}?{urlencode({'number': thread.number})}")
        # After the # nothing is sent to a server: the code stays on the paper and in the phone.
        context["qr"] = qr_inline(f"{where}#{issued.code}")
    return render(request, "duty/desk/thread.html", context, status=status)


def _say(request: HttpRequest, thread: DeskThread) -> HttpResponse:
    form = SayForm(request.POST, request.FILES)
    is_live = bool(request.headers.get("HX-Request"))
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        limit = MESSAGES_A_QUESTION * int(settings.TONGXIN["raise_per_hour"])
        if not within_limit(request, "desk-say", limit, 3600, once=data["token"]):
            form.add_error("text", _("这个网络地址一小时内发得太多了。您写的还在，请过一会儿再发。"))
            status = 429
        else:
            try:
                acts.write_message(
                    thread,
                    actor=_holder(thread),
                    token=data["token"],
                    text=data["text"],
                    photos=data["photos"],
                )
            except TokenRefused as refused:
                form.add_error(None, refused.reason)
            except ProcessError:
                form.add_error(
                    "text", _("这次咨询已经转成事项，请到那件事的进度页上说。您写的还在，可以抄走。")
                )
                status = 409
            else:
                return _said(request, thread, is_live)
    if is_live:
        return _piece(
            request,
            thread,
            whole_number(request.POST.get("last")),
            with_panel=False,
            form=form,
            with_form=True,
        )
    return _thread_page(request, thread, form, status=status)


def _said(request: HttpRequest, thread: DeskThread, is_live: bool) -> HttpResponse:
    if not is_live:
        return redirect(reverse("desk_thread", args=[thread.number]) + "#say")
    fresh = _held(request, thread.number)
    assert fresh is not None  # it was there a moment ago, and nobody takes receipts away
    after = whole_number(request.POST.get("last"))
    return _piece(request, fresh, after, with_panel=fresh.state != thread.state, with_form=True)


@never_cache
@require_POST
@_holder_only
def desk_close(request: HttpRequest, thread: DeskThread) -> HttpResponse:
    """Whoever asked closes the conversation, or stops waiting for an answer."""
    try:
        acts.close_thread(thread, actor=_holder(thread), seen_version=None)
    except ProcessError:
        messages.info(request, _("这次咨询已经关闭或者转成了事项。"))
    else:
        messages.success(request, _("已关闭。再写一句就重新打开。"))
    return redirect("desk_thread", thread.number)


@never_cache
@require_POST
@_holder_only
def desk_rate(request: HttpRequest, thread: DeskThread) -> HttpResponse:
    """Whoever asked rates the answer; it goes to the conference."""
    form = RateForm(request.POST)
    if not form.is_valid():
        return _thread_page(request, thread, SayForm(), rate_form=form, status=422)
    data = form.cleaned_data
    try:
        acts.rate_thread(
            thread,
            actor=_holder(thread),
            solved=data["solved"],
            attitude=data["attitude"],
            words=data["words"],
        )
    except GuardFailed as failed:
        messages.info(request, failed.reason)
    except (ProcessError, Conflict):
        messages.info(request, _("现在不能评：这次咨询正在等答复，或者已经转成了事项。"))
    else:
        messages.success(request, _("评好了，谢谢。评价直接交给区政协，不经过答复的人。"))
    return redirect("desk_thread", thread.number)


@never_cache
@require_POST
@_holder_only
def desk_erase(request: HttpRequest, thread: DeskThread) -> HttpResponse:
    """Take back the consent to be contacted: name and phone are erased."""
    if not is_sure(request):
        return ask_first(
            request,
            _("您留的称呼和电话会马上删掉，以后只能用编号和查询码看答复。"),
            button=_("删掉我的联系方式"),
            back=reverse("desk_thread", args=[thread.number]),
        )
    acts.erase_own_contact(thread, actor=_holder(thread))
    messages.success(request, _("您的称呼和电话已经删除。答复用编号和查询码来看。"))
    return redirect("desk_thread", thread.number)
