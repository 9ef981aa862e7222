"""``tongxin run`` as a person starts it: first start, second start, and every part killed once."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from tests.testing.installation import install
from tests.testing.processes import Program, children, eventually, free_port, get, program


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder that has been prepared, kept for the whole module.

    Not below pytest's: every run of pytest closes that one to other users, the database's among them.
    """
    with TemporaryDirectory(prefix="tongxin-") as outside:
        folder = Path(outside) / "home"
        install(folder)
        yield folder
        for left in psutil.process_iter(["name"]):
            with suppress(psutil.Error):
                if left.info["name"] == "postgres" and left.cwd().startswith(str(folder)):
                    left.kill()


@contextmanager
def running(home: Path, port: int | None = None) -> Iterator[tuple[Program, int]]:
    """The whole program, answering."""
    port = port or free_port()
    arguments = ("tongxin.config.cli", "run", "--port", str(port), "--workers", "2")
    with program(
        *arguments, TONGXIN_HOME=str(home), TONGXIN_CHANNELS='[{"provider": "demo", "channel": "sms"}]'
    ) as process:
        eventually(lambda: process.poll() is not None or get(port, "/healthz")[0] == 200, 90)
        yield process, port


def stop(process: Program) -> str:
    """Ctrl-C; returns what it printed."""
    process.send_signal(signal.SIGINT)
    output = process.finish(20)
    assert process.returncode == 0, output
    return output


def postmaster(home: Path) -> int:
    """The database's process id."""
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def test_a_second_start_prepares_nothing_and_stops_cleanly(home: Path) -> None:
    with running(home) as (process, port):
        output = stop(process)
    assert f"http://127.0.0.1:{port}/" in output
    assert "migrate" not in output
    assert output.rstrip().endswith("Stopped.")
    assert not (home / "postgres" / "postmaster.pid").exists()


def test_a_taken_port_is_named(home: Path) -> None:
    with running(home) as (_process, port):
        again = ("tongxin.config.cli", "run", "--port", str(port))
        with program(*again, TONGXIN_HOME=str(home)) as second:
            output = second.finish(20)
    assert second.returncode == 1
    assert f"Port {port} is in use" in output
    assert "Traceback" not in output


def test_killed_children_are_replaced(home: Path) -> None:
    with running(home) as (process, port):
        before = eventually(lambda: len(children(process)) == 3 and children(process))
        for child in before:
            child.kill()
        eventually(lambda: len(children(process)) == 3)
        assert get(port, "/healthz")[0] == 200


def test_a_killed_database_is_started_again(home: Path) -> None:
    with running(home) as (process, port):
        killed = postmaster(home)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: postmaster(home) != killed, 30)
        eventually(lambda: get(port, "/healthz", timeout=30)[0] == 200, 30)
        # Connections of before the kill must not come up again in later requests.
        assert {get(port, "/healthz", timeout=30)[0] for _ in range(20)} == {200}
        assert "The database was started again." in stop(process)


def test_after_a_kill_of_everything_the_next_start_recovers(home: Path) -> None:
    with running(home) as (process, port):
        parts = children(process)
        server = postmaster(home)
        process.kill()
        os.kill(server, signal.SIGKILL)
        _gone, alive = psutil.wait_procs(parts, timeout=15)
        assert alive == []
    with running(home, port) as (process, _port):
        assert postmaster(home) != server
        stop(process)


def test_after_a_kill_of_the_parent_the_next_start_takes_over(home: Path) -> None:
    with running(home) as (process, port):
        process.kill()
        with running(home, port) as (next_process, _port):
            # The old web processes may still have answered: the new ones are there when its children are.
            eventually(lambda: len(children(next_process)) == 3, 60)
            stop(next_process)
    assert not (home / "postgres" / "postmaster.pid").exists()


def test_doctor_finds_everything_in_order(home: Path) -> None:
    with program("tongxin.config.cli", "doctor", TONGXIN_HOME=str(home)) as process:
        output = process.finish(60)
    assert process.returncode == 0, output
    assert "✗" not in output
    assert "! Workers: Nothing runs just now." in output


def test_doctor_tells_programs_the_same_and_finds_the_worker_at_work(home: Path) -> None:
    # Workers that other tests killed count as alive for a minute.
    forget = ("database", "psql", "-c", "DELETE FROM procrastinate_workers")
    with program("tongxin.config.cli", *forget, TONGXIN_HOME=str(home)) as process:
        assert "DELETE" in process.finish(60)
    with running(home) as (process, port):
        eventually(lambda: "tongxin_workers_alive 1.0" in get(port, "/metrics")[1], 60)
        arguments = ("tongxin.config.cli", "doctor", "--json")
        with program(*arguments, TONGXIN_HOME=str(home)) as doctor:
            output = doctor.finish(60)
        stop(process)
    told = json.loads(output)
    assert told["ok"]
    assert {line["code"]: line["state"] for line in told["findings"]}["workers"] == "good"


def test_figures_add_up_over_the_web_processes_and_begin_anew_with_each_start(home: Path) -> None:
    for _start in range(2):
        with running(home) as (process, port):
            for _ in range(20):
                assert get(port, "/healthz/live")[0] == 200
            live = 'tongxin_requests_total{status="2xx",view="healthz_live"}'
            lines = dict(
                line.rsplit(" ", 1) for line in get(port, "/metrics")[1].splitlines() if line[:1] != "#"
            )
            assert float(lines[live]) == 20
            stop(process)


def test_each_request_leaves_a_line_and_each_job_too(home: Path) -> None:
    with running(home) as (process, port):
        get(port, "/track/?number=13873120045")
        get(port, "/files/0123456789abcdef0123456789abcdef")
        eventually(lambda: get(port, "/healthz/ready")[0] == 200)
        output = stop(process)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert [line["status"] for line in lines if line.get("view") in {"track", "file"}] == [200, 404]
    assert "13873120045" not in output
    assert "0123456789abcdef" not in output


def test_doctor_names_what_is_not() -> None:
    with (
        TemporaryDirectory(prefix="tongxin-") as empty,
        program("tongxin.config.cli", "doctor", TONGXIN_HOME=empty) as process,
    ):
        output = process.finish(60)
    assert process.returncode == 1
    assert "tongxin prepare" in output
    assert "Traceback" not in output
