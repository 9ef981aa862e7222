"""Read matters in public: the list, one matter, its printed page."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.core.pagecache import same_for_all
from tongxin.core.process import Publication
from tongxin.core.text import clean_line
from tongxin.matters.artefacts import Artefacts, comments_page, read_artefacts
from tongxin.matters.models import HandlingRole, Matter, MatterKind, Rating
from tongxin.matters.presenters import (
    comments_html,
    day_text,
    due_text,
    expiry_text,
    me_too_text,
    meeting_items,
    number_text,
    outcome_text,
    rail_of,
    rating_items,
    rating_summary,
    select_html,
    sentence_of,
    timeline_of,
    values_html,
)
from tongxin.matters.process import SIX_STEPS, STEPS
from tongxin.matters.public_selectors import CHOICES_SECONDS, area_groups, category_options, unit_options
from tongxin.matters.rules import may_be_rated, may_discuss, may_object, may_offer_help
from tongxin.matters.selectors import Filters, public_rows
from tongxin.matters.views.common import public_matter

WORDS_LONGEST = 60


def read_filters(request: HttpRequest) -> Filters:
    """The filters of the address; what is unknown or too long narrows to nothing or is cut."""
    get = request.GET
    step, kind = get.get("step", ""), get.get("kind", "")
    return Filters(
        area=clean_line(get.get("area", "")[:16]).text,
        step=step if step in {s.code for s in STEPS} else "",
        kind=kind if kind in MatterKind.values else "",
        category=clean_line(get.get("category", "")[:20]).text,
        unit=clean_line(get.get("unit", "")[:16]).text,
        overdue=get.get("overdue") == "1",
        words=clean_line(get.get("words", "")[:WORDS_LONGEST]).text,
    )


def _choices(filters: Filters) -> list[tuple[str, str, SafeString]]:
    """The filter form's fields: (name, label, select). Without a choice made they are the same for a minute."""
    chosen = (filters.step, filters.kind, filters.category, filters.area, filters.unit)
    if any(chosen):
        return _selects(filters)
    key = f"filter-form:{get_language()}"
    kept = cache.get(key)
    if kept is None:
        kept = _selects(filters)
        cache.set(key, kept, CHOICES_SECONDS)
    return kept


def _selects(filters: Filters) -> list[tuple[str, str, SafeString]]:
    is_english = get_language() == "en"
    categories = [(code, en if is_english else name) for code, name, en in category_options()]
    steps = [(s.code, s.label) for s in STEPS]
    return [
        ("step", _("哪一步"), select_html("step", filters.step, steps)),
        ("kind", _("哪一种"), select_html("kind", filters.kind, MatterKind.choices)),
        ("category", _("哪一类"), select_html("category", filters.category, categories)),
        ("area", _("在哪里"), select_html("area", filters.area, (), area_groups())),
        ("unit", _("谁主办"), select_html("unit", filters.unit, unit_options())),
    ]


def _followable(filters: Filters) -> list[tuple[str, str, str]]:
    """What of the filters can be followed: kind and code as addresses name them, and the name."""
    is_english = get_language() == "en"
    areas = [option for _street, options in area_groups() for option in options] if filters.area else []
    known = {
        "area": dict(areas),
        "category": {code: en if is_english else name for code, name, en in category_options()}
        if filters.category
        else {},
        "unit": dict(unit_options()) if filters.unit else {},
    }
    wanted = (("area", filters.area), ("category", filters.category), ("unit", filters.unit))
    return [(word, code, known[word][code]) for word, code in wanted if code in known[word]]


@require_safe
@same_for_all
def matter_list(request: HttpRequest) -> HttpResponse:
    """Public matters, the newest change first, narrowed by a GET form, paged by keyset: no page counts."""
    filters = read_filters(request)
    rows, next_cursor, has_previous = public_rows(filters, request.GET.get("after", "")[:40])
    return render(
        request,
        "matters/public/matter_list.html",
        {
            "rows": values_html(rows) if rows else "",
            "filters": filters,
            "choices": _choices(filters),
            "is_narrowed": filters != Filters(),
            "followable": _followable(filters),
            "has_previous": has_previous,
            "next_cursor": next_cursor,
        },
    )


