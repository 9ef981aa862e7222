"""Forms that a device may keep while there is no network, and send later: answered in JSON, counted once.

A kept entry gets its token when there is a network again, just before it is sent for the first time, and keeps it for
every further try. What an earlier try left behind is looked for before anything else, also before the token's age: so
an answer that was lost on the way is found again after any time, and a token that has grown too old without a trace
may be exchanged for a fresh one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from tongxin.core.crypto import lookup_digest
from tongxin.core.receipts import TokenExpired, TokenRefused, check_token, find_repeat
from tongxin.core.records import newest_number, number_text

HEADER = "X-Kept"
"""Sent with a kept entry: the owner it was written by, or ``anyone``."""
ANYONE = "anyone"
CODE_DAYS = 60
"""How long the token of an entry still tells its tracking code; tokens stand in the history of browsers. The number, and
that the entry arrived, it tells for ever."""
View = Callable[..., HttpResponse]
Answer = TypeVar("Answer", bound=HttpResponse)


def owner_of(request: HttpRequest) -> str:
    """Who is signed in, as a word that tells devices two people apart and nothing else; "" for nobody."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return ""
    return lookup_digest(f"kept:{user.pk}", settings.SECRET_KEY)[:24]


def was_kept(request: HttpRequest) -> bool:
    """Whether this is an entry that a device kept while it had no network."""
    return request.method == "POST" and HEADER in request.headers


def told_by_receipt(token: str) -> dict[str, Any] | None:
    """What the holder of a token is told of the record it made: number, code, where to follow it. None before that."""
    issued = find_repeat(token)
    if issued is None:
        return None
    number = newest_number(issued.receipt.dossier_id)
    return {
        "number": number,
        "words": number_text(number),
        "code": issued.code,
        # After the # nothing is sent to a server.
        "url": f"{reverse('track')}?number={number}#{issued.code}",
    }


def with_errors(response: Answer, *forms: Any) -> Answer:
    """The page of a form that was refused, with its forms at hand for who sent it without looking at pages."""
    response.kept_forms = forms  # type: ignore[attr-defined]
    return response


def errors_of(*forms: Any) -> list[dict[str, str]]:
    """What is wrong, as the page says it: the field's name and label ("" for the whole form) and the words."""
    return [
        {
            "field": form.add_prefix(name) if name in form.fields else "",
            "label": str(form[name].label) if name in form.fields and not form[name].is_hidden else "",
            "words": str(error),
        }
        for form in forms
        for name, errors in form.errors.items()
        for error in errors
    ]


def keepable(
    purpose: str,
    *,
    is_personal: bool = True,
    told: Callable[[str], dict[str, Any] | None] = told_by_receipt,
) -> Callable[[View], View]:
    """The view of a form that devices may keep. Pages are as before; kept entries are answered in JSON.

    200 what ``told(token)`` says of the record, with ``is_repeat`` when an earlier try made it; 409 when somebody else
    is signed in than wrote it (``is_personal``); 410 when the token is too old and made nothing: a fresh one may be
    taken; 422 with the errors; any other status as the view answered. Stands below the view's access check.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not was_kept(request):
                return view(request, *args, **kwargs)
            if is_personal and request.headers[HEADER] != owner_of(request):
                return JsonResponse({"state": "other"}, status=409)
            token = request.POST.get("token", "")
            found = told(token)
            if found is not None:
                return JsonResponse(_without_old_code(found, token, purpose) | {"is_repeat": True})
            try:
                check_token(token, purpose)
            except TokenExpired:
                return JsonResponse({"state": "renew"}, status=410)
            except TokenRefused as refused:
                return JsonResponse(
                    {"errors": [{"field": "", "label": "", "words": refused.reason}]}, status=422
                )
            return _in_json(view(request, *args, **kwargs), token, told)

        return answered

    return decorate


def _without_old_code(found: dict[str, Any], token: str, purpose: str) -> dict[str, Any]:
    try:
        check_token(token, purpose, max_age=CODE_DAYS * 24 * 3600)
    except TokenRefused:
        return found | {"code": "", "url": found["url"].partition("#")[0]}
    return found


def _in_json(
    response: HttpResponse, token: str, told: Callable[[str], dict[str, Any] | None]
) -> HttpResponse:
    if response.status_code in {301, 302, 303}:
        found = told(token)
        # A redirection without a record leads elsewhere (to sign in, to a second factor): nothing was taken in.
        return (
            JsonResponse(found | {"is_repeat": False})
            if found is not None
            else JsonResponse({"state": "redirected"}, status=401)
        )
    if response.status_code == 200:  # the form again, without a word of what is wrong
        return JsonResponse({"errors": []}, status=422)
    return JsonResponse(
        {"errors": errors_of(*getattr(response, "kept_forms", ()))}, status=response.status_code
    )
