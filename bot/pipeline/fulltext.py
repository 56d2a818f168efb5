"""Full text: pages that watches ask for (`body:full`) are read, and their articles matched again.

articles that a page may make match ─want─▶ claim ─read─▶ match ─file─▶ story

What is wanted stands in the database, from the poll that brought the article. One transaction
settles a page: its text, what it made match, and that it was read; so a crash costs a second
request at most, and nothing is told twice. Alerts of what matched without it have gone by then.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.domain.articles import Article, Feed
from bot.domain.errors import BotError
from bot.domain.pages import DAY, ClaimedPage, Page, wanted
from bot.domain.query import Hit
from bot.domain.urls import masked
from bot.domain.watches import WatchId
from bot.pipeline.filed import file_matched
from bot.pipeline.pages import wake_cards
from bot.pipeline.sorter import Sorter
from bot.ports.store import Store, Transaction
from bot.ports.world import Clock, PageSource

log = structlog.get_logger()

AT_ONCE = 8
"""Pages that are read at once, each of another site."""
LATEST = 90.0
"""Seconds after which a page that is still not there is given up."""
LEASE = timedelta(minutes=3)


class FullReader:
    """Reads the pages that watches ask for."""

    def __init__(
        self, store: Store, source: PageSource, sorter: Sorter, clock: Clock, owner: str
    ) -> None:
        """Read from `source` into `store`; `owner` is a name that no other worker has."""
        self._store = store
        self._source = source
        self._sorter = sorter
        self._clock = clock
        self._owner = owner
        self._running: set[asyncio.Task[None]] = set()

    async def tick(self) -> None:
        """Begin reading what is due; returns at once, so that a slow page holds up no other."""
        for page in await self._claim(AT_ONCE - len(self._running)):
            task = asyncio.create_task(self._alone(page), name=f"page {masked(page.url)}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def once(self) -> int:
        """Read all that is due and wait for it; return how many pages that were."""
        count = 0
        while claimed := await self._claim(AT_ONCE):
            await asyncio.gather(*map(self._one, claimed))
            count += len(claimed)
        return count

    async def stop(self) -> None:
        """Leave the pages that are being read; they are read again when their leases run out."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _claim(self, limit: int) -> tuple[ClaimedPage, ...]:
        if limit <= 0:
            return ()
        now = self._clock()
        async with self._store.transaction() as tx:
            return await tx.wanted.claim(self._owner, now, now + LEASE, limit)

    async def _alone(self, page: ClaimedPage) -> None:
        """Read a page while nobody waits; one that fails is logged, and read again later."""
        try:
            await self._one(page)
        except BotError as error:  # its words say all: the disk is full, for one
            log.error("page_failed", url=masked(page.url), reason=str(error))  # noqa: TRY400
        except Exception:
            log.exception("page_failed", url=masked(page.url))

    async def _one(self, page: ClaimedPage) -> None:
        read = Page(text=page.text) if page.text else await self._read(page.url)
        async with self._sorter.turn:
            try:
                await self._sorter.warm(self._store, self._clock())
                matched = await self._settle(page, read)
            except BaseException:
                self._sorter.forget()
                raise
        log.info(
            "page_matched",
            url=masked(page.url),
            characters=len(read.text),
            reason=read.reason,
            watches=matched,
        )

    async def _read(self, url: str) -> Page:
        try:
            async with asyncio.timeout(LATEST):
                return await self._source.read(url)
        except TimeoutError:
            return Page(reason=f"It was not there after {LATEST:g} seconds.")

    async def _settle(self, page: ClaimedPage, read: Page) -> int:
        """Store what a page brought, in one transaction; return how many watches it made match."""
        async with self._store.transaction() as tx:
            now = self._clock()
            if not await tx.wanted.settle(page, read.reason, now):
                return 0  # another has it now
            await tx.pages.put(page.article, read.text, now)
            line = await tx.feeds.get(page.feed)
            found = await tx.articles.get([page.article])
            if not read.text or line is None or not found:
                return 0
            await wake_cards(tx, page.article, now)
            await self._sorter.refresh(tx, now)
            hits = await self._matched(tx, replace(found[0], page=read.text), line.feed)
            if hits:
                of = [(found[0], hits)]
                await file_matched(tx, self._sorter, of, line.feed, now, seeding=False)
            return len(hits)

    async def _matched(
        self, tx: Transaction, article: Article, feed: Feed
    ) -> Mapping[WatchId, tuple[Hit, ...]]:
        """Return the watches that the page made match, and that did not before."""
        known = {hit.watch for hit in await tx.hits.of([article.id])}
        hits = await asyncio.to_thread(self._sorter.match_page, article, feed)
        return {watch: found for watch, found in hits.items() if watch not in known}


async def want_pages(
    tx: Transaction, sorter: Sorter, feed: Feed, articles: Sequence[Article], now: datetime
) -> None:
    """Note which pages of a poll's articles are to be read, since they may make them match."""
    if not sorter.reads_pages:
        return
    worth = await asyncio.to_thread(
        lambda: [article for article in articles if sorter.could_match(article, feed)]
    )
    if worth:
        asked = await tx.wanted.count(now - DAY)
        await tx.wanted.want(wanted(worth, feed.id, asked, now))
