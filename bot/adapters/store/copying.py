"""Copies an embedded database into PostgreSQL, so that what one machine began goes on on many.

A table after another, some rows a transaction: what was cut off goes on where it ended. In the end
every row is compared, and only then can the copy be opened.
"""

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, TableClause, false, func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.adapters.store import search
from bot.adapters.store.codec import clean
from bot.adapters.store.dialects import short_key
from bot.adapters.store.engine import SQLITE, file_of, is_server, make_engine
from bot.adapters.store.migrate import COPYING, check_revision
from bot.adapters.store.sealing import VARIABLE, Kept, Sealer, key_file, sealer
from bot.adapters.store.tables import entry_keys, feeds, metadata
from bot.adapters.store.troubles import translated
from bot.domain.errors import StoreError

STEP = 1_000
"""Rows of a transaction."""
_ALONE = 0x6E65_7773_0001
"""The advisory lock of who copies."""
Row = Mapping[Any, Any]
"""Values by the name of their column."""
Told = Callable[[float], None]
"""Is told of rows that are done."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Two databases of one schema, of which one becomes a copy of the other."""

    source: AsyncConnection  # in a transaction that keeps writers out
    target: AsyncEngine
    rows: int  # of the source

    async def run(self, told: Told) -> None:
        """Copy what is not there yet."""
        for table in _TABLES:
            async with self.target.connect() as connection:
                done = await _count(connection, table)
            told(done)
            wanted = table.rows(self.source).order_by(*table.order).offset(done)
            rows = await self.source.stream(wanted)
            async for some in rows.mappings().partitions(STEP):
                async with self.target.begin() as connection:
                    await table.add(connection, [table.fit(row) for row in some])
                told(len(some))

    async def compare(self, told: Told) -> None:
        """Compare every row, by counts and checksums, and let the copy be opened.

        Raises:
            StoreError: They are not the same.
        """
        for table in _TABLES:
            async with self.target.connect() as connection:
                there = await _sum(table, self.source, told)
                here = await _sum(table, connection, lambda _: None)
            if here != there:
                raise StoreError(
                    f"The copy of {table.name} is not the same ({there[0]} rows became {here[0]}): "
                    "the database that is copied was written to meanwhile. Stop the bot, empty "
                    "the new database (dropdb, createdb), then copy again."
                )
        async with self.target.begin() as connection:
            for table in _TABLES:
                await table.go_on(connection)
            await connection.execute(text("DROP TABLE copying"))


@asynccontextmanager
async def copying(source: str, target: str, key: str = "") -> AsyncIterator[Copy]:
    """Open two databases to copy one into the other, which `migrate` has prepared.

    Args:
        source: `sqlite:///path/to/file`, of this version; nobody can write to it meanwhile.
        target: `postgresql+psycopg://…`, empty, or cut off in a copy of the same file.
        key: What private addresses are sealed with, in both.

    Raises:
        StoreError: One cannot be used, is of another version, or is copied into already; or the
            key does not open the private addresses.
    """
    file = _file(source, target)
    from_, into = make_engine(f"{SQLITE}:///{file}"), make_engine(target)
    try:
        async with from_.connect() as reading, into.connect() as alone:
            await alone.execution_options(isolation_level="AUTOCOMMIT")
            if not await alone.scalar(select(func.pg_try_advisory_lock(_ALONE))):
                raise StoreError("Another process copies into this database: let it end.")
            await reading.run_sync(check_revision)
            await _refuse_sealed(reading, sealer(target, key), file)
            await _mark(into, str(file))
            counts = [await _count(reading, table) for table in _TABLES]
            try:
                yield Copy(reading, into, sum(counts))
            finally:  # now, not when the server has seen that we are gone
                with suppress(SQLAlchemyError):  # a connection that is lost holds nothing
                    await alone.execute(select(func.pg_advisory_unlock(_ALONE)))
    except SQLAlchemyError as error:
        of_source = isinstance(getattr(error, "orig", None), sqlite3.Error)
        raise translated(error, from_ if of_source else into) from error
    finally:
        await from_.dispose()
        await into.dispose()


