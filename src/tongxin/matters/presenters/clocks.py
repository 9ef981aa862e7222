"""How clocks read: the mark of a provisional date, what happens when one runs out, pauses and moved dates."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.core import reminders
from tongxin.core.process import Expiry
from tongxin.matters.artefacts import ClockData
from tongxin.matters.models import Matter
from tongxin.matters.owners import stages_of
from tongxin.matters.presenters.naming import day_text
from tongxin.matters.process import SIX_STEPS

MOVED = {
    "due_on": _l("期限"),
    "objections_until": _l("公示到"),
    "minutes_due_on": _l("会议纪要期限"),
}
"""Dates that a changed calendar moves, by the name they have in the history's data."""


def marked(words: str, is_provisional: bool) -> str:
    """The words of a date, with the mark of a year that has not been announced."""
    return _("%(date)s（暂定）") % {"date": words} if is_provisional else words


def due_text(matter: Matter) -> str:
    """The due date in words, marked when it is provisional; empty when nothing is due. A paused clock has no day."""
    if matter.is_paused:
        return _("暂停计时，等补充")
    return marked(day_text(matter.due_on), matter.is_due_provisional) if matter.due_on else ""


def expiry_text(matter: Matter) -> str:
    """What happens when the running clock runs out, from the process table; empty when none runs."""
    state = SIX_STEPS.state(matter.state)
    runs = matter.due_on is not None or (state.code == "promised" and matter.promised_on is not None)
    if state.final or matter.is_paused or not runs:
        return ""
    if state.clock is not None and state.clock.at_expiry is Expiry.MOVES_ON:
        return _("自动进入下一步：%(next)s") % {"next": state.next_up}
    rungs = {stage.code: stage.workdays for stage in stages_of(state.code, settings.TONGXIN["escalation"])}
    words = [_("前后一个工作日各提醒一次")]
    if reminders.OFFICE in rungs:
        words.append(_("超期%(n)s个工作日报政协办公室") % {"n": rungs[reminders.OFFICE]})
    if reminders.PRINCIPAL in rungs:
        words.append(_("超期%(n)s个工作日报党政领导") % {"n": rungs[reminders.PRINCIPAL]})
    return _("，").join(words)


def moved_facts(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each date that moved: what it was and is."""
    return [
        (
            str(label),
            _("%(before)s → %(after)s") % {"before": _day(data[name][0]), "after": _day(data[name][1])},
        )
        for name, label in MOVED.items()
        if name in data
    ]


def _day(value: str | None) -> str:
    return day_text(date.fromisoformat(value)) if value else _("没有")


def new_due_facts(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The due date that an extension gave."""
    return [(_("新的期限"), _day(data["due_on"]))] if data.get("due_on") else []


def pauses(clocks: Iterable[ClockData]) -> list[tuple[ClockData, str]]:
    """When the clock stood still and went on, with its words; more time is told by the office's own answer."""
    words = {"pause": _("计时暂停，等提事人补充"), "resume": _("继续计时")}
    return [(event, words[event.kind]) for event in clocks if event.kind in words]
