"""Running a meeting: its terms, opening and closing it, and which point of the agenda it has come to."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.models import Instrument
from tongxin.deliberation.actions.meetings import (
    KEY_BYTES,
    MeetingNotOpen,
    MeetingOver,
    bump,
    is_over,
    lock_meeting,
)
from tongxin.deliberation.actions.room_votes import close_open_vote
from tongxin.deliberation.actions.seats import attendance_of, fill_seats
from tongxin.deliberation.actions.speaking import end_running
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import AgendaItem, Meeting


@transaction.atomic
def set_terms(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    capacity: int,
    seconds_each: int,
    takes_questions: bool,
    seen_version: int | None,
) -> Meeting:
    """How many residents, how long each may speak, whether the audience may ask. More seats move people up."""
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=seen_version)
    if is_over(meeting):
        raise MeetingOver
    meeting.capacity, meeting.seconds_each = capacity, seconds_each
    meeting.takes_questions = takes_questions
    bump(meeting, "capacity", "seconds_each", "takes_questions")
    fill_seats(host, record, meeting, at=timezone.now())
    return meeting


@transaction.atomic
def open_meeting(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    seen_version: int | None,
    at: datetime | None = None,
) -> Meeting:
    """Open the meeting: check-in by code, speakers and votes from now on. A line of the record's history.

    Opening twice changes nothing. Raises :class:`MeetingOver`.
    """
    at = at or timezone.now()
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=seen_version, locks_record=True)
    if is_over(meeting):
        raise MeetingOver
    if meeting.opened_at is None:
        meeting.opened_at = at
        meeting.check_in_key = meeting.check_in_key or secrets.token_urlsafe(KEY_BYTES)
        bump(meeting, "opened_at", "check_in_key")
        host.record_event(record, "meeting.opened", actor=actor, at=at, data={"meeting": meeting.pk})
    return meeting


@transaction.atomic
def close_meeting(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    seen_version: int | None,
    at: datetime | None = None,
) -> Meeting:
    """Close it: whoever speaks has finished, an open vote is counted, the attendance by role stands in the history.

    Raises :class:`MeetingNotOpen` when it was never opened, :class:`MeetingOver` when it is over already.
    """
    at = at or timezone.now()
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=seen_version, locks_record=True)
    if is_over(meeting):
        raise MeetingOver
    if meeting.opened_at is None:
        raise MeetingNotOpen
    end_running(meeting, at=at)
    close_open_vote(meeting, at=at)
    meeting.items.filter(started_at__isnull=False, ended_at=None).update(ended_at=at)
    meeting.closed_at = at
    bump(meeting, "closed_at")
    host.record_event(
        record,
        "meeting.closed",
        actor=actor,
        at=at,
        data={"meeting": meeting.pk, "attendance": attendance_of(meeting)},
    )
    return meeting


@transaction.atomic
def start_item(
    host: Host,
    record: Instrument,
    item: AgendaItem,
    *,
    actor: Actor,
    seen_version: int | None,
    at: datetime | None = None,
) -> AgendaItem:
    """Come to a point of the agenda; the one before it has ended. A point may be come back to.

    Raises :class:`MeetingNotOpen`, :class:`MeetingMovedOn`.
    """
    at = at or timezone.now()
    meeting = _open(lock_meeting(host, record, item.meeting, actor=actor, seen_version=seen_version))
    running = meeting.items.filter(started_at__isnull=False, ended_at=None)
    running.exclude(pk=item.pk).update(ended_at=at)
    item = AgendaItem.objects.get(pk=item.pk)
    item.started_at, item.ended_at = item.started_at or at, None
    item.save(update_fields=["started_at", "ended_at"])
    bump(meeting)
    return item


@transaction.atomic
def end_item(
    host: Host,
    record: Instrument,
    item: AgendaItem,
    *,
    actor: Actor,
    seen_version: int | None,
    at: datetime | None = None,
) -> AgendaItem:
    """Finish a point of the agenda that has begun. Twice changes nothing."""
    meeting = _open(lock_meeting(host, record, item.meeting, actor=actor, seen_version=seen_version))
    item = AgendaItem.objects.get(pk=item.pk)
    if item.started_at is not None and item.ended_at is None:
        item.ended_at = at or timezone.now()
        item.save(update_fields=["ended_at"])
        bump(meeting)
    return item


@transaction.atomic
def renew_key(host: Host, record: Instrument, meeting: Meeting, *, actor: Actor) -> Meeting:
    """Another code for the room; the one shown so far checks nobody in any more."""
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=None)
    if is_over(meeting):
        raise MeetingOver
    meeting.check_in_key = secrets.token_urlsafe(KEY_BYTES)
    meeting.save(update_fields=["check_in_key"])
    return meeting


def _open(meeting: Meeting) -> Meeting:
    if meeting.opened_at is None or is_over(meeting):
        raise MeetingNotOpen
    return meeting
