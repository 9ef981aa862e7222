"""A list of days as an office has it: pasted from a spreadsheet or a notice, or a file; read line by line."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from tongxin.core.tables import Unreadable, read_sheets, text_of

MOST_DAYS = 800
BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How Excel files begin, the new and the old."""
NOTE_LENGTH = 100
WORDS = {
    **dict.fromkeys(("休", "休息", "放假", "假", "否", "free", "off", "holiday", "0"), False),
    **dict.fromkeys(("班", "上班", "补班", "调休上班", "是", "work", "on", "workday", "1"), True),
}
_DATE = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_DAYS = re.compile(rf"^{_DATE}(?:\s*(?:至|到|~|—|--|\.\.)\s*{_DATE})?")
_HEADINGS = re.compile(r"(日期|date)[\s,;]", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;、|\"]+")


@dataclass(frozen=True, slots=True)
class DayGiven:
    """A day as it was given."""

    day: date
    is_workday: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class LineFault:
    """A line that can't be read, and why."""

    line: int
    text: str
    reason: str


@dataclass(slots=True)
class DayList:
    """What a list says, each day once, and what is wrong with it."""

    days: dict[date, DayGiven] = field(default_factory=dict)
    faults: list[LineFault] = field(default_factory=list)


def text_of_file(name: str, data: bytes) -> str:
    """A file of days as the lines of :func:`read_days`: an Excel workbook, a CSV, or lines as they are pasted.

    The lines are numbered as the spreadsheet's rows. Raises :class:`~tongxin.core.tables.Unreadable`.
    """
    if not data.startswith(BINARY) and not name.lower().endswith((".xlsx", ".xlsm", ".xls", ".et", ".ods")):
        return text_of(data)
    sheets = read_sheets(name, data)
    if len(sheets) > 1:
        raise Unreadable(_("文件里有%(n)s张有内容的工作表，请只留一张。") % {"n": len(sheets)})
    lines: list[str] = []
    for number, cells in sheets[0].rows:
        lines += [""] * (number - 1 - len(lines))
        lines.append(" ".join(" ".join(cell.split()) for cell in cells if cell.strip()))
    return "\n".join(lines)


def read_days(text: str) -> DayList:
    """Read a list: on each line a date (or two, for all days from one to the other), 休 or 班, a note.

    Separators may be commas, tabs or spaces; a line of headings is passed over. Never fails: what can't be read is a
    fault with its line.
    """
    found = DayList()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = unicodedata.normalize("NFKC", raw).strip().strip('"')
        if not line or _HEADINGS.match(line):
            continue
        reason = _read_line(found, line)
        if reason:
            found.faults.append(LineFault(number, raw.strip()[:80], reason))
        if len(found.days) > MOST_DAYS:
            found.faults.append(LineFault(number, "", _("一次最多%(n)s天。") % {"n": MOST_DAYS}))
            break
    return found


def _read_line(found: DayList, line: str) -> str:
    dated = _DAYS.match(line)
    if dated is None:
        return _("开头要是日期，比如 2027-02-06。")
    try:
        first = date(*map(int, dated.group(1, 2, 3)))
        last = date(*map(int, dated.group(4, 5, 6))) if dated[4] else first
    except ValueError:
        return _("没有这一天。")
    if not date(2000, 1, 1) <= first <= last <= date(2099, 12, 31):
        return _("日期不对：先早后晚，2000年到2099年之间。")
    if (last - first).days >= MOST_DAYS:
        return _("一次最多%(n)s天。") % {"n": MOST_DAYS}
    rest = [part for part in _BETWEEN.split(line[dated.end() :]) if part]
    is_workday = WORDS.get(rest[0].lower()) if rest else None
    if is_workday is None:
        return _("日期后面要写“休”或“班”。")
    note = " ".join(rest[1:])[:NOTE_LENGTH]
    for n in range((last - first).days + 1):
        given = DayGiven(first + timedelta(days=n), is_workday, note)
        earlier = found.days.setdefault(given.day, given)
        if earlier.is_workday != is_workday:
            return _("%(day)s在上面写的是另一样。") % {"day": given.day.isoformat()}
    return ""
