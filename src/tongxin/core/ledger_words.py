"""What the ledger's events are called on its page. Each layer says it of its own; an event without words shows its code."""

from collections.abc import Mapping

from django.utils.functional import Promise

_words: dict[str, str | Promise] = {}


def register_words(words: Mapping[str, str | Promise]) -> None:
    """Say what events are called, by code. Called once, when an application starts."""
    _words.update(words)


def words_of(event: str) -> str:
    """The event in the reader's language; "" where nobody said."""
    return str(_words.get(event, ""))
