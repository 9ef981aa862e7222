"""Meetings in words: who speaks, what a vote came to. Residents are a role and a seat number, nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.deliberation.actions.room_votes import AGREE, DISAGREE, PASS, REST
from tongxin.deliberation.models import Meeting, ParticipantRole, RoomVote, SignUp, Turn

ABOUT = timedelta(hours=2)
"""Shown as a meeting's length when its agenda says nothing."""


def seat_words(seat: SignUp) -> str:
    """Who a seat is: members and units by name, which is their public duty; a resident by seat number."""
    role = str(ParticipantRole(seat.role).label)
    if seat.user is not None and seat.role != ParticipantRole.RESIDENT:
        return f"{role} {seat.user.display_name}"
    if seat.seat_number is None:
        return role
    return _("%(role)s %(n)s 号") % {"role": role, "n": seat.seat_number}


def turn_words(turn: Turn) -> str:
    """Who speaks, as the screen says it."""
    role = str(ParticipantRole(turn.role).label)
    if turn.label:
        return f"{role} {turn.label}"
    if turn.sign_up is not None and turn.sign_up.seat_number is not None:
        return _("%(role)s %(n)s 号") % {"role": role, "n": turn.sign_up.seat_number}
    return role


def when_words(at: datetime) -> str:
    """Day of the week and time of day with the date, so that nobody has to look it up."""
    return date_format(timezone.localtime(at), _("n月j日 l H:i"))


def status_of(meeting: Meeting) -> tuple[str, str]:
    """Where a meeting is, in words, and the tone of its chip."""
    if meeting.cancelled_at:
        return _("已取消"), "late"
    if meeting.minutes_at:
        return _("有纪要"), "ok"
    if meeting.closed_at:
        return _("开完了"), "ok"
    if meeting.opened_at:
        return _("正在开"), "soon"
    if meeting.starts_at <= timezone.now():
        return _("该开了"), "soon"
    return _("要开"), "info"


def seats_words(meeting: Meeting) -> str:
    """How many seats are left for residents."""
    left = meeting.capacity - meeting.sign_up_count
    if left > 0:
        return ngettext("还有%(n)s个名额", "还有%(n)s个名额", left) % {"n": left}
    return _("名额已满，可以排队；现在排着%(n)s人") % {"n": -left} if left else _("名额已满，可以排队")


def length_of(meeting: Meeting, minutes: int) -> timedelta:
    """How long the meeting is planned for."""
    return timedelta(minutes=minutes) if minutes else ABOUT


@dataclass(frozen=True, slots=True)
class Count:
    """One row of a vote's result."""

    who: str
    agree: int
    disagree: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Result:
    """A vote's result in rows: the total first, then by role."""

    text: str
    total: Count
    hands: Count | None
    by_role: list[Count]
    withheld: int = 0

    @property
    def parts(self) -> list[tuple[str, int, str]]:
        """The parts of its bar."""
        return [
            (_("赞成"), self.total.agree, "a"),
            (_("不赞成"), self.total.disagree, "c"),
            (_("说不准"), self.total.undecided, "b"),
        ]


def _count(who: str, counts: list[int]) -> Count:
    return Count(who, counts[AGREE], counts[DISAGREE], counts[PASS])


def result_of(vote: RoomVote) -> Result:
    """A closed vote in words."""
    found: dict[str, Any] = vote.result or {}
    zero = [0, 0, 0]
    hands = found.get("hands", zero)
    order = [*ParticipantRole.values, REST]
    by_role = found.get("by_role", {})
    return Result(
        vote.text,
        _count(_("合计"), found.get("total", zero)),
        _count(_("其中举手清点"), hands) if any(hands) else None,
        [
            _count(_("其他") if role == REST else str(ParticipantRole(role).label), by_role[role])
            for role in order
            if role in by_role
        ],
        int(found.get("withheld", 0)),
    )
