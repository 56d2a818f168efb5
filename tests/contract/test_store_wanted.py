"""What every store promises of the pages that watches ask for."""

from dataclasses import replace

from bot.adapters.store.database import SqlStore
from bot.domain.articles import Article, FeedId
from bot.domain.pages import ClaimedPage, Reading, WantedPage
from bot.domain.records import Fate
from tests.contract.rows import NOON, article, at, decision, filed

ONE, TWO = FeedId(1), FeedId(2)


async def stored(store: SqlStore, *drafts: Article) -> tuple[Article, ...]:
    async with store.transaction() as tx:
        return await tx.articles.add(drafts)


def page(of: Article, feed: FeedId = ONE, **changes: object) -> WantedPage:
    """Return a wanted page."""
    made = WantedPage(article=of.id, feed=feed, state=Reading.WAITING, at=NOON)
    return replace(made, **changes)  # type: ignore[arg-type] # a test names real fields


async def claimed(
    store: SqlStore, minutes: float = 1, owner: str = "w1", limit: int = 9
) -> tuple[ClaimedPage, ...]:
    async with store.transaction() as tx:
        return await tx.wanted.claim(owner, at(minutes), at(minutes + 3), limit)


async def test_wanted_pages_are_leased_one_a_site_and_settled_by_their_owner(
    store: SqlStore,
) -> None:
    """A lease that ran out is another's; who comes back late changes nothing."""
    first, second, other = await stored(
        store, article("first"), article("second"), article("other", site="b.example")
    )
    async with store.transaction() as tx:
        await tx.wanted.want([page(first, at=at(-1)), page(second), page(other)])
        await tx.wanted.want([])
    begun = await claimed(store)
    assert {one.article for one in begun} == {first.id, other.id}
    assert {one.url for one in begun} == {first.url, other.url}
    assert await claimed(store, 2) == ()  # the second waits for its site
    again = await claimed(store, 5, "w2", limit=1)
    assert [one.article for one in again] == [first.id]
    async with store.transaction() as tx:
        assert not await tx.wanted.settle(begun[0], "", at(6))
        assert await tx.wanted.settle(again[0], "", at(6))
        assert not await tx.wanted.settle(again[0], "", at(6))
        assert await tx.wanted.of(first.id) == (page(first, state=Reading.READ, at=at(6)),)
        assert await tx.wanted.count(at(-1)) == 3
        assert await tx.wanted.count(at(5)) == 1
        assert await tx.wanted.tally(at(5)) == {(ONE, Reading.READ): 1, (ONE, Reading.WAITING): 2}


async def test_what_is_wanted_again_is_read_from_what_is_known(store: SqlStore) -> None:
    """One that failed is not asked for again, and what waits keeps its place."""
    read, failed, left, waits = await stored(store, *(article(t, site=t) for t in "abcd"))
    async with store.transaction() as tx:
        await tx.wanted.want([page(one) for one in (read, failed)])
        for one in await tx.wanted.claim("w1", at(1), at(4), 9):
            await tx.wanted.settle(one, "" if one.article == read.id else "It is gone.", at(2))
        await tx.pages.put(read.id, "All of it.", at(2))
        await tx.pages.put(read.id, "Another text.", at(2))
        await tx.pages.put(failed.id, "", at(2))
        await tx.wanted.want([page(left, state=Reading.LEFT, reason="full"), page(waits)])
        await tx.wanted.want([page(one, at=at(9)) for one in (read, failed, left, waits)])
        states = {
            one.article: one
            for a in (read, failed, left, waits)
            for one in await tx.wanted.of(a.id)
        }
        texts = [await tx.pages.text(one.id) for one in (read, failed, left)]
    assert states == {
        read.id: page(read, at=at(9)),
        failed.id: page(failed, state=Reading.FAILED, reason="It is gone.", at=at(2)),
        left.id: page(left, at=at(9)),
        waits.id: page(waits),
    }
    assert texts == ["All of it.", "", ""]
    assert {one.article: one.text for one in await claimed(store, 10)} == {
        read.id: "All of it.", left.id: "", waits.id: "",
    }  # fmt: skip


async def test_what_can_never_be_read_is_given_up_with_the_reason(store: SqlStore) -> None:
    """Too long, too often, in vain before, or without its article: none waits for ever."""
    late, killing, vain, young = await stored(store, *(article(t, site=t) for t in "abcd"))
    gone = replace(late, id=type(late.id)(7))
    async with store.transaction() as tx:
        await tx.wanted.want([page(killing)])
        for minutes in (0, 4, 8):
            assert await tx.wanted.claim("w1", at(minutes), at(minutes + 3), 9)
        await tx.pages.put(vain.id, "", at(1))
        await tx.pages.put(young.id, "", at(11))
        await tx.wanted.want([page(late, at=at(-1_440)), page(vain), page(young), page(gone)])
        assert await tx.wanted.claim("w1", at(12), at(15), 9) == ()
        told = {
            (await tx.wanted.of(one.id))[0].reason for one in (late, killing, vain, gone, young)
        }
    assert told == {
        "It was not read within a day.",
        "Reading it was begun 3 times and never ended.",
        "It was asked for before, and gave no text.",
        "The article is not kept any more.",
        "",
    }


async def test_what_was_filed_by_its_page_is_found_though_it_came_long_ago(store: SqlStore) -> None:
    """Another process's window would never learn of it."""
    story = await filed(store, "AAAA", article("one", first_seen=at(-600)))
    (its,) = story.articles
    async with store.transaction() as tx:
        before = await tx.stories.filed_since(at(-1))
        await tx.wanted.want([page(its, at=at(-590))])
        (one,) = await tx.wanted.claim("w1", NOON, at(3), 9)
        await tx.wanted.settle(one, "", NOON)
        after = await tx.stories.filed_since(at(-1))
        later = await tx.stories.filed_since(at(1))
    assert before == later == ()
    assert [(one.article, one.story) for one in after] == [(its, story.id)]


async def test_old_wishes_go_with_the_texts(store: SqlStore) -> None:
    """So does a page for a summary wait while the page is wanted for matching."""
    story = await filed(store, "AAAA", article("one"))
    (its,) = story.articles
    async with store.transaction() as tx:
        await tx.decisions.record([decision(its.id, story.id, Fate.POSTED)])
        await tx.wanted.want([page(its)])
        assert await tx.pages.claim(at(-60), NOON, 9) == ()
        await tx.housekeeping.prune(at(-1), at(-1), 9)
        assert await tx.wanted.of(its.id) != ()
        await tx.housekeeping.prune(at(1), at(1), 9)
        assert await tx.wanted.of(its.id) == ()
