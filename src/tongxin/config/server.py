"""One web process: waitress on a listening socket it was given.

Waitress reads requests in one loop and hands a request to a thread only when all of it has arrived, so that
clients sending headers or photos byte by byte cost a file descriptor and no thread. Nothing here knows
Django.
"""

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

THREADS = 4
SWITCH = 0.0005  # seconds, a tenth of the interpreter's own
GRACE = 10.0  # seconds for requests in hand when stopping
LIMITS: dict[str, Any] = {
    "connection_limit": 1000,
    "channel_timeout": 60,
    "cleanup_interval": 10,
    "asyncore_use_poll": True,  # select() stops at 1,024 descriptors
    "max_request_header_size": 64 * 1024,
    "max_request_body_size": 80 * 1024 * 1024,  # six photos of 10 MB and their form
    "backlog": 1024,
    "ident": None,
}


class PortTaken(OSError):
    """Another program listens at this address."""


def bind(host: str, port: int, patience: float = 3.0) -> socket.socket:
    """A socket listening at the address; connections wait in it until somebody serves them.

    A port still held is tried again for ``patience`` seconds: after a crash the old web processes take a
    moment to leave. Raises :class:`PortTaken`, or ``OSError`` for an address that isn't this machine's.
    """
    family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    deadline = time.monotonic() + patience
    while True:
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(LIMITS["backlog"])
        except OSError as refused:
            listener.close()
            if not _is_taken(refused):
                raise
            if time.monotonic() > deadline:
                raise PortTaken(refused.errno, f"{host}:{port} is in use") from None
            time.sleep(0.1)
        else:
            return listener


def _is_taken(refused: OSError) -> bool:
    import errno

    return refused.errno == errno.EADDRINUSE


def raise_descriptor_limit() -> None:
    """Allow this process as many open files as the system lets it have: every connection is one."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _proxy() -> dict[str, Any]:
    """Whose X-Forwarded headers to believe: nobody's, unless ``TONGXIN_TRUSTED_PROXY`` names an address."""
    trusted = os.environ.get("TONGXIN_TRUSTED_PROXY", "")
    if not trusted:
        return {"clear_untrusted_proxy_headers": True}
    return {
        "clear_untrusted_proxy_headers": True,
        "trusted_proxy": trusted,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
    }


def serve(application: Application, listener: socket.socket, threads: int = THREADS) -> None:
    """Answer requests until SIGTERM; then finish those in hand, for at most ``GRACE`` seconds."""
    # A thread that comes back from the database while holding a lock there must not wait long for the interpreter.
    sys.setswitchinterval(SWITCH)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(application, sockets=[listener], threads=threads, **LIMITS, **_proxy())
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        server.pull_trigger()

    signal.signal(signal.SIGTERM, stop)
    while not stopping:
        wasyncore.loop(timeout=1, use_poll=True, map=server._map, count=1)
    _drain(server)


def _drain(server: Any) -> None:
    """Take no more connections, drop idle ones, and answer what has arrived."""
    server.accepting = False
    server.del_channel()
    server.socket.close()
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline:
        for channel in list(server.active_channels.values()):
            if not _in_hand(channel):
                channel.handle_close()
        if not server.active_channels:
            break
        wasyncore.loop(timeout=0.1, use_poll=True, map=server._map, count=1)
    server.task_dispatcher.shutdown(timeout=1)


def _in_hand(channel: HTTPChannel) -> bool:
    """Whether a request is being answered, or has at least sent its headers."""
    partial = channel.request
    return bool(
        channel.requests or channel.total_outbufs_len or (partial is not None and partial.headers_finished)
    )
