"""Jobs that only say that there is work: one waits at a time, and who knows that it waits asks nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.core.jobs import forget_waiting, wake

TASK = {"task": "tongxin.notices.tasks.gather", "queue": "notices"}


def queries_of(**options: object) -> int:
    with CaptureQueriesContext(connection) as seen:
        wake(**TASK, **options)  # type: ignore[arg-type]
    return len([query for query in seen if "procrastinate" in query["sql"]])


@pytest.mark.django_db
class TestWake:
    def test_one_job_waits_however_often_it_is_asked_for(self):
        assert wake(**TASK, lock="a") is True
        assert wake(**TASK, lock="a") is False
        assert wake(**TASK, lock="b") is True

    def test_who_queued_a_job_for_later_asks_nothing_until_it_may_begin(self):
        wake(**TASK, lock="a", after=60)
        assert queries_of(lock="a", after=60) == 0

    def test_who_found_a_job_waiting_for_its_time_asks_nothing_more(self):
        wake(**TASK, lock="a", after=60)
        forget_waiting()  # as if another process had queued it
        assert queries_of(lock="a", after=60) == 1
        assert queries_of(lock="a", after=60) == 0

    def test_a_job_that_may_begin_any_moment_is_asked_for_each_time(self):
        wake(**TASK, lock="a")
        assert queries_of(lock="a") == queries_of(lock="a") == 1

    def test_after_its_time_it_is_asked_for_again(self, monkeypatch):
        moment = [1000.0]
        monkeypatch.setattr("tongxin.core.jobs.time.monotonic", lambda: moment[0])
        wake(**TASK, lock="a", after=60)
        moment[0] += 61
        assert queries_of(lock="a", after=60) == 1
