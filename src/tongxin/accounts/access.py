"""Gates of pages: who is not signed in is asked to, who may not see a page gets 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from tongxin.accounts.models import User
from tongxin.core.actor import Actor

View = Callable[..., HttpResponseBase]


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as an actor; for views behind :func:`gate`."""
    return cast(User, request.user).as_actor()


def gate(predicate: Callable[[Actor], bool]) -> Callable[[View], View]:
    """Let a view through for actors of whom the predicate holds; for anybody else the page does not exist."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/work/")
            if not predicate(actor_of(request)):
                raise Http404
            response = view(request, *args, **kwargs)
            if isinstance(response, HttpResponse):
                response.headers.setdefault("Cache-Control", "no-store, private")
            return response

        return guarded

    return decorate
