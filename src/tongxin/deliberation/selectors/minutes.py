"""Reads of a meeting for its papers: who came in which role and seat, what was said and agreed."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F

from tongxin.core.models import Dossier
from tongxin.deliberation.models import AgendaItem, Attendance, Meeting, ParticipantRole, SignUp, View

MOST_SEATS = 1000
PUBLIC_DUTY = (ParticipantRole.MEMBER, ParticipantRole.UNIT)
"""Who takes part by public duty and is named on papers; everybody else is a role and a seat number."""


@dataclass(frozen=True, slots=True)
class SeatShown:
    """One seat as a paper shows it; ``name`` is empty unless it is a public duty to be there."""

    number: int | None
    role: str
    name: str
    is_here: bool


def meeting_by_id(pk: int) -> Meeting | None:
    """The meeting with its dossier, or None."""
    return Meeting.objects.select_related("dossier").filter(pk=pk).first() if pk < 2**31 else None


def seats_of(meeting: Meeting) -> list[SeatShown]:
    """Everybody who has a seat, by seat number. One query."""
    rows = (
        SignUp.objects.filter(meeting=meeting, cancelled_at=None, is_waiting=False)
        .select_related("receipt", "user")
        .order_by(F("seat_number").asc(nulls_last=True), "pk")[:MOST_SEATS]
    )
    return [
        SeatShown(
            number=row.seat_number,
            role=row.role,
            name=_public_name(row),
            is_here=row.checked_in_at is not None,
        )
        for row in rows
    ]


def _public_name(seat: SignUp) -> str:
    if seat.role not in PUBLIC_DUTY:
        return ""
    if seat.receipt is not None:
        return seat.receipt.label
    return seat.user.display_name if seat.user and seat.role == ParticipantRole.MEMBER else ""


def attendance_of(meeting: Meeting) -> list[Attendance]:
    """How many came in which role, as the minutes say, in the order of the roles."""
    order = {str(role): index for index, role in enumerate(ParticipantRole)}
    return sorted(meeting.attendance.all(), key=lambda one: order[one.role])


def views_of(meeting: Meeting) -> list[View]:
    """What was agreed, suggested and held against it, with the point it belongs to and the record it became."""
    return list(meeting.views.select_related("item", "became").prefetch_related("became__numbers"))


def number_of(dossier: Dossier) -> str:
    """The number a record goes by now: the newest it was given. Reads ``numbers``; prefetch them for a list."""
    return max(dossier.numbers.all(), key=lambda number: number.pk).slug


def agenda_points(meetings: Sequence[Meeting]) -> list[tuple[int, str]]:
    """The points of these meetings' agendas as choices. One query, none without meetings."""
    if not meetings:
        return []
    points = AgendaItem.objects.filter(meeting__in=meetings).order_by("meeting", "position", "pk")
    return [(point.pk, point.title) for point in points]


def conclusion_of(meeting: Meeting, pk: int) -> View | None:
    """One view of the meeting's minutes."""
    return meeting.views.filter(pk=pk).first() if pk < 2**63 else None
