"""The secret address of a private calendar feed: made at first use, replaced when it got about."""

import secrets
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.models import User
from tongxin.core.contacts import sealer
from tongxin.notices.models import FeedKey

SECRET_BYTES = 24


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


@transaction.atomic
def feed_secret(user_id: int, *, at: datetime | None = None) -> str:
    """The secret of a person's feed, made when there is none."""
    key = FeedKey.objects.filter(user_id=user_id).first()
    return sealer().unseal(key.sealed_key) if key else replace_feed_secret(user_id, at=at)


@transaction.atomic
def replace_feed_secret(user_id: int, *, at: datetime | None = None) -> str:
    """A new secret; the address with the old one is gone at once."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    FeedKey.objects.update_or_create(
        user_id=user_id,
        defaults={
            "key_digest": _digest(secret),
            "sealed_key": sealer().seal(secret),
            "made_at": at or timezone.now(),
            "body_digest": "",
            "changed_at": None,
        },
    )
    return secret


def owner_of_feed(secret: str) -> User | None:
    """Whose feed that secret opens; nobody's when it is wrong, replaced, or the account was switched off."""
    key = FeedKey.objects.select_related("user").filter(key_digest=_digest(secret)).first()
    return key.user if key and key.user.is_active else None


def feed_changed_at(user_id: int, body: bytes, *, at: datetime | None = None) -> tuple[str, datetime]:
    """The feed's digest, and since when it reads like this: something taken away is a change as well.

    Writes only when it reads differently from the last time it was asked for.
    """
    digest, at = sha256(body).hexdigest(), at or timezone.now()
    key = FeedKey.objects.get(user_id=user_id)
    if key.body_digest != digest or key.changed_at is None:
        FeedKey.objects.filter(pk=key.pk).update(body_digest=digest, changed_at=at)
        return digest, at
    return digest, key.changed_at
