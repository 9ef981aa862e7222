"""``make bench``: Tongxin beside a bare Django application, in one run, and what survives ``kill -9``.

The two are loaded in turn, never both at once: other work on the machine slows both alike, so the ratio means more
than the figures. ``python -m bench --only list,raise`` runs some; ``--seconds`` and ``--rounds`` say how long.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlencode

from bench import soak
from bench.load import Figures, run

CONNECTIONS = 16
WORKERS = 4
WARMING = 4
FIRST_PORT = int(os.environ.get("BENCH_PORT", "8121"))
MEGABYTE = 1024


@dataclass(frozen=True)
class Pair:
    """One thing measured on both: which server of Tongxin, the requests of each, and the share aimed at."""

    name: str
    server: str
    ours: Callable[[int], list[bytes]]
    theirs: Callable[[int], list[bytes]]
    target: float
    status: int = 200


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: zh-CN\r\n\r\n".encode()


CSRF = "c" * 32


def _post(path: str, fields: dict[str, str], session: str = "") -> bytes:
    body = urlencode({"csrfmiddlewaretoken": CSRF, **fields}).encode()
    cookies = f"csrftoken={CSRF}" + (f"; sessionid={session}" if session else "")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: zh-CN\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _parts(path: str, fields: dict[str, str]) -> bytes:
    """As a browser without scripts sends a form with a field for photos."""
    boundary = "----bench"
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {"csrfmiddlewaretoken": CSRF, **fields}.items()
    )
    body = f"{parts}--{boundary}--\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: zh-CN\r\nCookie: csrftoken={CSRF}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _prepare(home: Path) -> None:
    """A data folder of its own, its settings, the database filled."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config.json"
    config.write_text(
        json.dumps({"raise_per_hour": 10**9})
    )  # the limit is for people, one address here is all
    os.environ |= {
        "TONGXIN_HOME": str(home),
        "TONGXIN_CONFIG": str(config),
        "TONGXIN_DEMO": "0",
        "DJANGO_SETTINGS_MODULE": "tongxin.config.settings",
    }
    for name in ("DATABASE_URL", "TONGXIN_PRODUCTION", "TONGXIN_DEBUG"):
        os.environ.pop(name, None)
    from tongxin.core import embedded

    embedded.start()
    import django

    django.setup()
    from bench.fill import fill
    from tongxin.config.preparation import prepare

    prepare(demo=False)
    fill()


