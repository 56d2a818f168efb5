"""What people are told of pages that watches ask for: why, health, and a query that is tried."""

from dataclasses import replace

from bot.domain.pages import Page
from bot.domain.urls import site_name
from bot.pipeline.fulltext import FullReader
from tests.integration.desk_world import Office, office

TEXT = "Lawyers counted 252 detainees at the prison of Tecoluca, known as CECOT, on Friday."


class _Pages:
    """A page source that has the text of one outlet's articles."""

    async def read(self, url: str) -> Page:
        if site_name(url) == "one.example":
            return Page(text=TEXT)
        return Page(reason="The site's robots.txt keeps us from the page.")


async def _with_pages(place: Office) -> FullReader:
    """Have one watch ask for pages, and two feeds bring an article each."""
    world = place.world
    async with world.store.transaction() as tx:
        (watch,) = await tx.watches.list()
        await tx.watches.save(replace(watch, query="tecoluca body:full", version=2))
    await place.publish(
        ("one", "x", "Judge sets a hearing", "It begins in May."),
        ("two", "y", "Talks begin", "In the capital."),
    )
    return FullReader(world.store, _Pages(), world.sorter, world.clock, "w1")


async def test_why_and_health_tell_what_came_of_the_pages() -> None:
    """Waiting, read and matched, or refused with the reason; another workspace's stay its own."""
    async with office() as place:
        reader = await _with_pages(place)
        waiting = await place.type_("/why https://one.example/x")
        assert await reader.once() == 2
        await place.world.pass_("1m")
        found = await place.type_("/why https://one.example/x")
        missed = await place.type_("/why https://two.example/y")
        health = await place.type_("/health")
        async with place.world.store.transaction() as tx:
            for line in await tx.feeds.list():
                await tx.feeds.remove(line.feed.id)
        without = await place.type_("/health")
    assert "Page waits to be read for body:full since Mon 02 Mar" in waiting
    assert "“tecoluca” was not found; its page was not read" in waiting
    assert found.startswith("POSTED")
    assert "Page read for body:full Mon 02 Mar" in found
    assert "by Tecoluca (page)" in found
    assert "Page could not be read for body:full Mon 02 Mar" in missed
    assert ": The site's robots.txt keeps us from the page." in missed
    assert "Pages of the last 24 hours: 1 read for body:full, 1 could not be read" in health
    assert "left unread" not in health
    assert "body:full" not in without


async def test_health_tells_when_a_bound_bites() -> None:
    """Else a flood would be lost in silence."""
    async with office() as place:
        await _with_pages(place)
        await place.publish(*(("one", f"n{n}", f"Number {n}", "A talk.") for n in range(22)))
        words = await place.type_("/health")
        left = [await place.type_(f"/why https://one.example/n{n}") for n in range(22)]
    assert "2 left unread, since 20 are read of one poll and 1,000 a day" in words
    assert sum("Page was not asked for, though body:full wanted it" in one for one in left) == 2


async def test_a_query_that_is_tried_says_what_it_cannot_know() -> None:
    """Pages were not read then: a figure without them would be a promise."""
    async with office() as place:
        await place.publish(
            ("one", "x", "Judge sets a hearing", "It begins in May."),
            ("two", "y", "Talks begin in Tecoluca", "In the capital."),
        )
        words = await place.type_("/watch test tecoluca body:full")
        plain = await place.type_("/watch test tecoluca")
        narrow = await place.type_("/watch test tecoluca title:talks body:full")
    assert "1 further article might match by the full text of their pages" in words
    assert "might match" not in plain
    assert "might match" not in narrow
