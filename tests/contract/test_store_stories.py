"""What every store promises of stories, hits and decisions."""

from dataclasses import replace

from bot.adapters.store.database import SqlStore
from bot.domain.articles import ArticleId
from bot.domain.records import Fate, FiledArticle
from bot.domain.stories import Member, Story, StoryId
from bot.domain.watches import WatchId
from tests.contract.rows import (
    GUILD,
    GUILD_SCOPE,
    LOCAL,
    NEWS,
    NOON,
    SPORT,
    article,
    at,
    decision,
    filed,
    hit,
    stored,
)

S1, S2, S3 = StoryId("AAAA"), StoryId("BBBB"), StoryId("CCCC")


async def test_a_story_comes_back_with_its_members_in_order_of_arrival(store: SqlStore) -> None:
    """The first that is no reprint gives the headline, so order is meaning."""
    one, two = await stored(store, article("one"), article("two"))
    story = Story(
        id=S1,
        members=(
            Member(article=one),
            Member(article=two, reprint_of=one.id, tied_by=("cecot", "ñandú")),
        ),
        follows=S3,
    )
    async with store.transaction() as tx:
        await tx.stories.add(story)
    async with store.reading() as tx:
        assert await tx.stories.get(S1) == story
        assert await tx.stories.get(S2) is None
        assert await tx.stories.taken([S1, S2]) == {S1}
        assert await tx.stories.of([one.id, two.id, ArticleId(1)]) == {one.id: S1, two.id: S1}


async def test_an_article_joins_one_story_once(store: SqlStore) -> None:
    """A step that runs twice changes nothing; an article is in one story only."""
    story = await filed(store, S1, article("one"))
    (new,) = await stored(store, article("two"))
    async with store.transaction() as tx:
        for _ in range(2):
            await tx.stories.join(S1, Member(article=new, tied_by=("storm",)), at(1))
    async with store.reading() as tx:
        found = await tx.stories.get(S1)
    assert found is not None
    assert found.articles == (*story.articles, new)


async def test_filed_articles_come_in_order_of_arrival(store: SqlStore) -> None:
    """The window of filing is rebuilt from them."""
    first = await filed(store, S1, article("b", first_seen=at(1)), article("d", first_seen=at(3)))
    second = await filed(store, S2, article("c", first_seen=at(2)))
    await stored(store, article("unfiled", first_seen=at(2)))
    b, d = first.articles
    async with store.reading() as tx:
        assert await tx.stories.filed_since(at(0)) == (
            FiledArticle(article=b, story=S1, reprint_of=None),
            FiledArticle(article=second.articles[0], story=S2, reprint_of=None),
            FiledArticle(article=d, story=S1, reprint_of=None),
        )
        assert [one.article for one in await tx.stories.filed_since(at(2))] == [d]


async def test_moved_articles_take_their_decisions_along(store: SqlStore) -> None:
    """A split story's thread must know what of it was posted."""
    story = await filed(store, S1, article("one"), article("two"))
    one, two = (member.id for member in story.articles)
    async with store.transaction() as tx:
        await tx.decisions.record([decision(one, S1, Fate.POSTED), decision(two, S1, Fate.MERGED)])
        await tx.stories.move([two], S2, at(1))
    async with store.reading() as tx:
        left, split = await tx.stories.get(S1), await tx.stories.get(S2)
        assert left is not None
        assert split is not None
        assert (left.articles, split.articles) == (story.articles[:1], story.articles[1:])
        assert set(await tx.decisions.latest(NEWS, S1)) == {one}
        moved = await tx.decisions.latest(NEWS, S2)
    assert moved == {two: decision(two, S2, Fate.MERGED)}


async def test_a_story_left_empty_leads_to_the_other(store: SqlStore) -> None:
    """Old codes that people wrote down go on working, also after two merges."""
    for code in (S1, S2, S3):
        await filed(store, code, article(f"of {code}"))
    async with store.transaction() as tx:
        for old, new in ((S1, S2), (S2, S3)):
            story = await tx.stories.get(old)
            assert story is not None
            await tx.stories.move([one.id for one in story.articles], new, NOON)
    async with store.reading() as tx:
        found = [await tx.stories.get(code) for code in (S1, S2, S3)]
    assert {story.id for story in found if story} == {S3}
    assert found[0] is not None
    assert len(found[0].members) == 3


