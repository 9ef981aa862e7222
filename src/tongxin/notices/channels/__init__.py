"""Ways a message leaves the house: one small interface, several providers a channel, fail-over between them.

``send_by(channel, parcel)`` asks the configured providers in order and answers with :class:`Sent`, or raises the last
:class:`ChannelError`. Don't call it in a transaction: it waits for other people's computers, and how a provider is
doing must stay written down.
"""

from tongxin.notices.channels.base import (
    ChannelError,
    Kind,
    Misconfigured,
    Parcel,
    Provider,
    Refused,
    Sent,
    Temporary,
    masked,
)
from tongxin.notices.channels.configuration import is_open, providers_of
from tongxin.notices.channels.sending import ProviderReport, provider_reports, reset_provider, send_by

__all__ = [
    "ChannelError",
    "Kind",
    "Misconfigured",
    "Parcel",
    "Provider",
    "ProviderReport",
    "Refused",
    "Sent",
    "Temporary",
    "is_open",
    "masked",
    "provider_reports",
    "providers_of",
    "reset_provider",
    "send_by",
]
