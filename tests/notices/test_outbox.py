"""A notice is there with its cause or not at all, once, at the price of one statement."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.notices.outbox_tools import dossier, receipt_of, told, user_with
from tongxin.notices import actions
from tongxin.notices.models import Concern, Notice

pytestmark = pytest.mark.django_db


def _waiting_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 'notices-dispatch'")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_telling_needs_the_transaction_of_its_cause() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        actions.tell(
            cause="x",
            template="t",
            to=[actions.to_user(1)],
            concern=Concern.OWN,
            data={},
            dossier_id=None,
            at=timezone.now(),
        )


def test_nothing_is_told_of_what_was_undone() -> None:
    user = user_with()
    with transaction.atomic():
        actions.tell(
            cause="x",
            template="t",
            to=[actions.to_user(user.pk)],
            concern=Concern.OWN,
            data={},
            dossier_id=None,
            at=timezone.now(),
        )
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


def test_the_same_cause_is_told_once_and_counted_once() -> None:
    one, other = user_with(), user_with()
    assert told("cause", actions.to_user(one.pk), actions.to_user(one.pk)) == 1
    assert told("cause", actions.to_user(one.pk), actions.to_user(other.pk)) == 1
    assert told("another", actions.to_user(one.pk)) == 1
    assert Notice.objects.count() == 3


def test_one_statement_for_however_many_addressees() -> None:
    record = dossier()
    receipt = receipt_of(record)
    to = [
        *(actions.to_user(user_with().pk) for _ in range(20)),
        actions.to_receipt(receipt.pk),
        actions.to_role("office"),
        actions.to_followers(dossier=[record.pk], area=[2, 1]),
        actions.to_webhooks(),
    ]
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        count = actions.tell(
            cause="x",
            template="t",
            to=to,
            concern=Concern.OWN,
            data={"due_on": timezone.localdate()},
            dossier_id=record.pk,
            at=timezone.now(),
        )
    statements = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 1
    assert count == 24
    notice = Notice.objects.get(targets__isnull=False)
    assert notice.targets == {"area": [1, 2], "dossier": [record.pk]}


def test_telling_nobody_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert told("x") == 0
    assert not [query for query in asked if "SAVEPOINT" not in query["sql"]]


def test_a_long_cause_still_has_a_key_of_its_own() -> None:
    user = user_with()
    assert told("长" * 300 + "1", actions.to_user(user.pk)) == 1
    assert told("长" * 300 + "2", actions.to_user(user.pk)) == 1
    assert told("长" * 300 + "1", actions.to_user(user.pk)) == 0


def test_one_job_wakes_the_dispatcher_however_much_is_told(django_capture_on_commit_callbacks) -> None:
    user = user_with()
    with django_capture_on_commit_callbacks(execute=True):
        told("a", actions.to_user(user.pk))
        told("b", actions.to_user(user.pk))
    with django_capture_on_commit_callbacks(execute=True):
        told("c", actions.to_user(user.pk))
    assert _waiting_jobs() == 1


def test_a_wake_up_leaves_a_waiting_job_alone(django_capture_on_commit_callbacks) -> None:
    assert actions.wake("gather", lock="gather") is True
    assert actions.wake("gather", lock="gather") is False
    user = user_with()
    actions.wake_dispatcher()
    with django_capture_on_commit_callbacks(execute=True):
        told("a", actions.to_user(user.pk))
    assert _waiting_jobs() == 1


def test_told_again_wakes_nobody(django_capture_on_commit_callbacks) -> None:
    user = user_with()
    told("a", actions.to_user(user.pk))
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        told("a", actions.to_user(user.pk))
    assert callbacks == []


def telling(cause: str, *users: int, at=None, by: int | None = None, **data: object) -> actions.Telling:
    to = [actions.to_user(pk) for pk in users]
    return actions.Telling(cause, "test.event", to, Concern.OWN, data, None, at or timezone.now(), by)


def test_many_events_in_one_statement_are_what_each_alone_would_be() -> None:
    one, other = user_with().pk, user_with().pk
    at = timezone.now() - timedelta(days=3)
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        counts = actions.tell_many(
            [
                telling("a", one, other, number="A"),
                telling("b", one, number="B", at=at),
                telling("none"),
                telling("a", one, number="another A"),
                telling("c", other, one, number="C", by=one),
            ]
        )
    assert counts == [2, 1, 0, 0, 2]
    assert sum("INSERT INTO notices_notice" in query["sql"] for query in asked) == 1
    found = {
        notice.key: (notice.user_id, notice.data["number"], notice.is_past, notice.by_user_id)
        for notice in Notice.objects.all()
    }
    assert found == {
        f"a>u{one}": (one, "A", False, None),
        f"a>u{other}": (other, "A", False, None),
        f"b>u{one}": (one, "B", True, None),
        f"c>u{one}": (one, "C", False, one),
        f"c>u{other}": (other, "C", False, one),
    }
    with transaction.atomic():
        assert actions.tell_many([telling("a", one), telling("d", one)]) == [0, 1]


def test_nothing_to_tell_is_told_without_a_question(django_assert_num_queries) -> None:
    with transaction.atomic(), django_assert_num_queries(0):
        assert actions.tell_many([]) == []
        assert actions.tell_many([telling("x")]) == [0]