class Material:
    """Everything the requests need, made before the clock runs: no request is sent twice."""

    def __init__(self, each: int, rounds: int) -> None:
        from django.contrib.sessions.backends.db import SessionStore
        from django.contrib.sessions.models import Session
        from django.db import connection
        from django.utils import timezone

        from bench.fill import BUSY, MATTERS
        from tongxin.directory.models import Area

        self.each, self.matters, self.busy = each, MATTERS, BUSY
        self.share = each // 2
        self.year = timezone.localdate().year
        self.areas = list(Area.objects.filter(level=Area.Level.COMMUNITY).values_list("code", flat=True))
        with connection.cursor() as cursor:
            # A new round: whoever rated in an earlier run may again.
            cursor.execute("UPDATE matters_matter SET rating_round = rating_round + 1 WHERE state = 'rating'")
            cursor.execute(
                "SELECT r.id, m.number FROM core_receipt r JOIN matters_matter m ON m.dossier_id = r.dossier_id "
                "WHERE m.state = 'rating' AND r.role = 'comment' ORDER BY md5(r.id::text) LIMIT %s",
                [self.share * (CONNECTIONS * rounds + WARMING)],
            )
            holders = cursor.fetchall()
            cursor.execute("TRUNCATE django_session")
        store, expires = SessionStore(), timezone.now() + timezone.timedelta(days=1)
        self.ratings = [(f"bench{receipt:027d}", number) for receipt, number in holders]
        Session.objects.bulk_create(
            [
                Session(
                    session_key=f"bench{receipt:027d}",
                    session_data=store.encode({"receipts": [receipt]}),
                    expire_date=expires,
                )
                for receipt, _number in holders
            ],
            batch_size=1000,
        )
        self.rating_at = 0
        from django.core.cache import cache
        from django.db import connections

        cache.clear()
        connections.close_all()
        connection.close_pool()

    def detail(self, index: int) -> list[bytes]:
        """Matters with twenty comments on their page."""
        return [
            _get(f"/matters/S{self.year}-{1 + (index * 7 + n) % self.busy}/") for n in range(self.each * 20)
        ]

    def raised(self, _index: int, send: Callable[[str, dict[str, str]], bytes] = _post) -> list[bytes]:
        """Forms as they come from the page, without a photo, each with a token of its own."""
        from tongxin.core.receipts import new_token

        return [
            send(
                "/raise/",
                {
                    "token": new_token("raise"),
                    "text": "村口早上七点到八点堵车，公交进不来，想装红绿灯，或者早高峰有人疏导。",
                    "area": self.areas[n % len(self.areas)],
                    "place": "村口公交站旁",
                    "category": "",
                    "phone": "",
                    "name": "",
                    "station": "",
                    "latitude": "",
                    "longitude": "",
                    "photos": "",
                },
            )
            for n in range(self.each)
        ]

    def rated(self, _index: int) -> list[bytes]:
        """Ratings by holders of a receipt, each in a session of their own."""
        mine = self.ratings[self.rating_at : self.rating_at + self.share]
        self.rating_at += self.share
        fields = {"solved": "yes", "attitude": "5", "result": "4", "words": "装了灯，早上不堵了。"}
        return [_post(f"/matters/{number}/rate/", fields, session) for session, number in mine]


def _pairs(material: Material) -> list[Pair]:
    many = material.each * 20
    text = {"text": "村口早上七点到八点堵车，公交进不来，想装红绿灯，或者早高峰有人疏导。"}
    return [
        Pair("list", "fresh", lambda i: [_get("/matters/")] * many, lambda i: [_get("/list/")] * many, 0.50),
        Pair(
            "detail",
            "fresh",
            material.detail,
            lambda i: [_get(f"/item/{1 + (i * 7 + n) % material.busy}/") for n in range(many)],
            0.35,
        ),
        Pair("raise", "fresh", material.raised, lambda i: [_post("/write/", text)] * many, 0.35, 302),
        Pair(
            "raise without scripts",
            "fresh",
            lambda i: material.raised(i, _parts),
            lambda i: [_post("/write/", text)] * many,
            0.35,
            302,
        ),
        Pair(
            "rate",
            "fresh",
            material.rated,
            lambda i: [
                _post(f"/rate/{1 + (i * 601 + n) % material.matters}/", {"text": "装了灯，早上不堵了。"})
                for n in range(many)
            ],
            0.50,
            302,
        ),
        Pair(
            "cached list",
            "cached",
            lambda i: [_get("/matters/")] * many,
            lambda i: [_get("/cached/")] * many,
            0.30,
        ),
        Pair("cached detail", "cached", material.detail, lambda i: [_get("/cached/")] * many, 0.30),
    ]


