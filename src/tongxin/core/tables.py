"""Read an uploaded table, CSV or Excel, into rows of text. Nothing here knows what the columns mean.

Every way in which a file can be wrong ends in :class:`Unreadable` with a reason for the reader; nothing else is raised.
"""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

MAX_ROWS = 20_000
MAX_COLUMNS = 60
MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 120 * 1024 * 1024
MAX_CELL = 500
HEADER_DEPTH = 10
"""How far down a heading may stand: tables often carry a title above it."""

_CELL = re.compile(rb"""<(?:\w+:)?(?:c|row)\b[^<>]*?\br=["']([A-Z]*)(\d+)["']""")
_FORMULA = re.compile(rb"""<(?:\w+:)?c\b[^<>]*?\br=["']([A-Z]+\d+)["'][^<>]*>\s*<(?:\w+:)?f[\s/>]""")


class Unreadable(Exception):
    """The file is not a table that can be read; ``reason`` is text for the reader."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class Sheet:
    """A file's cells as text, by row number as the reader counts them, and the merged ranges among them."""

    rows: list[tuple[int, list[str]]]
    merged: list[tuple[int, int, str]] = field(default_factory=list)


def read_sheets(name: str, data: bytes) -> list[Sheet]:
    """The file's non-empty sheets; a CSV has one. Raises :class:`Unreadable`."""
    if not data.strip(b"\0 \t\r\n"):
        raise Unreadable(_("文件是空的。"))
    if len(data) > MAX_BYTES:
        raise Unreadable(_("文件超过 %(size)s MB，请分成几个文件。") % {"size": MAX_BYTES // 1024 // 1024})
    if data.startswith(b"PK\x03\x04"):
        return _read_excel(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("这是旧版 Excel（.xls）或加了密码的文件。请另存为不加密的 .xlsx 或 CSV。"))
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".et", ".ods")):
        raise Unreadable(_("文件名像 Excel，内容却不是。请用 Excel 或 WPS 打开后另存为 .xlsx。"))
    if data.lstrip()[:5].lower() in (b"%pdf-", b"<html", b"<!doc", b"<?xml", b"{\\rtf"):
        raise Unreadable(_("这不是表格文件。请上传 .xlsx 或 .csv。"))
    return [_read_csv(data)]


def text_of(data: bytes) -> str:
    """Decode a CSV: UTF-8 with or without mark, UTF-16 with mark, or GB18030 as Excel writes it in Chinese."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        if b"\0" in data:
            raise Unreadable(_("这不是表格文件。请上传 .xlsx 或 .csv。"))
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("认不出文件的文字编码。请另存为 UTF-8 编码的 CSV，或用 .xlsx。"))


def _read_csv(data: bytes) -> Sheet:
    text = text_of(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;，", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    rows: list[tuple[int, list[str]]] = []
    number = 1
    try:
        for cells in reader:
            # A cell may hold line breaks: rows are counted as a spreadsheet shows them, not as lines.
            _add_row(rows, number, [safe_text(cell) for cell in cells])
            number += 1
    except csv.Error:
        raise Unreadable(_("第 %(row)s 行读不下去：可能少了一个引号。") % {"row": number}) from None
    return Sheet(rows)


def _add_row(rows: list[tuple[int, list[str]]], number: int, cells: list[str]) -> None:
    while cells and not cells[-1].strip():
        cells.pop()
    if not cells:
        return
    if len(cells) > MAX_COLUMNS:
        raise Unreadable(
            _("第 %(row)s 行有 %(count)s 列，超过 %(limit)s 列。")
            % {"row": number, "count": len(cells), "limit": MAX_COLUMNS}
        )
    if len(rows) > MAX_ROWS + HEADER_DEPTH:
        raise Unreadable(_("超过 %(limit)s 行，请分成几个文件。") % {"limit": MAX_ROWS})
    rows.append((number, cells))


def safe_text(value: object) -> str:
    """A cell as text that a database can hold: no NUL, no lone surrogate; cut where no cell could be right."""
    text = str(value)[: MAX_CELL + 1]
    return "".join("\ufffd" if c == "\0" or unicodedata.category(c) == "Cs" else c for c in text)


def cell_text(value: Any) -> str:
    """An Excel value as somebody would type it: whole numbers without a point, ISO dates, 24-hour times."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    return safe_text(value)


def _read_excel(data: bytes) -> list[Sheet]:
    _inspect(data)
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    sheets = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for number, about in enumerate(book.sheets_metadata):
                if about.visible != SheetVisibleEnum.Visible or about.typ != SheetTypeEnum.WorkSheet:
                    continue
                source = book.get_sheet_by_index(number)
                rows: list[tuple[int, list[str]]] = []
                for row, cells in enumerate(source.to_python(skip_empty_area=False), 1):
                    _add_row(rows, row, [cell_text(cell) for cell in cells])
                if rows:
                    sheets.append(Sheet(rows, list(_merged(source.merged_cell_ranges or []))))
    except Unreadable:
        raise
    except Exception:
        # The library names its errors by format and version; whatever it is, the reader can only save the file anew.
        raise Unreadable(_("这个 Excel 文件打不开，可能损坏或加了密码。请另存为新的 .xlsx。")) from None
    if not sheets:
        raise Unreadable(_("文件里没有看得见的、有内容的工作表。"))
    return sheets


def _merged(ranges: list[Any]) -> Iterator[tuple[int, int, str]]:
    for (top, left), (bottom, right) in ranges:
        yield top + 1, bottom + 1, f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"


def _letters(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4]:
        number = number * 26 + letter - 64
    return number


def _inspect(data: bytes) -> None:
    """Refuse what would exhaust memory (bombs, a lone cell in the last corner) and what hides its value (formulas)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if sum(part.file_size for part in parts) > MAX_UNPACKED or len(parts) > 1000:
                raise Unreadable(_("这个 Excel 文件解开后太大，请分成几个文件。"))
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names:
                raise Unreadable(_("这不是 Excel 表格（.xlsx）。请用 Excel 或 WPS 另存为 .xlsx。"))
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _inspect_sheet(_unpacked(packed, part))
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
    ):
        raise Unreadable(_("这个 Excel 文件打不开，可能损坏或加了密码。请另存为新的 .xlsx。")) from None


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """The part's bytes, never more than it claims to have."""
    with packed.open(part) as file:
        return file.read(part.file_size + 1)


def _inspect_sheet(xml: bytes) -> None:
    for match in _CELL.finditer(xml):
        letters, digits = match.groups()
        if len(digits) > 7 or int(digits) > MAX_ROWS + HEADER_DEPTH + 1:
            raise Unreadable(_("超过 %(limit)s 行，请分成几个文件。") % {"limit": MAX_ROWS})
        if letters and _column_number(letters) > MAX_COLUMNS:
            raise Unreadable(_("表格超过 %(limit)s 列。") % {"limit": MAX_COLUMNS})
    formula = _FORMULA.search(xml)
    if formula:
        raise Unreadable(
            _("单元格 %(cell)s 是公式。请全选、复制，再“选择性粘贴→数值”，保存后上传。")
            % {"cell": formula.group(1).decode()}
        )
