"""Two processes that do the same tick at once, on both databases: nothing is told twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.adapters.store.database import SqlStore
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.articles import ArticleId
from bot.domain.messages import Alert, AlertState, Part
from bot.domain.records import Fate
from bot.domain.watches import ChannelSettings, Mode, Mute, MuteId, MuteKind, Watch, WatchId
from bot.pipeline.backfill import Backfiller
from bot.pipeline.collect import Collector
from bot.pipeline.compose import Composer
from bot.pipeline.deliver import Deliverer
from bot.pipeline.lag import lags
from bot.pipeline.mutes import announce_ended
from bot.pipeline.prune import prune
from bot.pipeline.sorter import Sorter, store_member
from bot.pipeline.sync import synchronise
from tests.fakes.clock import FakeClock
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.fakes.source import FakeSource
from tests.fakes.store import DATABASES, shared_database
from tests.integration.pipeline_world import CHANNEL, entry, feed, world
from tests.integration.still_chat import StillChat

OUTLETS = ("courier", "herald", "gazette")
JUDGE = "Judge orders an update on transfers to the CECOT prison"


class Process:
    """What one process has for itself: its connections, its memory, its name."""

    def __init__(self, store: SqlStore, clock: FakeClock, name: str) -> None:
        self.store = store
        self.clock = clock
        self.source, self.chat = FakeSource(), StillChat()
        self.sorter = Sorter(shipped_packs(), new_window, shipped_detector())
        self.collector = Collector(store, self.source, self.sorter, clock, lambda: 0.5, name)
        self.composer = Composer(store, ExtractiveSummariser(), clock, name)
        self.deliverer = Deliverer(store, self.chat, clock, name)
        self.backfiller = Backfiller(store, self.sorter, clock, timedelta(0))


@pytest.fixture(params=DATABASES)
async def both(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[Process, Process]]:
    """Return two processes on one database."""
    clock = FakeClock()
    async with shared_database(request.param, tmp_path) as url:
        stores = [await SqlStore.open(url, clock) for _ in range(2)]
        yield Process(stores[0], clock, "w1"), Process(stores[1], clock, "w2")
        for store in stores:
            await store.close()


Both = tuple[Process, Process]
WATCH = Watch(
    id=WatchId(0),
    scope=None,
    name="cecot",
    query="cecot",
    channels=(CHANNEL,),
    created_at=FakeClock()(),
)


async def configured(both: Both, *watches: Watch) -> None:
    one = both[0]
    channel = ChannelSettings(channel=CHANNEL)
    async with one.store.transaction() as tx:
        await synchronise(
            tx,
            [feed(name) for name in OUTLETS],
            watches,
            [channel],
            lambda *_: one.clock(),
            one.clock(),
        )


async def at_once(both: Both, tick: Callable[[Process], Awaitable[object]]) -> list[object]:
    """Do a tick in both, four times over."""
    return [
        done
        for _ in range(4)
        for done in await asyncio.gather(*(tick(process) for process in both))
    ]


async def news(both: Both, title: str) -> None:
    """Let each outlet have an item, and poll them in both processes at once."""
    both[0].clock.pass_("6m")
    for process in both:
        for name in OUTLETS:
            process.source.entries[feed(name).url] = (entry(name, title[:9], f"{title} {name}"),)
    await at_once(both, lambda process: process.collector.once())


async def alerts(process: Process) -> list[Alert]:
    """Compose and take all that is due, without sending it."""
    now = process.clock()
    found: list[Alert] = []
    async with process.store.transaction() as tx:
        while due := await tx.outbox.claim("sandbox", "t", now, now + timedelta(minutes=1), 50):
            for alert in due:
                await tx.outbox.settle(replace(alert, state=AlertState.SENT), "t")
            found += due
    return found


async def test_three_outlets_polled_by_two_processes_are_one_story_with_one_card(
    both: Both,
) -> None:
    """Each process files against what the other has filed a moment before."""
    await configured(both, WATCH)
    await news(both, "Weather is mild")
    await news(both, JUDGE)
    await at_once(both, lambda process: process.composer.tick())
    sent = await at_once(both, lambda process: process.deliverer.tick())
    posted = [alert for settled in sent if isinstance(settled, tuple) for alert in settled]
    assert [(alert.part, alert.state) for alert in posted] == [(Part.CARD, AlertState.SENT)]
    assert sum(len(process.chat.kept) for process in both) == 1


async def test_the_end_of_a_mute_is_told_once(both: Both) -> None:
    one = both[0]
    mute = Mute(
        id=MuteId(0),
        scope=CHANNEL.scope,
        kind=MuteKind.WORD,
        value="rain",
        channel=CHANNEL,
        until=one.clock(),
        by="ed",
        created_at=one.clock(),
    )
    async with one.store.transaction() as tx:
        await tx.mutes.add(mute)
    told = await at_once(both, lambda process: announce_ended(process.store, process.clock))
    assert sorted(str(one) for one in told) == ["0"] * 7 + ["1"]
    assert [alert.part for alert in await alerts(one)] == [Part.NOTICE]


async def test_a_digest_is_composed_once(both: Both) -> None:
    one = both[0]
    await configured(both, replace(WATCH, mode=Mode.DIGEST))
    settings = ChannelSettings(channel=CHANNEL, digest=(time(13),))
    async with one.store.transaction() as tx:
        await tx.channels.save(replace(settings, digest_next=settings.next_digest(one.clock())))
    await news(both, "Weather is mild")
    await news(both, JUDGE)
    await at_once(both, lambda process: process.composer.tick())
    assert await alerts(one) == []
    one.clock.pass_("1d")
    await at_once(both, lambda process: process.composer.tick())
    assert [alert.part for alert in await alerts(one)] == [Part.DIGEST]


async def test_a_backfill_is_done_once(both: Both) -> None:
    """The second finds it done, and takes nothing of it back."""
    one = both[0]
    await configured(both)
    await news(both, JUDGE)
    await configured(both, replace(WATCH, backfill=2))
    opened = await at_once(both, lambda process: process.backfiller.tick())
    assert sorted(str(one) for one in opened) == ["0"] * 7 + ["1"]
    async with one.store.reading() as tx:
        articles = await tx.articles.since(one.clock() - timedelta(days=1), 9)
        trails = [await tx.decisions.of(article.id) for article in articles]
    assert [[decision.fate for decision in trail] for trail in trails] == [[Fate.WAITING]] * 3
    await at_once(both, lambda process: process.composer.tick())
    assert [alert.part for alert in await alerts(one)] == [Part.CARD]


async def test_pruning_in_both_at_once_deletes_each_once(both: Both) -> None:
    one = both[0]
    await configured(both)
    await news(both, JUDGE)
    one.clock.pass_("91d")
    gone = await at_once(both, lambda process: prune(process.store, process.clock()))
    assert sum(int(str(one)) for one in gone) == 3


async def test_what_another_filed_late_is_not_overlooked(both: Both) -> None:
    """It was first seen before what we know, and stored after it: writers take turns."""
    one, other = both
    await configured(both, WATCH)
    await news(both, "Weather is mild")
    one.source.entries[feed("courier").url] = (entry("courier", "rain", "CECOT coffee is early"),)
    one.clock.pass_("6m")
    await one.collector.once()
    async with one.store.transaction() as tx:
        await one.sorter.refresh(tx, one.clock())
    async with other.store.transaction() as tx:
        await other.sorter.refresh(tx, one.clock())
        (known,) = await tx.stories.filed_since(one.clock() - timedelta(days=1))
        seen = known.article.first_seen - timedelta(seconds=20)
        url = "https://herald.example/judge"
        late = replace(known.article, url=url, title=JUDGE, summary=JUDGE, first_seen=seen)
        stored = await tx.articles.add([late])
        (filed,) = other.sorter.file([(stored[0], {})], set())
        await store_member(tx, filed, one.clock())
    async with one.store.transaction() as tx:
        await one.sorter.refresh(tx, one.clock())
    (again,) = one.sorter.file([(replace(stored[0], id=ArticleId(99)), {})], set())
    assert (filed.opens, again.opens, again.story) == (True, False, filed.story)


async def test_what_was_filed_is_read_while_another_process_writes(both: Both) -> None:
    """After a start that takes long, and must hold up nobody; the next transaction goes on."""
    one, other = both
    await configured(both, WATCH)
    await news(both, JUDGE)
    fresh = Sorter(shipped_packs(), new_window, shipped_detector())
    async with other.store.transaction() as tx:
        (known, *_) = await tx.stories.filed_since(one.clock() - timedelta(days=1))
        async with asyncio.timeout(5), fresh.turn:
            await fresh.warm(one.store, one.clock())
    (again,) = fresh.file([(replace(known.article, id=ArticleId(99)), {})], set())
    assert (again.opens, again.story) == (False, known.story)


async def test_the_lag_runs_from_the_newest_article_that_is_told_of() -> None:
    """A digest has none, nor has what was not posted, or tells of nothing that is still there."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE),)
        w.clock.pass_("6m")
        await w.collector.once()
        w.clock.pass_("9s")
        await w.composer.tick()
        (card,) = await w.deliverer.tick()
        others = [
            replace(card, state=AlertState.FAILED),
            replace(card, part=Part.DIGEST),
            replace(card, key="another"),
        ]
        async with w.store.reading() as tx:
            assert await lags(tx, [card, *others]) == ((Part.CARD, timedelta(seconds=9)),)
