"""Subscribe: have hubs tell us of changes in feeds (WebSub), and read what they send.

A poll that finds a hub is noted; the hub is asked, and asks back at our public address, where
`bot.adapters.feeds.websub` answers. What it sends waits in the database, and goes the way of a
poll: so it is told once, whichever of both comes first. Polling goes on, more slowly.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.domain.articles import Feed, FeedId
from bot.domain.errors import BotError
from bot.domain.polls import Outcome
from bot.domain.subscriptions import (
    GIVEN_UP,
    Intent,
    Push,
    Subscription,
    asked,
    interval,
    leaving,
    same,
    usable,
)
from bot.pipeline.collect import Collector, Poll
from bot.ports.store import Store, Transaction
from bot.ports.world import Clock, Hubs, PushReader

log = structlog.get_logger()

AT_ONCE = 20
"""Hubs asked, and documents read, in a tick."""
_SWEPT = 200
"""Subscriptions looked at in a tick whose lease ran out, or whose feed is gone."""


class Subscriber:
    """Keeps subscriptions: asks for those that are wanted, renews them, ends the others."""

    def __init__(
        self, store: Store, hubs: Hubs, clock: Clock, public: str, new_code: Callable[[], str]
    ) -> None:
        """Subscribe with `hubs`.

        Args:
            store: The database.
            hubs: Where hubs are asked.
            clock: The time.
            public: The address below which hubs reach us, without a last slash.
            new_code: Returns what nobody can guess, fit for an address.
        """
        self._store = store
        self._hubs = hubs
        self._clock = clock
        self._public = public
        self._new_code = new_code
        self._found: dict[FeedId, tuple[str, str] | None] = {}  # hub and topic; None: no more
        self._live: frozenset[FeedId] = frozenset()

    def heard(self, poll: Poll) -> None:
        """Take note of the hub that a poll found, or that it found no more."""
        result, feed = poll.result, poll.feed
        if not result.outcome.read or result.status is None:  # what a hub sent need not name it
            return
        hub, topic = result.seen.hub, result.seen.topic or result.final_url
        if usable(feed, hub, topic):
            self._found[feed.id] = (hub, topic)
        elif feed.id in self._live and result.outcome is not Outcome.OK_LOOSE:
            self._found[feed.id] = None

    def every(self, feed: Feed) -> timedelta:
        """Return how often a feed is polled: more seldom while its hub tells of changes."""
        return interval(feed, self._live)

    async def tick(self) -> None:
        """Take note of what polls found, and ask the hubs that are to be asked."""
        found, self._found = self._found, {}
        try:
            async with self._store.transaction() as tx:
                now = self._clock()
                for feed, wanted in found.items():
                    await self._note(tx, feed, wanted, now)
                await _end(tx, now)
                due = await _asking(tx, now)
                self._live = await tx.subscriptions.live(now)
        except BaseException:
            self._found = found | self._found
            raise
        await asyncio.gather(*map(self._ask, due))

    async def _note(
        self, tx: Transaction, feed: FeedId, wanted: tuple[str, str] | None, now: datetime
    ) -> None:
        known = await tx.subscriptions.of(feed)
        if wanted is None:
            if known is not None:
                await tx.subscriptions.save(leaving(known, now))
            return
        hub, topic = wanted
        if known is not None and same(known, hub, topic, self._public):
            return
        code = self._new_code()
        new = Subscription(
            feed=feed,
            hub=hub,
            topic=topic,
            code=code,
            callback=f"{self._public}/websub/{code}",
            secret=self._new_code(),
            due_at=now,
        )
        await tx.subscriptions.save(new)
        log.info("hub_found", feed=feed, hub=hub)

    async def _ask(self, one: Subscription) -> None:
        reason = await self._hubs.ask(one)
        log.info("hub_asked", feed=one.feed, intent=one.intent.value, reason=reason)
        if not reason:
            return
        async with self._store.transaction() as tx:
            now_known = await tx.subscriptions.of(one.feed)
            if now_known is not None and now_known.code == one.code:
                await tx.subscriptions.save(replace(now_known, reason=reason))


class PushedReader:
    """Reads what hubs sent."""

    def __init__(self, store: Store, reader: PushReader, collector: Collector) -> None:
        """Have `reader` read what waits in `store`, and `collector` store it."""
        self._store = store
        self._reader = reader
        self._collector = collector

    async def tick(self) -> int:
        """Read what waits; return how much was read."""
        async with self._store.reading() as tx:
            waiting = [
                (push, await tx.feeds.get(push.feed))
                for push in await tx.subscriptions.pushes(AT_ONCE)
            ]
        for push, line in waiting:
            try:
                await self._read(push, None if line is None else line.feed)
            except BotError as error:
                log.error("push_failed", feed=push.feed, reason=str(error))  # noqa: TRY400
        return len(waiting)

    async def _read(self, push: Push, feed: Feed | None) -> None:
        if feed is None:  # it was removed meanwhile
            async with self._store.transaction() as tx:
                await tx.subscriptions.drop(push.id)
            return
        result = await self._reader.pushed(feed.url, push.kind, push.body)
        await self._collector.pushed(push, feed, result)


async def _end(tx: Transaction, now: datetime) -> None:
    """Have feeds polled at once whose hubs tell no more, and leave the hubs of those removed."""
    for one in await tx.subscriptions.ended(now, _SWEPT):
        await tx.subscriptions.save(replace(one, lease_until=None))
        line = await tx.feeds.get(one.feed)
        if line is not None and not line.state.stopped:
            await tx.feeds.make_due(one.feed, now)
        log.info("hub_ended", feed=one.feed)
    for one in await tx.subscriptions.orphans(_SWEPT):
        if one.intent is not Intent.UNSUBSCRIBE:
            await tx.subscriptions.save(leaving(one, now))


async def _asking(tx: Transaction, now: datetime) -> list[Subscription]:
    """Return the subscriptions whose hub is to be asked now, noted as asked: it may ask back."""
    due = []
    for one in await tx.subscriptions.due(now, AT_ONCE):
        if one.intent is Intent.UNSUBSCRIBE and (
            one.tries >= GIVEN_UP or (one.asked_at is None and not one.live(now))
        ):
            await tx.subscriptions.remove(one.feed)
            continue
        after = asked(one, now)
        await tx.subscriptions.save(after)
        due.append(after)
    return due
