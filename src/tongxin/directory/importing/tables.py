"""What a table is made of: columns, rows, and what a row may be checked against."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tongxin.directory.importing.cells import Parser
from tongxin.directory.models import Area, Committee, Member, Posting, Sector, Term, Unit, Workstation

Values = dict[str, Any]
Key = tuple[Hashable, ...]


def in_english() -> bool:
    """Whether the reader's language is English; headings exist in both."""
    language = get_language()
    return language is not None and bool(language.startswith("en"))


def show_plain(value: Any) -> str:
    """A value as the reader sees it: yes and no in words, a date and a time short, nothing as a dash."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if hasattr(value, "strftime"):
        return value.strftime("%H:%M") if hasattr(value, "hour") else value.isoformat()
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading in two languages, how its cells are read, and what stands in an empty one.

    ``path`` is where the value is found on an existing row. ``required`` concerns new rows: on an existing row an
    empty cell changes nothing. A cell of a single dash empties a column that may be empty (``empties``).
    """

    name: str
    zh: str
    en: str
    parse: Parser
    path: str = ""
    required: bool = False
    default: Any = ""
    empties: bool = False
    example: tuple[str, str] = ("", "")
    hint: tuple[str, str] = ("", "")
    aliases: tuple[str, ...] = ()
    show: Callable[[Any], str] = show_plain

    @property
    def title(self) -> str:
        """The heading in the reader's language."""
        return self.en if in_english() else self.zh

    @property
    def help(self) -> str:
        """What to write in the column, in the reader's language."""
        return self.hint[1 if in_english() else 0]

    def headings(self) -> Iterator[str]:
        """Every heading the column answers to, normalised."""
        for heading in (self.name, self.zh, self.en, *self.aliases):
            yield normal_heading(heading)


def normal_heading(text: str) -> str:
    """A heading without case, blanks, underscores, stars and remarks in brackets."""
    plain = text.replace("（", "(").split("(")[0]
    return "".join(c for c in plain.lower() if c not in " _*＊\u3000\ufeff\t\n\r:：-")


@dataclass(slots=True)
class Row:
    """A row of the file: its number as the reader counts, what it gives, and what the record would be after it."""

    number: int
    given: Values
    key: Key = ()
    final: Values = field(default_factory=dict)
    pk: int | None = None
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Existing:
    """A record of the directory in the table's own terms."""

    pk: int
    values: Values


class Lookups:
    """What rows refer to, read once each and only when asked for."""

    @cached_property
    def areas(self) -> dict[str, Area]:
        """Areas by code."""
        return {area.code: area for area in Area.objects.select_related("parent")}

    @cached_property
    def stations(self) -> dict[str, Workstation]:
        """Stations by code."""
        return {station.code: station for station in Workstation.objects.select_related("area")}

    @cached_property
    def members(self) -> dict[str, Member]:
        """Members by code."""
        return {member.code: member for member in Member.objects.all()}

    @cached_property
    def units_by_name(self) -> dict[str, str]:
        """Codes of units by name."""
        return dict(Unit.objects.values_list("name", "code"))

    @cached_property
    def sectors(self) -> dict[str, Sector]:
        """Sectors by name."""
        return {sector.name: sector for sector in Sector.objects.all()}

    @cached_property
    def committees(self) -> dict[str, Committee]:
        """Committees by name."""
        return {committee.name: committee for committee in Committee.objects.all()}

    @cached_property
    def terms(self) -> dict[str, Term]:
        """Terms by name."""
        return {term.name: term for term in Term.objects.all()}

    @cached_property
    def postings(self) -> dict[tuple[str, str], Posting]:
        """Postings by member's and station's code."""
        return {
            (p.member.code, p.station.code): p for p in Posting.objects.select_related("member", "station")
        }


Fault = tuple[str, str]
"""What is wrong with a row: the column's name, and the reason for the reader."""


def _no_faults(
    rows: list[Row], lookups: Lookups, existing: Mapping[Key, Existing]
) -> Iterable[tuple[Row, Fault]]:
    return ()


@dataclass(frozen=True)
class Kind:
    """A table: which columns it has, which of them name a record, how records are found, checked and written."""

    code: str
    zh: str
    en: str
    model: type[models.Model]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    fields: Callable[[Values, Lookups], dict[str, Any]]
    check: Callable[[list[Row], Lookups, Mapping[Key, Existing]], Iterable[tuple[Row, Fault]]] = _no_faults
    load: Callable[[list[Row]], dict[Key, Existing]] | None = None
    waves: Callable[[list[Row]], list[list[Row]]] = lambda rows: [rows]
    removable: bool = False

    @property
    def title(self) -> str:
        """The table's name in the reader's language."""
        return self.en if in_english() else self.zh

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)

    def existing(self, rows: list[Row]) -> dict[Key, Existing]:
        """Records that the rows may mean, by key."""
        if self.load is not None:
            return self.load(rows)
        # Prefixed, because a value may not be named like a field that it does not come from.
        paths = {
            f"_{column.name}": models.F(column.path or column.name)
            for column in self.columns
            if column.name != "remove"
        }
        found = {}
        for record in self.model._default_manager.values("pk", **paths):
            pk = record.pop("pk")
            values = {name[1:]: value for name, value in record.items()}
            found[tuple(values[name] for name in self.key)] = Existing(pk, values)
        return found
