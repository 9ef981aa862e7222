"""The parts run apart, as systemd and containers run them: a database of its own, web processes, workers."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from tests.testing.installation import install
from tests.testing.processes import children, eventually, free_port, get, program


@pytest.fixture(scope="module")
def installation() -> Iterator[dict[str, str]]:
    """The environment of the parts: a database server started by hand, a data folder of the application's own."""
    with TemporaryDirectory(prefix="tongxin-") as outside, ExitStack() as stack:
        base = Path(outside)
        base.chmod(0o755)
        install(base / "database")
        script = (
            "import sys, time\n"
            "from tongxin.core import embedded\n"
            "embedded.start()\n"
            "print(embedded.socket_directory(), flush=True)\n"
            "time.sleep(600)\n"
        )
        (base / "serve_database.py").write_text(script)
        holder = subprocess.Popen(
            [os.sys.executable, str(base / "serve_database.py")],
            env=os.environ | {"TONGXIN_HOME": str(base / "database"), "PYTHONPATH": "src"},
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.callback(stop_database, base / "database")
        stack.callback(holder.wait)
        stack.callback(holder.kill)
        folder = holder.stdout.readline().strip()
        environment = {
            "DATABASE_URL": f"postgresql://tongxin@/tongxin?host={folder}",
            "TONGXIN_HOME": str(base / "application"),
        }
        with program("tongxin.config.cli", "prepare", **environment) as process:
            output = process.finish(120)
            assert process.returncode == 0, output
        yield environment


def stop_database(home: Path) -> None:
    """End the server of that folder."""
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and process.cwd() == str(home / "postgres"):
                process.kill()
        except psutil.Error:
            continue


def workers_alive(port: int) -> float:
    """What the figures say."""
    lines = dict(line.rsplit(" ", 1) for line in get(port, "/metrics")[1].splitlines() if line[:1] != "#")
    return float(lines["tongxin_workers_alive"])


def test_web_and_workers_apart_survive_what_happens_to_each(installation: dict[str, str]) -> None:
    port = free_port()
    web_arguments = ("tongxin.config.cli", "web", "--port", str(port), "--workers", "2")
    with (
        program(*web_arguments, **installation) as web,
        program("tongxin.config.cli", "worker", "--processes", "2", **installation) as worker,
    ):
        eventually(lambda: get(port, "/healthz/ready")[0] == 200, 60)
        eventually(lambda: workers_alive(port) == 2, 30)
        with program("tongxin.config.cli", "doctor", **installation) as doctor:
            output = doctor.finish(60)
        assert doctor.returncode == 0, output
        assert "2 at work" in output
        # One worker process killed: replaced by its parent.
        killed = children(worker)[0]
        killed.kill()
        eventually(lambda: len(children(worker)) == 2 and killed.pid not in {c.pid for c in children(worker)})
        # The web parts gone and come again; the workers don't mind.
        web.send_signal(signal.SIGTERM)
        assert web.wait(20) == 0
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        output = worker.finish(20)
        assert worker.returncode == 0, output
        assert output.rstrip().endswith("Stopped.")


def test_nothing_is_left_of_killed_workers(installation: dict[str, str]) -> None:
    with program("tongxin.config.cli", "worker", "--processes", "2", **installation) as worker:
        parts = eventually(lambda: len(children(worker)) == 2 and children(worker), 30)
        worker.kill()
        _gone, alive = psutil.wait_procs(parts, timeout=20)
        assert alive == []


def test_a_job_in_hand_is_finished_before_the_worker_stops(installation: dict[str, str]) -> None:
    queue = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'tests.config.slow_job.sleeps')"
    with program("tests.config.slow_job", TONGXIN_LOG_REQUESTS="0", **installation) as worker:
        eventually(lambda: "ready" in worker.output(), 30)
        psql(installation, queue)
        eventually(lambda: "begun" in worker.output(), 30)
        worker.send_signal(signal.SIGTERM)
        output = worker.finish(20)
    assert "finished" in output
    assert psql(installation, "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'default'") == "0"


def psql(environment: dict[str, str], statement: str) -> str:
    """What a statement says."""
    with program("tongxin.config.cli", "database", "psql", "-Atc", statement, **environment) as process:
        output = process.finish(30)
    assert process.returncode == 0, output
    return output.strip()


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_an_impossible_number_of_workers_is_refused(count: str, installation: dict[str, str]) -> None:
    with program("tongxin.config.cli", "worker", "--processes", count, **installation) as process:
        process.finish(20)
    assert process.returncode == 2
