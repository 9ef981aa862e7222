"""What the public views share: who is asking, which receipts they hold, and how often an address may try."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.crypto import lookup_digest
from tongxin.core.history import Conflict
from tongxin.core.models import Receipt
from tongxin.matters.actions.raising import passer_by
from tongxin.matters.models import Matter
from tongxin.matters.presenters import entry_title, number_text, parse_number, who_text
from tongxin.matters.selectors import matter_by_number

SESSION_KEY = "receipts"
RECEIPTS_HELD = 40


def visitor(request: HttpRequest) -> Actor:
    """The signed-in person, or somebody without an account."""
    return request.user.as_actor() if request.user.is_authenticated else passer_by()


def holder(matter: Matter, receipt: Receipt) -> Actor:
    """The holder of a tracking code: the raiser of this matter, or somebody who joined it."""
    if receipt.pk == matter.receipt_id:
        return Actor(role=Role.RAISER, label="提事人", receipt_id=receipt.pk)
    return Actor(role=Role.PARTICIPANT, label="参与者", receipt_id=receipt.pk)


def held_receipts(request: HttpRequest) -> list[int]:
    """Identifiers of the receipts opened in this session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return []
    found = request.session.get(SESSION_KEY, [])
    return [pk for pk in found if isinstance(pk, int)][:RECEIPTS_HELD]


def hold_receipts(request: HttpRequest, receipt_ids: list[int]) -> None:
    """Remember opened receipts in a fresh session, so that a session fixed by somebody else opens nothing."""
    held = held_receipts(request)
    request.session.cycle_key()
    request.session[SESSION_KEY] = [*dict.fromkeys([*receipt_ids, *held])][:RECEIPTS_HELD]


def within_limit(request: HttpRequest, purpose: str, most: int, seconds: int, once: str = "") -> bool:
    """Whether this address may try again; counts the try. ``once`` names a try that counts a single time.

    Only a keyed digest of the address is kept, and only as long as the limit runs.
    """
    address = lookup_digest(request.META.get("REMOTE_ADDR", ""), settings.SECRET_KEY)
    if once and not cache.add(f"limit-once:{purpose}:{lookup_digest(once, settings.SECRET_KEY)}", 1, seconds):
        return True
    key = f"limit:{purpose}:{address}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) <= most
    except ValueError:  # it expired between the two lines
        return True


def public_matter(number: str) -> tuple[Matter, str]:
    """The public matter of an address and its canonical number; raises Http404 when there is none."""
    slug = parse_number(number)
    matter = matter_by_number(slug) if slug else None
    if matter is None:
        raise Http404
    return matter, matter.number


def conflict_page(
    request: HttpRequest, conflict: Conflict, kept: list[tuple[Any, str]], *, back: str
) -> HttpResponse:
    """Somebody else acted first: who did what, and what was typed."""
    return render(
        request,
        "409.html",
        {
            "record": conflict.record,
            "number": number_text(conflict.record.number),
            "entries": [
                {
                    "actor_label": who_text(entry.actor_label),
                    "at": entry.at,
                    "title": entry_title(entry),
                    "event": entry.event,
                }
                for entry in conflict.entries
            ],
            "kept": [(label, text) for label, text in kept if text],
            "back": back,
        },
        status=409,
    )
