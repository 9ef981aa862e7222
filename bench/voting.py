"""``python -m bench.voting``: 200 people vote at once for a minute, each with the map page open beside it.

Every person is a device of its own that votes on one statement after another, a moment's thought between two, and
asks for the map every four seconds as the page's script does. Counted afterwards: votes acknowledged and votes found,
the 95th percentile of both, and how far the map was behind the votes, asked of the database every quarter second.
"""

import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.load import _read_answer
from bench.run import CSRF, _prepare

PEOPLE, SECONDS, THOUGHT, POLL = 200, 60.0, 2.0, 4.0
STATEMENTS = 60
MOST_BEHIND = 5.0  # seconds


@dataclass
class Told:
    """What one person saw."""

    votes: list[float] = field(default_factory=list)
    maps: list[float] = field(default_factory=list)
    cast: dict[int, str] = field(default_factory=dict)
    wrong: list[int] = field(default_factory=list)


def _request(method: str, path: str, device: str, body: str = "", more: str = "") -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: zh-CN\r\nHX-Request: true\r\n{more}"
        f"Cookie: csrftoken={CSRF}; device={device}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _ask(connection: socket.socket, request: bytes, spent: list[float]) -> int:
    began = time.perf_counter()
    connection.sendall(request)
    status, _left = _read_answer(connection, b"")
    spent.append(time.perf_counter() - began)
    return status


def _ask_map(connection: socket.socket, request: bytes, spent: list[float], have: str) -> tuple[int, str]:
    """The status, and what the page has now, as it stands in the piece that came."""
    began = time.perf_counter()
    connection.sendall(request)
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += connection.recv(65536) or _closed()
    head = data[:end].lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    while len(data) < end + 4 + length:
        data += connection.recv(65536) or _closed()
    spent.append(time.perf_counter() - began)
    at = data.find(b"?have=")
    return int(data[9:12]), data[at + 6 :].split(b'"', 1)[0].decode() if at >= 0 else have


def _closed() -> bytes:
    raise ConnectionError("closed")


def _person(number: int, port: int, record: str, told: Told, begin: float) -> None:
    rng = random.Random(number)
    device, camp = f"bench-device-{number:04d}", number % 3
    order = rng.sample(range(STATEMENTS), STATEMENTS)
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    next_map = begin + rng.uniform(0, POLL)
    next_vote = begin + rng.uniform(0, THOUGHT)
    tried, have = 0, "1"
    while (now := time.perf_counter()) < begin + SECONDS:
        if now >= next_map:
            path = f"/opinions/{record}/map/?have={have}"
            status, have = _ask_map(connection, _request("GET", path, device), told.maps, have)
            if status not in (200, 204):
                told.wrong.append(status)
            next_map = time.perf_counter() + POLL
        elif now >= next_vote:
            statement = order[tried % STATEMENTS]
            leans = rng.random() < (0.85 if statement % 3 == camp else 0.3)
            value = "pass" if rng.random() < 0.1 else "agree" if leans else "disagree"
            body = f"csrfmiddlewaretoken={CSRF}&statement={statement}&vote={value}"
            status = _ask(connection, _request("POST", f"/opinions/{record}/vote/", device, body), told.votes)
            if status == 200:
                told.cast[statement] = value
            else:
                told.wrong.append(status)
            tried += 1
            next_vote = max(next_vote, time.perf_counter() - THOUGHT) + rng.uniform(0.5, 1.5) * THOUGHT
        else:
            time.sleep(min(next_map, next_vote) - now)


