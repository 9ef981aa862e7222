"""Tables that every instrument shares."""

from tongxin.core.models.clock import CalendarDay, ClockEvent
from tongxin.core.models.dossier import (
    Attachment,
    Dossier,
    Entry,
    Instrument,
    NumberSeries,
    Receipt,
    RecordNumber,
)
from tongxin.core.models.ledger import LedgerEntry, LedgerHead
from tongxin.core.models.people import AccessLog, Contact
from tongxin.core.models.shared import SharedCache

__all__ = [
    "AccessLog",
    "Attachment",
    "CalendarDay",
    "ClockEvent",
    "Contact",
    "Dossier",
    "Entry",
    "Instrument",
    "LedgerEntry",
    "LedgerHead",
    "NumberSeries",
    "Receipt",
    "RecordNumber",
    "SharedCache",
]