async def test_a_merge_can_be_taken_back(store: SqlStore) -> None:
    """The first code is a story again, and the second leads to it: they never go in a circle."""
    one = await filed(store, S1, article("one"))
    two = await filed(store, S2, article("two"))
    first, second = one.articles[0].id, two.articles[0].id
    async with store.transaction() as tx:
        await tx.stories.move([first], S2, at(1))
        await tx.stories.move([first, second], S1, at(2))
        found = [await tx.stories.get(code) for code in (S1, S2)]
    assert [story.id for story in found if story] == [S1, S1]


async def test_a_watchs_stories_are_ranked_by_independent_outlets(store: SqlStore) -> None:
    """What more newsrooms report comes first; old news and other watches' is left out."""
    small = await filed(store, S1, article("a", first_seen=at(5)))
    big = await filed(
        store,
        S2,
        article("b", first_seen=at(1)),
        article("c", first_seen=at(2), site="c.example", outlet="C"),
    )
    old = await filed(store, S3, article("d", first_seen=at(-5)))
    async with store.transaction() as tx:
        stories = (small, big, old)
        await tx.hits.add([hit(story.articles[0].id, when=story.last_at) for story in stories])
        await tx.hits.add([hit(small.articles[0].id, by=8, when=at(5))])
        rows = await tx.stories.of_watch(WatchId(7), at(0), 9)
        best = await tx.stories.of_watch(WatchId(7), at(0), 1)
        other = await tx.stories.of_watch(WatchId(8), at(0), 9)
    assert [row.id for row in rows] == [S2, S1]
    assert [row.id for row in best] == [S2]
    assert [row.id for row in other] == [S1]
    assert (best[0].headline, best[0].url) == ("b", "https://a.example/b")
    assert (best[0].articles, best[0].outlets, best[0].independent) == (2, 2, 2)
    assert (best[0].first_at, best[0].last_at) == (at(1), at(2))


async def test_a_channels_stories_are_those_that_concern_it(store: SqlStore) -> None:
    """A merged story is listed once, under the code that it has now."""
    merged = await filed(store, S1, article("a", first_seen=at(1)))
    await filed(store, S2, article("b", first_seen=at(2)))
    await filed(store, S3, article("c", first_seen=at(-9)))
    async with store.transaction() as tx:
        for story in (S1, S2, S3):
            await tx.threads.open(NEWS, story, NOON, None)
        before = await tx.stories.in_channel(NEWS, at(0), 9)
        await tx.stories.move([merged.articles[0].id], S2, at(3))
        after = await tx.stories.in_channel(NEWS, at(0), 9)
        elsewhere = await tx.stories.in_channel(SPORT, at(0), 9)
    assert [row.id for row in before] == [S2, S1]
    assert [row.id for row in after] == [S2]
    assert elsewhere == ()


async def test_a_story_is_visible_where_it_concerns_a_channel(store: SqlStore) -> None:
    """A code that someone guesses shows nothing of another workspace."""
    await filed(store, S1, article("a"))
    await filed(store, S2, article("b"))
    async with store.transaction() as tx:
        await tx.threads.open(GUILD, S1, NOON, None)
        seen = [
            await tx.stories.visible_in(scope, story)
            for scope, story in ((GUILD_SCOPE, S1), (LOCAL, S1), (GUILD_SCOPE, S2), (LOCAL, S3))
        ]
    assert seen == [True, False, False, False]


async def test_hits_come_back_and_a_second_replaces_the_first(store: SqlStore) -> None:
    """An edited article is matched again; what counts is what matches now."""
    one, two = await stored(store, article("one"), article("two"))
    again = replace(hit(one.id), watch_version=2, hits=(), at=at(3))
    async with store.transaction() as tx:
        await tx.hits.add(())
        await tx.hits.add([hit(two.id), hit(one.id, by=9), hit(one.id)])
        await tx.hits.add([again])
    async with store.reading() as tx:
        assert await tx.hits.of([two.id, one.id]) == (again, hit(one.id, by=9), hit(two.id))
        assert await tx.hits.of([two.id, one.id], [WatchId(9)]) == (hit(one.id, by=9),)
        assert await tx.hits.of([two.id, one.id], []) == ()


