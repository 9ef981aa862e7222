"""The timeline: what each step left behind, newest first, in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.core.actor import Actor
from tongxin.core.models import Entry
from tongxin.deliberation.models import View
from tongxin.matters.actions.step import SYSTEM_LABEL
from tongxin.matters.artefacts import Artefacts, PhotoData, entries_for, read_artefacts, sees_internal
from tongxin.matters.models import DeclineGround, Matter, Result, Source
from tongxin.matters.presenters.clocks import moved_facts, new_due_facts, pauses
from tongxin.matters.presenters.naming import day_text, moment_text, number_text, stamp_text, who_text
from tongxin.matters.presenters.people import attendance_lines
from tongxin.matters.process import RAISE, SIX_STEPS, STEPS

SEALS = {step.code: step.seal for step in STEPS}
NOTES = frozenset(
    {
        "convener.appointed",
        "clock.reworked",
        "extension.asked",
        "extension.answered",
        "meeting.closed",
        "meeting.moved",
        "meeting.opened",
        "help.answered",
        "joint.reported",
        "matter.urged",
        "minutes.amended",
        "task.objected",
        "task.reassigned",
        "task.taken_back",
    }
)
"""Events that stand between the artefacts as notes, without a seal."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the timeline with its words."""

    token: str
    words: str
    width: int | None
    height: int | None


@dataclass(slots=True)
class TimelineItem:
    """One mark on the timeline; everything is text for the reader."""

    seal: str
    title: str
    who: str
    at: datetime
    when: str
    text: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    views: list[tuple[str, str, str, str | None]] = field(
        default_factory=list
    )  # kind, text, answer, what it became
    minutes_of: int | None = None  # the meeting whose minutes, as they stand now, these are
    is_now: bool = False
    is_note: bool = False
    is_internal: bool = False
    is_own_words: bool = False
    internal_note: str = ""
    event: str = ""
    entry_id: int | None = None

    @property
    def has_more(self) -> bool:
        """Whether anything stands below its words; most entries are words alone."""
        return bool(self.facts or self.views or self.minutes_of or self.photos or self.internal_note)

    @property
    def stamp(self) -> str:
        """When, for machines."""
        return stamp_text(self.at)


def _result(data: Mapping[str, Any]) -> str:
    value = data.get("result")
    return str(Result(value).label) if value in Result.values else ""


def _kind(data: Mapping[str, Any]) -> str:
    return str(_("微协商") if data.get("kind") == "consultation" else _("微建议"))


def _days(data: Mapping[str, Any]) -> str:
    days = data.get("workdays") or 0
    return ngettext("%(n)s个工作日", "%(n)s个工作日", days) % {"n": days}


def _accepted(data: Mapping[str, Any]) -> str:
    if data.get("kind") == "consultation":
        return _("受理为微协商，请大家一起商量")
    return _("受理为微建议，转%(unit)s办理") % {"unit": data.get("lead_unit") or ""}


def _meeting(data: Mapping[str, Any]) -> str:
    starts = data.get("starts_at")
    if not starts:
        return _("开会通知")
    return _("%(when)s在%(place)s开会商量") % {
        "when": moment_text(datetime.fromisoformat(starts)),
        "place": data.get("place", ""),
    }


def _closed(data: Mapping[str, Any]) -> str:
    count = sum(int(n) for n in data.get("attendance", {}).values())
    return ngettext("会议结束，%(n)s 人到会", "会议结束，%(n)s 人到会", count) % {"n": count}


def _minuted(data: Mapping[str, Any]) -> str:
    count = sum(int(n) for n in data.get("attendance", {}).values())
    return ngettext("会议纪要：%(n)s 人到会", "会议纪要：%(n)s 人到会", count) % {"n": count}


def _extension(data: Mapping[str, Any]) -> str:
    if data.get("is_granted"):
        return _("同意延期%(days)s") % {"days": _days(data)}
    return _("没有同意延期")


def _reopened(data: Mapping[str, Any]) -> str:
    if data.get("trigger") == "majority":
        return _("多数人说没解决，重新办理")
    if data.get("trigger") == "raiser":
        return _("提事人说没解决，重新办理")
    return _("重新办理")


