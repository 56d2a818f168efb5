"""What every store promises of stories in channels."""

from dataclasses import replace
from datetime import datetime

from bot.adapters.store.database import SqlStore
from bot.domain.articles import ArticleId
from bot.domain.messages import Posted
from bot.domain.records import ClaimedThread, Fate, Thread
from bot.domain.stories import StoryId
from tests.contract.rows import NEWS, NOON, SPORT, article, at, decision, filed

S1, S2, S3 = StoryId("AAAA"), StoryId("BBBB"), StoryId("CCCC")


async def claim(
    store: SqlStore, owner: str = "w", now: datetime = NOON, limit: int = 9
) -> tuple[ClaimedThread, ...]:
    """Claim for three minutes."""
    async with store.transaction() as tx:
        return await tx.threads.claim(owner, now, at(3 + (now - NOON).seconds / 60), limit)


async def save(store: SqlStore, thread: Thread) -> None:
    """Open a thread, and save it as composing would."""
    async with store.transaction() as tx:
        await tx.threads.open(thread.channel, thread.story, thread.opened_at, NOON)
        claimed = await tx.threads.claim("saver", NOON, at(1), 9)
        for one in claimed:
            wanted = thread if one.thread.story == thread.story else one.thread
            assert await tx.threads.settle(wanted, "saver")


def ids(claimed: tuple[ClaimedThread, ...]) -> list[str]:
    """Return the stories of the threads."""
    return [one.thread.story for one in claimed]


async def test_a_thread_comes_back_as_it_was_settled(store: SqlStore) -> None:
    """What was shown is never shown again, so all of it must be there."""
    full = Thread(
        channel=NEWS,
        story=S1,
        compose_at=at(9),
        opened_at=at(-5),
        card="k" * 24,
        posted=Posted(NEWS, "m1", "https://chat.example/m1"),
        shown=frozenset({ArticleId(2**60), ArticleId(3)}),
        sentences=("one.", "dos ñ"),
        replies=2,
        edits=3,
        face="f",
        edited_at=at(-1),
        told_edits=at(-2),
        closed_at=at(-3),
    )
    await save(store, full)
    async with store.reading() as tx:
        assert await tx.threads.get(NEWS, S1) == full
        assert await tx.threads.of_story(S1) == (full,)
        assert await tx.threads.of_card(Posted(NEWS, "m1")) == full
        assert await tx.threads.get(SPORT, S1) is None
        assert await tx.threads.of_card(Posted(SPORT, "m1")) is None


async def test_the_earlier_time_to_compose_wins(store: SqlStore) -> None:
    """News does not put off what was to be said sooner; None puts off nothing."""
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S1, NOON, None)
        seen = [await tx.threads.get(NEWS, S1)]
        for when in (at(5), at(9), at(2), None):
            await tx.threads.open(NEWS, S1, at(1), when)
            seen.append(await tx.threads.get(NEWS, S1))
    assert [one.compose_at for one in seen if one] == [None, at(5), at(5), at(2), at(2)]
    assert [one.opened_at for one in seen if one] == [NOON] * 5


async def test_a_whole_channel_is_claimed_together(store: SqlStore) -> None:
    """Whether there are more than five new stories at once is seen only from all of them."""
    async with store.transaction() as tx:
        await tx.threads.open(SPORT, S3, NOON, at(-1))
        for story, minute in ((S2, -5), (S1, -9)):
            await tx.threads.open(NEWS, story, at(minute), at(minute))
        await tx.threads.open(NEWS, S3, NOON, at(5))
    claimed = await claim(store, limit=1)
    assert ids(claimed) == [S1, S2]
    assert claimed[0].thread.compose_at == at(-9)


async def test_channels_are_claimed_oldest_first(store: SqlStore) -> None:
    """A backlog is worked off in order."""
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S1, NOON, at(-1))
        await tx.threads.open(SPORT, S2, NOON, at(-2))
    assert ids(await claim(store)) == [S2, S1]


