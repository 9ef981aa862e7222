"""Whether schema, static files and messages are those of this code: asked by every start, the ready probe, the doctor."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, connections


@contextmanager
def plain_connection() -> Iterator[Any]:
    """A psycopg connection to the default database outside Django's pool: its threads can't be forked."""
    import psycopg

    parameters = connections["default"].get_connection_params()
    for name in ("pool", "cursor_factory", "context"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters, autocommit=True) as plain:
        yield plain


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
    with plain_connection() as plain:
        if plain.execute("SELECT to_regclass('django_migrations')").fetchone()[0] is None:
            return migrations_on_disk()
        applied = plain.execute("SELECT app, name FROM django_migrations").fetchall()
    return migrations_on_disk() - set(applied)


@cache
def _wanted() -> frozenset[tuple[str, str]]:
    return frozenset(migrations_on_disk())


def is_schema_current() -> bool:
    """Whether the database has had every migration that this process was started with. One small query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return _wanted() <= set(cursor.fetchall())


def static_signature() -> str:
    """Changes whenever a static file does."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}|{found.st_size}|{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def static_stamp() -> Path:
    """The file that says what was collected."""
    return Path(settings.STATIC_ROOT) / ".collected"


def static_is_stale() -> bool:
    """Whether static files changed since they were last collected."""
    try:
        return bool(json.loads(static_stamp().read_text())["signature"] != static_signature())
    except (OSError, ValueError, KeyError):
        return True


def stale_messages() -> list[Path]:
    """Catalogues whose compiled form is missing or older; empty for an installed package without sources."""
    package = Path(__file__).resolve().parent.parent
    return [
        source
        for source in sorted(package.glob("*/locale/*/LC_MESSAGES/*.po"))
        if not (compiled := source.with_suffix(".mo")).exists()
        or compiled.stat().st_mtime < source.stat().st_mtime
    ]
