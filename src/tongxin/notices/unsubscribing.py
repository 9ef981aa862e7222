"""The link that ends a kind of message without sign-in: signed, so that only whom it was sent to has it."""

from django.core import signing
from django.urls import NoReverseMatch, reverse

SALT = "notices.unsubscribe"


class LinkBroken(Exception):
    """The link was altered or cut off."""


def unsubscribe_path(person_key: str, channel: str) -> str:
    """The path of the page on which this person ends what comes by this channel; empty for whom there is none."""
    if person_key[:1] == "w":
        return ""
    try:
        return reverse("unsubscribe", args=[signing.dumps([person_key, channel], salt=SALT)])
    except NoReverseMatch:
        return ""


def read_unsubscribe(token: str) -> tuple[str, str]:
    """Whom (``u12`` a user, ``r7`` a receipt, ``s3`` a subscription) and which channel a link is for, or
    :class:`LinkBroken`. It never expires: an old message must let itself be ended.
    """
    try:
        person_key, channel = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise LinkBroken from None
    return str(person_key), str(channel)
