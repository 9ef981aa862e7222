"""Numbers per series and year, without gaps or duplicates under concurrency."""

from django.db import connection, transaction
from psycopg.types.numeric import Int2

from tongxin.core.models import RecordNumber
from tongxin.core.prepared import prepared_cursor

_NEXT = (
    "INSERT INTO core_numberseries (series, year, last) VALUES ($1, $2, 1) "
    "ON CONFLICT (series, year) DO UPDATE SET last = core_numberseries.last + 1 RETURNING last"
)
_NEXT_WITH_HEAD = (
    f"WITH next AS ({_NEXT}) SELECT next.last, head.seq, head.digest "  # noqa: S608 (both parts are ours)
    "FROM core_ledgerhead AS head, next WHERE head.id = 1 FOR UPDATE OF head"
)


def take_number(dossier_id: int, *, series: str, year: int) -> RecordNumber:
    """Give a dossier the next number of a series: ``S2026-12``. Must run inside a transaction."""
    number = next_number(dossier_id, series=series, year=year)
    number.save(force_insert=True)
    return number


def next_number(dossier_id: int, *, series: str, year: int) -> RecordNumber:
    """The next number of a series, for the caller to write with the dossier. Must run inside a transaction.

    The series' row stays locked until the transaction ends: a rolled-back submission gives its number back.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a number needs the transaction of what it numbers")
    with prepared_cursor() as cursor:
        cursor.execute(
            _NEXT,
            [series, Int2(year)],
        )
        serial = cursor.fetchone()[0]
    return RecordNumber(
        dossier_id=dossier_id, series=series, year=year, serial=serial, slug=f"{series}{year}-{serial}"
    )


def next_number_and_head(
    dossier_id: int, *, series: str, year: int
) -> tuple[RecordNumber, tuple[int, str] | None]:
    """The next number and the ledger's locked head in one statement, so that both locks are held as briefly as can be.

    The head is None for the first entry ever.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a number needs the transaction of what it numbers")
    with prepared_cursor() as cursor:
        cursor.execute(_NEXT_WITH_HEAD, [series, Int2(year)])
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "SELECT last FROM core_numberseries WHERE series = $1 AND year = $2", [series, Int2(year)]
            )
            row = (*cursor.fetchone(), None, None)
    number = RecordNumber(
        dossier_id=dossier_id, series=series, year=year, serial=row[0], slug=f"{series}{year}-{row[0]}"
    )
    return number, None if row[1] is None else (row[1], row[2])
