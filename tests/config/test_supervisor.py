"""Whatever is killed, the others go on or leave with it."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException

import psutil
import pytest

from tests.testing.processes import Program, children, eventually, free_port, get, program


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(port: int) -> Iterator[Program]:
    with program("tests.config.tiny", str(port), "2") as process:
        eventually(lambda: get(port))
        yield process


def answering(port: int) -> int:
    """The process id of whoever answers."""
    return int(get(port)[1].split()[0])


def test_a_killed_child_is_replaced(server: Program, port: int) -> None:
    before = eventually(lambda: len(children(server)) == 3 and children(server))
    for child in before:
        child.kill()
    gone = {child.pid for child in before}
    eventually(lambda: len(children(server)) == 3 and not gone & {child.pid for child in children(server)})
    assert answering(port) not in gone


def test_children_that_die_at_once_are_replaced_more_and_more_slowly(server: Program, port: int) -> None:
    begun = time.monotonic()
    for _ in range(6):
        eventually(lambda: len(children(server)) == 3, 20)
        with pytest.raises((OSError, HTTPException)):
            get(port, "/die")
        eventually(lambda: len(children(server)) < 3)
    assert time.monotonic() - begun > 1
    eventually(lambda: get(port)[0] == 200)


def test_nothing_is_left_of_a_killed_parent(server: Program, port: int) -> None:
    orphans = children(server)
    server.kill()
    server.wait()
    _gone, alive = psutil.wait_procs(orphans, timeout=5)
    assert alive == []
    with program("tests.config.tiny", str(port), "1"):
        eventually(lambda: get(port))


def test_the_next_start_waits_for_the_port_of_a_killed_one(server: Program, port: int) -> None:
    server.kill()
    with program("tests.config.tiny", str(port), "1"):
        eventually(lambda: get(port))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_finishes_the_request_in_hand(server: Program, port: int, number: int) -> None:
    answers: list[tuple[int, str]] = []
    request = threading.Thread(target=lambda: answers.append(get(port, "/slow")))
    request.start()
    time.sleep(0.3)
    server.send_signal(number)
    request.join()
    assert [status for status, _text in answers] == [200]
    assert server.wait(5) == 0
    with pytest.raises(OSError):  # noqa: PT011  (refused or reset, by system)
        get(port)


def test_ctrl_c_of_the_whole_group_is_left_to_the_parent(port: int) -> None:
    with program("tests.config.tiny", str(port), "2") as process:
        eventually(lambda: get(port))
        for child in children(process):
            child.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert get(port)[0] == 200
        assert "ended" not in (_output_of_stopped(process))


def _output_of_stopped(process: Program) -> str:
    process.send_signal(signal.SIGINT)
    return process.finish(10)


def test_work_done_apart_tells_whether_it_ended_well() -> None:
    # In a program of its own: a fork of a test process would carry its threads and connections along.
    script = (
        "import os, sys\n"
        "from tongxin.config.supervisor import run_apart\n"
        "def fail(): raise SystemExit(2)\n"
        "def crash(): os.kill(os.getpid(), 9)\n"
        "print(run_apart('a', lambda: None), run_apart('b', fail), run_apart('c', crash))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout.split() == ["True", "False", "False"]