def _file(source: str, target: str) -> Path:
    """Return the file to copy, whole."""
    address = source.replace("sqlite:", f"{SQLITE}:", 1) if source.startswith("sqlite:") else source
    file = file_of(address)
    if file is None or not file.exists():
        raise StoreError(f"There is no database file {source}: write sqlite:///path/to/file.")
    if not is_server(target):
        raise StoreError("DATABASE_URL names no PostgreSQL, and only into that is copied.")
    return file.resolve()


async def _refuse_sealed(source: AsyncConnection, opener: Sealer, file: Path) -> None:
    """Refuse to copy what nobody could read there: the key stays behind with the file."""
    rows = await source.execute(
        select(feeds.c.name, feeds.c.url, feeds.c.sealed).where(feeds.c.sealed.is_not(None))
    )
    closed = [row.name for row in rows if opener.address(Kept(row.url, row.sealed)) is None]
    if closed:
        raise StoreError(
            f"The address of the feed “{closed[0]}” is sealed with a key that is not given: set"
            f" {VARIABLE}_FILE={key_file(file)}, or {VARIABLE} as it was there, and keep it."
        )


async def _mark(target: AsyncEngine, source: str) -> None:
    """Note that a copy of `source` has begun; until it is whole, nobody can open it."""
    async with target.begin() as connection:
        if await connection.run_sync(lambda plain: inspect(plain).has_table(COPYING.name)):
            begun = await connection.scalar(select(COPYING.c.source))
            if begun != source:
                raise StoreError(f"This database is half a copy of {begun}: go on with that one.")
            return
        await connection.run_sync(check_revision)
        full = [table.name for table in _TABLES if await _count(connection, table)]
        if full:
            raise StoreError(
                f"The database has rows of its own already ({', '.join(full)}): copy into an "
                "empty one."
            )
        await connection.execute(text("CREATE TABLE copying (source TEXT NOT NULL)"))
        await connection.execute(COPYING.insert().values(source=source))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as it is copied."""

    table: TableClause
    order: tuple[ColumnElement[Any], ...]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.table.name)

    def rows(self, _connection: AsyncConnection) -> Select[*tuple[Any, ...]]:
        """Return the select of its rows."""
        return select(self.table)

    def fit(self, row: Row) -> dict[str, Any]:
        """Return a row as PostgreSQL holds it; one that came from there stays as it is."""
        fits = {name: clean(to) if isinstance(to, str) else to for name, to in row.items()}
        if self.table is entry_keys:
            fits["key"] = short_key(fits["key"])
        return fits

    async def add(self, target: AsyncConnection, rows: list[dict[str, Any]]) -> None:
        """Store rows."""
        await target.execute(self.table.insert(), rows)

    async def go_on(self, target: AsyncConnection) -> None:
        """Have the numbers that the database itself gives go on after those that were copied."""
        for column in self.table.primary_key:
            if column.autoincrement is True:
                following = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
                numbers = func.pg_get_serial_sequence(self.name, column.name)
                await target.execute(select(func.setval(numbers, following, false())))


class _Words(_Table):
    """What is searched: each database keeps it in its own form."""

    def rows(self, connection: AsyncConnection) -> Select[*tuple[Any, ...]]:
        return search.kept(connection)

    def fit(self, row: Row) -> dict[str, Any]:
        words = {word[: search.LONGEST_WORD] for word in row["words"].split(" ")}
        return {"article": row["article"], "words": " ".join(sorted(words))}

    async def add(self, target: AsyncConnection, rows: list[dict[str, Any]]) -> None:
        await search.store(target, rows)


_TABLES = (
    *(_Table(table, tuple(table.primary_key)) for table in metadata.sorted_tables),
    _Words(search.TABLE, (search.TABLE.c.rowid,)),
)


async def _count(connection: AsyncConnection, table: _Table) -> int:
    return int(await connection.scalar(select(func.count()).select_from(table.table)) or 0)


async def _sum(table: _Table, connection: AsyncConnection, told: Told) -> tuple[int, int]:
    """Return how many rows there are, and the sum of their hashes: the order does not matter."""
    count = total = 0
    rows = await connection.stream(table.rows(connection))
    async for some in rows.mappings().partitions(STEP):
        count += len(some)
        total += sum(_hash(table.fit(row)) for row in some)
        told(len(some))
    return count, total


def _hash(row: Row) -> int:
    whole = json.dumps(row, sort_keys=True, default=str).encode()
    return int.from_bytes(hashlib.sha256(whole).digest())