def _watch(conversation_id: int, stop: threading.Event, behind: list[float]) -> None:
    """How old the oldest vote is that the newest map lacks."""
    from django.db import connection

    history: list[tuple[float, int]] = []
    while not stop.wait(0.25):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT vote_count, coalesce((SELECT vote_count FROM deliberation_mapsnapshot WHERE "
                "conversation_id = c.id ORDER BY id DESC LIMIT 1), 0) FROM deliberation_conversation c WHERE id = %s",
                [conversation_id],
            )
            votes, drawn = cursor.fetchone()
        now = time.perf_counter()
        history.append((now, votes))
        while len(history) > 1 and history[0][1] <= drawn:
            history.pop(0)
        behind.append(now - history[0][0] if history[0][1] > drawn else 0.0)
    connection.close()


def _conversation() -> tuple[int, str]:
    from django.utils import timezone

    from tongxin.deliberation.models import Conversation, Statement
    from tongxin.matters.models import Matter

    matter = Matter.objects.order_by("pk").first()
    Matter.objects.filter(pk=matter.pk).update(state="deliberating")
    conversation = Conversation.objects.create(
        dossier_id=matter.pk, question="村口怎么改？", opened_at=timezone.now()
    )
    Statement.objects.bulk_create(
        Statement(
            conversation=conversation, number=n, text=f"第 {n} 条看法", state="shown", at=timezone.now()
        )
        for n in range(STATEMENTS)
    )
    Conversation.objects.filter(pk=conversation.pk).update(statement_count=STATEMENTS)
    return conversation.pk, matter.number


def measure(port: int, workers: int) -> dict[str, Any]:
    """One minute; the figures."""
    from django.db import connections

    from tongxin.deliberation.models import Conversation, Vote

    conversation_id, record = _conversation()
    connections.close_all()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.serve", "tongxin", str(port), str(workers)],
            stdout=log, stderr=log, env=os.environ | {"TONGXIN_WEB": "1"},
        )  # fmt: skip
        worker = subprocess.Popen(
            [sys.executable, "-c", "import django; django.setup(); from tongxin.config.worker import work; work()"],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _await(port)
            told = [Told() for _one in range(PEOPLE)]
            begin, stop, behind = time.perf_counter() + 2, threading.Event(), []
            people = [
                threading.Thread(target=_person, args=(n, port, record, told[n], begin))
                for n in range(PEOPLE)
            ]
            watch = threading.Thread(target=_watch, args=(conversation_id, stop, behind))
            for thread in [*people, watch]:
                thread.start()
            for thread in people:
                thread.join()
            time.sleep(MOST_BEHIND)
            stop.set()
            watch.join()
        finally:
            server.terminate()
            worker.terminate()
            server.wait(20)
            worker.wait(20)
    values = {"agree": 1, "pass": 0, "disagree": -1}
    sent = sorted(values[vote] for one in told for vote in one.cast.values())
    found = sorted(Vote.objects.filter(conversation_id=conversation_id).values_list("value", flat=True))
    counted = Conversation.objects.get(pk=conversation_id)
    votes, maps = sorted(t for o in told for t in o.votes), sorted(t for o in told for t in o.maps)
    return {
        "people": PEOPLE,
        "votes acknowledged": len(votes) - sum(len(o.wrong) for o in told),
        "votes on different statements": len(sent),
        "votes found": len(found),
        "lost or changed": 0 if sent == found else abs(len(sent) - len(found)) or 1,
        "participants counted": counted.participant_count,
        "answers other than expected": sum(len(o.wrong) for o in told),
        "vote p95, ms": _p95(votes),
        "vote median, ms": round(statistics.median(votes) * 1000, 1),
        "map p95, ms": _p95(maps),
        "map polls": len(maps),
        "map behind at most, s": round(max(behind), 2),
        "map behind at the end, s": round(behind[-1], 2),
    }


def _p95(times: list[float]) -> float:
    return round(times[int(len(times) * 0.95)] * 1000, 1)


def _await(port: int) -> None:
    for _try in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.3)
    raise SystemExit("the server did not start")


def main() -> int:
    """Measure and judge."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8129)
    options.add_argument("--workers", type=int, default=4)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="tongxin-voting-", ignore_cleanup_errors=True) as folder:
        _prepare(Path(folder))
        from tongxin.core import embedded

        try:
            figures = measure(given.port, given.workers)
        finally:
            embedded.stop()
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    is_good = not figures["lost or changed"] and figures["map behind at most, s"] <= MOST_BEHIND
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
