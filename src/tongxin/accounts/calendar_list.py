"""A list of days as an office has it: pasted from a spreadsheet or a notice, or a CSV file; read line by line."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

MOST_DAYS = 800
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


def decode(data: bytes) -> str:
    """The text of a file as offices write it: UTF-8 or GB 18030. Raises ``UnicodeDecodeError`` for neither."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


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
