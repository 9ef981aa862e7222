"""What takes long to make and is the same for every test: a migrated database, and a prepared data folder.

Each is made once a run, by whichever test process needs it first, and copied by the others.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.testing.processes import program

SHARED = "TONGXIN_TEST_SHARED"
"""Names the folder that the test processes of one run share."""


def open_shared() -> None:
    """Make the folder, in the process that starts the others."""
    # Not below pytest's: every run of pytest closes that one to other users, the database's among them.
    folder = Path(mkdtemp(prefix="tongxin-"))
    folder.chmod(0o711)
    os.environ[SHARED] = str(folder)


def close_shared() -> None:
    """Delete the folder and the database that was copied."""
    from django.db import connection
    from psycopg import connect, sql

    folder = Path(os.environ.pop(SHARED))
    original = folder / "database"
    name = original.read_text() if original.exists() else ""
    shutil.rmtree(folder, ignore_errors=True)
    if name:
        # Not through Django: this process runs no tests, and pytest-django lets nothing else ask the database.
        server = {**connection.get_connection_params(), "dbname": "postgres", "cursor_factory": None}
        with connect(**server, autocommit=True) as database:
            database.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


@contextmanager
def _once(name: str) -> Iterator[Path | None]:
    """One process at a time, and only the first is given the path to make; it counts as made if nothing was raised."""
    path = Path(os.environ[SHARED]) / name
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield None if path.exists() else path


def use_database(worker: str) -> None:
    """Give this test process a migrated database of its own, empty but for what migrations put there."""
    from django.db import connection

    creation = connection.creation
    original = creation._get_test_db_name()
    with _once("database") as new:
        if new:
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            new.write_text(original)
        connection.close()
        connection.settings_dict["NAME"] = original
        creation.clone_test_db(worker, verbosity=0, autoclobber=True)
    connection.settings_dict["NAME"] = creation.get_test_db_clone_settings(worker)["NAME"]


def drop_database(worker: str) -> None:
    """Drop this test process's database."""
    from django.db import connection

    connection.close()
    connection.creation._destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def install(home: Path) -> None:
    """Make ``home`` the data folder of an installation that was prepared and stopped, with an empty database."""
    with _once("home") as new:
        if new:
            draft = new.with_suffix(".new")
            with program("tongxin.config.cli", "prepare", TONGXIN_HOME=str(draft)) as process:
                output = process.finish(120)
            assert process.returncode == 0, output
            draft.rename(new)
    home.parent.mkdir(parents=True, exist_ok=True)
    # The database's files keep their owner, which shutil's copy doesn't know how to do.
    subprocess.run(["cp", "-a", Path(os.environ[SHARED]) / "home", home], check=True)
