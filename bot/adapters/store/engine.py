"""Connections: which database an address names, and how one to SQLite is set up.

One to PostgreSQL is `postgresql`'s, what errors mean `troubles`'.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.adapters.store.hops import connect
from bot.domain.errors import StoreError

BUSY_MS = 8_000
"""How long SQLite waits for another process's transaction, milliseconds; a stop takes 10 s."""

SQLITE, POSTGRESQL = "sqlite+aiosqlite", "postgresql+psycopg"
_AS_GIVEN = ("postgres", "postgresql")  # how hosting companies write it: there is one driver here
_RACE_FIXED = (3, 51, 3)
_EXAMPLE = f"Write {SQLITE}:///var/newsthread.db or {POSTGRESQL}://USER:PASSWORD@HOST/DATABASE"


def make_engine(url: str) -> AsyncEngine:
    """Return an engine whose connections are set up as the store needs them.

    Args:
        url: `sqlite+aiosqlite:///path/to/file`; `sqlite+aiosqlite://` or `:memory:` for memory;
            `postgresql+psycopg://user:password@host/database`.

    Raises:
        StoreError: The URL is of no database that is supported.
    """
    parsed = _parsed(url)
    if parsed.drivername == SQLITE:
        return _sqlite(parsed)
    from bot.adapters.store.postgresql import server_engine  # its driver is not always needed

    return server_engine(parsed)


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite database; None for one in memory or on a server.

    Raises:
        StoreError: The URL is of no database that is supported.
    """
    return _file(_parsed(url))


def is_server(url: str) -> bool:
    """Say whether a database is a server's, so that there is no file to look at.

    Raises:
        StoreError: The URL is of no database that is supported.
    """
    return _parsed(url).drivername == POSTGRESQL


def is_there(url: str) -> bool:
    """Say whether there is a database to open: a file that exists, or a server that has to.

    Raises:
        StoreError: The URL is of no database that is supported.
    """
    file = file_of(url)
    return is_server(url) if file is None else file.exists()


def sqlite_warning(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str | None:
    """Return a warning if this SQLite may damage a file that two processes write at once.

    Source: https://sqlite.org/wal.html, "The WAL-Reset Bug": 3.7.0 to 3.51.2.
    """
    if version >= _RACE_FIXED:
        return None
    number = ".".join(str(part) for part in version)
    return (
        f"SQLite {number} has a rare fault when two processes write one database (fixed in "
        "3.51.3): run all roles in one process, or use a newer SQLite."
    )


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(f"{SQLITE}://" if url == ":memory:" else url)
    except SQLAlchemyError as error:
        raise StoreError(f"DATABASE_URL is no database address. {_EXAMPLE}") from error
    if parsed.drivername in _AS_GIVEN:
        parsed = parsed.set(drivername=POSTGRESQL)
    if parsed.drivername not in (SQLITE, POSTGRESQL):
        raise StoreError(
            f"DATABASE_URL names {parsed.drivername!r}, which is not supported. {_EXAMPLE}"
        )
    if parsed.drivername == POSTGRESQL and not parsed.database:
        raise StoreError(f"DATABASE_URL names no database on its server. {_EXAMPLE}")
    return parsed


def _file(url: URL) -> Path | None:
    if url.drivername == POSTGRESQL or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def _sqlite(url: URL) -> AsyncEngine:
    kwargs: dict[str, Any] = {"poolclass": StaticPool} if _file(url) is None else {}
    engine = create_async_engine(url, connect_args={"timeout": BUSY_MS / 1000}, **kwargs)
    event.listen(engine.sync_engine, "do_connect", connect)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:  # a DBAPI connection has no type
    connection.isolation_level = None  # the driver must not begin transactions of its own
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()  # nobody else would: the pool does not know it yet
        raise


def _on_begin(connection: Connection) -> None:
    # Without IMMEDIATE, two that read and then write lose updates or fail with "locked".
    mode = connection.get_execution_options().get("begin_mode", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")
