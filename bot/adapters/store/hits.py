"""Which watch matched which article; see `bot.ports.following.Hits`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import tables
from bot.adapters.store.articles import chunks
from bot.adapters.store.codec import dump, load, micros
from bot.adapters.store.dialects import insert
from bot.domain.articles import ArticleId
from bot.domain.records import WatchHit
from bot.domain.watches import WatchId


class SqlHits:
    """Which watch matched which article."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def add(self, hits: Sequence[WatchHit]) -> None:
        """See `bot.ports.following.Hits.add`."""
        if not hits:
            return
        added = insert(self._db, tables.hits)
        await self._db.execute(
            added.on_conflict_do_update(
                index_elements=["article", "watch"],
                set_={"at": added.excluded.at, "hit": added.excluded.hit},
            ),
            [
                {
                    "article": hit.article,
                    "watch": hit.watch,
                    "at": micros(hit.at),
                    "hit": dump(WatchHit, hit),
                }
                for hit in hits
            ],
        )

    async def of(
        self, articles: Sequence[ArticleId], watches: Sequence[WatchId] | None = None
    ) -> tuple[WatchHit, ...]:
        """See `bot.ports.following.Hits.of`."""
        found: list[WatchHit] = []
        for part in chunks(articles):
            query = select(tables.hits.c.hit).where(tables.hits.c.article.in_(part))
            asked = [query]
            if watches is not None:
                asked = [query.where(tables.hits.c.watch.in_(some)) for some in chunks(watches)]
            for one in asked:
                found += [load(WatchHit, row.hit) for row in await self._db.execute(one)]
        return tuple(sorted(found, key=lambda hit: (hit.article, hit.watch)))

    async def articles(self, watch: WatchId, start: datetime, limit: int) -> tuple[ArticleId, ...]:
        """See `bot.ports.following.Hits.articles`."""
        hits, articles = tables.hits, tables.articles
        rows = await self._db.execute(
            select(hits.c.article)
            .join(articles, articles.c.id == hits.c.article)
            .where(hits.c.watch == watch, hits.c.at > micros(start))
            .order_by(articles.c.first_seen.desc(), articles.c.id.desc())
            .limit(limit)
        )
        return tuple(ArticleId(row.article) for row in rows)
