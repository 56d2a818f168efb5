"""Opening a database, transactions, and every way in which SQLite and PostgreSQL differ."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.adapters.store.ids import Ids
from bot.adapters.store.transaction import SqlTransaction
from bot.domain.errors import StoreError

BUSY_MS = 15_000
"""How long SQLite waits for another process's write transaction, milliseconds."""

_RACE_FIXED = (3, 51, 3)  # https://sqlite.org/wal.html: "The WAL-Reset Bug", 3.7.0 to 3.51.2


def _utc() -> datetime:
    return datetime.now(UTC)


class SqlStore:
    """A database behind `bot.ports.store.Store`."""

    def __init__(self, engine: AsyncEngine, ids: Ids) -> None:
        """Use `open`, which checks that the database can be used."""
        self._engine = engine
        self._ids = ids
        self._writing = asyncio.Lock()  # writers of this process queue here, and do not spin
        self._shared = isinstance(engine.pool, StaticPool)

    @classmethod
    async def open(cls, url: str, clock: Callable[[], datetime] = _utc) -> Self:
        """Open a migrated database.

        Args:
            url: `sqlite+aiosqlite:///path/to/file`, or `sqlite+aiosqlite://` for memory.
            clock: For the ids of new rows.

        Raises:
            StoreError: It cannot be opened, or is no database.
        """
        store = cls(make_engine(url), Ids(clock))
        async with store.reading() as tx:
            await tx.connection.exec_driver_sql("SELECT 1")
        return store

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for migrations and tests."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """See `bot.ports.store.Store.transaction`."""
        async with self._writing, self._begun("IMMEDIATE") as tx:
            yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlTransaction]:
        """See `bot.ports.store.Store.reading`."""
        if self._shared:  # one connection in memory: its transactions cannot overlap
            async with self._writing, self._begun("DEFERRED") as tx:
                yield tx
        else:
            async with self._begun("DEFERRED") as tx:
                yield tx

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _begun(self, mode: str) -> AsyncIterator[SqlTransaction]:
        try:
            connection = await self._engine.connect()
        except (DBAPIError, OSError, sqlite3.Error) as error:
            raise translated(error, self._engine) from error
        connection = await connection.execution_options(begin_mode=mode)
        try:
            await connection.begin()
            yield SqlTransaction(connection, self._ids)
            await _whole(connection.commit)
        except (SQLAlchemyError, sqlite3.Error) as error:
            await _whole(connection.rollback)
            raise translated(error, self._engine) from error
        except BaseException:
            await _whole(connection.rollback)
            raise
        finally:
            await _whole(connection.close)


async def _whole(act: Callable[[], Awaitable[Any]]) -> None:
    """Do something to its end even if we are cancelled meanwhile, and then be cancelled."""
    task = asyncio.ensure_future(act())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            raise task.exception() from None  # type: ignore[misc] # it was checked for None
        raise


def make_engine(url: str) -> AsyncEngine:
    """Return an engine whose connections are set up as the store needs them.

    Raises:
        StoreError: The URL is of no database that is supported.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise StoreError(
            f"DATABASE_URL is no database address: {error}. "
            "Write sqlite+aiosqlite:///var/newsthread.db"
        ) from error
    if parsed.get_backend_name() != "sqlite":
        raise StoreError(
            f"DATABASE_URL names {parsed.get_backend_name()!r}, which is not supported yet. "
            "Write sqlite+aiosqlite:///var/newsthread.db"
        )
    memory = parsed.database in (None, "", ":memory:")
    kwargs: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
    engine = create_async_engine(parsed, connect_args={"timeout": BUSY_MS / 1000}, **kwargs)
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:  # a DBAPI connection has no type
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # Without IMMEDIATE, two that read and then write lose updates or fail with "locked".
    mode = connection.get_execution_options().get("begin_mode", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")


def translated(error: BaseException, engine: AsyncEngine) -> StoreError:
    """Return what a database error means to an operator, and how to mend it."""
    said = str(getattr(error, "orig", None) or error)
    where = engine.url.database or "memory"
    low = said.casefold()
    for mark, remedy in _REMEDIES:
        if mark in low:
            return StoreError(f"The database {where} {remedy} (it says: {said})")
    return StoreError(f"The database {where} failed: {said}")


_REMEDIES = (
    ("readonly", "is read-only: give the bot's user write access to the file and its folder."),
    ("unable to open", "cannot be opened: does its folder exist, and may the bot write there?"),
    ("disk is full", "has no room left on its disk: free some; nothing that was stored is lost."),
    ("not a database", "is not a SQLite database: move the file away, or restore a backup."),
    ("malformed", "is damaged: restore a backup, or try `sqlite3 FILE .recover`."),
    ("no such table", "has no tables yet: run `python -m bot migrate`."),
    ("locked", "is locked by another program for too long: stop it, then start again."),
    ("disk i/o", "cannot be read or written: check the disk."),
)


def sqlite_warning(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str | None:
    """Return a warning if this SQLite may damage a file that two processes write at once.

    Source: https://sqlite.org/wal.html, "The WAL-Reset Bug": 3.7.0 to 3.51.2.
    """
    if version >= _RACE_FIXED:
        return None
    number = ".".join(str(part) for part in version)
    return (
        f"SQLite {number} has a rare fault when two processes write one database (fixed in "
        "3.51.3): run all roles in one process, or use PostgreSQL."
    )


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite database; None for memory or another kind."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))
