"""Numbers by source: do matters from the desk, a visit or on paper meet the same clocks as those from a phone?

Nothing here is stored. Whether a clock was kept is derived from the clock's own events with the rule that due dates are
derived with (:func:`tongxin.core.clocks.due_from`), so a changed calendar or a granted extension changes the past as it
changed the due date. Each figure comes with how many it is a figure of.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from tongxin.core.clocks import due_from, local_calendar
from tongxin.core.models import ClockEvent
from tongxin.core.workdays import WorkCalendar
from tongxin.directory.models import Workstation
from tongxin.matters.models import Matter, Source
from tongxin.matters.process import SIX_STEPS

SECONDS = 120
"""How long a selection's figures are kept: the page says of what moment they are."""
FEW = 5
"""Fewer than this are told as "fewer than five", and no share or mean is made of them."""
TRIAGE = ("raised",)
ANSWER = ("deciding", "assigned")
"""States whose clock is that of a decision: the deciding body's in the full form, the unit's reply in the short one."""
NOT_A_TRIAGE = frozenset({"withdrawn"})
NOT_AN_ANSWER = frozenset({"objected", "raised", "merged", "withdrawn"})
"""Where a clock that ended in time leads without having been met: the raiser took it back, the unit objected."""
DONE = ("rating", "watched", "following_up")
"""Open states in which the work is done and people are asked."""
NOT_YET_TRIAGED = ("raised", "more_needed", "withdrawn")


@dataclass(frozen=True, slots=True)
class Scope:
    """Matters raised from ``begin`` up to and including ``end`` (local days), of a street or station when given."""

    begin: date
    end: date
    street_id: int | None = None
    station_id: int | None = None

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The same as moments; the second one is outside."""
        zone = timezone.get_current_timezone()
        return (
            datetime.combine(self.begin, time.min, tzinfo=zone),
            datetime.combine(self.end + timedelta(days=1), time.min, tzinfo=zone),
        )


def scope_of(
    year: int, quarter: int = 0, *, street_id: int | None = None, station_id: int | None = None
) -> Scope:
    """A year, or its quarter 1 to 4."""
    first = date(year, 3 * quarter - 2 if quarter else 1, 1)
    last = date(year, 12, 31)
    if quarter in {1, 2, 3}:
        last = date(year, 3 * quarter + 1, 1) - timedelta(days=1)
    return Scope(first, last, street_id, station_id)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int = 0
    of: int = 0

    @property
    def percent(self) -> int | None:
        """Whole per cent; None of nothing."""
        return round(100 * self.part / self.of) if self.of else None

    @property
    def is_few(self) -> bool:
        """Of too few to mean anything."""
        return 0 < self.of < FEW


@dataclass(slots=True)
class Figures:
    """What came of the matters of one source, or of all (``source`` empty)."""

    source: str
    raised: int = 0
    """Matters that came in."""
    triage: Share = field(default_factory=Share)
    """Triages within their clock, of those that ended or are late."""
    answers: Share = field(default_factory=Share)
    """Decisions and replies within their clock, of those that ended or are late."""
    published: Share = field(default_factory=Share)
    """Public matters, of those whose triage is over."""
    rated: Share = field(default_factory=Share)
    """Matters that somebody besides the unit rated, of those that came so far."""
    reopened: Share = field(default_factory=Share)
    """Matters done again at least once, of those that came to be rated."""
    ratings: int = 0
    """Ratings given, in every round, without the units' own."""
    result: float | None = None
    attitude: float | None = None
    solved_ratings: int = 0
    """Of the ratings, those that say it is solved."""
    answered: int = 0
    """Matters with a decision or reply; answered is not solved."""
    median_days: float | None = None
    """Calendar days from raising to the first decision or reply."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """Public matters: all, under way, promised (open), solved, partly, unsolved, unrated, not_possible."""


_COUNTS = """
SELECT m.source, grouping(m.source) AS is_total, count(*) AS raised,
  count(*) FILTER (WHERE NOT m.state = ANY(%(waiting)s)) AS triaged,
  count(*) FILTER (WHERE m.publication = 'public' AND NOT m.state = ANY(%(waiting)s)) AS published,
  count(*) FILTER (WHERE m.rating_round > 0) AS came_to_rating,
  count(*) FILTER (WHERE m.rating_round > 0 AND r.n > 0) AS rated,
  count(*) FILTER (WHERE m.rating_round > 0 AND m.reopen_count > 0) AS reopened,
  coalesce(sum(r.n), 0)::int AS ratings, coalesce(sum(r.result), 0)::int AS result, coalesce(sum(r.attitude), 0)::int AS attitude,
  coalesce(sum(r.solved), 0)::int AS solved_ratings,
  count(d.at) AS answered,
  percentile_cont(0.5) WITHIN GROUP (
    ORDER BY (d.at AT TIME ZONE %(zone)s)::date - (m.created_at AT TIME ZONE %(zone)s)::date) AS median_days,
  count(*) FILTER (WHERE m.publication = 'public') AS public,
  count(*) FILTER (WHERE m.publication = 'public' AND m.state = ANY(%(open)s) AND m.state <> 'promised') AS under_way,
  count(*) FILTER (WHERE m.publication = 'public' AND m.state = 'promised') AS promised,
  count(*) FILTER (WHERE m.publication = 'public' AND m.outcome = 'solved') AS solved,
  count(*) FILTER (WHERE m.publication = 'public' AND m.outcome = 'partly') AS partly,
  count(*) FILTER (WHERE m.publication = 'public' AND m.outcome = 'unsolved') AS unsolved,
  count(*) FILTER (WHERE m.publication = 'public' AND m.outcome = 'answered') AS unrated,
  count(*) FILTER (WHERE m.publication = 'public' AND d.latest = 'not_possible') AS not_possible
