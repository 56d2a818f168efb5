"""`body:full`: pages that a watch asks for make articles match, and nothing waits for them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain import pages as bounds
from bot.domain.articles import Article, Entry
from bot.domain.errors import StoreError
from bot.domain.pages import Page, Reading
from bot.pipeline import fulltext
from bot.pipeline.fulltext import FullReader
from bot.pipeline.pages import PageReader
from tests.integration.pipeline_world import CHANNEL, World, entry, world

TEXT = "Lawyers counted 252 detainees at the prison of Tecoluca, known as CECOT, on Friday."
QUIET = entry("a", "x", "Judge sets a hearing", "It begins in May.")


@dataclass(slots=True)
class FakePages:
    """A page source that gives what it is told to; see `bot.ports.world.PageSource`."""

    gives: Callable[[str], Awaitable[Page]]
    asked: list[str] = field(default_factory=list)

    async def read(self, url: str) -> Page:
        self.asked.append(url)
        return await self.gives(url)


def under_way(site: str = "") -> list[asyncio.Task[object]]:
    """Return the tasks that read pages of a site."""
    tasks = asyncio.all_tasks()
    return [one for one in tasks if one.get_name().startswith("page ") and site in one.get_name()]


async def _text(_url: str) -> Page:
    return Page(text=TEXT)


async def _nothing(_url: str) -> Page:
    return Page(reason="The server did not send the page (500).")


async def _never(_url: str) -> Page:
    await asyncio.Event().wait()
    return Page()


@asynccontextmanager
async def watched(
    query: str = "cecot body:full",
    gives: Callable[[str], Awaitable[Page]] = _text,
    feeds: tuple[str, ...] = ("a",),
    **changes: object,
) -> AsyncIterator[tuple[World, FakePages, FullReader]]:
    """Open a world whose feeds are seeded, and whose watch asks for this."""
    async with world(*feeds, query=query, **changes) as one:
        source = FakePages(gives)
        reader = FullReader(one.store, source, one.sorter, one.clock, "w1")
        await one.pass_("0s")
        yield one, source, reader


async def brought(one: World, *entries: Entry, by: str = "a") -> None:
    """Have a feed bring these."""
    one.source.entries[f"https://{by}.example/feed"] = entries
    await one.pass_("6m")


async def article(store: SqlStore, url: str = "https://a.example/x") -> Article:
    async with store.reading() as tx:
        found = await tx.articles.find(url)
    assert found is not None
    return found


async def readings(store: SqlStore, url: str = "https://a.example/x") -> list[tuple[Reading, str]]:
    """Return how far the reading of an article's page has come, by feed, and why."""
    its = (await article(store, url)).id
    async with store.reading() as tx:
        return [(one.state, one.reason) for one in await tx.wanted.of(its)]


async def test_an_article_matches_by_its_page_once() -> None:
    """The card says where the word was; a second look, a second poll and an edit add nothing."""
    async with watched() as (one, source, reader):
        await brought(one, QUIET)
        assert one.chat.in_channel(CHANNEL) == []
        assert await reader.once() == 1
        await one.pass_("1m")
        (card,) = one.chat.in_channel(CHANNEL)
        await brought(one, replace(QUIET, title="Judge sets another hearing"))
        assert await reader.once() == 1  # by what was read before
        await one.pass_("1m")
        left = await readings(one.store)
    assert "CECOT" in str(card.message)
    assert "(page)" in str(card.message)
    assert len(one.chat.in_channel(CHANNEL)) == 1
    assert source.asked == ["https://a.example/x"]
    assert left == [(Reading.READ, "")]


async def test_what_matches_without_its_page_is_told_at_once_and_no_page_is_asked_for() -> None:
    """So a slow server, or one that is down, delays nothing."""
    async with watched() as (one, source, reader):
        await brought(one, entry("a", "x", "Judge names CECOT"))
        assert len(one.chat.in_channel(CHANNEL)) == 1
        assert await reader.once() == 0
    assert source.asked == []


async def test_no_page_is_asked_for_that_cannot_decide() -> None:
    """The rest of a query, or of its watch, keeps the article out whatever its page says."""
    async with watched("cecot") as (one, source, reader):
        async with one.store.transaction() as tx:
            (watch,) = await tx.watches.list()
            full = replace(watch, query="cecot body:full")
            for other in (
                replace(watch, query="cecot -judge body:full"),
                replace(watch, query="cecot lang:es body:full"),
                replace(watch, query="cecot title:visit body:full"),
                replace(full, feeds=("b",)),
                replace(full, paused=True),
                replace(full, channels=()),
            ):
                await tx.watches.add(other)
        await brought(one, QUIET)
        assert await reader.once() == 0
    assert source.asked == []


