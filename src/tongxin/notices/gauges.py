"""Gauges of notices: what waits, what died, who carries."""

from django.db.models import Count
from django.utils import timezone

from tongxin.core.metrics import Rows, counted, gauge
from tongxin.notices.backlog import waiting_by_reason
from tongxin.notices.models import Delivery, Message, Notice, ProviderState


@gauge("tongxin_messages", "Messages that have not left, by channel and status.", "channel", "status")
def messages() -> Rows:
    """Queued, being sent, given up."""
    rows = Message.objects.filter(status__in=["queued", "sending", "dead"]).order_by()
    return counted(rows.values("channel", "status").annotate(count=Count("pk")), "channel", "status")


@gauge("tongxin_oldest_message_seconds", "How long the oldest message that has not left waits.", "channel")
def oldest_message() -> Rows:
    """By channel."""
    oldest: dict[str, float] = {}
    for group in waiting_by_reason():
        age = 0.0 if group.is_held else (timezone.now() - group.oldest_at).total_seconds()
        oldest[group.channel] = max(age, oldest.get(group.channel, 0.0))
    return [((channel,), age) for channel, age in oldest.items()]


@gauge("tongxin_notices_undispatched", "Notices that nobody has worked out the addressees of yet.")
def undispatched() -> Rows:
    """Normally gone within seconds."""
    return [((), float(Notice.objects.filter(dispatched_at=None).count()))]


@gauge(
    "tongxin_deliveries_waiting",
    "Deliveries that no message carries yet, digests to come included.",
    "channel",
)
def deliveries() -> Rows:
    """By channel, the inbox left out: it needs no message."""
    rows = Delivery.objects.filter(message=None).exclude(channel="inbox").order_by()
    return counted(rows.values("channel").annotate(count=Count("pk")), "channel")


@gauge(
    "tongxin_provider_available", "Whether a provider that has been used is in use.", "channel", "provider"
)
def providers() -> Rows:
    """1 in use, 0 left alone after failures. Receivers of webhooks count as one: there may be many."""
    now = timezone.now()
    found: dict[tuple[str, ...], float] = {}
    for state in ProviderState.objects.order_by("name")[:500]:
        name = state.name.split(":", 1)[0]
        resting = state.unavailable_until is not None and state.unavailable_until > now
        key = (state.channel, name)
        found[key] = min(found.get(key, 1.0), 0.0 if resting else 1.0)
    return list(found.items())
