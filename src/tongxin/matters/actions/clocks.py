"""Due dates worked out again when the working-day calendar changes, for all open matters at once."""

import json
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core import clocks, ledger
from tongxin.core.crypto import salted_digest
from tongxin.core.models import ClockEvent, Entry
from tongxin.core.process import Publication
from tongxin.core.together import copy_rows
from tongxin.core.workdays import WorkCalendar
from tongxin.deliberation.models import Meeting
from tongxin.matters.actions.step import SYSTEM_LABEL
from tongxin.matters.models import Matter
from tongxin.matters.owners import Parties, owners_of, role_holders
from tongxin.matters.process import SIX_STEPS
from tongxin.notices.actions.outbox import Addressee, tell, to_receipt
from tongxin.notices.models import Concern

REWORKED = "clock.reworked"
BATCH = 2000
LONG_FIELDS = ("text", "original_text", "search", "stepped_on")
ANSWERING_DAYS = 2
"""Working days that the office has after the objection period, within the clock of the publication."""

Move = tuple[date | None, date | None]


@dataclass(slots=True)
class Reworked:
    """One matter whose dates came out differently: what each was and is, by the name of its field."""

    matter: Matter
    due: clocks.Due
    objections_until: date | None
    moves: dict[str, Move] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """The moves as the history keeps them: field → [before, after]."""
        return {name: [day.isoformat() if day else None for day in move] for name, move in self.moves.items()}


def rework_due_dates(sender: Any, days: Iterable[date] = (), **_kwargs: Any) -> int:
    """Derive every open due date again, inside the transaction of the calendar's change.

    Whatever moved is in the matter's history and in the ledger, under the system's name; each person concerned is told
    once, however many of their matters moved. Returns how many matters moved. Rule: a clock pauses only through a
    recorded event, and due dates are worked out again when the holiday calendar changes.
    """
    at = timezone.now()
    calendar = clocks.local_calendar()
    days = frozenset(days)
    found = {
        one.matter.pk: one
        for one in _reworked(calendar, days, is_for_update=True)
        if one.moves or one.due.is_provisional != one.matter.is_due_provisional
    }
    meetings = _reworked_meetings(calendar, days)
    for meeting, before in meetings:
        _of_meeting(found, meeting, before)
    _save(found.values())
    Meeting.objects.bulk_update(
        [meeting for meeting, _before in meetings], ["minutes_due_on"], batch_size=500
    )
    moved = [one for one in found.values() if one.moves]
    _tell(moved, at)
    _write_history(moved, at)
    return len(moved)


def weigh_calendar(sender: Any, days: Iterable[date], calendar: WorkCalendar, **_kwargs: Any) -> int:
    """How many matters would get another date with that calendar. Changes nothing."""
    return sum(bool(one.moves) for one in _reworked(calendar, days, is_for_update=False))


def _candidates(days: Iterable[date]) -> QuerySet[Matter]:
    """Open matters with a date that a change of these days can move: none of those before the first of them."""
    matters = Matter.objects.filter(state__in=SIX_STEPS.open_states())
    first = min(days, default=None)
    if first is None:
        return matters.filter(Q(due_on__isnull=False) | Q(objections_until__isnull=False))
    return matters.filter(
        Q(due_on__gte=first) | Q(is_paused=True) | Q(state="published", objections_until__gte=first)
    )


def _reworked(calendar: WorkCalendar, days: Iterable[date], *, is_for_update: bool) -> Iterator[Reworked]:
    """Every candidate with its dates derived again; two queries a batch."""
    days = frozenset(days)
    last = 0
    while True:
        rows = (
            _candidates(days)
            .filter(pk__gt=last)
            .order_by("pk")
            .select_related("convener")
            .defer(*LONG_FIELDS)
        )
        if is_for_update:
            rows = rows.select_for_update(of=("self",), no_key=True)
        batch = list(rows[:BATCH])
        if not batch:
            return
        last = batch[-1].pk
        events: dict[int, list[ClockEvent]] = defaultdict(list)
        for event in ClockEvent.objects.filter(dossier_id__in=[one.pk for one in batch]).order_by("pk"):
            events[event.dossier_id].append(event)
        for matter in batch:
            yield _derived(matter, events[matter.pk], calendar)


def _derived(matter: Matter, events: list[ClockEvent], calendar: WorkCalendar) -> Reworked:
    found = Reworked(matter, clocks.due_from(events, calendar), matter.objections_until)
    if found.due.on != matter.due_on:
        found.moves["due_on"] = (matter.due_on, found.due.on)
    start = next((e for e in reversed(events) if e.kind == ClockEvent.Kind.START), None)
    is_running = matter.objections_until is not None and matter.objections_until >= timezone.localdate()
    if matter.state == "published" and start is not None and start.state == matter.state and is_running:
        begun = timezone.localtime(start.at).date()
        found.objections_until = calendar.add_workdays(begun, start.days - ANSWERING_DAYS)
        if found.objections_until != matter.objections_until:
            found.moves["objections_until"] = (matter.objections_until, found.objections_until)
    return found


