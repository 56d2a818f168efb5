"""Backfill: a new watch posts the newest few matching stories of the last day, once.

Waits until the feeds have been polled, so that a first run is not silent.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.query import Hit
from bot.domain.records import Decision, Fate, WatchHit
from bot.domain.stories import StoryId, story_codes
from bot.domain.watches import Watch, WatchId
from bot.pipeline.sorter import Sorter, seed_of, store_member
from bot.ports.store import Store, Transaction
from bot.ports.world import Clock

log = structlog.get_logger()

REACH = timedelta(days=1)
LONGEST = timedelta(minutes=10)
"""How long a watch waits at most while nothing at all has been polled."""
MOST_ARTICLES = 5_000
AT_ONCE = 20
"""Watches that are done in one transaction: a list of thousands must not hold up all else."""

Wanted = list[tuple[Article, Mapping[WatchId, tuple[Hit, ...]]]]
"""Articles in order of arrival, and what made them match."""


class Backfiller:
    """Does the backfills that are due."""

    def __init__(self, store: Store, sorter: Sorter, clock: Clock, settle: timedelta) -> None:
        """Work on `store`.

        Args:
            store: The database.
            sorter: Matches and files.
            clock: The time.
            settle: How long a new watch waits at most for feeds that were never polled.
        """
        self._store = store
        self._sorter = sorter
        self._clock = clock
        self._settle = settle

    async def tick(self) -> int:
        """Do what is due; return how many stories were opened."""
        async with self._store.reading() as tx:
            waiting = await tx.watches.backfills()
            lines = await tx.feeds.list() if waiting else ()
        now = self._clock()
        unpolled = any(line.state.polled_at is None for line in lines)
        ready = [one for one in waiting if not unpolled or now >= one.created_at + self._settle]
        if not ready:
            return 0
        async with self._sorter.turn:
            await self._sorter.warm(self._store, now)
            async with self._store.reading() as tx:
                await self._sorter.refresh(tx, now)
                articles = await tx.articles.since(now - REACH, MOST_ARTICLES)
        if unpolled and not articles:  # the first polls are still under way, here or elsewhere
            ready = [one for one in ready if now >= one.created_at + LONGEST]
        wanted = await self._wanted(articles, {line.feed.id: line.feed for line in lines}, now)
        opened = 0
        for start in range(0, len(ready), AT_ONCE):
            async with self._sorter.turn, self._store.transaction() as tx:
                await self._sorter.refresh(tx, now)
                left = {watch.id for watch in await tx.watches.backfills()}
                for watch in ready[start : start + AT_ONCE]:
                    if watch.id not in left:
                        continue  # another process was faster
                    opened += await self._one(tx, watch, wanted.get(watch.id, []), now)
                    await tx.watches.backfilled(watch.id)
        return opened

    async def _wanted(
        self, articles: Sequence[Article], feeds: Mapping[FeedId, Feed], now: datetime
    ) -> Mapping[WatchId, Wanted]:
        """Return the articles of the last day that each watch wants, and why: each read once."""
        wanted: dict[WatchId, Wanted] = {}
        for article in articles:
            if article.at >= now - REACH and article.feed in feeds:
                for watch, hits in self._sorter.match(article, feeds[article.feed]).items():
                    wanted.setdefault(watch, []).append((article, {watch: hits}))
                await asyncio.sleep(0)  # whoever asks something meanwhile is not kept waiting
        return wanted

    async def _one(self, tx: Transaction, watch: Watch, wanted: Wanted, now: datetime) -> int:
        """Open the newest stories that a watch wants, and file what was not filed yet."""
        stories = await self._filed(tx, watch, wanted, now)
        newest = sorted(stories, key=lambda story: (stories[story][0], story), reverse=True)
        for number, story in enumerate(newest):
            chosen = number < watch.backfill
            for channel in watch.channels:
                thread = await tx.threads.get(channel, story)
                if thread is not None and (thread.card or thread.listed_in):
                    continue
                await tx.decisions.record(
                    [
                        Decision(
                            article=article,
                            channel=channel,
                            story=story,
                            fate=Fate.WAITING if chosen else Fate.SEEDED,
                            reason=(
                                f"among the newest stories when the watch “{watch.name}” began"
                                if chosen
                                else f"it was there before the watch “{watch.name}”"
                            ),
                            at=now,
                        )
                        for article in stories[story][1]
                    ]
                )
                await tx.threads.open(channel, story, now, now if chosen else None)
        log.info("backfilled", watch=watch.name, stories=min(len(newest), watch.backfill))
        return min(len(newest), watch.backfill)

    async def _filed(
        self, tx: Transaction, watch: Watch, matched: Wanted, now: datetime
    ) -> dict[StoryId, tuple[datetime, list[ArticleId]]]:
        """Return the stories that these articles are in: newest time, and articles."""
        await tx.hits.add(
            [
                WatchHit(
                    article=article.id,
                    watch=watch.id,
                    watch_version=watch.version,
                    hits=hits[watch.id],
                    at=now,
                )
                for article, hits in matched
            ]
        )
        known = dict(await tx.stories.of([article.id for article, _ in matched]))
        fresh = [(article, hits) for article, hits in matched if article.id not in known]
        codes = [code for article, _ in fresh for code in story_codes(seed_of(article))]
        for filed in self._sorter.file(fresh, set(await tx.stories.taken(codes))):
            await store_member(tx, filed, now)
            known[filed.article.id] = filed.story
        stories: dict[StoryId, tuple[datetime, list[ArticleId]]] = {}
        for article, _ in matched:
            newest, members = stories.get(known[article.id], (article.at, []))
            stories[known[article.id]] = (max(newest, article.at), [*members, article.id])
        return stories
