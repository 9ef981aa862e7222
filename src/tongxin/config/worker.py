"""One worker process: takes jobs from the queue until SIGTERM, a few at a time."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

AT_ONCE = 4
"""Jobs at the same time in one process: they mostly wait, for providers and for the database."""
POLL = 1.0
"""Seconds after which a job that was queued for a later moment is seen."""
GRACE = 8.0
"""Seconds for the jobs in hand when stopping; what is not done by then goes back to the queue."""


def jobs_at_once() -> int:
    """``TONGXIN_WORKER_JOBS``, within what the process's pool of connections can serve."""
    from django.conf import settings

    pool = settings.DATABASES["default"]["OPTIONS"].get("pool") or {}
    most = max(1, int(pool.get("max_size", AT_ONCE + 1)) - 1)
    return max(1, min(int(os.environ.get("TONGXIN_WORKER_JOBS") or AT_ONCE), most))


async def _named(call_next: Callable[[], Awaitable[Any]], context: Any, _worker: Any) -> Any:
    """Every line logged during the job carries its number and task."""
    from tongxin.core.logs import job

    token = job.set((context.job.id, context.job.task_name))
    try:
        return await call_next()
    finally:
        job.reset(token)


def _with_connection(call_next: Callable[[], Any], _context: Any, _worker: Any) -> Any:
    """A job begins with a living connection and gives it back, so that idle threads hold none."""
    from django.db import close_old_connections, connections

    close_old_connections()
    try:
        return call_next()
    finally:
        connections.close_all()


def _widen_pool() -> None:
    """Room for the threads that send messages, besides that of the jobs. Connections open only when they are needed."""
    from django.conf import settings
    from django.db import connections

    pool = connections["default"].settings_dict["OPTIONS"].get("pool")
    if isinstance(pool, dict):
        pool["max_size"] = max(
            pool["max_size"], jobs_at_once() + int(settings.TONGXIN["delivery_threads"]) + 1
        )


def options() -> dict[str, Any]:
    """How a worker of ours runs."""
    return {
        "concurrency": jobs_at_once(),
        "fetch_job_polling_interval": POLL,
        "shutdown_graceful_timeout": GRACE,
        "delete_jobs": "successful",
        "worker_middleware": [_named],
        "task_middleware": [_with_connection],
    }


def work() -> None:
    """Run queued and scheduled jobs until SIGTERM or SIGINT."""
    from procrastinate.contrib.django import app

    _widen_pool()

    async def run() -> None:
        async with app.open_async():
            await app.run_worker_async(**options())

    with app.replace_connector(app.connector.get_worker_connector()):
        asyncio.run(run())
