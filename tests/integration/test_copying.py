"""An embedded database that is copied into PostgreSQL: whole, or not to be opened."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from bot import stored
from bot.adapters.store.copying import copying
from bot.adapters.store.database import SqlStore, migrate
from bot.adapters.store.tables import metadata, slack_oauth_states
from bot.domain.articles import FeedId
from bot.domain.errors import StoreError
from bot.domain.records import Access, Fate, Standing
from bot.domain.stories import StoryId
from bot.domain.watches import ChannelSettings
from tests.contract.rows import (
    LOCAL,
    NEWS,
    NOON,
    alert,
    article,
    at,
    decision,
    feed,
    filed,
    hit,
    watch,
)
from tests.fakes import postgresql
from tests.fakes.clock import FakeClock

ARTICLES = 230
LONG = "id " * 600


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Return the address of a database on the server, with the schema in place."""
    made = await postgresql.borrowed()
    yield made
    await asyncio.to_thread(postgresql.give_back, made)


@pytest.fixture(autouse=True)
def _smaller_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have several steps with few rows."""
    monkeypatch.setattr("bot.adapters.store.copying.STEP", 100)


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Return an embedded database with something in most tables."""
    made = tmp_path / "newsthread.db"
    await migrate(f"sqlite+aiosqlite:///{made}")
    store = await SqlStore.open(f"sqlite+aiosqlite:///{made}", FakeClock())
    story = await filed(store, "AAAA", *(article(f"Núm {n} x\0y") for n in range(ARTICLES)))
    one = story.members[0].article.id
    async with store.transaction() as tx:
        await tx.feeds.add(feed("a"), NOON)
        await tx.articles.remember(FeedId(1), {"k": one, LONG: one}, NOON)
        await tx.hits.add([hit(one)])
        await tx.watches.add(watch(name="Ñandú"))
        await tx.threads.open(NEWS, StoryId("AAAA"), NOON, NOON)
        await tx.decisions.record([decision(one, "AAAA", Fate.HELD)])
        await tx.outbox.add([alert(f"k{n}") for n in range(7)])
        await tx.channels.save(ChannelSettings(channel=NEWS, admin=True))
        await tx.channels.stands(Standing(channel=NEWS, access=Access.GONE, since=NOON))
        await tx.people.saw(LOCAL, "ann", NOON)
        await tx.drafts.keep(LOCAL, {"a": "b"}, NOON)
        await tx.editors.add(LOCAL, "ann")
        state = {"state": "s", "expire_at": NOON.replace(tzinfo=None)}
        await tx.connection.execute(insert(slack_oauth_states), [state, state])
    await store.close()
    return made


async def copied(source: Path, url: str, stop_after: float = 1e9) -> int:
    """Copy and compare; break off once so many rows are copied."""
    seen = 0.0

    def told(rows: float) -> None:
        nonlocal seen
        seen += rows
        if seen >= stop_after:
            raise InterruptedError

    async with copying(f"sqlite:///{source}", url) as copy:
        await copy.run(told)
        await copy.compare(lambda _: None)
        return copy.rows


async def test_everything_is_there_afterwards(file: Path, url: str) -> None:
    """And is found as before; ids that the database gives go on after the ones that are taken."""
    environ = {"DATABASE_URL": url}
    row = await stored.copy_from(f"sqlite:///{file}", environ)
    stores = [await SqlStore.open(one) for one in (f"sqlite+aiosqlite:///{file}", url)]
    for table in metadata.sorted_tables:
        if table.name in ("articles", "entry_keys"):
            continue  # below: a NUL is not kept, nor is a long key as it was
        rows = []
        for store in stores:
            async with store.reading() as tx:
                found = await tx.connection.execute(select(table).order_by(*table.primary_key))
                rows.append(found.all())
        assert rows[0] == rows[1], table.name
    async with stores[1].transaction() as tx:
        assert len(await tx.articles.search("num 229", at(-1), 9, 0)) == 1
        assert len(await tx.articles.since(at(-1), 9_999)) == ARTICLES
        known = await tx.articles.known(FeedId(1), ["k", LONG])
        assert set(known.by_key) == {"k", LONG}
        await tx.connection.execute(
            insert(slack_oauth_states), {"state": "t", "expire_at": NOON.replace(tzinfo=None)}
        )
        ids = await tx.connection.execute(select(slack_oauth_states.c.id).order_by("id"))
        assert ids.scalars().all() == [1, 2, 3]
    for store in stores:
        await store.close()
    assert row["rows"] > 3 * ARTICLES
    assert not row["changed"]


