"""Several writes in one statement: what an act leaves behind goes to the database at once.

A statement is whole or nothing as the transaction around it is; sending it once instead of five times keeps the
locks on number and ledger short. Records written this way must not depend on each other's order: foreign keys are
checked at the end of the statement.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault

from tongxin.core.database.base import Held
from tongxin.core.prepared import PreparedCursor, prepared_cursor


@dataclass(frozen=True, slots=True)
class Write:
    """One INSERT, UPDATE or SELECT with its values, each a ``%s``.

    Under its ``name`` the statement's other writes read what it returns. A write whose name is read is carried out
    before the one that reads it; the others in no order that may matter.
    """

    sql: str
    values: tuple[Any, ...]
    name: str = ""


def insertion(record: Model, *, given: str = "", **expressions: str) -> Write:
    """The INSERT of a record that isn't saved yet; ``expressions`` replace a column's ``%s``.

    An expression without ``%s`` is the value itself. Fields left to the database (its key, its defaults) stay out.
    With ``given``, the name of another write, the record is inserted only if that one returns a row.
    """
    columns, places, values = [], [], []
    database = connections[DEFAULT_DB_ALIAS]
    for field, column, plain in _fields(type(record)):
        value = getattr(record, field.attname)
        if isinstance(value, DatabaseDefault) or (value is None and field.primary_key):
            continue
        columns.append(column)
        place = expressions.get(field.name, "%s") if expressions else "%s"
        places.append(place)
        if place == "%s" or "%s" in place:
            values.append(value if type(value) in plain else field.get_db_prep_save(value, database))
    table = database.ops.quote_name(record._meta.db_table)
    source = f"SELECT {', '.join(places)} FROM {given}" if given else f"VALUES ({', '.join(places)})"  # noqa: S608
    return Write(f"INSERT INTO {table} ({', '.join(columns)}) {source}", tuple(values))


def replacement(record: Model) -> Write:
    """The UPDATE of a saved record with everything loaded of it, as ``save()`` would; signals aren't sent."""
    deferred = record.get_deferred_fields()
    database = connections[DEFAULT_DB_ALIAS]
    changed = [
        (column, field.get_db_prep_save(getattr(record, field.attname), database))
        for field, column, _plain in _fields(type(record))
        if not field.primary_key and field.attname not in deferred
    ]
    table, key = database.ops.quote_name(record._meta.db_table), record._meta.pk
    columns = ", ".join(f"{column} = %s" for column, _value in changed)
    return Write(
        f"UPDATE {table} SET {columns} WHERE {database.ops.quote_name(str(key.column))} = %s",  # noqa: S608
        (*(value for _column, value in changed), key.get_db_prep_save(record.pk, database)),
    )


# Values of these go to the database as they are; others are prepared by their field.
_PLAIN: "dict[type[models.Field[Any, Any]], frozenset[type]]" = {
    models.CharField: frozenset({str, type(None)}),
    models.TextField: frozenset({str, type(None)}),
    models.BooleanField: frozenset({bool, type(None)}),
}


@cache
def _fields(model: type[Model]) -> list[tuple[Any, str, frozenset[type]]]:
    """A model's fields, their quoted columns, and the types of values that need no preparing."""
    return [
        (field, connection.ops.quote_name(str(field.column)), _PLAIN.get(type(field), frozenset()))
        for field in model._meta.local_concrete_fields
    ]


def write_together(writes: Sequence[Write], returning: str = "") -> list[tuple[Any, ...]]:
    """Carry out all writes in one statement; returns the last one's rows, their ``returning`` columns if it is no SELECT."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("what belongs together needs one transaction")
    statement = _joined(tuple((write.name, write.sql) for write in writes), returning)
    with prepared_cursor() as cursor:
        cursor.execute(statement, [value for write in writes for value in write.values])
        return list(cursor.fetchall()) if cursor.description else []


def write_last(
    writes: Sequence[Write], returning: str, done: Callable[[Any], None] = lambda row: None
) -> None:
    """Carry out all writes in one statement that reaches the database together with the commit.

    For what takes locks that everybody waits for. ``done`` is given the last write's ``returning`` columns afterwards,
    or None when that one, given another's row, wrote nothing.
    Whatever else the transaction asks of the database before its end makes the statement go first.
    """
    database = cast(Any, connections[DEFAULT_DB_ALIAS])
    if not database.in_atomic_block:
        raise transaction.TransactionManagementError("what belongs together needs one transaction")
    statement = _joined(tuple((write.name, write.sql) for write in writes), returning)
    values = [value for write in writes for value in write.values]
    database.hold(Held(PreparedCursor, statement, values, lambda rows: done(rows[0] if rows else None)))


def mark_written(*records: Model) -> None:
    """Tell records that were written here that the database has them: saved again they are updated."""
    for record in records:
        record._state.adding, record._state.db = False, connection.alias


def copy_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert thousands of rows of some fields at once, by COPY: many times as fast as inserting them.

    Values go as they are: nothing is prepared by the fields, so JSON is given as text. Fields left out have their
    database default.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("what belongs together needs one transaction")
    quote = connection.ops.quote_name
    column_of = {
        name: column for field, column, _plain in _fields(model) for name in (field.name, field.attname)
    }
    columns = ", ".join(column_of[name] for name in names)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=256)
def _joined(writes: tuple[tuple[str, str], ...], returning: str) -> str:
    *before, (_name, last) = writes
    parts = ", ".join(f"{name or f'w{index}'} AS ({sql})" for index, (name, sql) in enumerate(before))
    whole = (f"WITH {parts} " if parts else "") + last + (f" RETURNING {returning}" if returning else "")
    first, *rest = whole.split("%s")
    return first + "".join(f"${index}{piece}" for index, piece in enumerate(rest, start=1))


def next_keys(*models: type[Model]) -> str:
    """SQL for a new key of each model, from the database's own sequences: for records that point at each other."""
    return ", ".join(
        f"nextval(pg_get_serial_sequence('{model._meta.db_table}', '{model._meta.pk.column}'))"
        for model in models
    )
