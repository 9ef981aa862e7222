"""What has to be true before the first request, and making it so: schema, static files, demo district.

The questions are asked on every start and cost milliseconds; the work is done only when an answer is no.
"""

import fcntl
import gc
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from tongxin.core import embedded


@contextmanager
def plain_connection() -> Iterator[Any]:
    """A psycopg connection to the default database outside Django's pool: its threads can't be forked."""
    import psycopg

    parameters = connections["default"].get_connection_params()
    for name in ("pool", "cursor_factory", "context"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters, autocommit=True) as connection:
        yield connection


def migrations_on_disk() -> set[tuple[str, str]]:
    """Every migration of the installed applications, by (application, name), without importing any."""
    found = set()
    for app in apps.get_app_configs():
        module = settings.MIGRATION_MODULES.get(app.label)
        folder = Path(app.path) / "migrations" if module is None else Path(*module.split("."))
        for path in folder.glob("[!_]*.py"):
            found.add((app.label, path.stem))
    return found


def pending_migrations() -> set[tuple[str, str]]:
    """Migrations the database has not had yet."""
    with plain_connection() as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone()[0] is None:
            return migrations_on_disk()
        applied = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    return migrations_on_disk() - set(applied)


def has_matters() -> bool:
    """Whether any matter is in the database (the schema must be there)."""
    table = apps.get_model("matters", "Matter")._meta.db_table
    with plain_connection() as connection:
        return bool(connection.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")').fetchone()[0])  # noqa: S608


def _static_signature() -> str:
    """Changes whenever a static file does."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}|{found.st_size}|{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _static_stamp() -> Path:
    return Path(settings.STATIC_ROOT) / ".collected"


def static_is_stale() -> bool:
    """Whether static files changed since they were last collected."""
    try:
        return bool(json.loads(_static_stamp().read_text())["signature"] != _static_signature())
    except (OSError, ValueError, KeyError):
        return True


def collect_static() -> None:
    """Gather, name by content and compress the static files."""
    signature = _static_signature()
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    _static_stamp().write_text(json.dumps({"signature": signature}))


def stale_messages() -> list[Path]:
    """Catalogues whose compiled form is missing or older; empty for an installed package without sources."""
    package = Path(__file__).resolve().parent.parent
    return [
        source
        for source in sorted(package.glob("*/locale/*/LC_MESSAGES/*.po"))
        if not (compiled := source.with_suffix(".mo")).exists()
        or compiled.stat().st_mtime < source.stat().st_mtime
    ]


def steps(demo: bool) -> list[tuple[str, Callable[[], object]]]:
    """What is to be done now, each with a line that says so; empty on an ordinary start."""
    todo: list[tuple[str, Callable[[], object]]] = []
    pending = pending_migrations()
    if pending:
        todo.append(
            (f"migrate ({len(pending)})", lambda: call_command("migrate", interactive=False, verbosity=0))
        )
    if static_is_stale():
        todo.append(("collect static files", collect_static))
    if demo and (pending or not has_matters()):
        todo.append(("load the demo district", lambda: call_command("load_demo")))
    return todo


def prepare(demo: bool) -> None:
    """Do what :func:`steps` names, one process at a time."""
    gc.enable()  # the parent imports without it; this work makes garbage
    with (embedded.home() / "prepare.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for line, work in steps(demo):
            print(f"  … {line}", file=sys.stderr, flush=True)
            work()
