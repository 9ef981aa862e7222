"""How numbers, days and people without a name read on the page."""

from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from tongxin.core.records import number_text, parse_number

__all__ = ["day_text", "moment_text", "number_text", "parse_number", "who_text"]

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


def day_text(day: date | datetime | None) -> str:
    """A day in words, the year only when it is another one."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return _day_words(day, day.year == timezone.localdate().year, get_language() or "")


@lru_cache(maxsize=2048)
def _day_words(day: date, is_this_year: bool, language: str) -> str:
    """Cached: lists and histories show the same few days over and over. ``language`` is the one in force."""
    return date_format(day, _("n月j日") if is_this_year else _("Y年n月j日"))


def moment_text(at: datetime) -> str:
    """A day and time of day, in local time."""
    zone = timezone.get_current_timezone()  # looked up once: a history is made of moments
    local = at.astimezone(zone)
    day = _day_words(local.date(), local.year == timezone.now().astimezone(zone).year, get_language() or "")
    return f"{day} {local.hour:02}:{local.minute:02}"


def stamp_text(at: datetime) -> str:
    """A moment for machines, as ``<time datetime>`` has it: ISO 8601, in local time."""
    return at.astimezone(timezone.get_current_timezone()).isoformat(timespec="seconds")


def who_text(label: str) -> str:
    """The name under which the history shows somebody, translated when it is a capacity rather than a name."""
    return _(label) if label in CAPACITIES else label
