"""Following, and ending it. What somebody follows is their own business: it is in no ledger and on no page of others."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from tongxin.core.actor import Actor
from tongxin.core.contacts import sealer
from tongxin.core.crypto import lookup_digest
from tongxin.notices.models import Channel, Concern, Preference, Rhythm, Silence, Subscription
from tongxin.notices.selectors import running_of_address
from tongxin.notices.targets import Target

RHYTHMS = (Rhythm.NOW, Rhythm.DAILY, Rhythm.WEEKLY)
PER_ADDRESS = 100
"""So many things one address may follow: what is more is nobody's reading."""


class TooMuchFollowed(Exception):
    """This person follows so much already that nothing more could be read."""


def address_digest(channel: str, address: str) -> str:
    """The keyed digest by which an address's subscriptions are found."""
    return lookup_digest(f"follower {channel} {address}", settings.SECRET_KEY)


def _new_token() -> str:
    return lookup_digest(secrets.token_urlsafe(24), settings.SECRET_KEY)


def follow(target: Target, *, actor: Actor, at: datetime | None = None) -> Subscription:
    """Follow as a signed-in person; once, however often it is asked. How they are told is in their preferences."""
    assert actor.user_id is not None
    at = at or timezone.now()
    running = Subscription.objects.filter(
        target=target.kind, target_id=target.pk, user_id=actor.user_id, ended_at=None
    )
    made = Subscription(
        target=target.kind,
        target_id=target.pk,
        user_id=actor.user_id,
        channel=Channel.INBOX,
        rhythm=Rhythm.NOW,
        token_digest=_new_token(),
        confirmed_at=at,
    )
    return _once(made, running, Subscription.objects.filter(user_id=actor.user_id, ended_at=None))


def follow_by_address(
    target: Target, *, channel: str, address: str, rhythm: str, at: datetime | None = None
) -> Subscription:
    """Follow without an account. The caller has found that the address is theirs: a code sent there was typed in.

    Asked again, the rhythm is the one chosen last. Raises :class:`TooMuchFollowed`.
    """
    at = at or timezone.now()
    digest = address_digest(channel, address)
    running = Subscription.objects.filter(
        target=target.kind, target_id=target.pk, address_digest=digest, ended_at=None
    )
    made = Subscription(
        target=target.kind,
        target_id=target.pk,
        channel=channel,
        sealed_address=sealer().seal(address),
        address_digest=digest,
        language=get_language() or settings.LANGUAGE_CODE,
        rhythm=rhythm,
        token_digest=_new_token(),
        confirmed_at=at,
    )
    found = _once(made, running, Subscription.objects.filter(address_digest=digest, ended_at=None))
    if found.rhythm != rhythm:
        found.rhythm = rhythm
        found.save(update_fields=["rhythm"])
    return found


def _once(
    made: Subscription, running: QuerySet[Subscription], all_of_theirs: QuerySet[Subscription]
) -> Subscription:
    found = running.first()
    if found is not None:
        return found
    if all_of_theirs.count() >= PER_ADDRESS:
        raise TooMuchFollowed
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return running.get()
    return made


@transaction.atomic
def stop_following(subscription_id: int, *, actor: Actor, at: datetime | None = None) -> bool:
    """End one's own subscription; whether there was one."""
    if actor.user_id is None:
        return False
    own = Subscription.objects.filter(pk=subscription_id, user_id=actor.user_id, ended_at=None)
    return bool(own.update(ended_at=at or timezone.now()))


@transaction.atomic
def unsubscribe(
    person_key: str, channel: str, *, everything: bool = False, at: datetime | None = None
) -> None:
    """End what a link stands for, whoever opens it; ending it again changes nothing.

    A subscription ends (with ``everything``, all of the same address), or all of an address. A user is told nothing more by that channel,
    the holder of a receipt neither; inbox and tracking page go on.
    """
    at = at or timezone.now()
    kind = person_key[:1]
    if kind == "a":
        running_of_address(person_key).update(ended_at=at)
        return
    pk = int(person_key[1:])
    if kind == "s":
        one = Subscription.objects.filter(pk=pk)
        digest = one.values_list("address_digest", flat=True).first()
        ends = Subscription.objects.filter(address_digest=digest) if everything and digest else one
        ends.filter(ended_at=None).update(ended_at=at)
    elif kind == "r":
        Silence.objects.get_or_create(receipt_id=pk, channel=channel, defaults={"at": at})
    elif kind == "u":
        Preference.objects.bulk_create(
            [
                Preference(user_id=pk, concern=concern, channel=channel, rhythm=Rhythm.NEVER)
                for concern in Concern.values
            ],
            update_conflicts=True,
            unique_fields=["user", "concern", "channel"],
            update_fields=["rhythm"],
        )


def hear_again(receipt_id: int, channel: str) -> None:
    """The holder of a receipt wants to be told by the channel after all."""
    Silence.objects.filter(receipt_id=receipt_id, channel=channel).delete()
