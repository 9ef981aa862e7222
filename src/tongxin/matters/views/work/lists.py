"""The work list and the staff search."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.accounts.models import ROLE_CHOICES
from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.clocks import local_calendar
from tongxin.core.records import waiting_for, work_pages
from tongxin.matters.actions.bulk import kinds_for
from tongxin.matters.forms.work.base import category_text
from tongxin.matters.models import Matter, MatterKind
from tongxin.matters.presenters import due_chip, number_text, parse_number
from tongxin.matters.presenters.position import select_html
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import may_read_raiser
from tongxin.matters.views.work.access import may_work_on, staff_only
from tongxin.matters.work_lists import (
    DUE_CHOICES,
    ROLE_ORDER,
    WORK_LABELS,
    WorkFilters,
    choices_of_places,
    may_chase,
    work_figures,
    work_page,
)
from tongxin.matters.work_selectors import (
    active_categories,
    active_units,
    find_matters,
    stations_of,
    to_rate,
)

ROLE_NAMES = dict(ROLE_CHOICES)


def own_pages(actor: Actor) -> list[tuple[str, str]]:
    """Pages of other parts of the product that the actor's roles open: (address, name)."""
    pages = []
    if actor.has(Role.OFFICE, Scope.DISTRICT) or actor.has(Role.LIAISON):
        pages.append(("/work/enter/", _("代录事项")))
    if any(a.role in ROLE_ORDER for a in actor.assignments):
        pages.append(("/work/calendar/", _("日程")))
        pages.append(("/work/search/", _("查事项")))
    if actor.has(Role.SYSTEM_ADMIN) or actor.has(Role.OFFICE, Scope.DISTRICT):
        pages.append(("/work/import/", _("导入名册")))
        pages.append(("/work/calendar-days/", _("放假调休安排")))
        pages.append(("/work/messages/", _("没发出的消息")))
    if actor.has(Role.OFFICE, Scope.DISTRICT):
        pages.append(("/work/categories/", _("分类归口")))
    if actor.has(Role.SECURITY_ADMIN):
        pages.append(("/work/people/", _("人员与角色")))
    if actor.has(Role.SYSTEM_ADMIN):
        pages.append(("/work/system/", _("系统状态")))
    if actor.has(Role.AUDIT_ADMIN):
        pages.append(("/work/audit/", _("审计日志")))
    return pages + [(page.url, str(page.name)) for page in work_pages if page.is_for(actor)]


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


def filters_asked(request: HttpRequest, actor: Actor) -> WorkFilters:
    """The filters of the address; what the lists don't know is left out."""
    asked = request.GET
    words = asked.get("q", "").strip()[:100]

    def known(name: str, codes: Iterable[str]) -> str:
        value = asked.get(name, "")
        return value if value in set(codes) else ""

    return WorkFilters(
        role=known("role", [role for role in ROLE_ORDER if actor.has(role)]),
        work=known("work", WORK_LABELS),
        step=known("step", [step.code for step in SIX_STEPS.steps]),
        area=asked.get("area", "")[:16],
        category=asked.get("category", "")[:20],
        unit=asked.get("unit", "")[:16],
        kind=known("kind", MatterKind.values),
        due=known("due", DUE_CHOICES),
        words=words,
        number=parse_number(words) or "",
    )


def _selects(asked: WorkFilters) -> list[tuple[str, Any, Any]]:
    """The filters as (name, label, select)."""
    units = [(unit.code, unit.name) for unit in active_units()]
    categories = [(one.code, category_text(one)) for one in active_categories()]
    steps = [(step.code, step.label) for step in SIX_STEPS.steps]
    return [
        ("due", _("期限"), select_html("due", asked.due, DUE_CHOICES.items())),
        ("step", _("哪一步"), select_html("step", asked.step, steps)),
        ("area", _("街道"), select_html("area", asked.area, choices_of_places())),
        ("category", _("类别"), select_html("category", asked.category, categories)),
        ("unit", _("主办单位"), select_html("unit", asked.unit, units)),
        ("kind", _("种类"), select_html("kind", asked.kind, MatterKind.choices)),
    ]


@require_safe
@staff_only
def work_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What waits for the signed-in person in all of their roles, overdue first, 50 a page, narrowed by filters."""
    roles = [role for role in ROLE_ORDER if actor.has(role)]
    asked = filters_asked(request, actor)
    page = work_page(actor, asked, request.GET.get("after", ""))
    figures = work_figures(actor)
    calendar = local_calendar()
    rows = []
    for row in page.rows:
        shown = row_of(actor, row.matter, calendar)
        shown["suggested"] = row.suggested
        shown["role"] = ROLE_NAMES.get(row.role, "") if len(roles) > 1 and asked.work != "chase" else ""
        if row.matter.work in {"joint", "extension"}:
            shown["state"] = WORK_LABELS[row.matter.work]
        rows.append(shown)
    tabs = [(code, WORK_LABELS[code], count) for code, count in figures.by_work.items()]
    if may_chase(actor) and figures.chase:
        tabs.append(("chase", WORK_LABELS["chase"], figures.chase))
    narrowing = request.GET.copy()
    for name in ("work", "after"):
        narrowing.pop(name, None)
    is_filtered = any(
        (asked.step, asked.area, asked.category, asked.unit, asked.kind, asked.due, asked.words)
    )
    context = {
        "roles": [(code, ROLE_NAMES[code]) for code in roles],
        "asked": asked,
        "is_filtered": is_filtered,
        "narrowing": narrowing.urlencode(),
        "rows": rows,
        "page": page,
        "figures": figures,
        "tabs": tabs,
        "selects": _selects(asked) if roles else [],
        "ratings": [row_of(actor, matter, calendar) for matter in to_rate(actor)],
        "stations": stations_of(actor),
        "waiting": waiting_for(actor),
        "pages": own_pages(actor),
        "empty": empty_words(actor, roles),
        "deeds": kinds_for(actor),
        "may_triage": actor.has(Role.OFFICE) or actor.has(Role.LIAISON),
        "shows_suggestions": any(row["suggested"] for row in rows),
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
        cursor=request.GET.get("after", ""),
    )
    calendar = local_calendar()
    context = {
        "words": words,
        "state": state,
        "late": late,
        "page": page,
        "rows": [row_of(actor, matter, calendar) for matter in page.rows],
        "states": [(s.code, s.label) for s in SIX_STEPS.states],
    }
    return render(request, "matters/work/search.html", context)
