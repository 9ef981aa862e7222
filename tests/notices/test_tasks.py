"""What workers are woken for, and what is brought back from those that died."""

import asyncio
from typing import Any

import pytest
from django.db import connection
from procrastinate.exceptions import ConnectorException

from tests.notices.outbox_tools import WORKDAY_NOON, Receiver, told, user_with
from tongxin.notices import actions, tasks
from tongxin.notices.models import Channel, Delivery


def _jobs() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock IS NOT NULL"
        )
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db
def test_each_minute_somebody_looks_by_themselves(
    receiver: Receiver, time_machine: Any, django_capture_on_commit_callbacks: Any
) -> None:
    time_machine.move_to(WORKDAY_NOON, tick=False)
    told("x", actions.to_user(user_with(Channel.SMS).pk))
    tasks.look_for_work(timestamp=0)
    assert Delivery.objects.filter(message__isnull=False).count() == 1
    assert {"notices-deliver-sms-0", "notices-deliver-sms-1"} <= _jobs()
    tasks.deliver_waiting(channel="sms", lane=0)
    assert len(receiver.parcels) == 1


@pytest.mark.django_db
def test_a_long_work_makes_room_for_others_and_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "STRETCH", -1.0)
    monkeypatch.setattr(actions, "deliver_waiting", lambda _channel: 1)
    monkeypatch.setattr(actions, "dispatch", lambda: 1)
    monkeypatch.setattr(actions, "make_messages", lambda: 1)
    tasks.deliver_waiting(channel="email", lane=1)
    tasks.dispatch()
    tasks.gather()
    assert {"notices-deliver-email-1", "notices-dispatch", "notices-gather"} <= _jobs()


class _Manager:
    """Two jobs of a dead worker; the second waits in the queue already."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []

    async def get_stalled_jobs(self, seconds_since_heartbeat: float) -> list[Any]:
        assert seconds_since_heartbeat + 60 < 120
        return [type("Job", (), {"id": number, "task_name": "t"}) for number in (1, 2)]

    async def retry_job(self, job: Any) -> None:
        if job.id == 2:
            raise ConnectorException
        self.done.append(("retried", job.id))

    async def finish_job(self, job: Any, status: Any, delete_job: bool) -> None:
        self.done.append(("ended", job.id))


def test_a_dead_workers_jobs_go_back_and_those_queued_twice_end() -> None:
    manager = _Manager()
    context = type("Context", (), {"app": type("App", (), {"job_manager": manager})})
    asyncio.run(tasks.requeue_stalled_jobs.func(context, 0))
    assert manager.done == [("retried", 1), ("ended", 2)]
