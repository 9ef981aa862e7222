"""How numbers, days and people without a name read on the page."""

import re
import unicodedata
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tongxin.matters.actions.raising import SERIES
from tongxin.matters.models import MatterKind

# What the history calls people who stand for an office or for nobody in particular; see actions.step.as_capacity.
CAPACITIES = (
    gettext_noop("政协办公室"),
    gettext_noop("联络员"),
    gettext_noop("召集人"),
    gettext_noop("党政领导"),
    gettext_noop("提事人"),
    gettext_noop("参与者"),
    gettext_noop("居民"),
    gettext_noop("系统（按规则自动）"),
)
_SLUG = re.compile(r"([A-Z])(\d{4})-(\d{1,9})")
_WRITTEN = re.compile(
    r"(微建议|微协商|SUGGESTION|CONSULTATION)[〔\[(【{]?(\d{4})[〕\])】}]?(?:第|NO\.?)?(\d{1,9})号?"
)
_SERIES_OF_WORD = {
    "微建议": SERIES[MatterKind.SUGGESTION],
    "SUGGESTION": SERIES[MatterKind.SUGGESTION],
    "微协商": SERIES[MatterKind.CONSULTATION],
    "CONSULTATION": SERIES[MatterKind.CONSULTATION],
}


def number_text(number: str) -> str:
    """A number as people read it: ``S2026-12`` is 微建议〔2026〕12号, in English Suggestion [2026] No. 12."""
    found = _SLUG.fullmatch(number)
    if found is None:
        return number
    figures = {"year": found[2], "serial": found[3]}
    if found[1] == SERIES[MatterKind.CONSULTATION]:
        return _("微协商〔%(year)s〕%(serial)s号") % figures
    if found[1] == SERIES[MatterKind.SUGGESTION]:
        return _("微建议〔%(year)s〕%(serial)s号") % figures
    return number


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
    if found:
        return f"{_SERIES_OF_WORD[found[1]]}{found[2]}-{int(found[3])}"
    return None


def day_text(day: date | datetime | None) -> str:
    """A day in words, the year only when it is another one."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    if day.year == timezone.localdate().year:
        return date_format(day, _("n月j日"))
    return date_format(day, _("Y年n月j日"))


def moment_text(at: datetime) -> str:
    """A day and time of day, in local time."""
    local = timezone.localtime(at)
    return f"{day_text(local.date())} {local:%H:%M}"


def who_text(label: str) -> str:
    """The name under which the history shows somebody, translated when it is a capacity rather than a name."""
    return _(label) if label in CAPACITIES else label
