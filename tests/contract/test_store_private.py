"""What every store promises of private feeds: nobody reads their secrets from a copy of it."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from bot.adapters.store.database import SqlStore
from bot.adapters.store.tables import drafts, feeds
from bot.domain.private import is_masked
from bot.domain.records import FeedState
from tests.contract.rows import LOCAL, NOON, at, feed

URL = "https://ana:canaryword@a.example/feed?token=canarytoken"
KEY, OTHER = "one-key-of-many-characters", "another-key-of-characters"


@pytest.fixture
def key(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the store seal with a key."""
    use(store, KEY, monkeypatch)


def use(store: SqlStore, keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_key = SqlStore(store.engine, store._ids, keys)  # noqa: SLF001 - a start with another key
    monkeypatch.setattr(store, "_sealer", with_key._sealer)  # noqa: SLF001


async def dumped(store: SqlStore) -> str:
    """Return all rows of the tables that may hold addresses, as text."""
    async with store.reading() as tx:
        rows = [(await tx.connection.execute(select(one))).all() for one in (feeds, drafts)]
    return json.dumps(rows, default=str)


@pytest.mark.usefixtures("key")
async def test_a_private_address_comes_back_whole_and_stands_nowhere(store: SqlStore) -> None:
    """By whatever way it is read; its state may hold another one."""
    state = FeedState(due_at=NOON, address=f"{URL}1", moved_to=f"{URL}2", moved_times=1)
    async with store.transaction() as tx:
        made = await tx.feeds.add(feed(url=URL), NOON)
        again = await tx.feeds.add(feed(url=URL), NOON)
        await tx.feeds.claim("w", NOON, at(3), 9)
        await tx.feeds.settle(made.id, "w", state)
        (due,) = await tx.feeds.claim("w", NOON, at(3), 9)
        code = await tx.drafts.keep(LOCAL, {"url": URL, "name": "a"}, NOON)
        plain = await tx.drafts.keep(LOCAL, {"query": "a"}, NOON)
    async with store.reading() as tx:
        (line,) = await tx.feeds.list()
        assert (await tx.drafts.get(LOCAL, code) or {})["url"] == URL
        assert await tx.drafts.get(LOCAL, plain) == {"query": "a"}
    assert made == again == due.feed == line.feed
    assert made.url == URL
    assert due.state == line.state == state
    assert "canary" not in await dumped(store)


@pytest.mark.usefixtures("key")
async def test_two_private_addresses_of_one_form_are_two_feeds(store: SqlStore) -> None:
    """And one that changes its secret stays itself, unless the other has it already."""
    async with store.transaction() as tx:
        one = await tx.feeds.add(feed(url=URL), NOON)
        two = await tx.feeds.add(feed(url=f"{URL}2"), NOON)
        await tx.feeds.change(replace(two, url=f"{URL}3"))
        await tx.feeds.change(replace(one, url=f"{URL}3"))
        lines = await tx.feeds.list()
    assert {line.feed.id: line.feed.url for line in lines} == {one.id: URL, two.id: f"{URL}3"}


async def test_what_was_stored_before_is_sealed_at_a_start(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And anew once another key is the first; where nothing is to be done, nothing is."""
    use(store, KEY, monkeypatch)
    async with store.transaction() as tx:
        made = await tx.feeds.add(feed(), NOON)
        await tx.feeds.add(feed("public"), NOON)
        await tx.connection.execute(update(feeds).where(feeds.c.id == made.id).values(url=URL))
        await tx.feeds.reseal()
    assert "canary" not in await dumped(store)
    use(store, f"{OTHER} {KEY}", monkeypatch)
    async with store.transaction() as tx:
        await tx.feeds.reseal()
    use(store, OTHER, monkeypatch)
    before = await dumped(store)
    async with store.transaction() as tx:
        await tx.feeds.reseal()
        line = await tx.feeds.get(made.id)
    assert line is not None
    assert line.feed.url == URL
    assert await dumped(store) == before


async def test_without_its_key_an_address_is_masked_and_nothing_else_suffers(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever polls it is told why; the key may come back."""
    use(store, KEY, monkeypatch)
    state = FeedState(due_at=NOON, address=f"{URL}1")
    async with store.transaction() as tx:
        made = await tx.feeds.add(feed(url=URL), NOON)
        await tx.feeds.claim("w", NOON, at(3), 9)
        await tx.feeds.settle(made.id, "w", state)
        code = await tx.drafts.keep(LOCAL, {"url": URL}, NOON)
    use(store, OTHER, monkeypatch)
    async with store.transaction() as tx:
        await tx.feeds.reseal()
        (due,) = await tx.feeds.claim("w", NOON, at(3), 9)
        assert await tx.drafts.take(LOCAL, code) is None
    assert due.feed.url == "https://***@a.example/feed?token=***"
    assert is_masked(due.feed.url)
    assert due.state.address == ""
    use(store, KEY, monkeypatch)
    async with store.reading() as tx:
        line = await tx.feeds.get(made.id)
    assert line is not None
    assert line.feed.url == URL
