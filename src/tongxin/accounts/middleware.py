"""Sessions of people who sign in: signed out when idle, second factor set up before anything else."""

import time
from collections.abc import Callable
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.actions.people import note_visit
from tongxin.accounts.rules import is_staff

SEEN = "seen_at"
HAS_SECOND_FACTOR = "second_factor"
WRITE_EVERY = 60
"""Seconds between two writes of when somebody was last seen, so that not every page costs an UPDATE."""
HIDDEN_FIELDS = ("password", "oldpassword", "password1", "password2", "code", "csrfmiddlewaretoken", "token")
OPEN_PATHS = ("/accounts/", "/healthz", "/settings/", "/language/")
"""Where somebody may go before the second factor is set up: signing in and out, and how pages look."""


class StaffSessionMiddleware:
    """Costs nothing without a session cookie, one read of the session without a sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out the idle, hold up staff without second factor, read roles once."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.startswith(
            settings.STATIC_URL
        ):
            return self.get_response(request)
        if SESSION_KEY not in request.session or not request.user.is_authenticated:
            return self.get_response(request)
        now = int(time.time())
        seen = request.session.get(SEEN)
        if seen is not None and now - seen > int(settings.TONGXIN["staff_idle_minutes"]) * 60:
            return signed_out_for_idleness(request)
        if seen is None or now - seen >= WRITE_EVERY:
            request.session[SEEN] = now
            note_visit(user_id=request.user.pk)
        assignments = request.user.held_roles
        if (
            settings.TONGXIN["staff_second_factor"]
            and is_staff(assignments)
            and not request.path.startswith(OPEN_PATHS)
            and not self._has_second_factor(request)
        ):
            messages.warning(
                request, _("办理事项之前，请先开启两步验证。用手机上的验证器扫一扫，一分钟就好。")
            )
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return self.get_response(request)

    @staticmethod
    def _has_second_factor(request: HttpRequest) -> bool:
        if request.session.get(HAS_SECOND_FACTOR) == request.user.pk:
            return True
        if not is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            return False
        request.session[HAS_SECOND_FACTOR] = request.user.pk
        return True


def signed_out_for_idleness(request: HttpRequest) -> HttpResponse:
    """Sign out and say why; the way back is kept, and so is what somebody was about to send."""
    minutes = int(settings.TONGXIN["staff_idle_minutes"])
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if value.strip() and name not in HIDDEN_FIELDS and len(value) > 12
    ]
    logout(request)
    is_read = request.method in {"GET", "HEAD"}
    target = request.get_full_path() if is_read else "/work/"
    sign_in = f"{reverse('account_login')}?{urlencode({'next': target})}"
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = sign_in
        messages.warning(
            request, _("有%(minutes)s分钟没有操作，已为您退出。请重新登录。") % {"minutes": minutes}
        )
        return response
    if is_read:
        messages.warning(
            request, _("有%(minutes)s分钟没有操作，已为您退出。请重新登录。") % {"minutes": minutes}
        )
        return HttpResponseRedirect(sign_in)
    context = {"minutes": minutes, "kept": kept, "sign_in": sign_in}
    return render(request, "accounts/signed_out.html", context, status=401)
