"""Every spelling of loopback by every way that an address comes to us: nothing is dialled.

Feeds asked for directly and by redirect are in `test_guard`; here are the other ways in.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.adapters.feeds.guard import networks
from bot.adapters.feeds.http import FetchError
from bot.adapters.feeds.lists import OpmlLists
from bot.adapters.feeds.pages import HttpPages
from bot.adapters.feeds.source import HttpFeedSource
from bot.domain.polls import Outcome, PollRequest
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer, redirects, serves
from tests.integration.test_fetch import NOW, settings
from tests.integration.test_guard import SPELLINGS, Names, dials

__all__ = ["dials"]  # a fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS = "127.8.8.8"
"""The one address that may be asked, from which strangers' servers lead elsewhere."""
MIXED = "mixed.example"
HOSTS = (*(host for host in SPELLINGS if host != OURS), MIXED)
PRIVATE = "private or reserved"


@asynccontextmanager
async def _outside(names: Names) -> AsyncIterator[tuple[FeedServer, HttpFeedSource]]:
    allowed = networks([f"{OURS}/32"])
    async with (
        FeedServer(address=OURS) as server,
        HttpFeedSource(settings(allow_addresses=allowed), lambda: NOW, names) as source,
    ):
        yield server, source


async def _page(source: HttpFeedSource, url: str) -> str:
    async with HttpPages(source.fetcher, FakeClock()) as pages:
        return (await pages.read(url)).reason


async def _list(source: HttpFeedSource, url: str) -> str:
    with pytest.raises(FetchError) as refused:
        await OpmlLists(source.document).fetch(url)
    return refused.value.reason


async def _poll(source: HttpFeedSource, url: str) -> str:
    return (await source.poll(PollRequest(url=url))).reason


async def _direct_list(server: FeedServer, source: HttpFeedSource, target: str) -> str:
    return await _list(source, target)


async def _redirected_list(server: FeedServer, source: HttpFeedSource, target: str) -> str:
    server.scripts["/list"] = redirects(target, 302)
    return await _list(source, server.url("/list"))


async def _feed_of_a_list(server: FeedServer, source: HttpFeedSource, target: str) -> str:
    outline = f'<opml><body><outline type="rss" xmlUrl="{target}"/></body></opml>'
    feeds, _ = await OpmlLists(source.document).read(outline.encode())
    return await _poll(source, feeds[0].url) if feeds else PRIVATE


async def _discovered(server: FeedServer, source: HttpFeedSource, target: str) -> str:
    link = f'<link rel="alternate" type="application/rss+xml" href="{target}">'
    page = f"<!doctype html><html><head>{link}</head></html>".encode()
    server.scripts["/"] = serves(page, "text/html")
    site = await source.poll(PollRequest(url=server.url("/")))
    assert site.outcome is Outcome.ERROR
    return await _poll(source, site.feeds[0].url) if site.feeds else PRIVATE


async def _direct_page(server: FeedServer, source: HttpFeedSource, target: str) -> str:
    return await _page(source, target)


async def _redirected_page(server: FeedServer, source: HttpFeedSource, target: str) -> str:
    server.scripts["/x"] = redirects(target, 302)
    return await _page(source, server.url("/x"))


async def _redirected_robots(server: FeedServer, source: HttpFeedSource, target: str) -> str:
    server.scripts["/robots.txt"] = redirects(target, 302)
    server.scripts["/x"] = serves(b"<html>", "text/html")
    assert "robots.txt" in await _page(source, server.url("/x"))
    assert not server.asked("/x")
    return PRIVATE


Way = Callable[[FeedServer, HttpFeedSource, str], Awaitable[str]]
WAYS: tuple[Way, ...] = (
    *(_direct_list, _redirected_list, _feed_of_a_list, _discovered),
    *(_direct_page, _redirected_page, _redirected_robots),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_no_way_leads_to_a_private_address(dials: list[str], way: Way) -> None:
    """In any spelling, and by a name one of whose addresses is private; only ours is dialled."""
    bad = []
    for host in HOSTS:
        names = Names({MIXED: [["93.184.216.34", "::1"]]})
        async with _outside(names) as (server, source):
            dials.clear()
            reason = await way(server, source, f"http://{host}:8080/feed")
        known = PRIVATE in reason or "robots.txt" in reason
        if not set(dials) <= {OURS} or not known:
            bad.append((host, reason, [*dials]))
    assert bad == []


@pytest.mark.parametrize("ask", [_poll, _page, _list], ids=lambda ask: ask.__name__)
async def test_a_name_that_is_rebound_leads_nowhere(
    dials: list[str],
    ask: Callable[[HttpFeedSource, str], Awaitable[str]],
) -> None:
    """It led to an address that may be asked when it was looked at, and leads to loopback now."""
    names = Names({"rebound.example": [[OURS], ["127.0.0.1"]]})
    async with _outside(names) as (server, source):
        url = f"http://rebound.example:{server.port}/"
        dials.clear()
        await source.poll(PollRequest(url=url))
        assert set(dials) == {OURS}
    async with _outside(names) as (_, source):  # another, that remembers no name
        dials.clear()
        await ask(source, url)
    assert dials == []
