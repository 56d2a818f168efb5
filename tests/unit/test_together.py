"""Polls that brought nothing are settled together, and each hears how its own went."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.articles import Feed, FeedId
from bot.domain.errors import StoreError
from bot.domain.records import DueFeed, FeedState
from bot.pipeline.together import Together

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATE = FeedState(due_at=NOON)


class FakeStore:
    """Notes what each transaction settles; some feeds are another worker's."""

    def __init__(self, *, theirs: int = 0, broken: bool = False) -> None:
        """Settle all but `theirs`, or nothing if it is `broken`."""
        self.feeds = self
        self.settled: list[list[int]] = []
        self._theirs = theirs
        self._broken = broken

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Begin."""
        if self._broken:
            raise StoreError("The database has no room left on its disk.")
        yield self

    async def settle_all(
        self, polled: Sequence[tuple[FeedId, str, FeedState]]
    ) -> frozenset[FeedId]:
        """Note it."""
        self.settled.append([feed for feed, _, _ in polled])
        return frozenset(feed for feed, _, _ in polled if feed != self._theirs)


def due(number: int) -> DueFeed:
    """Return a feed that was polled."""
    feed = Feed(id=FeedId(number), url="https://a.example/", name="A", every=timedelta(minutes=15))
    return DueFeed(feed=feed, state=STATE, owner="w")


def together(store: Any) -> Together:
    """Settle in a fake store."""
    return Together(store)


async def test_polls_of_a_moment_share_a_transaction_and_later_ones_have_another() -> None:
    """A feed that went to another worker meanwhile is told so, and no other is."""
    store = FakeStore(theirs=2)
    settling = together(store)
    first = await asyncio.gather(*(settling.settle(due(n), STATE) for n in (1, 2, 3)))
    later = await settling.settle(due(4), STATE)
    assert (first, later) == ([True, False, True], True)
    assert store.settled == [[1, 2, 3], [4]]


async def test_a_store_that_fails_is_told_to_every_poll_that_waited() -> None:
    """None is taken for settled: each is made again when its lease runs out."""
    settling = together(FakeStore(broken=True))
    polls = [asyncio.create_task(settling.settle(due(n), STATE)) for n in (1, 2)]
    await asyncio.sleep(0)
    polls[0].cancel()
    with pytest.raises(StoreError):
        await polls[1]
    await settling.end()


async def test_what_a_cancelled_poll_brought_is_settled_all_the_same() -> None:
    """The answer is there, and the end of a worker waits until it is stored."""
    store = FakeStore()
    settling = together(store)
    poll = asyncio.create_task(settling.settle(due(1), STATE))
    await asyncio.sleep(0)
    poll.cancel()
    with suppress(asyncio.CancelledError):
        await poll
    await settling.end()
    assert store.settled == [[1]]


class Died(BaseException):
    """The process dies here."""


class DyingStore(FakeStore):
    """The process dies before the commit."""

    async def settle_all(
        self, polled: Sequence[tuple[FeedId, str, FeedState]]
    ) -> frozenset[FeedId]:
        """Die."""
        raise Died


async def test_whatever_ends_the_settling_nobody_waits_for_ever() -> None:
    """A death, or a cancellation before it begins; the next poll is settled as ever."""
    with pytest.raises(Died):
        await together(DyingStore()).settle(due(1), STATE)
    store = FakeStore()
    settling = together(store)
    poll = asyncio.create_task(settling.settle(due(1), STATE))
    await asyncio.sleep(0)
    (task,) = [one for one in asyncio.all_tasks() if one.get_name() == "settle quiet polls"]
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll
    assert await settling.settle(due(2), STATE)
    assert store.settled == [[2]]