def _escalated(data: Mapping[str, Any]) -> str:
    if data.get("trigger") == "majority":
        return _("重新办理后多数人仍说没解决，提级督办")
    return _("重新办理后仍没解决，提级督办")


def _rated(data: Mapping[str, Any]) -> str:
    count = int(data.get("ratings") or 0)
    if not count:
        return _("评价期满，没有人评")
    solved = int(data.get("solved") or 0)
    return ngettext(
        "评价期满：%(n)s 人评，%(solved)s 人说解决了", "评价期满：%(n)s 人评，%(solved)s 人说解决了", count
    ) % {"n": count, "solved": solved}


def _reassigned(data: Mapping[str, Any]) -> str:
    return _("由%(unit)s办理") % {"unit": data.get("lead_unit") or ""}


def _urged(data: Mapping[str, Any]) -> str:
    late = int(data.get("workdays_late") or 0)
    if not late:
        return _("催办")
    return ngettext("催办：已超期%(n)s个工作日", "催办：已超期%(n)s个工作日", late) % {"n": late}


def _merged(data: Mapping[str, Any]) -> str:
    return _("并入%(number)s") % {"number": number_text(data.get("survivor", ""))}


def _referred(data: Mapping[str, Any]) -> str:
    return _("转介：%(place)s") % {"place": data.get("refer_to") or ""}


def _declined(data: Mapping[str, Any]) -> str:
    ground = data.get("ground")
    if ground in DeclineGround.values:
        return _("不受理：%(ground)s") % {"ground": DeclineGround(ground).label}
    return _("不受理")


TITLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "matter.raised": lambda data: _("提出"),
    "matter.more_asked": lambda data: _("请提事人补充"),
    "matter.more_given": lambda data: _("提事人已补充"),
    "matter.withdrawn": lambda data: _("提事人撤回"),
    "matter.accepted": _accepted,
    "matter.merged": _merged,
    "matter.referred": _referred,
    "matter.declined": _declined,
    "conversation.opened": lambda data: _("开始征集意见"),
    "conversation.changed": lambda data: _("改了意见征集的设置"),
    "conversation.closed": lambda data: _("意见征集结束"),
    "conversation.reopened": lambda data: _("重新征集意见"),
    "conversation.cleaned": lambda data: _("意见征集有不计的表态"),
    "conversation.imported": lambda data: _("导入了意见征集"),
    "meeting.called": _meeting,
    "meeting.moved": lambda data: _("会议改期：%(meeting)s") % {"meeting": _meeting(data)},
    "meeting.cancelled": lambda data: _("会议取消"),
    "meeting.opened": lambda data: _("会议开始"),
    "meeting.closed": _closed,
    "meeting.minuted": _minuted,
    "minutes.amended": lambda data: _("纪要改为第%(n)s版") % {"n": data.get("minutes_version") or 2},
    "matter.deliberated": lambda data: _("商量完，送%(unit)s研究") % {"unit": data.get("decider") or ""},
    "matter.decided": lambda data: _("决定：%(result)s") % {"result": _result(data)},
    "matter.published": lambda data: _("公示决定：%(result)s") % {"result": _result(data)},
    "objection.answered": lambda data: _("答复公示意见"),
    "matter.returned": lambda data: _("意见有道理，退回重新研究"),
    "matter.handed_over": lambda data: (
        _("公示期满，交%(unit)s办理") % {"unit": data.get("lead_unit") or data.get("unit") or ""}
    ),
    "matter.promised": lambda data: _("列入承诺：以后办"),
    "matter.answered": lambda data: _("答复：%(result)s") % {"result": _result(data)},
    "matter.taken_on": lambda data: (
        _("接办：%(result)s，%(days)s内办好") % {"result": _result(data), "days": _days(data)}
    ),
    "task.accepted": lambda data: _("接办"),
    "task.objected": lambda data: _("承办单位提出异议"),
    "task.reassigned": _reassigned,
    "task.progressed": lambda data: _("进展"),
    "extension.asked": lambda data: _("申请延期%(days)s") % {"days": _days(data)},
    "extension.answered": _extension,
    "help.answered": lambda data: _("回应帮忙"),
    "joint.reported": lambda data: _("会办单位的意见和进展"),
    "matter.urged": _urged,
    "convener.appointed": lambda data: _("换了召集人"),
    "task.taken_back": lambda data: _("撤回转办，重新审核分办"),
    "promise.taken_up": lambda data: _("开始兑现承诺，%(days)s内办好") % {"days": _days(data)},
    "matter.done": lambda data: _("办完了，请大家评"),
    "matter.reopened": _reopened,
    "matter.escalated": _escalated,
    "escalation.redone": lambda data: _("责成重新办理，%(days)s内办好") % {"days": _days(data)},
    "escalation.explained": lambda data: _("作出说明"),
    "matter.rated": _rated,
    "matter.followed_up": lambda data: _("开始回访：是不是真解决了"),
    "matter.closed": lambda data: _("回访后办结"),
    "clock.reworked": lambda data: _("工作日历改了，日期重新算过"),
}


