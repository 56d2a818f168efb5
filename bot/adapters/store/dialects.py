"""How statements differ between SQLite and PostgreSQL; how connections do is `engine`'s.

Everything else in the nouns is SQL that both take as it is.
"""

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    TextClause,
    cast,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

# That of PostgreSQL is imported where a statement is made for one: it takes two megabytes and some
# hundredths of a second of each start on SQLite.

Insert: TypeAlias = "sqlite.Insert | postgresql.Insert"
"""An INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update`: both spell it alike."""

TURN = 0x6E65_7773
"""The advisory lock of PostgreSQL that says whose turn it is to write, or to migrate."""
_LONGEST_KEY = 1_000
"""Bytes of a key in an index: PostgreSQL takes 2,704 over all its columns."""


def on_postgresql(connection: AsyncConnection | Connection) -> bool:
    """Say whether a connection is to PostgreSQL."""
    return connection.dialect.name == "postgresql"


def begin_options(connection: AsyncConnection, *, reading: bool) -> dict[str, Any]:
    """Return the execution options of a transaction: one that reads sees one moment."""
    if not on_postgresql(connection):
        return {"begin_mode": "DEFERRED" if reading else "IMMEDIATE"}
    if reading:
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {}


def lock(which: int) -> TextClause:
    """Return the statement that waits for an advisory lock of PostgreSQL, until the commit."""
    return text(f"SELECT pg_advisory_xact_lock({which})")


def insert(connection: AsyncConnection, table: Table) -> Insert:
    """Return an INSERT that may say what to do on a conflict."""
    return _insert(table, server=on_postgresql(connection))


def insert_new(connection: AsyncConnection, table: Table, index: str) -> Insert:
    """Return an INSERT that leaves alone what is unique by `index` and there already.

    On PostgreSQL that is a constraint on a hash: an address may be longer than its B-trees take.
    """
    return _insert_new(table, index, server=on_postgresql(connection))


def upsert(
    connection: AsyncConnection, table: Table, key: tuple[str, ...], changed: tuple[str, ...]
) -> Insert:
    """Return an INSERT that takes these columns over where there is a row with the same key."""
    return _upsert(table, key, changed, server=on_postgresql(connection))


def _insert(table: Table, *, server: bool) -> Insert:
    if not server:
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


@cache  # a memo: making a statement costs as much as SQLite takes over it
def _insert_new(table: Table, index: str, *, server: bool) -> Insert:
    if server:
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing(constraint=index)
    (unique,) = (one for one in table.indexes if one.name == index)
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=list(unique.columns.keys()))


@cache  # as above
def _upsert(
    table: Table, key: tuple[str, ...], changed: tuple[str, ...], *, server: bool
) -> Insert:
    added = _insert(table, server=server)
    return added.on_conflict_do_update(
        index_elements=[*key], set_={name: added.excluded[name] for name in changed}
    )


async def overwrite_deleted(connection: AsyncConnection) -> None:
    """Have what is deleted or replaced from here on overwritten in the file, if there is one."""
    if not on_postgresql(connection):
        await connection.exec_driver_sql("PRAGMA secure_delete = ON")


def key_that_fits(connection: AsyncConnection, key: str) -> str:
    """Return a key as an index of this database takes it."""
    return short_key(key) if on_postgresql(connection) else key


def short_key(key: str) -> str:
    """Return a key as PostgreSQL's indexes take it: one that is too long by its hash."""
    whole = key.encode("utf-8", "replace")
    return key if len(whole) <= _LONGEST_KEY else f"sha256 {hashlib.sha256(whole).hexdigest()}"


def greater(
    connection: AsyncConnection, one: ColumnElement[int], other: ColumnElement[int]
) -> ColumnElement[int]:
    """Return the greater of two values of a row."""
    return func.greatest(one, other) if on_postgresql(connection) else func.max(one, other)


def searchable(connection: AsyncConnection, words: ColumnElement[str]) -> ColumnElement[Any]:
    """Return a text of folded words, spaces between, as the search stores it.

    PostgreSQL's own parser and dictionaries would tell words apart otherwise than we do.
    """
    if on_postgresql(connection):
        return func.array_to_tsvector(func.string_to_array(words, " "))
    return words


def searched(connection: AsyncConnection, stored: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the words that `searchable` stored."""
    if on_postgresql(connection):
        return func.array_to_string(func.tsvector_to_array(stored), " ", type_=Text)
    return stored


def matches(connection: AsyncConnection, words: list[str]) -> ColumnElement[bool]:
    """Return the condition that a row of `article_search` has all words, the last one's beginning.

    What the search would take for syntax is quoted; words are folded, so no quote is in them.
    """
    if on_postgresql(connection):
        from sqlalchemy.dialects.postgresql import TSQUERY

        quoted = " & ".join(f"'{word}'" for word in words)
        query = cast(quoted + (":*" if words else ""), TSQUERY)
        return literal_column("search_text").op("@@", is_comparison=True)(query)
    match = " ".join(f'"{word}"' for word in words) + ("*" if words else '""')
    return literal_column("article_search").op("MATCH", is_comparison=True)(match)
