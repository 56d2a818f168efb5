"""A site's address in place of a feed's: its feeds are found, by what it links or by convention."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from bot.commands import feed_found
from bot.commands.feed_found import ask
from bot.domain.polls import FoundFeed, Outcome, PollRequest, PollResult

PAGE = "This is a web page, not a feed. It links no feed."


@dataclass(slots=True)
class Sites:
    """A feed source where these addresses have feeds; all else is a page, or as `changes` say."""

    feeds: Mapping[str, str] = field(default_factory=dict)  # titles
    changes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    slow: bool = False
    asked: list[str] = field(default_factory=list)

    async def poll(self, request: PollRequest) -> PollResult:
        self.asked.append(request.url)
        if self.slow and len(self.asked) > 1:
            await asyncio.Event().wait()
        title = self.feeds.get(request.url)
        made: dict[str, object] = {
            "url": request.url,
            "final_url": request.url,
            "status": 200,
            "outcome": Outcome.ERROR if title is None else Outcome.OK,
            "title": title or "",
            "reason": PAGE if title is None else "",
        }
        return PollResult(**{**made, **self.changes.get(request.url, {})})  # type: ignore[arg-type] # real fields


async def test_the_usual_places_are_asked_until_one_has_a_feed() -> None:
    """Nobody need know where a site keeps it; the result tells of the page all the same."""
    site = Sites({"https://example.org/feed.xml": "Example"})
    found = await ask(site, "https://example.org/world/")
    assert found.feeds == (FoundFeed(url="https://example.org/feed.xml", title="Example"),)
    assert (found.outcome, found.reason) == (Outcome.ERROR, PAGE)
    assert site.asked == [
        *("https://example.org/world/", "https://example.org/world/feed/"),
        *("https://example.org/feed/", "https://example.org/rss", "https://example.org/feed.xml"),
    ]


async def test_a_feed_that_was_found_is_offered_where_it_has_moved_to() -> None:
    """As one that is added is stored where it is now."""
    there = "https://example.org/feed/"
    moved = {there: {"outcome": Outcome.MOVED, "moved_to": "https://feeds.example.org/all"}}
    found = await ask(Sites({there: "Example"}, moved), "https://example.org/")
    assert found.feeds == (FoundFeed(url="https://feeds.example.org/all", title="Example"),)


@pytest.mark.parametrize(
    ("url", "first", "asked"),
    [
        ("https://example.org/feed.xml", {"outcome": Outcome.OK}, 1),
        ("https://example.org/", {"feeds": (FoundFeed(url="https://example.org/f"),)}, 1),
        ("https://example.org/", {"status": None}, 1),
        ("https://example.org/", {"outcome": Outcome.REFUSED}, 1),
        ("https://example.org/", {"outcome": Outcome.DEFERRED}, 1),
        ("https://example.org/", {"status": 502}, 1),
        ("https://github.com/example", {}, 1),
        ("https://github.com/features", {}, 1),
        ("https://example.org/", {}, 9),
    ],
)
async def test_no_place_is_asked_without_need(
    url: str, first: Mapping[str, object], asked: int
) -> None:
    """Not where a feed or a link to one is there, nor a server that is away or asks to be left."""
    site = Sites(changes={url: first})
    found = await ask(site, url)
    assert len(site.asked) == asked
    assert found.url == url


async def test_a_platform_s_feeds_are_offered_without_a_request() -> None:
    """Reddit and YouTube keep bots from their pages, not from their feeds."""
    url = "https://www.reddit.com/r/news"
    site = Sites(changes={url: {"status": 403}})
    found = await ask(site, url)
    assert [feed.url for feed in found.feeds] == ["https://www.reddit.com/r/news/.rss"]
    assert site.asked == [url]


@pytest.mark.parametrize("then", [{"status": None}, {"outcome": Outcome.DEFERRED}])
async def test_a_server_that_has_had_enough_is_left(then: Mapping[str, object]) -> None:
    """The other places are on it, too."""
    site = Sites(changes={"https://example.org/feed/": then})
    assert (await ask(site, "https://example.org/")).feeds == ()
    assert len(site.asked) == 2


async def test_a_slow_site_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked in chat waits for an answer."""
    monkeypatch.setattr(feed_found, "PATIENCE", 0.01)
    site = Sites(slow=True)
    assert (await ask(site, "https://example.org/")).feeds == ()
    assert len(site.asked) == 2
