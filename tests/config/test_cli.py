"""The ``tongxin`` command: help, what it passes on, and a backup that is restored."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.testing.installation import install
from tests.testing.processes import program
from tongxin.config import cli, console


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder the database's own user can be let into."""
    with TemporaryDirectory(prefix="tongxin-") as folder:
        yield Path(folder)


def run(home: Path, *arguments: str, expect: int = 0) -> str:
    """The output of a command."""
    with program("tongxin.config.cli", *arguments, TONGXIN_HOME=str(home)) as process:
        output = process.finish(120)
    assert process.returncode == expect, output
    return output


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from tongxin.config import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not [m for m in ('django', 'psycopg', 'waitress', 'psutil') if m in sys.modules]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    for command in (
        "run",
        "web",
        "worker",
        "migrate",
        "demo",
        "import",
        "verify",
        "manage",
        "doctor",
        "database",
    ):
        assert f"\n    {command} " in done.stdout


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        cli.main(["fly"])
    assert refused.value.code == 2
    assert "invalid choice: 'fly'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "好"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "good"),
        ({"LANG": "en_GB.UTF-8"}, "good"),
        ({}, "good"),
    ],
)
def test_the_terminal_is_spoken_to_in_its_language(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert console.say("好", "good") == expected


def test_a_reset_without_a_yes_changes_nothing(
    outside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (outside / "kept").write_text("words")
    monkeypatch.setenv("TONGXIN_HOME", str(outside))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    assert cli.main(["demo", "reset"]) == 1
    assert (outside / "kept").read_text() == "words"
    assert cli.main(["demo", "reset", "--yes"]) == 0
    assert not (outside / "kept").exists()


def test_a_database_of_somebody_else_is_never_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@elsewhere/theirs")
    assert cli.main(["demo", "reset", "--yes"]) == 1


def test_a_backup_is_restored_elsewhere(outside: Path) -> None:
    home, other, dump = outside / "home", outside / "other", outside / "tongxin.dump"
    install(home)
    run(home, "database", "psql", "-c", "CREATE TABLE kept (n int)", "-c", "INSERT INTO kept VALUES (7)")
    run(home, "database", "pg_dump", "--format", "custom", "--file", str(dump))
    run(
        other, "database", "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
        "--dbname", "tongxin", str(dump),
    )  # fmt: skip
    assert run(other, "database", "psql", "-Atc", "SELECT n FROM kept").strip() == "7"
    assert "All 0 entries hold." in run(other, "verify")


def test_a_program_that_is_not_there_is_named(outside: Path) -> None:
    assert "no such program: pg_fly" in run(outside, "database", "pg_fly", expect=1)


def test_commands_stop_the_database_they_started(outside: Path) -> None:
    run(outside, "database", "psql", "-c", "SELECT 1")
    assert not (outside / "postgres" / "postmaster.pid").exists()
