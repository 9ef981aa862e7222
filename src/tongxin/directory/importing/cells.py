"""One cell's text into a value. A parser raises :class:`CellRefused` with a reason for the reader."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _

from tongxin.core.tables import MAX_CELL

Parser = Callable[[str], Any]

_DROPPED = dict.fromkeys(map(ord, "\u200b\ufeff\u2060"))  # come along with text copied from web pages
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0{1,2}:00(?::00)?)?")
_CLOCK = re.compile(r"(\d{1,2})[::](\d{2})(?:[::]\d{2})?")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")

YES = frozenset({"是", "对", "有", "在用", "在任", "yes", "y", "true", "1", "√", "✓"})
NO = frozenset({"否", "不", "无", "停用", "离任", "no", "n", "false", "0", "×"})


class CellRefused(Exception):
    """A cell's text is not a value of its column; ``reason`` is text for the reader."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def tidy(value: str) -> str:
    """A cell without surrounding and repeated blanks (Chinese and hard ones too), in composed form."""
    return " ".join(unicodedata.normalize("NFC", value.translate(_DROPPED)).split())


def text(limit: int) -> Parser:
    """Text of at most so many characters, without anything invisible and not a formula."""

    def parse(value: str) -> str:
        if len(value) > min(limit, MAX_CELL):
            raise CellRefused(_("太长：最多 %(limit)s 个字。") % {"limit": limit})
        if value.startswith("="):
            raise CellRefused(_("像是公式，请填写结果。"))
        for char in value:
            if char == "\ufffd":
                raise CellRefused(_("有认不出的字符（乱码）。"))
            if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"}:
                raise CellRefused(_("有看不见的特殊字符，请重新输入。"))
        return value

    return parse


def code(value: str) -> str:
    """A code: Latin letters, digits and hyphens, at most sixteen; full-width ones are taken as plain."""
    plain = unicodedata.normalize("NFKC", value)
    if _SCIENTIFIC.fullmatch(plain):
        raise CellRefused(_("Excel 把代码变成了科学计数。请把这一列设成“文本”，再填一次。"))
    if not _CODE.fullmatch(plain):
        raise CellRefused(_("代码只能用字母、数字和短横，最多 16 位。"))
    return plain


def choice(accepted: Mapping[str, Any], shown: Callable[[], str]) -> Parser:
    """One of the accepted words (lower case), Chinese or English; ``shown`` lists them for the reader."""

    def parse(value: str) -> Any:
        try:
            return accepted[value.lower()]
        except KeyError:
            raise CellRefused(_("只能填：%(choices)s。") % {"choices": shown()}) from None

    return parse


def flag(value: str) -> bool:
    """Yes or no, in the ways people write it."""
    word = value.lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise CellRefused(_("只能填“是”或“否”。"))


def number(low: float, high: float) -> Parser:
    """A number from ``low`` to ``high``."""

    def parse(value: str) -> float:
        try:
            result = float(unicodedata.normalize("NFKC", value))
        except ValueError:
            raise CellRefused(_("不是数字。")) from None
        if not low <= result <= high:
            raise CellRefused(_("应在 %(low)s 到 %(high)s 之间。") % {"low": f"{low:g}", "high": f"{high:g}"})
        return result

    return parse


def day(value: str) -> date:
    """A date: 2026-11-23, 2026/11/23, 2026.11.23 or 2026年11月23日."""
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", value))
    try:
        if match is None:
            raise ValueError
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        raise CellRefused(_("不是日期。请写成 2026-11-23 的样子。")) from None


def clock(value: str) -> time:
    """A time of day: 8:30, 08:30:00, Excel's fraction of a day, or the time of a cell that holds a date and a time."""
    plain = unicodedata.normalize("NFKC", value)
    try:
        return _time(plain)
    except (ValueError, OverflowError):
        raise CellRefused(_("不是时间。请写成 14:30 的样子。")) from None


def _time(plain: str) -> time:
    if match := _CLOCK.fullmatch(plain):
        return time(int(match.group(1)), int(match.group(2)))
    if re.fullmatch(r"0\.\d+", plain):
        minutes = round(float(plain) * 24 * 60)
        return time(minutes // 60, minutes % 60)
    if len(plain) > 10:
        return datetime.fromisoformat(plain).time().replace(second=0, microsecond=0, tzinfo=None)
    raise ValueError
