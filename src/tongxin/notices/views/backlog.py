"""Messages that would not leave: the office and the system administrator see how many, why, and send them again."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from tongxin.accounts.access import actor_of, gate
from tongxin.notices import backlog, channels
from tongxin.notices.actions import backlog as actions
from tongxin.notices.forms.backlog import ChosenForm, FilterForm
from tongxin.notices.rules import may_tend_messages

tenders_only = gate(may_tend_messages)


def _page(request: HttpRequest, chosen: FilterForm, form: ChosenForm, status: int = 200) -> HttpResponse:
    wanted = chosen.wanted()
    page = backlog.dead_letters(**wanted, before=chosen.begins_before())
    context = {
        "waiting": backlog.waiting_by_reason(),
        "dead": backlog.dead_by_reason(),
        "providers": [
            (report, backlog.channel_label(report.channel)) for report in channels.provider_reports()
        ],
        "page": page,
        "wanted": wanted,
        "query": chosen.query(),
        "older": f"?{urlencode(chosen.query() | {'before': page.next_before})}" if page.next_before else "",
        "form": form,
    }
    return render(request, "notices/backlog.html", context, status=status)


@require_safe
@tenders_only
def tended_messages(request: HttpRequest) -> HttpResponse:
    """Backlog by channel and reason, providers, and messages given up, newest first."""
    return _page(request, FilterForm(request.GET), ChosenForm())


@require_POST
@tenders_only
def tend_messages(request: HttpRequest) -> HttpResponse:
    """Send chosen messages again, all of a reason, or give chosen ones up for good."""
    chosen, form = FilterForm(request.POST), ChosenForm(request.POST)
    if not form.is_valid():
        return _page(request, chosen, form, status=422)
    actor, do = actor_of(request), form.cleaned_data["do"]
    if do == "resend_all":
        count = actions.resend_all(**chosen.wanted(), actor=actor)
    elif do == "resend":
        count = actions.resend_dead_letters(form.cleaned_data["chosen"], actor=actor)
    else:
        reason = form.cleaned_data["reason"]
        count = actions.drop_dead_letters(form.cleaned_data["chosen"], reason=reason, actor=actor)
    if do == "drop":
        said = ngettext("%(count)s 条不再发了。", "%(count)s 条不再发了。", count)
    else:
        said = ngettext("%(count)s 条重新排队，马上会再发。", "%(count)s 条重新排队，马上会再发。", count)
    messages.success(request, said % {"count": count})
    query = urlencode(chosen.query())
    return redirect(reverse("tended_messages") + (f"?{query}" if query else ""))


@require_POST
@tenders_only
def ask_again(request: HttpRequest) -> HttpResponse:
    """Ask a provider again that was left alone after failures."""
    name = request.POST.get("name", "")
    if actions.ask_provider_again(name, actor=actor_of(request)):
        messages.success(request, _("好，马上再试一次。"))
    else:
        messages.info(request, _("它没有在停用，不用再试。"))
    return redirect("tended_messages")
