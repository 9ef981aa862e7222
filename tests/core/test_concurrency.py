"""Many at once: numbers without gaps, one record for one form, one winner of two."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from tests.testing.district import Journey, build_district
from tongxin.core import ledger
from tongxin.core.history import Conflict
from tongxin.core.models import Dossier, Receipt, RecordNumber
from tongxin.core.numbering import take_number
from tongxin.core.receipts import new_token
from tongxin.matters.actions import raising, triage
from tongxin.matters.models import Matter


def at_once(count, job):
    """Run a job in so many threads that start together, each with its own connection; return what each gave."""
    gate = threading.Barrier(count)

    def one(index):
        try:
            gate.wait(30)
            return job(index)
        except Exception as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_even_when_some_fail():
    def job(index):
        with transaction.atomic():
            dossier = Dossier.objects.create(kind="matter")
            number = take_number(dossier.pk, series="S", year=2026)
            if index % 3 == 0:
                raise ValueError("rolled back")
            return number.serial

    made = [result for result in at_once(24, job) if isinstance(result, int)]
    assert sorted(made) == list(range(1, 17))
    assert RecordNumber.objects.count() == 16


@pytest.mark.django_db(transaction=True)
def test_fifty_identical_submissions_make_one_matter_and_one_receipt():
    district = build_district()
    token = new_token("raise")

    def job(_index):
        made = raising.raise_matter(
            actor=raising.passer_by(), token=token, text="村口堵车，想装红绿灯。", area=district.community
        )
        return made.matter.number, made.issued.code

    results = at_once(50, job)
    assert len(set(results)) == 1
    assert Matter.objects.count() == Receipt.objects.count() == 1
    assert ledger.verify() == (1, None)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_on_one_step_one_wins_and_the_other_is_told_who():
    district = build_district()
    journey = Journey(district).to_raised()
    matter = journey.fresh()
    office = district.actor("office")

    def job(index):
        if index:
            return triage.ask_more(matter, actor=office, question="几号楼门口？", seen_version=matter.version)
        return triage.decline_matter(
            matter, actor=office, ground="outside_district", reply="不在本区。", seen_version=matter.version
        )

    results = at_once(2, job)
    lost = [result for result in results if isinstance(result, Conflict)]
    assert len(lost) == 1
    assert [entry.actor_label for entry in lost[0].entries] == ["政协办公室"]
    assert journey.fresh().version == matter.version + 1
    assert ledger.verify()[1] is None
