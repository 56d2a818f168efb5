"""Which watch matched which article; see `bot.ports.store.Hits`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.articles import chunks
from bot.adapters.store.codec import dump, load, micros
from bot.adapters.store.tables import articles, hits
from bot.domain.articles import ArticleId
from bot.domain.records import WatchHit
from bot.domain.watches import WatchId


class SqlHits:
    """Which watch matched which article."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def add(self, new: Sequence[WatchHit]) -> None:
        """See `bot.ports.store.Hits.add`."""
        if not new:
            return
        added = insert(hits)
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
                for hit in new
            ],
        )

    async def of(self, wanted: Sequence[ArticleId]) -> tuple[WatchHit, ...]:
        """See `bot.ports.store.Hits.of`."""
        found: list[WatchHit] = []
        for part in chunks(wanted):
            rows = await self._db.execute(select(hits.c.hit).where(hits.c.article.in_(part)))
            found += [load(WatchHit, row.hit) for row in rows]
        return tuple(sorted(found, key=lambda hit: (hit.article, hit.watch)))

    async def articles(self, watch: WatchId, start: datetime, limit: int) -> tuple[ArticleId, ...]:
        """See `bot.ports.store.Hits.articles`."""
        rows = await self._db.execute(
            select(hits.c.article)
            .join(articles, articles.c.id == hits.c.article)
            .where(hits.c.watch == watch, articles.c.first_seen > micros(start))
            .order_by(hits.c.article.desc())
            .limit(limit)
        )
        return tuple(ArticleId(row.article) for row in rows)