@pytest.mark.parametrize("after", [1, 150, 260])
async def test_what_was_cut_off_goes_on_where_it_ended(file: Path, url: str, after: int) -> None:
    """Until it is whole, nothing opens it: a bot on half of its alerts would post the rest."""
    with pytest.raises(InterruptedError):
        await copied(file, url, after)
    with pytest.raises(StoreError, match="a copy that is not whole yet: run"):
        await SqlStore.open(url)
    assert await copied(file, url) > 3 * ARTICLES
    store = await SqlStore.open(url)
    await store.close()


async def test_a_difference_is_found(file: Path, url: str) -> None:
    """Somebody went on with the old one, between two halves."""
    with pytest.raises(InterruptedError):
        await copied(file, url, 260)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alerts SET reason = 'new' WHERE key = 'k3'")
        connection.commit()
    with pytest.raises(StoreError, match=r"copy of alerts is not the same \(7 rows became 7\)"):
        await copied(file, url)
    with pytest.raises(StoreError, match="not whole"):
        await SqlStore.open(url)


async def test_nobody_writes_to_the_source_meanwhile(file: Path, url: str) -> None:
    """What it wrote would be lost without a word."""
    async with copying(f"sqlite:///{file}", url) as copy:
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                connection.execute("DELETE FROM alerts")
            assert connection.execute("SELECT count(*) FROM alerts").fetchone() == (7,)
        with pytest.raises(StoreError, match="Another process copies into this database"):
            await copied(file, url)
        await copy.run(lambda _: None)
        await copy.compare(lambda _: None)


async def test_a_database_with_rows_of_its_own_is_refused(file: Path, url: str) -> None:
    """Two bots' rows would be mixed."""
    store = await SqlStore.open(url)
    async with store.transaction() as tx:
        await tx.people.saw(LOCAL, "ann", NOON)
    await store.close()
    with pytest.raises(StoreError, match=r"rows of its own already \(people\): copy into an empty"):
        await copied(file, url)


async def test_half_a_copy_of_another_file_is_refused(file: Path, url: str, tmp_path: Path) -> None:
    """It goes on with the one that it was begun from."""
    other = tmp_path / "other.db"
    await migrate(f"sqlite+aiosqlite:///{other}")
    async with copying(f"sqlite:///{other}", url):
        pass
    with pytest.raises(StoreError, match=r"half a copy of .*other\.db: go on with that one"):
        await copied(file, url)
    await copied(other, url)


async def test_what_cannot_be_copied_is_said(file: Path, url: str, tmp_path: Path) -> None:
    """A typing error, the two the wrong way round, a file that is no database or an old one."""
    with pytest.raises(StoreError, match=r"no database file sqlite:///typo\.db: write"):
        await stored.copy_from("sqlite:///typo.db", {"DATABASE_URL": url})
    target = f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(StoreError, match="DATABASE_URL names no PostgreSQL"):
        await stored.copy_from(f"sqlite:///{file}", {"DATABASE_URL": target})
    notes = tmp_path / "notes.txt"
    notes.write_text("My notes. " * 200)
    with pytest.raises(StoreError, match=r"notes\.txt is not a SQLite database"):
        await copied(notes, url)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0004'")
        connection.commit()
    with pytest.raises(StoreError, match="older version: run `python -m bot migrate`"):
        await copied(file, url)
