"""The articles; see `bot.ports.store.Articles`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import search
from bot.adapters.store.codec import dump, load, micros, micros_or_none, moment, moment_or_none
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import articles, edits, entry_keys
from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.records import Edit
from bot.domain.sift import Known, Seen

_T = TypeVar("_T")
CHUNK = 500
"""Values of one IN list: SQLite allows 32,766, and shorter ones plan as well."""


class SqlArticles:
    """The articles, the identities of feed entries, edits, and full-text search."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def known(self, feed: FeedId, keys: Sequence[str]) -> Known:
        """See `bot.ports.store.Articles.known`."""
        found: dict[str, Seen] = {}
        for part in chunks(keys):
            rows = await self._db.execute(
                select(entry_keys.c.key, articles)
                .join(articles, articles.c.id == entry_keys.c.article)
                .where(entry_keys.c.feed == feed, entry_keys.c.key.in_(part))
            )
            for row in rows:
                found[row.key] = Seen.of(article_of(row))
        return Known(by_key=found)

    async def by_urls(self, urls: Sequence[str]) -> Mapping[str, ArticleId]:
        """See `bot.ports.store.Articles.by_urls`."""
        found: dict[str, ArticleId] = {}
        for part in chunks(urls):
            rows = await self._db.execute(
                select(articles.c.url, articles.c.id).where(articles.c.url.in_(part))
            )
            found |= {row.url: ArticleId(row.id) for row in rows}
        return found

    async def add(self, drafts: Sequence[Article]) -> tuple[Article, ...]:
        """See `bot.ports.store.Articles.add`."""
        stored = tuple(replace(draft, id=ArticleId(self._ids.next())) for draft in drafts)
        if stored:
            await self._db.execute(articles.insert(), [_columns(article) for article in stored])
            await search.add(self._db, stored)
        return stored

    async def remember(self, feed: FeedId, keys: Mapping[str, ArticleId], now: datetime) -> None:
        """See `bot.ports.store.Articles.remember`."""
        if not keys:
            return
        added = insert(entry_keys)
        await self._db.execute(
            added.on_conflict_do_update(
                index_elements=["feed", "key"],
                set_={"article": added.excluded.article, "seen_at": added.excluded.seen_at},
            ),
            [
                {"feed": feed, "key": key, "article": article, "seen_at": micros(now)}
                for key, article in keys.items()
            ],
        )

    async def edit(self, article: Article, edit: Edit) -> None:
        """See `bot.ports.store.Articles.edit`."""
        columns = _columns(article)
        del columns["id"]
        await self._db.execute(
            update(articles).where(articles.c.id == article.id).values(**columns)
        )
        await self._db.execute(
            edits.insert().values(
                article=edit.article,
                version=edit.version,
                at=micros(edit.at),
                edit=dump(Edit, edit),
            )
        )
        await search.change(self._db, article)

    async def edits(
        self, articles: Sequence[ArticleId], after: datetime | None
    ) -> tuple[Edit, ...]:
        """See `bot.ports.store.Articles.edits`."""
        found: list[Edit] = []
        for part in chunks(articles):
            query = select(edits.c.edit).where(edits.c.article.in_(part))
            if after is not None:
                query = query.where(edits.c.at > micros(after))
            found += [load(Edit, row.edit) for row in await self._db.execute(query)]
        return tuple(sorted(found, key=lambda edit: (edit.at, edit.article, edit.version)))

    async def get(self, articles: Sequence[ArticleId]) -> tuple[Article, ...]:
        """See `bot.ports.store.Articles.get`."""
        found = await by_id(self._db, articles)
        return tuple(found[article] for article in articles if article in found)

    async def find(self, url: str) -> Article | None:
        """See `bot.ports.store.Articles.find`."""
        row = (await self._db.execute(select(articles).where(articles.c.url == url))).first()
        return None if row is None else article_of(row)

    async def since(self, start: datetime, limit: int) -> tuple[Article, ...]:
        """See `bot.ports.store.Articles.since`."""
        rows = await self._db.execute(
            select(articles)
            .where(articles.c.first_seen > micros(start))
            .order_by(articles.c.first_seen.desc(), articles.c.id.desc())
            .limit(limit)
        )
        return tuple(article_of(row) for row in reversed(rows.all()))

    async def search(
        self, words: str, start: datetime, limit: int, offset: int, feeds: Sequence[FeedId] = ()
    ) -> tuple[Article, ...]:
        """See `bot.ports.store.Articles.search`."""
        query = select(articles).where(articles.c.first_seen > micros(start))
        if feeds:
            query = query.where(articles.c.feed.in_(feeds))
        if words.strip():
            query = query.where(articles.c.id.in_(search.matching(words)))
        rows = await self._db.execute(
            query.order_by(articles.c.first_seen.desc(), articles.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return tuple(article_of(row) for row in rows)

    async def counts_by_day(self, articles: Sequence[ArticleId]) -> Mapping[str, int]:
        """See `bot.ports.store.Articles.counts_by_day`."""
        counts: dict[str, int] = {}
        for article in (await by_id(self._db, articles)).values():
            day = f"{article.first_seen:%Y-%m-%d}"
            counts[day] = counts.get(day, 0) + 1
        return dict(sorted(counts.items()))


def chunks(values: Sequence[_T]) -> Iterable[Sequence[_T]]:
    """Yield values in parts that one statement takes."""
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))


async def by_id(
    connection: AsyncConnection, wanted: Sequence[ArticleId]
) -> dict[ArticleId, Article]:
    """Return articles by their ids; unknown ones are left out."""
    found: dict[ArticleId, Article] = {}
    statement = select(articles).where(articles.c.id.in_(bindparam("ids", expanding=True)))
    for part in chunks(wanted):
        for row in await connection.execute(statement, {"ids": list(part)}):
            found[ArticleId(row.id)] = article_of(row)
    return found


def article_of(row: Row[*tuple[object, ...]]) -> Article:
    """Return the article that a row of `articles` holds."""
    return Article(
        id=ArticleId(row.id),
        feed=FeedId(row.feed),
        url=row.url or "",
        outlet=row.outlet,
        site=row.site,
        title=row.title,
        summary=row.summary,
        body=row.body,
        author=row.author,
        tags=tuple(json.loads(row.tags)),
        lang=row.lang,
        published=moment_or_none(row.published),
        first_seen=moment(row.first_seen),
        version=row.version,
    )


def _columns(article: Article) -> dict[str, object]:
    return {
        "id": article.id,
        "feed": article.feed,
        "url": article.url or None,
        "outlet": article.outlet,
        "site": article.site,
        "title": article.title,
        "summary": article.summary,
        "body": article.body,
        "author": article.author,
        "tags": json.dumps(article.tags),
        "lang": article.lang,
        "published": micros_or_none(article.published),
        "first_seen": micros(article.first_seen),
        "version": article.version,
    }
