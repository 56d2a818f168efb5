"""SQLite's connections, which take one hop to their thread for a statement, and not four.

The driver has a thread for each connection, and SQLAlchemy asks it for a cursor, to execute, for
all the rows, and to close: each of these wakes both threads, which costs more than most statements.
What a cursor says afterwards is the same. Streamed results are SQLAlchemy's own.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
)


@dataclass(slots=True)
class _Said:
    """What SQLite said of the statement that a cursor was last given."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    def close(self) -> None:
        """Do nothing: SQLite's cursor was closed at once."""


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Executes, fetches and closes in one hop."""

    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, _connection: object) -> Any:
        return _Said()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._done(sqlite3.Cursor.execute, operation, parameters)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._done(sqlite3.Cursor.executemany, operation, seq_of_parameters)

    async def _done(self, execute: Callable[..., Any], operation: Any, parameters: Any) -> None:
        driver: Any = self._connection
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001 - as in what it replaces
            self._cursor, self._rows = await driver._execute(  # noqa: SLF001
                _executed, driver, execute, operation, () if parameters is None else parameters
            )


def _executed(
    driver: Any, execute: Callable[..., Any], operation: str, parameters: Any
) -> tuple[_Said, deque[Any]]:
    """Execute a statement; runs in the connection's thread."""
    with closing(driver._conn.cursor()) as cursor:  # noqa: SLF001 - there is no other way to it
        execute(cursor, operation, parameters)
        rows = deque(cursor.fetchall() if cursor.description else ())
        return _Said(cursor.description, cursor.rowcount, cursor.lastrowid), rows


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor


def connect(dialect: Any, _record: object, args: list[Any], kwargs: dict[str, Any]) -> _Connection:
    """Connect as the engine would; listens for `do_connect` of SQLAlchemy's engines."""
    plain = dialect.dbapi.connect(*args, **kwargs)
    return _Connection(plain.dbapi, plain.driver_connection)
