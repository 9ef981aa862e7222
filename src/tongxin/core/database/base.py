"""Two differences to Django's backend.

A connection from the pool is asked for life only when there is a sign of death. And a transaction's last statement can
be held back until its commit, so that both reach the server at once: the locks it takes, which everybody waits for, are
then held only while the server works, and not until this process has its turn again.
"""

import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import debug_transaction
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresqlWrapper
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool


def check_connection(connection: "Connection[Any]") -> None:
    """Raise when the connection is dead. Costs no round trip while the line is quiet.

    A server that ended or was killed has closed its end, and a closed end is readable; so is a message nobody asked
    for. Only then is the server asked.
    """
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    if connection.closed or line.poll(0):
        ConnectionPool.check_connection(connection)


@dataclass(frozen=True, slots=True)
class Held:
    """A statement held back, and what is to be done with its rows."""

    cursor: Callable[[Any], Any]
    sql: str
    values: Sequence[Any]
    done: Callable[[list[tuple[Any, ...]]], None]


class DatabaseWrapper(PostgresqlWrapper):
    """PostgreSQL as Django speaks it."""

    held: Held | None = None

    def hold(self, held: Held) -> None:
        """Hold a statement back until the commit, or until anything else is asked of the database before it.

        An error it makes is raised there. Must be called inside a transaction.
        """
        self.release()
        self.held = held

    def release(self) -> None:
        """Carry out now what is held back."""
        held, self.held = self.held, None
        if held is not None:
            with super()._prepare_cursor(held.cursor(self.connection)) as cursor:
                cursor.execute(held.sql, held.values)
                held.done(cursor.fetchall())

    def _prepare_cursor(self, cursor: Any) -> Any:
        self.release()
        return super()._prepare_cursor(cursor)

    def _commit(self) -> None:
        if self.held is None or self.queries_logged or self.execute_wrappers:
            self.release()
            super()._commit()
            return
        held, self.held = self.held, None
        with (
            debug_transaction(self, "COMMIT"),
            self.wrap_database_errors,
            held.cursor(self.connection) as cursor,
        ):
            if self.connection.pgconn.transaction_status == TransactionStatus.IDLE:
                self._execute_alone(cursor, held)
            else:
                with self.connection.pipeline():
                    cursor.execute(held.sql, held.values)
                    self.connection.commit()
            held.done(cursor.fetchall())

    def _execute_alone(self, cursor: Any, held: Held) -> None:
        """Nothing else was asked in the transaction: one statement is one by itself, without BEGIN and COMMIT."""
        self.connection.autocommit = True
        try:
            cursor.execute(held.sql, held.values)
        finally:
            # Anything else means a broken connection, whose error says more than one made here.
            if self.connection.pgconn.transaction_status == TransactionStatus.IDLE:
                self.connection.autocommit = False

    def _rollback(self) -> None:
        self.held = None
        super()._rollback()

    def _savepoint_rollback(self, sid: str) -> None:
        self.held = None
        super()._savepoint_rollback(sid)

    def _close(self) -> None:
        self.held = None
        super()._close()

    @property
    def pool(self) -> Any:
        """The pool, checking as above where the settings ask for checks."""
        pool = super().pool
        if pool is not None and pool._check is ConnectionPool.check_connection:
            pool._check = check_connection
        return pool
