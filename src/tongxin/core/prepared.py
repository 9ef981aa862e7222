"""Querysets compiled once and run many times: what the busiest pages ask, as prepared statements.

Putting a queryset into SQL costs more than the database takes to answer it, and planning it there costs again. A
query that differs only in a few values from one request to the next is written down once as a queryset and run with
those values::

    by_number = Prepared(lambda number: Matter.objects.filter(number=number), number=str)
    by_number.all(number="S2026-12")

Values are sent apart from the SQL, never put into it. The database keeps the plan when the connection allows it
(``prepare_threshold`` in the settings).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from psycopg import RawCursor
from psycopg import sql as psycopg_sql

M = TypeVar("M", bound=Model)
_FIRST_MOMENT = datetime(1, 1, 2, tzinfo=UTC)


class PreparedCursor(RawCursor):
    """Sends values apart from the statement, which names them $1, $2 …, and lets the database keep its plan."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True, **options)


def prepared_cursor() -> Any:
    """A cursor whose statements the database keeps prepared; counted and wrapped as Django's own. Close it.

    Statements name their values $1, $2 and so on.
    """
    database = cast(
        Any, connections[DEFAULT_DB_ALIAS]
    )  # looked up once: ``connection`` does it at every attribute
    database.ensure_connection()
    return database._prepare_cursor(PreparedCursor(database.connection))


def _stand_in(kind: type, index: int) -> Any:
    """A value nobody asks for, to find its place among the parameters again."""
    if kind is int:
        return 32_700 - index  # fits the narrowest column
    if kind is datetime:
        return _FIRST_MOMENT + timedelta(microseconds=index)
    return f"\x01{index}\x01"


class Prepared(Generic[M]):
    """One queryset, as a function of some named values of given types (str, int or an aware datetime)."""

    def __init__(self, build: "Callable[..., QuerySet[M, Any]]", **kinds: type) -> None:
        self._build, self._kinds = build, kinds
        self._sql = ""
        self._values: list[tuple[str, Callable[[Any], Any]]] = []

    def _compile(self) -> None:
        names = {_stand_in(kind, index): name for index, (name, kind) in enumerate(self._kinds.items())}
        queryset = self._build(**{name: value for value, name in names.items()})
        compiler = queryset.query.get_compiler(connection=connection)
        text, parameters = compiler.as_sql()
        connection.ensure_connection()
        pieces, values = [], []
        for parameter in parameters:
            name = names.get(parameter) if isinstance(parameter, str | int | datetime) else None
            if name is None:  # always the same: part of the statement, so that the plan can use it
                literal = psycopg_sql.Literal(parameter).as_string(connection.connection)
                pieces.append(literal)
            else:
                kind = type(parameter)
                # Whole numbers come in the width of their column; another width would be another statement.
                values.append((name, kind if issubclass(kind, int) and kind is not int else _same))
                pieces.append(f"${len(values)}")
        fields = [selected[0] for selected in compiler.select[: compiler.col_count]]
        self._converters = [
            (position, converters, expression)
            for position, (converters, expression) in compiler.get_converters(fields).items()
        ]
        self._select, self._info = compiler.select, compiler.klass_info
        self._annotations = dict(compiler.annotation_col_map or {})
        if self._info:
            chosen = self._info["select_fields"]
            self._start, self._end = chosen[0], chosen[-1] + 1
            # Looked up for each of a model's fields when some are deferred.
            self._names = frozenset(
                self._select[at][0].target.attname for at in range(self._start, self._end)
            )
            self._related = get_related_populators(self._info, self._select, connection.alias)
        self._values = values
        self._sql = text % tuple(pieces)

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The selected columns, in their order. One query."""
        if not self._sql:
            self._compile()
        with prepared_cursor() as cursor:
            cursor.execute(self._sql, [cast_to(values[name]) for name, cast_to in self._values])
            found = cursor.fetchall()
        if not self._converters:
            return found
        converted = []
        for row in found:
            columns = list(row)
            for position, converters, expression in self._converters:
                for converter in converters:
                    columns[position] = converter(columns[position], expression, connection)
            converted.append(tuple(columns))
        return converted

    def all(self, **values: Any) -> list[M]:
        """The records, with what the queryset selects along with them. One query."""
        rows = self.rows(**values)
        if not rows:
            return []
        model = self._info["model"]
        found = []
        for row in rows:
            record = model.from_db(connection.alias, self._names, row[self._start : self._end])
            for populator in self._related:
                populator.populate(row, record)
            for name, position in self._annotations.items():
                setattr(record, name, row[position])
            found.append(record)
        return found

    def first(self, **values: Any) -> M | None:
        """The first record, or None. One query."""
        found = self.all(**values)
        return found[0] if found else None


def _same(value: Any) -> Any:
    return value
