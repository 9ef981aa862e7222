"""The online desk for who serves it: the list, the conversation, transfer, close, conversion, ready answers."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.history import Conflict
from tongxin.core.process import ProcessError
from tongxin.core.receipts import TokenRefused
from tongxin.core.records import number_text
from tongxin.duty.actions import desk as acts
from tongxin.duty.actions.desk.canned import mark_of
from tongxin.duty.desk_words import (
    TONES,
    category_name,
    due_chip,
    history_of,
    moment_words,
    who_words,
)
from tongxin.duty.forms_desk import AnswerForm, CannedForm, ConvertForm, TransferForm
from tongxin.duty.models import CannedAnswer, DeskThread
from tongxin.duty.process_desk import DESK, WRITES
from tongxin.duty.rules_desk import (
    capacity_at,
    is_district_office,
    may_keep_canned,
    may_open_desk,
    may_read_ratings,
    may_take,
)
from tongxin.duty.selectors import desk as reads
from tongxin.duty.views.desk_shared import lines_for, news_for, thread_context, whole_number
from tongxin.matters.views.work.access import staff_only


@require_safe
@staff_only
def work_desk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Conversations of one's stations by state: what waits first, by its clock."""
    if not may_open_desk(actor):
        raise Http404
    tab = request.GET.get("tab", "")
    tab = tab if tab in reads.TABS else reads.WAITING
    station = request.GET.get("station", "")[:16]
    page = reads.desk_page(actor, tab=tab, station=station, after=request.GET.get("after", "")[:80])
    counts = reads.desk_counts(actor, station)
    now = timezone.now()
    context = {
        "tab": tab,
        "tabs": [(code, DESK.state(code).label, counts.by_tab[code]) for code in reads.TABS],
        "counts": counts,
        "rows": [_row(thread, now) for thread in page.threads],
        "page": page,
        "has_previous": bool(request.GET.get("after")),
        "station": station,
        "stations": reads.stations_served(actor),
        "is_office": is_district_office(actor),
        "figures": reads.desk_figures() if is_district_office(actor) else None,
        "may_keep_canned": may_keep_canned(actor),
    }
    return render(request, "duty/desk/work_list.html", context)


def _row(thread: DeskThread, now: Any) -> dict[str, Any]:
    words = " ".join((getattr(thread, "last_words", "") or "").split())
    return {
        "thread": thread,
        "number": number_text(thread.number),
        "words": words[:60] + ("…" if len(words) > 60 else ""),
        "due": due_chip(thread, now),
        "state": DESK.state(thread.state).label,
        "tone": TONES[thread.state],
        "category": category_name(thread.category),
        "last": moment_words(thread.last_at, now),
    }


def _thread(number: str, actor: Actor) -> DeskThread:
    thread = reads.thread_for_staff(number, actor) if may_open_desk(actor) else None
    if thread is None:
        raise Http404
    return thread


