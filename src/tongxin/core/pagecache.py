"""A page cache for visitors without a session: never stale, because its key is the ledger's head.

Whatever changes what the public sees writes to the ledger in the same transaction; so one tiny query (the head's
number) tells whether a cached page still holds. Pages also expire after a minute, for what depends on the clock
(who is on duty now), and at midnight, for what depends on the day.
"""

import time
from collections.abc import Callable
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tongxin.core.prepared import prepared_cursor

SECONDS = 60
VARYING_COOKIES = ("elder", "django_language")


def ledger_head() -> int:
    """Number of the ledger's newest entry."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT seq FROM core_ledgerhead WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else 0


class PageCacheMiddleware:
    """Answer a GET by somebody without session from the cache, when the view marked the page as the same for all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve from the cache, or ask the view and keep what it allows."""
        if (
            not settings.PAGE_CACHE
            or request.method != "GET"
            or settings.SESSION_COOKIE_NAME in request.COOKIES
            or settings.CSRF_COOKIE_NAME in request.COOKIES
            or "messages" in request.COOKIES
            or request.path.startswith("/static/")
        ):
            return self.get_response(request)
        parts = "\n".join(
            [
                str(ledger_head()),
                timezone.localdate().isoformat(),
                str(int(time.time() // SECONDS)),
                request.get_host(),
                request.headers.get("Accept-Language", "")[:60],
                request.headers.get("HX-Request", ""),
                *(request.COOKIES.get(name, "")[:10] for name in VARYING_COOKIES),
                request.get_full_path()[:1000],
            ]
        )
        # A digest: addresses hold whatever people type, which not every cache takes as a key.
        key = "page:" + sha256(parts.encode()).hexdigest()
        kept = cache.get(key)
        if kept is not None:
            content, headers, request.kept_view_name = kept  # type: ignore[attr-defined]
            response = HttpResponse(content)
            for name, value in headers.items():
                response.headers[name] = value
            return response
        response = self.get_response(request)
        if (
            response.status_code == 200
            and getattr(response, "is_same_for_all", False)
            and not response.cookies
            and not response.streaming
        ):
            match = request.resolver_match
            view = match.view_name if match else ""
            cache.set(key, (response.content, dict(response.headers), view), SECONDS)
        return response


def same_for_all(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view's page as the same for every visitor without a session. It must carry no form token."""
    from functools import wraps

    @wraps(view)
    def marked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.is_same_for_all = True  # type: ignore[attr-defined]
        return response

    return marked
