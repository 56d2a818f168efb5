"""Connections: how each kind of database is set up, and what its errors mean to an operator."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.domain.errors import StoreError

BUSY_MS = 8_000
"""How long SQLite waits for another process's transaction, milliseconds; a stop takes 10 s."""

_RACE_FIXED = (3, 51, 3)
_EXAMPLE = "Write sqlite+aiosqlite:///var/newsthread.db"


def make_engine(url: str) -> AsyncEngine:
    """Return an engine whose connections are set up as the store needs them.

    Args:
        url: `sqlite+aiosqlite:///path/to/file`; `sqlite+aiosqlite://` or `:memory:` for memory.

    Raises:
        StoreError: The URL is of no database that is supported.
    """
    parsed = _parsed(url)
    memory = _file(parsed) is None
    kwargs: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
    engine = create_async_engine(parsed, connect_args={"timeout": BUSY_MS / 1000}, **kwargs)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite database; None for one in memory.

    Raises:
        StoreError: The URL is of no database that is supported.
    """
    return _file(_parsed(url))


def translated(error: BaseException, engine: AsyncEngine) -> StoreError:
    """Return what a database error means to an operator, and how to mend it."""
    said = str(getattr(error, "orig", None) or error)
    where = engine.url.database or "in memory"
    folded = said.casefold()
    for mark, remedy in _REMEDIES:
        if mark in folded:
            return StoreError(f"The database {where} {remedy} (It says: {said}.)")
    return StoreError(f"The database {where} failed: {said}.")


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
        parsed = make_url("sqlite+aiosqlite://" if url == ":memory:" else url)
    except SQLAlchemyError as error:
        raise StoreError(f"DATABASE_URL is no database address. {_EXAMPLE}") from error
    if parsed.drivername != "sqlite+aiosqlite":
        raise StoreError(
            f"DATABASE_URL names {parsed.drivername!r}, which is not supported. {_EXAMPLE}"
        )
    return parsed


def _file(url: URL) -> Path | None:
    return None if url.database in (None, "", ":memory:") else Path(str(url.database))


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


# The first mark that an error's text contains says what to do.
_REMEDIES = (
    ("readonly", "is read-only: give the bot's user write access to the file and its folder."),
    ("unable to open", "cannot be opened: does its folder exist, and may the bot write there?"),
    ("disk is full", "has no room left on its disk: free some; what was stored is safe."),
    ("not a database", "is not a SQLite database: move the file away, or restore a backup."),
    ("malformed", "is damaged: restore a backup, or try `sqlite3 FILE .recover`."),
    ("no such table", "has no tables yet: run `python -m bot migrate`."),
    ("no such column", "is of another version: run `python -m bot migrate`."),
    ("locked", "is locked by another program for too long: stop it, then start again."),
    ("disk i/o", "cannot be read or written: has its disk room left, and is it whole?"),
)
