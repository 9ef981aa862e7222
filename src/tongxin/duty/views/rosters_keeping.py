"""Pages behind a roster: a slot by hand, patterns, leave to answer."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from tongxin.accounts.access import actor_of, gate
from tongxin.core.text import clean_line
from tongxin.directory.rules import may_keep_any_roster
from tongxin.duty.actions.rosters import leave, patterns, slots
from tongxin.duty.actions.rosters.common import NotAllowed, Refused, RosterChanged
from tongxin.duty.forms_rosters import AddSlotForm, PatternForm, SlotForm
from tongxin.duty.models import Roster
from tongxin.duty.months import next_month
from tongxin.duty.selectors import rosters as reads
from tongxin.duty.selectors.leaves import leaves_to_see
from tongxin.duty.views.rosters import address, month_asked, number_asked, station_asked
from tongxin.site.confirming import ask_first, is_sure

LEAVE_PAGE = "roster_leaves"


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_keep_any_roster)
def slot_add(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """A slot more, outside the patterns, for one or several weeks."""
    station, first = station_asked(request, code), month_asked(month)
    initial = {"date": max(first, timezone.localdate()), "start": "09:00", "end": "11:30"}
    form = AddSlotForm(request.POST or None, station=station, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = slots.add_slots(
                station, form.given(), actor=actor_of(request), weeks=form.cleaned_data["weeks"]
            )
        except Refused as refused:
            form.add_error(None, refused.reason)
        else:
            messages.success(
                request,
                ngettext("加了 %(n)s 个班。", "加了 %(n)s 个班。", len(made)) % {"n": len(made)},
            )
            return redirect(address(station, made[0].roster.month))
    context = {"station": station, "month": first, "form": form, "back": address(station, first)}
    return render(request, "duty/rosters/slot.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_keep_any_roster)
def slot_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put somebody else on a slot, clear it, move it, or take it off."""
    actor = actor_of(request)
    slot = reads.slot_to_keep(actor, pk) if pk < 2**63 else None
    if slot is None:
        raise Http404
    station, month = slot.roster.station, slot.roster.month
    is_sent = request.method == "POST"
    form = SlotForm(
        request.POST if is_sent else None, station=station, slot=slot, initial=SlotForm.initial_of(slot)
    )
    status, kept = 200, False
    if is_sent:
        seen = number_asked(request.POST.get("version", ""))
        try:
            if request.POST.get("do") == "remove":
                if not is_sure(request):
                    return ask_first(request, _remove_words(slot), button=_("移除这个班"), back=request.path)
                slots.remove_slot(slot.pk, actor=actor, seen_version=seen)
                messages.success(request, _("已移除。"))
                return redirect(address(station, month))
            if form.is_valid():
                slots.change_slot(slot.pk, form.given(), actor=actor, seen_version=seen)
                messages.success(request, _("已改好。"))
                return redirect(address(station, month))
            status = 422
        except Refused as refused:
            form.is_valid()
            form.add_error(None, refused.reason)
            status = 422
        except RosterChanged as changed:
            # What was typed stays; the next time it is sent knowing how things stand.
            form.data = form.data.copy()
            form.data["version"] = str(changed.roster.version)
            status, kept = 409, True
    context = {
        "station": station,
        "month": month,
        "slot": slot,
        "form": form,
        "back": address(station, month),
        "is_changed": kept,
        "is_over": slot.ends_at <= timezone.now(),
        "is_published": slot.roster.state == Roster.State.PUBLISHED,
    }
    return render(request, "duty/rosters/slot.html", context, status=status)


def _remove_words(slot: Any) -> str:
    at = f"{timezone.localtime(slot.starts_at):%m-%d %H:%M}"
    if slot.member is not None:
        return _("%(person)s %(at)s 的值班要从值班表上去掉。") % {"person": slot.member.name, "at": at}
    return _("%(at)s 的空班要从值班表上去掉。") % {"at": at}


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_keep_any_roster)
def roster_patterns(request: HttpRequest, code: str) -> HttpResponse:
    """When a station has duty: its patterns, and a form for one more."""
    station = station_asked(request, code)
    form = PatternForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            patterns.keep_pattern(station, form.given(), actor=actor_of(request))
        except Refused as refused:
            form.add_error(None, refused.reason)
        else:
            messages.success(request, _("加好了。起草的时候就按它排。"))
            return redirect("roster_patterns", station.code)
    context = {
        "station": station,
        "patterns": reads.patterns_of(station),
        "form": form,
        "month": next_month(timezone.localdate()),
        "weekdays": {number + 1: name for number, name in WEEKDAYS_ABBR.items()},
    }
    return render(request, "duty/rosters/patterns.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_keep_any_roster)
def roster_pattern(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a pattern or take it out of use; what is drafted or published stays."""
    actor = actor_of(request)
    pattern = reads.pattern_to_keep(actor, pk) if pk < 2**63 else None
    if pattern is None:
        raise Http404
    form = PatternForm(request.POST or None, initial=PatternForm.initial_of(pattern))
    if request.method == "POST":
        if request.POST.get("do") == "stop":
            patterns.stop_pattern(pattern, actor=actor)
            messages.success(request, _("停用了。已经排好的班不变。"))
            return redirect("roster_patterns", pattern.station.code)
        if form.is_valid():
            try:
                patterns.keep_pattern(pattern.station, form.given(), actor=actor, pattern=pattern)
            except Refused as refused:
                form.add_error(None, refused.reason)
            else:
                messages.success(request, _("改好了。下次起草按它排，已经排好的班不变。"))
                return redirect("roster_patterns", pattern.station.code)
    context = {"station": pattern.station, "pattern": pattern, "form": form}
    return render(request, "duty/rosters/pattern.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_keep_any_roster)
def roster_leaves(request: HttpRequest) -> HttpResponse:
    """Leave of the stations' members: to answer, and granted with the shifts that need somebody else."""
    actor = actor_of(request)
    wrong: dict[int, str] = {}
    if request.method == "POST":
        pk = number_asked(request.POST.get("id", "")) or 0
        try:
            answered = leave.answer_leave(
                pk,
                actor=actor,
                is_granted=request.POST.get("do") == "grant",
                answer=clean_line(request.POST.get("answer", "")[:200]).text,
            )
        except NotAllowed:
            raise Http404 from None
        except Refused as refused:
            wrong[pk] = refused.reason
        else:
            messages.success(
                request,
                _("已同意。有公布了的班落在这些天里，会标出来，请安排别人。")
                if answered.state == "granted"
                else _("已答复。"),
            )
            return redirect(LEAVE_PAGE)
    after = request.GET.get("after", "")[:6]
    lines, more = leaves_to_see(actor, after=after)
    context = {
        "lines": lines,
        "next_cursor": more,
        "has_previous": bool(after),
        "wrong": wrong,
        "reason": next(iter(wrong.values()), ""),
        "typed": clean_line(request.POST.get("answer", "")[:200]).text,
        "wrong_id": next(iter(wrong), 0),
        "own_user": actor.user_id,
    }
    return render(request, "duty/rosters/leaves.html", context, status=422 if wrong else 200)
