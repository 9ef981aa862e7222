"""The backend's one difference: a connection from the pool is asked for life only when there is a sign of death."""

import select
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresqlWrapper
from psycopg import Connection
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


class DatabaseWrapper(PostgresqlWrapper):
    """PostgreSQL as Django speaks it."""

    @property
    def pool(self) -> Any:
        """The pool, checking as above where the settings ask for checks."""
        pool = super().pool
        if pool is not None and pool._check is ConnectionPool.check_connection:
            pool._check = check_connection
        return pool
