"""The feeds; see `bot.ports.store.Feeds`."""

from datetime import datetime, timedelta

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import dump, load, micros, micros_or_none, scope_text
from bot.adapters.store.dialects import insert_new
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import feeds
from bot.domain.articles import Feed, FeedId
from bot.domain.records import DueFeed, FeedLine, FeedState
from bot.domain.watches import Scope


class SqlFeeds:
    """The feeds, and when each is due."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def claim(
        self, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[DueFeed, ...]:
        """See `bot.ports.store.Feeds.claim`."""
        due = (
            select(feeds.c.id)
            .where(
                feeds.c.stopped.is_(False),
                feeds.c.due_at <= micros(now),
                feeds.c.lease_until <= micros(now),
            )
            .order_by(feeds.c.due_at, feeds.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")  # else PostgreSQL may look more than once, and find other rows
        )
        rows = await self._db.execute(
            update(feeds)
            .where(feeds.c.id.in_(select(due.c.id)))
            .values(owner=owner, lease_until=micros(lease_until))
            .returning(feeds)
        )
        found = sorted(rows, key=lambda row: (row.due_at, row.id))
        return tuple(
            DueFeed(feed=_feed(row), state=load(FeedState, row.state), owner=owner) for row in found
        )

    async def settle(self, feed: FeedId, owner: str, state: FeedState) -> bool:
        """See `bot.ports.store.Feeds.settle`."""
        done = await self._db.execute(
            update(feeds)
            .where(feeds.c.id == feed, feeds.c.owner == owner)
            .values(owner="", lease_until=0, **_state(state))
        )
        return done.rowcount == 1

    async def add(self, feed: Feed, due_at: datetime) -> Feed:
        """See `bot.ports.store.Feeds.add`."""
        state = _state(FeedState(due_at=due_at))
        new = insert_new(self._db, feeds, "feeds_url")
        await self._db.execute(new.values(id=self._ids.next(), **_columns(feed), **state))
        there = select(feeds).where(feeds.c.url == feed.url, feeds.c.workspace == feed.workspace)
        return _feed((await self._db.execute(there)).one())

    async def change(self, feed: Feed) -> None:
        """See `bot.ports.store.Feeds.change`."""
        twin = select(feeds.c.id).where(
            feeds.c.url == feed.url, feeds.c.workspace == feed.workspace, feeds.c.id != feed.id
        )
        columns = _columns(feed)
        if (await self._db.execute(twin)).first() is not None:
            del columns["url"]  # it moved to where another feed is already
        await self._db.execute(update(feeds).where(feeds.c.id == feed.id).values(**columns))

    async def remove(self, feed: FeedId) -> None:
        """See `bot.ports.store.Feeds.remove`."""
        await self._db.execute(delete(feeds).where(feeds.c.id == feed))

    async def make_due(self, feed: FeedId, now: datetime) -> None:
        """See `bot.ports.store.Feeds.make_due`."""
        await self._db.execute(
            update(feeds).where(feeds.c.id == feed).values(due_at=micros(now), stopped=False)
        )

    async def get(self, feed: FeedId) -> FeedLine | None:
        """See `bot.ports.store.Feeds.get`."""
        row = (await self._db.execute(select(feeds).where(feeds.c.id == feed))).first()
        return None if row is None else _line(row)

    async def list(self, scope: Scope | None = None) -> tuple[FeedLine, ...]:
        """See `bot.ports.store.Feeds.list`."""
        query = select(feeds).order_by(feeds.c.name, feeds.c.id)
        if scope is not None:
            query = query.where(feeds.c.workspace.in_(("", scope_text(scope))))
        return tuple(_line(row) for row in await self._db.execute(query))

    async def names(self, scope: Scope) -> tuple[str, ...]:
        """See `bot.ports.store.Feeds.names`."""
        seen = feeds.c.workspace.in_(("", scope_text(scope)))
        rows = await self._db.execute(select(feeds.c.name).where(seen).order_by(feeds.c.name))
        return tuple(rows.scalars())


def _columns(feed: Feed) -> dict[str, object]:
    return {
        "url": feed.url,
        "workspace": feed.workspace,
        "name": feed.name,
        "every_us": feed.every // timedelta(microseconds=1),
        "lang": feed.lang,
        "configured": feed.configured,
    }


def _state(state: FeedState) -> dict[str, object]:
    return {
        "due_at": micros(state.due_at),
        "stopped": state.stopped,
        "failures": state.failures,
        "polled_at": micros_or_none(state.polled_at),
        "state": dump(FeedState, state),
    }


def _feed(row: Row[*tuple[object, ...]]) -> Feed:
    return Feed(
        id=FeedId(row.id),
        url=row.url,
        name=row.name,
        every=timedelta(microseconds=row.every_us),
        workspace=row.workspace,
        lang=row.lang,
        configured=row.configured,
    )


def _line(row: Row[*tuple[object, ...]]) -> FeedLine:
    return FeedLine(feed=_feed(row), state=load(FeedState, row.state))