async def test_a_channel_in_work_is_given_to_nobody_else(store: SqlStore) -> None:
    """Two composers never judge one channel at once; a third channel does not wait."""
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S1, NOON, NOON)
    await claim(store, "first")
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S2, NOON, NOON)
        await tx.threads.open(SPORT, S2, NOON, NOON)
    assert [one.thread.channel for one in await claim(store, "second")] == [SPORT]


async def test_a_dead_composers_threads_come_back(store: SqlStore) -> None:
    """Nothing that was to be said is lost with the one who was to say it, who changes nothing."""
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S1, NOON, NOON)
    (lost,) = await claim(store, "dead")
    (again,) = await claim(store, "alive", now=at(3))
    async with store.transaction() as tx:
        assert not await tx.threads.settle(replace(lost.thread, replies=9), "dead")
        assert await tx.threads.settle(replace(again.thread, replies=1), "alive")
        thread = await tx.threads.get(NEWS, S1)
        assert not await tx.threads.settle(again.thread, "alive")
    assert thread is not None
    assert thread.replies == 1


async def test_news_while_composing_makes_the_thread_due_again(store: SqlStore) -> None:
    """What came in between is not lost when the thread is settled with nothing to do."""
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S1, NOON, NOON)
    (claimed,) = await claim(store)
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S1, NOON, at(1))
        assert await tx.threads.settle(replace(claimed.thread, compose_at=at(8)), "w")
        thread = await tx.threads.get(NEWS, S1)
    assert thread is not None
    assert thread.compose_at == at(1)


async def test_a_thread_with_nothing_to_say_is_not_claimed(store: SqlStore) -> None:
    """Settled with no time, it rests until something happens."""
    async with store.transaction() as tx:
        await tx.threads.open(NEWS, S1, NOON, NOON)
    (claimed,) = await claim(store)
    async with store.transaction() as tx:
        await tx.threads.settle(replace(claimed.thread, compose_at=None), "w")
    assert await claim(store, now=at(60)) == ()


async def test_a_posted_card_is_noted_whatever_is_composed_meanwhile(store: SqlStore) -> None:
    """Where the card stands is never taken back by a composer that did not know it yet."""
    card = Thread(channel=NEWS, story=S1, compose_at=NOON, opened_at=NOON, card="key")
    await save(store, card)
    (claimed,) = await claim(store)
    posted = Posted(NEWS, "m7")
    async with store.transaction() as tx:
        await tx.threads.carded(NEWS, "key", posted)
        assert await tx.threads.settle(replace(claimed.thread, replies=1, compose_at=None), "w")
        thread = await tx.threads.of_card(posted)
        assert await tx.stories.in_thread(posted) == S1
        assert await tx.stories.in_thread(Posted(NEWS, "m8")) is None
    assert thread == replace(card, compose_at=None, replies=1, posted=posted)


async def test_a_new_card_does_not_inherit_the_old_ones_place(store: SqlStore) -> None:
    """Coverage after a week opens a new card; replies must not go to the old thread."""
    old = Thread(
        channel=NEWS,
        story=S1,
        compose_at=NOON,
        opened_at=NOON,
        card="old",
        posted=Posted(NEWS, "m"),
    )
    await save(store, old)
    (claimed,) = await claim(store)
    async with store.transaction() as tx:
        new = replace(claimed.thread, card="new", posted=None)
        assert await tx.threads.settle(new, "w")
        thread = await tx.threads.get(NEWS, S1)
    assert thread is not None
    assert thread.posted is None