def entry_title(entry: Entry) -> str:
    """One line that says what happened, in the reader's language. An event without words of its own shows its name."""
    title = TITLES.get(entry.event)
    return title(entry.data) if title else entry.event


def _decision_facts(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [
        (_("谁决定"), data.get("unit")),
        (_("主办"), data.get("lead_unit")),
        (_("会办"), _("、").join(data.get("joint_units") or [])),
        (_("期限"), _days(data) if data.get("workdays") else ""),
        (_("承诺办成"), day_text(date.fromisoformat(data["promised_on"])) if data.get("promised_on") else ""),
        (_("转给"), data.get("referred_to")),
        (
            _("公示到"),
            day_text(date.fromisoformat(data["objections_until"])) if data.get("objections_until") else "",
        ),
    ]
    return [(label, value) for label, value in facts if value]


def _attendance_facts(data: Mapping[str, Any], artefacts: Artefacts) -> list[tuple[str, str]]:
    """Who came in which role, with the names of members and units: coming is their public duty."""
    meeting = next((m for m in artefacts.meetings if m.pk == data.get("meeting")), None)
    return attendance_lines(meeting.attendance) if meeting else []


_STAGES: dict[str, Callable[[], str]] = {
    "before": lambda: _("办前"),
    "after": lambda: _("办后"),
    "raised": lambda: _("提事时"),
}


def _photos(photos: list[PhotoData]) -> list[Photo]:
    found = []
    for photo in photos:
        stage = _STAGES.get(photo.stage, lambda: "")()
        words = f"{stage}：{photo.description}" if photo.description else stage
        found.append(Photo(photo.token, words, photo.width, photo.height))
    return found


def raised_title(matter: Matter) -> str:
    """How it came in."""
    how: dict[str, str] = {
        Source.QR: _("居民在工作站扫码提出"),
        Source.PHONE: _("居民在手机上提出"),
        Source.RECEPTION: _("居民在接待时提出"),
        Source.VISIT: _("委员走访时听到"),
        Source.CALL: _("居民打电话提出"),
        Source.PAPER: _("居民来信提出"),
        Source.HOTLINE: _("热线转来"),
    }
    return how.get(matter.source, _("居民提出"))


def timeline_of(
    matter: Matter, actor: Actor | None = None, *, artefacts: Artefacts | None = None
) -> list[TimelineItem]:
    """The matter's history as its reader may see it, newest first, with photos, views and answers in their place.

    Two queries, one when the artefacts are given. Internal entries are for those who handle the matter; the holder of
    the raiser's tracking code also sees what was asked of and answered to them.
    """
    artefacts = artefacts or read_artefacts(matter, actor)
    is_insider = sees_internal(actor, matter)
    by_entry: dict[int | None, list[PhotoData]] = {}
    for photo in artefacts.photos:
        by_entry.setdefault(photo.entry_id, []).append(photo)
    items = []
    amended: set[Any] = set()  # meetings whose minutes have a later version: the history is read newest first
    for entry in entries_for(matter, actor):
        if entry.event == "matter.raised":
            continue
        item = TimelineItem(
            seal=SEALS.get(entry.step, ""),
            title=entry_title(entry),
            who=who_text(entry.actor_label),
            at=entry.at,
            when=moment_text(entry.at),
            text=entry.text,
            photos=_photos(by_entry.pop(entry.pk, [])),
            is_note=entry.event in NOTES,
            is_internal=entry.publication != "public",
            internal_note=entry.internal_note if is_insider else "",
            event=entry.event,
            entry_id=entry.pk,
        )
        if entry.event in {"meeting.minuted", "minutes.amended"}:
            _say_minutes(item, entry, artefacts, amended)
        elif entry.event == "matter.deliberated":
            item.views = [
                (str(View.Kind(view.kind).label), view.text, "", view.became)
                for view in artefacts.views
                if view.meeting_id is None
            ]
        elif "result" in entry.data and entry.event not in {"matter.handed_over"}:
            item.facts = _decision_facts(entry.data)
            if entry.event in {"matter.decided", "matter.published"}:
                item.views = [
                    (str(View.Kind(view.kind).label), view.text, view.answer, view.became)
                    for view in artefacts.views
                    if view.answer
                ]
        elif entry.event == "task.objected" and entry.data.get("suggested_unit"):
            item.facts = [(_("建议由"), entry.data["suggested_unit"])]
        elif entry.event in _FACTS:
            item.facts = _FACTS[entry.event](entry.data)
        elif entry.event == "objection.answered":
            item.text = _with_objection(entry, artefacts)
        elif entry.event == "help.answered":
            item.text = _with_help(entry, artefacts)
        items.append(item)
    if items and not SIX_STEPS.state(matter.state).final:
        items[0].is_now = not items[0].is_note
    _add_pauses(items, artefacts)
    items.append(
        TimelineItem(
            seal=RAISE.seal,
            title=raised_title(matter),
            who=_("联络员代录") if matter.entered_by_id else _("居民"),
            at=matter.created_at,
            when=moment_text(matter.created_at),
            text=matter.text
            if matter.publication == "public"
            else matter.original_text
            if is_insider
            else "",
            photos=_photos([photo for photo in by_entry.get(None, []) if photo.stage == "raised"]),
            is_own_words=True,
            event="matter.raised",
        )
    )
    return items


_FACTS: dict[str, Callable[[Mapping[str, Any]], list[tuple[str, str]]]] = {
    "clock.reworked": moved_facts,
    "extension.answered": new_due_facts,
}


def _add_pauses(items: list[TimelineItem], artefacts: Artefacts) -> None:
    """Say when the clock stood still: with the entry that stopped it, or as a note where that is not for the reader."""
    for event, words in pauses(artefacts.clocks):
        of_it = next((item for item in items if item.at == event.at), None)
        if of_it is not None:
            of_it.facts.append((_("计时"), words))
            continue
        note = TimelineItem(
            seal="",
            title=words,
            who=who_text(SYSTEM_LABEL),
            at=event.at,
            when=moment_text(event.at),
            is_note=True,
            event=f"clock.{event.kind}",
        )
        place = next((index for index, item in enumerate(items) if item.at < event.at), len(items))
        items.insert(place, note)


def _say_minutes(item: TimelineItem, entry: Entry, artefacts: Artefacts, amended: set[Any]) -> None:
    """Who came and what they held, or why the minutes were put right; earlier versions say that they are."""
    meeting = entry.data.get("meeting")
    if meeting in amended:
        item.title = _("%(title)s（后来改过，这是原来的）") % {"title": item.title}
    else:
        item.minutes_of = meeting
    amended.add(meeting)
    if entry.event == "minutes.amended":
        item.facts = [(_("为什么改"), entry.data.get("reason") or "")]
        return
    item.facts = _attendance_facts(entry.data, artefacts)
    item.views = [
        (str(View.Kind(view.kind).label), view.text, "", view.became)
        for view in artefacts.views
        if view.meeting_id == meeting
    ]


def _with_objection(entry: Entry, artefacts: Artefacts) -> str:
    asked = next((o.text for o in artefacts.objections if o.pk == entry.data.get("objection")), "")
    return (
        _("意见：%(asked)s\n答复：%(answer)s") % {"asked": asked, "answer": entry.text}
        if asked
        else entry.text
    )


def _with_help(entry: Entry, artefacts: Artefacts) -> str:
    offered = next((h.text for h in artefacts.help_offers if h.pk == entry.data.get("help")), "")
    return (
        _("愿意帮忙：%(offered)s\n回应：%(answer)s") % {"offered": offered, "answer": entry.text}
        if offered
        else entry.text
    )
