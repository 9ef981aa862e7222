"""How a person wants to be told: by concern and channel, and the addresses where they can be reached."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from tongxin.core.actor import Actor
from tongxin.core.contacts import sealer
from tongxin.notices.models import Address, Delivery, Preference

INBOX_AT_ONCE = 200
"""So many notices can be marked by one form."""


def _user(actor: Actor) -> int:
    if actor.user_id is None:
        raise PermissionError("only somebody who is signed in has preferences and an inbox")
    return actor.user_id


@transaction.atomic
def choose(choices: Mapping[tuple[str, str], str], *, actor: Actor) -> None:
    """Keep a person's rhythms by concern and channel. Two queries at most."""
    Preference.objects.bulk_create(
        [
            Preference(user_id=_user(actor), concern=concern, channel=channel, rhythm=rhythm)
            for (concern, channel), rhythm in choices.items()
        ],
        update_conflicts=True,
        unique_fields=["user", "concern", "channel"],
        update_fields=["rhythm"],
    )


def keep_address(channel: str, address: str, *, actor: Actor, at: datetime | None = None) -> None:
    """Keep where a person is reached. The caller has found that it is theirs: a code sent there was typed in."""
    Address.objects.update_or_create(
        user_id=_user(actor),
        channel=channel,
        defaults={
            "sealed_address": sealer().seal(address),
            "language": get_language() or settings.LANGUAGE_CODE,
            "verified_at": at or timezone.now(),
        },
    )


def forget_address(channel: str, *, actor: Actor) -> None:
    """Forget where a person was reached: nothing more goes there."""
    Address.objects.filter(user_id=_user(actor), channel=channel).delete()


def mark_read(ids: list[int], *, actor: Actor, at: datetime | None = None) -> int:
    """Mark notices in one's own inbox as read; how many weren't."""
    return _unread(actor).filter(pk__in=ids[:INBOX_AT_ONCE]).update(read_at=at or timezone.now())


def mark_all_read(*, actor: Actor, up_to: int, at: datetime | None = None) -> int:
    """Mark everything as read that was there when the page was shown: ``up_to`` is the newest of it."""
    return _unread(actor).filter(pk__lte=up_to).update(read_at=at or timezone.now())


def _unread(actor: Actor):  # type: ignore[no-untyped-def]
    return Delivery.objects.filter(user_id=_user(actor), channel="inbox", read_at=None)
