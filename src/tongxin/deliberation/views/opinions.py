"""Taking part in a conversation: what it is about, one statement at a time, one's own statements and votes."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.core.visitors import within_limit
from tongxin.deliberation.actions.statements import StatementsNotTaken, like, put_statement
from tongxin.deliberation.actions.voting import (
    ConversationClosed,
    GuestsNotTaken,
    NotTakingPart,
    cast_vote,
    claim_votes,
    find_guest,
    find_participant,
    next_statement,
    tell_area,
)
from tongxin.deliberation.forms.opinions import AreaForm, StatementForm
from tongxin.deliberation.models import Conversation, Participant, Statement
from tongxin.deliberation.selectors.conversations import (
    shown_count,
    statement_of,
    statements_of,
    votes_of,
)
from tongxin.deliberation.views.common import (
    Place,
    conversation_at,
    device_of,
    is_taking,
    remember_device,
    voter_at,
    with_device,
)

VALUES = {"agree": 1, "disagree": -1, "pass": 0}
VOTES_AN_HOUR = 6000
"""From one address: a community hall's shared address with two hundred people must not be shut out."""
NEW_DEVICES_AN_HOUR = 300
STATEMENTS_AN_HOUR = 60


@never_cache
@require_safe
def opinions(request: HttpRequest, number: str) -> HttpResponse:
    """What is asked, how to take part, what was said so far."""
    place, conversation = conversation_at(request, number)
    participant = find_participant(conversation, voter_at(request, place))
    return render(
        request,
        "deliberation/opinions/page.html",
        place.context
        | {
            "conversation": conversation,
            "is_taking": is_taking(place, conversation),
            "participant": participant,
            "guest": _guest(request, place, conversation),
            "shown": shown_count(conversation),
            "removed": statements_of(conversation, Statement.State.REMOVED).rows,
            "may_convene": place.host.may_convene(place.actor, place.record),
        },
    )


def _guest(request: HttpRequest, place: Place, conversation: Conversation) -> Participant | None:
    """Votes of this device that the signed-in person may say are theirs."""
    if place.actor.user_id is None or not is_taking(place, conversation):
        return None
    return find_guest(conversation, device_of(request))


@never_cache
@require_POST
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """The votes given on this device without an account become those of the signed-in person. 404 without an account."""
    place, conversation = conversation_at(request, number)
    if place.actor.user_id is None:
        raise Http404
    try:
        claimed = claim_votes(conversation, voter=voter_at(request, place), device=device_of(request))
    except ConversationClosed:
        messages.error(request, _("已经截止，没有改动。"))
    else:
        if claimed is not None:
            messages.success(request, _("合在一起了，您只算一个人。"))
    return redirect("opinions", number)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HttpRequest, number: str) -> HttpResponse:
    """One statement, three answers; the answer brings the next one in the same trip."""
    place, conversation = conversation_at(request, number)
    voter = voter_at(request, place)
    if request.method != "POST":
        return _statement_page(request, place, conversation, find_participant(conversation, voter))
    value = VALUES.get(request.POST.get("vote", ""))
    typed = request.POST.get("statement", "")
    if value is None or not (typed.isascii() and typed.isdigit() and len(typed) < 9):
        return _statement_page(
            request,
            place,
            conversation,
            find_participant(conversation, voter),
            problem=_("请按三个按钮中的一个。"),
            status=422,
        )
    voter, token = with_device(request, voter)
    if not within_limit(request, "vote", VOTES_AN_HOUR, 3600) or (
        token and not within_limit(request, "device", NEW_DEVICES_AN_HOUR, 3600)
    ):
        return _statement_page(
            request,
            place,
            conversation,
            None,
            problem=_("这个网络地址一小时内表态得太多了，请过一会儿再来。"),
            status=429,
        )
    problem, status, participant = "", 200, None
    try:
        participant = cast_vote(conversation, voter=voter, statement_number=int(typed), value=value)
    except Statement.DoesNotExist:
        problem = _("这条观点刚刚被拿下了，请看下一条。")
    except ConversationClosed:
        problem, status = _("已经截止，这次没有记上。"), 409
    except GuestsNotTaken:
        problem, status = _("这次只请有账号的人表态，请先登录。"), 403
    except NotTakingPart:
        problem, status = _("召集人没有计入您的表态，请和召集人联系。"), 403
    if request.POST.get("back") == "mine" and not problem:
        return remember_device(redirect("opinions_mine", number), token)
    if not request.htmx and not problem:  # type: ignore[attr-defined]
        return remember_device(redirect("opinions_vote", number), token)
    participant = participant or find_participant(conversation, voter)
    response = _statement_page(request, place, conversation, participant, problem=problem, status=status)
    return remember_device(response, token if not problem else "")


