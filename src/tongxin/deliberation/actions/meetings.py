"""Meetings: convened with notice, moved with a reason, with an agenda and its documents."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.attachments import keep_document
from tongxin.core.clocks import local_calendar
from tongxin.core.files import CleanDocument
from tongxin.core.history import lock
from tongxin.core.models import Attachment, Instrument
from tongxin.deliberation.actions.conversations import NotConvener
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import AgendaItem, Meeting

MOST_ITEMS = 30
KEY_BYTES = 9
TITLE_LENGTH, PRESENTER_LENGTH = 120, 60
MINUTES_PLANNED, MOST_MINUTES = 15, 480


class ShortNotice(Exception):
    """The meeting is called with less than the configured notice and no reason was given."""


class MeetingMovedOn(Exception):
    """Somebody else did something to the meeting since the page was opened. Nothing was done now."""


class MeetingOver(Exception):
    """The meeting is closed, cancelled or minuted; this can't be done any more."""


class MeetingNotOpen(Exception):
    """The meeting has not been opened, or is closed."""


@dataclass(frozen=True, slots=True)
class AgendaLine:
    """One point as it was typed: a title, who presents it, and for how many minutes."""

    title: str
    presenter: str = ""
    minutes: int = MINUTES_PLANNED


def agenda_lines(text: str) -> list[AgendaLine]:
    """The points of an agenda typed one a line: title, then, after ``|`` or ``｜``, who presents it and minutes.

    Nothing is cut off here: whoever takes it from people refuses what is longer than a meeting holds.
    """
    lines = []
    for line in text.splitlines():
        title, *more = (part.strip() for part in line.replace("｜", "|").split("|"))
        if not title:
            continue
        presenter, minutes = "", MINUTES_PLANNED
        for part in more:
            figure = part.removesuffix("分钟").strip()
            if figure.isdecimal() and len(figure) <= len(str(MOST_MINUTES)):
                minutes = min(max(int(figure), 1), MOST_MINUTES)
            elif part:
                presenter = part
        lines.append(AgendaLine(title, presenter, minutes))
    return lines


def earliest_day(at: datetime) -> date:
    """The first day on which a meeting called now may be held without a reason (default: 5 working days' notice)."""
    return local_calendar().add_workdays(
        timezone.localtime(at).date(), settings.TONGXIN["notice_before_meeting"]
    )


def _minutes_due(day: date) -> date:
    return local_calendar().add_workdays(day, settings.TONGXIN["minutes_after_meeting"])


def convene(
    dossier_id: int,
    *,
    starts_at: datetime,
    place: str,
    agenda: str,
    kind: str = Meeting.Kind.CONSULTATION,
    capacity: int = 30,
    short_notice_reason: str = "",
    at: datetime,
) -> Meeting:
    """A meeting with its agenda, one point a line. The caller holds the record's lock and writes the history.

    Raises :class:`ShortNotice` with the earliest day when there is less notice than the rule asks and no reason.
    """
    day = timezone.localtime(starts_at).date()
    earliest = earliest_day(at)
    if day < earliest and not short_notice_reason:
        raise ShortNotice(earliest.isoformat())
    lines = agenda_lines(agenda)
    meeting = Meeting.objects.create(
        dossier_id=dossier_id,
        kind=Meeting.Kind(kind),
        starts_at=starts_at,
        place=place,
        agenda="\n".join(line.title for line in lines),
        capacity=capacity,
        noticed_at=at,
        short_notice_reason=short_notice_reason,
        minutes_due_on=_minutes_due(day),
        takes_questions=kind == Meeting.Kind.HEARING,
        check_in_key=secrets.token_urlsafe(KEY_BYTES),
    )
    AgendaItem.objects.bulk_create(
        AgendaItem(
            meeting=meeting,
            position=position,
            title=line.title,
            presenter=line.presenter,
            minutes_planned=line.minutes,
        )
        for position, line in enumerate(lines, start=1)
    )
    return meeting


def lock_meeting(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    seen_version: int | None,
    locks_record: bool = False,
) -> Meeting:
    """The meeting's row, locked for its convener. Whoever writes history locks the record first, as everybody does.

    Raises :class:`NotConvener` (404 to them) and :class:`MeetingMovedOn` when the page seen is outdated.
    """
    if locks_record:
        record = lock(type(record), record.pk, seen_version=None)
    if not host.may_convene(actor, record) or meeting.dossier_id != record.pk:
        raise NotConvener
    meeting = Meeting.objects.select_for_update().get(pk=meeting.pk)
    if seen_version is not None and meeting.version != seen_version:
        raise MeetingMovedOn
    return meeting


