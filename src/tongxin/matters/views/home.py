"""The home page, the board of the six steps and the public list of promises."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.core.pagecache import same_for_all
from tongxin.directory.selectors import nearest_areas, on_duty_now
from tongxin.matters.presenters import list_html, rows_of, select_html
from tongxin.matters.process import STEPS
from tongxin.matters.public_selectors import (
    area_by_code,
    area_groups,
    counts_by_step,
    matters_near,
    promises_page,
)
from tongxin.matters.selectors import board as board_of
from tongxin.matters.selectors import page_of, public_matters, year_figures

ON_DUTY_SHOWN = 4


def _degrees(request: HttpRequest) -> tuple[float, float] | None:
    try:
        return float(request.GET["lat"]), float(request.GET["lng"])
    except (KeyError, ValueError):
        return None


@require_safe
@same_for_all
def home(request: HttpRequest) -> HttpResponse:
    """What this is, raise a matter, where matters stand, what moved, who is on duty, promises, this year's figures.

    ``?near=<area code>`` shows the matters of a community; a device's ``?lat=&lng=`` leads to the nearest one and is
    kept nowhere.
    """
    place = _degrees(request)
    if place is not None:
        found = nearest_areas(*place, limit=1)
        code = found[0][0].code if found else "none"
        return HttpResponseRedirect(f"{reverse('home')}?near={code}#near")
    near_code = request.GET.get("near", "")[:16]
    near = area_by_code(near_code) if near_code else None
    near_matters = matters_near(near) if near else []
    counts = counts_by_step()
    today = timezone.localdate()
    return render(
        request,
        "matters/public/home.html",
        {
            "steps": [(step, counts[step.code]) for step in STEPS],
            "recent": list_html(rows_of(page_of(public_matters(), size=6).items, today)),
            "on_duty": on_duty_now(limit=ON_DUTY_SHOWN),
            "figures": year_figures(),
            "near": near,
            "near_asked": bool(near_code),
            "near_rows": list_html(rows_of(near_matters, today)) if near_matters else "",
            "areas": select_html("near", near.code if near else "", (), area_groups(), _("请选择社区")),
            "district": settings.TONGXIN["district_name"],
        },
    )


@require_safe
@same_for_all
def board(request: HttpRequest) -> HttpResponse:
    """The six columns: how many open matters stand at each step, and the newest of them."""
    counts, columns = board_of()
    today = timezone.localdate()
    return render(
        request,
        "matters/public/board.html",
        {
            "columns": [
                (
                    step,
                    counts[step.code],
                    list_html(rows_of(columns[step.code], today)) if columns[step.code] else "",
                )
                for step in STEPS
            ]
        },
    )


@require_safe
@same_for_all
def promises(request: HttpRequest) -> HttpResponse:
    """Commitments "later" that are not kept yet, the oldest first."""
    matters, after = promises_page(request.GET.get("after", ""))
    today = timezone.localdate()
    rows = [
        (row, matter, (today - timezone.localtime(matter.created_at).date()).days)
        for row, matter in zip(rows_of(matters, today), matters, strict=True)
    ]
    return render(request, "matters/public/promises.html", {"rows": rows, "after": after})
