"""Stores for tests: the real one, on a database in memory that lives as long as it is open."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.adapters.store.database import SqlStore, make_engine
from bot.adapters.store.ids import Ids
from bot.adapters.store.search import CREATE
from bot.adapters.store.tables import metadata
from tests.fakes.clock import FakeClock


async def memory_store(clock: Callable[[], datetime] | None = None) -> SqlStore:
    """Return an empty store in memory with the schema in place; close it after use."""
    engine = make_engine(":memory:")
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.executescript(_schema())  # type: ignore[union-attr] # it is open
    return SqlStore(engine, Ids(clock or FakeClock()))


async def fresh_store(
    database: str = "sqlite", clock: Callable[[], datetime] | None = None
) -> SqlStore:
    """Return an empty store on a kind of database, for the contract tests; close it after use."""
    assert database == "sqlite", f"no fresh store on {database} yet"
    return await memory_store(clock)


@cache  # the schema's text, which is a constant
def _schema() -> str:
    dialect = sqlite.dialect()
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    for table in metadata.sorted_tables:
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    return ";".join(["BEGIN", *made, CREATE, "COMMIT"])
