"""Join a public matter: have it too, say something, object, help, take a seat, rate."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tongxin.core.actor import Actor
from tongxin.core.models import Receipt
from tongxin.core.receipts import Issued
from tongxin.core.visitors import held_receipts, hold_receipts, within_limit
from tongxin.deliberation.actions.meetings import is_over
from tongxin.deliberation.actions.seats import AlreadySignedUp
from tongxin.matters.actions.acting import offer_help
from tongxin.matters.actions.deliberating import add_comment, sign_up
from tongxin.matters.actions.publishing import object_to_decision
from tongxin.matters.actions.raising import join_matter
from tongxin.matters.actions.rating import AlreadyRated, rate_matter, rater_of
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.forms.public import (
    CommentForm,
    ContactForm,
    HelpForm,
    MeTooForm,
    ObjectionForm,
    RatingForm,
    SignUpForm,
)
from tongxin.matters.models import Matter, Rating
from tongxin.matters.presenters import moment_text, number_text, parse_number, sentence_of
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.public_selectors import meeting_of, receipt_that_rates
from tongxin.matters.rules import may_be_rated, may_discuss, may_object, may_offer_help
from tongxin.matters.selectors import matter_to_rate
from tongxin.matters.views.common import holder, public_matter, visitor
from tongxin.matters.views.raising import redirect_to_receipt

JOINS, JOIN_SECONDS = 120, 3600
"""Submissions of all kinds taken from one address in an hour; a community's shared address must not be shut out."""

CLOSED = 409
"""The status of a form that was open when it was fetched and is closed now."""

Act = Callable[[Matter, Actor, Any], Issued]


def _join(
    request: HttpRequest,
    number: str,
    *,
    form_class: type[ContactForm],
    is_open: Callable[[Matter], bool],
    act: Act,
    words: tuple[str | Promise, str | Promise, str | Promise],
    address: tuple[str, list[Any]] | None = None,
) -> HttpResponse:
    matter, canonical = public_matter(number)
    match = request.resolver_match
    name, arguments = address or ((match.url_name or "" if match else ""), [])
    if canonical != number and request.method != "POST":
        return redirect(name, canonical, *arguments)
    if request.method == "POST":
        form = form_class(request.POST)
        if form.is_valid():
            token = form.cleaned_data["token"]
            if not within_limit(request, "join", JOINS, JOIN_SECONDS, once=token):
                return _join_page(request, matter, form, words, status=429, is_limited=True)
            try:
                issued = act(matter, visitor(request), form)
            except NotAllowed:
                # Open when the form was fetched, closed since: say so and keep the words.
                return _join_page(request, matter, form, words, status=409, is_closed=True)
            return redirect_to_receipt(token, is_repeat=issued.is_repeat)
        return _join_page(request, matter, form, words, status=422)
    if not is_open(matter):
        raise Http404
    return _join_page(request, matter, form_class(), words)


