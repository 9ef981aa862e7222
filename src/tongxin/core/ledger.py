"""The ledger: append-only, hash-chained, written in the transaction of what it records.

The chain: ``digest = H(seq | at | body_digest | previous)`` and ``body_digest = H(salt | body)`` with ``|`` a newline,
times in UTC ISO 8601 with microseconds, the body as canonical JSON. Internal entries are published by their
``body_digest`` alone, so anybody can verify the whole chain and read the public part of it.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg.types.numeric import Int8

from tongxin.core.crypto import digest
from tongxin.core.models import LedgerEntry, LedgerHead
from tongxin.core.numbering import UNNUMBERED
from tongxin.core.prepared import prepared_cursor
from tongxin.core.together import Write, copy_rows, write_last, write_together

GENESIS = "0" * 64
_LOCK_HEAD = "SELECT seq, digest FROM core_ledgerhead WHERE id = 1 FOR UPDATE"


def canonical(body: Mapping[str, Any]) -> str:
    """The one way to write a body: sorted keys, no spaces, characters as they are."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def stamp(at: datetime) -> str:
    """A moment as the chain writes it: UTC, ISO 8601, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(*parts: str) -> str:
    return digest("\n".join(parts).encode(), settings.TONGXIN["digest"])


def lock_head() -> tuple[int, str]:
    """The newest entry's number and digest. Nobody else can append until this transaction ends."""
    _needs_transaction()
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK_HEAD)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "INSERT INTO core_ledgerhead (id, seq, digest) VALUES (1, 0, $1) ON CONFLICT DO NOTHING",
                [GENESIS],
            )
            cursor.execute(_LOCK_HEAD)
            row = cursor.fetchone()
    return row[0], row[1]


def links(
    event: str,
    *,
    body: Mapping[str, Any],
    at: datetime,
    dossier_id: int | None = None,
    is_public: bool = True,
    slug: str | None = None,
    given: str = "",
) -> list[Write]:
    """The writes that append an entry, the one named ``link`` giving its ``seq``. The last returns it too.

    Carried out in the act's last statement, they keep others from appending for hardly longer than that. Where the
    body holds :data:`~tongxin.core.numbering.UNNUMBERED`, the number that the same statement takes (``numbered``) goes there;
    ``slug`` is that number where it was taken before. ``body`` may hold no personal data: pass salted digests of texts.
    With ``given``, the name of another write, the entry is appended only if that one returns a row.

    The database hashes SHA-256 itself. Any other digest is made here, with the head locked from now on; ``given`` is
    then refused.
    """
    said = _body(event, body, dossier_id=dossier_id, is_public=is_public)
    moment = stamp(at)
    if not hashes_itself():
        if given:
            raise ValueError("a link made here can't depend on what the database finds")
        if slug is not None:
            said["body"] = said["body"].replace(UNNUMBERED, slug)
            said["body_digest"] = _hash(said["salt"], said["body"])
        before = [_words(said), *_chained_here(_link(lock_head(), said, at=at))]
    elif UNNUMBERED in said["body"]:
        before = [_numbered_words(said), Write(_CHAINED, (moment, moment), "link")]
    else:
        before = [_words(said, given), Write(_CHAINED, (moment, moment), "link")]
    values = (event, dossier_id, is_public, said["salt"])
    return [*before, Write(_ENTRY, (at, *values), "entered")]


def hashes_itself() -> bool:
    """Whether the database can make the chain's digests: it knows SHA-256 and no other that is allowed here."""
    return str(settings.TONGXIN["digest"]) == "sha256"


def _words(said: Mapping[str, Any], given: str = "") -> Write:
    source = f" FROM {given}" if given else ""
    return Write(
        f"SELECT %s::text AS body, %s::text AS digest{source}", (said["body"], said["body_digest"]), "said"
    )


def _numbered_words(said: Mapping[str, Any]) -> Write:
    return Write(_NUMBERED_WORDS, (said["salt"], said["body"], UNNUMBERED), "said")


def _chained_here(link: LedgerEntry) -> list[Write]:
    known = (Int8(link.seq), link.previous, link.digest)
    return [
        Write("SELECT %s::bigint AS seq, %s::text AS previous, %s::text AS digest", known, "link"),
        _moved_head(link),
    ]


def _sha256(*parts: str) -> str:
    """SQL for the digest of some texts, as :func:`_hash` makes it."""
    return f"encode(sha256(convert_to(concat_ws(E'\\n', {', '.join(parts)}), 'UTF8')), 'hex')"


