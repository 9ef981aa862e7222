"""Texts are filled, dated and labelled in the reader's language, and never stop what comes after them."""

import pytest
from django.utils.translation import gettext_lazy as _

from tongxin.notices import texts


@pytest.fixture(autouse=True)
def _registered(monkeypatch) -> None:
    monkeypatch.setattr(texts, "_texts", {})
    monkeypatch.setattr(texts, "_labels", {})
    texts.register_text(
        "matter.assigned",
        texts.NoticeText(
            "%(number)s", "%(number)s %(due_on)s", "%(number)s %(state)s 100%%", "/matters/%(number)s/"
        ),
    )
    texts.register_labels("state", {"sms": _("短信")})


def test_filled_with_dates_and_labels(settings) -> None:
    settings.TONGXIN = settings.TONGXIN | {"base_url": "https://tongxin.example/"}
    rendered = texts.render("matter.assigned", {"number": "S2026-7", "due_on": "2026-03-04", "state": "sms"})
    assert rendered.subject == "S2026-7"
    assert rendered.line == "S2026-7 2026年3月4日"
    assert rendered.body == "S2026-7 短信 100%"
    assert rendered.url == "https://tongxin.example/matters/S2026-7/"


def test_in_the_readers_language() -> None:
    rendered = texts.render("matter.assigned", {"number": "S1", "due_on": "2026-03-04", "state": "sms"}, "en")
    assert "March 4, 2026" in rendered.line
    assert "短信" not in rendered.body


@pytest.mark.parametrize(
    "data", [{}, {"due_on": "soon", "state": None}, {"number": "../..", "state": "unknown"}]
)
def test_gaps_and_oddities_never_stop_it(data: dict[str, object]) -> None:
    rendered = texts.render("matter.assigned", data)
    assert isinstance(rendered.body, str)
    assert "/../" not in rendered.url


def test_an_unknown_template_says_that_there_is_news() -> None:
    assert texts.render("nobody.registered", {"number": "S1"}).line


def test_data_is_never_read_as_a_template() -> None:
    assert texts.render("matter.assigned", {"number": "%(state)s %s", "state": "x"}).subject == "%(state)s %s"
