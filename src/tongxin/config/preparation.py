"""What has to be true before the first request, and making it so: schema, static files, demo district.

The questions are asked on every start and cost milliseconds; the work is done only when an answer is no.
"""

import fcntl
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from tongxin.core import embedded
from tongxin.core.readiness import (
    pending_migrations,
    plain_connection,
    static_is_stale,
    static_signature,
    static_stamp,
)


def has_matters() -> bool:
    """Whether any matter is in the database (the schema must be there)."""
    table = apps.get_model("matters", "Matter")._meta.db_table
    with plain_connection() as connection:
        return bool(connection.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")').fetchone()[0])  # noqa: S608


def collect_static() -> None:
    """Gather, name by content and compress the static files."""
    signature = static_signature()
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    static_stamp().write_text(json.dumps({"signature": signature}))


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