def _join_page(
    request: HttpRequest,
    matter: Matter,
    form: ContactForm,
    words: tuple[str | Promise, str | Promise, str | Promise],
    *,
    status: int = 200,
    is_limited: bool = False,
    is_closed: bool = False,
) -> HttpResponse:
    title, lead, button = words
    return render(
        request,
        "matters/public/join.html",
        {
            "matter": matter,
            "number": number_text(matter.number),
            "sentence": sentence_of(matter),
            "form": form,
            "title": title,
            "lead": lead,
            "button": button,
            "is_limited": is_limited,
            "is_closed": is_closed,
        },
        status=status,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def me_too(request: HttpRequest, number: str) -> HttpResponse:
    """I have this too."""
    return _join(
        request,
        number,
        form_class=MeTooForm,
        is_open=lambda matter: not SIX_STEPS.state(matter.state).final,
        act=lambda matter, actor, form: join_matter(
            matter, actor=actor, token=form.cleaned_data["token"], contact=form.contact()
        ),
        words=(
            _l("我也遇到"),
            _l("不用写别的，按一下就算一个人。给您一个查询码，有结果了来评。"),
            _l("我也遇到"),
        ),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: HttpRequest, number: str) -> HttpResponse:
    """Say something about a matter."""
    return _join(
        request,
        number,
        form_class=CommentForm,
        is_open=may_discuss,
        act=lambda matter, actor, form: add_comment(
            matter,
            actor=actor,
            token=form.cleaned_data["token"],
            text=form.cleaned_data["text"],
            stance=form.cleaned_data["stance"],
            contact=form.contact(),
        )[1],
        words=(_l("说说看法"), _l("您的看法会公开，署名“居民”。电话、门牌、姓名会自动遮住。"), _l("发出")),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def object_page(request: HttpRequest, number: str) -> HttpResponse:
    """Object while the decision is published."""
    return _join(
        request,
        number,
        form_class=ObjectionForm,
        is_open=lambda matter: may_object(matter, timezone.localdate()),
        act=lambda matter, actor, form: object_to_decision(
            matter,
            actor=actor,
            token=form.cleaned_data["token"],
            text=form.cleaned_data["text"],
            contact=form.contact(),
        )[1],
        words=(_l("对决定提意见"), _l("每一条意见都要答复，答复了才能往下办。"), _l("提交意见")),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def help_page(request: HttpRequest, number: str) -> HttpResponse:
    """Offer help."""
    return _join(
        request,
        number,
        form_class=HelpForm,
        is_open=may_offer_help,
        act=lambda matter, actor, form: offer_help(
            matter,
            actor=actor,
            token=form.cleaned_data["token"],
            text=form.cleaned_data["text"],
            by_label=form.cleaned_data["by_label"],
            contact=form.contact(),
        )[1],
        words=(_l("我来帮忙"), _l("出力、出场地、出主意都行。承办单位会回应您。"), _l("提交")),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up_page(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a seat at a meeting; past its capacity one waits in order."""
    matter, _canonical = public_matter(number)
    meeting = meeting_of(matter, pk)
    if meeting is None:
        raise Http404
    left = meeting.capacity - meeting.sign_up_count
    lead = _("%(when)s，%(place)s。") % {"when": moment_text(meeting.starts_at), "place": meeting.place}
    lead += (
        _("还有%(n)s个名额。") % {"n": left} if left > 0 else _("名额满了，可以先排着，有人退出就轮到您。")
    )

    def take_seat(matter: Matter, actor: Actor, form: Any) -> Issued:
        issued = sign_up(
            meeting, matter=matter, actor=actor, token=form.cleaned_data["token"], contact=form.contact()
        )[1]
        hold_receipts(request, [issued.receipt.pk])  # so that this phone knows its seat on the day
        return issued

    try:
        return _join(
            request,
            number,
            form_class=SignUpForm,
            is_open=lambda matter: (
                matter.state == "deliberating" and not is_over(meeting) and meeting.starts_at > timezone.now()
            ),
            act=take_seat,
            words=(_l("报名参加会议"), lead, _l("报名")),
            address=("meeting_sign_up", [pk]),
        )
    except AlreadySignedUp:
        messages.info(request, _("您已经报过名了。"))
        return redirect("meeting_seat", pk)


def _rater(request: HttpRequest, matter: Matter) -> tuple[Actor, str, Receipt | None] | None:
    """As whom the visitor may rate, and in words: as the raiser, else by their account, else by a receipt they opened."""
    receipt = receipt_that_rates(matter, held_receipts(request))
    is_raiser = receipt is not None and receipt.pk == matter.receipt_id
    # A member who took a seat at the meeting rates as a member all the same.
    if not is_raiser and request.user.is_authenticated and rater_of(matter, visitor(request)) is not None:
        receipt = None
    actor = holder(matter, receipt) if receipt else visitor(request)
    who = rater_of(matter, actor, receipt)
    return (actor, str(Rating.Rater(who[0]).label), receipt) if who else None


def _rate_page(
    request: HttpRequest, matter: Matter, form: RatingForm, rater: str, *, status: int = 200
) -> HttpResponse:
    return render(
        request,
        "matters/public/rate.html",
        {
            "matter": matter,
            "number": number_text(matter.number),
            "sentence": sentence_of(matter),
            "rater": rater,
            "is_open": status != CLOSED and may_be_rated(matter),
            "form": form,
        },
        status=status,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, number: str) -> HttpResponse:
    """Rate what was done. Without a receipt or an account that may, the page says how to get there."""
    is_sent = request.method == "POST" and parse_number(number) == number
    matter = matter_to_rate(number) if is_sent else None
    if matter is None:
        matter, canonical = public_matter(number)
        if canonical != number and request.method != "POST":
            return redirect("matter_rate", canonical)
    found = _rater(request, matter)
    rater = found[1] if found else ""
    if request.method != "POST":
        return _rate_page(request, matter, RatingForm(), rater)
    if found is None:
        raise Http404
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _rate_page(request, public_matter(number)[0], form, rater, status=422)
    data = form.cleaned_data
    try:
        rate_matter(
            matter,
            actor=found[0],
            solved=data["solved"],
            attitude=data["attitude"],
            result=data["result"],
            words=data["words"],
            receipt=found[2],
        )
    except AlreadyRated as already:
        messages.info(
            request,
            _("您这一轮已经评过：%(solved)s，态度%(attitude)s分，结果%(result)s分。")
            % {
                "solved": already.rating.get_solved_display(),
                "attitude": already.rating.attitude,
                "result": already.rating.result,
            },
        )
    except NotAllowed:
        return _rate_page(request, public_matter(number)[0], form, rater, status=CLOSED)
    else:
        messages.success(
            request,
            _("谢谢，您的评价直接记到政协，不经过承办单位。"),
            extra_tags=f"rate-{matter.pk}-{matter.rating_round}",  # the draft that is not needed any more
        )
    return redirect("matter_detail", matter.number)
