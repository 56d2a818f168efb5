"""Stores for tests: the real one, on a database that lives as long as it is open."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.adapters.store.database import SqlStore, make_engine, migrate
from bot.adapters.store.ids import Ids
from bot.adapters.store.search import CREATE
from bot.adapters.store.tables import metadata
from tests.fakes import postgresql
from tests.fakes.clock import FakeClock


async def memory_store(clock: Callable[[], datetime] | None = None) -> SqlStore:
    """Return an empty store in memory with the schema in place; close it after use."""
    engine = make_engine(":memory:")
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.executescript(_schema())  # type: ignore[union-attr] # it is open
    return SqlStore(engine, Ids(clock or FakeClock()))


DATABASES = ("sqlite", "postgresql")
"""What a test may be run on, as its parameter."""
CHOSEN = "NEWSTHREAD_TEST_DATABASE"
"""Names the one that a fresh store is on where the test does not say; SQLite otherwise."""


async def fresh_store(
    database: str | None = None, clock: Callable[[], datetime] | None = None
) -> SqlStore:
    """Return an empty store on a kind of database; close it after use."""
    if (database or os.environ.get(CHOSEN, "sqlite")) == "sqlite":
        return await memory_store(clock)
    url = await postgresql.borrowed()
    return _OnServer(url, Ids(clock or FakeClock()))


@asynccontextmanager
async def shared_database(database: str, folder: Path) -> AsyncIterator[str]:
    """Give the address of an empty database with the schema, for several stores or processes."""
    if database == "sqlite":
        url = f"sqlite+aiosqlite:///{folder / 'newsthread.db'}"
        await migrate(url)
        yield url
    else:
        url = await postgresql.borrowed()
        yield url
        await asyncio.to_thread(postgresql.give_back, url)


class _OnServer(SqlStore):
    """A store whose database is given back with it."""

    def __init__(self, url: str, ids: Ids) -> None:
        super().__init__(make_engine(url), ids)
        self._url = url

    async def close(self) -> None:
        await super().close()
        await asyncio.to_thread(postgresql.give_back, self._url)


@cache  # the schema's text, which is a constant
def _schema() -> str:
    dialect = sqlite.dialect()
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    for table in metadata.sorted_tables:
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    return ";".join(["BEGIN", *made, CREATE, "COMMIT"])
