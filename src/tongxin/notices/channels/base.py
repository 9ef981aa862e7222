"""What a channel's provider takes, gives back and raises. No text here holds an address, a message or a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.notices.models import Channel


class Kind(models.TextChoices):
    """Why a message was not taken. Stored with messages and providers; the labels are for the office."""

    TIMEOUT = "timeout", _("没有按时回答")
    RATE_LIMITED = "rate_limited", _("发得太快，对方要求慢一点")
    SERVER_ERROR = "server_error", _("对方的系统出错")
    MALFORMED = "malformed", _("对方的回答看不懂")
    NETWORK = "network", _("连不上")
    CREDENTIALS = "credentials", _("账号、密钥或余额不对")
    TEMPLATE = "template", _("模板或签名没有设好、没有批准")
    REFUSED = "refused", _("对方不收这条消息")
    ADDRESS = "address", _("地址或号码不对")


class ChannelError(Exception):
    """A message was not taken. ``kind`` says why in a word, ``reason`` in a sentence without personal data.

    ``is_about_provider`` is false when only this address or this purpose is concerned: the provider stays in use.
    ``was_tried`` is false when nobody was asked because every provider is resting: that is no try of the message.
    """

    default_kind: ClassVar[Kind] = Kind.SERVER_ERROR

    def __init__(
        self,
        reason: str,
        *,
        kind: Kind | None = None,
        retry_after: float | None = None,
        is_about_provider: bool = True,
        was_tried: bool = True,
    ) -> None:
        self.kind = kind or self.default_kind
        self.reason = reason[:200]
        self.retry_after = retry_after
        self.is_about_provider = is_about_provider
        self.was_tried = was_tried
        super().__init__(self.reason)


class Temporary(ChannelError):
    """It may work later or elsewhere. ``retry_after`` is in seconds when the provider or the circuit named a time."""


class Refused(ChannelError):
    """This address or this message will never work: no further try."""

    default_kind = Kind.REFUSED


class Misconfigured(ChannelError):
    """Credentials, balance, signature name or template: somebody must change something; the message keeps waiting."""

    default_kind = Kind.CREDENTIALS


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to one address.

    ``key`` (a UUID's text) is the same at every try, so that the receiving side can recognise a repeated one.
    ``address`` by channel: a mail address, a normalised phone number, a WeChat openid, the id of a ``Webhook``.
    ``purpose`` is the template's code, ``code`` or ``digest``; providers with approved texts choose theirs by it and
    fill them from ``data`` only. ``data["unsubscribe_url"]`` and ``data["url"]`` are used where the channel can.
    """

    key: str
    address: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    purpose: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    language: str = "zh-hans"


@dataclass(frozen=True, slots=True)
class Sent:
    """Taken by ``provider`` under its ``reference``. ``keeps_text``: the text may stay in the database (the demo)."""

    provider: str
    reference: str
    keeps_text: bool = False


class Provider(Protocol):
    """One way to send by one channel. ``name`` is unique in the configuration.

    ``fingerprint`` changes with its settings and secrets: what was learnt about it under others is forgotten.
    """

    name: str
    channel: Channel
    keeps_text: bool
    fingerprint: str

    def circuit(self, parcel: Parcel) -> str:
        """The name failures are counted under: the provider's own, for webhooks that of the receiver."""
        ...

    def send(self, parcel: Parcel) -> str:
        """Hand the parcel over and return the provider's reference, or raise a :class:`ChannelError`."""
        ...


def masked(channel: str, address: str) -> str:
    """An address as it may be shown: enough to recognise one's own, not enough to use another's."""
    if channel == Channel.SMS:
        return f"{address[:3]}****{address[-4:]}" if len(address) >= 11 else "****"
    if channel == Channel.EMAIL:
        local, at, domain = address.rpartition("@")
        return f"{local[:1]}***@{domain}" if at else "****"
    if channel == Channel.WEBHOOK:
        return f"№{address}" if address.isdecimal() else "****"
    return f"{address[:4]}****" if len(address) >= 12 else "****"
