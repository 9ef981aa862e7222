"""The links that end a kind of message without sign-in: signed, so that only whom they were sent to has them.

People are named by the keys of :class:`~tongxin.notices.models.Delivery`: ``u12`` a user, ``r7`` a receipt, ``s3`` a
subscription, ``a…`` everything that one proven address follows, ``w1`` another system, which has no link.
"""

import hmac
import re

from django.core import signing
from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac

SALT = "notices.unsubscribe"
SHORT_SALT = "notices.unsubscribe.short"
SHORT_SIGNS = 12
"""Signs of the short link's signature, 60 bits: nobody finds somebody else's by trying, and it ends text messages only."""
_SHORT = re.compile(r"([rus])([0-9a-z]{1,13})-([a-z2-7]{12})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class LinkBroken(Exception):
    """The link was altered or cut off."""


def address_key(address_digest: str) -> str:
    """The person's key of a proven address, by the keyed digest of it."""
    return f"a{address_digest[:39]}"


def unsubscribe_path(person_key: str, channel: str) -> str:
    """The path of the page on which this person ends what comes by this channel; empty for whom there is none."""
    if person_key[:1] == "w":
        return ""
    try:
        return reverse("unsubscribe", args=[signing.dumps([person_key, channel], salt=SALT)])
    except NoReverseMatch:
        return ""


def read_unsubscribe(token: str) -> tuple[str, str]:
    """Whose key and which channel a link is for, or :class:`LinkBroken`. It never expires: an old message must let
    itself be ended.
    """
    try:
        person_key, channel = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise LinkBroken from None
    return str(person_key), str(channel)


def short_code(person_key: str) -> str:
    """What stands in a text message for the link: about 16 signs. Empty for whom there is none."""
    kind, figure = person_key[:1], person_key[1:]
    if kind not in {"r", "u", "s"}:
        return ""
    left, digits = int(figure), ""
    while True:
        left, rest = divmod(left, 36)
        digits = _DIGITS[rest] + digits
        if not left:
            return f"{kind}{digits}-{_sign(person_key)}"


def read_short_code(code: str) -> str:
    """The person's key that a short code stands for, or :class:`LinkBroken`."""
    found = _SHORT.fullmatch(code)
    if not found:
        raise LinkBroken
    person_key = f"{found[1]}{int(found[2], 36)}"
    if not hmac.compare_digest(_sign(person_key), found[3]):
        raise LinkBroken
    return person_key


def _sign(person_key: str) -> str:
    from base64 import b32encode

    full = salted_hmac(SHORT_SALT, person_key, algorithm="sha256").digest()
    return b32encode(full).decode().lower()[:SHORT_SIGNS]
