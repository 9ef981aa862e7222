"""Contests: put by the member, answered by the office."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.core.actor import Actor
from tongxin.duty.actions.record import contests as acts
from tongxin.duty.actions.record.words import EntryWithdrawn, NotConfirmed
from tongxin.duty.forms_record import AnswerForm, ContestForm, MissingForm
from tongxin.duty.models import Contest, DiaryEntry
from tongxin.duty.rules_record import NotYours, is_office, is_own
from tongxin.duty.selectors import record as reads
from tongxin.duty.views.record.diary import CONFLICT, WRONG, own_member
from tongxin.matters.views.work.access import staff_only
from tongxin.site.confirming import ask_first, is_sure


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def contest_entry(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Say what is wrong with an entry that the work made."""
    entry = reads.entry_for(actor, pk)
    if entry is None or not is_own(actor, entry.record.member):
        raise Http404
    form = ContestForm(request.POST if request.method == "POST" else None)
    if entry.kind == DiaryEntry.Kind.OWN or entry.withdrawn_at is not None:
        messages.info(request, _("自己写的可以直接改或撤下；已经撤下的不用再提。"))
        return redirect("diary_entry", pk)
    shown = reads.show(actor, entry.record.member, [entry])[0]
    if shown.contest is not None and request.method != "POST":
        return redirect("contest", shown.contest.pk)
    if request.method == "POST" and form.is_valid():
        try:
            made = acts.contest_entry(pk, actor=actor, reason=form.cleaned_data["reason"])
        except acts.AlreadyContested as already:
            messages.info(request, _("这一笔已经提过异议，等政协办公室答复。"))
            return redirect("contest", already.contest.pk)
        except (EntryWithdrawn, acts.OwnWordsNotContested):
            return redirect("diary_entry", pk)
        except NotYours:
            raise Http404 from None
        messages.success(request, _("异议已送政协办公室，答复了会告诉您。"), extra_tags="contest")
        return redirect("contest", made.pk)
    return _ask(request, form, shown)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def missing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Say that an entry is missing."""
    member = own_member(actor)
    form = MissingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = acts.contest_missing(actor=actor, member=member, day=data["day"], reason=data["reason"])
        messages.success(request, _("已送政协办公室核实，答复了会告诉您。"), extra_tags="contest")
        return redirect("contest", made.pk)
    return _ask(request, form, None)


def _ask(request: HttpRequest, form: Any, shown: reads.Shown | None) -> HttpResponse:
    context = {"form": form, "shown": shown}
    return render(request, "duty/record/contest_new.html", context, status=WRONG if form.errors else 200)


@require_safe
@staff_only
def contests(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Contests for the office: open ones, the oldest first, or all; a member's own for the member."""
    member = None if is_office(actor) else own_member(actor)
    shows_all = member is not None or request.GET.get("all") == "1"
    after = request.GET.get("after", "")[:20]
    page = reads.contests_page(member=member, is_open=not shows_all, after=after)
    context = {
        "contests": page.contests,
        "next_cursor": page.after,
        "has_previous": bool(after),
        "shows_all": shows_all,
        "is_office": member is None,
    }
    return render(request, "duty/record/contests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def contest(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """A contest and its answer; the office answers here."""
    found = reads.contest_for(actor, pk)
    if found is None:
        raise Http404
    answers = is_office(actor)
    if request.method != "POST":
        form = AnswerForm(contest=found) if answers and found.state == Contest.State.OPEN else None
        return _page(request, actor, found, form)
    if not answers:
        raise Http404
    form = AnswerForm(request.POST, contest=found)
    if found.state != Contest.State.OPEN:
        return _settled(request, actor, found)
    if not form.is_valid():
        return _page(request, actor, found, form, status=WRONG)
    data = form.cleaned_data
    try:
        if data["result"] == "refused":
            acts.refuse_contest(pk, actor=actor, answer=data["answer"])
        else:
            acts.uphold_contest(pk, actor=actor, answer=data["answer"], correction=form.correction())
    except acts.ContestSettled:
        return _settled(request, actor, reads.contest_for(actor, pk) or found)
    except (acts.OtherYear, NotConfirmed):
        form.add_error(None, _("更正要在那一年之内，也不能带个人信息。"))
        return _page(request, actor, found, form, status=WRONG)
    except NotYours:
        raise Http404 from None
    messages.success(request, _("已答复，委员会收到消息。"), extra_tags=f"contest-{pk}")
    return redirect("contests")


def _settled(request: HttpRequest, actor: Actor, found: Contest) -> HttpResponse:
    messages.warning(request, _("这条异议已经有了结果，您的答复没有记下。"))
    kept = [(_("答复"), words)] if (words := request.POST.get("answer", "").strip()) else None
    return _page(request, actor, found, None, kept=kept, status=CONFLICT)


def _page(
    request: HttpRequest,
    actor: Actor,
    found: Contest,
    form: AnswerForm | None,
    *,
    kept: list[tuple[Any, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    member = found.record.member
    context = {
        "contest": found,
        "member": member,
        "shown": reads.show(actor, member, [found.entry])[0] if found.entry else None,
        "form": form,
        "kept": kept,
        "is_own": is_own(actor, member),
        "is_office": is_office(actor),
    }
    return render(request, "duty/record/contest.html", context, status=status)


@require_POST
@staff_only
def withdraw(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """The member takes a contest back, after being asked."""
    found = reads.contest_for(actor, pk)
    if found is None or not is_own(actor, found.record.member):
        raise Http404
    back = reverse("contest", args=[pk])
    if not is_sure(request):
        return ask_first(request, _("撤回这条异议，那一笔维持原样。"), button=_("撤回异议"), back=back)
    try:
        acts.withdraw_contest(pk, actor=actor)
    except acts.ContestSettled:
        messages.info(request, _("这条异议已经有了结果。"))
    else:
        messages.success(request, _("异议已撤回。"))
    return redirect(back)
