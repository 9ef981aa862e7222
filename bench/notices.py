"""Reminders and notices in bulk, by two workers, one of them killed half-way: ``python -m bench.notices``.

20,000 matters past their due date are reminded of, and 50,000 holders of receipts are told something; two worker
processes work it all through while a receiving server of its own counts by key. When half has arrived one worker is
killed (SIGKILL) and not replaced. At the end everything has arrived under its own key, nothing waits, and nothing the
dead worker held was left for two minutes. ``--reminders`` stops after the first part: how long the reminders take to
be written, in half a minute; the whole takes minutes, as it waits for the dead worker's leases to run out.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

MATTERS, NOTICES = 20_000, 50_000
PORT = int(os.environ.get("BENCH_PORT", "8121")) + 9
LONGEST_STUCK = 120
WORKER = "from tongxin.config.run import _set_up; _set_up(); from tongxin.config.worker import work; work()"


def _prepare(home: Path) -> None:
    """A data folder of its own, with a channel that leads to the receiver. All day is waking: benches run at night."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "config.json"
    template = {"id": "SMS_1", "parameters": ["number"]}
    channel = {
        "provider": "aliyun",
        "access_key_id": "bench",
        "sign_name": "同心",
        "endpoint": f"http://127.0.0.1:{PORT}",
        "templates": {"notice": template},
    }
    config.write_text(
        json.dumps(
            {"channels": [channel], "waking_hours": ["00:00", "23:59:59.999999"], "fold_over": 0},
            ensure_ascii=False,
        )
    )
    os.environ |= {
        "TONGXIN_HOME": str(home),
        "TONGXIN_CONFIG": str(config),
        "TONGXIN_DEMO": "0",
        "TONGXIN_ALIYUN_ACCESS_KEY_SECRET": "bench",
        "DJANGO_SETTINGS_MODULE": "tongxin.config.settings",
    }
    for name in ("DATABASE_URL", "TONGXIN_PRODUCTION", "TONGXIN_DEBUG"):
        os.environ.pop(name, None)
    from tongxin.core import embedded

    embedded.start()
    import django

    django.setup()
    from bench import fill
    from tongxin.config.preparation import prepare

    fill.MATTERS, fill.COMMENTS, fill.BUSY = MATTERS, NOTICES, 100
    prepare(demo=False)
    fill.fill()
    _make_reachable()


def _make_reachable() -> None:
    """Somebody with a verified phone in every unit, a contact for every receipt told, and today a working day."""
    from django.db import connection, transaction
    from django.utils import timezone

    from tongxin.accounts.models import RoleAssignment, User
    from tongxin.accounts.roles import Role, Scope
    from tongxin.core.contacts import sealer
    from tongxin.core.models import CalendarDay
    from tongxin.directory.models import Unit
    from tongxin.notices.models import Address, Channel

    now = timezone.now()
    for days in range(3):
        CalendarDay.objects.update_or_create(
            day=timezone.localdate() + timedelta(days=days), defaults={"is_workday": True}
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE notices_delivery, notices_message, notices_notice, procrastinate_jobs, procrastinate_workers CASCADE"
        )
        for unit in Unit.objects.all():
            user, is_new = User.objects.get_or_create(username=f"bench-{unit.pk}")
            if is_new:
                RoleAssignment.objects.create(user=user, role=Role.UNIT, scope=Scope.UNIT, scope_id=unit.pk)
                Address.objects.create(
                    user=user,
                    channel=Channel.SMS,
                    sealed_address=sealer().seal(f"139{unit.pk:08d}"),
                    verified_at=now,
                )
        cursor.execute("SELECT count(*) FROM core_contact")
        if not cursor.fetchone()[0]:
            with cursor.copy(
                "COPY core_contact (id, sealed_name, sealed_phone, phone_digest, consent_text, consented_at) FROM STDIN"
            ) as copy:
                for number in range(1, NOTICES + 1):
                    phone = f"138{number:08d}"
                    copy.write_row((number, "", sealer().seal(phone), f"{number:064d}", "同意", now))
            cursor.execute("UPDATE core_receipt SET contact_id = id - %s WHERE role = 'comment'", [MATTERS])


