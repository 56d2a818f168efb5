"""The store: opening a database, and transactions that end whole or not at all.

How each kind of database is connected to is `engine`'s, how statements differ `dialects`', what
errors mean `troubles`'.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Self

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import StaticPool

from bot.adapters.store.engine import file_of, is_server, make_engine, sqlite_warning
from bot.adapters.store.ids import Ids
from bot.adapters.store.migrate import Migrated, check_revision, create_all, migrate
from bot.adapters.store.sealing import sealer
from bot.adapters.store.steady import SteadyConnection
from bot.adapters.store.transaction import SqlTransaction
from bot.adapters.store.troubles import translated
from bot.domain.errors import StoreError
from bot.ports.jobs import Jobs

__all__ = ["Migrated", "SqlStore", "file_of", "make_engine", "migrate", "sqlite_warning"]


def _utc() -> datetime:
    return datetime.now(UTC)


class SqlStore:
    """A database behind `bot.ports.store.Store`."""

    def __init__(self, engine: AsyncEngine, ids: Ids, key: str = "") -> None:
        """Use `open`, which checks that the database can be used."""
        self._engine = engine
        self._ids = ids
        self._sealer = sealer(engine.url.render_as_string(hide_password=False), key)
        self._writing = asyncio.Lock()  # writers of this process queue here, and do not spin
        self._writer: asyncio.Task[object] | None = None  # who is at the head of that queue
        self._shared = isinstance(engine.pool, StaticPool)
        self._jobs: Jobs | None = None

    @classmethod
    async def open(cls, url: str, clock: Callable[[], datetime] = _utc, key: str = "") -> Self:
        """Open a database that `migrate` has prepared; one in memory begins empty and ready.

        Args:
            url: `sqlite+aiosqlite:///path/to/file`, `:memory:`, or
                `postgresql+psycopg://user:password@host/database`.
            clock: Returns UTC; for the ids of new rows and when an alert was sent.
            key: What private addresses are sealed with; "": see `bot.adapters.store.sealing`.

        Raises:
            StoreError: It cannot be opened, is no database, or is of another version.
        """
        file = file_of(url)
        if file is not None and not file.exists():
            raise StoreError(f"There is no database {file} yet: run `python -m bot migrate`.")
        store = cls(make_engine(url), Ids(clock), key)
        try:
            if file is None and not is_server(url):
                await create_all(store.engine)
            else:
                async with store.reading() as tx:
                    await tx.connection.run_sync(check_revision)
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for migrations and tests."""
        return self._engine

    def tell(self, jobs: Jobs) -> None:
        """Have what transactions make due from here on told by these jobs."""
        self._jobs = jobs

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """See `bot.ports.store.Store.transaction`."""
        async with self._alone(), self._begun(reading=False) as tx:
            yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlTransaction]:
        """See `bot.ports.store.Store.reading`."""
        if self._shared:  # one connection in memory: its transactions cannot overlap
            async with self._alone(), self._begun(reading=True) as tx:
                yield tx
        else:
            async with self._begun(reading=True) as tx:
                yield tx

    async def check(self) -> None:
        """Look through the whole database for damage; takes about a second for 500 MB.

        Raises:
            StoreError: It is damaged, or cannot be read.
        """
        if self._engine.dialect.name != "sqlite":
            return  # a server looks after its own files
        async with self.reading() as tx:
            found = await tx.connection.exec_driver_sql("PRAGMA quick_check(1)")
            said = str(found.scalar_one())
        if said != "ok":
            raise translated(StoreError(f"database disk image is malformed, {said}"), self._engine)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Wait until no other task of this process writes."""
        task = asyncio.current_task()
        if task is not None and task is self._writer:
            raise RuntimeError("a transaction inside a transaction would wait for itself")
        async with self._writing:
            self._writer = task
            try:
                yield
            finally:
                self._writer = None

    @asynccontextmanager
    async def _begun(self, *, reading: bool) -> AsyncIterator[SqlTransaction]:
        try:
            connection = await SteadyConnection.opened(self._engine)
        except (SQLAlchemyError, OSError, sqlite3.Error) as error:
            raise translated(error, self._engine) from error
        try:
            await connection.begin_transaction(reading=reading)
            async with nullcontext() if reading else connection.awake():
                tx = SqlTransaction(
                    connection, self._ids, self._sealer, reading=reading, jobs=self._jobs
                )
                yield tx
                await tx.hints.enqueue()
            await connection.commit()
            tx.committed()
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise translated(error, self._engine) from error
        finally:
            await connection.close()
