"""Clients that send byte by byte must not keep others waiting."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.testing.processes import eventually, free_port, get, program

HEADERS = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"a" * 10_000
BODY = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000\r\n\r\n"


@contextmanager
def dribbling(port: int, count: int) -> Iterator[list[socket.socket]]:
    """``count`` clients in the middle of their headers and as many in the middle of a body, a byte each a turn."""
    clients = []
    for number in range(2 * count):
        client = socket.create_connection(("127.0.0.1", port), timeout=5)
        client.sendall(BODY if number % 2 else HEADERS[:60])
        client.setblocking(False)
        clients.append(client)
    enough = threading.Event()

    def send() -> None:
        while not enough.wait(0.05):
            for client in clients:
                try:
                    client.send(b"a")
                except BlockingIOError:
                    continue

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield clients
    finally:
        enough.set()
        sender.join()
        for client in clients:
            client.close()


def test_four_hundred_slow_clients_keep_nobody_waiting() -> None:
    port = free_port()
    with program("tests.config.tiny", str(port), "2"):
        eventually(lambda: get(port))
        with dribbling(port, 200) as clients:
            time.sleep(1)
            slowest = 0.0
            for _ in range(20):
                begun = time.monotonic()
                status, _text = get(port, "/healthz")
                slowest = max(slowest, time.monotonic() - begun)
                assert status == 200
            assert slowest < 1
            with selectors.DefaultSelector() as waiting:
                for client in clients:
                    waiting.register(client, selectors.EVENT_READ)
                # Nobody was hung up on: slow is allowed, an old phone in a lift is slow.
                assert waiting.select(timeout=0) == []


def test_a_body_sent_in_pieces_arrives_whole() -> None:
    port = free_port()
    with program("tests.config.tiny", str(port), "1"):
        eventually(lambda: get(port))
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(BODY)
            for _ in range(10):
                client.sendall(b"a" * 1000)
                time.sleep(0.02)
            answer = b""
            while not answer.endswith(b" 10000"):
                received = client.recv(4096)
                assert received, answer
                answer += received
