"""What every store promises of counting and of pruning."""

from dataclasses import replace

from bot.adapters.store.database import SqlStore
from bot.domain.articles import FeedId
from bot.domain.messages import AlertState
from bot.domain.records import Fate, FeedState, Thread, Totals
from bot.domain.stories import StoryId
from bot.domain.watches import Scope
from tests.contract.rows import (
    GUILD,
    GUILD_SCOPE,
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
    sent,
    stored,
    watch,
)
from tests.fakes.clock import FakeClock

S1, S2 = StoryId("AAAA"), StoryId("BBBB")


async def test_an_empty_store_counts_nothing(store: SqlStore) -> None:
    """`/health` works on the first day."""
    async with store.reading() as tx:
        totals = await tx.housekeeping.totals()
    assert totals == Totals(
        feeds=0,
        feeds_failing=0,
        articles=0,
        stories=0,
        watches=0,
        alerts_due=0,
        alerts_unknown=0,
        alerts_failed=0,
        alerts_sent=0,
        oldest_due_at=None,
        last_poll_at=None,
        delays=(),
    )


async def test_everything_is_counted(store: SqlStore, clock: FakeClock) -> None:
    """Each count on its own, so that none stands for another."""
    await filed(store, S1, article("one"), article("two"))
    await filed(store, S2, article("three"))
    async with store.transaction() as tx:
        good = await tx.feeds.add(feed("good"), NOON)
        bad = await tx.feeds.add(feed("bad"), NOON)
        gone = await tx.feeds.add(feed("gone"), NOON)
        await tx.feeds.claim("w", NOON, at(1), 9)
        await tx.feeds.settle(good.id, "w", FeedState(due_at=NOON, polled_at=at(-1)))
        await tx.feeds.settle(bad.id, "w", FeedState(due_at=NOON, polled_at=at(-2), failures=1))
        await tx.feeds.settle(gone.id, "w", FeedState(due_at=NOON, stopped=True))
        await tx.watches.add(watch("kept"))
        await tx.watches.remove((await tx.watches.add(watch("removed"))).id, NOON)
        story = await tx.stories.get(S2)
        assert story is not None
        await tx.stories.move([one.id for one in story.articles], S1, NOON)
    clock.now = at(2)
    await sent(store, alert("sent", story=S1))
    async with store.transaction() as tx:
        await tx.outbox.add(
            [
                alert("due", due_at=at(7)),
                alert("due too", due_at=at(6)),
                alert("unknown", state=AlertState.UNKNOWN),
                *(alert(f"failed {n}", state=AlertState.FAILED) for n in range(3)),
            ]
        )
        totals = await tx.housekeeping.totals()
    assert totals == Totals(
        feeds=3,
        feeds_failing=2,
        articles=3,
        stories=1,
        watches=1,
        alerts_due=2,
        alerts_unknown=1,
        alerts_failed=3,
        alerts_sent=1,
        oldest_due_at=at(6),
        last_poll_at=at(-1),
        delays=(120.0,),
    )


async def test_a_workspace_is_told_only_of_its_own(store: SqlStore) -> None:
    """How much another one gets is no business of its."""
    await filed(store, S1, article("one"))
    await filed(store, S2, article("two"))
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S1, NOON, None)
        await tx.threads.open(GUILD, S2, NOON, None)
        await tx.outbox.add(
            [
                alert("here"),
                alert("there", channel=GUILD, due_at=at(-5)),
                alert("failed", channel=GUILD, state=AlertState.FAILED),
            ]
        )
        here = await tx.housekeeping.totals(LOCAL)
        there = await tx.housekeeping.totals(GUILD_SCOPE)
        nowhere = await tx.housekeeping.totals(Scope("discord", "2"))
    assert (here.stories, here.alerts_due, here.alerts_failed) == (1, 1, 0)
    assert (there.stories, there.alerts_due, there.alerts_failed) == (1, 1, 1)
    assert (here.oldest_due_at, there.oldest_due_at) == (NOON, at(-5))
    assert (nowhere.stories, nowhere.alerts_due) == (0, 0)


