"""The system administrator's page: health and the working-day calendar."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tongxin.accounts import health
from tongxin.accounts.access import actor_of, gate
from tongxin.accounts.actions.calendar import remove_calendar_day, set_calendar_day
from tongxin.accounts.actions.checks import ask_for_ledger_check
from tongxin.accounts.forms import CalendarDayForm
from tongxin.accounts.rules import may_run_system

operators_only = gate(may_run_system)


def _page(request: HttpRequest, form: CalendarDayForm, status: int = 200) -> HttpResponse:
    context = {"health": health.health(), "days": health.declared_days(), "form": form}
    return render(request, "accounts/system.html", context, status=status)


@require_safe
@operators_only
def system(request: HttpRequest) -> HttpResponse:
    """Database, ledger, queue, disk, calendar."""
    return _page(request, CalendarDayForm())


@require_POST
@operators_only
def verify(request: HttpRequest) -> HttpResponse:
    """Check the ledger, now or in the background."""
    whole = ask_for_ledger_check(actor=actor_of(request))
    if whole is None:
        messages.info(request, _("正在后台核对，过一会儿刷新这一页看结果。"))
    elif whole:
        messages.success(request, _("账本完整，一条不差。"))
    else:
        messages.error(request, _("账本对不上！请看下面的结果，并马上通知审计管理员。"))
    return redirect("system")


@require_POST
@operators_only
def add_day(request: HttpRequest) -> HttpResponse:
    """Declare a day working or free."""
    form = CalendarDayForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    set_calendar_day(actor=actor_of(request), **form.cleaned_data)
    messages.success(request, _("日历已改，没到期的事项都按新日历重新算了期限。"))
    return redirect("system")


@require_POST
@operators_only
def remove_day(request: HttpRequest, day_id: int) -> HttpResponse:
    """Take a declaration back."""
    remove_calendar_day(day_id, actor=actor_of(request))
    messages.success(request, _("日历已改，没到期的事项都按新日历重新算了期限。"))
    return redirect("system")
