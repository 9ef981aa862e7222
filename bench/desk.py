"""``python -m bench.desk``: 500 residents write to desks at once, each with the page open that asks every three seconds.

Everybody opens a station's page, asks, and goes on writing while the office answers; each word carries its writer's
mark, so that a word shown to a third person is found. Now and then everybody tries somebody else's number. Counted
afterwards: messages acknowledged and messages stored, and how long first paints, sending and news took.
"""

import argparse
import http.client
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.run import CSRF, _prepare
from bench.voting import _await, _p95

PEOPLE, SECONDS, THOUGHT, POLL = 500, 60.0, 8.0, 3.0
ARRIVE = 10.0
"""Seconds within which everybody opens the page: nobody's thumb is on the second."""
FIRST_PAINT = 1.0  # seconds
MARK = re.compile(r"p(\d{4})-\d+")
TOKEN = re.compile(r'name="token" value="([^"]+)"')
AFTER = re.compile(r"\?after=(\d+)&amp;state=(\w+)&amp;saw=(\d+)")


@dataclass
class Told:
    """What one resident saw."""

    paints: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    answers: set[str] = field(default_factory=set)
    number: str = ""
    strange: list[str] = field(default_factory=list)


class Browser:
    """One connection that keeps its session."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.session = ""

    def ask(
        self, method: str, path: str, fields: dict[str, str] | None = None, live: bool = False
    ) -> tuple[int, str, str]:
        """Status, text and where it leads."""
        cookies = f"csrftoken={CSRF}" + (f"; sessionid={self.session}" if self.session else "")
        headers = {"Cookie": cookies, "Accept-Language": "zh-CN"} | ({"HX-Request": "true"} if live else {})
        body = None
        if fields is not None:
            body = urlencode({"csrfmiddlewaretoken": CSRF, **fields})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("sessionid="):
                self.session = value.split(";")[0].partition("=")[2]
        return answer.status, text, answer.getheader("Location") or ""


@dataclass
class Crowd:
    """What all residents share: everybody's account of it, and when it ends."""

    told: list[Told]
    begin: float
    end: float


def _resident(n: int, port: int, station: str, crowd: Crowd) -> None:
    rng, told = random.Random(n), crowd.told[n]
    arrive = min(ARRIVE, (crowd.end - crowd.begin) / 3)
    time.sleep(max(0.0, crowd.begin + rng.uniform(0, arrive) - time.perf_counter()))
    try:
        _talk(n, Browser(port), station, crowd, rng)
    except (OSError, http.client.HTTPException, AssertionError) as fault:
        told.strange.append(f"{n}: {type(fault).__name__} {fault}")


def _timed(spent: list[float], call: Any) -> Any:
    began = time.perf_counter()
    answer = call()
    spent.append(time.perf_counter() - began)
    return answer


def _talk(n: int, browser: Browser, station: str, crowd: Crowd, rng: random.Random) -> None:
    told, end = crowd.told[n], crowd.end
    status, page, _to = _timed(told.paints, lambda: browser.ask("GET", f"/desk/{station}/"))
    assert status == 200, status
    words = f"p{n:04d}-0 路灯坏了三天，该找谁？"
    token = TOKEN.search(page)
    assert token
    status, _page, to = _timed(
        told.sent, lambda: browser.ask("POST", f"/desk/{station}/", {"token": token[1], "text": words})
    )
    assert status == 302, status
    told.words.add(words)
    told.number = to.split("/")[3]
    address = f"/desk/threads/{told.number}/"
    status, page, _to = _timed(told.paints, lambda: browser.ask("GET", address))
    assert status == 200, status
    state = _read(n, page, told)
    token = TOKEN.search(page)
    spoken, next_poll, next_word = (
        1,
        time.perf_counter() + POLL,
        time.perf_counter() + rng.uniform(0, THOUGHT),
    )
    while (now := time.perf_counter()) < end:
        if now >= next_word and token:
            words = f"p{n:04d}-{spoken} 还有一句。"
            form = {"token": token[1], "text": words, "last": state[0]}
            status, page, _to = _timed(told.sent, partial(browser.ask, "POST", address, form, live=True))
            if status == 200 and words in page:
                told.words.add(words)
            else:
                told.strange.append(f"{n}: said {status}")
            state, token = _read(n, page, told) or state, TOKEN.search(page)
            spoken += 1
            next_word = time.perf_counter() + rng.uniform(0.5, 1.5) * THOUGHT
        elif now >= next_poll:
            path = f"{address}?after={state[0]}&state={state[1]}&saw={state[2]}"
            status, page, _to = _timed(told.polls, partial(browser.ask, "GET", path, live=True))
            if status == 200:
                state = _read(n, page, told) or state
            elif status != 204:
                told.strange.append(f"{n}: news {status}")
            next_poll = time.perf_counter() + POLL
            if rng.random() < 0.1:
                _pry(n, browser, rng.choice(crowd.told).number, told)
        else:
            time.sleep(max(0.0, min(next_word if token else end, next_poll, end) - now))