def unit_lines(artefacts: Artefacts) -> list[tuple[str, str, str]]:
    """Units that handle a matter: (in which role, name, code), the lead first."""
    order = [HandlingRole.LEAD.value, HandlingRole.JOINT.value, HandlingRole.SEPARATE.value]
    found = sorted(artefacts.units, key=lambda unit: order.index(unit["role"]))
    return [(str(HandlingRole(unit["role"]).label), unit["name"], unit["code"]) for unit in found]


def _facts(matter: Matter) -> list[tuple[str, str]]:
    category = matter.category
    facts = [
        (
            _("在哪里"),
            " · ".join(a.name for a in (matter.street, matter.area) if a and a != matter.street)
            or matter.area.name,
        ),
        (_("哪一类"), (category.name_en if get_language() == "en" else category.name) if category else ""),
        (_("召集人"), matter.convener.name if matter.convener else ""),
        (
            _("谁决定"),
            matter.decider.name if matter.decider and matter.kind == MatterKind.CONSULTATION else "",
        ),
        (_("期限"), due_text(matter) if not SIX_STEPS.state(matter.state).final else ""),
        (_("到期"), expiry_text(matter)),
        (_("结果"), outcome_text(matter)),
        (_("重新办理"), _("%(n)s 次") % {"n": matter.reopen_count} if matter.reopen_count else ""),
        (_("提出"), day_text(matter.created_at)),
    ]
    return [(label, value) for label, value in facts if value]


def _context(matter: Matter) -> dict[str, Any]:
    artefacts = read_artefacts(matter)
    today = timezone.localdate()
    is_open = not SIX_STEPS.state(matter.state).final
    survivor = matter.survivor
    if survivor is not None and survivor.publication != Publication.PUBLIC:
        survivor = None
    return {
        "matter": matter,
        "number": number_text(matter.number),
        "rail": rail_of(matter),
        "sentence": sentence_of(matter, today),
        "timeline": timeline_of(matter, artefacts=artefacts),
        "facts": _facts(matter),
        "units": unit_lines(artefacts),
        "meetings": meeting_items(artefacts.meetings, matter),
        "objections": artefacts.objections,
        "help_offers": artefacts.help_offers,
        "ratings": rating_items(artefacts.ratings),
        "rating_summary": rating_summary(matter, artefacts.ratings) if matter.rating_round else "",
        "rating_words": [
            (Rating.Rater(one["rater"]).label, Rating.Solved(one["solved"]).label, one["words"])
            for one in artefacts.rating_words
        ],
        "merged": [(slug, number_text(slug)) for slug in artefacts.merged],
        "survivor": survivor,
        "survivor_number": number_text(survivor.number) if survivor else "",
        "me_too": me_too_text(matter),
        "ledger": artefacts,
        "ledger_digest": artefacts.ledger_digest[:12],
        "may_join": is_open,
        "may_discuss": may_discuss(matter),
        "may_object": may_object(matter, today),
        "may_help": may_offer_help(matter),
        "may_rate": may_be_rated(matter),
    }


@require_safe
@same_for_all
def matter_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One public matter; an earlier number of it, or one written another way, leads to its own address."""
    matter, canonical = public_matter(number)
    if canonical != number:
        return redirect("matter_detail", canonical)
    comments, more = comments_page(matter, request.GET.get("before", ""))
    context = _context(matter)
    context |= {
        "comments": comments_html(comments) if comments else "",
        "more_comments": more,
        "is_later_page": bool(request.GET.get("before")),
    }
    return render(request, "matters/public/matter_detail.html", context)


@require_safe
@same_for_all
def matter_print(request: HttpRequest, number: str) -> HttpResponse:
    """One public matter on paper: everything but the comments and the buttons."""
    matter, canonical = public_matter(number)
    if canonical != number:
        return redirect("matter_print", canonical)
    return render(request, "matters/public/matter_print.html", _context(matter))
