"""The demo: step into any role with one click. There is no such page in a live district."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tongxin.accounts import selectors
from tongxin.accounts.demo_cards import cards

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Without the demo setting, and always in production, the page does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO or settings.PRODUCTION:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@demo_only
@require_safe
@never_cache
def demo(request: HttpRequest) -> HttpResponse:
    """Who one can be here, and what to try first."""
    return render(request, "accounts/demo.html", {"groups": cards()})


@demo_only
@require_POST
def step_into(request: HttpRequest) -> HttpResponse:
    """Sign in as the chosen demo account; the session gets a new key."""
    user = selectors.account_named(request.POST.get("username", "")[:150])
    if user is None or not user.is_active or user.has_usable_password():
        # An account with a password belongs to somebody: the demo opens only its own invented ones.
        raise Http404
    kept = request.session.get("receipts")
    login(request, user, backend=BACKEND)
    request.session.cycle_key()
    if kept:
        request.session["receipts"] = kept
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/work/" if user.held_roles else "/"
    return redirect(target)
