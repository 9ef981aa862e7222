"""What the office does about messages that would not leave: send them again, or let them be."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.notices.actions.gather import wake_channels
from tongxin.notices.models import Message

STATUS = Message.Status


@transaction.atomic
def resend_messages(ids: Iterable[int], *, actor: Actor) -> int:
    """Put messages back into the queue with all their tries, at once: the dead, and those that wait for their next try.

    They keep their key, for some may have arrived after all. Returns how many; the ledger holds the number, not whom.
    """
    now = timezone.now()
    found = list(
        Message.objects.select_for_update()
        .filter(pk__in=list(ids), status__in=[STATUS.DEAD, STATUS.QUEUED])
        .values_list("pk", "channel")
    )
    count = Message.objects.filter(pk__in=[pk for pk, _channel in found]).update(
        status=STATUS.QUEUED, tries=0, send_after=now, claimed_at=None
    )
    if count:
        _record("messages.resent", count, actor)
        channels = {channel for _pk, channel in found}
        transaction.on_commit(lambda: wake_channels(channels), robust=True)
    return count


@transaction.atomic
def drop_messages(ids: Iterable[int], *, actor: Actor) -> int:
    """Give messages up: they will not be sent, and neither address nor text is kept. Returns how many."""
    count = Message.objects.filter(pk__in=list(ids), status__in=[STATUS.DEAD, STATUS.QUEUED]).update(
        status=STATUS.DROPPED, sealed_address="", text="", subject="", data={}
    )
    if count:
        _record("messages.dropped", count, actor)
    return count


def _record(event: str, count: int, actor: Actor) -> None:
    ledger.append(event, body={"count": count, "role": str(actor.role)}, at=timezone.now(), is_public=False)
