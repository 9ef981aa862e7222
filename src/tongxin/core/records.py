"""What pages that serve every kind of record need to know of each: its numbers, its tracking page, its files.

A domain registers its kind of dossier in ``AppConfig.ready``. One page then opens any number with its code, one address
serves any file after the kind's own access check, and the work page shows what waits anywhere.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tongxin.core.actor import Actor
from tongxin.core.models import Attachment, RecordNumber


@dataclass(frozen=True, slots=True)
class Followed:
    """A record in the list of what a browser has opened: its address, title and where it stands in a sentence."""

    url: str
    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of dossier."""

    code: str
    """``Dossier.kind``."""
    track_url: Callable[[str], str]
    """The page of who holds a tracking code, by number."""
    may_read_file: Callable[[Actor | None, int, Attachment, Collection[int]], bool]
    """Whether somebody may read a file of a dossier: ``(actor or None, dossier id, attachment, receipts held)``. Asked
    first with None and no receipts: who is let in then may be anybody, and the answer may be kept by caches."""
    followed: Callable[[Sequence[int]], list[Followed]]
    """What the holder of these receipts follows, newest first. At most two queries."""
    series: Mapping[str, Any] = field(default_factory=dict)
    """Letter of a number in addresses → the number on paper: ``{"S": _("微建议〔%(year)s〕%(serial)s号")}``."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people may type for a series, in capitals, and its letter: ``{"微建议": "S", "SUGGESTION": "S"}``."""


_kinds: dict[str, RecordKind] = {}


def register_kind(kind: RecordKind) -> None:
    """Make a kind of dossier known to the pages that serve all of them."""
    _kinds[kind.code] = kind


def kind_of(code: str) -> RecordKind | None:
    """The kind with this code."""
    return _kinds.get(code)


def registered_kinds() -> list[RecordKind]:
    """All kinds, in the order of registration."""
    return list(_kinds.values())


_SLUG = re.compile(r"([A-Z])(\d{4})-(\d{1,9})")
_WRITTEN = re.compile(r"([^\d〔\[(【{]+)[〔\[(【{]?(\d{4})[〕\])】}]?(?:第|NO\.?)?(\d{1,9})号?")


def number_text(number: str) -> str:
    """A number as people read it: ``S2026-12`` is 微建议〔2026〕12号, in English Suggestion [2026] No. 12."""
    found = _SLUG.fullmatch(number)
    if found is None:
        return number
    words = next((kind.series[found[1]] for kind in _kinds.values() if found[1] in kind.series), None)
    return number if words is None else str(words) % {"year": found[2], "serial": found[3]}


def newest_number(dossier_id: int) -> str:
    """The number a dossier goes by, as addresses write it; "" for one without. What it grew out of keeps the older ones."""
    return (
        RecordNumber.objects.filter(dossier=dossier_id).order_by("-pk").values_list("slug", flat=True).first()
        or ""
    )


def parse_number(typed: str) -> str | None:
    """The number as addresses write it, from whatever was typed: full width, small letters, the form on paper.

    None when it cannot be a number of ours.
    """
    compact = (
        re.sub(r"\s+", "", unicodedata.normalize("NFKC", typed[:60]))
        .upper()
        .replace("—", "-")
        .replace("–", "-")
    )
    found = _SLUG.fullmatch(compact)
    if found:
        return f"{found[1]}{found[2]}-{int(found[3])}"
    found = _WRITTEN.fullmatch(compact)
    letter = _letter_of(found[1]) if found else None
    return f"{letter}{found[2]}-{int(found[3])}" if found and letter else None


def _letter_of(name: str) -> str | None:
    return next((kind.names[name] for kind in _kinds.values() if name in kind.names), None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for somebody besides the matters of their list: a line of their work page."""

    url: str
    words: str
    count: int = 0
    is_late: bool = False
    due_at: datetime | None = None


waiting_sources: list[Callable[[Actor], list[Waiting]]] = []
"""What each domain has waiting for an actor; each callable takes at most three queries and gives a handful of lines."""


def waiting_for(actor: Actor) -> list[Waiting]:
    """What waits for the actor anywhere, late first."""
    found = [line for source in waiting_sources for line in source(actor)]
    return sorted(found, key=lambda line: not line.is_late)


@dataclass(frozen=True, slots=True)
class WorkPage:
    """A page of the staff's navigation and who may open it."""

    url: str
    name: Any
    is_for: Callable[[Actor], bool]


work_pages: list[WorkPage] = []
"""Pages of the staff that domains add to the work page, in the order of registration."""
