"""What makes the forms work without a network: the manifest, the service worker, tokens, and pages to keep."""

import json
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from tongxin.core.kept import owner_of
from tongxin.core.receipts import new_token
from tongxin.core.visitors import within_limit
from tongxin.duty.icons import ICONS, icon_png

FORMS = {"raise": "raise", "enter": "work_enter", "visit": "visit_new"}
"""What can be kept on a device, and the name of its page. The purpose is that of the form's token."""
PERSONAL = frozenset({"enter", "visit"})
"""Whose form only the staff have."""
LIST = "list"
TOKENS_FOR_EACH = 2
"""How many tokens an address may take for each matter it may raise: before each try devices look for a network."""
ASSETS = (
    "site/tongxin.css",
    "site/tongxin.js",
    "site/seal.svg",
    "htmx/htmx.min.js",
    "matters/work.css",
    "duty/offline.js",
    "duty/kept.js",
    "duty/sending.js",
    "duty/pending.js",
)
_SCRIPT = Path(__file__).resolve().parent.parent / "static" / "duty" / "sw.js"
_SECRETS = re.compile(r'(name="(?:csrfmiddlewaretoken|token)" value=")[^"]*')
_DAY = 24 * 3600


def _page_of(purpose: str) -> str:
    """The address of a form; Http404 for one that doesn't exist here."""
    try:
        return reverse(FORMS[purpose])
    except (KeyError, NoReverseMatch):
        raise Http404 from None


@require_safe
@cache_control(max_age=_DAY)
@vary_on_headers("Accept-Language", "Cookie")
def manifest(request: HttpRequest) -> HttpResponse:
    """What a device needs to put the site among its applications."""
    shortcuts = [(_("提事"), reverse("raise")), (_("代录事项"), reverse("work_enter"))]
    if (visits := _known("visit")) is not None:
        shortcuts.append((_("记走访"), visits))
    shortcuts.append((_("待送出的"), reverse("offline")))
    district = settings.TONGXIN["district_name"]
    body = {
        "id": "/",
        "name": f"{district} · {settings.TONGXIN['slogan']}",
        "short_name": _("同心"),
        "description": _("说一件事，看它怎么办成。没有网络也能先记下。"),
        "lang": get_language() or settings.LANGUAGE_CODE,
        "start_url": reverse("raise"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf8f3",
        "theme_color": "#ad3420",
        "icons": [
            {"src": staticfiles_storage.url("site/seal.svg"), "sizes": "any", "type": "image/svg+xml"},
            *(
                {
                    "src": reverse("offline_icon", args=[name]),
                    "sizes": f"{icon.size}x{icon.size}",
                    "type": "image/png",
                    "purpose": "maskable" if icon.is_maskable else "any",
                }
                for name, icon in ICONS.items()
            ),
        ],
        "shortcuts": [{"name": name, "url": url} for name, url in shortcuts],
    }
    return JsonResponse(
        body, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False}
    )


def _known(purpose: str) -> str | None:
    try:
        return _page_of(purpose)
    except Http404:
        return None


@require_safe
@cache_control(max_age=30 * _DAY, public=True)
def icon(request: HttpRequest, name: str) -> HttpResponse:
    """The seal as PNG, for devices that take no SVG."""
    if name not in ICONS:
        raise Http404
    return HttpResponse(icon_png(name), content_type="image/png")


@lru_cache(maxsize=1)
def _worker() -> str:
    """The service worker with what it must know: a version that changes when any of its files does, and addresses."""
    version = sha256(_SCRIPT.read_bytes())
    for name in ASSETS:
        version.update(_bytes_of(name))
    config = {
        "version": version.hexdigest()[:16],
        "assets": [staticfiles_storage.url(name) for name in ASSETS],
        "scripts": [staticfiles_storage.url(name) for name in ("duty/kept.js", "duty/sending.js")],
        "raise": reverse("raise"),
        "list": reverse("offline"),
        "shells": reverse("offline_shell", args=["x"]).removesuffix("x/"),
        "staff": {page: purpose for purpose in sorted(PERSONAL) if (page := _known(purpose)) is not None},
        "signIn": reverse("account_login"),
        "signOut": reverse("account_logout"),
    }
    return f"const CONFIG = {json.dumps(config)};\n{_SCRIPT.read_text()}"


def _bytes_of(name: str) -> bytes:
    """A static file, from where the server takes it or, before files are collected, from its application."""
    from django.contrib.staticfiles import finders

    found = finders.find(name)
    return Path(found).read_bytes() if found else staticfiles_storage.url(name).encode()


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the root so that it serves every page; never an old one."""
    if settings.DEBUG:
        _worker.cache_clear()
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-cache"
    return response


@never_cache
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """A token for one entry of ``?purpose=``, what the form needs besides, and who is signed in.

    Devices ask before they send, so an answer also says that there is a network.
    """
    purpose = request.GET.get("purpose", "")
    page = _page_of(purpose)
    if not within_limit(request, "kept", TOKENS_FOR_EACH * int(settings.TONGXIN["raise_per_hour"]), 3600):
        return JsonResponse({"state": "limited"}, status=429)
    return JsonResponse(
        {"token": new_token(purpose), "csrf": get_token(request), "owner": owner_of(request), "page": page}
    )


@never_cache
@require_safe
def pending(request: HttpRequest) -> HttpResponse:
    """What waits on this device to be sent. The server knows nothing of it: the page's script fills it in."""
    visit = _known("visit")
    return render(
        request, "duty/offline/pending.html", {"visit_url": visit, "is_staff": request.user.is_authenticated}
    )


@never_cache
@require_safe
def shell(request: HttpRequest, purpose: str) -> HttpResponse:
    """An empty form (or the list of what waits) for a device to keep: nobody's name in public ones, no token in any.

    A form without token says to the script that it comes from the device.
    """
    path = reverse("offline") if purpose == LIST else _page_of(purpose)
    match = resolve(path)
    request.GET = QueryDict()
    request.path = request.path_info = path
    # Words meant for somebody's next page are not used up here.
    held: Any = request.__dict__.pop("_messages", None)
    if purpose not in PERSONAL:
        request.user = AnonymousUser()
    response = match.func(request, *match.args, **match.kwargs)
    if held is not None:
        request._messages = held  # type: ignore[attr-defined]
    if response.status_code == 200:
        page = _SECRETS.sub(r"\1", response.content.decode())
        response.content = page.replace("<html ", "<html data-shell ", 1).encode()
        response["X-Page"] = path
    return response
