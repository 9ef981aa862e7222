"""Reminders of matters, meetings, minutes and promises: found set-based, told through the outbox, each once.

A job runs every few minutes. It asks the database only for what has a stage now and was not told of it yet; a notice's
key (dossier, state, due date and stage) keeps two workers, or one started again, from telling twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core import reminders
from tongxin.core.clocks import local_calendar
from tongxin.core.process import Publication
from tongxin.core.reminders import Stage
from tongxin.core.workdays import WorkCalendar
from tongxin.deliberation.models import Meeting, SignUp
from tongxin.directory.models import Posting
from tongxin.matters.models import Matter
from tongxin.matters.owners import Holder, Parties, audience_of, role_holders, stages_of
from tongxin.matters.process import SIX_STEPS
from tongxin.notices.actions.outbox import Telling, tell, tell_many, to_receipt, to_user
from tongxin.notices.models import Concern
from tongxin.notices.times import waking_hours

BATCH = 500
KINDS = {"before": "before", "after": "after", "head": "after"}
"""Which text a stage has: ``clock.before``, ``promise.after`` …; every further rung has that of ``escalated``."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one run did: notices written, and how many things (matters, meetings) they are about."""

    notices: int = 0
    records: int = 0

    def __add__(self, other: "Told") -> "Told":
        return Told(self.notices + other.notices, self.records + other.records)


def remind(now: datetime | None = None) -> Told:
    """Tell everybody whose stage has come at ``now``; nothing at night and on free days.

    Runs under the system's name. May run twice at once and be killed anywhere: each batch is one transaction, and what
    was told is not told again.
    """
    now = now or timezone.now()
    calendar = local_calendar()
    tz = timezone.get_current_timezone()
    if not reminders.is_waking(now, calendar, tz, waking_hours()):
        return Told()
    run = _Run(now, calendar, role_holders(), dict(settings.TONGXIN["escalation"]))
    return run.of_clocks() + run.of_promises() + run.of_minutes() + run.of_meetings()


_DUE = """
SELECT {key}, m.dossier_id, m.number, m.title, m.publication, d.due_on, {provisional}, d.stage, m.state, m.lead_unit_id,
       m.decider_id, (SELECT user_id FROM directory_member WHERE id = m.convener_id), m.street_id, m.station_id,
       m.receipt_id
FROM unnest(%(states)s::text[], %(dues)s::date[], %(stages)s::text[], %(days)s::date[]) AS d(state, due_on, stage, day)
{source}
WHERE {key} > %(after)s
  AND (d.stage <> 'before' OR NOT EXISTS (
    SELECT 1 FROM core_clockevent e
    WHERE e.dossier_id = m.dossier_id AND (e.at AT TIME ZONE %(zone)s)::date >= d.day))
  AND NOT EXISTS (
    SELECT 1 FROM notices_notice n
    WHERE n.dossier_id = m.dossier_id AND n.concern = 'clock'
      AND starts_with(n.key, 'clock:' || m.dossier_id || ':' || {subject} || ':' || d.due_on || ':')
      AND array_position(%(codes)s::text[], split_part(split_part(n.key, '>', 1), ':', 5))
          >= array_position(%(codes)s::text[], d.stage))
  AND (NOT m.state = ANY(%(of_raisers)s::text[]) OR (m.receipt_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM matters_rating r
    WHERE r.matter_id = m.dossier_id AND r.round = m.rating_round AND r.rater_key = 'r' || m.receipt_id)))
ORDER BY 1 LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class _Source:
    """One kind of due date: where it stands, and what names it in the key."""

    column: str
    join: str
    key: str = "m.dossier_id"
    subject: str = "m.state"
    provisional: str = "false"
    text: str = "clock"

    def sql(self) -> str:
        return _DUE.format(key=self.key, subject=self.subject, provisional=self.provisional, source=self.join)


CLOCKS = _Source(
    "due_on",
    "JOIN matters_matter m ON m.state = d.state AND m.due_on = d.due_on AND NOT m.is_paused",
    provisional="m.is_due_provisional",
)
PROMISES = _Source(
    "promised_on",
    "JOIN matters_matter m ON m.state = d.state AND m.promised_on = d.due_on",
    text="promise",
)
MINUTES = _Source(
    "dossier__meetings__minutes_due_on",
    "JOIN deliberation_meeting g ON g.minutes_due_on = d.due_on AND g.minutes_at IS NULL AND g.cancelled_at IS NULL "
    "AND g.starts_at <= %(now)s JOIN matters_matter m ON m.dossier_id = g.dossier_id AND m.state = d.state",
    key="g.id",
    subject="'minutes-' || g.id",
    text="minutes",
)


@dataclass(frozen=True, slots=True)
class _Due:
    """A due date with a stage to be told of; ``key`` is the row's place in the order of the batch."""

    key: int
    dossier_id: int
    number: str
    title: str
    due_on: date
    is_provisional: bool
    stage: Stage
    parties: Parties

    def subject(self, source: _Source) -> str:
        """What names the clock in the notice's key."""
        return f"minutes-{self.key}" if source is MINUTES else self.parties.state