def _capacity(actor: Actor, thread: DeskThread) -> Role | None:
    return capacity_at(actor, thread, reads.member_stations(actor))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def work_desk_thread(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """A conversation, its history and everything to be done with it. ``?after=`` with HX-Request: what is new, or 204.

    ``?canned=`` puts a ready answer into the box; the button ``insert`` does so and keeps what was typed.
    """
    if request.method == "GET" and request.headers.get("HX-Request"):
        return _news(request, actor, number)
    thread = _thread(number, actor)
    if request.method == "POST":
        return _answer(request, actor, thread)
    text = _canned_text(thread, request.GET.get("canned"))
    return _page(request, actor, thread, AnswerForm(initial={"text": text}))


def _canned_text(thread: DeskThread, pk: str | None) -> str:
    return next((one.text for one in reads.canned_for(thread) if str(one.pk) == pk), "") if pk else ""


def _news(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    pulse = reads.pulse_of(number)
    if pulse is None or not may_open_desk(actor):
        raise Http404
    if not is_district_office(actor) and not (
        {pulse.station_id, pulse.covered_by_id} & reads.desk_stations(actor)
    ):
        raise Http404
    after, state = whole_number(request.GET.get("after")), request.GET.get("state", "")
    if pulse.last_id <= after and pulse.state == state and str(pulse.resident_saw) == request.GET.get("saw"):
        return HttpResponse(status=204)
    thread = _thread(number, actor)
    return _piece(request, actor, thread, after, with_panel=pulse.state != state)


def _piece(
    request: HttpRequest,
    actor: Actor,
    thread: DeskThread,
    after: int,
    *,
    with_panel: bool,
    form: AnswerForm | None = None,
    with_form: bool = False,
) -> HttpResponse:
    context = _context(actor, thread, form or AnswerForm()) | news_for(thread, after, "desk")
    context |= {"with_panel": with_panel, "with_form": with_form}
    return render(request, "duty/desk/_work_piece.html", context)


def _context(actor: Actor, thread: DeskThread, form: AnswerForm) -> dict[str, Any]:
    now, role = timezone.now(), _capacity(actor, thread)
    _own, desk_last = reads.last_ids(thread.pk)
    return thread_context(thread, form, now) | {
        "canned": [(one, category_name(one.category) or _("不分类")) for one in reads.canned_for(thread)],
        "may_write": thread.state in WRITES["desk"],
        "may": {name: may_take(name, thread, role) for name in ("transfer", "close", "convert")},
        "is_seen": bool(desk_last) and thread.resident_saw >= desk_last,
        "asked_at": moment_words(thread.created_at, now),
        "handler": who_words(f"值班委员 {thread.handler.name}") if thread.handler else "",
        "has_rating": thread.rated_at is not None,
        "may_read_rating": may_read_ratings(actor),
        "matter": thread.became.matter if thread.became_id else None,  # type: ignore[union-attr]
        "matter_number": number_text(thread.became.matter.number) if thread.became_id else "",  # type: ignore[union-attr]
        "history": history_of(reads.entries_of(thread.pk)),
    }


def _page(
    request: HttpRequest, actor: Actor, thread: DeskThread, form: AnswerForm, *, status: int = 200
) -> HttpResponse:
    before = whole_number(request.GET.get("before")) or None
    context = _context(actor, thread, form) | lines_for(thread, before, "desk")
    return render(request, "duty/desk/work_thread.html", context, status=status)


def _answer(request: HttpRequest, actor: Actor, thread: DeskThread) -> HttpResponse:
    is_live = bool(request.headers.get("HX-Request"))
    form = AnswerForm(request.POST, request.FILES)
    if "insert" in request.POST:
        return _inserted(request, actor, thread, form, is_live)
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        try:
            acts.write_message(
                thread,
                actor=actor,
                token=data["token"],
                text=data["text"],
                photos=data["photos"],
                last_seen=data["last"],
            )
        except acts.NotAllowed:
            raise Http404 from None
        except acts.AnsweredMeanwhile:
            form.add_error(None, _("您写的时候同事已经答复了，请看上面。您写的还在，还要发就再按一次。"))
            status = 409
        except TokenRefused as refused:
            form.add_error(None, refused.reason)
        except ProcessError:
            form.add_error(None, _("这次咨询已经转成事项，请到那件事上办。您写的还在，可以抄走。"))
            status = 409
        else:
            if not is_live:
                return redirect(reverse("work_desk_thread", args=[thread.number]) + "#say")
            fresh = _thread(thread.number, actor)
            after = whole_number(request.POST.get("last"))
            return _piece(
                request, actor, fresh, after, with_panel=fresh.state != thread.state, with_form=True
            )
    if is_live:
        after = whole_number(request.POST.get("last"))
        return _piece(request, actor, thread, after, with_panel=False, form=form, with_form=True)
    return _page(request, actor, thread, form, status=status)


def _inserted(
    request: HttpRequest, actor: Actor, thread: DeskThread, form: AnswerForm, is_live: bool
) -> HttpResponse:
    """The box once more, with a ready answer below what was typed and every photo kept."""
    form.is_valid()
    typed = request.POST.get("text", "")[:2000].strip()
    text = _canned_text(thread, request.POST.get("canned"))
    again = AnswerForm(initial={"text": "\n".join(part for part in (typed, text) if part)})
    again.images = getattr(form, "images", [])
    if is_live:
        after = whole_number(request.POST.get("last"))
        return _piece(request, actor, thread, after, with_panel=False, form=again, with_form=True)
    return _page(request, actor, thread, again)


def _conflict(request: HttpRequest, conflict: Conflict, kept: list[tuple[Any, str]]) -> HttpResponse:
    """Somebody else acted first: who did what, and what was typed."""
    entries = [
        {"actor_label": line.who, "at": line.at, "title": line.title, "event": ""}
        for line in history_of(conflict.entries)
    ]
    context = {
        "record": conflict.record,
        "number": number_text(conflict.record.number),
        "entries": entries,
        "kept": [(label, text) for label, text in kept if text],
        "back": reverse("work_desk_thread", args=[conflict.record.number]),
    }
    return render(request, "409.html", context, status=409)


def _version(request: HttpRequest) -> int:
    return whole_number(request.POST.get("version"))


@require_POST
@staff_only
def work_desk_close(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """The desk closes what it has answered."""
    thread = _thread(number, actor)
    try:
        acts.close_thread(thread, actor=actor, seen_version=_version(request))
    except acts.NotAllowed:
        raise Http404 from None
    except Conflict as conflict:
        return _conflict(request, conflict, [])
    except ProcessError:
        messages.warning(request, _("答复了才能关闭。"))
    else:
        messages.success(request, _("已关闭。居民再写一句就重新打开。"))
    return redirect("work_desk_thread", thread.number)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def work_desk_transfer(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Hand a conversation to another station."""
    thread = _thread(number, actor)
    here = thread.station.code
    form = TransferForm(request.POST or None, here=here, initial={"version": thread.version})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            acts.transfer_thread(
                thread, actor=actor, to=data["to"], reason=data["reason"], seen_version=data["version"]
            )
        except acts.NotAllowed:
            raise Http404 from None
        except Conflict as conflict:
            return _conflict(request, conflict, [(form.fields["reason"].label, data["reason"])])
        except ProcessError:
            messages.warning(request, _("这次咨询已经关闭或转成事项，不能再转。"))
            return redirect("work_desk_thread", thread.number)
        messages.success(
            request,
            _("%(number)s转到了%(station)s。")
            % {"number": number_text(thread.number), "station": data["to"].name},
        )
        return redirect("work_desk")
    status = 422 if request.method == "POST" else 200
    context = {"thread": thread, "number": number_text(thread.number), "form": form}
    return render(request, "duty/desk/transfer.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def work_desk_convert(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Turn a conversation into a matter: the words stay, title, place and category are filled in."""
    thread = _thread(number, actor)
    words = reads.words_of_resident(thread.pk)
    initial = {
        "version": thread.version,
        "title": words.strip().split("\n")[0][:30],
        "area": thread.station.area.code,
        "category": thread.category.code if thread.category else "",
    }
    form = ConvertForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            raised = acts.convert_thread(
                thread,
                actor=actor,
                title=data["title"],
                area=data["area"],
                category=data["category"],
                place=data["place"],
                seen_version=data["version"],
            )
        except acts.NotAllowed:
            raise Http404 from None
        except Conflict as conflict:
            return _conflict(request, conflict, [(form.fields["title"].label, data["title"])])
        except ProcessError:
            messages.warning(request, _("这次咨询已经转成了事项。"))
        else:
            messages.success(
                request,
                _("已转成%(number)s，原话和照片都带过去了。") % {"number": number_text(raised.matter.number)},
            )
        return redirect("work_desk_thread", thread.number)
    context = {
        "thread": thread,
        "number": number_text(thread.number),
        "form": form,
        "words": words,
        "photo_count": len(reads.photos_of_resident(thread.pk)),
        "has_contact": thread.receipt.contact_id is not None,
        "may_convert": may_take("convert", thread, _capacity(actor, thread)),
    }
    return render(request, "duty/desk/convert.html", context, status=422 if request.method == "POST" else 200)


# ready answers


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def work_desk_canned(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Ready answers the person keeps, and a form for a new one."""
    return _canned(request, actor, None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def work_desk_canned_edit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Change a ready answer, or put it out of use."""
    answer = next((one for one in reads.canned_kept_by(actor) if one.pk == pk), None)
    if answer is None:
        raise Http404
    return _canned(request, actor, answer)


def _canned(request: HttpRequest, actor: Actor, answer: CannedAnswer | None) -> HttpResponse:
    if not may_keep_canned(actor):
        raise Http404
    for_all = is_district_office(actor)
    own = actor.scope_ids(Role.LIAISON, Scope.STATION)
    stations = [one for one in reads.stations_served(actor) if for_all or one.pk in own]
    initial: dict[str, Any] = {"is_active": True}
    if answer is not None:
        initial = {
            "title": answer.title,
            "text": answer.text,
            "category": answer.category.code if answer.category else "",
            "station": answer.station.code if answer.station else "",
            "is_active": answer.is_active,
            "seen": mark_of(answer),
        }
    form = CannedForm(request.POST or None, initial=initial, stations=stations, for_all=for_all)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            acts.keep_canned(
                answer,
                actor=actor,
                title=data["title"],
                text=data["text"],
                category=data["category"],
                station=data["station"],
                is_active=data["is_active"],
                seen=data["seen"],
            )
        except acts.NotAllowed:
            raise Http404 from None
        except acts.CannedChanged as changed:
            form.add_error(
                None,
                _("您打开以后有人改过这条：“%(text)s”。您写的还在；要照您的保存，请重新打开这一页再改。")
                % {"text": changed.answer.text[:120]},
            )
            status = 409
        else:
            messages.success(request, _("已保存。"))
            return redirect("work_desk_canned")
    context = {
        "form": form,
        "answer": answer,
        "answers": [(one, category_name(one.category) or _("不分类")) for one in reads.canned_kept_by(actor)]
        if answer is None
        else [],
    }
    return render(request, "duty/desk/canned.html", context, status=status)
