"""Backfill: a new watch posts the newest few matching stories of the last day, once.

Waits until the feeds have been polled, so that a first run is not silent.
"""

from datetime import datetime, timedelta

import structlog

from bot.domain.articles import ArticleId, Feed, FeedId
from bot.domain.records import Decision, Fate, WatchHit
from bot.domain.stories import StoryId, story_codes
from bot.domain.watches import Watch
from bot.pipeline.sorter import Sorter, seed_of, sees, store_member
from bot.ports.store import Store, Transaction
from bot.ports.world import Clock

log = structlog.get_logger()

REACH = timedelta(days=1)
MOST_ARTICLES = 5_000


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
        if not waiting:
            return 0
        now = self._clock()
        opened = 0
        async with self._store.transaction() as tx:
            lines = await tx.feeds.list()
            unpolled = any(line.state.polled_at is None for line in lines)
            feeds = {line.feed.id: line.feed for line in lines}
            for watch in waiting:
                if unpolled and now < watch.created_at + self._settle:
                    continue
                opened += await self._one(tx, watch, feeds, now)
                await tx.watches.backfilled(watch.id)
        return opened

    async def _one(
        self, tx: Transaction, watch: Watch, feeds: dict[FeedId, Feed], now: datetime
    ) -> int:
        """Open the newest stories that a watch matches, and file what was not filed yet."""
        await self._sorter.refresh(tx, now)
        stories = await self._matching(tx, watch, feeds, now)
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

    async def _matching(
        self, tx: Transaction, watch: Watch, feeds: dict[FeedId, Feed], now: datetime
    ) -> dict[StoryId, tuple[datetime, list[ArticleId]]]:
        """Return the stories of the last day that a watch matches: newest time, and articles."""
        articles = [
            article
            for article in await tx.articles.since(now - REACH, MOST_ARTICLES)
            if article.at >= now - REACH and article.feed in feeds
        ]
        matched = []
        for article in articles:
            feed = feeds[article.feed]
            if any(sees(channel, feed) for channel in watch.channels):
                hits = self._sorter.match(article, feed)
                if watch.id in hits:
                    matched.append((article, {watch.id: hits[watch.id]}))
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
