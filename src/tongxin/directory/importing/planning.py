"""Compare a table with the directory: what is wrong, what would be created, changed, removed or left alone.

Reads only. The same plan is made for the dry run and again at the confirmation, and its digest tells whether the
directory has changed in between.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from tongxin.core.tables import HEADER_DEPTH, MAX_ROWS, Sheet, Unreadable, read_sheets
from tongxin.directory.importing.cells import CellRefused, tidy
from tongxin.directory.importing.tables import (
    Column,
    Existing,
    Key,
    Kind,
    Lookups,
    Row,
    Values,
    normal_heading,
)


@dataclass(frozen=True, slots=True)
class Table:
    """A file matched with a kind's columns: their names, and the cells of each row below the heading.

    ``ignored`` are headings that no column answers to.
    """

    columns: list[str]
    rows: list[tuple[int, list[str]]]
    ignored: list[str] = field(default_factory=list)


def read_table(kind: Kind, name: str, data: bytes) -> Table:
    """Read a file as a table of this kind. Raises :class:`Unreadable` with a reason for the reader."""
    found = [
        (sheet, place) for sheet in read_sheets(name, data) if (place := _heading(kind, sheet)) is not None
    ]
    if not found:
        raise Unreadable(
            _("前 %(depth)s 行里没有找到表头。“%(kind)s”至少要有这些列：%(columns)s。请对照模板。")
            % {
                "depth": HEADER_DEPTH,
                "kind": kind.title,
                "columns": _listed([kind.column(key) for key in kind.key]),
            }
        )
    if len(found) > 1:
        raise Unreadable(_("文件里有 %(count)s 张这样的工作表，请只留一张。") % {"count": len(found)})
    return _table(kind, *found[0])


def _listed(columns: list[Column]) -> str:
    return " / ".join(column.title for column in columns)


def _matches(kind: Kind, cells: list[str]) -> list[Column | None]:
    known = {heading: column for column in reversed(kind.columns) for heading in column.headings()}
    return [known.get(normal_heading(cell)) for cell in cells]


def _heading(kind: Kind, sheet: Sheet) -> int | None:
    """Which of the first rows is the heading: it has every column of the key. None when none has."""
    for place, (_number, cells) in enumerate(sheet.rows[:HEADER_DEPTH]):
        names = {column.name for column in _matches(kind, cells) if column}
        if names.issuperset(kind.key):
            return place
    return None


def _table(kind: Kind, sheet: Sheet, place: int) -> Table:
    number, cells = sheet.rows[place]
    columns = _matches(kind, cells)
    names = [column.name for column in columns if column]
    twice = next((column for column in columns if column and names.count(column.name) > 1), None)
    if twice:
        raise Unreadable(_("“%(column)s”这一列出现了两次。") % {"column": twice.title})
    for _top, bottom, where in sheet.merged:
        if bottom > number:
            raise Unreadable(_("%(cells)s 是合并单元格。请取消合并，每一行都填全。") % {"cells": where})
    body = sheet.rows[place + 1 :]
    if not body:
        raise Unreadable(_("只有表头，下面没有内容。"))
    if len(body) > MAX_ROWS:
        raise Unreadable(_("超过 %(limit)s 行，请分成几个文件。") % {"limit": MAX_ROWS})
    picked = [n for n, column in enumerate(columns) if column]
    rows = [(number, [cells[n] if n < len(cells) else "" for n in picked]) for number, cells in body]
    ignored = [
        tidy(cell)[:40] for cell, column in zip(cells, columns, strict=True) if column is None and tidy(cell)
    ]
    return Table(names, [(n, cells) for n, cells in rows if any(map(tidy, cells))], ignored)


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one cell: row, heading, what stands there, and why it can't be."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that a row would change."""

    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a row would do: ``create``, ``change`` or ``remove``, and to which record."""

    action: str
    row: Row
    label: str
    before: Values = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What a table would do to the directory."""

    kind: Kind
    lookups: Lookups
    faults: list[RowFault] = field(default_factory=list)
    changes: list[RowChange] = field(default_factory=list)
    unchanged: int = 0
    digest: str = ""

    def of(self, action: str) -> list[RowChange]:
        """The rows that would do this."""
        return [change for change in self.changes if change.action == action]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows would be created, changed, removed and left alone, and how many faults there are."""
        return {
            "created": len(self.of("create")),
            "changed": len(self.of("change")),
            "removed": len(self.of("remove")),
            "unchanged": self.unchanged,
            "faults": len(self.faults),
        }

    @property
    def may_be_confirmed(self) -> bool:
        """Whether there is something to do and nothing wrong: a file is taken whole or not at all."""
        return bool(self.changes) and not self.faults


def make_plan(kind: Kind, table: Table) -> Plan:
    """Compare a table with the directory as it is now. Changes nothing; never raises for what cells hold."""
    plan = Plan(kind, Lookups())
    rows = [row for number, cells in table.rows if (row := _parse(plan, number, table.columns, cells))]
    rows = _without_repeats(plan, rows)
    existing = kind.existing(rows)
    ready = [row for row in rows if _complete(plan, row, existing.get(row.key))]
    faulty = set()
    for row, (name, reason) in kind.check(ready, plan.lookups, existing):
        faulty.add(row.number)
        plan.faults.append(
            RowFault(row.number, kind.column(name).title, _shown(kind, row.final, name), reason)
        )
    for row in ready:
        if row.number not in faulty:
            _compare(plan, row, existing.get(row.key))
    plan.faults.sort(key=lambda fault: fault.row)
    plan.digest = _digest(plan)
    return plan


def _shown(kind: Kind, values: Values, name: str) -> str:
    return kind.column(name).show(values.get(name))


def _parse(plan: Plan, number: int, columns: list[str], cells: list[str]) -> Row | None:
    """Read a row's cells; None when one of them can't be read, each of those being noted."""
    given: Values = {}
    is_sound = True
    for name, cell in zip(columns, cells, strict=True):
        column, value = plan.kind.column(name), tidy(cell)
        if not value:
            if name in plan.kind.key:
                plan.faults.append(RowFault(number, column.title, "", _("不能空着。")))
                is_sound = False
        elif value == "-" and column.empties:
            given[name] = column.default
        else:
            try:
                given[name] = column.parse(value)
            except CellRefused as refused:
                plan.faults.append(RowFault(number, column.title, _short(value), refused.reason))
                is_sound = False
    if not is_sound:
        return None
    remove = bool(given.pop("remove", False))
    return Row(number, given, tuple(given[name] for name in plan.kind.key), remove=remove)


def _short(value: str) -> str:
    return value if len(value) <= 40 else value[:39] + "…"


def _without_repeats(plan: Plan, rows: list[Row]) -> list[Row]:
    first: dict[Key, int] = {}
    kept = []
    for row in rows:
        if row.key in first:
            name = plan.kind.key[0]
            reason = _("与第 %(row)s 行是同一条。") % {"row": first[row.key]}
            plan.faults.append(
                RowFault(row.number, plan.kind.column(name).title, _shown(plan.kind, row.given, name), reason)
            )
        else:
            first[row.key] = row.number
            kept.append(row)
    return kept


def _complete(plan: Plan, row: Row, existing: Existing | None) -> bool:
    """Fill in what the row leaves out, from the record or the defaults; False when a new record lacks something."""
    columns = [column for column in plan.kind.columns if column.name != "remove"]
    if existing:
        row.pk, row.final = existing.pk, existing.values | row.given
        return True
    if row.remove:
        name = plan.kind.key[0]
        plan.faults.append(
            RowFault(
                row.number,
                plan.kind.column("remove").title,
                _shown(plan.kind, row.given, name),
                _("没有这一条，不用移除。"),
            )
        )
        return False
    missing = [column for column in columns if column.required and column.name not in row.given]
    for column in missing:
        plan.faults.append(RowFault(row.number, column.title, "", _("新增的一行必须填这一列。")))
    row.final = {column.name: row.given.get(column.name, column.default) for column in columns}
    return not missing


def _compare(plan: Plan, row: Row, existing: Existing | None) -> None:
    label = " · ".join(_shown(plan.kind, row.final, name) for name in plan.kind.key)
    if "name" in row.final and "name" not in plan.kind.key:
        label += f" {row.final['name']}"
    if row.remove:
        plan.changes.append(RowChange("remove", row, label, existing.values if existing else {}))
    elif existing is None:
        plan.changes.append(RowChange("create", row, label))
    else:
        changed = [
            Difference(
                column.title, column.show(existing.values[column.name]), column.show(row.final[column.name])
            )
            for column in plan.kind.columns
            if column.name != "remove" and existing.values[column.name] != row.final[column.name]
        ]
        if changed:
            plan.changes.append(RowChange("change", row, label, existing.values, changed))
        else:
            plan.unchanged += 1


def _digest(plan: Plan) -> str:
    """What would be done, in one figure: the same only while the directory still is as it was."""
    done: list[Any] = [
        [change.action, change.row.pk, _plain(change.before), _plain(change.row.final)]
        for change in plan.changes
    ]
    text = json.dumps([plan.kind.code, plan.counts, done], sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
