"""Many at once: numbers without gaps, one record for one form, one winner of two."""

import json

import pytest
from django.db import transaction
from django.utils import timezone

from tests.testing.district import Journey, build_district
from tests.testing.threads import at_once
from tongxin.core import ledger
from tongxin.core.history import Conflict
from tongxin.core.models import Dossier, Entry, LedgerEntry, Receipt, RecordNumber
from tongxin.core.numbering import take_number
from tongxin.core.receipts import new_token
from tongxin.matters.actions import raising, triage
from tongxin.matters.models import Matter
from tongxin.notices.models import Notice


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
@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_raised_at_once_each_has_its_number_everywhere_and_the_ledger_is_whole(settings, digest):
    """The number is taken by the statement that writes everything else: matter, notices, ledger body."""
    settings.TONGXIN = {**settings.TONGXIN, "digest": digest}
    district = build_district()

    def job(index):
        made = raising.raise_matter(
            actor=raising.passer_by(),
            token=new_token("raise"),
            text=f"第{index}件事。",
            area=district.community,
        )
        return made.matter.pk, made.matter.number

    raised = dict(at_once(16, job))
    year = timezone.localdate().year
    assert sorted(raised.values()) == sorted(f"S{year}-{serial}" for serial in range(1, 17))
    assert dict(Matter.objects.values_list("pk", "number")) == raised
    assert dict(RecordNumber.objects.values_list("dossier_id", "slug")) == raised
    told = Notice.objects.values_list("dossier_id", "data__number")
    assert told
    assert set(told) == set(raised.items())
    entries = Entry.objects.values_list("dossier_id", "ledger_seq")
    said = {seq: json.loads(body) for seq, body in LedgerEntry.objects.values_list("seq", "body")}
    assert {dossier: said[seq]["number"] for dossier, seq in entries} == raised
    assert ledger.verify() == (16, None)


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


@pytest.mark.django_db(transaction=True)
def test_nobody_s_words_stand_for_a_number():
    """Whatever is typed stays what it is, in an act that takes a number and in one that doesn't."""
    district = build_district()
    words = "\ue000 number-0 %s $1 (SELECT slug FROM numbered) 路灯"
    journey = Journey(district)
    journey.matter = raising.raise_matter(
        actor=raising.passer_by(), token=new_token("raise"), text=words, title=words, area=district.community
    ).matter
    assert Matter.objects.get().original_text == words
    triage.ask_more(
        journey.matter, actor=district.actor("office"), question=words, seen_version=journey.matter.version
    )
    assert ledger.verify() == (2, None)
    assert {data["number"] for data in Notice.objects.values_list("data", flat=True)} == {
        journey.matter.number
    }
