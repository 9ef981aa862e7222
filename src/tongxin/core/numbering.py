"""Numbers per series and year, without gaps or duplicates under concurrency."""

from django.db import connection, transaction

from tongxin.core.models import RecordNumber


def take_number(dossier_id: int, *, series: str, year: int) -> RecordNumber:
    """Give a dossier the next number of a series: ``S2026-12``. Must run inside a transaction.

    The series' row stays locked until the transaction ends: a rolled-back submission gives its number back.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a number needs the transaction of what it numbers")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_numberseries (series, year, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (series, year) DO UPDATE SET last = core_numberseries.last + 1 RETURNING last",
            [series, year],
        )
        serial = cursor.fetchone()[0]
    return RecordNumber.objects.create(
        dossier_id=dossier_id, series=series, year=year, serial=serial, slug=f"{series}{year}-{serial}"
    )
