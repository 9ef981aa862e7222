"""Following a matter, an area, a category or a unit, with an account or without; and ending it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.access import actor_of
from tongxin.core.visitors import within_limit
from tongxin.notices import selectors
from tongxin.notices.actions import following
from tongxin.notices.forms.reaching import OUTSIDE, FollowForm
from tongxin.notices.models import Channel, Subscription
from tongxin.notices.targets import Target, find_target, targets_of
from tongxin.notices.unsubscribing import LinkBroken, read_short_code, read_unsubscribe, unsubscribe_path
from tongxin.notices.views.codes import PROVEN, TRIES, TRIES_SECONDS, prove
from tongxin.notices.views.inbox import signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, word: str, ref: str) -> HttpResponse:
    """Follow something public: one press when signed in, an address and a code when not."""
    target = find_target(word, ref)
    if target is None:
        raise Http404
    if request.user.is_authenticated:
        return _follow_signed_in(request, target)
    return _follow_by_address(request, target)


def _follow_signed_in(request: HttpRequest, target: Target) -> HttpResponse:
    actor = actor_of(request)
    if request.method == "POST":
        try:
            following.follow(target, actor=actor)
        except following.TooMuchFollowed:
            messages.warning(request, _("您关注得太多了，先取消几个再来。"))
        else:
            messages.success(request, _("关注了。有公开的进展就告诉您。"))
        return redirect("following")
    running = selectors.is_followed(actor.user_id or 0, target.kind, target.pk)
    return render(
        request, "notices/follow.html", {"target": target, "kind": _kind(target), "running": running}
    )


def _follow_by_address(request: HttpRequest, target: Target) -> HttpResponse:
    channels = selectors.open_channels()
    context = {"target": target, "kind": _kind(target), "form": None, "is_sent": False, "is_done": False}
    if not any(channel in OUTSIDE for channel in channels):
        return render(request, "notices/follow.html", context)
    form = FollowForm(request.POST if request.method == "POST" else None, channels=channels)
    context |= {"form": form, "is_sent": "check" in request.POST}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            status = prove(request, form)
            context["is_sent"] = context["is_sent"] or status == 200
            if status == PROVEN:
                return _proven(request, target, form, context)
    if context["is_sent"]:
        form.ask_code()
    return render(request, "notices/follow.html", context, status=status)


def _proven(
    request: HttpRequest, target: Target, form: FollowForm, context: dict[str, object]
) -> HttpResponse:
    data = form.cleaned_data
    try:
        following.follow_by_address(
            target, channel=data["channel"], address=data["address"], rhythm=data["rhythm"]
        )
    except following.TooMuchFollowed:
        form.add_error(None, _("这个地址关注得太多了，先取消几个再来。"))
        return render(request, "notices/follow.html", context, status=422)
    return render(request, "notices/follow.html", context | {"is_done": True})


def _kind(target: Target) -> str:
    return str(Subscription.Target(target.kind).label)


@require_safe
@signed_in
def following_list(request: HttpRequest) -> HttpResponse:
    """What a signed-in person follows."""
    cursor = request.GET.get("after", "")
    before = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 19 else None
    rows = selectors.followed_by(actor_of(request).user_id or 0, before)
    shown = rows[: selectors.PAGE]
    targets = targets_of(shown)
    return render(
        request,
        "notices/following.html",
        {
            "rows": [
                (row, row.get_target_display(), targets.get((row.target, row.target_id))) for row in shown
            ],
            "next_cursor": str(shown[-1].pk) if len(rows) > selectors.PAGE else "",
            "has_previous": before is not None,
        },
    )


@require_POST
@signed_in
def unfollow(request: HttpRequest, pk: int) -> HttpResponse:
    """End one's own subscription."""
    if not following.stop_following(pk, actor=actor_of(request)):
        raise Http404
    messages.success(request, _("不再关注了。"))
    return redirect("following")


@never_cache
@csrf_exempt  # mail programs post here by themselves (RFC 8058); the link itself says whose it is
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The link in every message: asks with a button, ends on POST, without sign-in, as often as it is opened."""
    try:
        person_key, channel = read_unsubscribe(token)
    except LinkBroken:
        raise Http404 from None
    context = {"channel": Channel(channel).label, "person": person_key[:1], "is_done": False, "target": None}
    if person_key[:1] == "s":
        one = selectors.subscription_by_key(int(person_key[1:]))
        if one is None:
            raise Http404
        context["target"] = targets_of([one]).get((one.target, one.target_id))
        context["kind"] = one.get_target_display()
        context["others"] = max(0, selectors.runs(one.address_digest) - (one.ended_at is None))
    if person_key[:1] == "a":
        context["followed"] = _followed_by_address(person_key, channel)
    if person_key[:1] == "r":
        context["is_silent"] = selectors.is_silent(int(person_key[1:]), channel)
    if request.method == "POST" and "again" in request.POST and person_key[:1] == "r":
        following.hear_again(int(person_key[1:]), channel)
        context |= {"is_silent": False, "is_back": True}
    elif request.method == "POST":
        following.unsubscribe(person_key, channel, everything=request.POST.get("everything") == "1")
        context["is_done"] = True
    response = render(request, "notices/unsubscribe.html", context)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _followed_by_address(person_key: str, channel: str) -> list[tuple[str, Target | None, str]]:
    """What an address follows, for whoever holds its link: kind, target (None when no longer public), link to end it."""
    rows = list(selectors.running_of_address(person_key)[: following.PER_ADDRESS])
    targets = targets_of(rows)
    return [
        (
            str(row.get_target_display()),
            targets.get((row.target, row.target_id)),
            unsubscribe_path(f"s{row.pk}", channel),
        )
        for row in rows
    ]


@never_cache
@require_safe
def unsubscribe_short(request: HttpRequest, code: str) -> HttpResponse:
    """The short link of a text message leads to the page of its long one."""
    if not within_limit(request, "unsubscribe", TRIES, TRIES_SECONDS):
        return render(request, "429.html", status=429)
    try:
        path = unsubscribe_path(read_short_code(code), Channel.SMS.value)
    except LinkBroken:
        raise Http404 from None
    response = redirect(path)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