def _read(n: int, page: str, told: Told) -> tuple[str, str, str]:
    """What the page knows now; every mark on it must be this resident's own."""
    for mark in MARK.findall(page):
        if int(mark) != n:
            told.strange.append(f"{n}: shown the words of {mark}")
    told.answers.update(re.findall(r"答复-\d+", page))
    found = AFTER.search(page)
    assert found, "the piece has no way on"
    return found[1], found[2], found[3]


def _pry(n: int, browser: Browser, number: str, told: Told) -> None:
    if not number or number == told.number:
        return
    for live in (False, True):
        status, page, to = browser.ask("GET", f"/desk/threads/{number}/", live=live)
        if not (status == 404 or to.startswith("/track/")) or MARK.search(page):
            told.strange.append(f"{n}: pried into {number}: {status}")


def _office(stop: threading.Event, answers: list[tuple[int, str]], told: list[Told]) -> None:
    """Answers all along, by the same action as the page."""
    from django.db import connection

    from tongxin.accounts.roles import Role
    from tongxin.core.actor import Actor, Assignment
    from tongxin.core.receipts import new_token
    from tongxin.duty.actions.desk import write_message
    from tongxin.duty.models import DeskThread

    office = Actor(Role.OFFICE, "政协办公室", assignments=frozenset({Assignment(Role.OFFICE)}))
    rng = random.Random(7)
    while not stop.wait(0.05):
        number = rng.choice(told).number
        thread = DeskThread.objects.filter(number=number).first() if number else None
        if thread is not None:
            words = f"答复-{len(answers)}"
            write_message(thread, actor=office, token=new_token("desk_say"), text=words)
            answers.append((thread.pk, words))
    connection.close()


def measure(port: int, workers: int, people: int, seconds: float) -> dict[str, Any]:
    """One run; the figures."""
    from django.db import connections

    from tongxin.directory.models import Workstation
    from tongxin.duty.models import DeskMessage

    stations = list(Workstation.objects.order_by("code").values_list("code", flat=True))
    connections.close_all()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.serve", "tongxin", str(port), str(workers)],
            stdout=log, stderr=log, env=os.environ | {"TONGXIN_WEB": "1"},
        )  # fmt: skip
        try:
            _await(port)
            told = [Told() for _one in range(people)]
            begin, stop, answers = time.perf_counter() + 2, threading.Event(), []
            crowd = Crowd(told, begin, begin + seconds)
            residents = [
                threading.Thread(target=_resident, args=(n, port, stations[n % len(stations)], crowd))
                for n in range(people)
            ]
            office = threading.Thread(target=_office, args=(stop, answers, told))
            for thread in [*residents, office]:
                thread.start()
            for thread in residents:
                thread.join()
            stop.set()
            office.join()
        finally:
            server.terminate()
            server.wait(20)
    kept = list(DeskMessage.objects.values_list("thread__number", "text", "side"))
    stored = {(number, text) for number, text, side in kept if side == "resident"}
    acknowledged = {(one.number, words) for one in told for words in one.words}
    paints, sent, polls = (
        sorted(t for one in told for t in getattr(one, name)) for name in ("paints", "sent", "polls")
    )
    strange = [fault for one in told for fault in one.strange]
    for fault in strange[:5]:
        print("strange:", fault)
    return {
        "people": people,
        "messages acknowledged": len(acknowledged),
        "messages stored": len(stored),
        "lost": len(acknowledged - stored),
        "stored twice": sum(1 for _n, _t, side in kept if side == "resident") - len(stored),
        "answers given": len(answers),
        "answers seen by who asked": len({words for one in told for words in one.answers}),
        "strange answers, words shown to a third person among them": len(strange),
        "first paint p95, ms": _p95(paints),
        "first paint at most, ms": round(paints[-1] * 1000, 1),
        "sending p95, ms": _p95(sent),
        "news p95, ms": _p95(polls),
        "news asked for": len(polls),
    }


def main() -> int:
    """Measure and judge."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8139)
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--people", type=int, default=PEOPLE)
    options.add_argument("--seconds", type=float, default=SECONDS)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="tongxin-desk-", ignore_cleanup_errors=True) as folder:
        _prepare(Path(folder))
        from tongxin.core import embedded

        try:
            figures = measure(given.port, given.workers, given.people, given.seconds)
        finally:
            embedded.stop()
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    is_good = not figures["lost"] and not figures["strange answers, words shown to a third person among them"]
    return 0 if is_good and figures["first paint p95, ms"] < FIRST_PAINT * 1000 else 1


if __name__ == "__main__":
    sys.exit(main())