async def test_what_was_there_before_the_feed_is_not_read() -> None:
    """Nobody would be told of it."""
    async with world("a", query="cecot body:full") as one:
        reader = FullReader(one.store, FakePages(_text), one.sorter, one.clock, "w1")
        one.source.entries["https://a.example/feed"] = (QUIET,)
        await one.pass_("0s")
        assert await reader.once() == 0


async def test_a_page_that_fails_is_told_and_not_asked_for_again() -> None:
    """`why` has the reason; neither matching nor summaries ask the server a second time."""
    async with watched(gives=_nothing) as (one, source, reader):
        await brought(one, QUIET)
        assert await reader.once() == 1
        await brought(one, replace(QUIET, title="Judge sets another hearing"))
        assert await reader.once() == 0
        told = await readings(one.store)
    assert len(source.asked) == 1
    assert told == [(Reading.FAILED, "The server did not send the page (500).")]


async def test_a_page_that_is_late_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has had longer than any request may take."""
    monkeypatch.setattr(fulltext, "LATEST", 0.01)
    async with watched(gives=_never) as (one, _, reader):
        await brought(one, QUIET)
        assert await reader.once() == 1
        assert await readings(one.store) == [
            (Reading.FAILED, "It was not there after 0.01 seconds.")
        ]


async def test_a_slow_page_holds_up_no_other_and_is_read_again_after_a_stop() -> None:
    """The row waits in the database: what a stopped program had begun, the next one reads."""

    async def slow(url: str) -> Page:
        return await (_never(url) if "a.example" in url else _text(url))

    async with watched(gives=slow, feeds=("a", "b")) as (one, source, reader):
        one.source.entries["https://b.example/feed"] = (entry("b", "y", "Talks begin"),)
        await brought(one, QUIET)
        await reader.tick()
        await asyncio.wait(under_way("b.example"))
        await one.pass_("1m")
        assert len(one.chat.in_channel(CHANNEL)) == 1
        await reader.stop()
        source.gives = _text
        successor = FullReader(one.store, source, one.sorter, one.clock, "w2")
        assert await successor.once() == 0  # the lease is the other's still
        one.clock.pass_("4m")
        assert await successor.once() == 1
        await one.pass_("1m")
    assert sorted(source.asked) == ["https://a.example/x"] * 2 + ["https://b.example/y"]
    titles = {str(sent.message.title) for sent in one.chat.in_channel(CHANNEL)}
    assert len(titles) == 2


async def test_no_more_begin_than_may_be_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest waits in the database."""
    monkeypatch.setattr(fulltext, "AT_ONCE", 1)
    async with watched(gives=_never, feeds=("a", "b")) as (one, source, reader):
        one.source.entries["https://b.example/feed"] = (entry("b", "y", "Talks begin"),)
        await brought(one, QUIET)
        await reader.tick()
        await reader.tick()
        await asyncio.sleep(0)
        assert len(source.asked) == 1
        await reader.stop()


async def test_a_worker_that_comes_back_late_changes_nothing() -> None:
    """Its lease is gone, and another has read the page."""
    async with watched() as (one, source, reader):

        async def meanwhile(url: str) -> Page:
            one.clock.pass_("4m")
            source.gives = _text
            await FullReader(one.store, source, one.sorter, one.clock, "w2").once()
            return await _text(url)

        source.gives = meanwhile
        await brought(one, QUIET)
        assert await reader.once() == 1
        await one.pass_("1m")
        assert len(one.chat.in_channel(CHANNEL)) == 1
        assert await readings(one.store) == [(Reading.READ, "")]