_GENESIS = f"'{GENESIS}'"
_CHAINED = (
    "INSERT INTO core_ledgerhead AS head (id, seq, previous, digest) "  # noqa: S608 (our own words)
    f"SELECT 1, 1, {_GENESIS}, {_sha256('1::text', '%s::text', 'said.digest', _GENESIS)} FROM said "
    "ON CONFLICT (id) DO UPDATE SET seq = head.seq + 1, previous = head.digest, "
    f"digest = {_sha256('(head.seq + 1)::text', '%s::text', '(SELECT digest FROM said)', 'head.digest')} "
    "RETURNING seq, previous, digest"
)
_NUMBERED_WORDS = (
    f"SELECT made.body, {_sha256('%s::text', 'made.body')} AS digest "  # noqa: S608 (our own words)
    "FROM (SELECT replace(%s::text, %s::text, numbered.slug) AS body FROM numbered) AS made"
)
_ENTRY = (
    "INSERT INTO core_ledgerentry "
    "(seq, at, event, dossier_id, is_public, body, salt, body_digest, previous, digest) "
    "SELECT link.seq, %s::timestamptz, %s, %s::bigint, %s::boolean, said.body, %s, said.digest, link.previous, "
    "link.digest FROM link, said"
)


def _body(event: str, body: Mapping[str, Any], *, dossier_id: int | None, is_public: bool) -> dict[str, Any]:
    """What an entry says, before its place in the chain is known."""
    text = canonical({**body, "event": event, "dossier": dossier_id})
    salt = secrets.token_hex(16)
    return {
        "event": event,
        "dossier_id": dossier_id,
        "is_public": is_public,
        "body": text,
        "salt": salt,
        "body_digest": _hash(salt, text),
    }


def _link(head: tuple[int, str], body: dict[str, Any], *, at: datetime) -> LedgerEntry:
    seq, previous = head[0] + 1, head[1]
    digest = _hash(str(seq), stamp(at), body["body_digest"], previous)
    return LedgerEntry(seq=seq, at=at, previous=previous, digest=digest, **body)


def _moved_head(link: LedgerEntry) -> Write:
    return Write(
        "UPDATE core_ledgerhead SET seq = %s, digest = %s WHERE id = 1", (Int8(link.seq), link.digest)
    )


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry to be, of :func:`append_all`: a record, what to say of it, and who may read it."""

    dossier_id: int
    body: Mapping[str, Any]
    is_public: bool


def append_all(event: str, happenings: Sequence[Happening], *, at: datetime) -> list[int]:
    """Append one entry a happening and return their numbers: for an event that concerns thousands of records at once.

    Few statements, but the head stays locked until the transaction ends: call it last.
    """
    if not happenings:
        return []
    bodies = [
        _body(event, one.body, dossier_id=one.dossier_id, is_public=one.is_public) for one in happenings
    ]
    head, links = lock_head(), []
    for body in bodies:
        link = _link(head, body, at=at)
        links.append(link)
        head = (link.seq, link.digest)
    names = [field.attname for field in LedgerEntry._meta.concrete_fields]
    copy_rows(LedgerEntry, names, ([getattr(link, name) for name in names] for link in links))
    write_together([_moved_head(links[-1])])
    return [link.seq for link in links]


def append(
    event: str,
    *,
    body: Mapping[str, Any],
    at: datetime,
    dossier_id: int | None = None,
    is_public: bool = True,
    along: Sequence[Write] = (),
) -> None:
    """Append one entry with the commit of what it records, and with other writes. See :func:`links`."""
    _needs_transaction()
    writes = links(event, body=body, at=at, dossier_id=dossier_id, is_public=is_public)
    write_last([*along, *writes], returning="seq")


def append_given(
    given: Write,
    event: str,
    *,
    body: Mapping[str, Any],
    at: datetime,
    dossier_id: int | None = None,
    is_public: bool = True,
    along: Sequence[Write] = (),
) -> bool:
    """Append one entry, in a transaction of its own, if ``given`` returns a row; whether it did.

    ``given`` finds the record as the caller saw it, and changes or locks it: an act that finds nothing else to be
    asked needs no lock before. The writes ``along`` depend on it themselves (:func:`~tongxin.core.together.insertion`).
    Only where the database hashes (:func:`hashes_itself`).
    """
    found: list[Any] = []
    with transaction.atomic():
        writes = links(event, body=body, at=at, dossier_id=dossier_id, is_public=is_public, given=given.name)
        write_last([given, *along, *writes], returning="seq", done=found.append)
    return found != [None]


def append_now(
    event: str,
    *,
    body: Mapping[str, Any],
    at: datetime,
    dossier_id: int | None = None,
    is_public: bool = True,
) -> int:
    """Append one entry and return its number. The head stays locked until the transaction ends: call it last."""
    _needs_transaction()
    writes = links(event, body=body, at=at, dossier_id=dossier_id, is_public=is_public)
    return int(write_together(writes, returning="seq")[0][0])


def _needs_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "a ledger entry needs the transaction of what it records"
        )


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
