"""What every store promises of articles, entry keys, edits and search."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain.articles import ArticleId, FeedId
from bot.domain.records import Edit
from bot.domain.sift import Seen
from tests.contract.rows import NOON, article, at, stored
from tests.fakes.clock import FakeClock

A, B = FeedId(1), FeedId(2)


async def test_articles_come_back_as_they_were_stored(store: SqlStore) -> None:
    """Every field, with its order, its time zone and the odd characters of the news."""
    draft = article(
        "“Ñandú” – 🦤",
        body="one\n\ntwo",
        author="É. O'Neil",
        tags=("b", "a"),
        lang="es",
        published=datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC),
        version=3,
    )
    (kept,) = await stored(store, draft)
    async with store.reading() as tx:
        assert await tx.articles.get([kept.id]) == (kept,)
        assert await tx.articles.find(draft.url) == kept
    assert kept == replace(draft, id=kept.id)


async def test_ids_grow_in_the_order_given(store: SqlStore) -> None:
    """Order of arrival is the order of ids, also within a poll."""
    kept = await stored(store, article("c"), article("a"), article("b"))
    more = await stored(store, article("d"))
    assert [one.title for one in kept] == ["c", "a", "b"]
    assert sorted(one.id for one in (*kept, *more)) == [one.id for one in (*kept, *more)]


async def test_a_draft_with_a_stored_address_gives_the_article_it_has(store: SqlStore) -> None:
    """Two feeds, two processes or one careless feed: an address is stored once."""
    (first,) = await stored(store, article("storm"))
    kept = await stored(store, article("new"), article("storm", title="Again"), article("new"))
    assert await stored(store, article("storm")) == (first,)
    assert kept[1] == first
    assert kept[0] == kept[2]
    async with store.reading() as tx:
        assert len(await tx.articles.since(at(-1), 9)) == 2
        assert len(await tx.articles.search("storm", at(-1), 9, 0)) == 1


async def test_articles_without_an_address_are_never_the_same(store: SqlStore) -> None:
    """No link says nothing about identity."""
    one, two = await stored(store, article(url=""), article(url=""))
    assert one.id != two.id
    assert one.url == ""


async def test_text_that_no_database_holds_is_mended(store: SqlStore) -> None:
    """Half a surrogate pair or a NUL in a feed must not make its polls fail for ever."""
    (kept,) = await stored(
        store, article(url="", title="a\ud83dz", summary="b\x00c", tags=("\ud800",))
    )
    async with store.reading() as tx:
        assert await tx.articles.get([kept.id]) == (kept,)
    assert (kept.title, kept.summary, kept.tags) == ("a\ufffdz", "b\ufffdc", ("\ufffd",))


async def test_nothing_stored_is_nothing_returned(store: SqlStore) -> None:
    """Empty polls are the rule."""
    async with store.transaction() as tx:
        assert await tx.articles.add(()) == ()
        await tx.articles.remember(A, {}, NOON)
        assert (await tx.articles.known(A, ())).by_key == {}
        assert await tx.articles.by_urls(()) == {}
        assert await tx.articles.get((ArticleId(9),)) == ()
        assert await tx.articles.find("https://nowhere.example/") is None


async def test_keys_are_known_in_their_feed_only(store: SqlStore) -> None:
    """A guid of one feed says nothing about another's."""
    (kept,) = await stored(store, article())
    async with store.transaction() as tx:
        await tx.articles.remember(A, {"guid:1": kept.id}, NOON)
        known = await tx.articles.known(A, ["guid:1", "guid:2"])
        other = await tx.articles.known(B, ["guid:1"])
    assert known.by_key == {"guid:1": Seen.of(kept)}
    assert other.by_key == {}


async def test_a_key_can_be_given_to_another_article(store: SqlStore) -> None:
    """A feed that re-ids its entries is followed."""
    one, two = await stored(store, article("one"), article("two"))
    async with store.transaction() as tx:
        await tx.articles.remember(A, {"k": one.id}, NOON)
        await tx.articles.remember(A, {"k": two.id}, at(1))
        known = await tx.articles.known(A, ["k"])
    assert known.by_key["k"].article == two.id


async def test_more_keys_than_one_statement_takes_are_all_found(store: SqlStore) -> None:
    """A first poll may bring hundreds of entries with several keys each."""
    (kept,) = await stored(store, article())
    keys = [f"k{number}" for number in range(1_203)]
    async with store.transaction() as tx:
        await tx.articles.remember(A, dict.fromkeys(keys, kept.id), NOON)
        assert set((await tx.articles.known(A, keys)).by_key) == set(keys)
        assert len(await tx.articles.get([kept.id] * 1_100)) == 1_100


async def test_an_edit_changes_the_article_and_keeps_what_it_was(store: SqlStore) -> None:
    """The thread reply EDITED quotes both; search finds the new words only."""
    (old,) = await stored(store, article("deported"))
    new = replace(old, title="transferred", summary="Other words.", version=2)
    edit = Edit(
        article=old.id,
        version=2,
        old_title=old.title,
        new_title=new.title,
        old_summary=old.summary,
        new_summary=new.summary,
        at=at(5),
    )
    async with store.transaction() as tx:
        await tx.articles.remember(A, {"k": old.id}, NOON)
        await tx.articles.edit(new, edit)
    async with store.reading() as tx:
        assert await tx.articles.get([old.id]) == (new,)
        assert await tx.articles.edits([old.id], None) == (edit,)
        assert await tx.articles.edits([old.id], at(4)) == (edit,)
        assert await tx.articles.edits([old.id], at(5)) == ()
        assert await tx.articles.search("deported", at(-1), 9, 0) == ()
        assert await tx.articles.search("transferred", at(-1), 9, 0) == (new,)
        assert (await tx.articles.known(A, ["k"])).by_key["k"] == Seen.of(new)


