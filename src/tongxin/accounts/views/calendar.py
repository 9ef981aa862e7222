"""The working-day calendar's page: for the office and the system administrator."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from tongxin.accounts.access import actor_of, gate
from tongxin.accounts.actions.calendar import (
    CalendarPlan,
    plan_calendar_days,
    remove_calendar_day,
    set_calendar_day,
    set_calendar_days,
)
from tongxin.accounts.calendar_list import DayGiven
from tongxin.accounts.forms import CalendarDayForm, CalendarListForm
from tongxin.accounts.health import declared_days
from tongxin.accounts.rules import may_keep_calendar
from tongxin.core.clocks import local_calendar

keepers_only = gate(may_keep_calendar)
SALT = "tongxin.calendar"
SHOWN = 400


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    calendar, this_year = local_calendar(), timezone.localdate().year
    years = [(year, calendar.is_year_known(year)) for year in range(this_year, this_year + 3)]
    context = {
        "days": declared_days()[:SHOWN],
        "years": years,
        "form": CalendarDayForm(),
        "list_form": CalendarListForm(),
    }
    return render(request, "accounts/calendar_days.html", context | forms, status=status)


@require_safe
@keepers_only
def calendar_days(request: HttpRequest) -> HttpResponse:
    """The days that depart from the announced calendar, and which years are announced."""
    return _page(request)


def _reworked() -> str:
    return _("日历已改，没到期的事项都按新日历重新算了期限。")


@require_POST
@keepers_only
def add_day(request: HttpRequest) -> HttpResponse:
    """Declare a day working or free."""
    form = CalendarDayForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, form=form)
    set_calendar_day(actor=actor_of(request), **form.cleaned_data)
    messages.success(request, _reworked())
    return redirect("calendar_days")


@require_POST
@keepers_only
def remove_day(request: HttpRequest, day_id: int) -> HttpResponse:
    """Take a declaration back."""
    remove_calendar_day(day_id, actor=actor_of(request))
    messages.success(request, _reworked())
    return redirect("calendar_days")


@require_POST
@keepers_only
def check_days(request: HttpRequest) -> HttpResponse:
    """Read a pasted or uploaded list and show what it would change. Nothing is changed."""
    form = CalendarListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, status=422, list_form=form)
    found, settles = form.cleaned_data["days"], form.cleaned_data["settles_years"]
    plan = (
        CalendarPlan()
        if found.faults
        else plan_calendar_days(found.days.values(), actor=actor_of(request), settles_years=settles)
    )
    rows = [[one.day.isoformat(), one.is_workday, one.note] for one in found.days.values()]
    context = {
        "plan": plan,
        "faults": found.faults[:SHOWN],
        "signed": signing.dumps({"days": rows, "settles": settles}, salt=SALT, compress=True),
    }
    return render(request, "accounts/calendar_check.html", context, status=422 if found.faults else 200)


@require_POST
@keepers_only
def apply_days(request: HttpRequest) -> HttpResponse:
    """Declare the days of the list that was checked."""
    try:
        kept = signing.loads(request.POST.get("signed", ""), salt=SALT, max_age=24 * 3600)
    except signing.BadSignature:
        messages.error(request, _("这份核对过期了，请重新贴一次。"))
        return redirect("calendar_days")
    days = [DayGiven(date.fromisoformat(day), is_workday, note) for day, is_workday, note in kept["days"]]
    plan = set_calendar_days(days, actor=actor_of(request), settles_years=kept["settles"])
    count = len(plan.new) + len(plan.changed)
    if not plan.has_changes:
        messages.info(request, _("日历里已经是这样，没有改动。"))
    else:
        messages.success(
            request, ngettext("日历改了%(n)s天。", "日历改了%(n)s天。", count) % {"n": count} + _reworked()
        )
    return redirect("calendar_days")