@dataclass(frozen=True)
class _Run:
    """One run at one moment: the calendar and the holders of roles are read once."""

    now: datetime
    calendar: WorkCalendar
    holders: frozenset[Holder]
    escalation: dict[str, int]

    @property
    def today(self) -> date:
        return timezone.localtime(self.now).date()

    def of_clocks(self) -> Told:
        """Every state with a clock."""
        states = [s.code for s in SIX_STEPS.states if s.clock or s.code in settings.TONGXIN["clocks"]]
        return self._of(CLOCKS, {code: stages_of(code, self.escalation) for code in states})

    def of_promises(self) -> Told:
        """Promises with a date: the date is their clock."""
        return self._of(PROMISES, {"promised": stages_of("promised", self.escalation)})

    def of_minutes(self) -> Told:
        """Minutes of meetings that were held: the convener, then the office; nobody above them."""
        escalation = {"office": self.escalation.get("office", 0)}
        return self._of(MINUTES, {"deliberating": stages_of("deliberating", escalation)})

    def _of(self, source: _Source, ladders: Mapping[str, tuple[Stage, ...]]) -> Told:
        ladders = {code: stages for code, stages in ladders.items() if stages}
        wanted = {(state, due_on): stage for state, due_on, stage in self._due_days(source, ladders)}
        after, told = 0, Told()
        while wanted:
            with transaction.atomic():
                batch = self._batch(source, wanted, after)
                counts = tell_many([self._telling(source, due) for due in batch])
                told += Told(sum(counts), sum(map(bool, counts)))
                after = batch[-1].key if batch else after
            if len(batch) < BATCH:
                break
        return told

    def _due_days(
        self, source: _Source, ladders: Mapping[str, tuple[Stage, ...]]
    ) -> Iterator[tuple[str, date, Stage]]:
        """The due dates there are that a stage has come for. One query."""
        tz = timezone.get_current_timezone()
        last = reminders.horizon(self.now, self.calendar, tz)
        days = (
            Matter.objects.filter(state__in=ladders, **{f"{source.column}__lte": last})
            .order_by()
            .values_list("state", source.column)
            .distinct()
        )
        for state, due_on in days:
            stage = reminders.stage_due(
                due_on, self.now, ladders[state], self.calendar, tz=tz, hours=waking_hours()
            )
            if stage is not None:
                yield state, due_on, stage

    def _batch(self, source: _Source, wanted: Mapping[tuple[str, date], Stage], after: int) -> list[_Due]:
        """The next batch of what was not told of its stage, nor of a later one. One query."""
        with connection.cursor() as cursor:
            cursor.execute(
                source.sql(),
                {
                    "states": [state for state, _due_on in wanted],
                    "dues": [due_on for _state, due_on in wanted],
                    "stages": [stage.code for stage in wanted.values()],
                    "days": [
                        reminders.day_of(stage, due_on, self.calendar)
                        for (_state, due_on), stage in wanted.items()
                    ],
                    "codes": [stage.code for stage in reminders.ladder(self.escalation)],
                    "of_raisers": [s.code for s in SIX_STEPS.states if s.owner == Role.RAISER],
                    "zone": str(timezone.get_current_timezone()),
                    "now": self.now,
                    "after": after,
                    "limit": BATCH,
                },
            )
            rows = cursor.fetchall()
        return [
            _Due(
                key=row[0],
                dossier_id=row[1],
                number=row[2],
                # An internal matter's title may hold the raiser's own words.
                title=row[3] if row[4] == Publication.PUBLIC else "",
                due_on=row[5],
                is_provisional=row[6],
                stage=wanted[row[8], row[5]],
                parties=Parties(*row[8:15]),
            )
            for row in rows
        ]

    def _telling(self, source: _Source, due: _Due) -> Telling:
        state = SIX_STEPS.state(due.parties.state)
        kind = "raiser" if state.owner == Role.RAISER else KINDS.get(due.stage.code, "escalated")
        return Telling(
            cause=f"clock:{due.dossier_id}:{due.subject(source)}:{due.due_on}:{due.stage.code}",
            template=f"{source.text}.{kind}",
            to=audience_of(due.stage, due.parties, self.holders),
            concern=Concern.CLOCK,
            data={
                "number": due.number,
                "what": f"{due.number} {due.title}".strip(),
                "state": state.code,
                "step": state.step.code,
                "next_step": state.code,
                "due_on": due.due_on.isoformat(),
                "provisional": "yes" if due.is_provisional else "",
                "workdays_late": max(0, self.calendar.workdays_between(due.due_on, self.today)),
                "stage": due.stage.code,
            },
            dossier_id=due.dossier_id,
            at=self.now,
        )

    def of_meetings(self) -> Told:
        """Meetings of the next working day: those who have a seat, the convener, the station's members.

        Who signed up on the very day of the reminder has just been told.
        """
        tz = timezone.get_current_timezone()
        last = reminders.horizon(self.now, self.calendar, tz)
        coming = (
            Meeting.objects.filter(
                cancelled_at=None,
                starts_at__gt=self.now,
                starts_at__date__lte=last,
                dossier__matter__state="deliberating",
            )
            .select_related("dossier__matter__convener")
            .order_by("pk")
        )
        told = Told()
        for meeting in coming[:BATCH]:
            day = timezone.localtime(meeting.starts_at).date()
            stage = reminders.stage_due(
                day,
                self.now,
                (reminders.BEFORE,),
                self.calendar,
                since=timezone.localtime(meeting.noticed_at).date(),
                tz=tz,
                hours=waking_hours(),
            )
            if stage is not None:
                told += self._tell_of_meeting(meeting, reminders.day_of(stage, day, self.calendar))
        return told

    @transaction.atomic
    def _tell_of_meeting(self, meeting: Meeting, day: date) -> Told:
        matter = meeting.dossier.matter
        begins = timezone.localtime(meeting.starts_at)
        title = matter.title if matter.publication == Publication.PUBLIC else ""
        seats = SignUp.objects.filter(meeting=meeting, is_waiting=False, at__date__lt=day).order_by("pk")
        people = []
        for user_id, receipt_id in seats.values_list("user_id", "receipt_id"):
            if user_id:
                people.append(to_user(user_id))
            elif receipt_id:
                people.append(to_receipt(receipt_id))
        members = Posting.objects.filter(station_id=matter.station_id, member__user__is_active=True)
        ids = set(members.values_list("member__user_id", flat=True)) if matter.station_id else set()
        if matter.convener and matter.convener.user_id:
            ids.add(matter.convener.user_id)
        people += [to_user(user_id) for user_id in sorted(ids)]
        count = tell(
            cause=f"meeting:{meeting.pk}:{begins:%Y%m%d%H%M}",
            template="meeting.tomorrow",
            to=list(dict.fromkeys(people)),
            concern=Concern.CLOCK,
            data={
                "number": matter.number,
                "what": f"{matter.number} {title}".strip(),
                "meeting_on": begins.date().isoformat(),
                "time": f"{begins:%H:%M}",
                "place": meeting.place,
            },
            dossier_id=matter.pk,
            at=self.now,
        )
        return Told(count, int(count > 0))