@pytest.mark.parametrize("failure", [StoreError("The disk is full."), RuntimeError("a bug")])
async def test_a_page_that_cannot_be_settled_waits_and_is_settled_later(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is stored, so nothing is lost, and what the sorter remembered is dropped."""
    async with watched() as (one, _, reader):
        await brought(one, QUIET)

        async def fails(*_: object) -> None:
            raise failure

        with monkeypatch.context() as patched:
            patched.setattr(fulltext, "wake_cards", fails)
            await reader.tick()
            await asyncio.wait(under_way())
        assert await readings(one.store) == [(Reading.WAITING, "")]
        one.clock.pass_("4m")
        assert await reader.once() == 1
        await one.pass_("1m")
        assert len(one.chat.in_channel(CHANNEL)) == 1


async def test_an_article_in_a_story_gets_the_watch_and_its_card_the_text() -> None:
    """Another watch told of it; where that was, it is told no second time, but summarised anew."""
    async with watched("judge OR (cecot body:full)") as (one, source, reader):
        await brought(one, QUIET)  # matches by its title: no page is wanted
        assert await reader.once() == 0
        async with one.store.transaction() as tx:
            (watch,) = await tx.watches.list()
            await tx.watches.add(replace(watch, name="full", query="cecot body:full"))
        await brought(one, replace(QUIET, summary="It begins in June."))
        assert await reader.once() == 1
        its = (await article(one.store)).id
        async with one.store.reading() as tx:
            hits = {hit.watch: hit.hits for hit in await tx.hits.of([its])}
        await one.pass_("1m")
        (card,) = [sent for sent in one.chat.in_channel(CHANNEL) if sent.edits]
    assert len(hits) == 2
    assert "252 detainees" in str(card.message)
    assert source.asked == ["https://a.example/x"]


async def test_a_poll_and_a_day_have_bounds_and_what_is_left_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The newest are read; a flood of a feed costs its server twenty requests."""
    monkeypatch.setattr(bounds, "A_POLL", 2)
    monkeypatch.setattr(bounds, "A_DAY", 3)
    async with watched(gives=_nothing) as (one, source, reader):
        await brought(one, *(entry("a", f"{n}", f"Hearing number {n}") for n in range(3)))
        await reader.once()
        await brought(one, *(entry("a", f"{n}", f"Second hearing {n}") for n in range(3, 5)))
        await reader.once()
        reasons = [
            reason
            for number in range(5)
            for state, reason in await readings(one.store, f"https://a.example/{number}")
            if state is Reading.LEFT
        ]
    assert len(source.asked) == 3
    assert sorted(reasons) == [
        "of one poll's articles 2 pages are read",
        "within 24 hours 3 pages are read",
    ]


async def test_an_address_that_items_share_is_not_read() -> None:
    """What stands on it says nothing of one of them."""
    shared = [
        Entry(id=slug, link="https://a.example/live", title=f"{slug} at the court")
        for slug in ("Monday", "Tuesday")
    ]
    async with watched() as (one, source, reader):
        await brought(one, *shared)
        await reader.once()
    assert source.asked == []


async def test_each_feed_that_brings_an_article_has_it_matched_and_one_request_does() -> None:
    """A watch may be for one of them only."""
    async with watched(feeds=("a", "b")) as (one, source, reader):
        await brought(one, QUIET)
        await brought(one, replace(QUIET, id="other"), by="b")
        assert await reader.once() == 2
        assert [state for state, _ in await readings(one.store)] == [Reading.READ] * 2
        await one.pass_("1m")
        assert len(one.chat.in_channel(CHANNEL)) == 1
    assert source.asked == ["https://a.example/x"]


async def test_a_page_of_a_feed_that_is_gone_makes_nothing_match() -> None:
    """Its articles stay, but nobody watches it any more."""
    async with watched() as (one, _, reader):
        await brought(one, QUIET)
        async with one.store.transaction() as tx:
            (line,) = await tx.feeds.list()
            await tx.feeds.remove(line.feed.id)
        assert await reader.once() == 1
        await one.pass_("1m")
        assert one.chat.in_channel(CHANNEL) == []


async def test_a_page_that_is_wanted_is_left_alone_by_summaries() -> None:
    """One request serves both."""
    async with watched("judge OR (cecot body:full)") as (one, source, reader):
        await brought(one, QUIET)
        async with one.store.transaction() as tx:
            (watch,) = await tx.watches.list()
            await tx.watches.add(replace(watch, name="full", query="cecot body:full"))
        await brought(one, replace(QUIET, summary="It begins in June."))
        summaries = PageReader(one.store, source, one.clock, on=True)
        assert await summaries.tick() == 0
        assert await reader.once() == 1
        assert await summaries.tick() == 0
    assert source.asked == ["https://a.example/x"]
