"""What machines ask: is it alive, is it ready, how is it doing. No session, no details, nothing personal."""

from collections.abc import Callable
from hmac import compare_digest
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tongxin.core import metrics
from tongxin.core.readiness import is_schema_current


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """Whether this process answers: 200, without asking the database. When it fails, restart the process."""
    return JsonResponse({"ok": True})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Whether requests may be sent here: the database answers and has this code's schema. 200 or 503."""
    try:
        is_ready = is_schema_current()
    except DatabaseError:
        is_ready = False
    return JsonResponse({"ok": is_ready}, status=200 if is_ready else 503)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers and reaches its database: 200 or 503, without a session and without details."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ok": False}, status=503)
    return JsonResponse({"ok": True})


@require_safe
@never_cache
def figures(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for this machine and for who knows ``TONGXIN_METRICS_TOKEN``; others get 404."""
    if not may_read_figures(request):
        raise Http404
    text, content_type = metrics.exposition()
    return HttpResponse(text, content_type=content_type)


def may_read_figures(request: HttpRequest) -> bool:
    """Whether the token was given, or the request certainly comes from this machine.

    In production that is certain only where a trusted proxy is named: otherwise everybody behind a proxy on this
    machine would look like it.
    """
    token = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "")
        if compare_digest(given.encode(), f"Bearer {token}".encode()):
            return True
    if settings.PRODUCTION and not settings.TRUSTED_PROXY:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _figures(request: HttpRequest) -> HttpResponse:
    try:
        return figures(request)
    except Http404:
        return HttpResponse(status=404)


ALL: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/healthz/live": live,
    "/healthz/ready": ready,
    "/metrics": _figures,
}
NAMES = {
    "/healthz": "healthz",
    "/healthz/live": "healthz_live",
    "/healthz/ready": "healthz_ready",
    "/metrics": "metrics",
}
