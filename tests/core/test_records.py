"""The registry of kinds: any number read and written, what waits for whom."""

from datetime import datetime

import pytest
from django.utils import translation

from tests.testing.district import District
from tongxin.core import records
from tongxin.core.actor import Actor
from tongxin.core.records import Waiting, number_text, parse_number, waiting_for


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("S2026-12", "S2026-12"),
        (" s2026－012 ", "S2026-12"),
        ("微建议〔2026〕12号", "S2026-12"),
        ("微协商[2026]第 7 号", "C2026-7"),
        ("Suggestion [2026] No. 12", "S2026-12"),
        ("不知道〔2026〕12号", None),
        ("138 0000 0000", None),
        ("", None),
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str, number: str | None) -> None:
    assert parse_number(typed) == number


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_series_reads_back_what_it_writes(language: str) -> None:
    letters = [letter for kind in records.registered_kinds() for letter in kind.series]
    assert len(letters) == len(set(letters)) > 1
    for letter in letters:
        number = f"{letter}2026-12"
        with translation.override(language):
            written = number_text(number)
        assert written != number
        assert parse_number(written) == number


def test_what_cannot_be_a_number_is_shown_as_it_is() -> None:
    assert number_text("Ö1") == "Ö1"


def test_what_waits_stands_late_first(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    def one(actor: Actor) -> list[Waiting]:
        return [Waiting("/a/", "甲", 1, due_at=datetime(2026, 3, 1))]

    def other(actor: Actor) -> list[Waiting]:
        return [Waiting("/b/", "乙", 2, is_late=True)]

    monkeypatch.setattr(records, "waiting_sources", [one, other])
    assert [line.words for line in waiting_for(district.actor("office"))] == ["乙", "甲"]
