"""Signing in, the lock-out page, and the one-time link of a new account."""

from typing import Any

from axes.helpers import get_cool_off
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.actions.people import WelcomeExpired, set_first_password, welcomed_user
from tongxin.accounts.forms import FirstPasswordForm


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Too many wrong passwords: how long it lasts and what to do; the user name stays typed."""
    wait = get_cool_off(request)
    minutes = int(wait.total_seconds() // 60) if wait else 0
    context = {
        "minutes": minutes,
        "username": (credentials or {}).get("username") or request.POST.get("login", ""),
    }
    page = render(request, "accounts/locked_out.html", context, status=429)
    if wait:
        page["Retry-After"] = str(int(wait.total_seconds()))
    return page


@login_required
@require_safe
def no_password(request: HttpRequest) -> HttpResponse:
    """For accounts without a password: where a password comes from."""
    return render(request, "accounts/no_password.html")


@require_safe
def inactive(request: HttpRequest) -> HttpResponse:
    """The account is disabled: whom to ask."""
    return render(request, "accounts/inactive.html", status=403)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Set the first password with the one-time link; then sign in with it."""
    try:
        user = welcomed_user(token)
        form = FirstPasswordForm(request.POST or None, user=user)
        if request.method == "POST" and form.is_valid():
            set_first_password(token, password=form.cleaned_data["password1"])
            messages.success(request, _("密码设好了。请用它登录。"))
            return redirect("account_login")
    except WelcomeExpired:
        return render(request, "accounts/welcome_expired.html", status=410)
    page = render(request, "accounts/welcome.html", {"form": form, "person": user})
    # The token is in the address: it must not travel to another site or page.
    page["Referrer-Policy"] = "no-referrer"
    return page
