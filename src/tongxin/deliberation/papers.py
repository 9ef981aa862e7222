"""A meeting's papers: attendance sheet and minutes. A paper is in Chinese, whatever language the page is in."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from tongxin.core.documents import Block, Heading, Listing, Paper, Paragraph, Signature, Table
from tongxin.deliberation.models import Attendance, Meeting, ParticipantRole, View
from tongxin.deliberation.selectors.minutes import SeatShown, number_of

ORDINALS = "一二三四五六七八九十"
BLANK_ROWS = 8


def day_in_words(at: datetime) -> str:
    """A day as papers write it: 2026年11月22日."""
    day = timezone.localtime(at)
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(at: datetime) -> str:
    return f"{day_in_words(at)}{timezone.localtime(at):%H:%M}"


def _role(value: str) -> str:
    return str(ParticipantRole(value).label)


def _facts(meeting: Meeting, title: str, number: str) -> list[tuple[str, str]]:
    return [("事项", f"{title}（{number}）"), ("时间", _moment(meeting.starts_at)), ("地点", meeting.place)]


def attendance_sheet(meeting: Meeting, seats: Sequence[SeatShown], *, title: str, number: str) -> Paper:
    """Who has a seat, by role and seat number, with room to sign. Residents are never named.

    ``title`` and ``number`` are the record's. A few rows stay empty for those who come without signing up.
    """
    with override("zh-hans"):
        rows = [
            [str(seat.number or ""), _role(seat.role), seat.name, "已到" if seat.is_here else "", ""]
            for seat in seats
        ]
        here = sum(seat.is_here for seat in seats)
        facts = [*_facts(meeting, title, number), ("已到", f"{here}人（席位{len(seats)}个）")]
        if meeting.closed_at is None and meeting.minutes_at is None:
            rows += [[""] * 5 for _blank in range(BLANK_ROWS)]
        return Paper(
            title=f"{meeting.get_kind_display()}签到表",
            subtitle=day_in_words(meeting.starts_at),
            blocks=[
                Listing(facts),
                Table(["座位", "身份", "公开职务姓名", "签到", "签字"], rows, [1, 1.4, 3, 1, 2.4]),
                Paragraph("居民只登记身份和座位号，不写姓名。"),
            ],
        )


def minutes_paper(
    meeting: Meeting,
    attendance: Sequence[Attendance],
    views: Sequence[View],
    *,
    title: str,
    number: str,
    text: str,
) -> Paper:
    """The minutes: when, where, who in which role, what was said, and the views by kind with what becomes of each.

    ``text`` is what they say; a draft is marked as one until the minutes are confirmed.
    """
    with override("zh-hans"):
        kind = str(meeting.get_kind_display())
        facts = _facts(meeting, title, number)
        if attendance:
            facts.append(("到会", "；".join(_came(one) for one in attendance)))
        blocks: list[Block] = [Listing(facts)]
        parts: list[tuple[str, list[Block]]] = []
        if meeting.agenda:
            parts.append(("议程", [Paragraph(meeting.agenda)]))
        parts.append(("记录", [Paragraph(text)]))
        for of_kind in View.Kind:
            found = [view for view in views if view.kind == of_kind]
            if found:
                parts.append((str(of_kind.label), [Paragraph(_said(i, v)) for i, v in enumerate(found, 1)]))
        for ordinal, (heading, body) in zip(ORDINALS, parts, strict=False):
            blocks += [Heading(f"{ordinal}、{heading}"), *body]
        if meeting.minutes_at is not None:
            settled = meeting.confirmed_at or meeting.minutes_at
            blocks.append(Signature(meeting.confirmed_by_label or "召集人", day_in_words(settled)))
        return Paper(
            title=f"关于“{title}”的{kind}纪要",
            subtitle=day_in_words(meeting.starts_at)
            + ("" if meeting.minutes_at else "（草稿，未经召集人确认）"),
            blocks=blocks,
            author=settings.TONGXIN["district_name"],
        )


def _came(one: Attendance) -> str:
    return f"{_role(one.role)}{one.count}人" + (f"（{one.names}）" if one.names else "")


def _said(index: int, view: View) -> str:
    text = f"{index}. {view.text}（{_role(view.by_role)}）"
    if view.item is not None:
        text += f"（议题：{view.item.title}）"
    if view.became is not None:
        text += f"（落实为{number_of(view.became)}）"
    return text
