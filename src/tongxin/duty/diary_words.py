"""What an entry of the diary says, in the reader's language: a sentence by its kind, filled from its data."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from tongxin.deliberation.models import Meeting
from tongxin.directory.models import DutyShift
from tongxin.duty.models import DiaryEntry

Kind = DiaryEntry.Kind

MEANINGS: dict[str, str | Promise] = {
    Kind.DUTY: _l("公布的班次，值完以后由系统记一笔；换给别人的班记给值班的人。"),
    Kind.DESK: _l("值班时在线上咨询里答复过的居民，一段咨询记一笔。"),
    Kind.RECEPTION: _l("接待日当面接待的居民，一个号记一笔。"),
    Kind.VISIT: _l("委员大走访，每次走访记一笔，同行的委员各记一笔。"),
    Kind.MATTER: _l("担任召集人时发会议通知、确认纪要、把协商结果送责任单位，每一步记一笔。"),
    Kind.MEETING: _l("到会并签到的协商会、议事会、听证会。"),
    Kind.OWN: _l("委员自己写的。"),
}
"""What each kind counts, for the yearly record."""

EVENTS: dict[str, str | Promise] = {
    "meeting.called": _l("为%(title)s召集会议"),
    "meeting.minuted": _l("确认%(title)s的会议纪要"),
    "matter.deliberated": _l("%(title)s协商结束，送责任单位研究"),
}
HISTORY: dict[str, str | Promise] = {
    "diary.written": _l("写下"),
    "diary.changed": _l("修改"),
    "diary.withdrawn": _l("撤下"),
    "diary.contested": _l("提出异议"),
    "diary.contest_withdrawn": _l("撤回异议"),
    "diary.contest_answered": _l("政协办公室答复异议"),
    "diary.taken_out": _l("核实后删去"),
    "diary.corrected": _l("核实后更正"),
}
"""What the lines of an entry's history are called."""


def sentence_of(entry: DiaryEntry, title: str = "") -> str:
    """The sentence of an entry that the work made; "" for own words. ``title`` is the source's, as far as the reader may
    see it; without one the sentence does with a general word. Never holds personal data.
    """
    data = entry.data
    if data.get("what"):
        return str(data["what"])
    about = {"title": _("“%(title)s”") % {"title": title} if title else _("一件事项"), **_place(data)}
    match entry.kind:
        case Kind.DUTY:
            return (_("在%(station)s值班（%(mode)s）") if about["mode"] else _("在%(station)s值班")) % about
        case Kind.DESK:
            return _("在%(station)s的线上咨询里答复居民") % about
        case Kind.RECEPTION:
            return _("在%(station)s接待居民") % about
        case Kind.VISIT:
            return _visit(data, about)
        case Kind.MATTER:
            return str(EVENTS.get(str(data.get("event")), _l("为%(title)s牵头协商"))) % about
        case Kind.MEETING:
            return _("参加%(title)s的%(form)s") % {**about, "form": _form(data)}
    return ""


def _place(data: dict[str, Any]) -> dict[str, str]:
    mode = str(data.get("mode", ""))
    return {
        "station": str(data.get("station") or data.get("place") or _("一个工作站")),
        "area": str(data.get("area") or data.get("place") or _("一个社区")),
        "mode": str(DutyShift.Mode(mode).label) if mode in DutyShift.Mode.values else "",
    }


def _visit(data: dict[str, Any], about: dict[str, str]) -> str:
    count = data.get("concerns")
    if not isinstance(count, int) or count < 1:
        return _("到%(area)s走访") % about
    words = ngettext("到%(area)s走访，带回%(n)s件事", "到%(area)s走访，带回%(n)s件事", count)
    return words % {**about, "n": count}


def _form(data: dict[str, Any]) -> str:
    form = data.get("form")
    return str(Meeting.Kind(form).label) if form in Meeting.Kind.values else _("一次会议")


def time_of(entry: DiaryEntry) -> str:
    """The day, and the hours where it is known from when to when: 2026-03-10 09:00–11:00."""
    begin = timezone.localtime(entry.at)
    if entry.kind == Kind.OWN:
        return f"{begin:%Y-%m-%d}"
    if entry.ends_at is None:
        return f"{begin:%Y-%m-%d %H:%M}"
    return f"{begin:%Y-%m-%d %H:%M}–{_end(begin, timezone.localtime(entry.ends_at))}"


def _end(begin: datetime, end: datetime) -> str:
    return f"{end:%H:%M}" if end - begin < timedelta(days=1) else f"{end:%Y-%m-%d %H:%M}"
