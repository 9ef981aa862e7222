"""Preferences, the pages about the site itself, and the error pages."""

import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_BAD_REFERER
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt, requires_csrf_token
from django.views.decorators.http import require_POST, require_safe

from tongxin.site.middleware import ELDER_COOKIE
from tongxin.site.samples import samples

YEAR = 365 * 24 * 3600
# Never shown again, never sent again by itself: whoever reads over a shoulder learns nothing.
SECRET_FIELDS = {
    "csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword", "code", "login",
}  # fmt: skip
LONG = 40  # characters from which a text gets a box of its own, to be read and copied
# Reasons that begin like this mean that another site sent the form.
FOREIGN = tuple(reason.split("%", 1)[0] for reason in (REASON_BAD_ORIGIN, REASON_BAD_REFERER))


def _here_or_home(request: HttpRequest, target: str) -> str:
    """The address when it is one of this site, else the home page."""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else "/"


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page the switch was on, never to another site."""
    return HttpResponseRedirect(_here_or_home(request, request.POST.get("next", "/")))


# The two switches set a preference of the reader's own browser and nothing else, and stand on pages that are the same
# for everybody and so carry no form token.


@csrf_exempt
@require_POST
def set_elder(request: HttpRequest) -> HttpResponse:
    """Switch elder mode on or off."""
    response = _back(request)
    if request.POST.get("on") == "1":
        response.set_cookie(
            ELDER_COOKIE,
            "1",
            max_age=YEAR,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )
    else:
        response.delete_cookie(ELDER_COOKIE)
    return response


@csrf_exempt
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Choose one of the configured languages; anything else changes nothing."""
    response = _back(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=YEAR,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
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


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Every component on one page, for those who build pages. Only in the demo and in development."""
    if not (settings.DEMO or settings.DEBUG):
        raise Http404
    return render(request, "site/style.html", samples())


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
    """500, or 503 while the database is away: pages that need nothing that may be broken."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "5"})
    return HttpResponse(render_to_string("500.html"), status=500)


def _was_sent_from_here(request: HttpRequest, reason: str) -> bool:
    """Whether the form came from one of our own pages, as far as the browser says."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return site in {"same-origin", "none"} and not reason.startswith(FOREIGN)


def _is_long_text(value: str) -> bool:
    """Whether somebody wrote it: what is plain letters without a space is a token or a code of the form's own."""
    return len(value) >= LONG and (not value.isascii() or " " in value)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a good token: show what was typed and, if it came from here, let it be sent again.

    What another site made the browser send is never offered for sending.
    """
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in SECRET_FIELDS
        for value in values
        if value
    ]
    context = {
        "long": [(name, value) for name, value in kept if _is_long_text(value)],
        "short": [(name, value) for name, value in kept if not _is_long_text(value)],
        "had_files": bool(request.FILES),
        "had_secrets": any(name in request.POST for name in SECRET_FIELDS - {"csrfmiddlewaretoken"}),
        "back": _here_or_home(request, request.headers.get("Referer", "/")),
        "may_send_again": _was_sent_from_here(request, reason),
    }
    return render(request, "403_csrf.html", context, status=403)
