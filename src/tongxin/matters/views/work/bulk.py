"""What can be done to several matters at once: end periods that are over, and take a list along."""

import csv
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tongxin.core.actor import Actor
from tongxin.core.history import Conflict
from tongxin.core.process import GuardFailed, ProcessError
from tongxin.matters.actions.deliberating import conclude_publication
from tongxin.matters.actions.rating import close_rating
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.models import Matter
from tongxin.matters.presenters import number_text
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import may_take
from tongxin.matters.views.work.access import may_work_on, staff_only
from tongxin.matters.views.work.lists import place_of
from tongxin.matters.work_selectors import matters_chosen

DEEDS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "conclude_publication": (conclude_publication, {"published": "hand_over"}),
    "close_rating": (close_rating, {"rating": "close_rating", "following_up": "close"}),
}
"""Each deed with its action and the transition it stands for in each state it works on."""


@require_POST
@staff_only
def bulk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Do one thing to the matters chosen, each by itself: what can't be done stays, with its reason.

    ``chosen`` holds ``number:version`` pairs, ``do`` what is to be done.
    """
    chosen = dict(_pair(value) for value in request.POST.getlist("chosen")[:50])
    matters = [matter for matter in matters_chosen(actor, list(chosen)) if may_work_on(actor, matter)]
    if not matters:
        messages.warning(request, _("请先选事项。"))
        return redirect("work_list")
    what = request.POST.get("do", "")
    if what == "export":
        return _export(matters)
    if what not in DEEDS:
        messages.warning(request, _("请选要做什么。"))
        return redirect("work_list")
    done = 0
    for matter in matters:
        reason = _do(what, matter, actor, chosen[matter.number])
        if reason:
            messages.warning(request, f"{number_text(matter.number)}：{reason}")
        else:
            done += 1
    if done:
        messages.success(request, ngettext("办好了%(n)s件。", "办好了%(n)s件。", done) % {"n": done})
    return redirect("work_list")


def _pair(value: str) -> tuple[str, int]:
    number, _colon, version = value.partition(":")
    return number[:24], int(version) if version.isdigit() and len(version) < 9 else 0


def _do(what: str, matter: Matter, actor: Actor, seen: int) -> str:
    """Do it; empty when it was done, else why it was not."""
    action, names = DEEDS[what]
    name = names.get(matter.state)
    if name is None:
        return _("现在是“%(state)s”，不用做这一步。") % {"state": SIX_STEPS.state(matter.state).label}
    if not may_take(actor, SIX_STEPS.transition(name), matter):
        return _("这一步不由您做。")
    try:
        action(matter, actor=actor, seen_version=seen)
    except Conflict:
        return _("刚刚有人动过，请重新打开看一看。")
    except GuardFailed as failed:
        return str(failed.reason)
    except (NotAllowed, ProcessError):
        return _("这一步现在不能做。")
    return ""


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _export(matters: list[Matter]) -> HttpResponse:
    """The chosen matters as CSV, without personal data: what isn't public yet comes without its title."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="matters-{timezone.localdate():%Y%m%d}.csv"'
    response.write("\ufeff")  # Excel takes a CSV for UTF-8 only when it begins with this mark
    writer = csv.writer(response)
    writer.writerow(
        [
            _("编号"),
            _("标题"),
            _("种类"),
            _("状态"),
            _("地点"),
            _("来源"),
            _("主办单位"),
            _("期限"),
            _("提出日期"),
        ]
    )
    for matter in matters:
        is_public = matter.publication == "public"
        cells = [
            number_text(matter.number),
            matter.title if is_public else _("（尚未公开的事项）"),
            _("微协商") if matter.kind == "consultation" else _("微建议"),
            SIX_STEPS.state(matter.state).label,
            place_of(matter),
            matter.get_source_display(),
            matter.lead_unit.name if matter.lead_unit else "",
            matter.due_on.isoformat() if matter.due_on else "",
            timezone.localtime(matter.created_at).date().isoformat(),
        ]
        writer.writerow([safe_cell(cell) for cell in cells])
    return response
