"""Reading pages beside all else: what comes of it, and that no alert waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from bot.domain.pages import Page
from bot.pipeline import pages
from bot.pipeline.pages import PageReader
from tests.integration.pipeline_world import CHANNEL, World, entry, world

TEXT = (
    "Lawyers counted 252 detainees at the CECOT prison on Friday. "
    "The ministry refused to publish the list of their names. "
    "A hearing before the supreme court is set for Monday morning."
)


@dataclass(slots=True)
class FakePages:
    """A page source that gives what it is told to; see `bot.ports.world.PageSource`."""

    gives: Callable[[str], Awaitable[Page]]
    asked: list[str] = field(default_factory=list)

    async def read(self, url: str) -> Page:
        self.asked.append(url)
        return await self.gives(url)


async def _text(_url: str) -> Page:
    return Page(text=TEXT)


async def _nothing(_url: str) -> Page:
    return Page(reason="The server did not send the page (500).")


async def _never(_url: str) -> Page:
    await asyncio.Event().wait()
    return Page()


async def _told(one: World) -> None:
    """Have an article matched and its card posted."""
    await one.pass_("0s")
    one.source.entries["https://a.example/feed"] = (entry("a", "x", "Judge names CECOT"),)
    await one.pass_("6m")


async def test_a_page_is_read_once_and_the_card_says_more() -> None:
    """The card was out before; its edit brings the sentences of the page."""
    async with world("a") as one:
        source = FakePages(_text)
        reader = PageReader(one.store, source, one.clock, on=True)
        await _told(one)
        (card,) = one.chat.in_channel(CHANNEL)
        before = str(card.message)
        counts = [await reader.tick(), await reader.tick()]
        await one.pass_("1m")
    assert counts == [1, 0]
    assert source.asked == ["https://a.example/x"]
    assert "supreme court" not in before
    assert "supreme court" in str(card.message)
    assert card.edits == 1


async def test_an_article_whose_card_is_not_out_yet_is_read_all_the_same() -> None:
    """The card then has it from the start."""
    async with world("a") as one:
        reader = PageReader(one.store, FakePages(_text), one.clock, on=True)
        await one.pass_("0s")
        one.source.entries["https://a.example/feed"] = (entry("a", "x", "Judge names CECOT"),)
        one.clock.pass_("6m")
        await one.collector.once()
        assert await reader.tick() == 1
        await one.pass_("1m")
    (card,) = one.chat.in_channel(CHANNEL)
    assert "supreme court" in str(card.message)
    assert card.edits == 0


async def test_a_page_that_fails_changes_nothing() -> None:
    """The card says what the feed gave; nobody is asked again."""
    async with world("a") as one:
        source = FakePages(_nothing)
        reader = PageReader(one.store, source, one.clock, on=True)
        await _told(one)
        counts = [await reader.tick(), await reader.tick()]
        await one.pass_("1m")
    (card,) = one.chat.in_channel(CHANNEL)
    assert counts == [1, 0]
    assert card.edits == 0


async def test_a_page_that_is_late_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it keeps no later page waiting; the card was out all along."""
    monkeypatch.setattr(pages, "LATEST", 0.01)
    async with world("a") as one:
        reader = PageReader(one.store, FakePages(_never), one.clock, on=True)
        await _told(one)
        assert len(one.chat.in_channel(CHANNEL)) == 1
        assert [await reader.tick(), await reader.tick()] == [1, 0]


async def test_pages_are_left_when_the_program_ends() -> None:
    """A slow server does not keep it up; before and after there is nothing to leave."""
    async with world("a") as one:
        began = asyncio.Event()

        async def never(url: str) -> Page:
            began.set()
            return await _never(url)

        reader = PageReader(one.store, FakePages(never), one.clock, on=True)
        await _told(one)
        reader.stop()
        ticking = asyncio.create_task(reader.tick())
        await began.wait()
        reader.stop()
        assert await ticking == 1


async def test_pages_are_asked_for_only_where_it_is_switched_on() -> None:
    """Off is the default; a changed configuration switches it while the program runs."""
    async with world("a") as one:
        source = FakePages(_text)
        reader = PageReader(one.store, source, one.clock, on=False)
        await _told(one)
        assert await reader.tick() == 0
        assert source.asked == []
        reader.use(on=True)
        assert await reader.tick() == 1