def bump(meeting: Meeting, *fields: str) -> None:
    """Save what changed, and the version by which others see that their page is outdated."""
    meeting.version += 1
    meeting.save(update_fields=[*fields, "version"])


def is_over(meeting: Meeting) -> bool:
    """Whether nothing more happens in the room."""
    return bool(meeting.cancelled_at or meeting.closed_at or meeting.minutes_at)


@transaction.atomic
def move_meeting(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    starts_at: datetime,
    place: str,
    reason: str,
    seen_version: int | None,
    at: datetime | None = None,
) -> Meeting:
    """Another time or place, with a reason everybody reads; everybody is told, and seats are kept.

    Moving it forward below the notice needs no more than the reason, which is public. Raises :class:`MeetingOver` once
    it has been opened, cancelled or minuted, ``ValueError`` for a time in the past.
    """
    at = at or timezone.now()
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=seen_version, locks_record=True)
    if is_over(meeting) or meeting.opened_at:
        raise MeetingOver
    if starts_at <= at:
        raise ValueError("starts_at")
    before, where = meeting.starts_at, meeting.place
    if (before, where) == (starts_at, place):
        return meeting
    meeting.starts_at, meeting.place = starts_at, place
    meeting.minutes_due_on = _minutes_due(timezone.localtime(starts_at).date())
    if timezone.localtime(starts_at).date() < earliest_day(at) and starts_at < before:
        meeting.short_notice_reason = reason
    bump(meeting, "starts_at", "place", "minutes_due_on", "short_notice_reason")
    host.record_event(
        record,
        "meeting.moved",
        actor=actor,
        at=at,
        text=reason,
        data={
            "meeting": meeting.pk,
            "starts_at": starts_at.isoformat(),
            "place": place,
            "before": before.isoformat(),
            "place_before": where,
        },
    )
    return meeting


@dataclass(frozen=True, slots=True)
class ItemGiven:
    """A point of the agenda as its form has it. ``document`` None leaves the one it has."""

    title: str
    presenter: str = ""
    minutes: int = MINUTES_PLANNED
    document: CleanDocument | None = None


@transaction.atomic
def add_item(
    host: Host,
    record: Instrument,
    meeting: Meeting,
    *,
    actor: Actor,
    given: ItemGiven,
    seen_version: int | None,
) -> AgendaItem:
    """A point at the end of the agenda."""
    meeting = lock_meeting(host, record, meeting, actor=actor, seen_version=seen_version)
    if is_over(meeting) or meeting.items.count() >= MOST_ITEMS:
        raise MeetingOver
    last = meeting.items.aggregate(last=Max("position"))["last"] or 0
    item = AgendaItem(meeting=meeting, position=last + 1)
    _set_item(item, given)
    item.save(force_insert=True)
    _say_agenda(meeting)
    return item


@transaction.atomic
def change_item(
    host: Host,
    record: Instrument,
    item: AgendaItem,
    *,
    actor: Actor,
    given: ItemGiven,
    seen_version: int | None,
) -> AgendaItem:
    """Change a point, or add its document, which is public with the agenda."""
    meeting = lock_meeting(host, record, item.meeting, actor=actor, seen_version=seen_version)
    if is_over(meeting):
        raise MeetingOver
    item.meeting = meeting
    _set_item(item, given)
    item.save()
    _say_agenda(meeting)
    return item


@transaction.atomic
def raise_item(
    host: Host, record: Instrument, item: AgendaItem, *, actor: Actor, seen_version: int | None
) -> None:
    """Take a point one place earlier."""
    meeting = lock_meeting(host, record, item.meeting, actor=actor, seen_version=seen_version)
    if is_over(meeting):
        raise MeetingOver
    rows = list(meeting.items.all())
    at = next((n for n, one in enumerate(rows) if one.pk == item.pk), 0)
    if at:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
        for position, one in enumerate(rows, start=1):
            one.position = position
        AgendaItem.objects.bulk_update(rows, ["position"])
        _say_agenda(meeting)


def _set_item(item: AgendaItem, given: ItemGiven) -> None:
    item.title, item.presenter, item.minutes_planned = given.title, given.presenter, given.minutes
    if given.document is not None:
        item.document = keep_document(
            given.document,
            dossier_id=item.meeting.dossier_id,
            stage=Attachment.Stage.DOCUMENT,
            publication="public",
        )


def _say_agenda(meeting: Meeting) -> None:
    """The agenda in words, as notices and the record's page show it, follows its points."""
    meeting.agenda = "\n".join(item.title for item in meeting.items.all())
    bump(meeting, "agenda")
