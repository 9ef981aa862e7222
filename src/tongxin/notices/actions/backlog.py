"""What the office and the system administrator do about messages that would not leave. Every act is in the audit log."""

from collections.abc import Sequence

from django.db import transaction

from tongxin.core.actor import Actor
from tongxin.core.models import AccessLog
from tongxin.notices import channels
from tongxin.notices.actions.resend import drop_messages, resend_messages
from tongxin.notices.backlog import dead_letter_ids
from tongxin.notices.rules import may_tend_messages

AT_ONCE = 5000
"""Messages one act takes at most; what is left is still in the list, to be sent by the next."""


class NotTheirs(Exception):
    """Somebody else's work: the caller shows that there is no such page."""


def _check(actor: Actor) -> None:
    if not may_tend_messages(actor):
        raise NotTheirs


@transaction.atomic
def resend_dead_letters(ids: Sequence[int], *, actor: Actor) -> int:
    """Send these again; returns how many were waiting for that."""
    _check(actor)
    count = resend_messages(ids[:AT_ONCE], actor=actor)
    _note(actor, "messages.resent", count, ids)
    return count


@transaction.atomic
def resend_all(*, channel: str, kind: str | None, actor: Actor) -> int:
    """Send again what was given up by one channel for one reason, or all of it, the oldest first; returns how many."""
    _check(actor)
    ids = dead_letter_ids(channel=channel, kind=kind, limit=AT_ONCE)
    count = resend_messages(ids, actor=actor)
    _note(actor, "messages.resent", count, ids)
    return count


@transaction.atomic
def drop_dead_letters(ids: Sequence[int], *, reason: str, actor: Actor) -> int:
    """Give these up for good; the reason stays in the audit log. Returns how many."""
    _check(actor)
    count = drop_messages(ids[:AT_ONCE], actor=actor)
    _note(actor, "messages.dropped", count, ids, reason)
    return count


@transaction.atomic
def ask_provider_again(name: str, *, actor: Actor) -> bool:
    """Forget a provider's failures, so that it is asked at once; whether it had any."""
    _check(actor)
    changed = channels.reset_provider(name)
    if changed:
        AccessLog.objects.create(user_id=actor.user_id, action="provider.reset", detail=name[:200])
    return changed


def _note(actor: Actor, action: str, count: int, ids: Sequence[int], reason: str = "") -> None:
    if count:
        span = f"{count}: #{min(ids)}" + (f"–#{max(ids)}" if len(ids) > 1 else "")
        AccessLog.objects.create(
            user_id=actor.user_id, action=action, detail=" ".join(filter(None, [span, reason]))[:200]
        )
