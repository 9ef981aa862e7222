"""Receptions for the staff: the list, planning, changing, cancelling."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.core.actor import Actor
from tongxin.duty.actions.reception.planning import (
    AlreadyPlanned,
    NotNow,
    ReceptionChanged,
    StillServing,
    TooFewSlots,
    cancel_reception,
    change_reception,
    plan_receptions,
)
from tongxin.duty.forms_reception import CancelForm, PlanForm
from tongxin.duty.models import Reception
from tongxin.duty.presenters_reception import when_words
from tongxin.duty.rules_reception import NotYours, is_office, may_list, may_manage, may_plan, may_work_at
from tongxin.duty.selectors.reception import posted_names, receptions_page, stations_to_plan
from tongxin.duty.views.reception import reception_at, row_of
from tongxin.matters.views.work.access import staff_only


def work_reception(number: str, actor: Actor) -> Reception:
    """The reception, for who works at it; raises Http404."""
    found = reception_at(number)
    if not may_work_at(actor, found):
        raise Http404
    return found


def managed(number: str, actor: Actor) -> Reception:
    """The reception, for who may change it; raises Http404."""
    found = reception_at(number)
    if not may_manage(actor, found):
        raise Http404
    return found


@require_safe
@staff_only
def receptions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Receptions the actor works at: from today on, or past ones; paged by keyset."""
    if not may_list(actor):
        raise Http404
    is_past, after = request.GET.get("when") == "past", request.GET.get("after", "")[:40]
    page = receptions_page(actor, is_past=is_past, after=after)
    context = {
        "rows": [row_of(one, page.free.get(one.pk)) for one in page.receptions],
        "is_past": is_past,
        "may_plan": may_plan(actor),
        "next_cursor": page.after,
        "has_previous": bool(after),
    }
    return render(request, "duty/reception/work_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def plan(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Plan a reception, or a row of them."""
    if not may_plan(actor):
        raise Http404
    form = PlanForm(request.POST if request.method == "POST" else None, actor=actor)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                made = plan_receptions(form.plan(), actor=actor, every=data["every"], times=data["times"])
            except NotYours:
                raise Http404 from None
            except AlreadyPlanned as there:
                messages.info(request, _("这次接待之前已经安排了，没有再排一遍。"))
                return redirect("work_reception", there.reception.number)
            messages.success(
                request,
                ngettext("安排好了%(n)s次接待。", "安排好了%(n)s次接待。", len(made)) % {"n": len(made)},
            )
            if len(made) == 1:
                return redirect("work_reception", made[0].number)
            return redirect("work_receptions")
    names = [] if is_office(actor) else posted_names(stations_to_plan(actor)[:3])
    context = {"form": form, "reception": None, "names": names}
    return render(request, "duty/reception/plan.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def change(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Change a reception that has not begun. Who booked is told when times or place change."""
    found = managed(number, actor)
    form = PlanForm(request.POST if request.method == "POST" else None, actor=actor, reception=found)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            seen = form.cleaned_data.get("version") or 0
            try:
                change_reception(found, form.plan(), actor=actor, seen_version=seen)
            except NotYours:
                raise Http404 from None
            except ReceptionChanged:
                status = 409
                form.add_error(None, _("别人刚改过这次接待。您写的还在，请看一眼现在的安排再交。"))
                data = form.data.copy()
                data["version"] = str(reception_at(number).version)
                form.data = data
            except NotNow:
                messages.warning(request, _("接待已经开始或者结束，不能改了。"))
                return redirect("work_reception", number)
            except TooFewSlots as few:
                form.add_error(
                    "end", _("有%(n)s个人约了，时段不够。请加长时间或者多开窗口。") % {"n": few.booked}
                )
            else:
                messages.success(request, _("改好了。约了的人会收到新的时间。"))
                return redirect("work_reception", number)
    context: dict[str, Any] = {"form": form, "reception": found, "when": when_words(found), "names": []}
    return render(request, "duty/reception/plan.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def cancel(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Cancel a reception with a public reason."""
    found = managed(number, actor)
    form = CancelForm(request.POST if request.method == "POST" else None, initial={"version": found.version})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            seen = form.cleaned_data.get("version") or 0
            try:
                cancel_reception(found, actor=actor, reason=form.cleaned_data["reason"], seen_version=seen)
            except ReceptionChanged:
                status = 409
                form.add_error(None, _("别人刚改过这次接待。您写的还在，请看一眼现在的安排再交。"))
                data = form.data.copy()
                data["version"] = str(reception_at(number).version)
                form.data = data
            except StillServing as busy:
                form.add_error(None, _("%(n)s号还在窗口，请先了结。") % {"n": busy.number})
            except NotNow:
                messages.info(request, _("这次接待已经结束或者取消了。"))
                return redirect("work_reception", number)
            else:
                messages.success(request, _("已取消。约了的人会收到原因。"))
                return redirect("work_reception", number)
    context = {"form": form, "reception": found, "when": when_words(found)}
    return render(request, "duty/reception/cancel.html", context, status=status)
