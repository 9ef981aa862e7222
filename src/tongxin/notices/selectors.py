"""Reads of messages."""

from dataclasses import dataclass
from datetime import datetime

from tongxin.core.contacts import sealer
from tongxin.core.crypto import UnsealFailed
from tongxin.notices.backends import masked
from tongxin.notices.models import Message


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as the demo shows it: the number masked."""

    phone: str
    text: str
    status: str
    status_label: str
    at: datetime


def recent_messages(limit: int = 50) -> list[ShownMessage]:
    """What would have been sent, newest first; for the demo only. One query."""
    shown = []
    for message in Message.objects.order_by("-pk")[:limit]:
        try:
            phone = masked(sealer().unseal(message.sealed_address))
        except UnsealFailed:
            phone = "****"
        shown.append(
            ShownMessage(
                phone, message.text, message.status, message.get_status_display(), message.created_at
            )
        )
    return shown
