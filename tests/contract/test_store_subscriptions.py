"""What every store promises of subscriptions to hubs, and of what the hubs send."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.adapters.store.database import SqlStore
from bot.adapters.store.tables import subscriptions
from bot.domain.articles import FeedId
from bot.domain.subscriptions import Subscription
from tests.contract.rows import NOON, at, feed
from tests.contract.test_store_private import KEY, OTHER, use

ONE = Subscription(
    feed=FeedId(1),
    hub="https://hub.example/",
    topic="https://a.example/feed",
    code="canarycode",
    callback="https://news.example/websub/canarycode",
    secret="canarysecret",  # noqa: S106 - a value of the test
    due_at=NOON,
    seen=("a", "b"),
)


async def test_a_subscription_is_found_by_its_feed_and_by_its_code(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub has only the code; a copy of the database has neither code nor secret."""
    use(store, KEY, monkeypatch)
    async with store.transaction() as tx:
        await tx.subscriptions.save(replace(ONE, hub="https://old.example/"))
        await tx.subscriptions.save(ONE)
        assert await tx.subscriptions.of(ONE.feed) == ONE
        assert await tx.subscriptions.behind("canarycode") == ONE
        assert await tx.subscriptions.behind("other") is None
        rows = (await tx.connection.execute(select(subscriptions))).all()
        assert "canary" not in str(rows)
        await tx.subscriptions.remove(ONE.feed)
        assert await tx.subscriptions.of(ONE.feed) is None


async def test_subscriptions_are_found_when_something_is_to_be_done(store: SqlStore) -> None:
    """Asked for, over, or of a feed that is gone."""
    async with store.transaction() as tx:
        there = await tx.feeds.add(feed(), NOON)
        mine = replace(ONE, feed=there.id, code="a", due_at=at(1), lease_until=at(2))
        await tx.subscriptions.save(mine)
        await tx.subscriptions.save(ONE)
        assert await tx.subscriptions.due(NOON, 9) == (ONE,)
        assert await tx.subscriptions.due(at(1), 9) == (ONE, mine)
        assert await tx.subscriptions.due(at(1), 1) == (ONE,)
        assert await tx.subscriptions.live(at(1)) == {there.id}
        assert await tx.subscriptions.live(at(2)) == frozenset()
        assert await tx.subscriptions.silent(at(1)) == (ONE,)
        assert set(await tx.subscriptions.silent(at(2))) == {mine, ONE}
        assert await tx.subscriptions.ended(at(1), 9) == ()
        assert await tx.subscriptions.ended(at(2), 9) == (mine,)
        assert await tx.subscriptions.orphans(9) == (ONE,)


async def test_one_that_cannot_be_read_any_more_is_asked_for_anew(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key is gone; it is nothing that a person has set up."""
    use(store, KEY, monkeypatch)
    async with store.transaction() as tx:
        await tx.subscriptions.save(ONE)
    use(store, OTHER, monkeypatch)
    async with store.transaction() as tx:
        assert await tx.subscriptions.of(ONE.feed) is None
        assert await tx.subscriptions.due(NOON, 9) == ()
    use(store, KEY, monkeypatch)
    async with store.transaction() as tx:
        assert await tx.subscriptions.of(ONE.feed) is None


async def test_what_hubs_send_waits_in_order_and_is_taken_once(store: SqlStore) -> None:
    """Byte for byte: whoever reads it second finds nothing."""
    async with store.transaction() as tx:
        await tx.subscriptions.push(FeedId(1), "text/xml", b"\x00\xff one")
        await tx.subscriptions.push(FeedId(2), "", b"two")
        first, second = await tx.subscriptions.pushes(9)
        assert await tx.subscriptions.waiting(FeedId(1)) == 1
        assert (first.feed, first.kind, first.body) == (FeedId(1), "text/xml", b"\x00\xff one")
        assert second.body == b"two"
        assert await tx.subscriptions.pushes(1) == (first,)
        assert await tx.subscriptions.drop(first.id)
        assert not await tx.subscriptions.drop(first.id)
        assert await tx.subscriptions.pushes(9) == (second,)