async def test_old_articles_go_with_all_that_hangs_on_them(store: SqlStore) -> None:
    """In small batches, oldest first; younger ones stay."""
    old = await filed(store, S1, article("a", first_seen=at(-9)), article("b", first_seen=at(-8)))
    (young,) = await stored(store, article("c"))
    ids = [one.id for one in old.articles]
    async with store.transaction() as tx:
        await tx.hits.add([hit(one) for one in ids])
        await tx.decisions.record([decision(one, S1, Fate.MUTED) for one in ids])
        await tx.threads.open(NEWS, S1, NOON, None)
        first = await tx.housekeeping.prune(at(-1), at(-99), 1)
        left = await tx.stories.get(S1)
        rest = [await tx.housekeeping.prune(at(-1), at(-99), 9) for _ in range(2)]
    async with store.reading() as tx:
        assert (first, rest) == (1, [1, 0])
        assert left is not None
        assert left.articles == old.articles[1:]
        assert await tx.articles.get([*ids, young.id]) == (young,)
        assert await tx.hits.of(ids) == ()
        assert await tx.decisions.of(ids[0]) == ()
        assert await tx.stories.get(S1) is None
        assert await tx.stories.taken([S1]) == frozenset()
        assert await tx.threads.get(NEWS, S1) is None


async def test_articles_of_a_posted_story_stay(store: SqlStore) -> None:
    """Its buttons and `/why` go on working, whatever its age."""
    for number, (code, card, listing) in enumerate(((S1, "k", None), (S2, None, "burst"))):
        await filed(store, code, article(f"n{number}", first_seen=at(-9)))
        thread = Thread(
            channel=NEWS, story=code, compose_at=None, opened_at=NOON, card=card, listed_in=listing
        )
        async with store.transaction() as tx:
            await tx.threads.open(NEWS, code, NOON, NOON)
            (claimed,) = await tx.threads.claim("w", NOON, at(1), 9)
            assert await tx.threads.settle(replace(thread, story=claimed.thread.story), "w")
    async with store.transaction() as tx:
        pruned = await tx.housekeeping.prune(at(0), at(-99), 9)
        stories = [await tx.stories.get(code) for code in (S1, S2)]
    assert pruned == 0
    assert None not in stories


async def test_old_keys_go_and_are_counted(store: SqlStore) -> None:
    """After so long, no feed carries the entry any more."""
    (kept,) = await stored(store, article())
    async with store.transaction() as tx:
        await tx.articles.remember(FeedId(1), {"a": kept.id, "b": kept.id}, at(-9))
        await tx.articles.remember(FeedId(1), {"c": kept.id}, at(-1))
        counts = [await tx.housekeeping.prune(at(-99), at(-5), 1) for _ in range(3)]
        known = await tx.articles.known(FeedId(1), ["a", "b", "c"])
    assert counts == [1, 1, 0]
    assert set(known.by_key) == {"c"}


async def test_keys_of_the_document_last_read_never_grow_old(store: SqlStore) -> None:
    """Its feed may say "not modified" for years, and then change one item of forty."""
    (kept,) = await stored(store, article())
    day = 24 * 60
    async with store.transaction() as tx:
        read = await tx.feeds.add(feed("read"), NOON)
        still = await tx.feeds.add(feed("still"), NOON)
        for one in (read, still):
            await tx.articles.remember(one.id, {"gone": kept.id}, at(-100 * day))
            await tx.articles.remember(one.id, {"stays": kept.id}, at(-20 * day))
            await tx.articles.remember(one.id, {"last": kept.id}, NOON)
        await tx.articles.remember(read.id, {"new": kept.id}, at(400 * day))
        assert await tx.housekeeping.prune(at(-day), at(300 * day), 100) == 4
        keys = ["gone", "stays", "last", "new"]
        known = [{*(await tx.articles.known(one.id, keys)).by_key} for one in (read, still)]
        await tx.feeds.remove(still.id)
        assert await tx.housekeeping.prune(at(-day), at(300 * day), 100) == 2
    assert known == [{"new"}, {"stays", "last"}]
