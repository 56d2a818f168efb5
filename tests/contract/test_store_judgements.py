"""What every store promises of judgements: what editors said is not relevant."""

from dataclasses import replace

from bot.adapters.store.database import SqlStore
from bot.domain.articles import ArticleId
from bot.domain.records import Judgement
from bot.domain.stories import StoryId
from tests.contract.rows import GUILD, GUILD_SCOPE, LOCAL, NEWS, NOON, SPORT, article, at, filed


def judged(of: ArticleId, **changes: object) -> Judgement:
    """Return a judgement in the news channel."""
    made = Judgement(article=of, channel=NEWS, by="Ana", at=NOON)
    return replace(made, **changes)  # type: ignore[arg-type] # a test names real fields


async def test_a_judgement_is_found_in_its_scope_only(store: SqlStore) -> None:
    """What one workspace thinks of an article is not told to another."""
    story = await filed(store, "AAAA", article("One"), article("Two"))
    one, two = story.articles
    async with store.transaction() as tx:
        await tx.judgements.add([judged(two.id), judged(one.id), judged(one.id, channel=GUILD)])
        here = await tx.judgements.of(LOCAL, [one.id, two.id])
        there = await tx.judgements.of(GUILD_SCOPE, [one.id, two.id])
        nothing = await tx.judgements.of(LOCAL, [])
    assert here == (judged(one.id), judged(two.id))
    assert there == (judged(one.id, channel=GUILD),)
    assert nothing == ()


async def test_the_first_judgement_is_kept_until_it_is_taken_back(store: SqlStore) -> None:
    """Pressing twice does no harm; the other channel's stays."""
    story = await filed(store, "AAAA", article("One"))
    (one,) = story.articles
    async with store.transaction() as tx:
        await tx.judgements.add([judged(one.id), judged(one.id, channel=SPORT)])
        await tx.judgements.add([judged(one.id, by="Bo", at=at(5))])
        await tx.judgements.add([])
        kept = await tx.judgements.of(LOCAL, [one.id])
        await tx.judgements.remove(NEWS, [one.id])
        left = await tx.judgements.of(LOCAL, [one.id])
    assert kept == (judged(one.id), judged(one.id, channel=SPORT))
    assert left == (judged(one.id, channel=SPORT),)


async def test_a_story_is_judged_by_its_articles_wherever_they_are_moved(store: SqlStore) -> None:
    """Merging and splitting take the labels along."""
    first = await filed(store, "AAAA", article("One"), article("Two"))
    await filed(store, "BBBB", article("Three"))
    one = first.articles[0]
    codes = [StoryId("AAAA"), StoryId("BBBB")]
    async with store.transaction() as tx:
        await tx.judgements.add([judged(one.id)])
        before = await tx.judgements.stories(LOCAL, codes)
        elsewhere = await tx.judgements.stories(GUILD_SCOPE, codes)
        await tx.stories.move([one.id], StoryId("BBBB"), NOON)
        after = await tx.judgements.stories(LOCAL, codes)
    assert before == {StoryId("AAAA")}
    assert after == {StoryId("BBBB")}
    assert not elsewhere


async def test_a_judgement_goes_with_its_article(store: SqlStore) -> None:
    """What is deleted is not spoken of."""
    (one,) = (await filed(store, "AAAA", article("One"))).articles
    async with store.transaction() as tx:
        await tx.judgements.add([judged(one.id)])
        await tx.housekeeping.prune(at(1), at(1), 9)
        assert await tx.judgements.of(LOCAL, [one.id]) == ()
