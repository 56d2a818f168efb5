"""Statements that take one hop to SQLite's thread, and say what they would say with four."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.adapters.store.engine import make_engine

STATEMENTS = (
    ("CREATE TABLE news (id INTEGER PRIMARY KEY, title TEXT UNIQUE)", None),
    ("INSERT INTO news (title) VALUES (:title)", {"title": "Rain"}),
    ("INSERT INTO news (title) VALUES (:title)", [{"title": "Snow"}, {"title": "Hail\0"}]),
    ("INSERT INTO news (title) VALUES ('Fog') RETURNING id, title", None),
    ("UPDATE news SET title = title || '!' WHERE id > 1", None),
    ("UPDATE news SET title = 'Frost' WHERE id = 2 RETURNING title", None),
    ("SELECT id, title FROM news ORDER BY id", None),
    ("SELECT id FROM news WHERE id > 9", None),
    ("DELETE FROM news WHERE id < 3", None),
    ("PRAGMA user_version", None),
)


@asynccontextmanager
async def connected(url: str, *, ours: bool) -> AsyncIterator[AsyncConnection]:
    """Yield a connection to a database, with SQLAlchemy's own to compare with."""
    engine = make_engine(url) if ours else create_async_engine(url)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def said(connection: AsyncConnection) -> list[object]:
    """Return all that the statements say, one after another."""
    answers: list[object] = []
    for statement, parameters in STATEMENTS:
        done = await connection.execute(text(statement), parameters)
        answers.append((done.rowcount, [*done.keys()] if done.returns_rows else None))
        answers.append([tuple(row) for row in done] if done.returns_rows else None)
    return answers


async def test_statements_say_what_they_say_with_the_library_s_own_connections(
    tmp_path: Path,
) -> None:
    """Rows, their names, and how many were changed: the nouns decide by each of them."""
    async with (
        connected(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}", ours=True) as ours,
        connected(f"sqlite+aiosqlite:///{tmp_path / 'b.db'}", ours=False) as theirs,
    ):
        assert await said(ours) == await said(theirs)


async def test_a_statement_takes_one_hop(caplog: pytest.LogCaptureFixture) -> None:
    """Each hop wakes two threads, which costs more than most statements."""
    async with connected("sqlite+aiosqlite://", ours=True) as connection:
        await connection.execute(text("SELECT 1"))
        with caplog.at_level(logging.DEBUG, "aiosqlite"):
            found = await connection.execute(text("SELECT 1 UNION SELECT 2"))
    assert [row[0] for row in found] == [1, 2]
    assert sum(message.startswith("executing") for message in caplog.messages) == 1


async def test_a_statement_that_fails_leaves_the_connection_usable() -> None:
    """What is wrong with one is raised as SQLAlchemy's error, and the next one is made."""
    async with connected("sqlite+aiosqlite://", ours=True) as connection:
        await connection.execute(text("CREATE TABLE news (title TEXT UNIQUE)"))
        add = text("INSERT INTO news VALUES (:title)")
        with pytest.raises(IntegrityError):
            await connection.execute(add, [{"title": "Rain"}, {"title": "Rain"}])
        found = await connection.execute(text("SELECT title FROM news"))
        assert found.scalars().all() == ["Rain"]


async def test_what_is_streamed_comes_row_by_row() -> None:
    """A database is copied without being held in memory."""
    async with connected("sqlite+aiosqlite://", ours=True) as connection:
        await connection.execute(text("CREATE TABLE news (id INTEGER)"))
        await connection.execute(
            text("INSERT INTO news VALUES (:id)"), [{"id": n} for n in range(500)]
        )
        rows = await connection.stream(text("SELECT id FROM news"))
        assert [row.id async for row in rows] == [*range(500)]
