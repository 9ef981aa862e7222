"""Entries that the work itself makes: each source once, whoever notes it how often."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from tongxin.core.models import Dossier
from tongxin.duty.models import DiaryEntry, DutyRecord

DOSSIER_KIND = "duty_record"
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a member did. ``source_key`` names it, once for all; the fields are those of :func:`note_deed`."""

    member_id: int
    kind: str
    source_key: str
    at: datetime
    ends_at: datetime | None = None
    source_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def year(self) -> int:
        """The year whose record it belongs to: that of its day in local time."""
        return timezone.localdate(self.at).year


def records_of(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], DutyRecord]:
    """The records of these members and years, made where there are none. Safe when two make the same at once.

    One query when all are there. Must run inside a transaction.
    """
    wanted = set(pairs)
    found = _existing(wanted)
    missing = sorted(wanted - found.keys())
    if not missing:
        return found
    dossiers = Dossier.objects.bulk_create([Dossier(kind=DOSSIER_KIND) for _pair in missing])
    DutyRecord.objects.bulk_create(
        [
            DutyRecord(dossier=dossier, member_id=member_id, year=year)
            for dossier, (member_id, year) in zip(dossiers, missing, strict=True)
        ],
        ignore_conflicts=True,
    )
    found = _existing(wanted)
    used = {record.pk for record in found.values()}
    if unused := [dossier.pk for dossier in dossiers if dossier.pk not in used]:
        Dossier.objects.filter(pk__in=unused).delete()  # somebody else was faster; nothing hangs on these
    return found


def _existing(wanted: set[tuple[int, int]]) -> dict[tuple[int, int], DutyRecord]:
    rows = DutyRecord.objects.filter(
        member_id__in={member_id for member_id, _year in wanted}, year__in={year for _member, year in wanted}
    )
    return {pair: row for row in rows if (pair := (row.member_id, row.year)) in wanted}


def note_deeds(deeds: Iterable[Deed]) -> int:
    """Note many deeds at once, in batches, each in a transaction; returns how many were new."""
    count, rest = 0, iter(deeds)
    while batch := list(islice(rest, BATCH)):
        count += _note(batch)
    return count


@transaction.atomic
def _note(deeds: Sequence[Deed]) -> int:
    keys = {deed.source_key for deed in deeds}
    known = set(DiaryEntry.objects.filter(source_key__in=keys).values_list("source_key", flat=True))
    new = [deed for deed in deeds if deed.source_key not in known]
    if not new:
        return 0
    records = records_of((deed.member_id, deed.year) for deed in new)
    now = timezone.now()
    DiaryEntry.objects.bulk_create(
        [_entry(deed, records[deed.member_id, deed.year], now) for deed in new], ignore_conflicts=True
    )
    return len({deed.source_key for deed in new})


def _entry(deed: Deed, record: DutyRecord, now: datetime) -> DiaryEntry:
    return DiaryEntry(
        record=record,
        kind=DiaryEntry.Kind(deed.kind),
        source_key=deed.source_key,
        source_id=deed.source_id,
        data=dict(deed.data),
        at=deed.at,
        ends_at=deed.ends_at,
        written_at=now,
    )


def note_deed(
    member_id: int,
    kind: str,
    source_key: str,
    *,
    at: datetime,
    ends_at: datetime | None = None,
    source_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> DiaryEntry:
    """Note in a member's diary what they did, once for each ``source_key``; returns the entry there is.

    ``kind`` is one of ``DiaryEntry.Kind``; ``source_id`` is the dossier that the entry links to; ``data`` fills the
    kind's sentence and holds no personal data. The year's record is made on demand. Three short statements when it is
    there, no ledger entry (the deed has its own) and no lock but on the key: it may be called under the ledger's lock.
    An entry taken out after a contest stays out. Raises ``ValueError`` for an unknown kind.
    """
    deed = Deed(member_id, kind, source_key, at, ends_at, source_id, data or {})
    with transaction.atomic(savepoint=False):
        record = records_of([(member_id, deed.year)])[member_id, deed.year]
        DiaryEntry.objects.bulk_create([_entry(deed, record, timezone.now())], ignore_conflicts=True)
        return DiaryEntry.objects.get(source_key=source_key)
