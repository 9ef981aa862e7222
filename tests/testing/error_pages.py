"""The real addresses and, for the tests, one for each error page, as the application shows it."""

from typing import Any, NoReturn

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from tongxin.config.urls import handler400, handler403, handler404, handler500
from tongxin.config.urls import urlpatterns as real

KEPT = [("理由", "我写了很久的理由。\n第二行。")]


def bad_request(request: HttpRequest) -> NoReturn:
    """400."""
    raise BadRequest


def forbidden(request: HttpRequest) -> NoReturn:
    """403."""
    raise PermissionDenied


def conflict(request: HttpRequest) -> HttpResponse:
    """409: somebody else was faster."""
    entry: dict[str, Any] = {
        "actor_label": "政协办公室", "at": timezone.now(), "title": "受理为微建议", "event": "matter.accepted"
    }  # fmt: skip
    context = {"number": "微建议〔2026〕1号", "entries": [entry], "kept": KEPT, "back": "/work/"}
    return render(request, "409.html", context, status=409)


def too_many(request: HttpRequest) -> HttpResponse:
    """429."""
    return render(request, "429.html", {"kept": KEPT}, status=429)


def fault(request: HttpRequest) -> NoReturn:
    """500."""
    raise RuntimeError("to see the page")


urlpatterns = [
    path("error/400/", bad_request),
    path("error/403/", forbidden),
    path("error/409/", conflict),
    path("error/429/", too_many),
    path("error/500/", fault),
    *real,
]
__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
