"""Reads for the demo's message page: what would have left, to whom, by which channel."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from tongxin.core.contacts import sealer
from tongxin.core.crypto import UnsealFailed
from tongxin.notices.channels import masked
from tongxin.notices.digests import DIGEST
from tongxin.notices.models import Channel, Message

PAGE = 30
_TONES = {Message.Status.SENT: "ok", Message.Status.DEAD: "late", Message.Status.QUEUED: "info"}


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as the demo shows it: the address masked."""

    pk: int
    channel: str
    address: str
    subject: str
    text: str
    count: int
    is_digest: bool
    status_label: str
    tone: str
    at: datetime

    @property
    def channel_label(self) -> str:
        """The channel in words."""
        return str(Channel(self.channel).label)


@dataclass(frozen=True, slots=True)
class ShownMessages:
    """One page of them, newest first, and the number to go on from."""

    messages: list[ShownMessage]
    next_cursor: str


def shown_messages(*, channel: str = "", before: int | None = None) -> ShownMessages:
    """What would have been sent, a page at a time. One query: no row for each message."""
    rows = Message.objects.order_by("-pk").annotate(folded=Count("deliveries"))
    if channel:
        rows = rows.filter(channel=channel)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    more = len(found) > PAGE
    return ShownMessages([_shown(row) for row in found[:PAGE]], str(found[PAGE - 1].pk) if more else "")


def channel_choices() -> list[tuple[str, str, int]]:
    """Channels that something would have left by: value, label, how many. One query."""
    counts = dict(Message.objects.order_by("channel").values_list("channel").annotate(count=Count("pk")))
    return [(channel.value, str(channel.label), counts[channel]) for channel in Channel if channel in counts]


def _shown(message: Message) -> ShownMessage:
    return ShownMessage(
        pk=message.pk,
        channel=message.channel,
        address=_address(message),
        subject=message.subject if message.subject not in message.text else "",
        text=message.text.replace("：http", "： http"),  # or urlize takes the colon for a part of the link
        count=message.folded,  # type: ignore[attr-defined]
        is_digest=message.purpose == DIGEST,
        status_label=str(Message.Status(message.status).label),
        tone=_TONES.get(message.status, ""),
        at=message.sent_at or message.created_at,
    )


def _address(message: Message) -> str:
    if not message.sealed_address:
        return "—"
    try:
        return masked(message.channel, sealer().unseal(message.sealed_address))
    except UnsealFailed:
        return "****"
