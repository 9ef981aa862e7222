"""When somebody is reminded of a clock: which stage is due at a moment, and when next. Pure: no database, no clock.

A ladder of stages stands around every due date: one working day before it, the working day after it, then one rung
after another with more people on it. A stage is due from the first waking hour of its day; at night and on free days
nothing is, so whatever falls there waits. Stages that were missed are not made up one by one: the latest one counts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any

from tongxin.core.workdays import SHANGHAI, WorkCalendar

Hours = tuple[time, time]
"""Nobody is reminded before the first or from the second on, in local time."""
WAKING: Hours = (time(8), time(20))
"""Where no hours are given; a district's own are its setting ``waking_hours``."""
OWNER, HEAD, OFFICE, PRINCIPAL = "owner", "head", "office", "principal"
LAST_REPEAT = 50
"""So many repetitions at most, whatever the district's settings say."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One rung: ``workdays`` after the due date (before it, when negative), and who hears of it.

    Whoever was told on a lower rung is told on the higher ones too, so nobody is passed over when stages are missed.
    """

    code: str
    workdays: int
    audience: frozenset[str]

    @property
    def is_before(self) -> bool:
        """Whether nothing is late yet."""
        return self.workdays < 0


BEFORE = Stage("before", -1, frozenset({OWNER}))
AFTER = Stage("after", 1, frozenset({OWNER}))


def ladder(escalation: Mapping[str, Any], without: Collection[str] = ()) -> tuple[Stage, ...]:
    """The stages in order, from the district's settings: working days after the due date for each rung.

    ``head``, ``office`` and ``principal`` name the rungs (left out or 0: no such rung); then the owner and the office
    hear again every ``again_every`` working days, ``again_times`` times. Of the rungs of one day the last is told,
    which is the widest. ``without`` leaves out rungs that would reach nobody new (the owner is the office itself).
    """
    stages = [BEFORE, AFTER]
    told = {OWNER}
    rungs = [(int(escalation.get(who) or 0), who) for who in (HEAD, OFFICE, PRINCIPAL) if who not in without]
    for workdays, who in sorted(rungs, key=lambda rung: rung[0]):
        if workdays > 0:
            told.add(who)
            stages.append(Stage(who, workdays, frozenset(told)))
    every, times = int(escalation.get("again_every") or 0), int(escalation.get("again_times") or 0)
    if every > 0:
        last = stages[-1].workdays
        stages += [
            Stage(f"again-{n}", last + n * every, frozenset({OWNER, OFFICE}))
            for n in range(1, min(times, LAST_REPEAT) + 1)
        ]
    return tuple(stages)


def day_of(stage: Stage, due_on: date, calendar: WorkCalendar) -> date:
    """The working day of a stage."""
    return calendar.add_workdays(due_on, stage.workdays)


def is_waking(now: datetime, calendar: WorkCalendar, tz: tzinfo = SHANGHAI, hours: Hours = WAKING) -> bool:
    """Whether somebody may be reminded now: a working day, in waking hours of local time."""
    local = now.astimezone(tz)
    return hours[0] <= local.time() < hours[1] and calendar.is_workday(local.date())


def next_waking(
    now: datetime, calendar: WorkCalendar, tz: tzinfo = SHANGHAI, hours: Hours = WAKING
) -> datetime:
    """The first moment from ``now`` on at which somebody may be reminded."""
    if is_waking(now, calendar, tz, hours):
        return now
    local = now.astimezone(tz)
    day = local.date()
    if local.time() >= hours[0] or not calendar.is_workday(day):
        day = calendar.next_workday(day)
    return datetime.combine(day, hours[0], tzinfo=tz)


def stage_due(
    due_on: date,
    now: datetime,
    stages: Iterable[Stage],
    calendar: WorkCalendar,
    *,
    since: date | None = None,
    tz: tzinfo = SHANGHAI,
    hours: Hours = WAKING,
) -> Stage | None:
    """The stage to be told of at ``now``: the latest whose day has come; None at night, on free days, before all.

    ``since`` is the local day on which the clock was last set: on that very day nobody is reminded beforehand, they
    have just been told. Whether a stage was told already is for the caller to know, by its key.
    """
    if not is_waking(now, calendar, tz, hours):
        return None
    today = now.astimezone(tz).date()
    found = None
    for stage in stages:
        day = day_of(stage, due_on, calendar)
        if day > today:
            break
        found = stage
    if (
        found is not None
        and found.is_before
        and (today > due_on or (since is not None and day_of(found, due_on, calendar) <= since))
    ):
        return None
    return found


def horizon(now: datetime, calendar: WorkCalendar, tz: tzinfo = SHANGHAI) -> date:
    """The last due date that can have a stage at ``now``: the next working day is the one reminded of today."""
    return calendar.next_workday(now.astimezone(tz).date())
