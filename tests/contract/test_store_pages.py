"""What every store promises of article pages."""

from dataclasses import replace

from bot.adapters.store.database import SqlStore
from bot.domain.articles import Article
from bot.domain.pages import ENOUGH, PageToRead
from bot.domain.records import Fate
from tests.contract.rows import NOON, article, at, decision, filed


async def told(store: SqlStore, fate: Fate, *drafts: Article) -> tuple[Article, ...]:
    """Store articles as a story that a channel was told of, or not."""
    story = await filed(store, drafts[0].title.upper(), *drafts)
    async with store.transaction() as tx:
        await tx.decisions.record([decision(one.id, story.id, fate) for one in story.articles])
    return story.articles


async def test_pages_of_articles_that_a_channel_hears_of_are_chosen_once(store: SqlStore) -> None:
    """Never again, whatever became of them: a crash costs a text, and no server two requests."""
    one, two = await told(store, Fate.WAITING, article("one"), article("two", site="b.example"))
    async with store.transaction() as tx:
        first = await tx.pages.claim(at(-60), NOON, 9)
        again = await tx.pages.claim(at(-60), NOON, 9)
    assert {*first} == {PageToRead(article=a.id, url=a.url) for a in (one, two)}
    assert again == ()


async def test_what_no_channel_hears_of_is_not_asked_for(store: SqlStore) -> None:
    """Nor is what was there before the watch, what is old, long or has no address."""
    await told(store, Fate.SEEDED, article("seeded"))
    await told(store, Fate.MUTED, article("muted"))
    await filed(store, "AAAA", article("unmatched"))
    await told(store, Fate.POSTED, article("old", first_seen=at(-61)))
    await told(store, Fate.POSTED, article("long", body="x" * ENOUGH))
    await told(store, Fate.POSTED, article("without", url=""))
    async with store.transaction() as tx:
        assert await tx.pages.claim(at(-60), NOON, 9) == ()


async def test_each_page_of_a_choice_is_of_another_site(store: SqlStore) -> None:
    """A slow server keeps its own articles waiting only; the newest of a site comes first."""
    early, late, other = await told(
        store,
        Fate.HELD,
        article("early"),
        article("late", first_seen=at(1)),
        article("other", site="b.example"),
    )
    async with store.transaction() as tx:
        first = await tx.pages.claim(at(-60), NOON, 9)
        second = await tx.pages.claim(at(-60), NOON, 9)
    assert {one.article for one in first} == {late.id, other.id}
    assert [one.article for one in second] == [early.id]


async def test_no_more_are_chosen_than_asked_for(store: SqlStore) -> None:
    """The others' turn comes."""
    await told(store, Fate.POSTED, *(article(s, site=s) for s in ("a", "b", "c")))
    async with store.transaction() as tx:
        counts = [len(await tx.pages.claim(at(-60), NOON, 2)) for _ in range(3)]
    assert counts == [2, 1, 0]


async def test_a_story_has_the_text_of_its_pages(store: SqlStore) -> None:
    """For its summaries; the article itself stays as its feed gave it."""
    one, two = await told(store, Fate.POSTED, article("one"), article("two"))
    async with store.transaction() as tx:
        await tx.pages.claim(at(-60), NOON, 9)
        await tx.pages.claim(at(-60), NOON, 9)
        await tx.pages.keep(one.id, "All of it.\0.")
        codes = await tx.stories.of([one.id])
        story = await tx.stories.get(codes[one.id])
        plain = await tx.articles.get([one.id])
    assert story is not None
    assert story.articles == (replace(one, page="All of it.\ufffd."), two)
    assert plain == (one,)


async def test_old_texts_go_also_where_the_article_is_kept(store: SqlStore) -> None:
    """They are others' words, and have done their work."""
    (one,) = await told(store, Fate.POSTED, article("one"))
    async with store.transaction() as tx:
        await tx.pages.claim(at(-60), NOON, 9)
        await tx.pages.keep(one.id, "All of it.")
        await tx.housekeeping.prune(at(-1), at(-1), 9)
        code = (await tx.stories.of([one.id]))[one.id]
        before = await tx.stories.get(code)
        await tx.threads.open(decision(one.id, code, Fate.POSTED).channel, code, NOON, None)
        await tx.housekeeping.prune(at(1), at(1), 9)
        left = await tx.pages.claim(at(-60), NOON, 9)
    assert before is not None
    assert before.articles[0].page == "All of it."
    assert left == ()  # the article went with it here: no card holds it