def _remind() -> tuple[int, float]:
    """Everything is a working day late; returns the reminders written and the seconds they took."""
    from django.utils import timezone

    from tongxin.core.clocks import local_calendar
    from tongxin.matters.models import Matter
    from tongxin.matters.reminding import remind

    morning = timezone.localtime().replace(hour=10, minute=0)
    due_on = local_calendar().add_workdays(morning.date(), -1)
    Matter.objects.update(state="acting", due_on=due_on, is_paused=False)
    begun = time.perf_counter()
    told = remind(morning)
    return told.notices, time.perf_counter() - begun


def _tell() -> tuple[int, float]:
    """Something happened to a thousand matters with fifty receipts each."""
    from django.db import transaction
    from django.utils import timezone

    from tongxin.core.models import Receipt
    from tongxin.notices import actions
    from tongxin.notices.models import Concern

    receipts = list(
        Receipt.objects.filter(contact__isnull=False).order_by("pk").values_list("pk", "dossier_id")[:NOTICES]
    )
    told, begun = 0, time.perf_counter()
    for first in range(0, len(receipts), 50):
        some = receipts[first : first + 50]
        with transaction.atomic():
            told += actions.tell(
                cause=f"bench:{first}",
                template="matter.assigned",
                to=[actions.to_receipt(pk) for pk, _dossier in some],
                concern=Concern.OWN,
                data={"number": f"S2026-{first}"},
                dossier_id=some[0][1],
                at=timezone.now(),
            )
    return told, time.perf_counter() - begun


def _counts() -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/counts", timeout=5) as answer:
        return json.loads(answer.read())


def _memory(pids: list[int]) -> float:
    from bench.run import shared_memory

    with suppress(OSError):
        return shared_memory(pids)
    return 0.0


@dataclass
class _Watched:
    """What is seen while the workers work."""

    peak: float = 0.0
    killed_at: float = 0.0
    stuck_for: float = 0.0
    is_free: bool = False
    held: dict[str, int] = field(default_factory=dict)
    freed: dict[str, float] = field(default_factory=dict)


def _watch(workers: "list[subprocess.Popen[bytes]]", expected: int, seconds: float) -> _Watched:
    """Until everything has arrived and nothing is held by the dead worker; kills the first when half has arrived."""
    seen, begun, shown = _Watched(), time.time(), 0.0
    while time.time() - begun < seconds:
        counts = _counts()
        seen.peak = max(seen.peak, _memory([worker.pid for worker in workers if worker.poll() is None]))
        if not seen.killed_at and counts["keys"] >= expected // 2:
            os.kill(workers[0].pid, signal.SIGKILL)
            workers[0].wait()
            seen.killed_at = time.time()
            seen.held = _held(seen.killed_at)
            print(f"  killed one at {counts['keys']} of {expected}; it held {seen.held}", flush=True)
        elif seen.killed_at and not seen.is_free:
            left = _held(seen.killed_at)
            seen.stuck_for = time.time() - seen.killed_at
            seen.freed |= {
                name: seen.stuck_for for name, count in left.items() if not count and name not in seen.freed
            }
            seen.is_free = not any(left.values())
        if time.time() - shown > 10:
            shown = time.time()
            print(f"  {shown - begun:4.0f} s: {counts['keys']} of {expected} arrived", flush=True)
        if counts["keys"] >= expected and seen.is_free and not _left():
            break
        time.sleep(0.5)
    return seen


