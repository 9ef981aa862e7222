"""People without an account: which receipts they hold in this session, and how often an address may try."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from tongxin.core.crypto import lookup_digest

SESSION_KEY = "receipts"
RECEIPTS_HELD = 40


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
