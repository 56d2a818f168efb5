"""A week in a moment: two processes that die now and then, on a real store and a still clock.

The steps are the real ones; what happens to them is `simulated_news`'s.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, func, select

from bot.adapters.store import tables
from bot.adapters.store.database import SqlStore
from bot.adapters.store.transaction import SqlTransaction
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.articles import Feed, FeedId
from bot.metrics import Metrics
from bot.pipeline.collect import Collector
from bot.pipeline.compose import Composer
from bot.pipeline.deliver import Deliverer
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from bot.roles import ALL
from tests.fakes.clock import FakeClock
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.fakes.store import fresh_store
from tests.integration.simulated_news import Died, Fate, News, Outlets, Platform, Size, url

PROCESSES = 2
DEATHS = 0.1  # of a process, a step
SETTLING = 6  # steps without faults at the end


class MortalStore:
    """The store of a process that dies just before its `dies_in`-th commit from now."""

    def __init__(self, store: SqlStore) -> None:
        """Stand before `store`."""
        self._store = store
        self.dies_in = 0  # 0: it lives; below: it is dead
        self.reading = store.reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """See `bot.ports.store.Store.transaction`; the dead begin none."""
        if self.dies_in < 0:
            raise Died
        async with self._store.transaction() as tx:
            yield tx
            if self.dies_in == 1:
                self.dies_in = -1
                raise Died
            self.dies_in = max(self.dies_in - 1, 0)


class Process:
    """What one process has for itself, and loses when it dies."""

    def __init__(self, week: "Week", name: str) -> None:
        """Begin with nothing but what is in the store."""
        self.mortal = MortalStore(week.store)
        store, clock, metrics = cast("SqlStore", self.mortal), week.clock, week.metrics
        sorter = Sorter(shipped_packs(), new_window, shipped_detector())
        self.collector = Collector(
            store, week.outlets, sorter, clock, lambda: 0.5, name, told=metrics.polled
        )
        self.composer = Composer(store, ExtractiveSummariser(), clock, name)
        self.deliverer = Deliverer(week.store, week.chat, clock, name, told=metrics.settled)


class Week:
    """All of it; `live` lets it happen."""

    def __init__(self, size: Size, store: SqlStore, clock: FakeClock) -> None:
        """Begin with an empty store."""
        self.size, self.store, self.clock = size, store, clock
        self.news = News(size, clock())
        self.fate = Fate(size.seed)
        self.outlets = Outlets(self.news, clock, self.fate)
        self.chat = Platform(clock, self.fate, clock() + timedelta(days=size.days) / 2)
        self.metrics = Metrics(ALL)
        self.deaths = 0
        self._chance = random.Random(size.seed)  # noqa: S311 - to be repeatable is its point
        self._started = 0
        self._processes = [self._new() for _ in range(PROCESSES)]

    async def live(self) -> None:
        """Let the week pass, then let what is under way settle with no more faults."""
        every = self.size.every
        feeds = [
            Feed(id=FeedId(0), url=url(n), name=f"Outlet {n}", every=every, lang="en")
            for n in range(self.size.feeds)
        ]
        first = (self.clock() + every * (n / self.size.feeds) for n in range(self.size.feeds))
        async with self.store.transaction() as tx:
            await synchronise(
                tx, feeds, self.news.watches(), [], lambda _every, _url: next(first), self.clock()
            )
        end = self.clock() + timedelta(days=self.size.days)
        while self.clock() < end:
            await self._step()
        self.fate.off = True
        self.clock.pass_("1d")  # for what was published last
        for _ in range(SETTLING):
            async with self.store.transaction() as tx:
                for line in await tx.feeds.list():
                    await tx.feeds.make_due(line.feed.id, self.clock())
            await self._step()

    async def _step(self) -> None:
        self.clock.pass_(self.size.step)
        await self._tick(lambda process: process.collector.once())
        while await self._tick(lambda one: one.composer.tick()) or await self._tick(
            lambda one: one.deliverer.tick()
        ):
            pass

    async def _tick(self, tick: Callable[[Process], Awaitable[object]]) -> object:
        """Let one of the processes do something; one that dies of it is started anew."""
        at = self._chance.randrange(PROCESSES)
        process = self._processes[at]
        if not self.fate.off and self._chance.random() < DEATHS:
            process.mortal.dies_in = self._chance.randint(1, 60)
        try:
            return await tick(process)
        except Died:
            await _ended()
            self.deaths += 1
            self._processes[at] = self._new()
            return True

    def _new(self) -> Process:
        self._started += 1
        return Process(self, f"p{self._started}")

    async def counts(self) -> dict[str, int]:
        """Return what the counters say, what the database holds, and what the chat has."""
        counted = {
            name: int(self.metrics.registry.get_sample_value(f"newsthread_{name}_total") or 0)
            for name in ("articles", "hits", "stories")
        }
        for part in ("card", "reply", "edit", "burst"):
            labels = {"platform": "sandbox", "part": part, "outcome": "sent"}
            sent = self.metrics.registry.get_sample_value("newsthread_alerts_total", labels)
            counted[f"sent {part}"] = int(sent or 0)
        async with self.store.reading() as tx:
            stored = await _stored(tx)
        posts = Counter(kept.key for kept in self.chat.kept.values())
        return {
            **{f"counted {name}": number for name, number in counted.items()},
            **{f"stored {name}": number for name, number in stored.items()},
            "posts": len(posts),
            "posts twice": posts.total() - len(posts),
        }

    def expected(self) -> dict[str, int]:
        """Return what has to come of the news, whatever went wrong meanwhile."""
        matched = [item for item in self.news.items if item.watched is not None]
        pairs = sum(len(self.news.channels_of(item.watched or 0)) for item in matched)
        stories = len({item.event for item in matched})
        return {
            "counted articles": len(self.news.items),
            "stored articles": len(self.news.items),
            "counted hits": len(matched),
            "stored hits": len(matched),
            "counted stories": stories,
            "stored stories": stories,
            "stored decisions": pairs,
            "posts twice": 0,
        }


async def _ended() -> None:
    """Wait until whatever a dead process had under way has met its end, too."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)


async def _stored(tx: SqlTransaction) -> dict[str, int]:
    db = tx.connection

    async def count(table: Table, *where: ColumnElement[bool]) -> int:
        found = await db.scalar(select(func.count()).select_from(table).where(*where))
        return int(found or 0)

    counts = {
        "articles": await count(tables.articles),
        "stories": await count(tables.stories),
        "hits": await count(tables.hits),
        "alerts": await count(tables.alerts),
        "decisions": await count(tables.decisions, tables.decisions.c.latest.is_(True)),
    }
    for fate, number in await db.execute(
        select(tables.decisions.c.fate, func.count())
        .where(tables.decisions.c.latest.is_(True))
        .group_by(tables.decisions.c.fate)
    ):
        counts[f"fate {fate}"] = number
    for state, part, number in await db.execute(
        select(tables.alerts.c.state, tables.alerts.c.part, func.count()).group_by(
            tables.alerts.c.state, tables.alerts.c.part
        )
    ):
        counts[f"{state} {part}"] = number
    return counts


@asynccontextmanager
async def lived(size: Size, database: str) -> AsyncIterator[Week]:
    """Give the week as it was on a kind of database."""
    clock = FakeClock()
    store = await fresh_store(database, clock)
    try:
        week = Week(size, store, clock)
        await week.live()
        yield week
    finally:
        await store.close()
