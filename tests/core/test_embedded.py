"""The embedded PostgreSQL: one server per data folder, whatever happens to the processes around it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest

from tests.testing.processes import eventually
from tongxin.core import embedded


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of its own, with whatever runs in it ended afterwards.

    Not below pytest's: every run of pytest closes that one to other users, the database's among them.
    """
    with TemporaryDirectory(prefix="tongxin-") as outside:
        monkeypatch.setenv("TONGXIN_HOME", f"{outside}/home")
        monkeypatch.delenv("DATABASE_URL", raising=False)
        embedded._programs.cache_clear()
        yield Path(outside) / "home"
        embedded.stop(force=True)
        embedded._programs.cache_clear()


def connect(database: str = "tongxin") -> psycopg.Connection:
    """A connection as Django would make it."""
    config = embedded.database_config()
    return psycopg.connect(
        host=config["HOST"], port=config["PORT"], user=config["USER"], dbname=database, autocommit=True
    )


def value(query: str) -> object:
    """The single value of a query."""
    with connect() as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def server_pid() -> int:
    """The server's process id."""
    return int((embedded.data_directory() / "postmaster.pid").read_text().split()[0])


def test_the_configuration_is_known_before_anything_runs(folder: Path) -> None:
    config = embedded.database_config()
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert config["HOST"] == str(folder / "postgres")
    assert not folder.exists()
    assert not embedded.is_running()


def test_a_url_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:p%40ss@db.example:6543/my%2Ddb?sslmode=verify-full")
    assert embedded.database_config() == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "my-db",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6543",
        "OPTIONS": {"sslmode": "verify-full"},
    }
    assert not embedded.is_embedded()


def test_a_url_may_name_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres:///tongxin?host=/var/run/postgresql")
    config = embedded.database_config()
    assert (config["HOST"], config["NAME"], config["OPTIONS"]) == ("/var/run/postgresql", "tongxin", {})


@pytest.mark.parametrize("url", ["mysql://localhost/tongxin", "postgresql://localhost", "tongxin"])
def test_a_url_of_something_else_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ValueError, match="DATABASE_URL"):
        embedded.database_config()


def test_start_makes_a_server_with_our_settings(folder: Path) -> None:
    assert embedded.start() is True
    assert embedded.start() is False
    assert value("SHOW jit") == "off"
    assert value("SHOW fsync") == "on"
    assert value("SHOW listen_addresses") == ""
    assert value("SHOW server_encoding") == "UTF8"
    assert value("SELECT lower('ÄÉ')") == "äé"
    assert embedded.stop() is True
    assert not embedded.is_running()


def test_a_long_path_gets_a_short_socket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGXIN_HOME", str(folder / ("长" * 30)))
    assert len(os.fsencode(embedded.database_config()["HOST"])) < 60
    embedded.start()
    assert value("SELECT 1") == 1
    embedded.stop(force=True)
    embedded.socket_directory().rmdir()


def test_a_short_socket_folder_of_somebody_else_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    link = tmp_path / "planted"
    link.symlink_to(tmp_path)
    monkeypatch.setattr(embedded, "socket_directory", lambda: link)
    with pytest.raises(embedded.DatabaseUnavailable, match="belongs to somebody else"):
        embedded.start()


def test_the_server_outlives_a_killed_user_and_keeps_its_data(folder: Path) -> None:
    script = "from tongxin.core import embedded; import time; embedded.start(); print('up', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout
        assert user.stdout.readline().strip() == "up"
        with connect() as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        user.kill()
    assert embedded.is_running()
    assert embedded.start() is False
    assert value("SELECT n FROM kept") == 7


def test_the_last_user_stops_it(folder: Path) -> None:
    embedded.start()
    script = "from tongxin.core import embedded; embedded.start(); print(embedded.stop())"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == "False"
    assert embedded.is_running()
    assert embedded.stop() is True


@pytest.mark.parametrize("at_once", [True, False])
def test_a_killed_server_comes_back_with_what_was_committed(folder: Path, at_once: bool) -> None:
    embedded.start()
    with connect() as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
        killed = server_pid()
        os.kill(killed, signal.SIGKILL)
        if not at_once:
            eventually(lambda: not embedded.is_running())
        eventually(embedded.start, 20)
        assert server_pid() != killed
    assert value("SELECT n FROM kept") == 7


def test_a_lock_file_naming_some_other_process_is_no_obstacle(folder: Path) -> None:
    """As after a container restart, where process numbers begin again."""
    embedded.start()
    pid_file = embedded.data_directory() / "postmaster.pid"
    text = pid_file.read_text().split("\n", 1)[1]
    victims = embedded._server_processes()
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not embedded._server_processes())
    with subprocess.Popen(["sleep", "60"], user=embedded._owner()) as stranger:
        pid_file.write_text(f"{stranger.pid}\n{text}")
        lock = embedded.data_directory() / ".s.PGSQL.5432.lock"
        lock.write_text(f"{stranger.pid}\n{text}")
        assert not embedded.is_running()
        assert embedded.start() is True
        assert value("SELECT 1") == 1
        stranger.kill()


def test_a_server_that_lost_its_socket_is_replaced(folder: Path) -> None:
    embedded.start()
    lost = server_pid()
    (embedded.socket_directory() / ".s.PGSQL.5432").unlink()
    assert not embedded.is_running()
    assert embedded.start() is True
    assert server_pid() != lost
    assert value("SELECT 1") == 1


def test_a_deleted_folder_starts_afresh(folder: Path) -> None:
    embedded.start()
    ghost = psutil.Process(server_pid())
    shutil.rmtree(folder)
    embedded._held.clear()
    assert embedded.start() is True
    assert not ghost.is_running() or ghost.status() == psutil.STATUS_ZOMBIE
    assert value("SELECT 1") == 1


def test_an_interrupted_creation_is_repeated(folder: Path) -> None:
    (folder / "postgres.new").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    (folder / "postgres").mkdir()
    embedded.start()
    assert value("SELECT 1") == 1


def test_eight_processes_starting_together_make_one_server(folder: Path) -> None:
    script = "from tongxin.core import embedded; print(embedded.start(), flush=True); input()"
    users = [
        subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    try:
        assert sorted(user.stdout.readline().strip() for user in users if user.stdout) == ["False"] * 7 + [
            "True"
        ]
    finally:
        for user in users:
            user.communicate("\n", timeout=10)


def test_erasing_is_refused_while_somebody_uses_it(folder: Path) -> None:
    script = "from tongxin.core import embedded; embedded.start(); print('up', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdout
        user.stdout.readline()
        with pytest.raises(embedded.DatabaseUnavailable, match="running"):
            embedded.erase()
        assert embedded.is_running()
        user.kill()
    embedded.erase()
    assert not embedded.data_directory().exists()
    time.sleep(0.1)
    assert not embedded.is_running()


def test_statements_and_values_stay_out_of_the_log(folder: Path) -> None:
    embedded.start()
    with connect() as connection:
        connection.execute("CREATE TABLE phones (number text PRIMARY KEY)")
        connection.execute("INSERT INTO phones VALUES ('13800000000')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO phones VALUES ('13800000000')")
    log = embedded.log_path().read_text()
    assert "duplicate key" in log
    assert "13800000000" not in log
