"""The work list and the staff search."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.accounts.models import ROLE_CHOICES
from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.matters.models import Matter
from tongxin.matters.presenters import due_chip, number_text, parse_number
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import may_read_raiser
from tongxin.matters.views.work.access import may_work_on, staff_only
from tongxin.matters.work_selectors import (
    ROLE_ORDER,
    find_matters,
    stations_of,
    to_rate,
    work_figures,
    work_page,
)

ROLE_NAMES = dict(ROLE_CHOICES)


def own_pages(actor: Actor) -> list[tuple[str, str]]:
    """Pages of other parts of the product that the actor's roles open: (address, name)."""
    pages = []
    if actor.has(Role.OFFICE) or actor.has(Role.LIAISON):
        pages.append(("/work/enter/", _("代录事项")))
    if any(a.role in ROLE_ORDER for a in actor.assignments):
        pages.append(("/work/search/", _("查事项")))
    if actor.has(Role.LIAISON) or actor.has(Role.OFFICE):
        pages.append(("/work/duty/", _("值班安排")))
    if actor.has(Role.SYSTEM_ADMIN) or actor.has(Role.OFFICE):
        pages.append(("/work/import/", _("导入名册")))
    if actor.has(Role.SECURITY_ADMIN):
        pages.append(("/work/people/", _("人员与角色")))
    if actor.has(Role.SYSTEM_ADMIN):
        pages.append(("/work/system/", _("系统状态")))
    if actor.has(Role.AUDIT_ADMIN):
        pages.append(("/work/audit/", _("审计日志")))
    return pages


def page_number(request: HttpRequest) -> int:
    """The page asked for; anything unreadable is the first."""
    asked = request.GET.get("page", "")
    return int(asked) if asked.isdigit() and len(asked) < 5 else 1


def state_asked(request: HttpRequest) -> str:
    """The state asked for, when the method has it."""
    asked = request.GET.get("state", "")
    return asked if any(state.code == asked for state in SIX_STEPS.states) else ""


def place_of(matter: Matter) -> str:
    """Where it is: street and community."""
    if matter.street and matter.street_id != matter.area_id:
        return f"{matter.street.name} · {matter.area.name}"
    return matter.area.name


def shown_title(actor: Actor, matter: Matter) -> str:
    """The title; before it is public it is the raiser's own words, for those only who may read them."""
    if matter.publication == "public" or may_read_raiser(actor, matter):
        return matter.title
    return _("（尚未公开的事项）")


def row_of(actor: Actor, matter: Matter, calendar: Any) -> dict[str, Any]:
    """What a line of a list shows, ready for the template."""
    return {
        "pk": matter.pk,
        "number": matter.number,
        "number_text": number_text(matter.number),
        "version": matter.version,
        "title": shown_title(actor, matter),
        "address": f"/work/matters/{matter.number}/"
        if may_work_on(actor, matter)
        else f"/matters/{matter.number}/",
        "state": SIX_STEPS.state(matter.state).label,
        "seal": SIX_STEPS.state(matter.state).step.seal,
        "place": place_of(matter),
        "source": matter.get_source_display(),
        "due": due_chip(matter, timezone.localdate(), calendar),
        "me_too": matter.me_too_count,
        "unit": matter.lead_unit.name if matter.lead_unit else "",
    }


@require_safe
@staff_only
def work_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What waits for the signed-in person in each of their roles, overdue first, 50 a page."""
    roles = [role for role in ROLE_ORDER if actor.has(role)]
    role = request.GET.get("role", "")
    role = role if role in roles else ""
    state = state_asked(request)
    page = work_page(actor, page=page_number(request), state=state, role=role)
    figures = work_figures(actor)
    calendar = local_calendar()
    sections: list[dict[str, Any]] = []
    for row in page.rows:
        if not sections or sections[-1]["role"] != row.role:
            sections.append({"role": row.role, "name": ROLE_NAMES.get(row.role, ""), "rows": []})
        shown = row_of(actor, row.matter, calendar)
        shown["suggested"] = row.suggested
        sections[-1]["rows"].append(shown)
    asked = {name: value for name, value in (("role", role), ("state", state)) if value}
    context = {
        "roles": [(code, ROLE_NAMES[code]) for code in roles],
        "role": role,
        "state": state,
        "sections": sections,
        "page": page,
        "figures": figures,
        "states": [(code, SIX_STEPS.state(code).label, count) for code, count in figures.by_state.items()],
        "query": urlencode(asked),
        "ratings": [row_of(actor, matter, calendar) for matter in to_rate(actor)],
        "stations": stations_of(actor),
        "pages": own_pages(actor),
        "empty": empty_words(actor, roles),
        "may_bulk": actor.has(Role.OFFICE),
        "may_triage": actor.has(Role.OFFICE) or actor.has(Role.LIAISON),
    }
    return render(request, "matters/work/list.html", context)


def empty_words(actor: Actor, roles: list[Role]) -> str:
    """What an empty list says, for the person's first role."""
    words = {
        Role.OFFICE: _("现在没有要审核、公示或批复的事项。"),
        Role.LIAISON: _("本站没有待审的事项。有人来反映情况，可以在这里代录。"),
        Role.CONVENER: _("现在没有要召集的协商。"),
        Role.MEMBER: _("现在没有请您召集的协商。"),
        Role.DECIDER: _("现在没有等本单位决定的事项。"),
        Role.UNIT: _("现在没有等本单位办理的事项。"),
        Role.PRINCIPAL: _("现在没有提级督办的事项。"),
    }
    if roles:
        return words[roles[0]]
    if actor.assignments:
        return _("您的工作在下面这些页面。")
    return _("您的账号还没有角色。请找安全管理员开通。")


@require_safe
@staff_only
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Search over what the person may see: words, a number, a state; 50 a page."""
    words = request.GET.get("q", "").strip()[:100]
    state = state_asked(request)
    late = request.GET.get("late") == "1"
    page = find_matters(
        actor,
        words=words,
        number=parse_number(words) or "",
        state=state,
        late=late,
        page=page_number(request),
    )
    calendar = local_calendar()
    asked = {
        name: value
        for name, value in (("q", words), ("state", state), ("late", "1" if late else ""))
        if value
    }
    context = {
        "words": words,
        "state": state,
        "late": late,
        "page": page,
        "rows": [row_of(actor, matter, calendar) for matter in page.rows],
        "states": [(s.code, s.label) for s in SIX_STEPS.states],
        "query": urlencode(asked),
    }
    return render(request, "matters/work/search.html", context)
