"""A member's own page: shifts to come, leave, swaps to answer, hand-over notes."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.accounts.access import actor_of, gate
from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.directory.models import Member
from tongxin.duty.actions.rosters import handover, leave, swaps
from tongxin.duty.actions.rosters.common import NotAllowed, Refused
from tongxin.duty.forms_rosters import LeaveForm, NoteForm, SwapForm
from tongxin.duty.rules_rosters import member_of
from tongxin.duty.selectors import shifts as reads

VOID = "void"


def is_member(actor: Actor) -> bool:
    """Whether the page of one's own shifts exists for somebody."""
    return actor.has(Role.MEMBER)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


@require_http_methods(["GET", "HEAD", "POST"])
@gate(is_member)
def my_shifts(request: HttpRequest) -> HttpResponse:
    """One's own shifts, and everything about them that waits for an answer."""
    actor = actor_of(request)
    member = member_of(actor)
    if member is None:
        return render(request, "duty/rosters/shifts.html", {"member": None})
    what = request.POST.get("do", "")
    leave_form = LeaveForm(request.POST if what == "ask_leave" else None)
    note_form = NoteForm(request.POST if what == "hand_over" else None)
    if request.method == "POST" and _act(request, actor, member, leave_form, note_form):
        return redirect("my_shifts")
    now = timezone.now()
    to_come = reads.shifts_to_come(member)
    stations = reads.stations_of(member)
    asked = reads.swaps_asked(member)
    context = {
        "member": member,
        "running": [shift for shift in to_come if shift.starts_at <= now],
        "to_come": [shift for shift in to_come if shift.starts_at > now],
        "past": reads.shifts_past(member),
        "leaves": reads.leaves_of(member),
        "today": timezone.localdate(),
        "to_answer": reads.swaps_to_answer(member),
        "asked": asked,
        "asked_shifts": {swap.shift_id for swap in asked if swap.state == "asked"},
        "stations": stations,
        "notes": reads.open_notes(stations),
        "leave_form": leave_form,
        "note_form": note_form,
    }
    wrong = bool(leave_form.errors or note_form.errors)
    return render(request, "duty/rosters/shifts.html", context, status=422 if wrong else 200)


def _act(request: HttpRequest, actor: Actor, member: Member, leave_form: Any, note_form: Any) -> bool:
    """One deed of the page; False when its form has to be shown again."""
    what = request.POST.get("do", "")
    try:
        if what == "ask_leave":
            return _ask_leave(request, actor, leave_form)
        if what == "hand_over":
            return _hand_over(request, actor, member, note_form)
        if what in DEEDS:
            DEEDS[what](request, actor, _number(request.POST.get("id", "")))
    except NotAllowed:
        raise Http404 from None
    except Refused as refused:
        messages.warning(request, refused.reason)
    return True


def _ask_leave(request: HttpRequest, actor: Actor, form: Any) -> bool:
    if not form.is_valid():
        return False
    try:
        leave.ask_leave(actor=actor, **form.cleaned_data)
    except Refused as refused:
        form.add_error(None, refused.reason)
        return False
    messages.success(request, _("已请假，等联络员答复。"))
    return True


def _hand_over(request: HttpRequest, actor: Actor, member: Member, form: Any) -> bool:
    wanted = _number(request.POST.get("station", ""))
    station = next((each for each in reads.stations_of(member) if each.pk == wanted), None)
    if station is None:
        raise Http404
    if not form.is_valid():
        return False
    handover.write_hand_over(station, form.cleaned_data["text"], actor=actor)
    messages.success(request, _("记下了，下一位值班的看得到。"))
    return True


def _withdraw_leave(request: HttpRequest, actor: Actor, pk: int) -> None:
    leave.withdraw_leave(pk, actor=actor)
    messages.success(request, _("已撤回。"))


def _accept_swap(request: HttpRequest, actor: Actor, pk: int) -> None:
    swap = swaps.answer_swap(pk, actor=actor, is_accepted=True)
    if swap.state == VOID:
        messages.warning(request, _("没有换成：%(why)s") % {"why": swap.answer})
    else:
        messages.success(request, _("换好了，值班表已经更新。"))


def _decline_swap(request: HttpRequest, actor: Actor, pk: int) -> None:
    swaps.answer_swap(pk, actor=actor, is_accepted=False)
    messages.success(request, _("已答复。"))


def _withdraw_swap(request: HttpRequest, actor: Actor, pk: int) -> None:
    swaps.withdraw_swap(pk, actor=actor)
    messages.success(request, _("已撤回。"))


def _tick(request: HttpRequest, actor: Actor, pk: int) -> None:
    handover.tick_hand_over(pk, actor=actor)
    messages.success(request, _("勾掉了。"))


DEEDS: dict[str, Callable[[HttpRequest, Actor, int], None]] = {
    "withdraw_leave": _withdraw_leave,
    "accept_swap": _accept_swap,
    "decline_swap": _decline_swap,
    "withdraw_swap": _withdraw_swap,
    "tick": _tick,
}


@require_http_methods(["GET", "HEAD", "POST"])
@gate(is_member)
def shift_swap(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody who is free to take a shift of one's own, alone or in exchange for one of theirs."""
    actor = actor_of(request)
    member = member_of(actor)
    shift = reads.shift_by_id(pk) if pk < 2**63 else None
    if member is None or shift is None or shift.member_id != member.pk:
        raise Http404
    people = reads.stand_ins(shift)
    form = SwapForm(request.POST or None, members=people, shifts=reads.shifts_in_return(shift, people))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            swaps.ask_swap(
                shift,
                actor=actor,
                asked_of=data["asked_of"],
                in_return=data["in_return"],
                words=data["words"],
            )
        except Refused as refused:
            form.add_error(None, refused.reason)
        else:
            messages.success(request, _("已经问了，对方答复以后会告诉您。在那之前班还是您的。"))
            return redirect("my_shifts")
    context = {
        "shift": shift,
        "form": form,
        "has_people": bool(people),
        "has_begun": shift.starts_at <= timezone.now(),
    }
    return render(request, "duty/rosters/swap.html", context, status=422 if form.errors else 200)
