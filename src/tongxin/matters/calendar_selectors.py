"""What stands in somebody's calendar: due dates of their work, meetings they hold or go to, duty shifts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.deliberation.models import Meeting
from tongxin.directory.models import DutyShift
from tongxin.matters.models import Matter
from tongxin.matters.presenters import number_text
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.rules import may_read_raiser
from tongxin.matters.selectors import of_committees
from tongxin.matters.work_lists import own_units, work_of

MOST_EVENTS = 500
MEETING_LENGTH = timedelta(hours=2)
"""Shown for a meeting that hasn't been closed: notices name no end."""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One thing in a calendar. A due date has only a day; the others begin and end at a time.

    ``uid`` stays the same for as long as it is the same thing, ``sequence`` grows with every change of it. ``title`` is
    for the person themselves; ``public_title`` holds nothing that isn't public and nobody's name.
    """

    uid: str
    kind: str
    day: date
    title: str
    public_title: str
    address: str
    sequence: int
    changed_at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str = ""
    is_cancelled: bool = False
    is_provisional: bool = False
    is_late: bool = False


def events_between(actor: Actor, first: date, last: date) -> list[CalendarEvent]:
    """Everything in the actor's calendar from the first to the last day, in order. Three queries, however much there is."""
    events = [*_due(actor, first, last), *_meetings(actor, first, last), *_shifts(actor, first, last)]
    return sorted(
        events, key=lambda one: (one.day, one.starts_at is not None, one.starts_at or one.changed_at, one.uid)
    )


def _due(actor: Actor, first: date, last: date) -> list[CalendarEvent]:
    within = Q(due_on__range=(first, last)) | Q(state="promised", promised_on__range=(first, last))
    rows = work_of(actor).filter(within, is_paused=False).select_related("convener", "category")
    today = timezone.localdate()
    return [_due_event(actor, matter, today) for matter in rows[:MOST_EVENTS]]


def _due_event(actor: Actor, matter: Matter, today: date) -> CalendarEvent:
    day = matter.promised_on if matter.state == "promised" and matter.promised_on else matter.due_on
    assert day is not None  # the query asked for one
    label = SIX_STEPS.state(matter.state).label
    number = number_text(matter.number)
    is_public = matter.publication == "public"
    shown = matter.title if is_public or may_read_raiser(actor, matter) else number
    return CalendarEvent(
        uid=f"due-{matter.pk}-{matter.state}-{matter.reopen_count}",
        kind="due",
        day=day,
        title=_("%(state)s到期：%(title)s") % {"state": label, "title": shown},
        public_title=_("%(state)s到期：%(title)s")
        % {"state": label, "title": f"{matter.title}（{number}）" if is_public else number},
        address=reverse("work_matter", args=[matter.number]),
        sequence=matter.version,
        changed_at=matter.updated_at,
        is_provisional=matter.is_due_provisional,
        is_late=day < today,
    )


def _meetings(actor: Actor, first: date, last: date) -> list[CalendarEvent]:
    rows = Meeting.objects.filter(
        _own_meetings(actor), starts_at__range=(_moment(first), _moment(last + timedelta(days=1)))
    )
    rows = rows.select_related("dossier__matter").order_by("starts_at", "pk").distinct()
    return [_meeting_event(meeting) for meeting in rows[:MOST_EVENTS]]


def _own_meetings(actor: Actor) -> Q:
    """Meetings one holds, is asked to as a unit, hosts at a station, or has a seat at."""
    if actor.has(Role.OFFICE, Scope.DISTRICT) or actor.has(Role.CONVENER, Scope.DISTRICT):
        return Q()
    own = Q(sign_ups__user_id=actor.user_id, sign_ups__cancelled_at=None)
    own |= Q(sign_ups__receipt__user_id=actor.user_id, sign_ups__cancelled_at=None)
    own |= Q(dossier__matter__convener__user_id=actor.user_id)
    committees = actor.scope_ids(Role.OFFICE, Scope.COMMITTEE)
    if committees:
        # the same as of_committees, seen from the meeting
        own |= Q(dossier__matter__in=Matter.objects.filter(of_committees(committees)))
    stations = actor.scope_ids(Role.LIAISON, Scope.STATION) | actor.scope_ids(Role.CONVENER, Scope.STATION)
    own |= _if_any("dossier__matter__station_id__in", stations)
    own |= _if_any("dossier__matter__street_id__in", actor.scope_ids(Role.CONVENER, Scope.STREET))
    units = own_units(actor) | actor.scope_ids(Role.DECIDER, Scope.UNIT)
    own |= _if_any("dossier__matter__decider_id__in", units)
    own |= _if_any("dossier__matter__lead_unit_id__in", units)
    return own


def _if_any(lookup: str, ids: Collection[int]) -> Q:
    return Q(**{lookup: ids}) if ids else Q()


def _meeting_event(meeting: Meeting) -> CalendarEvent:
    matter: Any = getattr(meeting.dossier, "matter", None)
    title = matter.title if matter is not None and matter.publication == "public" else ""
    words = f"{meeting.get_kind_display()}：{title}" if title else str(meeting.get_kind_display())
    is_cancelled = meeting.cancelled_at is not None
    starts = timezone.localtime(meeting.starts_at)
    return CalendarEvent(
        uid=f"meeting-{meeting.pk}",
        kind="meeting",
        day=starts.date(),
        title=words,
        public_title=words,
        address=reverse("work_matter", args=[matter.number]) if matter is not None else "",
        sequence=meeting.version + int(is_cancelled),
        changed_at=meeting.cancelled_at or meeting.minutes_at or meeting.noticed_at,
        starts_at=starts,
        ends_at=max(timezone.localtime(meeting.closed_at), starts)
        if meeting.closed_at
        else starts + MEETING_LENGTH,
        place=meeting.place,
        is_cancelled=is_cancelled,
    )


def _shifts(actor: Actor, first: date, last: date) -> list[CalendarEvent]:
    own = Q(member__user_id=actor.user_id)
    own |= _if_any("station_id__in", actor.scope_ids(Role.LIAISON, Scope.STATION))
    rows = DutyShift.objects.filter(own, starts_at__range=(_moment(first), _moment(last + timedelta(days=1))))
    rows = rows.select_related("station", "member").order_by("starts_at", "pk")
    return [_shift_event(actor, shift) for shift in rows[:MOST_EVENTS]]


def _shift_event(actor: Actor, shift: DutyShift) -> CalendarEvent:
    starts = timezone.localtime(shift.starts_at)
    is_own = shift.member.user_id == actor.user_id
    public = _("%(mode)s值班：%(station)s") % {
        "mode": shift.get_mode_display(),
        "station": shift.station.name,
    }
    who = _("（%(name)s）") % {"name": shift.member.name}
    return CalendarEvent(
        uid=f"shift-{shift.pk}",
        kind="shift",
        day=starts.date(),
        title=public if is_own else f"{public}{who}",
        public_title=public,
        address=reverse("station", args=[shift.station.code]),
        sequence=0,
        changed_at=shift.starts_at - timedelta(days=1),  # a shift is made or removed, never changed
        starts_at=starts,
        ends_at=timezone.localtime(shift.ends_at),
        place=shift.station.name,
    )


def _moment(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
