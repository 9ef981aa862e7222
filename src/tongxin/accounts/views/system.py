"""The system administrator's page: health."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tongxin.accounts import health
from tongxin.accounts.access import actor_of, gate
from tongxin.accounts.actions.checks import ask_for_ledger_check
from tongxin.accounts.rules import may_run_system
from tongxin.core import findings

operators_only = gate(may_run_system)


@require_safe
@operators_only
def system(request: HttpRequest) -> HttpResponse:
    """What the doctor finds, and the figures of database, ledger, queue and disk."""
    found = findings.examine()
    worst = max((line.state for line in found), key=list(findings.State).index)
    context = {"health": health.health(), "findings": found, "worst": worst}
    return render(request, "accounts/system.html", context)


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
