"""Article pages; see `bot.ports.gathering.Pages`."""

from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import clean, micros
from bot.adapters.store.dialects import insert
from bot.adapters.store.tables import articles, decisions, pages, wanted_pages
from bot.domain.articles import ArticleId
from bot.domain.pages import ENOUGH, PageToRead, Reading
from bot.domain.records import Fate

_TOLD = (Fate.WAITING.value, Fate.POSTED.value, Fate.MERGED.value, Fate.HELD.value)
_CONSIDERED = 200  # the newest articles, of which those to be asked for are chosen


class SqlPages:
    """Which article pages were asked for, and the text that was read of them."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def claim(self, since: datetime, now: datetime, limit: int) -> tuple[PageToRead, ...]:
        """See `bot.ports.gathering.Pages.claim`."""
        matched = exists().where(
            decisions.c.article == articles.c.id,
            decisions.c.latest.is_(True),
            decisions.c.fate.in_(_TOLD),
        )
        rows = await self._db.execute(
            select(articles.c.id, articles.c.url, articles.c.site)
            .where(
                articles.c.first_seen > micros(since),
                articles.c.url.is_not(None),
                func.length(articles.c.summary) + func.length(articles.c.body) < ENOUGH,
                matched,
                ~exists().where(
                    wanted_pages.c.article == articles.c.id,
                    wanted_pages.c.state == Reading.WAITING.value,
                ),
                ~exists().where(pages.c.article == articles.c.id),
            )
            .order_by(articles.c.first_seen.desc(), articles.c.id.desc())
            .limit(_CONSIDERED)
        )
        by_site = {row.site: row for row in reversed(rows.all())}
        chosen = {row.id: row.url for row in [*by_site.values()][:limit]}
        if not chosen:
            return ()
        new = insert(self._db, pages).on_conflict_do_nothing(index_elements=["article"])
        taken = await self._db.execute(
            new.values(
                [{"article": id_, "asked_at": micros(now), "text": ""} for id_ in chosen]
            ).returning(pages.c.article)
        )
        return tuple(
            PageToRead(article=ArticleId(row.article), url=chosen[row.article]) for row in taken
        )

    async def keep(self, article: ArticleId, text: str) -> None:
        """See `bot.ports.gathering.Pages.keep`."""
        await self._db.execute(
            update(pages).where(pages.c.article == article).values(text=clean(text))
        )

    async def put(self, article: ArticleId, text: str, now: datetime) -> None:
        """See `bot.ports.gathering.Pages.put`."""
        new = insert(self._db, pages).values(
            article=article, asked_at=micros(now), text=clean(text)
        )
        await self._db.execute(
            new.on_conflict_do_update(
                index_elements=["article"],
                set_={"text": new.excluded.text},
                where=pages.c.text == "",
            )
        )

    async def text(self, article: ArticleId) -> str:
        """See `bot.ports.gathering.Pages.text`."""
        return await self._db.scalar(select(pages.c.text).where(pages.c.article == article)) or ""
