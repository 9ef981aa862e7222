"""Numbers per series and year, without gaps or duplicates under concurrency."""

import secrets
from dataclasses import dataclass

from django.db import connection, transaction
from psycopg.types.numeric import Int2, Int8

from tongxin.core.models import RecordNumber
from tongxin.core.prepared import prepared_cursor
from tongxin.core.together import Write

_NUMBERED = (
    "INSERT INTO core_numberseries (series, year, last) VALUES (%s, %s, 1) ON CONFLICT (series, year) "
    "DO UPDATE SET last = core_numberseries.last + 1 RETURNING last AS serial, %s::text || %s::int || '-' || last AS slug"
)
_NEXT = (
    "INSERT INTO core_numberseries (series, year, last) VALUES ($1, $2, 1) "
    "ON CONFLICT (series, year) DO UPDATE SET last = core_numberseries.last + 1 RETURNING last"
)
UNNUMBERED = f"number-{secrets.token_hex(12)}"
"""Stands for a number before the statement that takes it. Nobody can guess it, so nobody's words hold it by intent."""


NUMBER = "(SELECT slug FROM numbered)"
"""SQL for the number, in what is written along with it."""


@dataclass(frozen=True, slots=True)
class Series:
    """The series and year whose next number an act takes."""

    letter: str
    year: int


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


def numbering(dossier_id: int, series: Series, *, known: RecordNumber | None = None) -> list[Write]:
    """The writes that give a dossier its next number, the first of them named ``numbered`` with ``serial`` and ``slug``.

    Taken by the statement that writes everything else, the number keeps others waiting for hardly longer than that.
    ``known`` is a number taken before, where the statement can't use one it doesn't know.
    """
    letter, year = series.letter, Int2(series.year)
    if known is None:
        taken = Write(_NUMBERED, (letter, year, letter, year), "numbered")
    else:
        taken = Write("SELECT %s::int AS serial, %s::text AS slug", (known.serial, known.slug), "numbered")
    kept = Write(
        "INSERT INTO core_recordnumber (dossier_id, series, year, serial, slug) "
        "SELECT %s::bigint, %s, %s::smallint, numbered.serial, numbered.slug FROM numbered",
        (Int8(dossier_id), letter, year),
    )
    return [taken, kept]
