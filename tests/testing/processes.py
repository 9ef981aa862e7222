"""Programs started by tests: a free port, the process, its children, and requests to it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TypeVar

import psutil

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(check: Callable[[], T], seconds: float = 10) -> T:
    """What ``check`` returns once it is true; it may raise OSError until then."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            if last := check():
                return last  # type: ignore[return-value]
        except (OSError, http.client.HTTPException) as problem:
            last = problem
        time.sleep(0.05)
    raise AssertionError(f"did not happen within {seconds} s; last: {last!r}")


def get(port: int, path: str = "/", timeout: float = 5) -> tuple[int, str]:
    """Status and text of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def children(process: subprocess.Popen) -> list[psutil.Process]:
    """The living children of a program."""
    found = psutil.Process(process.pid).children()
    return [child for child in found if child.status() != psutil.STATUS_ZOMBIE]


class Program(subprocess.Popen):
    """A program that writes to a file and not to a pipe, which fills up and then stops who writes to it."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], printed: IO[bytes]) -> None:
        self._printed = printed
        super().__init__(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )

    def output(self) -> str:
        """What it has printed so far."""
        # Read by position: the program writes where the file's shared offset stands.
        file = self._printed.fileno()
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")

    def finish(self, seconds: float = 20) -> str:
        """Wait for its end; all that it printed."""
        self.wait(seconds)
        return self.output()


@contextmanager
def program(*arguments: str, **environment: str) -> Iterator[Program]:
    """Run a Python module with the repository importable; killed at the end if it is still there."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    inherited = {
        k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_URL", "TONGXIN_", "DJANGO_"))
    }
    environment = inherited | {"PYTHONPATH": path, "LC_ALL": "C.UTF-8"} | environment
    with TemporaryFile() as printed:
        process = Program(arguments, environment, printed)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                process.kill()
            process.wait()
