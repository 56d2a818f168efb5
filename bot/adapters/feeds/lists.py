"""Lists of feeds as people bring and take them: OPML, fetched, read and written.

Implements `bot.ports.world.FeedLists`. How OPML is read is in `opml`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from bot.adapters.feeds.opml import OpmlFeed, read_opml, unusable, write_opml
from bot.domain.articles import Feed


class OpmlLists:
    """Lists of feeds in OPML."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        """Fetch with `fetch`, which raises a `FeedError` where it cannot."""
        self._fetch = fetch

    async def fetch(self, url: str) -> bytes:
        """See `bot.ports.world.FeedLists.fetch`."""
        return await self._fetch(url)

    async def read(self, body: bytes) -> tuple[tuple[OpmlFeed, ...], tuple[str, ...]]:
        """See `bot.ports.world.FeedLists.read`."""
        return await asyncio.to_thread(lambda: (read_opml(body), unusable(body)))

    def write(self, feeds: Iterable[Feed]) -> bytes:
        """See `bot.ports.world.FeedLists.write`."""
        return write_opml(OpmlFeed(url=feed.url, title=feed.name) for feed in feeds).encode()
