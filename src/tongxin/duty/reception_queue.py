"""Slots, the order in which people are called, and how long the wait is. Pure: no database, no clock of its own.

The rule, as it is shown beside the queue: whoever booked and is here comes at their time; then whoever needs help
(老人、残疾人等), then everybody else by arrival. Who booked but came more than :data:`GRACE` late goes by arrival, and who
came early waits for their time, unless nobody else is there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol, TypeVar

GRACE = timedelta(minutes=30)
"""So late a booking keeps its place."""
SAMPLES = 3
"""From so many served on, the measured mean stands in for the minutes planned."""
ROUNDED = 5


class Queued(Protocol):
    """What the order needs of a ticket."""

    number: int | None
    slot_at: datetime | None
    arrived_at: datetime | None
    needs_help: bool


Q = TypeVar("Q", bound=Queued)


def slot_times(starts_at: datetime, ends_at: datetime, minutes: int) -> list[datetime]:
    """When slots begin; the last one ends with the reception or before it."""
    length, found, at = timedelta(minutes=max(1, minutes)), [], starts_at
    while at + length <= ends_at:
        found.append(at)
        at += length
    return found


def _rank(ticket: Queued, now: datetime) -> tuple[int, datetime, int]:
    arrived, slot = ticket.arrived_at or now, ticket.slot_at
    is_on_time = slot is not None and arrived <= slot + GRACE
    number = ticket.number or 0
    if is_on_time and slot is not None and slot <= now:
        return 0, slot, number
    if ticket.needs_help:
        return 1, arrived, number
    if is_on_time and slot is not None:
        return 3, slot, number
    return 2, arrived, number


def in_order(waiting: Iterable[Q], now: datetime) -> list[Q]:
    """Who waits, in the order they are called at this moment."""
    return sorted(waiting, key=lambda ticket: _rank(ticket, now))


def minutes_each(served: Sequence[timedelta], planned: int) -> float:
    """How long somebody takes: the mean of who was served today, from :data:`SAMPLES` on; else as planned."""
    if len(served) < SAMPLES:
        return float(planned)
    return sum(each.total_seconds() for each in served) / len(served) / 60


def wait_minutes(ahead: int, each: float, desks: int) -> int:
    """About how long somebody with so many before them waits, in minutes, rounded up to five."""
    raw = ahead * each / max(1, desks)
    return ceil(raw / ROUNDED) * ROUNDED if raw > 0 else 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot with its free seats."""

    at: datetime
    free: int

    @property
    def value(self) -> str:
        """How a form names it: minutes since 1970."""
        return str(int(self.at.timestamp()) // 60)
