"""Binding one's WeChat, so that the district's service account can tell one: by its owner, from inside WeChat."""

import secrets

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.access import actor_of
from tongxin.core.qr import qr_inline
from tongxin.core.visitors import within_limit
from tongxin.notices import binding, selectors
from tongxin.notices.actions import choosing
from tongxin.notices.channels import ChannelError, Temporary
from tongxin.notices.models import Channel
from tongxin.notices.views.inbox import signed_in

log = structlog.get_logger(__name__)
TRIES, TRIES_SECONDS = 30, 600
INSIDE = "MicroMessenger"
"""Stands in the User-Agent of WeChat's own browser."""


def _address(request: HttpRequest, name: str) -> str:
    base = str(settings.TONGXIN.get("base_url") or request.build_absolute_uri("/")).rstrip("/")
    return base + reverse(name)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def wechat(request: HttpRequest) -> HttpResponse:
    """How to bind: one press inside WeChat; elsewhere this page's address to open there. In the demo a made-up one."""
    actor = actor_of(request)
    user_id = actor.user_id or 0
    account = binding.wechat_account()
    if not binding.can_bind():
        raise Http404
    if request.method == "POST":
        if account is not None:
            raise Http404
        choosing.keep_address(Channel.WECHAT, f"oDEMO{secrets.token_hex(12)}", actor=actor)
        messages.success(request, _("绑定好了，以后用微信告诉您。"))
        return redirect("notice_preferences")
    here = _address(request, "notice_wechat")
    is_inside = INSIDE in request.headers.get("User-Agent", "")
    context = {
        "bound": selectors.addresses_of(user_id).get(Channel.WECHAT, ""),
        "is_demo": account is None,
        "is_inside": is_inside,
        "address": here,
    }
    if account is not None and is_inside:
        state = binding.new_state(request.session, user_id)
        context["authorize"] = account.authorize_url(_address(request, "notice_wechat_return"), state)
    elif account is not None:
        context["qr"] = qr_inline(here)
    return render(request, "notices/wechat.html", context)


@never_cache
@require_safe
@signed_in
def wechat_return(request: HttpRequest) -> HttpResponse:
    """Back from WeChat with a code: who it was given for is bound to whoever is signed in and went there from here."""
    from tongxin.notices.channels.wechat import CodeRefused  # loads all that speaks HTTP: when it is used

    account = binding.wechat_account()
    if account is None:
        raise Http404
    if not within_limit(request, "wechat", TRIES, TRIES_SECONDS):
        return _again(request, _("试得太多了，请过十分钟再试。"), 429)
    actor = actor_of(request)
    try:
        binding.use_state(request.session, actor.user_id or 0, request.GET.get("state", "")[:128])
    except binding.StateRefused:
        return _again(request, _("这次绑定已经用过，或者放得太久了，请重新点一次。"), 422)
    try:
        openid = account.openid_of(request.GET.get("code", "")[:512])
    except CodeRefused:
        return _again(request, _("微信没有认出您，请重新点一次；要在微信里打开，不要用“快照页”。"), 422)
    except ChannelError as failed:
        log.warning("wechat_binding_failed", kind=str(failed.kind), reason=failed.reason)
        if isinstance(failed, Temporary):
            return _again(request, _("现在连不上微信，请过一会儿再试。"), 503)
        return _again(request, _("本区的公众号还没有设好，绑不上。请告诉工作人员，先用别的方式。"), 503)
    choosing.keep_address(Channel.WECHAT, openid, actor=actor)
    messages.success(request, _("绑定好了，以后用微信告诉您。"))
    return redirect("notice_preferences")


def _again(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return render(request, "notices/wechat.html", {"reason": reason}, status=status)
