"""Several matters at once: what will happen to which, doing it, what came of it, and undoing it for a short while."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from tongxin.core.actor import Actor
from tongxin.matters.actions import bulk as deeds
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.forms.work.bulk import BulkForm
from tongxin.matters.models import Matter
from tongxin.matters.presenters import number_text
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.views.work.access import may_work_on, staff_only
from tongxin.matters.views.work.export import export_of
from tongxin.matters.views.work.lists import shown_title
from tongxin.matters.work_selectors import bulk_deed, matters_chosen

EXPORT = "export"


@require_POST
@staff_only
def bulk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """First the page that says what will happen to which and what can't and why; confirmed, it is done.

    ``chosen`` holds ``number:version`` pairs, ``do`` what is to be done. What is done is one act a matter, by the
    normal actions; a conflict is told and the others are done.
    """
    pairs = dict(_pair(value) for value in request.POST.getlist("chosen")[: deeds.MOST_AT_ONCE])
    matters = [matter for matter in matters_chosen(actor, list(pairs)) if may_work_on(actor, matter)]
    what = request.POST.get("do", "")
    if not matters:
        messages.warning(request, _("请先选事项。"))
        return redirect("work_list")
    is_sure = request.POST.get("stage") == "confirm"
    if what == EXPORT:
        return export_of(matters) if is_sure else _export_page(request, actor, matters, pairs)
    if what not in dict(deeds.kinds_for(actor)):
        messages.warning(request, _("请选要做什么。"))
        return redirect("work_list")
    plans = deeds.plan(what, actor, [(matter, pairs[matter.number]) for matter in matters])
    asks = {name for one in plans for name in one.asks}
    form = BulkForm(request.POST if is_sure else None, asks=asks, what=what)
    if is_sure and form.is_valid():
        token = form.cleaned_data["token"]
        deed = deeds.carry_out(what, actor=actor, plans=plans, choice=form.choice(), token=token)
        return redirect("work_bulk_result", pk=deed.pk)
    context = {
        "what": what,
        "label": deeds.KINDS[what].label,
        "form": form,
        "can": [_planned(actor, one) for one in plans if not one.reason],
        "cannot": [_planned(actor, one) for one in plans if one.reason],
    }
    return render(request, "matters/work/bulk.html", context, status=422 if is_sure else 200)


def _pair(value: str) -> tuple[str, int]:
    number, _colon, version = value.partition(":")
    return number[:24], int(version) if version.isdigit() and len(version) < 9 else 0


def _planned(actor: Actor, one: deeds.Plan) -> dict[str, Any]:
    return {
        **_named(actor, one.matter),
        "chosen": f"{one.matter.number}:{one.seen}",
        "will": one.will,
        "reason": one.reason,
        "shows": one.shows,
        "no_undo": one.no_undo,
        "can_undo": one.can_undo,
    }


def _named(actor: Actor, matter: Matter) -> dict[str, Any]:
    return {
        "number": matter.number,
        "number_text": number_text(matter.number),
        "title": shown_title(actor, matter),
        "state": SIX_STEPS.state(matter.state).label,
    }


def _export_page(
    request: HttpRequest, actor: Actor, matters: list[Matter], pairs: dict[str, int]
) -> HttpResponse:
    can = [
        {
            **_named(actor, matter),
            "chosen": f"{matter.number}:{pairs[matter.number]}",
            "will": _("写进表格") if matter.publication == "public" else _("写进表格，标题不写：还没有公开"),
        }
        for matter in matters
    ]
    context = {"what": EXPORT, "label": _("导出 Excel 表格"), "form": None, "can": can, "cannot": []}
    return render(request, "matters/work/bulk.html", context)


@require_safe
@staff_only
def bulk_result(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """What came of it, for whoever did it."""
    deed = bulk_deed(actor, pk)
    if deed is None:
        raise Http404
    found = {
        matter.number: matter for matter in matters_chosen(actor, [one["number"] for one in deed.outcomes])
    }
    lines = []
    for one in deed.outcomes:
        matter = found.get(one["number"])
        named = (
            _named(actor, matter)
            if matter
            else {"number": one["number"], "number_text": number_text(one["number"])}
        )
        lines.append({**one, **named, "address": matter is not None and may_work_on(actor, matter)})
    context = {
        "deed": deed,
        "label": deeds.KINDS[deed.what].label,
        "done": [one for one in lines if one["is_done"]],
        "left": [one for one in lines if not one["is_done"]],
        "may_undo": deeds.may_undo(deed),
        "until": deeds.undo_until(deed),
    }
    return render(request, "matters/work/bulk_result.html", context)


@require_POST
@staff_only
def bulk_undo(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Undo what can be undone: each by an act of its own in the matter's history."""
    if bulk_deed(actor, pk) is None:
        raise Http404
    try:
        deed = deeds.undo(pk, actor=actor)
    except NotAllowed:
        messages.warning(request, _("已经过了可以撤销的时间，或者已经撤销过了。要改请打开那件事。"))
    else:
        count = sum(one["is_undone"] for one in deed.outcomes)
        messages.success(request, ngettext("撤销了%(n)s件。", "撤销了%(n)s件。", count) % {"n": count})
    return redirect("work_bulk_result", pk=pk)
