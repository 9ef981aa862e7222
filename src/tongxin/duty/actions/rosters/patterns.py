"""Patterns: when a station has duty. Changing one changes drafts made after it, never what is published."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.directory.models import Workstation
from tongxin.directory.rules import may_keep_roster
from tongxin.duty.actions.rosters.common import NotAllowed, Refused
from tongxin.duty.models import RosterPattern

MOST = 20
"""Patterns in use at one station."""


@dataclass(frozen=True, slots=True)
class PatternGiven:
    """What a pattern says; the fields are the model's."""

    name: str
    mode: str
    rule: str
    days: list[int]
    starts: time
    ends: time
    people: int = 1
    every_weeks: int = 1
    counted_from: date | None = None
    on_holiday: str = RosterPattern.OnHoliday.POSTPONE


@transaction.atomic
def keep_pattern(
    station: Workstation,
    given: PatternGiven,
    *,
    actor: Actor,
    pattern: RosterPattern | None = None,
    at: datetime | None = None,
) -> RosterPattern:
    """Add a pattern to a station, or change one. Its liaison and the office may.

    Raises :class:`Refused` past the most a station may have in use, or when the end is not after the start.
    """
    if not may_keep_roster(actor, station) or (pattern is not None and pattern.station_id != station.pk):
        raise NotAllowed
    if given.ends <= given.starts:
        raise Refused(_("结束要晚于开始。"))
    Workstation.objects.select_for_update().get(pk=station.pk)
    if pattern is None:
        if RosterPattern.objects.filter(station=station, is_active=True).count() >= MOST:
            raise Refused(_("一个工作站最多 %(n)s 条规律，请先停用不要的。") % {"n": MOST})
        pattern = RosterPattern(station=station)
    for name, value in asdict(given).items():
        setattr(pattern, name, value)
    pattern.is_active = True
    pattern.save()
    _record(station, at)
    return pattern


@transaction.atomic
def stop_pattern(pattern: RosterPattern, *, actor: Actor, at: datetime | None = None) -> None:
    """Take a pattern out of use. Its liaison and the office may; twice changes nothing."""
    if not may_keep_roster(actor, pattern.station):
        raise NotAllowed
    if RosterPattern.objects.filter(pk=pattern.pk, is_active=True).update(is_active=False):
        _record(pattern.station, at)


def _record(station: Workstation, at: datetime | None) -> None:
    ledger.append(
        "roster.pattern_changed", body={"station": station.code}, at=at or timezone.now(), is_public=False
    )
