"""Answer clocks follow the roster; what is late is told once; what nobody goes on with is closed."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tongxin.core import ledger
from tongxin.core.clocks import local_calendar
from tongxin.core.history import Conflict
from tongxin.core.process import ProcessError
from tongxin.directory.models import Workstation
from tongxin.duty.actions.desk.moving import close_thread
from tongxin.duty.actions.desk.step import SYSTEM
from tongxin.duty.actions.desk.telling import tell_office
from tongxin.duty.desk_clock import reworked
from tongxin.duty.models import DeskThread
from tongxin.duty.selectors.desk import WAITING, answer_minutes, late_threads, silent_threads, watches_around

MOST = 2000
log = structlog.get_logger(__name__)


@transaction.atomic
def rework_answer_clocks(station_id: int | None = None, *, at: datetime | None = None) -> int:
    """Work the answer clocks of waiting conversations out again after a roster changed; returns how many moved.

    ``station_id`` limits it to a station and the communities it covers; None is every station. What is late already
    stays late. A move is a ledger entry: nobody gains time unseen.
    """
    at = at or timezone.now()
    waiting = DeskThread.objects.select_for_update(of=("self",)).filter(state=WAITING, answer_due_at__gt=at)
    if station_id is not None:
        waiting = waiting.filter(Q(station_id=station_id) | Q(station__area__parent__workstation=station_id))
    threads = list(waiting.order_by("pk")[:MOST])
    if not threads:
        return 0
    calendar, minutes, tz = local_calendar(), answer_minutes(), timezone.get_current_timezone()
    stations = {
        station.pk: station
        for station in Workstation.objects.filter(pk__in={one.station_id for one in threads}).select_related(
            "area"
        )
    }
    earliest: dict[int, datetime] = {}
    for one in threads:
        earliest[one.station_id] = min(earliest.get(one.station_id, one.clock_from), one.clock_from)
    watches = {pk: watches_around(station, earliest[pk]) for pk, station in stations.items()}
    moved = []
    for thread in threads:
        assert thread.answer_due_at is not None
        around = watches[thread.station_id]
        due = reworked(
            thread.answer_due_at,
            clock_from=thread.clock_from,
            now=at,
            own=around.own,
            street=around.street,
            calendar=calendar,
            minutes=minutes,
            tz=tz,
        )
        if due is None or (due.at == thread.answer_due_at and due.covered_by == thread.covered_by_id):
            continue
        thread.answer_due_at, thread.covered_by_id = due.at, due.covered_by
        thread.due_on = timezone.localtime(due.at).date()
        if thread.answered_at is None:
            thread.first_due_at = due.at
        moved.append(thread)
    DeskThread.objects.bulk_update(moved, ["answer_due_at", "covered_by", "due_on", "first_due_at"])
    ledger.append_all(
        "desk.clock_reworked",
        [
            ledger.Happening(
                one.pk, {"number": one.number, "due_at": one.answer_due_at.isoformat()}, is_public=False
            )
            for one in moved
            if one.answer_due_at
        ],
        at=at,
    )
    return len(moved)


def tell_late(now: datetime | None = None) -> int:
    """Tell liaison and office of every late answer, once a question; returns how many notices were new."""
    now = now or timezone.now()
    told = 0
    for thread in late_threads(now):
        with transaction.atomic():
            cause = f"desk.late:{thread.pk}:{thread.clock_from.isoformat()}"
            told += tell_office(thread, "desk.late", cause, at=now, and_liaison=True)
    return told


def close_silent(now: datetime | None = None) -> int:
    """Close what was answered and then stood still for ``TONGXIN["desk_close_days"]`` days (15); returns how many."""
    now = now or timezone.now()
    days = int(settings.TONGXIN["desk_close_days"])
    closed = 0
    for thread in silent_threads(now - timedelta(days=days)):
        try:
            close_thread(thread, actor=SYSTEM, seen_version=thread.version, at=now)
            closed += 1
        except (ProcessError, Conflict) as refused:
            log.info("desk_thread_not_closed", number=thread.number, reason=type(refused).__name__)
    return closed
