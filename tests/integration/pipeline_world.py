"""The whole pipeline on fakes: a feed source and a chat that are told what to do, a still clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.adapters.store.database import SqlStore
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.articles import Entry, Feed, FeedId
from bot.domain.schedule import MIN_EVERY
from bot.domain.watches import Channel, ChannelSettings, Watch, WatchId
from bot.pipeline.backfill import Backfiller
from bot.pipeline.collect import Collector
from bot.pipeline.compose import Composer
from bot.pipeline.deliver import Deliverer
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from tests.fakes.clock import FakeClock
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.fakes.source import FakeSource
from tests.fakes.store import fresh_store
from tests.integration.still_chat import StillChat

CHANNEL = Channel.parse("sandbox:deportations")
ADMIN = Channel.parse("sandbox:bot-health")


@dataclass(slots=True)
class World:
    """Everything, and a way to let time pass."""

    clock: FakeClock
    store: SqlStore
    source: FakeSource
    chat: StillChat
    collector: Collector
    composer: Composer
    deliverer: Deliverer
    backfiller: Backfiller
    sorter: Sorter

    async def pass_(self, span: str) -> None:
        """Let a span pass, then poll, compose and deliver all that is due."""
        self.clock.pass_(span)
        await self.collector.once()
        await self.backfiller.tick()
        while await self.composer.tick() or await self.deliverer.tick():
            pass


def feed(name: str) -> Feed:
    """Return a feed with an address made from its name."""
    url = f"https://{name}.example/feed"
    return Feed(id=FeedId(0), url=url, name=name, every=MIN_EVERY, lang="en")


def entry(outlet: str, slug: str, title: str, summary: str = "") -> Entry:
    """Return an item of an outlet's feed."""
    return Entry(
        id=slug, link=f"https://{outlet}.example/{slug}", title=title, summary=summary or title
    )


@asynccontextmanager
async def world(*feeds: str, **changes: object) -> AsyncIterator[World]:
    """Open a world with these feeds and a watch for CECOT; `changes` are the watch's."""
    clock = FakeClock()
    store = await fresh_store(clock=clock)
    source, chat = FakeSource(), StillChat()
    sorter = Sorter(shipped_packs(), new_window, shipped_detector())
    watch = Watch(
        id=WatchId(0),
        scope=None,
        name="cecot",
        query="cecot",
        channels=(CHANNEL,),
        created_at=clock(),
    )
    async with store.transaction() as tx:
        await synchronise(
            tx,
            [feed(name) for name in feeds],
            [replace(watch, **changes)],  # type: ignore[arg-type] # a test names real fields
            [ChannelSettings(channel=ADMIN, admin=True)],
            lambda _every, _url: clock(),
            clock(),
        )
    try:
        yield World(
            clock=clock,
            store=store,
            source=source,
            chat=chat,
            collector=Collector(store, source, sorter, clock, lambda: 0.5, "w1"),
            composer=Composer(store, ExtractiveSummariser(), clock, "w1"),
            deliverer=Deliverer(store, chat, clock, "w1"),
            backfiller=Backfiller(store, sorter, clock, timedelta(seconds=20)),
            sorter=sorter,
        )
    finally:
        await store.close()
