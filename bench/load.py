"""A small closed-loop load generator: so many connections, each sending its next request when the last is answered."""

import multiprocessing
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """What a run gave: requests a second, the 95th percentile in milliseconds, answers other than expected."""

    per_second: float
    p95: float
    wrong: int


def _read_answer(connection: socket.socket, left: bytes) -> tuple[int, bytes]:
    """Read one answer with Content-Length; return its status and what was read beyond it."""
    data = left
    while (end := data.find(b"\r\n\r\n")) < 0:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("closed")
        data += more
    head = data[:end].lower()
    status = int(data[9:12])
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    while len(data) < end + 4 + length:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("closed")
        data += more
    return status, data[end + 4 + length :]


def _client(
    port: int, requests: list[bytes], seconds: float, expected: int, out: "multiprocessing.Queue"
) -> None:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times, wrong, left, index = [], 0, b"", 0
    end = time.perf_counter() + seconds
    started = time.perf_counter()
    while time.perf_counter() < end and index < len(requests):
        before = time.perf_counter()
        connection.sendall(requests[index])
        try:
            status, left = _read_answer(connection, left)
        except OSError:
            wrong += len(requests)
            break
        times.append(time.perf_counter() - before)
        wrong += status != expected
        index += 1
    out.put((times, wrong, time.perf_counter() - started))


def run(
    port: int,
    requests_of: Callable[[int], list[bytes]],
    *,
    connections: int = 16,
    seconds: float = 5,
    expected: int = 200,
) -> Figures:
    """Load the port from so many connections; ``requests_of`` gives each its own requests in order."""
    out: multiprocessing.Queue = multiprocessing.Queue()
    clients = [
        multiprocessing.Process(target=_client, args=(port, requests_of(i), seconds, expected, out))
        for i in range(connections)
    ]
    for client in clients:
        client.start()
    results = [out.get(timeout=seconds + 60) for _client_ in clients]
    for client in clients:
        client.join()
    times = sorted(t for part, _wrong, _spent in results for t in part)
    spent = max(s for _times, _wrong, s in results)
    return Figures(len(times) / spent, times[int(len(times) * 0.95)] * 1000, sum(w for _t, w, _s in results))
