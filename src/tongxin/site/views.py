"""Preferences, the pages about the site itself, and the error pages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt, requires_csrf_token
from django.views.decorators.http import require_POST, require_safe

from tongxin.site.middleware import ELDER_COOKIE

YEAR = 365 * 24 * 3600
HIDDEN_FIELDS = {"csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword", "code"}


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page the switch was on, never to another site."""
    target = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")


# The two switches set a preference of the reader's own browser and nothing else, and stand on pages that are the same
# for everybody and so carry no form token.


@csrf_exempt
@require_POST
def set_elder(request: HttpRequest) -> HttpResponse:
    """Switch elder mode on or off."""
    response = _back(request)
    if request.POST.get("on") == "1":
        response.set_cookie(ELDER_COOKIE, "1", max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    else:
        response.delete_cookie(ELDER_COOKIE)
    return response


@csrf_exempt
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Choose Chinese or English."""
    response = _back(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of whom, why, and a person's rights."""
    return render(request, "site/privacy.html")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this site is and who answers for it."""
    return render(request, "site/about.html")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: what doesn't exist, or isn't the reader's to see."""
    return render(request, "404.html", status=404)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """500: a page that needs nothing that may be broken."""
    return render(None, "500.html", status=500)  # type: ignore[arg-type]


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a good token: show what was typed, ready to be sent again with a fresh one."""
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in HIDDEN_FIELDS
        for value in values
        if value
    ]
    return render(request, "403_csrf.html", {"kept": kept, "had_files": bool(request.FILES)}, status=403)