def _reworked_meetings(calendar: WorkCalendar, days: Iterable[date]) -> list[tuple[Meeting, date]]:
    """Meetings whose minutes are due on another day now, with the day it was."""
    waiting = Meeting.objects.filter(
        minutes_at=None, cancelled_at=None, dossier__matter__state__in=SIX_STEPS.open_states()
    ).select_for_update(of=("self",))
    first = min(days, default=None)
    if first is not None:
        waiting = waiting.filter(minutes_due_on__gte=first)
    moved = []
    for meeting in waiting.order_by("pk"):
        held = timezone.localtime(meeting.starts_at).date()
        due = calendar.add_workdays(held, settings.TONGXIN["minutes_after_meeting"])
        if due != meeting.minutes_due_on:
            moved.append((meeting, meeting.minutes_due_on))
            meeting.minutes_due_on = due
    return moved


def _of_meeting(found: dict[int, Reworked], meeting: Meeting, before: date) -> None:
    one = found.get(meeting.dossier_id)
    if one is None:
        matter = Matter.objects.select_related("convener").get(pk=meeting.dossier_id)
        one = Reworked(matter, clocks.Due(matter.due_on, matter.is_due_provisional), matter.objections_until)
        found[matter.pk] = one
    one.moves["minutes_due_on"] = (before, meeting.minutes_due_on)


def _save(found: Iterable[Reworked]) -> None:
    """Write what came out differently, the mark of a provisional year too. One statement."""
    changed = [
        one
        for one in found
        if one.moves.keys() & {"due_on", "objections_until"}
        or one.due.is_provisional != one.matter.is_due_provisional
    ]
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE matters_matter AS m SET due_on = v.due_on, is_due_provisional = v.provisional, "
            "objections_until = v.objections_until "
            "FROM unnest(%s::bigint[], %s::date[], %s::boolean[], %s::date[]) "
            "AS v(pk, due_on, provisional, objections_until) WHERE m.dossier_id = v.pk",
            [
                [one.matter.pk for one in changed],
                [one.due.on for one in changed],
                [one.due.is_provisional for one in changed],
                [one.objections_until for one in changed],
            ],
        )
    for one in changed:
        one.matter.due_on, one.matter.is_due_provisional = one.due.on, one.due.is_provisional
        one.matter.objections_until = one.objections_until


def _write_history(moved: list[Reworked], at: datetime) -> None:
    """A line in each matter's history, and its link in the ledger. Last, because it holds the ledger's lock."""
    if not moved:
        return
    entries: list[dict[str, Any]] = []
    happenings = []
    for one in moved:
        matter, salt = one.matter, secrets.token_hex(16)
        level = Publication.PUBLIC if matter.publication == Publication.PUBLIC else Publication.INTERNAL
        step = SIX_STEPS.state(matter.state).step.code
        entries.append(
            {
                "dossier": matter.pk,
                "at": at,
                "step": step,
                "event": REWORKED,
                "version": matter.version,
                "actor_label": SYSTEM_LABEL,
                "actor_role": Role.SYSTEM.value,
                "text": "",
                "internal_note": "",
                "data": json.dumps(one.data()),
                "publication": level.value,
                "salt": salt,
                "ledger_seq": 0,
            }
        )
        body = {
            "number": matter.number,
            "kind": matter.kind,
            "state": matter.state,
            "version": matter.version,
            "step": step,
            "by": str(Role.SYSTEM),
            "data": one.data(),
            "text": salted_digest("", salt, settings.TONGXIN["digest"]),
            "due_on": matter.due_on.isoformat() if matter.due_on else None,
        }
        happenings.append(ledger.Happening(matter.pk, body, level is Publication.PUBLIC))
    for entry, seq in zip(entries, ledger.append_all(REWORKED, happenings, at=at), strict=True):
        entry["ledger_seq"] = seq
    copy_rows(Entry, list(entries[0]), (list(entry.values()) for entry in entries))


def _tell(moved: list[Reworked], at: datetime) -> None:
    """Tell everybody concerned once: people with work how many of their matters moved, a raiser the new day."""
    if not moved:
        return
    cause = f"calendar:{at:%Y%m%d%H%M%S%f}"
    holders = role_holders()
    counts: Counter[Addressee] = Counter()
    raisers: dict[Move, list[Addressee]] = defaultdict(list)
    for one in moved:
        matter = one.matter
        parties = parties_of(matter)
        raiser = to_receipt(matter.receipt_id) if matter.receipt_id else None
        counts.update(who for who in owners_of(parties, holders) if who != raiser)
        if raiser and not matter.is_paused and "due_on" in one.moves:
            raisers[one.moves["due_on"]].append(raiser)
    for who, count in counts.items():
        tell(
            cause=cause,
            template="clock.reworked",
            to=[who],
            concern=Concern.CLOCK,
            data={"count": count},
            dossier_id=None,
            at=at,
        )
    for (before, after), people in raisers.items():
        tell(
            cause=cause,
            template="clock.moved",
            to=people,
            concern=Concern.OWN,
            data={
                "before_on": before.isoformat() if before else None,
                "due_on": after.isoformat() if after else None,
            },
            dossier_id=None,
            at=at,
        )


def parties_of(matter: Matter) -> Parties:
    """The columns of a matter that say whose turn it is; the matter comes with its convener."""
    return Parties(
        state=matter.state,
        lead_unit_id=matter.lead_unit_id,
        decider_id=matter.decider_id,
        convener_user_id=matter.convener.user_id if matter.convener else None,
        street_id=matter.street_id,
        station_id=matter.station_id,
        receipt_id=matter.receipt_id,
    )
