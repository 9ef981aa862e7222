"""The machine's health for the system administrator: figures, no data of anybody."""

import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from tongxin.core.models import AccessLog, CalendarDay, LedgerHead

STALE_QUEUE = timedelta(minutes=10)
LITTLE_DISK = 0.1


@dataclass(frozen=True, slots=True)
class Health:
    """Sizes in bytes, times in milliseconds."""

    answer_ms: float
    version: str
    database_bytes: int
    ledger: LedgerHead | None
    last_check: AccessLog | None
    is_check_waiting: bool
    jobs_waiting: int
    jobs_failed: int
    oldest_job_at: datetime | None
    is_queue_late: bool
    workers: int
    disk_free: int
    disk_total: int

    @property
    def is_disk_low(self) -> bool:
        """Whether less than a tenth is free."""
        return self.disk_free < self.disk_total * LITTLE_DISK

    @property
    def is_check_whole(self) -> bool:
        """What the last check of the ledger found."""
        return self.last_check is not None and self.last_check.detail.endswith("whole")


def _queue() -> tuple[int, int, datetime | None, int]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE status IN ('todo', 'doing') AND coalesce(scheduled_at, now()) <= now()), "
                "count(*) FILTER (WHERE status = 'failed') FROM procrastinate_jobs"
            )
            waiting, failed = cursor.fetchone()
            cursor.execute(
                "SELECT min(coalesce(j.scheduled_at, e.at)) FROM procrastinate_jobs j "
                "JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred' "
                "WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()"
            )
            (oldest,) = cursor.fetchone()
            cursor.execute(
                "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute'"
            )
            (workers,) = cursor.fetchone()
    except DatabaseError:
        return 0, 0, None, 0
    return waiting, failed, oldest, workers


def health() -> Health:
    """Look at database, ledger, queue and disk. Eight short queries."""
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        version, size = cursor.fetchone()
    answer = (time.perf_counter() - begun) * 1000
    waiting, failed, oldest, workers = _queue()
    checks = AccessLog.objects.filter(action__in=["ledger.checked", "ledger.check_asked"]).order_by("-pk")
    newest = checks.first()
    done = (
        newest
        if newest and newest.action == "ledger.checked"
        else checks.filter(action="ledger.checked").first()
    )
    disk = shutil.disk_usage(settings.HOME)
    return Health(
        answer_ms=round(answer, 1),
        version=version,
        database_bytes=size,
        ledger=LedgerHead.objects.filter(pk=1).first(),
        last_check=done,
        is_check_waiting=newest is not None
        and newest.action == "ledger.check_asked"
        and timezone.now() - newest.at < STALE_QUEUE,
        jobs_waiting=waiting,
        jobs_failed=failed,
        oldest_job_at=oldest,
        is_queue_late=oldest is not None and timezone.now() - oldest > STALE_QUEUE,
        workers=workers,
        disk_free=disk.free,
        disk_total=disk.total,
    )


def declared_days() -> list[CalendarDay]:
    """Days that depart from the announced calendar, the latest first."""
    return list(CalendarDay.objects.order_by("-day"))