FROM matters_matter m
LEFT JOIN LATERAL (
  SELECT count(*) AS n, sum(result) AS result, sum(attitude) AS attitude, count(*) FILTER (WHERE solved = 'yes') AS solved
  FROM matters_rating WHERE matter_id = m.dossier_id AND rater <> 'unit') r ON true
LEFT JOIN LATERAL (
  SELECT min(at) AS at, (array_agg(result ORDER BY id DESC))[1] AS latest
  FROM matters_decision WHERE matter_id = m.dossier_id) d ON true
WHERE {where}
GROUP BY GROUPING SETS ((m.source), ())
"""

# A run of a clock is its start with what happened until the next start or stop; equal runs come as one row with their
# number, so that the rule of due dates is asked once for each of them.
_RUNS = """
WITH chosen AS (SELECT m.dossier_id, m.source FROM matters_matter m WHERE {where}),
happened AS (
  SELECT c.source, e.*, count(*) FILTER (WHERE e.kind IN ('start', 'stop'))
    OVER (PARTITION BY e.dossier_id ORDER BY e.id) AS run
  FROM core_clockevent e JOIN chosen c ON c.dossier_id = e.dossier_id),
runs AS (
  SELECT source, dossier_id, run,
    max(kind) FILTER (WHERE kind IN ('start', 'stop')) AS kind,
    max(state) FILTER (WHERE kind IN ('start', 'stop')) AS state,
    max(days) FILTER (WHERE kind IN ('start', 'stop')) AS days,
    bool_or(is_calendar_days) AS is_calendar_days,
    (min(at) FILTER (WHERE kind IN ('start', 'stop')) AT TIME ZONE %(zone)s)::date AS begun,
    coalesce(array_agg(kind || ' ' || (at AT TIME ZONE %(zone)s)::date || ' ' || days ORDER BY id)
      FILTER (WHERE kind NOT IN ('start', 'stop')), '{{}}') AS inside
  FROM happened GROUP BY source, dossier_id, run),
followed AS (
  SELECT *, lead(begun) OVER following AS ended, lead(state) OVER following AS led_to
  FROM runs WINDOW following AS (PARTITION BY dossier_id ORDER BY run))
SELECT source, state, days, is_calendar_days, begun, inside, ended, led_to, count(*)
FROM followed WHERE kind = 'start' AND state = ANY(%(states)s)
GROUP BY source, state, days, is_calendar_days, begun, inside, ended, led_to
"""


def _where(scope: Scope) -> tuple[str, dict[str, Any]]:
    begin, end = scope.moments
    parts = ["m.created_at >= %(begin)s", "m.created_at < %(end)s"]
    if scope.street_id is not None:
        parts.append("m.street_id = %(street)s")
    if scope.station_id is not None:
        parts.append("m.station_id = %(station)s")
    return " AND ".join(parts), {
        "begin": begin,
        "end": end,
        "street": scope.street_id,
        "station": scope.station_id,
        "zone": settings.TIME_ZONE,
    }


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a clock: when it began and for how many days, what paused or extended it, when and to what it ended."""

    state: str
    days: int
    is_calendar_days: bool
    begun: date
    inside: tuple[str, ...] = ()
    ended: date | None = None
    led_to: str | None = None


def due_of(run: Run, calendar: WorkCalendar) -> date | None:
    """The day a run was due, by the rule for due dates; its events counted by their local days. No query."""
    events = [
        ClockEvent(
            kind=ClockEvent.Kind.START,
            at=_noon(run.begun),
            state=run.state,
            days=run.days,
            is_calendar_days=run.is_calendar_days,
        )
    ]
    for one in run.inside:
        kind, day, days = one.split(" ")
        events.append(
            ClockEvent(kind=kind, at=_noon(date.fromisoformat(day)), state=run.state, days=int(days))
        )
    return due_from(events, calendar).on


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=timezone.get_current_timezone())


