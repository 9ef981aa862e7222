"""A few invented messages that would not leave, so that the demo's page of them is not empty."""

from datetime import datetime, timedelta

from django.utils import timezone

from tongxin.core.contacts import sealer
from tongxin.notices.models import Channel, Message

GIVEN_UP = [
    (Channel.SMS, "13900000017", "refused", "the number has been cancelled", "aliyun"),
    (Channel.SMS, "13900000023", "timeout", "no answer in 10 s", "tencent"),
    (Channel.SMS, "13900000038", "timeout", "no answer in 10 s", "aliyun"),
    (Channel.EMAIL, "nobody@example.org", "address", "550 no such mailbox", "smtp"),
]


def load_dead_letters(now: datetime) -> None:
    """Messages given up some weeks ago: old enough that the doctor only mentions them."""
    rows = [
        Message(
            channel=channel,
            purpose="digest",
            sealed_address=sealer().seal(address),
            subject="您关注的事有了进展",
            text="您关注的事有了进展，请到网上看。",
            status=Message.Status.DEAD,
            tries=6,
            provider=provider,
            error_kind=kind,
            error=error,
            send_after=now - timedelta(days=20),
        )
        for channel, address, kind, error, provider in GIVEN_UP
    ]
    made = Message.objects.bulk_create(rows)
    for number, row in enumerate(made):
        row.created_at = timezone.localtime(now) - timedelta(days=24 - number, hours=number)
    Message.objects.bulk_update(made, ["created_at"])
