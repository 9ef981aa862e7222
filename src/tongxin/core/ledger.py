"""The ledger: append-only, hash-chained, written in the transaction of what it records.

The chain: ``digest = H(seq | at | body_digest | previous)`` and ``body_digest = H(salt | body)`` with ``|`` a newline,
times in UTC ISO 8601 with microseconds, the body as canonical JSON. Internal entries are published by their
``body_digest`` alone, so anybody can verify the whole chain and read the public part of it.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from tongxin.core.crypto import digest
from tongxin.core.models import LedgerEntry, LedgerHead

GENESIS = "0" * 64


def canonical(body: Mapping[str, Any]) -> str:
    """The one way to write a body: sorted keys, no spaces, characters as they are."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def stamp(at: datetime) -> str:
    """A moment as the chain writes it: UTC, ISO 8601, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(*parts: str) -> str:
    return digest("\n".join(parts).encode(), settings.TONGXIN["digest"])


def append(
    event: str,
    *,
    body: Mapping[str, Any],
    at: datetime,
    dossier_id: int | None = None,
    is_public: bool = True,
) -> int:
    """Append one entry and return its number. Must run inside a transaction; holds the head's lock until it ends.

    ``body`` may hold no personal data: pass salted digests of texts. Call it as the last write of an action, so that
    the lock is held as briefly as possible.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "a ledger entry needs the transaction of what it records"
        )
    text = canonical({**body, "event": event, "dossier": dossier_id})
    salt = secrets.token_hex(16)
    body_digest = _hash(salt, text)
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, digest FROM core_ledgerhead WHERE id = 1 FOR UPDATE")
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "INSERT INTO core_ledgerhead (id, seq, digest) VALUES (1, 0, %s) ON CONFLICT DO NOTHING",
                [GENESIS],
            )
            cursor.execute("SELECT seq, digest FROM core_ledgerhead WHERE id = 1 FOR UPDATE")
            row = cursor.fetchone()
        seq, previous = row[0] + 1, row[1]
        new = _hash(str(seq), stamp(at), body_digest, previous)
        cursor.execute(
            "WITH head AS (UPDATE core_ledgerhead SET seq = %s, digest = %s WHERE id = 1) "
            "INSERT INTO core_ledgerentry (seq, at, event, dossier_id, is_public, body, salt, body_digest, previous, digest) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [seq, new, seq, at, event, dossier_id, is_public, text, salt, body_digest, previous, new],
        )
    return int(seq)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong with the chain: which entry, and what (altered, missing, reordered, cut off)."""

    seq: int
    kind: str

    def __str__(self) -> str:
        return f"#{self.seq}: {self.kind}"


def verify() -> tuple[int, Fault | None]:
    """Walk the whole chain and return how many entries hold and the first fault, if any.

    Names an altered entry, a missing one, a reordered one (its link points elsewhere) and a chain cut off before the
    recorded head. Reads in batches: constant memory.
    """
    previous, expected, last_at = GENESIS, 1, None
    for entry in LedgerEntry.objects.order_by("seq").iterator(chunk_size=2000):
        if entry.seq != expected:
            return expected - 1, Fault(expected, "missing")
        if _hash(entry.salt, entry.body) != entry.body_digest:
            return expected - 1, Fault(entry.seq, "altered")
        if _hash(str(entry.seq), stamp(entry.at), entry.body_digest, entry.previous) != entry.digest:
            # Untouched body, untouched link before it, yet another number: it was moved.
            kind = "reordered" if entry.previous != previous else "altered"
            return expected - 1, Fault(entry.seq, kind)
        if entry.previous != previous:
            return expected - 1, Fault(entry.seq, "reordered")
        body = json.loads(entry.body)
        if body.get("event") != entry.event or body.get("dossier") != entry.dossier_id:
            return expected - 1, Fault(entry.seq, "altered")
        previous, expected, last_at = entry.digest, expected + 1, entry.at
    head = LedgerHead.objects.filter(pk=1).first()
    count = expected - 1
    if head is None:
        return count, (Fault(count + 1, "cut off") if last_at else None)
    if head.seq != count or (count and head.digest != previous):
        return count, Fault(count + 1, "cut off")
    return count, None


def public_lines(after: int = 0) -> Iterator[str]:
    """The public download, one JSON object a line: bodies of public entries, digests alone of internal ones."""
    rows = LedgerEntry.objects.filter(seq__gt=after).order_by("seq")
    for entry in rows.iterator(chunk_size=2000):
        line: dict[str, Any] = {
            "seq": entry.seq,
            "at": stamp(entry.at),
            "body_digest": entry.body_digest,
            "previous": entry.previous,
            "digest": entry.digest,
        }
        if entry.is_public:
            line |= {"body": entry.body, "salt": entry.salt}
        yield json.dumps(line, ensure_ascii=False) + "\n"