def was_kept(run: Run, today: date, calendar: WorkCalendar) -> bool | None:
    """Whether a run's clock was kept; None while it runs in time or stands still, or where it ended in time in
    something that is neither (see ``NOT_A_TRIAGE`` and ``NOT_AN_ANSWER``)."""
    due = due_of(run, calendar)
    if due is None:
        return None
    kinds = [one.split(" ")[0] for one in run.inside]
    is_paused = kinds.count(ClockEvent.Kind.PAUSE) > kinds.count(ClockEvent.Kind.RESUME)
    if run.ended is None:
        return False if due < today and not is_paused else None
    if is_paused:
        return None
    if run.ended > due:
        return False
    neither = NOT_A_TRIAGE if run.state in TRIAGE else NOT_AN_ANSWER
    return None if run.led_to in neither else True


def figures_by_source(scope: Scope, *, today: date | None = None) -> list[Figures]:
    """The figures of each source in the order of :class:`Source`, and last those of all. Three queries at most."""
    today = today or timezone.localdate()
    where, values = _where(scope)
    open_states = [state.code for state in SIX_STEPS.states if not state.final and state.code not in DONE]
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS.format(where=where), {**values, "waiting": list(NOT_YET_TRIAGED), "open": open_states}
        )
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    found = {("" if row["is_total"] else row["source"]): _figures(row) for row in rows}
    if any(row["raised"] for row in rows):
        _add_clocks(found, where, values, today)
    order = [*Source.values, ""]
    return [found.get(source) or Figures(source) for source in order]


def _figures(row: dict[str, Any]) -> Figures:
    n = row["ratings"]
    names = ("public", "under_way", "promised", "solved", "partly", "unsolved", "unrated", "not_possible")
    return Figures(
        source="" if row["is_total"] else row["source"],
        raised=row["raised"],
        published=Share(row["published"], row["triaged"]),
        rated=Share(row["rated"], row["came_to_rating"]),
        reopened=Share(row["reopened"], row["came_to_rating"]),
        ratings=n,
        result=row["result"] / n if n else None,
        attitude=row["attitude"] / n if n else None,
        solved_ratings=row["solved_ratings"],
        answered=row["answered"],
        median_days=row["median_days"],
        outcomes={name: row[name] for name in names},
    )


def _add_clocks(found: dict[str, Figures], where: str, values: dict[str, Any], today: date) -> None:
    calendar = local_calendar()
    kept: dict[tuple[str, bool], list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_RUNS.format(where=where), {**values, "states": [*TRIAGE, *ANSWER]})
        for source, state, days, is_calendar_days, begun, inside, ended, led_to, count in cursor.fetchall():
            run = Run(state, days, is_calendar_days, begun, tuple(inside), ended, led_to)
            verdict = was_kept(run, today, calendar)
            if verdict is None:
                continue
            for name in (source, ""):
                pair = kept.setdefault((name, state in TRIAGE), [0, 0])
                pair[0] += count * verdict
                pair[1] += count
    for (source, is_triage), (part, of) in kept.items():
        setattr(found[source], "triage" if is_triage else "answers", Share(part, of))


@dataclass(frozen=True, slots=True)
class Told:
    """Figures and the moment they are of."""

    rows: list[Figures]
    at: datetime

    @property
    def total(self) -> Figures:
        """All sources together."""
        return self.rows[-1]


def figures_told(scope: Scope) -> Told:
    """The same, worked out at most every two minutes for each selection: a page for everybody costs one look."""
    key = f"numbers:{scope.begin}:{scope.end}:{scope.street_id}:{scope.station_id}:{timezone.localdate()}"
    told: Told | None = cache.get(key)
    if told is None:
        told = Told(figures_by_source(scope), timezone.now())
        cache.set(key, told, SECONDS)
    return told


def years_with_matters() -> list[int]:
    """Years from that of the first matter to the current one, newest first. One query."""
    this_year = timezone.localdate().year
    first = Matter.objects.order_by("pk").values_list("created_at", flat=True).first()
    return list(range(this_year, (timezone.localtime(first).year if first else this_year) - 1, -1))


def station_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Active stations by street, as (street, [(code, name)]). Read once a minute."""
    groups: list[tuple[str, list[tuple[str, str]]]] | None = cache.get("station-groups")
    if groups is None:
        by_street: dict[str, list[tuple[str, str]]] = {}
        rows: Iterable[Workstation] = (
            Workstation.objects.filter(is_active=True).select_related("area__parent").order_by("area__code")
        )
        for station in rows:
            is_community = station.area.level == "community" and station.area.parent is not None
            street = station.area.parent.name if is_community and station.area.parent else station.area.name
            by_street.setdefault(street, []).append((station.code, station.name))
        groups = list(by_street.items())
        cache.set("station-groups", groups, 60)
    return groups


def last_year_scope(station: Workstation, today: date | None = None) -> Scope:
    """A station's last twelve months."""
    today = today or timezone.localdate()
    return Scope(today - timedelta(days=365), today, station_id=station.pk)


def sources_used(rows: Sequence[Figures]) -> list[Figures]:
    """Sources that anything came by, most first; without the total."""
    return sorted((row for row in rows if row.source and row.raised), key=lambda row: -row.raised)
