"""Every spelling of loopback by every way that an address comes to us: nothing is dialled.

Feeds asked for directly and by redirect are in `test_guard`; here are the other ways in.
"""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp.abc import ResolveResult

from bot.adapters.feeds.guard import GuardedResolver, networks
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


# What a rebound name leads to the second time; the last two name a public address beside it.
REBOUND = (
    ["127.0.0.1"], ["127.8.8.9"], ["0.0.0.0"], ["::1"], ["::"], ["::ffff:127.0.0.1"],  # noqa: S104 - to be refused
    ["::127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["10.0.0.1"], ["169.254.169.254"],
    ["fe80::1%lo"], [OURS, "127.0.0.1"], ["::1", OURS],
)  # fmt: skip
REBINDING = "rebound.example"


async def _rebound(
    ask: Callable[[HttpFeedSource, str], Awaitable[str]], answer: list[str], allow: str
) -> tuple[str, int, int]:
    """Ask a server that may be asked, which redirects to its own name on another port.

    A name is looked up anew for each port, and the second answer is another.

    Returns:
        The reason, how often the server inside was asked, and the answers that were not used.
    """
    names = Names({REBINDING: [[OURS], answer, ["192.0.2.1"]]})
    async with (
        FeedServer(address=OURS) as server,
        FeedServer(address="127.0.0.1") as inside,
        HttpFeedSource(settings(allow_addresses=networks([allow])), lambda: NOW, names) as source,
    ):
        server.scripts["/robots.txt"] = serves(b"", "text/plain")
        server.scripts["/"] = redirects(f"http://{REBINDING}:{inside.port}/", 302)
        reason = await ask(source, f"http://{REBINDING}:{server.port}/")
        return reason, len(inside.journal), len(names.names[REBINDING])


@pytest.mark.parametrize("ask", [_poll, _page, _list], ids=lambda ask: ask.__name__)
async def test_a_name_that_is_rebound_leads_nowhere(
    dials: list[str],
    ask: Callable[[HttpFeedSource, str], Awaitable[str]],
) -> None:
    """It led to an address that may be asked when it was looked at, and leads inside now."""
    bad = []
    for answer in REBOUND:
        dials.clear()
        reason, asked, left = await _rebound(ask, [*answer], f"{OURS}/32")
        refused = PRIVATE in reason or "robots.txt" in reason
        # The name was looked up twice, and only what the first answer named was dialled.
        if (set(dials), asked, left, refused) != ({OURS}, 0, 1, True):
            bad.append((answer, reason, [*dials], asked, left))
    assert bad == []


async def test_without_the_guard_a_rebound_name_would_lead_inside(dials: list[str]) -> None:
    """So that the test above is known to bite, and the hook to see what is dialled."""
    dials.clear()
    _, asked, _ = await _rebound(_poll, ["127.0.0.1"], "127.0.0.0/8")
    assert (asked, set(dials)) == (1, {OURS, "127.0.0.1"})


async def test_a_second_look_between_check_and_dial_gains_nothing(
    dials: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that is checked by one answer and believed in another: the socket is guarded."""

    async def naive(
        self: GuardedResolver,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        for result in await self._inner.resolve(host, port, family):
            self._guard.check(result["host"], host)
        return await self._inner.resolve(host, port, family)

    monkeypatch.setattr(GuardedResolver, "resolve", naive)
    for answer in REBOUND:
        names = Names({REBINDING: [["93.184.216.34"], [*answer], ["192.0.2.1"]]})
        async with HttpFeedSource(settings(allow_addresses=()), lambda: NOW, names) as source:
            dials.clear()
            result = await source.poll(PollRequest(url=f"http://{REBINDING}:8080/feed"))
        assert (result.outcome in (Outcome.REFUSED, Outcome.ERROR), dials) == (True, []), result