def _held(since: float) -> dict[str, int]:
    """Messages claimed and jobs begun before a moment that are still in hand: the dead worker's, after a while."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM notices_message WHERE status = 'sending' AND claimed_at <= to_timestamp(%s)), "
            "(SELECT count(*) FROM procrastinate_jobs j WHERE status = 'doing' AND EXISTS (SELECT FROM procrastinate_events"
            " e WHERE e.job_id = j.id AND e.type = 'started' AND e.at <= to_timestamp(%s)))",
            [since, since],
        )
        messages, jobs = cursor.fetchone()
    return {"messages": messages, "jobs": jobs}


def _left() -> int:
    """Notices, deliveries and messages that are not done with."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM notices_notice WHERE dispatched_at IS NULL)"
            " + (SELECT count(*) FROM notices_delivery WHERE message_id IS NULL AND channel <> 'inbox')"
            " + (SELECT count(*) FROM notices_message WHERE status <> 'sent')"
        )
        return int(cursor.fetchone()[0])


def _started(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, *command],
        env=os.environ | {"TONGXIN_LOG_LEVEL": "ERROR", "TONGXIN_LOG_REQUESTS": "0"},
    )


def _wait_for(is_there: Callable[[], object]) -> None:
    for _attempt in range(100):
        with suppress(OSError):
            is_there()
            return
        time.sleep(0.1)
    raise RuntimeError("the receiver did not start")


def main(arguments: list[str] | None = None) -> int:
    """Fill, tell, watch, print; 0 when everything arrived once by its key and nothing was stuck."""
    parser = argparse.ArgumentParser(prog="python -m bench.notices")
    parser.add_argument("--fresh", action="store_true", help="delete the bench's own data folder first")
    parser.add_argument("--seconds", type=float, default=1200, help="give up after so long")
    parser.add_argument("--reminders", action="store_true", help="write the reminders only")
    options = parser.parse_args(arguments)
    from tongxin.core import embedded

    home = embedded.home() / "bench-notices"
    if options.fresh and home.exists():
        shutil.rmtree(home)
    _prepare(home)
    receiver = _started("-m", "bench.receiver", str(PORT))
    workers: list[subprocess.Popen[bytes]] = []
    try:
        _wait_for(_counts)
        reminders, reminding = _remind()
        print(f"  {reminders} reminders written in {reminding:.1f} s", flush=True)
        if options.reminders:
            return 0 if reminders >= MATTERS else 1
        begun = time.time()
        workers = [_started("-c", WORKER) for _ in range(2)]
        told, telling = _tell()
        print(f"  {told} notices told in {telling:.1f} s", flush=True)
        expected = reminders + told
        seen = _watch(workers, expected, options.seconds)
        return _report(expected, begun, seen)
    finally:
        for process in [*workers, receiver]:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        from django.db import connection, connections

        connections.close_all()
        connection.close_pool()
        embedded.stop()


def _seconds(freed: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.0f} s" for name, seconds in sorted(freed.items())) or "nothing freed"


def _report(expected: int, begun: float, seen: _Watched) -> int:
    counts, left = _counts(), _left()
    seconds = counts["last"] - begun
    whole = counts["keys"] == expected and not left and seen.is_free and seen.stuck_for <= LONGEST_STUCK
    rows = [
        ("reminders and notices", f"{expected}"),
        ("arrived, by key", f"{counts['keys']}"),
        ("sent a second time under the same key", f"{counts['requests'] - counts['keys']}"),
        ("still waiting", f"{left}"),
        (
            "from the kill until nothing was held by the dead worker",
            f"{_seconds(seen.freed)} (≤ {LONGEST_STUCK} s)",
        ),
        (
            "throughput, start of the workers to the last arrival",
            f"{expected / seconds:.0f}/s over {seconds:.0f} s",
        ),
        ("memory of two workers at most (PSS)", f"{seen.peak:.0f} MB"),
    ]
    print("\n".join(f"| {name} | {figure} |" for name, figure in rows), flush=True)
    print("all arrived once" if whole else "NOT WHOLE", flush=True)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
