"""What the diary gathers from duty, meetings and matters: by a daily job, as it happens, or for a year at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core.models import Entry
from tongxin.deliberation.models import SignUp
from tongxin.directory.models import DutyShift, Member
from tongxin.duty.actions.record.deeds import Deed, note_deed, note_deeds
from tongxin.duty.models import DiaryEntry

MATTER_EVENTS = ("meeting.called", "meeting.minuted", "matter.deliberated")
"""What a member does for a matter as its convener: calls a meeting, confirms its minutes, brings the deliberation to
its end. Whatever else the history says of them (a comment, a vote) is no deed."""
WINDOW = timedelta(days=40)
"""How far back the daily job looks: long enough for a worker that stood still over a holiday."""


def gather(now: datetime | None = None, *, since: datetime | None = None) -> int:
    """Note the shifts that ended and the meetings that members were checked in at; returns how many were new.

    A shift that was removed or changed hands before its end is that of nobody, or of whoever took it.
    """
    now = now or timezone.now()
    since = since or now - WINDOW
    return note_deeds(_shifts(since, now)) + note_deeds(_meetings(since, now))


def backfill(year: int) -> int:
    """Gather a whole year, matters included: for the demo, and for a district that begins with a history."""
    zone = timezone.get_current_timezone()
    first = datetime(year, 1, 1, tzinfo=zone)
    last = min(timezone.now(), datetime(year + 1, 1, 1, tzinfo=zone))
    return gather(last, since=first) + note_deeds(_matters(first, last))


def _shifts(since: datetime, until: datetime) -> Iterator[Deed]:
    shifts = DutyShift.objects.filter(ends_at__gt=since, ends_at__lte=until).select_related("station")
    for shift in shifts.order_by("pk").iterator(chunk_size=1000):
        yield Deed(
            shift.member_id,
            DiaryEntry.Kind.DUTY,
            f"shift:{shift.pk}",
            shift.starts_at,
            shift.ends_at,
            data={"station": shift.station.name, "code": shift.station.code, "mode": shift.mode},
        )


def _meetings(since: datetime, until: datetime) -> Iterator[Deed]:
    seats = SignUp.objects.filter(
        checked_in_at__isnull=False,
        cancelled_at=None,
        user__member__isnull=False,
        meeting__cancelled_at=None,
        meeting__starts_at__gt=since,
        meeting__starts_at__lte=until,
    ).values_list(
        "user__member__pk",
        "meeting_id",
        "meeting__kind",
        "meeting__dossier_id",
        "meeting__starts_at",
        "meeting__closed_at",
    )
    for member_id, meeting_id, form, dossier_id, starts_at, closed_at in seats.order_by("pk").iterator(
        chunk_size=1000
    ):
        yield Deed(
            member_id,
            DiaryEntry.Kind.MEETING,
            f"meeting:{meeting_id}:{member_id}",
            starts_at,
            closed_at if closed_at and closed_at > starts_at else None,
            dossier_id,
            {"meeting": meeting_id, "form": form},
        )


def _matters(since: datetime, until: datetime) -> Iterator[Deed]:
    lines = (
        Entry.objects.filter(
            event__in=MATTER_EVENTS,
            actor_role=Role.CONVENER,
            at__gt=since,
            at__lte=until,
            user__member__isnull=False,
        )
        .order_by("pk")
        .values_list("pk", "at", "event", "dossier_id", "user__member__pk")
    )
    for pk, at, event, dossier_id, member_id in lines.iterator(chunk_size=1000):
        yield _matter_deed(pk, at, event, dossier_id, member_id)


def _matter_deed(pk: int, at: datetime, event: str, dossier_id: int, member_id: int) -> Deed:
    return Deed(
        member_id, DiaryEntry.Kind.MATTER, f"entry:{pk}", at, source_id=dossier_id, data={"event": event}
    )


def entry_heard(sender: Any, *, entry: Entry, **_more: Any) -> None:
    """Receiver of ``entry_written``: a member convened. Four short statements at the most."""
    if entry.event not in MATTER_EVENTS or entry.actor_role != Role.CONVENER or entry.user_id is None:
        return
    member_id = Member.objects.filter(user_id=entry.user_id).values_list("pk", flat=True).first()
    if member_id is not None:
        deed = _matter_deed(entry.pk, entry.at, entry.event, entry.dossier_id, member_id)
        note_deed(member_id, deed.kind, deed.source_key, at=deed.at, source_id=deed.source_id, data=deed.data)
