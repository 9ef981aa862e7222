"""What notices say: one text a template, registered by the domain that tells it, rendered in the reader's language.

A text is made of lazy msgids with ``%(name)s``, filled from the notice's data. Two conventions save every domain the
same work: a value whose name ends in ``_on`` is a day (ISO 8601) and is written out as a date, and a value whose name
has labels (:func:`register_labels`: ``state``, ``step`` …) is shown by its label. A name that the data lacks is left
empty: a gap in a text must never stop what comes after it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A template's words. ``subject`` heads a mail, ``line`` stands in inbox and digests, ``body`` is the message.

    ``url`` is the path to read on, with ``%(name)s`` as well; empty when there is nothing to open. ``short`` is what a
    text message says, where the body would be too long for one (about 70 characters).
    """

    subject: Words
    line: Words
    body: Words
    url: str = ""
    short: Words = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text ready to be read. ``url`` is absolute when the district's address is set (``TONGXIN["base_url"]``).

    ``values`` are the data as a reader sees them, for providers that fill an approved text by themselves.
    """

    subject: str
    line: str
    body: str
    url: str
    short: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


_UNKNOWN = NoticeText(subject=_("有新消息"), line=_("有新消息"), body=_("有新消息，请打开查看。"))
_texts: dict[str, NoticeText] = {}
_labels: dict[str, Mapping[str, Words]] = {}
_phrases: dict[str, tuple[str, Words]] = {}


def register_text(code: str, text: NoticeText) -> None:
    """Say what a template says. Called once, when applications start."""
    _texts[code] = text


def register_texts(texts: Mapping[str, NoticeText]) -> None:
    """The same for a table of templates."""
    _texts.update(texts)


def register_labels(name: str, labels: Mapping[str, Words]) -> None:
    """Say how the values of one name in the data are shown: ``register_labels("state", {"acting": _("办理中")})``."""
    _labels[name] = labels


def register_phrase(name: str, needs: str, words: Words) -> None:
    """Part of a sentence that is said only where the data has ``needs``: ``register_phrase("by_when", "due_on",
    _("，%(due_on)s前"))``.
    """
    _phrases[name] = (needs, words)


def registered() -> Mapping[str, NoticeText]:
    """All texts by their code, for the tests that walk them."""
    return dict(_texts)


def render(template: str, data: Mapping[str, Any], language: str = "") -> Rendered:
    """Fill a template. Never fails: an unknown template says that there is news, a missing value is left out."""
    text = _texts.get(template, _UNKNOWN)
    with translation.override(language or settings.LANGUAGE_CODE):
        values = _shown(data)
        path = text.url % _Blanks({name: quote(str(value), safe="") for name, value in data.items()})
        return Rendered(
            subject=str(text.subject) % values,
            line=str(text.line) % values,
            body=str(text.body) % values,
            url=absolute(path),
            short=str(text.short or text.body) % values,
            values=dict(values),
        )


def absolute(path: str) -> str:
    """A path with the district's address before it, or the path alone while none is set."""
    return f"{settings.TONGXIN.get('base_url', '').rstrip('/')}{path}" if path else ""


class _Blanks(defaultdict[str, Any]):
    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(str, values)


def _shown(data: Mapping[str, Any]) -> _Blanks:
    values = _Blanks({name: _value(name, value) for name, value in data.items()})
    for name, (needs, words) in _phrases.items():
        if name not in values:
            values[name] = str(words) % values if data.get(needs) else ""
    return values


def _value(name: str, value: Any) -> Any:
    if name in _labels:
        return str(_labels[name].get(str(value), value))
    if name.endswith("_on") and value:
        try:
            return date_format(date.fromisoformat(str(value)[:10]), "DATE_FORMAT")
        except ValueError:
            return value
    return "" if value is None else value
