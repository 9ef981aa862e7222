"""What was acknowledged is kept: submissions while web processes, their parent and the database are killed.

Every client fetches the form as a browser does and sends it until it is answered with a receipt, the same form again
after each failure. Afterwards each receipt's number is there once, no number is missing, and the ledger is whole.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
import psycopg

TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="token"')
COOKIE = re.compile(r"csrftoken=([^;]+)")
FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
NUMBER = re.compile(r"S\d{4}-\d+")
AREA = "SOAK1"


@dataclass
class Outcome:
    """What happened: numbers as their holders were told them, failures on the way, and what was killed."""

    numbers: list[str] = field(default_factory=list)
    failures: int = 0
    killed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{len(self.numbers)} submissions acknowledged in {self.seconds:.0f} s, {self.failures} tries failed on the "
            f"way, killed: {', '.join(self.killed)}; "
            + ("; ".join(self.faults) or "nothing lost, ledger whole")
        )


class Soak:
    """One run against ``tongxin run`` on a data folder of its own."""

    def __init__(
        self, home: Path, port: int, *, submissions: int, concurrency: int, patience: float = 120
    ) -> None:
        self.home, self.port, self.patience = home, port, patience
        self.submissions, self.concurrency = submissions, concurrency
        self.outcome = Outcome()
        self._left, self._lock = submissions, threading.Lock()
        self._deadline = 0.0
        home.mkdir(parents=True, exist_ok=True)
        config = home / "config.json"
        config.write_text(json.dumps({"raise_per_hour": 10**9}))
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_URL", "TONGXIN_", "DJANGO_"))
        }
        self._environment = inherited | {
            "TONGXIN_HOME": str(home),
            "TONGXIN_CONFIG": str(config),
            "TONGXIN_DEMO": "0",
            "TONGXIN_LOG_LEVEL": "CRITICAL",
        }

    def run(self) -> Outcome:
        """Submit and kill until all is acknowledged; then look."""
        self._deadline = time.monotonic() + self.patience
        self._start()
        try:
            self._add_area()
            begun = time.monotonic()
            clients = [threading.Thread(target=self._client) for _ in range(self.concurrency)]
            for client in clients:
                client.start()
            for share, kill in (
                (0.2, self._kill_worker),
                (0.4, self._kill_database),
                (0.6, self._kill_parent),
            ):
                self._wait_for(int(self.submissions * share))
                kill()
            for client in clients:
                client.join()
            self.outcome.seconds = time.monotonic() - begun
            self._look()
        finally:
            self._master.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._master.wait(30)
            self._master.kill()
            self._master.wait()
        return self.outcome

    def _start(self) -> None:
        self._master = subprocess.Popen(
            [sys.executable, "-m", "tongxin.config.cli", "run", "--port", str(self.port), "--workers", "2"],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            with suppress(OSError, http.client.HTTPException):
                if self._request("GET", "/healthz")[0] == 200:
                    return
            if time.monotonic() > self._deadline:
                raise TimeoutError("the server did not come up")
            time.sleep(0.05)

    def _request(self, method: str, path: str, body: str = "", cookie: str = "") -> tuple[int, str, str, str]:
        """Status, text, cookies and Location."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            if cookie:
                headers["Cookie"] = cookie
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return (
                answer.status,
                text,
                answer.headers.get("Set-Cookie", ""),
                answer.headers.get("Location", ""),
            )
        finally:
            connection.close()

    def _until(self, attempt: Callable[[], str | None]) -> str:
        """Try until it works; what fails on the way is counted."""
        while time.monotonic() < self._deadline:
            with suppress(OSError, http.client.HTTPException):
                if found := attempt():
                    return found
            with self._lock:
                self.outcome.failures += 1
            time.sleep(0.1)
        raise TimeoutError("not acknowledged in time")

    def _client(self) -> None:
        while True:
            with self._lock:
                if self._left == 0:
                    return
                self._left -= 1
            with suppress(TimeoutError):
                self._submit()

    def _submit(self) -> None:
        cookie, fields = "", {}

        def fetch() -> str | None:
            nonlocal cookie, fields
            status, page, cookies, _location = self._request("GET", "/raise/")
            token, secret, kept = TOKEN.search(page), FIELD.search(page), COOKIE.search(cookies)
            if status != 200 or not (token and secret and kept):
                return None
            cookie = f"csrftoken={kept[1]}"
            fields = {
                "csrfmiddlewaretoken": secret[1],
                "token": token[1] or token[2],
                "text": "村口早上七点到八点堵车，想装红绿灯。",
                "area": AREA,
            }
            return fields["token"]

        def send() -> str | None:
            status, _page, _cookies, location = self._request("POST", "/raise/", urlencode(fields), cookie)
            return location if status == 302 else None

        self._until(fetch)
        receipt = urlsplit(self._until(send))

        def read() -> str | None:
            status, page, _cookies, _location = self._request("GET", f"{receipt.path}?{receipt.query}")
            found = NUMBER.search(page)
            return found[0] if status == 200 and found else None

        number = self._until(read)
        with self._lock:
            self.outcome.numbers.append(number)

    def _wait_for(self, count: int) -> None:
        while len(self.outcome.numbers) < count and time.monotonic() < self._deadline:
            time.sleep(0.02)

    def _kill(self, pid: int, name: str) -> None:
        os.kill(pid, signal.SIGKILL)
        self.outcome.killed.append(name)

    def _kill_worker(self) -> None:
        children = psutil.Process(self._master.pid).children()
        self._kill(children[0].pid, "a web process")

    def _kill_database(self) -> None:
        postmaster = (self.home / "postgres" / "postmaster.pid").read_text()
        self._kill(int(postmaster.split("\n", 1)[0]), "PostgreSQL")

    def _kill_parent(self) -> None:
        self._kill(self._master.pid, "the parent of all")
        self._master.wait()
        self._start()

    def _database(self) -> psycopg.Connection:
        environment = os.environ.get("TONGXIN_HOME")
        os.environ["TONGXIN_HOME"] = str(self.home)
        try:
            from tongxin.core.embedded import database_config

            config = database_config()
        finally:
            if environment is None:
                del os.environ["TONGXIN_HOME"]
            else:
                os.environ["TONGXIN_HOME"] = environment
        return psycopg.connect(
            dbname=config["NAME"],
            user=config["USER"],
            host=config["HOST"],
            port=config["PORT"],
            autocommit=True,
        )

    def _add_area(self) -> None:
        with self._database() as connection:
            connection.execute(
                "INSERT INTO directory_area (code, name, level, is_example) SELECT %s, '示例街道', 'street', true "
                "WHERE NOT EXISTS (SELECT 1 FROM directory_area WHERE code = %s)",
                [AREA, AREA],
            )
            row = connection.execute("SELECT coalesce(max(serial), 0) FROM core_recordnumber").fetchone()
            self._before = row[0] if row else 0

    def _look(self) -> None:
        faults, told = self.outcome.faults, self.outcome.numbers
        if len(told) != self.submissions:
            faults.append(f"{self.submissions - len(told)} submissions were never acknowledged")
        if len(set(told)) != len(told):
            faults.append("a number was told twice")
        with self._database() as connection:
            kept = [row[0] for row in connection.execute("SELECT number FROM matters_matter").fetchall()]
            serials = connection.execute(
                "SELECT serial FROM core_recordnumber WHERE serial > %s ORDER BY serial", [self._before]
            ).fetchall()
        if len(set(kept)) != len(kept):
            faults.append("a number is there twice")
        if lost := set(told) - set(kept):
            faults.append(f"acknowledged and lost: {sorted(lost)[:5]}")
        if [row[0] for row in serials] != list(range(self._before + 1, self._before + self.submissions + 1)):
            faults.append("numbers have gaps, or a form made two matters")
        verified = subprocess.run(
            [sys.executable, "-m", "tongxin.config.cli", "verify"],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if verified.returncode:
            faults.append(f"ledger: {verified.stdout.strip() or verified.stderr.strip()[-300:]}")


def main() -> int:
    """A thousand submissions, a hundred at a time."""
    from tongxin.core import embedded

    home = embedded.home() / "soak"
    found = Soak(
        home, int(os.environ.get("BENCH_PORT", "8121")) + 4, submissions=1000, concurrency=100, patience=600
    ).run()
    print(f"  {found}", flush=True)
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
