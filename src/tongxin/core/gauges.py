"""Core's gauges: jobs, workers, ledger, connections."""

from collections.abc import Sequence

from django.db import connection

from tongxin.core.diagnosis import ALIVE, STALLED
from tongxin.core.metrics import Rows, gauge


def _rows(statement: str, parameters: Sequence[int] = ()) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall())


def _numbers(statement: str, parameters: Sequence[int] = ()) -> Rows:
    """A statement's rows: the last column is the value, those before it the labels."""
    return [
        (tuple(str(part) for part in row[:-1]), float(str(row[-1]))) for row in _rows(statement, parameters)
    ]


@gauge("tongxin_jobs", "Jobs in the queue: due, later, at work, stalled, failed.", "queue", "status")
def jobs() -> Rows:
    """By queue and status."""
    return _numbers(
        "SELECT j.queue_name, CASE WHEN j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - %s * "
        "interval '1 second') THEN 'stalled' WHEN j.status = 'todo' AND j.scheduled_at > now() THEN 'later' "
        "WHEN j.status = 'todo' THEN 'due' ELSE j.status::text END AS kind, count(*) FROM procrastinate_jobs j "
        "LEFT JOIN procrastinate_workers w ON w.id = j.worker_id WHERE j.status IN ('todo', 'doing', 'failed') "
        "GROUP BY 1, 2",
        [STALLED],
    )


@gauge("tongxin_oldest_job_seconds", "How long the oldest job that is due has waited.")
def oldest_job() -> Rows:
    """0 when none waits."""
    return _numbers(
        "SELECT coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, (SELECT min(e.at) FROM "
        "procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred'), now()))), 0)::float "
        "FROM procrastinate_jobs j WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()"
    )


@gauge("tongxin_workers_alive", "Workers that gave a sign of life within the minute.")
def workers() -> Rows:
    """From the workers' heartbeats."""
    return _numbers(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s * interval '1 second'",
        [ALIVE],
    )


@gauge("tongxin_ledger_entries", "Number of the ledger's newest entry.")
def ledger() -> Rows:
    """The head's number."""
    return _numbers("SELECT coalesce(max(seq), 0) FROM core_ledgerhead")


@gauge("tongxin_database_connections", "Connections to the database server by clients.")
def connections() -> Rows:
    """All databases of the server."""
    return _numbers("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