@contextmanager
def _server(which: str, port: int, **environment: str) -> Iterator[list[int]]:
    with TemporaryFile() as log:  # a line of each request
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.serve", which, str(port), str(WORKERS)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            yield [int(pid) for pid in process.stdout.readline().split()[1:]]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def shared_memory(pids: list[int]) -> float:
    """Proportional set size of some processes together, in megabytes: shared pages are counted once."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / MEGABYTE


def cold_start(port: int) -> float:
    """Seconds from the command to the first answer, the database there but not running."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "tongxin.config.cli", "run", "--port", str(port), "--workers", str(WORKERS)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - begun
            except OSError:
                if process.poll() is not None or time.perf_counter() - begun > 60:
                    raise
                time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def measure(
    pairs: list[Pair], ports: dict[str, int], seconds: float, rounds: int
) -> list[tuple[str, str, str, str, str]]:
    """Load each pair in turn, ``rounds`` times; rows of a table, the ratio being the median of the rounds."""
    rows = []
    for pair in pairs:
        for server, requests in ((pair.server, pair.ours), ("ceiling", pair.theirs)):
            # Once, uncounted: every process has its pages, plans and connections.
            writes = pair.status != 200
            run(
                ports[server],
                lambda i, r=requests, n=20 if writes else 10_000: r(i)[:n],
                connections=WARMING if writes else CONNECTIONS,
                seconds=2,
                expected=pair.status,
            )
        ours: list[Figures] = []
        theirs: list[Figures] = []
        for _round in range(rounds):
            theirs.append(
                run(
                    ports["ceiling"],
                    pair.theirs,
                    connections=CONNECTIONS,
                    seconds=seconds,
                    expected=pair.status,
                )
            )
            ours.append(
                run(
                    ports[pair.server],
                    pair.ours,
                    connections=CONNECTIONS,
                    seconds=seconds,
                    expected=pair.status,
                )
            )
        ratio = statistics.median(a.per_second / b.per_second for a, b in zip(ours, theirs, strict=True))
        wrong = sum(f.wrong for f in ours + theirs)
        rows.append(
            (
                pair.name,
                _figures(ours),
                _figures(theirs),
                f"{ratio:.0%}",
                f"≥ {pair.target:.0%}" + (f" ({wrong} wrong answers!)" if wrong else ""),
            )
        )
        print("  " + " | ".join(rows[-1]), flush=True)
    return rows


def _figures(found: list[Figures]) -> str:
    return f"{statistics.median(f.per_second for f in found):.0f}/s, {statistics.median(f.p95 for f in found):.0f} ms"


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", default="", help="names, with commas: list, detail, raise, rate, cached list, start, soak"
    )
    parser.add_argument("--fresh", action="store_true", help="delete the bench's own data folder first")
    options = parser.parse_args()
    from tongxin.core import embedded

    home = embedded.home() / "bench"
    if options.fresh and home.exists():
        shutil.rmtree(home)
    wanted = {name for name in options.only.split(",") if name}
    _prepare(home)
    material = Material(int(options.seconds * 80), options.rounds)
    pairs = [pair for pair in _pairs(material) if not wanted or pair.name in wanted]
    ports = {"ceiling": FIRST_PORT, "fresh": FIRST_PORT + 1, "cached": FIRST_PORT + 2}
    print(
        f"{WORKERS} workers, {CONNECTIONS} connections, {os.cpu_count()} processors; Tongxin | ceiling | ratio | target",
        flush=True,
    )
    with (
        _server("ceiling", ports["ceiling"]),
        _server("tongxin", ports["fresh"], TONGXIN_PAGE_CACHE="0") as workers,
        _server("tongxin", ports["cached"]),
    ):
        rows = measure(pairs, ports, options.seconds, options.rounds)
        memory = shared_memory(workers)
    rows.append(("memory of 4 workers", f"{memory:.0f} MB", "", "", "≤ 350 MB"))
    print("  " + " | ".join(rows[-1]))
    if not wanted or "start" in wanted:
        times = []
        for _attempt in range(3):
            embedded.stop()
            times.append(cold_start(FIRST_PORT + 3))
        rows.append(("cold start", f"{min(times):.1f} s", "", "", "≤ 2 s"))
        print("  " + " | ".join(rows[-1]), flush=True)
    embedded.stop()
    print("\n" + table(rows))
    return soak.main() if not wanted or "soak" in wanted else 0


def table(rows: list[tuple[str, str, str, str, str]]) -> str:
    """The figures as docs/performance.md shows them."""
    lines = [("", "Tongxin", "ceiling", "share", "aim"), ("---",) * 5, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
