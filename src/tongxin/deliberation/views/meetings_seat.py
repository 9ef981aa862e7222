"""One's own seat at a meeting: given up, checked in, asking for the floor, voting; and questions of a hearing."""

from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.core.receipts import find_by_code
from tongxin.core.visitors import hold_receipts, within_limit
from tongxin.deliberation.actions.hearing_questions import (
    QuestionsNotTaken,
    ask,
    support_question,
    takes_questions,
)
from tongxin.deliberation.actions.meetings import MeetingNotOpen, MeetingOver, is_over
from tongxin.deliberation.actions.room_votes import VoteClosed, cast_ballot
from tongxin.deliberation.actions.seats import (
    NoSuchSeat,
    SeatsClosed,
    WrongKey,
    check_in_by_key,
    give_up_seat,
)
from tongxin.deliberation.actions.speaking import NoSuchTurn, NotCheckedIn, ask_for_floor, withdraw_turn
from tongxin.deliberation.forms.meetings import CodeForm, QuestionForm
from tongxin.deliberation.models import Meeting, SignUp
from tongxin.deliberation.presenters.meetings import (
    seat_words,
    status_of,
    when_words,
)
from tongxin.deliberation.selectors.meetings import (
    open_vote,
    own_ballot,
    own_turn,
    place_in_queue,
    question_by_id,
    questions_of,
    seat_by_receipt,
    vote_of,
)
from tongxin.deliberation.views.common import Place, remember_device, voter_at, with_device
from tongxin.deliberation.views.meetings import meeting_at, number_posted, own_seat
from tongxin.site.confirming import ask_first, is_sure

VALUES = {"agree": 1, "disagree": -1, "pass": 0}
CODE_TRIES, CODE_SECONDS = 60, 600
"""A hall's shared address: everybody in the room comes from it."""
QUESTIONS_AN_HOUR = 120
SUPPORTS_AN_HOUR = 3000
NEW_DEVICES_AN_HOUR = 300


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own seat: give it up beforehand; in the room ask for the floor and vote. Without one, the way to get it."""
    place, found = meeting_at(request, pk)
    own = own_seat(request, place, found)
    if request.method == "POST":
        if own is None:
            return redirect("meeting_check_in", found.pk)
        asked = _act_in_seat(request, place, own)
        return asked or redirect("meeting_seat", found.pk)
    if own is None:
        return render(request, "deliberation/meetings/seat.html", place.context | {"meeting": found})
    context = place.context | _seat_context(found, own)
    if request.headers.get("HX-Request"):
        if request.GET.get("seen") == context["digest"]:
            return HttpResponse(status=204)
        return render(request, "deliberation/meetings/_seat.html", context)
    return render(request, "deliberation/meetings/seat.html", context)


def _seat_context(found: Meeting, own: SignUp) -> dict[str, Any]:
    is_here = own.checked_in_at is not None
    is_open = found.opened_at is not None and not is_over(found)
    vote = open_vote(found) if is_open and is_here else None
    turn = own_turn(own) if is_open and is_here else None
    ballot = own_ballot(vote, own) if vote else None
    state = [own.pk, own.seat_number, own.checked_in_at, is_open, is_over(found), turn, vote, ballot]
    state += [turn.started_at if turn else None, found.starts_at, get_language()]
    return {
        "meeting": found,
        "when": when_words(found.starts_at),
        "status": status_of(found),
        "own": own,
        "who": seat_words(own),
        "queue": place_in_queue(own) if own.is_waiting else 0,
        "is_here": is_here,
        "is_open": is_open,
        "is_over": is_over(found),
        "vote": vote,
        "ballot": ballot,
        "turn": turn,
        "digest": sha256(repr(state).encode()).hexdigest()[:16],
    }


def _act_in_seat(request: HttpRequest, place: Place, own: SignUp) -> HttpResponse | None:
    what = request.POST.get("do", "")
    try:
        if what == "give_up":
            if not is_sure(request):
                return ask_first(
                    request,
                    _("不来了，名额就给下一位。要再来得重新报名。"),
                    button=_("取消报名"),
                    back=reverse("meeting_seat", args=[own.meeting_id]),
                )
            give_up_seat(place.host, place.record, own)
            messages.success(request, _("已取消报名，名额给下一位了。"))
            return redirect("meeting", own.meeting_id)
        if what == "floor":
            ask_for_floor(place.record, own)
            messages.success(request, _("已排进发言名单。"))
        elif what == "withdraw":
            turn = own_turn(own)
            if turn is not None:
                withdraw_turn(place.record, turn, seat=own)
                messages.success(request, _("已从发言名单里去掉。"))
        elif what == "vote":
            vote = vote_of(own.meeting, number_posted(request, "id"))
            value = VALUES.get(request.POST.get("value", ""))
            if vote is not None and value is not None:
                cast_ballot(place.record, vote, own, value=value)
                messages.success(request, _("记下了。表决关闭前可以改。"))
    except VoteClosed:
        messages.warning(request, _("这一条的表决已经关闭，没有记下。"))
    except NotCheckedIn:
        messages.warning(request, _("请先签到。"))
    except (MeetingNotOpen, SeatsClosed):
        messages.warning(request, _("现在不行：会还没有开，或者已经开完。"))
    except NoSuchTurn:
        messages.warning(request, _("已经轮到您发言了。"))
    return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Check in by the code shown in the room (``?k=``): with the seat this phone knows, or by the tracking code."""
    place, found = meeting_at(request, pk)
    key = (request.POST.get("k") or request.GET.get("k", ""))[:64]
    own = own_seat(request, place, found)
    form = CodeForm(request.POST if request.method == "POST" and own is None else None)
    status = 200
    if request.method == "POST":
        if own is None and form.is_valid():
            if not within_limit(request, "meeting-code", CODE_TRIES, CODE_SECONDS):
                form.add_error("code", _("试得太多了，请过几分钟再试，或者到签到台。"))
            else:
                receipt = find_by_code(found.dossier_id, form.cleaned_data["code"])
                own = seat_by_receipt(found, receipt.pk) if receipt else None
                if receipt is None or own is None:
                    form.add_error("code", _("没有用这个查询码报的名。请再看一遍，或者到签到台。"))
                else:
                    hold_receipts(request, [receipt.pk])
        if own is not None:
            return _checked_in(request, place, found, own, key)
        status = 422
    context = place.context | {
        "meeting": found,
        "when": when_words(found.starts_at),
        "own": own,
        "who": seat_words(own) if own else "",
        "key": key,
        "form": form,
        "is_open": found.opened_at and not is_over(found),
    }
    return render(request, "deliberation/meetings/check_in.html", context, status=status)


