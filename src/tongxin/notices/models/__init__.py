"""Notices: what people are told, how they want to be told, and what left by which channel."""

from tongxin.notices.models.notice import Channel, Concern, Delivery, Message, Notice, Rhythm
from tongxin.notices.models.people import Address, FeedKey, Preference, Silence, Subscription
from tongxin.notices.models.providers import ProviderState, Webhook

__all__ = [
    "Address",
    "Channel",
    "Concern",
    "Delivery",
    "FeedKey",
    "Message",
    "Notice",
    "Preference",
    "ProviderState",
    "Rhythm",
    "Silence",
    "Subscription",
    "Webhook",
]
