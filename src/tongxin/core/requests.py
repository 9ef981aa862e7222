"""The outermost layer of a request: its id, its line in the log, its place in the figures, and the probes."""

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tongxin.core import probes
from tongxin.core.logs import request_id
from tongxin.core.metrics import requests

log = logging.getLogger("tongxin.requests")
_GIVEN = re.compile(r"[0-9A-Za-z_-]{8,64}")
HEADER = "X-Request-ID"


class RequestMiddleware:
    """First in the row: everything else happens inside it.

    Probes are answered here, before host names, sessions and redirections to https: who asks knows only an address and
    a port. The log has the view's name, never the path: paths hold secrets (calendar feeds, unsubscribe links, files).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._requests = requests()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, count, and write one line."""
        begun = time.perf_counter()
        given = _given_id(request)
        number = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
        token = request_id.set(number)
        try:
            probe = probes.ALL.get(request.path_info)
            response = probe(request) if probe else self.get_response(request)
            seconds = time.perf_counter() - begun
            response.headers[HEADER] = number
            view = view_name(request)
            self._requests.note(view, response.status_code, seconds)
            if log.isEnabledFor(logging.INFO):
                log.info(
                    {
                        "event": "request",
                        "request": number,
                        "method": request.method if request.method in _METHODS else "OTHER",
                        "view": view,
                        "status": response.status_code,
                        "ms": round(seconds * 1000, 1),
                    }
                )
            return response
        finally:
            request_id.reset(token)


_METHODS = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}


def _given_id(request: HttpRequest) -> str:
    """The id that the proxy gave, when one is in front whose word we take; anybody else's is not believed."""
    # The server drops X-Forwarded headers that don't come from that proxy.
    if settings.TRUSTED_PROXY and "HTTP_X_FORWARDED_FOR" in request.META:
        return str(request.META.get("HTTP_X_REQUEST_ID", ""))
    return ""


def view_name(request: HttpRequest) -> str:
    """The name of the view that answers: one of the table of addresses, "static", or "none" where nothing is."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    if kept := getattr(request, "kept_view_name", ""):  # answered from the page cache
        return str(kept)
    if name := probes.NAMES.get(request.path_info):
        return name
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"
