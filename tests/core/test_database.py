"""A transaction's last statement, held back until the commit: sent with it, or before whatever else is asked."""

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from tongxin.core import ledger
from tongxin.core.models import Dossier, LedgerEntry, NumberSeries
from tongxin.core.together import Write, insertion, write_last


class Undone(Exception):
    """What ends an act before its commit."""


def series(letter: str, last: int = 0) -> Write:
    return insertion(NumberSeries(series=letter, year=2026, last=last))


@pytest.mark.django_db(transaction=True)
class TestHeld:
    def test_it_is_carried_out_with_the_commit(self):
        rows = []
        with transaction.atomic():
            write_last([series("A", 7)], "last", rows.append)
            assert rows == []
        assert rows == [(7,)]
        assert NumberSeries.objects.get().series == "A"

    def test_who_watches_statements_sees_it_as_one_of_its_own(self):
        seen = []

        def watch(execute, sql, *rest):
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(watch), transaction.atomic():
            write_last([series("A")], "last")
        assert [sql for sql in seen if "core_numberseries" in sql]
        assert NumberSeries.objects.count() == 1

    def test_what_is_asked_next_makes_it_go_first(self):
        rows = []
        with transaction.atomic():
            write_last([series("A")], "last", rows.append)
            assert NumberSeries.objects.count() == 1
            assert rows == [(0,)]
            write_last([series("B")], "last", rows.append)
            write_last([series("C")], "last", rows.append)
            assert len(rows) == 2
        assert len(rows) == NumberSeries.objects.count() == 3

    def test_an_exception_undoes_all_of_it(self):
        def fail():
            with transaction.atomic():
                Dossier.objects.create(kind="matter")
                write_last([series("A")], "last")
                raise Undone

        with pytest.raises(Undone):
            fail()
        assert not Dossier.objects.exists()
        assert not NumberSeries.objects.exists()
        assert connection.held is None

    def test_an_error_at_the_commit_undoes_the_transaction_and_the_connection_goes_on(self):
        NumberSeries.objects.create(series="A", year=2026)

        def repeat():
            with transaction.atomic():
                Dossier.objects.create(kind="matter")
                write_last([series("A")], "last")

        with pytest.raises(IntegrityError):
            repeat()
        assert not Dossier.objects.exists()
        with transaction.atomic():
            write_last([series("B")], "last")
        assert NumberSeries.objects.count() == 2

    def test_alone_in_its_transaction_it_is_one_statement(self):
        NumberSeries.objects.create(series="A", year=2026)

        def repeat():
            with transaction.atomic():
                write_last([series("A")], "last")

        with pytest.raises(IntegrityError):
            repeat()
        with transaction.atomic():
            write_last([series("B")], "last")
        assert NumberSeries.objects.count() == 2
        # What follows is in transactions again.
        with transaction.atomic():
            NumberSeries.objects.all().delete()
            transaction.set_rollback(True)
        assert NumberSeries.objects.count() == 2

    def test_a_connection_that_died_before_it_is_told_as_such(self):
        def write_on_a_dead_line():
            with transaction.atomic():
                write_last([series("A")], "last")
                connection.connection.close()

        with pytest.raises(OperationalError):
            write_on_a_dead_line()
        connection.close()
        assert not NumberSeries.objects.exists()

    def test_what_is_given_another_s_row_is_written_only_with_it(self):
        NumberSeries.objects.create(series="A", year=2026, last=3)
        given = Write(
            "UPDATE core_numberseries SET last = last + 1 WHERE last = %s RETURNING last", (3,), "given"
        )
        rows = []
        for _turn in range(2):
            with transaction.atomic():
                dossier = Dossier(kind="matter", created_at=timezone.now())
                write_last([given, insertion(dossier, given="given")], "id", rows.append)
        assert rows[0] is not None
        assert rows[1] is None
        assert Dossier.objects.count() == 1

    def test_a_deferred_constraint_broken_at_the_commit_is_an_error_of_the_act(self):
        def point_nowhere():
            with transaction.atomic():
                ledger.append("test.happened", body={}, at=timezone.now(), dossier_id=10**9)

        with pytest.raises(IntegrityError):
            point_nowhere()
        assert ledger.verify() == (0, None)

    def test_an_inner_block_that_fails_takes_only_its_own_with_it(self):
        def fail_inside():
            with transaction.atomic():
                write_last([series("B")], "last")
                raise Undone

        with transaction.atomic():
            write_last([series("A")], "last")
            with pytest.raises(Undone):
                fail_inside()
        assert [one.series for one in NumberSeries.objects.all()] == ["A"]

    def test_hooks_run_after_it(self):
        seen = []
        with transaction.atomic():
            transaction.on_commit(lambda: seen.append(NumberSeries.objects.count()))
            write_last([series("A")], "last")
        assert seen == [1]

    def test_outside_a_transaction_it_is_refused(self):
        with pytest.raises(transaction.TransactionManagementError):
            write_last([series("A")], "last")


@pytest.mark.django_db
def test_two_entries_of_one_transaction_are_two_links():
    with transaction.atomic():
        ledger.append("test.happened", body={"n": 1}, at=timezone.now())
        assert ledger.append_now("test.happened", body={"n": 2}, at=timezone.now()) == 2
        ledger.append("test.happened", body={"n": 3}, at=timezone.now())
    assert list(LedgerEntry.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]
    assert ledger.verify() == (3, None)


@pytest.mark.django_db
def test_a_link_given_a_row_is_appended_only_with_it():
    def append(last: int) -> bool:
        given = Write(
            "UPDATE core_numberseries SET last = last WHERE last = %s RETURNING last", (last,), "given"
        )
        return ledger.append_given(given, "test.happened", body={"n": last}, at=timezone.now())

    NumberSeries.objects.create(series="A", year=2026, last=3)
    assert [append(4), append(3), append(5)] == [False, True, False]
    assert ledger.verify() == (1, None)


@pytest.mark.django_db
def test_a_link_made_here_depends_on_nothing(settings):
    settings.TONGXIN = {**settings.TONGXIN, "digest": "sm3"}
    with pytest.raises(ValueError, match="depend"):
        ledger.append_given(Write("SELECT 1", (), "given"), "test.happened", body={}, at=timezone.now())
