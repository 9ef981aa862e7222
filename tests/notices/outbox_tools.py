"""What tests of the outbox share: people who can be reached, a receiving side that counts, and a whole pass."""

import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tongxin.accounts.models import User
from tongxin.core.contacts import ContactGiven, keep_contact, sealer
from tongxin.core.models import Dossier, Receipt
from tongxin.notices import actions
from tongxin.notices.channels import Parcel, Sent
from tongxin.notices.models import Address, Channel, Concern, Subscription

WORKDAY_NOON = datetime.fromisoformat("2026-03-04T12:00:00+08:00")
"""A Wednesday."""
_serial = itertools.count(1)


class Killed(BaseException):
    """The worker's process ended here."""


@dataclass
class Receiver:
    """The side that gets messages: every parcel it was handed, and what it is to do with the next."""

    parcels: list[Parcel] = field(default_factory=list)
    plan: list[BaseException | str] = field(default_factory=list)

    def send_by(self, channel: Channel, parcel: Parcel) -> Sent:
        """As the channels' own, with planned accidents before or after the parcel has arrived."""
        step = self.plan.pop(0) if self.plan else "ok"
        if isinstance(step, BaseException):
            raise step
        self.parcels.append(parcel)
        if step == "killed after":
            raise Killed
        return Sent("test", f"ref-{len(self.parcels)}")

    @property
    def by_key(self) -> Counter[str]:
        """How often each key arrived."""
        return Counter(parcel.key for parcel in self.parcels)

    @property
    def texts(self) -> list[str]:
        """What was read, each key once."""
        return list({parcel.key: parcel.text for parcel in self.parcels}.values())


def user_with(*channels: str, language: str = "zh-hans") -> User:
    """A user with verified addresses for some channels."""
    serial = next(_serial)
    user = User.objects.create(username=f"reachable-{serial}", display_name="周明")
    where = {
        Channel.EMAIL: f"p{serial}@example.org",
        Channel.SMS: f"138{serial:08d}",
        Channel.WECHAT: f"o{serial:027d}",
    }
    for channel in channels:
        Address.objects.create(
            user=user,
            channel=channel,
            sealed_address=sealer().seal(where[channel]),
            language=language,
            verified_at=timezone.now(),
        )
    return user


def dossier() -> Dossier:
    """A record to tell of."""
    return Dossier.objects.create(kind="matter")


def receipt_of(record: Dossier, phone: str = "13800001234", role: str = "raise") -> Receipt:
    """A receipt whose holder agreed to be reached."""
    serial = next(_serial)
    contact = keep_contact(ContactGiven("", phone, "同意"), at=timezone.now())
    return Receipt.objects.create(
        dossier=record, role=role, token_digest=f"t{serial}", code_digest=f"c{serial}", contact=contact
    )


def follower(
    target: str, target_id: int, *, user: User | None = None, email: str = "", **more: object
) -> Subscription:
    """Somebody who follows, confirmed."""
    serial = next(_serial)
    return Subscription.objects.create(
        target=target,
        target_id=target_id,
        user=user,
        channel=Channel.EMAIL if email else Channel.INBOX,
        sealed_address=sealer().seal(email) if email else "",
        address_digest=f"d{email}" if email else "",
        token_digest=f"s{serial}",
        confirmed_at=timezone.now(),
        **more,
    )


def told(
    cause: str,
    *to: actions.Addressee,
    concern: str = Concern.OWN,
    record: Dossier | None = None,
    **data: object,
) -> int:
    """Tell in a transaction of its own."""
    with transaction.atomic():
        return actions.tell(
            cause=cause,
            template="test.event",
            to=to,
            concern=concern,
            data={"number": "S2026-1", **data},
            dossier_id=record.pk if record else None,
            at=timezone.now(),
        )


def pass_through(now: datetime | None = None) -> None:
    """What workers do, once, in this process."""
    now = now or timezone.now()
    while actions.dispatch(now=now):
        pass
    while actions.make_messages(now):
        pass
    for channel in actions.waiting_channels(now):
        while actions.deliver_waiting(channel, threads=1, now=now):
            pass
