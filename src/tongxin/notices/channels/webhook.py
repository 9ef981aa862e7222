"""Webhooks: other systems are told of public events by a signed POST. See docs/notices.md for what they must check.

``X-Tongxin-Signature: v1=<hex>`` is HMAC-SHA256, with the receiver's secret, over ``X-Tongxin-Timestamp``, a full stop
and the body. ``Idempotency-Key`` is the same at every try of one event (draft-ietf-httpapi-idempotency-key-header).

A receiver's address is typed in by people and may be changed by whoever owns its name, so it is checked after the name
was resolved, and the connection goes to the address checked: no private network, no metadata service of a cloud.
"""

import hmac
import json
import time
from collections.abc import Mapping
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from tongxin.core.contacts import sealer
from tongxin.core.crypto import UnsealFailed
from tongxin.notices.channels.base import Kind, Misconfigured, Parcel, Refused, Temporary
from tongxin.notices.channels.configuration import ProviderBase
from tongxin.notices.channels.http import Answer, Sender, resolve
from tongxin.notices.models import Channel, Webhook

_NEVER = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::254/128",
        "100.100.100.200/32",
        "168.63.129.16/32",
    )
)
"""Link-local and the metadata services of clouds: not even where the settings allow a private network."""
_NAT64 = ip_network("64:ff9b::/96")
_KEPT_HERE = {"unsubscribe_url", "code"}
"""Keys of the data that are nobody else's business."""


class WebhookProvider(ProviderBase):
    """Every active webhook; the parcel's address is the id of its row. Failures count for each receiver alone.

    ``allowed_networks`` lists networks that are not public but hold receivers, such as the government's own; these may
    be spoken to without TLS.
    """

    kind = "webhook"
    channel = Channel.WEBHOOK
    optional = {"allowed_networks": [], "seconds": 10}

    def __init__(self, name: str, values: Mapping[str, Any], fingerprint: str = "") -> None:
        super().__init__(name, values, fingerprint)
        self._allowed = [ip_network(network) for network in self.values["allowed_networks"]]
        seconds = float(self.values["seconds"])
        self._public = Sender(resolver=self._checked, seconds=seconds)
        self._inside = Sender(resolver=self._checked_inside, seconds=seconds)

    @classmethod
    def problems(cls, values: Mapping[str, Any]) -> list[str]:
        """Networks must be written as networks."""
        try:
            _networks = [ip_network(network) for network in values.get("allowed_networks", [])]
        except (ValueError, TypeError):
            return ['needs "allowed_networks" as a list of networks, such as "10.20.0.0/16"']
        return []

    def circuit(self, parcel: Parcel) -> str:
        """One receiver that is down must not silence the others."""
        return f"webhook:{parcel.address}"[:40]

    def send(self, parcel: Parcel) -> str:
        """Tell one receiver; 2xx is the only yes."""
        hook = _receiver(parcel)
        url = urlsplit(hook.url)
        if url.scheme not in {"https", "http"} or not url.hostname or url.username or url.password:
            raise Misconfigured("not an https address", kind=Kind.ADDRESS)
        sender = self._public if url.scheme == "https" else self._inside
        body = _body(parcel)
        moment = str(int(time.time()))
        headers = {
            "Host": url.netloc,
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(body)),
            "User-Agent": "tongxin-webhook/1",
            "Idempotency-Key": parcel.key,
            "X-Tongxin-Event": parcel.purpose,
            "X-Tongxin-Timestamp": moment,
            "X-Tongxin-Signature": f"v1={signature(_secret(hook), moment, body)}",
        }
        answer = sender.post(hook.url, headers=headers, content=body)
        _raise_for(answer)
        return f"HTTP {answer.status}"

    def _checked(self, host: str, port: int) -> list[str]:
        """The host's addresses; every one must be public or allowed, or none is used."""
        found = resolve(host, port)
        if not all(is_public(address) or self._is_allowed(address) for address in found):
            raise Misconfigured("the address is in a private network", kind=Kind.ADDRESS)
        return found

    def _checked_inside(self, host: str, port: int) -> list[str]:
        """Without TLS only allowed networks are spoken to."""
        found = resolve(host, port)
        if not all(self._is_allowed(address) for address in found):
            raise Misconfigured("not an https address", kind=Kind.ADDRESS)
        return found

    def _is_allowed(self, address: str) -> bool:
        real = _plain(address)
        if any(real in network for network in _NEVER if network.version == real.version):
            return False
        return any(real in network for network in self._allowed if network.version == real.version)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Hexadecimal HMAC-SHA256 over timestamp, full stop, body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def is_public(address: str) -> bool:
    """Whether an IP address lies in the public network, whatever other address is wrapped in it."""
    real = _plain(address)
    if any(real in network for network in _NEVER if network.version == real.version):
        return False
    return real.is_global and not real.is_multicast


def _plain(address: str) -> IPv4Address | IPv6Address:
    """The address that is really meant: IPv4 in IPv6, 6to4 and NAT64 are unwrapped."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return found
    if found in _NAT64:
        return IPv4Address(int(found) & 0xFFFFFFFF)
    if found.teredo:
        return found.teredo[1]
    return found.ipv4_mapped or found.sixtofour or found


def _receiver(parcel: Parcel) -> Webhook:
    hook = (
        Webhook.objects.filter(pk=int(parcel.address), is_active=True).first()
        if parcel.address.isdecimal()
        else None
    )
    if hook is None:
        raise Refused("this webhook is no longer used", kind=Kind.ADDRESS)
    return hook


def _secret(hook: Webhook) -> str:
    try:
        return sealer().unseal(hook.sealed_secret)
    except UnsealFailed:
        raise Misconfigured("the webhook's secret can't be opened") from None


def _body(parcel: Parcel) -> bytes:
    content = {
        "id": parcel.key,
        "event": parcel.purpose,
        "subject": parcel.subject,
        "text": parcel.text,
        "language": parcel.language,
        "data": {key: value for key, value in parcel.data.items() if key not in _KEPT_HERE},
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _raise_for(answer: Answer) -> None:
    if 200 <= answer.status < 300:
        return
    answer.raise_for_load()
    reason = f"HTTP {answer.status}"
    if answer.status in {401, 403}:
        raise Misconfigured(reason)
    if answer.status == 410:
        raise Refused(reason, kind=Kind.ADDRESS)
    if answer.status in {400, 413, 415, 422}:
        raise Refused(reason)
    if 300 <= answer.status < 500:
        # Gone for now or moved: redirects aren't followed, they would lead past the check of the address.
        raise Misconfigured(reason, kind=Kind.ADDRESS)
    raise Temporary(reason, kind=Kind.MALFORMED)
