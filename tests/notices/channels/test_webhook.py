"""Webhooks: signed, safe against replay, and never to a private address."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.notices.channels.tools import notice, says_nothing_private
from tests.testing.providers import Reply, WebhookReceiver
from tongxin.core.contacts import sealer
from tongxin.notices.channels import (
    ChannelError,
    Kind,
    Misconfigured,
    Parcel,
    Refused,
    Temporary,
    providers_of,
    send_by,
)
from tongxin.notices.channels.webhook import is_public
from tongxin.notices.models import ProviderState, Webhook

pytestmark = pytest.mark.django_db
SECRET = "webhook-secret-for-tests"
GUIDE = Path(__file__).parents[3] / "docs" / "notices.md"


def documented() -> dict[str, Any]:
    """The example that docs/notices.md gives to whoever receives."""
    (source,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, "docs/notices.md", "exec"), names)
    return names


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    is_genuine = documented()["is_genuine"]
    with WebhookReceiver(lambda headers, body: is_genuine(SECRET, headers, body)).running() as server:
        yield server


@pytest.fixture
def hook(receiver: WebhookReceiver) -> Webhook:
    return Webhook.objects.create(
        name="区应急局", url=f"{receiver.url}/events", sealed_secret=sealer().seal(SECRET)
    )


@pytest.fixture
def inside(configure: Callable[..., None]) -> None:
    """Receivers on this machine are allowed."""
    configure({"provider": "webhook", "allowed_networks": ["127.0.0.0/8"], "seconds": 1})


def _parcel(hook: Webhook, **changes: Any) -> Parcel:
    return notice(str(hook.pk), **changes)


def _fails(given: Parcel) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        providers_of("webhook")[0].send(given)
    assert says_nothing_private(caught.value)
    assert SECRET not in str(caught.value)
    return caught.value


def test_the_documented_receiver_accepts(inside, receiver: WebhookReceiver, hook: Webhook) -> None:
    given = _parcel(hook, data={"number": "TX-1", "unsubscribe_url": "https://x/", "code": "246810"})
    assert providers_of("webhook")[0].send(given) == "HTTP 200"
    (request,) = receiver.requests
    assert request.path == "/events"
    assert request.headers["idempotency-key"] == given.key
    assert request.headers["x-tongxin-event"] == "matter.step"
    assert receiver.events == [
        {
            "id": given.key,
            "event": "matter.step",
            "subject": given.subject,
            "text": given.text,
            "language": "zh-hans",
            "data": {"number": "TX-1"},
        }
    ]


def test_the_documented_receiver_refuses_forged_old_and_repeated(inside, receiver, hook) -> None:
    names = documented()
    providers_of("webhook")[0].send(_parcel(hook))
    request = receiver.requests[0]
    receive, seen, now = names["receive"], set(), time.time()
    assert receive(SECRET, request.headers, request.body, seen, now) == 204
    assert len(seen) == 1
    assert receive(SECRET, request.headers, request.body, seen, now) == 204
    assert len(seen) == 1  # the same key again: answered, not acted on
    assert receive(SECRET, request.headers, request.body, seen, now + 301) == 401
    assert receive("another", request.headers, request.body, seen, now) == 401
    assert receive(SECRET, request.headers, request.body + b" ", seen, now) == 401
    later = request.headers | {"x-tongxin-timestamp": str(int(now) + 400)}
    assert receive(SECRET, later, request.body, seen, now + 400) == 401


def test_tries_share_a_key_and_differ_in_time(inside, receiver, hook, monkeypatch) -> None:
    from tongxin.notices.channels import webhook as module

    given, now = _parcel(hook), time.time()
    for later in (0, 60):
        monkeypatch.setattr(module.time, "time", lambda moment=now + later: moment)
        providers_of("webhook")[0].send(given)
    first, second = receiver.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.headers["x-tongxin-signature"] != second.headers["x-tongxin-signature"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)
def test_private_addresses_are_refused_after_resolution(
    configure, receiver, hook, monkeypatch, address: str
) -> None:
    """Whatever the name resolves to is looked at; nothing is connected to."""
    configure()
    asked = []

    def resolved(host: str, port: int, **_rest: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port)),
                (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port))]  # fmt: skip

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("connected"))
    Webhook.objects.update(url="https://events.example.com/")
    error = _fails(_parcel(hook))
    assert asked == ["events.example.com"]
    assert (type(error), error.kind) == (Misconfigured, Kind.ADDRESS)
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "223.5.5.5", "2400:3200::1", "::ffff:223.5.5.5"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_the_connection_goes_to_the_address_that_was_checked(configure, hook, monkeypatch) -> None:
    """A name that resolves to something else a moment later gains nothing: it is resolved once."""
    configure()
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    tried = []

    def resolved(host: str, port: int, **_rest: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answers.pop(0)]

    def connect(target: tuple[str, int], *_rest: Any, **_more: Any) -> None:
        tried.append(target)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(socket, "create_connection", connect)
    Webhook.objects.update(url="https://events.example.com/")
    assert _fails(_parcel(hook)).kind == Kind.NETWORK
    assert tried == [("93.184.216.34", 443)]
    assert len(answers) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "https://127.0.0.1:{port}/",
        "https://user:pass@example.com/",
        "ftp://example.com/",
        "https:///nothing",
    ],
)
def test_addresses_that_are_refused_as_they_stand(configure, receiver, hook, url: str) -> None:
    configure()
    Webhook.objects.update(url=url.format(port=receiver.port))
    error = _fails(_parcel(hook))
    assert (type(error), error.kind) == (Misconfigured, Kind.ADDRESS)
    assert not receiver.requests


def test_metadata_is_refused_even_in_an_allowed_network(configure, hook) -> None:
    configure({"provider": "webhook", "allowed_networks": ["0.0.0.0/0"]})
    Webhook.objects.update(url="http://169.254.169.254/latest/meta-data/")
    assert _fails(_parcel(hook)).kind == Kind.ADDRESS


def test_redirects_are_not_followed(inside, receiver, hook) -> None:
    receiver.plan.append(Reply(307, b"", {"Location": f"{receiver.url}/elsewhere"}))
    error = _fails(_parcel(hook))
    assert (type(error), error.kind, error.reason) == (Misconfigured, Kind.ADDRESS, "HTTP 307")
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(401, {}), (Misconfigured, Kind.CREDENTIALS)),
        (Reply(404, {}), (Misconfigured, Kind.ADDRESS)),
        (Reply(410, {}), (Refused, Kind.ADDRESS)),
        (Reply(422, {}), (Refused, Kind.REFUSED)),
        (Reply(429, {}, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), (Temporary, Kind.RATE_LIMITED)),
        (Reply(500, b"x"), (Temporary, Kind.SERVER_ERROR)),
        (Reply(200, b"x" * 70_000), (Temporary, Kind.MALFORMED)),
        (Reply(200, {}, wait=1.5), (Temporary, Kind.TIMEOUT)),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300, drip=0.02), (Temporary, Kind.TIMEOUT)),
        (Reply(raw=b"\x00\x01garbage\r\n\r\n"), (Temporary, Kind.MALFORMED)),
    ],
)
def test_answers(inside, receiver, hook, reply: Reply, expected: tuple) -> None:
    receiver.plan.append(reply)
    error = _fails(_parcel(hook))
    assert (type(error), error.kind) == expected


def test_a_wrong_secret_is_told_to_the_office(inside, receiver, hook) -> None:
    Webhook.objects.update(sealed_secret=sealer().seal("another"))
    assert _fails(_parcel(hook)).kind == Kind.CREDENTIALS


def test_a_webhook_that_is_gone(inside, receiver, hook) -> None:
    Webhook.objects.update(is_active=False)
    assert isinstance(_fails(_parcel(hook)), Refused)
    assert isinstance(_fails(notice("0")), Refused)
    assert isinstance(_fails(notice("x")), Refused)
    assert not receiver.requests


def test_one_receiver_that_is_down_silences_no_other(inside, receiver, hook) -> None:
    down = Webhook.objects.create(name="坏的", url="http://127.0.0.1:9/", sealed_secret=sealer().seal(SECRET))
    with pytest.raises(Temporary) as first:
        send_by("webhook", notice(str(down.pk)))
    with pytest.raises(Temporary) as second:
        send_by("webhook", notice(str(down.pk)))
    assert (first.value.was_tried, second.value.was_tried) == (True, False)
    assert send_by("webhook", _parcel(hook)).reference == "HTTP 200"
    assert ProviderState.objects.get(pk=f"webhook:{down.pk}").failures == 1


def test_the_body_is_what_was_signed(inside, receiver, hook) -> None:
    providers_of("webhook")[0].send(_parcel(hook, text="“引号”与\n换行"))
    assert json.loads(receiver.requests[0].body)["text"] == "“引号”与\n换行"
