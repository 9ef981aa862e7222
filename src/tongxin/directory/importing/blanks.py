"""Empty tables to fill in, as Excel and as CSV, and a list of faults to take along."""

import csv
import io
from collections.abc import Iterable

from django.utils.translation import gettext as _

from tongxin.directory.importing.planning import RowFault
from tongxin.directory.importing.tables import Kind, in_english


def _heading(kind: Kind) -> list[str]:
    return [column.title for column in kind.columns]


def blank_csv(kind: Kind) -> bytes:
    """The heading and one example row, in UTF-8 with a mark so that Excel shows Chinese."""
    return _csv([_heading(kind), [column.example[in_english()] for column in kind.columns]])


def faults_csv(faults: Iterable[RowFault]) -> bytes:
    """Every fault of a dry run."""
    rows = [[_("行"), _("列"), _("内容"), _("错在哪里")]]
    rows += [[str(fault.row), fault.column, guarded(fault.value), fault.reason] for fault in faults]
    return _csv(rows)


def guarded(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def blank_excel(kind: Kind) -> bytes:
    """A workbook: the table with one example row, every cell as text; and a sheet that explains each column."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = kind.title
    sheet.append(_heading(kind))
    sheet.append([column.example[in_english()] for column in kind.columns])
    sheet.freeze_panes = "A2"
    for number, column in enumerate(kind.columns, 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = max(14, len(column.title) * 2.4)
        # As text: otherwise Excel turns long codes into 4.30103E+11.
        sheet.column_dimensions[letter].number_format = "@"
        for row in (1, 2):
            sheet.cell(row, number).number_format = "@"
        sheet.cell(1, number).font = Font(bold=True)
    notes = book.create_sheet(_("说明"))
    notes.append([_("列"), _("必填"), _("怎么填")])
    for column in kind.columns:
        notes.append([f"“{column.title}”", _("新增必填") if column.required else "", column.help])
    for note in notes_below(kind):
        notes.append([note])
    notes.column_dimensions["A"].width, notes.column_dimensions["C"].width = 18, 50
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def notes_below(kind: Kind) -> list[str]:
    """What holds for the whole table."""
    notes = [
        _("第二行是示例，请删掉。"),
        _("已有的记录：空着的格子不改动；填一个“-”表示清空（能清空的列）。"),
        _("表里没有的记录不受影响。"),
    ]
    if kind.removable:
        notes.append(_("要移除一条，在“移除”列填“是”。"))
    return notes