def _checked_in(request: HttpRequest, place: Place, found: Meeting, own: SignUp, key: str) -> HttpResponse:
    if own.checked_in_at is None and key:
        try:
            check_in_by_key(place.record, own, key=key)
        except WrongKey:
            messages.warning(request, _("这个签到码不对或者换过了，请重新扫会场里的码，或者到签到台。"))
        except MeetingNotOpen:
            messages.info(request, _("会还没有开。开会时再扫一次，或者到签到台。"))
        except (MeetingOver, NoSuchSeat):
            messages.info(request, _("会已经开完，不能签到了。"))
        else:
            messages.success(request, _("签到好了。"))
    return redirect("meeting_seat", found.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, pk: int) -> HttpResponse:
    """Questions of a hearing: ask one, say that one wants to know the same, read what was answered."""
    place, found = meeting_at(request, pk)
    if not found.takes_questions:
        raise Http404
    form = QuestionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            token = form.cleaned_data["token"]
            if not within_limit(request, "question", QUESTIONS_AN_HOUR, 3600, once=token):
                form.add_error("text", _("这个网络地址一小时内提交得太多了。您写的还在，请过一会儿再提交。"))
                status = 429
            else:
                try:
                    asked = ask(
                        place.record, found, actor=place.actor, token=token, text=form.cleaned_data["text"]
                    )
                except QuestionsNotTaken:
                    form.add_error("text", _("这次会已经开完，不收提问了。您写的还在，可以抄走。"))
                    status = 409
                else:
                    messages.success(
                        request,
                        _("收到了，审过就上。")
                        if not asked.issued.is_repeat
                        else _("这个问题已经收到过了。"),
                        extra_tags=f"question-{found.pk}",
                    )
                    return redirect("meeting_ask", found.pk)
    context = place.context | {
        "meeting": found,
        "questions": questions_of(found),
        "form": form,
        "is_taking": takes_questions(found),
    }
    return render(request, "deliberation/meetings/ask.html", context, status=status)


@never_cache
@require_POST
def support(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    """I want to know this too."""
    place, found = meeting_at(request, pk)
    wanted = question_by_id(found, question)
    if wanted is None or not found.takes_questions:
        raise Http404
    voter, fresh = with_device(request, voter_at(request, place))
    if not within_limit(request, "support", SUPPORTS_AN_HOUR, 3600) or (
        fresh and not within_limit(request, "new-device", NEW_DEVICES_AN_HOUR, 3600)
    ):
        messages.warning(request, _("这个网络地址一小时内提交得太多了，请过一会儿再试。"))
        return redirect("meeting_ask", found.pk)
    try:
        if not support_question(place.record, wanted, voter=voter):
            messages.info(request, _("您已经点过了。"))
    except QuestionsNotTaken:
        messages.info(request, _("这个问题现在不收了。"))
    return remember_device(redirect("meeting_ask", found.pk), fresh)