async def test_since_gives_the_newest_oldest_first(store: SqlStore) -> None:
    """A backtest reads the articles in the order in which they came."""
    await stored(store, *(article(f"n{n}", first_seen=at(n)) for n in range(5)))
    async with store.reading() as tx:
        found = await tx.articles.since(at(0), 3)
    assert [one.title for one in found] == ["n2", "n3", "n4"]


@pytest.mark.parametrize(
    ("words", "finds"),
    [
        ("bukele", True),
        ("BUKÉLE", True),
        ("presidente anuncia", True),
        ("anuncia presidente", True),
        ("presid", True),  # the last word may be unfinished
        ("presid anuncia", False),
        ("outlet", True),  # who published it
        ("nada", False),
        ("bukele nada", False),
        ('"', False),  # something was asked for, and no article has it
        ("", True),
        ("a* OR bukele", False),  # OR is a word like any other
        ("bukele NOT anuncia", False),
        ('bukele" AND "x', False),
        ("title:bukele", False),  # no word "title"
        ("-bukele", True),
        ("(bukele", True),
        ("bukele^2", False),
        ("🦤", True),
        ("選", True),
        ("O'Neil", True),
    ],
)
async def test_search_takes_any_text_as_words(store: SqlStore, words: str, finds: bool) -> None:  # noqa: FBT001 - a table's column
    """Case and accents do not matter, and nothing that a person types is syntax."""
    await stored(
        store, article("Bukele", summary="El presidente anuncia 🦤 選挙", author="Ann O'Neil")
    )
    async with store.reading() as tx:
        found = await tx.articles.search(words, at(-1), 9, 0)
    assert bool(found) is finds


async def test_search_is_newest_first_in_pages_and_by_feed(store: SqlStore) -> None:
    """`/search` shows five a page with Next, and can be limited to feeds."""
    drafts = [article(f"storm {n}", first_seen=at(n), feed=A if n % 2 else B) for n in range(6)]
    await stored(store, *drafts)
    async with store.reading() as tx:
        first = await tx.articles.search("storm", at(-1), 2, 0)
        second = await tx.articles.search("storm", at(-1), 2, 2)
        of_a = await tx.articles.search("storm", at(-1), 9, 0, [A])
        late = await tx.articles.search("", at(3), 9, 0)
    assert [one.title for one in (*first, *second)] == ["storm 5", "storm 4", "storm 3", "storm 2"]
    assert [one.title for one in of_a] == ["storm 5", "storm 3", "storm 1"]
    assert [one.title for one in late] == ["storm 5", "storm 4"]


async def test_days_are_counted_in_utc(store: SqlStore) -> None:
    """The trend chart has one bar a day."""
    kept = await stored(
        store,
        article("a"),
        article("b", first_seen=NOON + timedelta(hours=11, minutes=59)),
        article("c", first_seen=NOON + timedelta(hours=12)),
    )
    async with store.reading() as tx:
        counts = await tx.articles.counts_by_day([one.id for one in kept])
    assert dict(counts) == {"2026-03-02": 2, "2026-03-03": 1}


async def test_a_key_that_stays_in_its_feed_outlives_pruning(
    store: SqlStore, clock: FakeClock
) -> None:
    """A feed may carry one entry for years; it must not become new when its key grows old."""
    (kept,) = await stored(store, article())
    async with store.transaction() as tx:
        await tx.articles.remember(A, {"stays": kept.id, "went": kept.id}, NOON)
    clock.now = NOON + timedelta(days=399)
    async with store.transaction() as tx:
        await tx.articles.known(A, ["stays"])
    later = NOON + timedelta(days=401)
    async with store.transaction() as tx:
        await tx.housekeeping.prune(NOON, later - timedelta(days=400), 100)
        known = await tx.articles.known(A, ["stays", "went"])
    assert set(known.by_key) == {"stays"}


async def test_reading_refreshes_no_key(store: SqlStore, clock: FakeClock) -> None:
    """What only reads must not wait for a writer."""
    (kept,) = await stored(store, article())
    async with store.transaction() as tx:
        await tx.articles.remember(A, {"k": kept.id}, NOON)
    clock.now = NOON + timedelta(days=399)
    async with store.reading() as tx:
        await tx.articles.known(A, ["k"])
    async with store.transaction() as tx:
        await tx.housekeeping.prune(NOON, NOON + timedelta(days=1), 100)
        known = await tx.articles.known(A, ["k"])
    assert known.by_key == {}


async def test_a_deleted_article_is_not_found_but_its_entry_is_known(store: SqlStore) -> None:
    """Tombstones: a feed that still carries what was pruned must not post it again."""
    (kept,) = await stored(store, article("old"))
    async with store.transaction() as tx:
        await tx.articles.remember(A, {"k": kept.id}, NOON)
        assert await tx.housekeeping.prune(at(1), at(-1), 100) == 1
    async with store.reading() as tx:
        assert await tx.articles.search("old", at(-1), 9, 0) == ()
        assert await tx.articles.get([kept.id]) == ()
        assert (await tx.articles.known(A, ["k"])).by_key == {"k": Seen.of(kept)}
