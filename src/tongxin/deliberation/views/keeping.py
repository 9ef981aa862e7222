"""The convener's page of a conversation: open it, look after what is said, close it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.deliberation.actions import conversations as acts
from tongxin.deliberation.actions.statements import accept_statement, add_seed, remove_statement
from tongxin.deliberation.actions.voting import exclude_participant
from tongxin.deliberation.forms.opinions import OpeningForm, RemovalForm, SeedForm, TermsForm
from tongxin.deliberation.models import Conversation, Participant, Statement
from tongxin.deliberation.rules import moderator_label
from tongxin.deliberation.selectors.conversations import (
    conversation_of,
    left_out,
    statement_of,
    statements_of,
    waiting_count,
)
from tongxin.deliberation.views.common import Place, is_taking, place_of
from tongxin.site.confirming import ask_first, is_sure

STATES = {str(state): state for state in Statement.State}


def _place(request: HttpRequest, number: str) -> Place:
    place = place_of(request, number)
    if not (
        place.host.may_convene(place.actor, place.record)
        or place.host.may_moderate(place.actor, place.record)
    ):
        raise Http404
    return place


def _conversation(request: HttpRequest, number: str) -> tuple[Place, Conversation]:
    place = _place(request, number)
    conversation = conversation_of(place.record.pk)
    if conversation is None:
        raise Http404
    return place, conversation


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, number: str) -> HttpResponse:
    """Open a conversation, or see what it has come to and what waits for moderation."""
    place = _place(request, number)
    conversation = conversation_of(place.record.pk)
    may_convene = place.host.may_convene(place.actor, place.record)
    if conversation is None:
        return _opening(request, place, number, may_convene)
    wanted = STATES.get(request.GET.get("state", ""), Statement.State.WAITING)
    after = request.GET.get("after", "")
    page = statements_of(
        conversation,
        wanted,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 9 else -1,
    )
    return render(
        request,
        "deliberation/opinions/keep.html",
        place.context
        | {
            "conversation": conversation,
            "may_convene": may_convene,
            "is_taking": is_taking(place, conversation),
            "state": str(wanted),
            "states": [(str(state), state.label) for state in Statement.State],
            "page": page,
            "waiting": waiting_count(conversation),
            "left_out": left_out(conversation) if may_convene else [],
            "seed_form": SeedForm(),
        },
    )


def _opening(request: HttpRequest, place: Place, number: str, may_convene: bool) -> HttpResponse:
    if not may_convene:
        raise Http404
    form = OpeningForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                acts.open_conversation(
                    place.host,
                    place.record,
                    actor=place.actor,
                    terms=form.terms(),
                    seeds=form.cleaned_data["seeds"],
                )
            except acts.AlreadyOpen:
                messages.info(request, _("刚刚已有人开了意见征集，这是它的页面。"))
                return redirect("opinions_keep", number)
            except acts.NotDeliberating:
                form.add_error(None, _("这件事现在不在协商，开不了意见征集。"))
            else:
                messages.success(request, _("意见征集开了，把链接或二维码发给大家。"))
                return redirect("opinions_keep", number)
    context = place.context | {"form": form, "can_open": place.host.is_deliberating(place.record)}
    return render(request, "deliberation/opinions/open.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest, number: str) -> HttpResponse:
    """Change what was set."""
    place, conversation = _conversation(request, number)
    if not place.host.may_convene(place.actor, place.record):
        raise Http404
    form = TermsForm(request.POST or None, initial=TermsForm.initial_of(conversation))
    if request.method == "POST" and form.is_valid():
        acts.change_terms(place.host, place.record, conversation, actor=place.actor, terms=form.terms())
        messages.success(request, _("已改，改动记在经过里。"))
        return redirect("opinions_keep", number)
    context = place.context | {"form": form, "conversation": conversation}
    status = 422 if request.method == "POST" else 200
    return render(request, "deliberation/opinions/terms.html", context, status=status)


@login_required
@require_POST
def close(request: HttpRequest, number: str) -> HttpResponse:
    """Close it, or open it again."""
    place, conversation = _conversation(request, number)
    if request.POST.get("again"):
        try:
            acts.reopen_conversation(place.host, place.record, conversation, actor=place.actor)
        except acts.NotConvener:
            raise Http404 from None
        except acts.NotDeliberating:
            messages.error(request, _("这件事已经过了协商，不能再开。"))
        return redirect("opinions_keep", number)
    if not is_sure(request):
        return ask_first(
            request,
            _("关闭以后不再收表态和新观点，意见图留着。要关闭吗？"),
            button=_("关闭"),
            back=f"/work/opinions/{number}/",
        )
    try:
        acts.close_conversation(place.host, place.record, conversation, actor=place.actor)
    except acts.NotConvener:
        raise Http404 from None
    messages.success(request, _("已关闭。"))
    return redirect("opinions_keep", number)


@login_required
@require_POST
def seed(request: HttpRequest, number: str) -> HttpResponse:
    """One more statement by the convener."""
    place, conversation = _conversation(request, number)
    if not place.host.may_convene(place.actor, place.record):
        raise Http404
    form = SeedForm(request.POST)
    if not form.is_valid():
        context = place.context | {"conversation": conversation, "form": form}
        return render(request, "deliberation/opinions/seed.html", context, status=422)
    add_seed(place.host, place.record, conversation, actor=place.actor, text=form.cleaned_data["text"])
    messages.success(request, _("已放上。"))
    return redirect("opinions_keep", number)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def moderate(request: HttpRequest, number: str, statement_number: int) -> HttpResponse:
    """Accept a statement with one tap, or say why it is not shown."""
    place, conversation = _conversation(request, number)
    statement = statement_of(conversation, statement_number) if statement_number < 10**8 else None
    if statement is None or not place.host.may_moderate(place.actor, place.record):
        raise Http404
    if request.method == "POST" and request.POST.get("accept"):
        accept_statement(place.host, place.record, statement, actor=place.actor)
        messages.success(request, _("已上：%(text)s") % {"text": statement.text})
        return redirect("opinions_keep", number)
    form = RemovalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        remove_statement(
            place.host,
            place.record,
            statement,
            actor=place.actor,
            reason=form.reason,
            label=moderator_label(place.actor),
        )
        if (
            form.cleaned_data["leaves_author_out"]
            and statement.author is not None
            and place.host.may_convene(place.actor, place.record)
        ):
            exclude_participant(
                place.host,
                place.record,
                conversation,
                statement.author.number,
                actor=place.actor,
                is_excluded=True,
            )
        messages.success(request, _("未采用，理由大家看得到。"))
        return redirect("opinions_keep", number)
    context = place.context | {
        "conversation": conversation,
        "statement": statement,
        "form": form,
        "may_convene": place.host.may_convene(place.actor, place.record),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "deliberation/opinions/moderate.html", context, status=status)


@login_required
@require_POST
def take_in(request: HttpRequest, number: str, participant_number: int) -> HttpResponse:
    """Count a participant's votes again."""
    place, conversation = _conversation(request, number)
    try:
        exclude_participant(
            place.host,
            place.record,
            conversation,
            min(participant_number, 2**31 - 1),
            actor=place.actor,
            is_excluded=False,
        )
    except (acts.NotConvener, Participant.DoesNotExist):
        raise Http404 from None
    return redirect("opinions_keep", number)
