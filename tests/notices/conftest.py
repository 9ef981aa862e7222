"""A receiving side in place of the channels, and a text to tell."""

import pytest

from tests.notices.outbox_tools import Receiver
from tongxin.notices import texts
from tongxin.notices.actions import deliver


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Every channel leads here."""
    found = Receiver()
    monkeypatch.setattr(deliver, "send_by", found.send_by)
    return found


@pytest.fixture(autouse=True)
def _text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        texts._texts,
        "test.event",
        texts.NoticeText(
            "%(number)s", "%(number)s %(state)s", "%(number)s %(state)s", "/matters/%(number)s/"
        ),
    )
