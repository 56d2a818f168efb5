"""Asking for an address that may be a site's: where it is no feed, its feeds are looked for.

What the page links comes first; then what its platform is known to keep; then, on any other site,
the usual places are asked, one after another, until one has a feed.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

from bot.domain.polls import FoundFeed, Outcome, PollRequest, PollResult
from bot.domain.site_feeds import platform_feeds, usual_feeds
from bot.ports.world import FeedSource

PATIENCE = 20.0
"""Seconds over all the usual places; a server is asked once a second."""


async def ask(source: FeedSource, url: str) -> PollResult:
    """Ask for an address once; where it is no feed, the result has those of the site."""
    result = await source.poll(PollRequest(url=url))
    if result.outcome is not Outcome.ERROR or result.status is None or result.feeds:
        return result
    known = platform_feeds(url)
    if known is not None:
        return replace(result, feeds=known)
    if result.status >= 500:  # it has trouble enough
        return result
    found: list[FoundFeed] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            found += await _usual(source, url)
    return replace(result, feeds=tuple(found))


async def _usual(source: FeedSource, url: str) -> list[FoundFeed]:
    for address in usual_feeds(url):
        there = await source.poll(PollRequest(url=address))
        if there.outcome.read:
            return [FoundFeed(url=there.moved_to or address, title=there.title)]
        if there.status is None or there.outcome is Outcome.DEFERRED:
            break  # it does not answer any more, or asks to be left alone
    return []
