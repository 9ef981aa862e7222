"""How a person wants pages shown: carried by a cookie, so no account is needed."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ELDER_COOKIE = "elder"


class PresentationMiddleware:
    """Sets ``request.elder`` from the cookie: large text and large targets."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Read the cookie; nothing else."""
        request.elder = request.COOKIES.get(ELDER_COOKIE) == "1"  # type: ignore[attr-defined]
        return self.get_response(request)
