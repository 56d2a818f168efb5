"""Pages: read the pages of articles that matched, beside all else, so that no alert waits for them.

articles that matched ─ask─▶ pages ─▶ text for summaries

A page is asked for once and never again: one that fails, is late or is lost in a crash leaves its
article with what the feed gave. A card that is out already is brought up to date by its next edit.
"""

import asyncio
from datetime import datetime

import structlog

from bot.domain.articles import ArticleId
from bot.domain.pages import YOUNG, PageToRead
from bot.domain.urls import masked
from bot.ports.store import Store, Transaction
from bot.ports.world import Clock, PageSource

log = structlog.get_logger()

AT_ONCE = 8
LATEST = 60.0
"""Seconds after which pages that are still not there are left."""


class PageReader:
    """Reads pages, where that is switched on."""

    def __init__(self, store: Store, source: PageSource, clock: Clock, *, on: bool) -> None:
        """Read from `source` into `store`, while it is `on`."""
        self._store = store
        self._source = source
        self._clock = clock
        self._on = on
        self._limit: asyncio.Timeout | None = None

    def use(self, *, on: bool) -> None:
        """Switch it on or off; what is being read is read to its end."""
        self._on = on

    async def tick(self) -> int:
        """Read the pages that are due, each of another site; return how many were asked for."""
        if not self._on:
            return 0
        now = self._clock()
        async with self._store.transaction() as tx:
            chosen = await tx.pages.claim(now - YOUNG, now, AT_ONCE)
        try:
            async with asyncio.timeout(LATEST) as self._limit:
                await asyncio.gather(*map(self._read, chosen))
        except TimeoutError:
            log.info("pages_left", asked=len(chosen))
        finally:
            self._limit = None
        return len(chosen)

    def stop(self) -> None:
        """Leave the pages that are being read."""
        if self._limit is not None:
            self._limit.reschedule(0)

    async def _read(self, one: PageToRead) -> None:
        page = await self._source.read(one.url)
        log.info("page_read", url=masked(one.url), characters=len(page.text), reason=page.reason)
        if not page.text:
            return
        async with self._store.transaction() as tx:
            await tx.pages.keep(one.article, page.text)
            await wake_cards(tx, one.article, self._clock())


async def wake_cards(tx: Transaction, article: ArticleId, now: datetime) -> None:
    """Have the cards of an article's story composed again: its page may say more."""
    for story in (await tx.stories.of([article])).values():
        for thread in await tx.threads.of_story(story):
            if thread.card is not None:
                await tx.threads.wake(thread.channel, thread.card, now)
