"""What the pages of the desk say: clocks, who is there, lines of a conversation, its history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tongxin.core.models import Attachment, Entry
from tongxin.core.records import number_text
from tongxin.duty.models import DeskMessage, DeskThread
from tongxin.duty.process_desk import DESK
from tongxin.duty.selectors.desk import Presence
from tongxin.matters.models import Category
from tongxin.matters.presenters.naming import moment_text

EVENTS = {transition.event: transition.label for transition in DESK.transitions}
TONES = {"waiting": "soon", "answered": "ok", "closed": "", "converted": "info"}


def category_name(category: Category | None) -> str:
    """A category's name in the reader's language; "" for none."""
    if category is None:
        return ""
    return category.name_en if get_language() == "en" else category.name


def moment_words(moment: datetime, now: datetime | None = None) -> str:
    """A moment as people say it: today's by the hour, others with their day."""
    local, today = timezone.localtime(moment), timezone.localtime(now or timezone.now()).date()
    if local.date() == today:
        return _("今天 %(time)s") % {"time": f"{local:%H:%M}"}
    return moment_text(moment)


def who_words(label: str) -> str:
    """The name under which somebody stands in a conversation, in the reader's language."""
    if label.startswith("值班委员 "):
        return _("值班委员 %(name)s") % {"name": label.removeprefix("值班委员 ")}
    if label.endswith("联络员"):
        return _("%(station)s联络员") % {"station": label.removesuffix("联络员")}
    known = {"居民": _("居民"), "政协办公室": _("政协办公室"), "系统（按规则自动）": _("系统（按规则自动）")}
    return known.get(label, label)


def presence_words(presence: Presence, now: datetime) -> str:
    """Who answers, and when: said before somebody writes and while they wait."""
    due, names = presence.due, _("、").join(presence.names)
    if not due.watches or due.until is None:
        return _("本站两周内没有线上值班，由政协办公室在%(by)s前答复。") % {"by": moment_words(due.at, now)}
    facts = {
        "names": names,
        "until": moment_words(due.until, now),
        "station": presence.covering,
        "from": moment_words(due.watches[0].starts_at, now),
        "by": moment_words(due.at, now),
    }
    # Where somebody leaves before the stretch ends, it is the desk that is open until then, not these people.
    some_leave = due.until > min(watch.ends_at for watch in due.watches)
    if due.is_now and presence.covering and some_leave:
        return _("本站没有排线上值班，由%(station)s代答，现在是%(names)s，到%(until)s都有人。") % facts
    if due.is_now and presence.covering:
        return _("本站没有排线上值班，由%(station)s的%(names)s代答，值到%(until)s。") % facts
    if due.is_now and some_leave:
        return _("现在是%(names)s在线上值班，到%(until)s都有人。") % facts
    if due.is_now:
        return _("%(names)s正在线上值班，值到%(until)s。") % facts
    if presence.covering:
        return _("现在没有人线上值班。%(from)s起由%(station)s的%(names)s代答，%(by)s前答复您。") % facts
    return _("现在没有人线上值班。%(from)s起%(names)s在线，%(by)s前答复您。") % facts


@dataclass(frozen=True, slots=True)
class DueChip:
    """When an answer is due, as a chip."""

    text: str
    kind: str


def due_chip(thread: DeskThread, now: datetime) -> DueChip | None:
    """The clock of a conversation that waits; None for the others. Late is derived here and nowhere stored."""
    if thread.state != "waiting" or thread.answer_due_at is None:
        return None
    when = moment_words(thread.answer_due_at, now)
    if thread.answer_due_at < now:
        return DueChip(_("已超时，应在%(when)s前答复") % {"when": when}, "late")
    soon = (thread.answer_due_at - now).total_seconds() < 3600
    return DueChip(_("%(when)s前答复") % {"when": when}, "soon" if soon else "")


@dataclass(frozen=True, slots=True)
class Line:
    """One message as a page shows it."""

    pk: int
    kind: str
    who: str
    text: str
    at: datetime
    photos: list[Attachment]


def lines_of(messages: Iterable[DeskMessage], own: str) -> list[Line]:
    """Messages, as the selectors give them, as seen from one side (``resident`` or ``desk``): mine, theirs, or nobody's."""
    found = []
    for message in messages:
        if message.side == DeskMessage.Side.SYSTEM:
            found.append(Line(message.pk, "note", "", system_words(message), message.at, []))
            continue
        is_mine = (message.side == DeskMessage.Side.RESIDENT) is (own == "resident")
        who = _("我") if is_mine and own == "resident" else who_words(message.by_label)
        found.append(
            Line(
                message.pk,
                "mine" if is_mine else "theirs",
                who,
                message.text,
                message.at,
                list(message.photos.all()) if message.has_photos else [],  # type: ignore[attr-defined]
            )
        )
    return found


def system_words(message: DeskMessage) -> str:
    """What a line that nobody wrote says."""
    name = message.by_label
    if message.text == "transfer":
        return _("转到了%(station)s，由那里接着答复，钟重新计。") % {"station": name}
    if message.text == "converted":
        return _("转成了事项：%(number)s。") % {"number": number_text(name)}
    return _("%(who)s关闭了咨询。") % {"who": who_words(name)}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of the internal history."""

    title: str
    who: str
    at: datetime
    facts: list[str]
    note: str


def history_of(entries: Iterable[Entry]) -> list[HistoryLine]:
    """The internal history, newest first, for who serves the conversation."""
    return [
        HistoryLine(
            str(EVENTS.get(entry.event, _("提问"))),
            who_words(entry.actor_label),
            entry.at,
            _facts(entry.data),
            entry.internal_note,
        )
        for entry in entries
    ]


def _facts(data: dict[str, Any]) -> list[str]:
    facts = []
    if "from" in data:
        facts.append(_("从 %(one)s 转到 %(other)s") % {"one": data["from"], "other": data["to"]})
    if data.get("due_at"):
        facts.append(_("%(when)s前答复") % {"when": moment_words(datetime.fromisoformat(data["due_at"]))})
    if "in_time" in data:
        facts.append(_("按时") if data["in_time"] else _("超时"))
    if "matter" in data:
        facts.append(number_text(data["matter"]))
    return facts
