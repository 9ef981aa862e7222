"""Workstations at work: rosters, the online desk, reception and visits, posters, the duty record."""

from tongxin.duty.models.desk import CannedAnswer, DeskMessage, DeskThread
from tongxin.duty.models.poster import PosterBatch
from tongxin.duty.models.reception import Reception, Ticket, Visit, VisitConcern
from tongxin.duty.models.record import Contest, DiaryEntry, DutyRecord
from tongxin.duty.models.roster import HandOver, Leave, Roster, RosterPattern, RosterSlot, Swap

__all__ = [
    "CannedAnswer",
    "Contest",
    "DeskMessage",
    "DeskThread",
    "DiaryEntry",
    "DutyRecord",
    "HandOver",
    "Leave",
    "PosterBatch",
    "Reception",
    "Roster",
    "RosterPattern",
    "RosterSlot",
    "Swap",
    "Ticket",
    "Visit",
    "VisitConcern",
]
