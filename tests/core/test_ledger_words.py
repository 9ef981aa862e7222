"""The ledger's page says in words what its entries record."""

import pytest
from django.test import Client
from django.utils import translation

from tests.testing.district import District, Journey
from tongxin.core.ledger_words import words_of
from tongxin.core.models import LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.matters.actions import deliberating, raising
from tongxin.matters.process import SIX_STEPS


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_event_of_the_method_has_words(language: str) -> None:
    with translation.override(language):
        words = {transition.event: words_of(transition.event) for transition in SIX_STEPS.transitions}
    assert not [event for event, said in words.items() if not said]
    if language == "en":
        assert not [said for said in words.values() if not said.isascii()]


def test_what_nobody_named_has_none() -> None:
    assert words_of("nobody.named") == ""


def test_the_page_shows_words_and_the_number_of_the_record(district: District, client: Client) -> None:
    journey = Journey(district).to_acting()
    deliberating.add_comment(
        journey.fresh(),
        actor=raising.passer_by(),
        token=new_token("comment"),
        text="装灯好",
        stance="support",
    )
    page = client.get("/ledger/").content.decode()
    assert "有人留言" in page
    assert f"{journey.fresh().number} · comment.added" in page
    assert "装灯好" not in page
    public = LedgerEntry.objects.filter(is_public=True).values_list("event", flat=True)
    assert not [event for event in public if not words_of(event)]