async def test_a_listing_is_noted_for_all_its_stories_and_is_no_storys_card(
    store: SqlStore,
) -> None:
    """A list can link to it, but what is said under it is about none of them in particular."""
    for story in (S1, S2):
        await save(
            store,
            Thread(channel=NEWS, story=story, compose_at=None, opened_at=NOON, listed_in="burst"),
        )
    listing = Posted(NEWS, "m9")
    async with store.transaction() as tx:
        await tx.threads.carded(NEWS, "burst", listing)
        threads = [await tx.threads.get(NEWS, story) for story in (S1, S2)]
        assert await tx.threads.of_card(listing) is None
        assert await tx.stories.in_thread(listing) is None
    assert [thread.posted for thread in threads if thread] == [listing, listing]


async def test_held_threads_are_those_with_held_articles(store: SqlStore) -> None:
    """The digest lists what was held and not said since."""
    one = await filed(store, S1, article("one"))
    two = await filed(store, S2, article("two"))
    async with store.transaction() as tx:
        for story, minute in ((S1, 2), (S2, 1), (S3, 3)):
            await tx.threads.open(NEWS, story, at(minute), None)
        await tx.decisions.record(
            [
                decision(one.articles[0].id, S1, Fate.HELD),
                decision(two.articles[0].id, S2, Fate.HELD),
            ]
        )
        both = await tx.threads.held(NEWS)
        await tx.decisions.record([decision(two.articles[0].id, S2, Fate.POSTED)])
        left = await tx.threads.held(NEWS)
        elsewhere = await tx.threads.held(SPORT)
    assert [thread.story for thread in both] == [S2, S1]
    assert [thread.story for thread in left] == [S1]
    assert elsewhere == ()


async def test_quiet_carded_threads_are_to_be_closed(store: SqlStore) -> None:
    """Closing is said on a card, so a thread without one has nothing to close."""
    for code, minute in ((S1, 0), (S2, 0), (S3, 60)):
        await filed(store, code, article(f"of {code}", first_seen=at(minute)))
    for story, card in ((S1, "k1"), (S2, None), (S3, "k3")):
        await save(
            store, Thread(channel=NEWS, story=story, compose_at=None, opened_at=NOON, card=card)
        )
    async with store.transaction() as tx:
        due = await tx.threads.to_close(at(30), 9)
        await tx.threads.open(NEWS, S1, NOON, NOON)
    (claimed,) = await claim(store)
    async with store.transaction() as tx:
        await tx.threads.settle(replace(claimed.thread, closed_at=NOON, compose_at=None), "w")
        closed = await tx.threads.to_close(at(30), 9)
        limited = await tx.threads.to_close(at(90), 0)
    assert [thread.story for thread in due] == [S1]
    assert closed == limited == ()


async def test_a_merged_storys_threads_are_handed_over_where_there_is_none(
    store: SqlStore,
) -> None:
    """The other story's thread goes on in its channel; elsewhere the old card stays in use."""
    for channel, story in ((NEWS, S1), (SPORT, S1), (SPORT, S2)):
        async with store.transaction() as tx:
            await tx.threads.open(channel, story, NOON, None)
    async with store.transaction() as tx:
        await tx.threads.retarget(S1, S2)
        moved = await tx.threads.get(NEWS, S2)
        kept = await tx.threads.of_story(S1)
    assert moved is not None
    assert moved.story == S2
    assert [thread.channel for thread in kept] == [SPORT]


async def test_a_card_wakes_its_thread_and_no_other(store: SqlStore) -> None:
    """Whatever story it belongs to by now; the earlier time wins."""
    for story, card in ((S1, "c"), (S2, "d")):
        await save(
            store, Thread(channel=NEWS, story=story, compose_at=None, opened_at=NOON, card=card)
        )
    times = []
    async with store.transaction() as tx:
        await tx.threads.wake(SPORT, "c", at(1))
        for minute in (5, 2, 9):
            await tx.threads.wake(NEWS, "c", at(minute))
            thread = await tx.threads.get(NEWS, S1)
            times.append(thread and thread.compose_at)
        other = await tx.threads.get(NEWS, S2)
    assert times == [at(5), at(2), at(2)]
    assert other is not None
    assert other.compose_at is None