def _statement_page(
    request: HttpRequest,
    place: Place,
    conversation: Conversation,
    participant: Participant | None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    taking = is_taking(place, conversation)
    skipped = request.GET.get("besides", "")
    besides = int(skipped) if skipped.isascii() and skipped.isdigit() and len(skipped) < 9 else None
    context = place.context | {
        "conversation": conversation,
        "participant": participant,
        "is_taking": taking,
        "statement": next_statement(conversation, participant, besides=besides) if taking else None,
        "shown": shown_count(conversation),
        "problem": problem,
    }
    # A fragment for the script, which shows only answers of 200; the page itself says what went wrong either way.
    name = "deliberation/opinions/vote.html"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, f"{name}#statement", context)
    return render(request, name, context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def say(request: HttpRequest, number: str) -> HttpResponse:
    """Put a statement of one's own."""
    place, conversation = conversation_at(request, number)
    context = place.context | {"conversation": conversation, "is_taking": is_taking(place, conversation)}
    name = "deliberation/opinions/say.html"
    if request.method != "POST":
        return render(request, name, context | {"form": StatementForm()})
    form = StatementForm(request.POST)
    if not form.is_valid():
        return render(request, name, context | {"form": form}, status=422)
    data = form.cleaned_data
    if not within_limit(request, "statement", STATEMENTS_AN_HOUR, 3600, once=data["token"]):
        return render(request, name, context | {"form": form, "is_limited": True}, status=429)
    alike = None if data["is_different"] else like(conversation, data["text"])
    if alike is not None:
        return render(request, name, context | {"form": form, "alike": alike}, status=200)
    voter, token = with_device(request, voter_at(request, place))
    try:
        put = put_statement(conversation, voter=voter, token=data["token"], text=data["text"])
    except (ConversationClosed, StatementsNotTaken):
        return render(request, name, context | {"form": form, "is_closed": True}, status=409)
    except GuestsNotTaken:
        return render(request, name, context | {"form": form, "needs_account": True}, status=403)
    except NotTakingPart:
        return render(request, name, context | {"form": form, "is_left_out": True}, status=403)
    said = "waiting" if put.statement.state == Statement.State.WAITING else "shown"
    return remember_device(redirect(f"{request.path}done/?said={said}"), token)


@never_cache
@require_safe
def said(request: HttpRequest, number: str) -> HttpResponse:
    """What happens with a statement that was put."""
    place, conversation = conversation_at(request, number)
    return render(
        request,
        "deliberation/opinions/said.html",
        place.context | {"conversation": conversation, "is_waiting": request.GET.get("said") == "waiting"},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest, number: str) -> HttpResponse:
    """All statements with one's own votes, to look up and change; and from where one votes."""
    place, conversation = conversation_at(request, number)
    voter = voter_at(request, place)
    participant = find_participant(conversation, voter)
    form = AreaForm(request.POST or None, initial={"area": participant.area_id if participant else None})
    if request.method == "POST" and form.is_valid():
        if participant is not None:
            area = form.cleaned_data["area"]
            tell_area(conversation, voter=voter, area_id=area.pk if area else None)
        return redirect("opinions_mine", number)
    after = request.GET.get("after", "")
    page = statements_of(
        conversation,
        Statement.State.SHOWN,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 9 else -1,
    )
    own = votes_of(participant, page.rows)
    return render(
        request,
        "deliberation/opinions/mine.html",
        place.context
        | {
            "conversation": conversation,
            "is_taking": is_taking(place, conversation),
            "participant": participant,
            "rows": [(statement, own.get(statement.pk)) for statement in page.rows],
            "next_after": page.next_after,
            "form": form,
        },
        status=422 if request.method == "POST" else 200,
    )


@never_cache
@require_safe
def statement(request: HttpRequest, number: str, statement_number: int) -> HttpResponse:
    """One statement by its number, to vote on from a link; a removed one says by whom and why."""
    place, conversation = conversation_at(request, number)
    found = statement_of(conversation, statement_number) if statement_number < 10**8 else None
    if found is None or found.state == Statement.State.WAITING:
        raise Http404
    participant = find_participant(conversation, voter_at(request, place))
    own = votes_of(participant, [found]).get(found.pk)
    return render(
        request,
        "deliberation/opinions/statement.html",
        place.context
        | {
            "conversation": conversation,
            "statement": found,
            "own": own,
            "is_taking": is_taking(place, conversation) and found.state == Statement.State.SHOWN,
        },
    )
