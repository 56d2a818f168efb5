"""What runs beside the three steps: pruning, the ends of mutes, backfills."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.records import Fate
from bot.domain.watches import Channel, Mute, MuteId, MuteKind, Scope, Watch, WatchId
from bot.pipeline import prune as pruning
from bot.pipeline.mutes import announce_ended
from tests.integration.pipeline_world import CHANNEL, World, entry, feed, world

JUDGE = "Judge orders an update on transfers to the CECOT prison"
VOLCANO = "Volcano rumbles near the CECOT prison"


async def test_old_articles_go_unless_they_are_in_a_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """In small steps, so that nobody waits for it; those of a story are what it stands on."""
    monkeypatch.setattr(pruning, "STEP", 2)
    async with world("courier") as w:
        await w.pass_("1s")
        rain = [entry("courier", f"rain-{n}", f"Rain expected in valley {n}") for n in range(3)]
        w.source.entries[feed("courier").url] = (*rain, entry("courier", "a", JUDGE))
        await w.pass_("6m")
        assert await pruning.prune(w.store, w.clock()) == 0
        w.clock.pass_("91d")
        assert await pruning.prune(w.store, w.clock()) == 3
        async with w.store.reading() as tx:
            left = await tx.articles.since(w.clock() - timedelta(days=365), 10)
        assert [article.title for article in left] == [JUDGE]


async def test_a_mute_that_was_made_nowhere_ends_without_a_word() -> None:
    """There is no channel to tell."""
    async with world("courier") as w:
        mute = Mute(
            id=MuteId(0),
            scope=CHANNEL.scope,
            kind=MuteKind.WORD,
            value="rain",
            until=w.clock() + timedelta(hours=1),
            by="ed",
            created_at=w.clock(),
        )
        async with w.store.transaction() as tx:
            await tx.mutes.add(mute)
        w.clock.pass_("2h")
        assert await announce_ended(w.store, w.clock) == 1
        await w.pass_("1s")
        assert w.chat.kept == {}


def watch(w: World, query: str, **changes: object) -> Watch:
    made = Watch(
        id=WatchId(0),
        scope=None,
        name="second",
        query=query,
        channels=(CHANNEL,),
        backfill=1,
        created_at=w.clock(),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # a test names real fields


async def test_a_backfill_waits_for_feeds_that_were_never_polled_but_not_for_ever() -> None:
    """A feed that is slow or dead must not silence a first run."""
    async with world("courier", "tribune") as w:
        for name in ("courier", "tribune"):
            w.source.entries[feed(name).url] = (entry(name, "rain", f"Rain floods the {name}"),)
        async with w.store.transaction() as tx:
            assert await tx.feeds.claim("slow", w.clock(), w.clock() + timedelta(hours=1), 1)
        await w.pass_("1s")
        async with w.store.transaction() as tx:
            await tx.watches.add(watch(w, "rain"))
        assert await w.backfiller.tick() == 0
        async with w.store.reading() as tx:
            assert await tx.watches.backfills()
        w.clock.pass_("1m")
        assert await w.backfiller.tick() == 1
        async with w.store.reading() as tx:
            assert not await tx.watches.backfills()


async def test_news_of_a_feed_that_is_gone_is_not_backfilled() -> None:
    """Nobody sees its articles any more."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (entry("courier", "rain", "Rain in the valley"),)
        await w.pass_("6m")
        async with w.store.transaction() as tx:
            (line,) = await tx.feeds.list()
            await tx.feeds.remove(line.feed.id)
            await tx.watches.add(watch(w, "rain"))
        await w.pass_("1m")
        assert w.chat.kept == {}


async def test_a_second_watch_does_not_post_again_what_stands_there() -> None:
    """It files what no watch had matched, and opens that alone."""
    async with world("courier") as w:
        await w.pass_("1s")
        rain = entry("courier", "rain", "Rain floods the valley of Tecoluca")
        w.source.entries[feed("courier").url] = (entry("courier", "a", JUDGE), rain)
        await w.pass_("6m")
        assert [kept.message.title for kept in w.chat.kept.values()] == [JUDGE]
        async with w.store.transaction() as tx:
            await tx.watches.add(watch(w, "judge OR rain", backfill=5))
        await w.pass_("1m")
        assert [kept.message.title for kept in w.chat.kept.values()] == [JUDGE, rain.title]


async def test_only_the_newest_are_backfilled_and_the_rest_says_so() -> None:
    """`/why` can tell what became of each."""
    async with world("courier") as w:
        await w.pass_("1s")
        w.source.entries[feed("courier").url] = (
            entry("courier", "old", "Rain floods the valley of Tecoluca"),
            entry("courier", "new", "Rain delays the harvest of coffee"),
        )
        await w.pass_("6m")
        async with w.store.transaction() as tx:
            await tx.watches.add(watch(w, "rain"))
        await w.pass_("1m")
        assert len(w.chat.kept) == 1
        fates = []
        async with w.store.reading() as tx:
            for article in await tx.articles.since(w.clock() - timedelta(days=1), 10):
                fates.append((await tx.decisions.of(article.id))[-1].fate)
        assert sorted(fates) == [Fate.POSTED, Fate.SEEDED]


async def test_a_watch_backfills_only_from_feeds_that_its_channels_may_see() -> None:
    """A feed that was added in another workspace stays there."""
    async with world("courier") as w:
        async with w.store.transaction() as tx:
            theirs = await tx.feeds.add(replace(feed("theirs"), workspace="slack/T1"), w.clock())
            channel = Channel(Scope("slack", "T1"), "C1")
            await tx.watches.add(watch(w, "harvest", name="theirs", channels=(channel,)))
        w.source.entries[theirs.url] = (entry("theirs", "a", VOLCANO),)
        await w.pass_("1m")
        async with w.store.transaction() as tx:
            await tx.watches.add(watch(w, "volcano"))
        await w.pass_("1m")
        assert w.chat.kept == {}
