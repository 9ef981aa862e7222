"""What people said and how many of them: comments, meetings, ratings, as the page prints them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.template.defaultfilters import linebreaksbr
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from tongxin.deliberation.models import Comment, ParticipantRole
from tongxin.matters.artefacts import CommentValues, MeetingData, RatingData
from tongxin.matters.models import Matter, Rating
from tongxin.matters.presenters.naming import moment_text, who_text

STANCE_CHIPS = {"support": "ok", "oppose": "late", "suggest": "info", "question": "soon"}


@dataclass(frozen=True, slots=True)
class MeetingItem:
    """A meeting in words; ``is_open`` says whether a seat can still be asked for."""

    pk: int
    when: str
    place: str
    agenda: str
    seats: str
    note: str
    is_open: bool
    is_cancelled: bool
    attendance: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RatingItem:
    """What one kind of rater said, with how many they are."""

    rater: str
    count: str
    solved: str
    attitude: str
    result: str
    is_beside_score: bool


def _removed(comment: CommentValues) -> str:
    if comment.removed_at is None:
        return ""
    return _("这条看法%(when)s被%(who)s移除。理由：%(reason)s") % {
        "when": moment_text(comment.removed_at),
        "who": who_text(comment.removed_by_label),
        "reason": comment.removed_reason,
    }


def comments_html(comments: Sequence[CommentValues]) -> SafeString:
    """Comments as the page lists them; the text of a removed one is left out, by whom and why stands in its place."""
    language, today = get_language(), timezone.localdate()
    items = "".join(_comment_html(comment, language, today) for comment in comments)
    return mark_safe(f'<ul class="comments">{items}</ul>')  # noqa: S308  (items made here, each escaped)


@lru_cache(maxsize=8192)
def _comment_html(comment: CommentValues, language: str | None, today: date) -> SafeString:
    # Days are written without their year while it is this one, hence today.
    if comment.removed_at:
        return format_html(
            '<li id="comment-{}"><p class="removed small">{}</p></li>', comment.pk, _removed(comment)
        )
    return format_html(
        '<li id="comment-{}"><p>{}</p><div class="meta"><span class="chip {}">{}</span><span>{}</span><span>{}</span></div></li>',
        comment.pk,
        linebreaksbr(comment.text, autoescape=True),
        STANCE_CHIPS.get(comment.stance, ""),
        Comment.Stance(comment.stance).label,
        who_text(comment.author_label),
        moment_text(comment.at),
    )


def attendance_lines(attendance: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(role, how many and who) for each role that came."""
    return [
        (
            str(ParticipantRole(one["role"]).label),
            ngettext("%(n)s 人", "%(n)s 人", one["count"]) % {"n": one["count"]}
            + (_("（%(names)s）") % {"names": one["names"]} if one["names"] else ""),
        )
        for one in attendance
    ]


def meeting_items(meetings: Sequence[MeetingData], matter: Matter) -> list[MeetingItem]:
    """Meetings for the page, the next one first."""
    now = timezone.now()
    items = []
    for meeting in reversed(meetings):
        is_open = matter.state == "deliberating" and not meeting.is_cancelled and meeting.starts_at > now
        left = meeting.capacity - meeting.sign_up_count
        seats = ""
        if is_open:
            seats = (
                ngettext("还有%(n)s个名额", "还有%(n)s个名额", left) % {"n": left}
                if left > 0
                else _("名额已满，可以排队")
            )
        note = ""
        if meeting.is_cancelled:
            note = _("已取消：%(reason)s") % {"reason": meeting.cancelled_reason}
        elif meeting.short_notice_reason:
            note = _("通知得晚：%(reason)s") % {"reason": meeting.short_notice_reason}
        items.append(
            MeetingItem(
                meeting.pk,
                moment_text(meeting.starts_at),
                meeting.place,
                meeting.agenda,
                seats,
                note,
                is_open,
                meeting.is_cancelled,
                attendance_lines(meeting.attendance),
            )
        )
    return items


def rating_items(ratings: Sequence[RatingData]) -> list[RatingItem]:
    """Ratings by kind of rater; the unit's view of itself stands beside the score, never in it."""
    order = Rating.Rater.values
    return [
        RatingItem(
            str(Rating.Rater(one.rater).label),
            ngettext("%(n)s 人", "%(n)s 人", one.count) % {"n": one.count},
            str(one.solved),
            f"{one.attitude:.1f}",
            f"{one.result:.1f}",
            one.rater == Rating.Rater.UNIT,
        )
        for one in sorted(ratings, key=lambda one: order.index(one.rater))
    ]
