"""The articles; see `bot.ports.gathering.Articles`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import search
from bot.adapters.store.codec import (
    clean,
    dump,
    load,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
)
from bot.adapters.store.dialects import insert_new, key_that_fits, upsert
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import articles, edits, entry_keys, tombstones
from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.records import Edit
from bot.domain.sift import Known, Seen, lead_mark

_T = TypeVar("_T")
# Made once: a poll asks for each of them, and to make one costs as much as to have it answered.
_KNOWN = (
    select(
        entry_keys,
        func.coalesce(articles.c.title, tombstones.c.title, "").label("title"),
        func.coalesce(articles.c.lead, tombstones.c.lead, "").label("lead"),
        articles.c.published,
    )
    .outerjoin(articles, articles.c.id == entry_keys.c.article)
    .outerjoin(tombstones, tombstones.c.article == entry_keys.c.article)
    .where(
        entry_keys.c.feed == bindparam("its_feed"),
        entry_keys.c.key.in_(bindparam("its_keys", expanding=True)),
    )
)
_BY_URLS = select(articles.c.url, articles.c.id).where(
    articles.c.url.in_(bindparam("urls", expanding=True))
)
CHUNK = 500
"""Values of one IN list: SQLite allows 32,766, and shorter ones plan as well."""
_REFRESH = timedelta(days=30)
"""A key that is still in its feed is kept alive this often; `prune` looks back much further."""


class SqlArticles:
    """The articles, the identities of feed entries, edits, and full-text search."""

    def __init__(self, connection: AsyncConnection, ids: Ids, *, reading: bool = False) -> None:
        """Work in the transaction of `connection`; one that is `reading` writes nothing."""
        self._reading = reading
        self._db = connection
        self._ids = ids

    async def known(self, feed: FeedId, keys: Sequence[str]) -> Known:
        """See `bot.ports.gathering.Articles.known`."""
        found: dict[str, Seen] = {}
        fading: list[str] = []
        now = self._ids.now()
        kept = {key_that_fits(self._db, key): key for key in keys}
        for part in chunks(list(kept)):
            for row in await self._db.execute(_KNOWN, {"its_feed": feed, "its_keys": part}):
                found[kept[row.key]] = Seen(
                    article=ArticleId(row.article),
                    title=row.title,
                    lead=row.lead,
                    published=moment_or_none(row.published),
                )
                if row.seen_at < micros(now - _REFRESH):
                    fading.append(row.key)
        if not self._reading:
            for part in chunks(fading):
                await self._db.execute(
                    update(entry_keys)
                    .where(entry_keys.c.feed == feed, entry_keys.c.key.in_(part))
                    .values(seen_at=micros(now))
                )
        return Known(by_key=found)

    async def by_urls(self, urls: Sequence[str]) -> Mapping[str, ArticleId]:
        """See `bot.ports.gathering.Articles.by_urls`."""
        found: dict[str, ArticleId] = {}
        for part in chunks(urls):
            rows = await self._db.execute(_BY_URLS, {"urls": part})
            found |= {row.url: ArticleId(row.id) for row in rows}
        return found

    async def add(self, drafts: Sequence[Article]) -> tuple[Article, ...]:
        """See `bot.ports.gathering.Articles.add`."""
        if not drafts:
            return ()
        made = [_clean(replace(draft, id=ArticleId(self._ids.next()))) for draft in drafts]
        done = await self._db.execute(
            insert_new(self._db, articles, "articles_url"),
            [_columns(article) for article in made],
        )
        if done.rowcount == len(made):
            await search.add(self._db, made)
            return tuple(made)
        # Another process, or another of these drafts, had an address first.
        holders = await self.by_urls([article.url for article in made if article.url])
        stored = {a.id: a for a in made if not a.url or holders[a.url] == a.id}
        await search.add(self._db, tuple(stored.values()))
        stored |= await by_id(self._db, [id_ for id_ in holders.values() if id_ not in stored])
        return tuple(stored[holders[a.url] if a.url else a.id] for a in made)

    async def remember(self, feed: FeedId, keys: Mapping[str, ArticleId], now: datetime) -> None:
        """See `bot.ports.gathering.Articles.remember`."""
        if not keys:
            return
        seen_at = micros(now)
        await self._db.execute(
            upsert(self._db, entry_keys, ("feed", "key"), ("article", "seen_at")),
            [
                {
                    "feed": feed,
                    "key": key_that_fits(self._db, key),
                    "article": article,
                    "seen_at": seen_at,
                }
                for key, article in keys.items()
            ],
        )

    async def edit(self, article: Article, edit: Edit) -> None:
        """See `bot.ports.gathering.Articles.edit`."""
        await self.save(article)
        await self._db.execute(
            edits.insert().values(
                article=edit.article,
                version=edit.version,
                at=micros(edit.at),
                edit=dump(Edit, edit),
            )
        )

    async def save(self, article: Article) -> None:
        """See `bot.ports.gathering.Articles.save`."""
        columns = _columns(_clean(article))
        del columns["id"]
        await self._db.execute(
            update(articles).where(articles.c.id == article.id).values(**columns)
        )
        await search.change(self._db, _clean(article))

    async def edits(
        self, articles: Sequence[ArticleId], after: datetime | None
    ) -> tuple[Edit, ...]:
        """See `bot.ports.gathering.Articles.edits`."""
        found: list[Edit] = []
        for part in chunks(articles):
            query = select(edits.c.edit).where(edits.c.article.in_(part))
            if after is not None:
                query = query.where(edits.c.at > micros(after))
            found += [load(Edit, row.edit) for row in await self._db.execute(query)]
        return tuple(sorted(found, key=lambda edit: (edit.at, edit.article, edit.version)))

    async def get(self, articles: Sequence[ArticleId]) -> tuple[Article, ...]:
        """See `bot.ports.gathering.Articles.get`."""
        found = await by_id(self._db, articles)
        return tuple(found[article] for article in articles if article in found)

    async def find(self, url: str) -> Article | None:
        """See `bot.ports.gathering.Articles.find`."""
        row = (await self._db.execute(select(articles).where(articles.c.url == url))).first()
        return None if row is None else article_of(row)

    async def since(self, start: datetime, limit: int) -> tuple[Article, ...]:
        """See `bot.ports.gathering.Articles.since`."""
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
        """See `bot.ports.gathering.Articles.search`."""
        query = select(articles).where(articles.c.first_seen > micros(start))
        if feeds:
            query = query.where(articles.c.feed.in_(feeds))
        if words.strip():
            query = query.where(articles.c.id.in_(search.matching(self._db, words)))
        rows = await self._db.execute(
            query.order_by(articles.c.first_seen.desc(), articles.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        return tuple(article_of(row) for row in rows)

    async def counts_by_day(self, articles: Sequence[ArticleId]) -> Mapping[str, int]:
        """See `bot.ports.gathering.Articles.counts_by_day`."""
        counts: dict[str, int] = {}
        for day in await _days(self._db, articles):
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
    for part in chunks(tuple(dict.fromkeys(wanted))):
        for row in await connection.execute(select(articles).where(articles.c.id.in_(part))):
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
        "lead": lead_mark(article.summary, article.body),
    }


async def _days(connection: AsyncConnection, wanted: Sequence[ArticleId]) -> list[str]:
    """Return the day on which each of the articles was first seen."""
    days: list[str] = []
    for part in chunks(tuple(dict.fromkeys(wanted))):
        rows = await connection.execute(
            select(articles.c.first_seen).where(articles.c.id.in_(part))
        )
        days += [f"{moment(row.first_seen):%Y-%m-%d}" for row in rows]
    return days


def _clean(article: Article) -> Article:
    """Return an article whose texts every database can hold."""
    named = (article.url, article.outlet, article.site, article.author, article.lang)
    whole = "\n".join((article.title, article.summary, article.body, *named, *article.tags))
    if clean(whole) == whole:
        return article
    return replace(
        article,
        url=clean(article.url),
        outlet=clean(article.outlet),
        site=clean(article.site),
        title=clean(article.title),
        summary=clean(article.summary),
        body=clean(article.body),
        author=clean(article.author),
        tags=tuple(clean(tag) for tag in article.tags),
        lang=clean(article.lang),
    )