async def test_a_watchs_articles_are_newest_first(store: SqlStore) -> None:
    """Trend and catch-up read them from there."""
    kept = await stored(store, *(article(f"n{n}", first_seen=at(n)) for n in range(4)))
    async with store.transaction() as tx:
        await tx.hits.add([hit(one.id, when=one.first_seen) for one in kept])
        found = await tx.hits.articles(WatchId(7), at(0), 2)
        others = await tx.hits.articles(WatchId(8), at(0), 2)
    assert found == (kept[3].id, kept[2].id)
    assert others == ()


async def test_the_latest_decision_counts_and_the_trail_is_kept(store: SqlStore) -> None:
    """`/why` tells the whole way; composing looks at where it stands."""
    story = await filed(store, S1, article("a"))
    (one,) = (member.id for member in story.articles)
    first = decision(one, S1, Fate.WAITING, reason="matched")
    held = decision(one, S1, Fate.HELD, reason="quiet hours", at=at(1))
    posted = decision(one, S1, Fate.POSTED, alert="k", at=at(2))
    other = decision(one, S1, Fate.MUTED, channel=GUILD)
    async with store.transaction() as tx:
        await tx.decisions.record(())
        await tx.decisions.record([first, other])
        await tx.decisions.record([held, posted])
    async with store.reading() as tx:
        assert await tx.decisions.of(one) == (first, other, held, posted)
        assert await tx.decisions.of(one, GUILD_SCOPE) == (other,)
        assert await tx.decisions.latest(NEWS, S1) == {one: posted}
        assert await tx.decisions.latest(GUILD, S1) == {one: other}
        assert await tx.decisions.latest(SPORT, S1) == {}


async def test_the_decisions_that_an_alert_carries_are_found_by_its_key(store: SqlStore) -> None:
    """When it is given up they must say so; what was decided anew since is not its own any more."""
    story = await filed(store, S1, article("one"), article("two"), article("three"))
    one, two, three = (member.article.id for member in story.members)
    async with store.transaction() as tx:
        await tx.decisions.record(
            [
                decision(one, S1, Fate.POSTED, alert="k"),
                decision(two, S1, Fate.MERGED, alert="l"),
                decision(three, S1, Fate.MERGED, alert="k"),
            ]
        )
        await tx.decisions.record([decision(three, S1, Fate.MUTED)])
        found = await tx.decisions.carried_by(["k", "other"])
    assert found == (decision(one, S1, Fate.POSTED, alert="k"),)


async def test_headlines_are_completed_newest_first_or_by_their_words(store: SqlStore) -> None:
    """Only of what concerns the channel: another's article is not told by its headline."""
    async with store.transaction() as tx:
        for minute, (code, *titles) in enumerate(
            [("AAAA", "Storm hits", "Roofs gone"), ("BBBB", "Vote held"), ("CCCC", "Storm ends")]
        ):
            articles = await tx.articles.add(
                [article(title, first_seen=at(minute)) for title in titles]
            )
            members = tuple(Member(article=one) for one in articles)
            await tx.stories.add(Story(id=StoryId(code), members=members))
            await tx.threads.open(NEWS, StoryId(code), at(minute), None)
            await tx.decisions.record(
                [decision(articles[-1].id, code, Fate.POSTED)]  # the first is of elsewhere
            )
        everything = await tx.stories.titles(NEWS, at(-1), "", 9)
        newest = await tx.stories.titles(NEWS, at(-1), "", 1)
        later = await tx.stories.titles(NEWS, at(0), "", 9)
        found = await tx.stories.titles(NEWS, at(-1), "stor", 9)
        elsewhere = await tx.stories.titles(SPORT, at(-1), "", 9)
    assert list(everything.items()) == [
        ("CCCC", "Storm ends"), ("BBBB", "Vote held"), ("AAAA", "Roofs gone")
    ]  # fmt: skip
    assert list(newest) == ["CCCC"]
    assert list(later) == ["CCCC", "BBBB"]
    assert list(found) == ["CCCC", "AAAA"]
    assert elsewhere == {}
