"""HTTP to other people's servers: one request, bounded in time and size, errors without addresses or secrets in them.

Redirects aren't followed and the environment's proxies aren't used. httpcore (httpx's own transport) is used directly:
httpx writes whole URLs into its log, and some providers want the phone number there.
"""

import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore

from tongxin.notices.channels.base import Kind, Temporary

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
ANSWER_BYTES = 64 * 1024
_deadline: ContextVar[float] = ContextVar("deadline")
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,80}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; :class:`Temporary` when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Temporary(f"HTTP {self.status} without a JSON object", kind=Kind.MALFORMED)
        return found

    @property
    def retry_after(self) -> float | None:
        """Seconds asked for by Retry-After (RFC 9110, 10.2.3: seconds or a date)."""
        value = self.headers.get("retry-after", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())

    def raise_for_load(self) -> None:
        """:class:`Temporary` for what may pass: 429, 408, 425 and every 5xx."""
        if self.status == 429:
            raise Temporary("HTTP 429", kind=Kind.RATE_LIMITED, retry_after=self.retry_after)
        if self.status >= 500 or self.status in {408, 425}:
            raise Temporary(f"HTTP {self.status}", kind=Kind.SERVER_ERROR, retry_after=self.retry_after)


def error_code(value: object) -> str:
    """A provider's error code as it may be stored: no free text, which can hold a number."""
    text = str(value)
    # A run of digits as long as a phone number is no error code either.
    return text if _CODE.fullmatch(text) and not re.search(r"\d{9,}", text) else "unreadable code"


Resolver = Callable[[str, int], Iterable[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, best first; :class:`Temporary` when there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Temporary("the host's name is not known", kind=Kind.NETWORK) from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Sender:
    """A pool of connections. ``resolver`` decides which addresses may be connected to; see webhook."""

    def __init__(
        self, *, resolver: Resolver = resolve, seconds: float = ANSWER_SECONDS, proxy: str = ""
    ) -> None:
        self.seconds = seconds
        backend = _Backend(resolver)
        kept = {"max_connections": 20, "max_keepalive_connections": 10, "keepalive_expiry": 15.0}
        context = ssl.create_default_context()
        self._pool: httpcore.ConnectionPool = (
            httpcore.HTTPProxy(proxy, network_backend=backend, ssl_context=context, **kept)
            if proxy
            else httpcore.ConnectionPool(network_backend=backend, ssl_context=context, **kept)
        )

    def post(self, url: str, *, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        """POST, and read the answer. Raises :class:`Temporary` for anything but a complete answer."""
        return self._ask("POST", url, headers, content)

    def get(self, url: str, *, headers: Mapping[str, str]) -> Answer:
        """GET, and read the answer, as :meth:`post` does."""
        return self._ask("GET", url, headers, b"")

    def _ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        limits = {"connect": min(CONNECT_SECONDS, self.seconds), "pool": self.seconds}
        limits |= {"read": self.seconds, "write": self.seconds}
        token = _deadline.set(time.monotonic() + self.seconds)
        try:
            with self._pool.stream(
                method,
                url,
                headers=[(name.encode(), value.encode()) for name, value in headers.items()],
                content=content,
                extensions={"timeout": limits},
            ) as response:
                body = b""
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > ANSWER_BYTES:
                        raise Temporary("an answer of more than 64 KB", kind=Kind.MALFORMED)
                received = {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in response.headers}
                return Answer(response.status, received, body)
        except httpcore.TimeoutException:
            raise Temporary(f"no answer within {self.seconds:g} s", kind=Kind.TIMEOUT) from None
        except httpcore.NetworkError as failed:
            raise Temporary(_why(failed), kind=Kind.NETWORK) from None
        except httpcore.ProtocolError as failed:
            if str(failed).startswith("Server disconnected"):
                raise Temporary("the connection was closed without an answer", kind=Kind.NETWORK) from None
            raise Temporary("the answer is no HTTP", kind=Kind.MALFORMED) from None
        finally:
            _deadline.reset(token)


def _why(failed: BaseException) -> str:
    cause: BaseException | None = failed
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the certificate is not to be trusted"
        if isinstance(cause, ssl.SSLError):
            return "no encrypted connection"
        cause = cause.__cause__ or cause.__context__
    return "no connection"


class _Backend(httpcore.NetworkBackend):
    """Connects to the addresses that the resolver gave, not to a name looked up a second time."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        for address in list(self._resolver(host, port))[:4]:
            try:
                return _Stream(
                    self._inner.connect_tcp(address, port, _left(timeout), local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class _Stream(httpcore.NetworkStream):
    """Each wait is cut to what is left for the whole request: a server that drips bytes can't hold a worker."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    deadline = _deadline.get(None)
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(timeout, left)
