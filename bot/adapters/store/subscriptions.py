"""Subscriptions to feeds' hubs, and what the hubs sent; see `bot.ports.gathering.Subscriptions`."""

import hashlib
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import dump, load, micros, micros_or_none
from bot.adapters.store.dialects import insert
from bot.adapters.store.ids import Ids
from bot.adapters.store.sealing import Sealer
from bot.adapters.store.tables import feeds, pushes, subscriptions
from bot.domain.articles import FeedId
from bot.domain.subscriptions import Push, Subscription


class SqlSubscriptions:
    """The subscriptions; sealed, for each holds what its hub signs with."""

    def __init__(self, connection: AsyncConnection, ids: Ids, sealer: Sealer) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids
        self._sealer = sealer

    async def of(self, feed: FeedId) -> Subscription | None:
        """See `bot.ports.gathering.Subscriptions.of`."""
        return await self._one(subscriptions.c.feed == feed)

    async def behind(self, code: str) -> Subscription | None:
        """See `bot.ports.gathering.Subscriptions.behind`."""
        return await self._one(subscriptions.c.door == _door(code))

    async def save(self, one: Subscription) -> None:
        """See `bot.ports.gathering.Subscriptions.save`."""
        values = {
            "door": _door(one.code),
            "due_at": micros(one.due_at),
            "lease_until": micros_or_none(one.lease_until),
            "subscription": self._sealer.text(dump(Subscription, one), private=True),
        }
        new = insert(self._db, subscriptions).values(feed=one.feed, **values)
        await self._db.execute(new.on_conflict_do_update(index_elements=["feed"], set_=values))

    async def remove(self, feed: FeedId) -> None:
        """See `bot.ports.gathering.Subscriptions.remove`."""
        await self._db.execute(delete(subscriptions).where(subscriptions.c.feed == feed))

    async def due(self, now: datetime, limit: int) -> tuple[Subscription, ...]:
        """See `bot.ports.gathering.Subscriptions.due`."""
        return await self._some(subscriptions.c.due_at <= micros(now), limit)

    async def ended(self, now: datetime, limit: int) -> tuple[Subscription, ...]:
        """See `bot.ports.gathering.Subscriptions.ended`."""
        return await self._some(subscriptions.c.lease_until <= micros(now), limit)

    async def orphans(self, limit: int) -> tuple[Subscription, ...]:
        """See `bot.ports.gathering.Subscriptions.orphans`."""
        return await self._some(~exists().where(feeds.c.id == subscriptions.c.feed), limit)

    async def live(self, now: datetime) -> frozenset[FeedId]:
        """See `bot.ports.gathering.Subscriptions.live`."""
        rows = await self._db.execute(
            select(subscriptions.c.feed).where(subscriptions.c.lease_until > micros(now))
        )
        return frozenset(FeedId(feed) for feed in rows.scalars())

    async def silent(self, now: datetime) -> tuple[Subscription, ...]:
        """See `bot.ports.gathering.Subscriptions.silent`."""
        over = subscriptions.c.lease_until.is_(None) | (subscriptions.c.lease_until <= micros(now))
        rows = await self._db.execute(
            select(subscriptions.c.subscription).where(over).order_by(subscriptions.c.feed)
        )
        texts = [self._sealer.plain(text) for text in rows.scalars()]
        return tuple(load(Subscription, text) for text in texts if text is not None)

    async def push(self, feed: FeedId, kind: str, body: bytes) -> None:
        """See `bot.ports.gathering.Subscriptions.push`."""
        row = {"id": self._ids.next(), "feed": feed, "kind": kind, "body": body}
        await self._db.execute(pushes.insert().values(**row))

    async def waiting(self, feed: FeedId) -> int:
        """See `bot.ports.gathering.Subscriptions.waiting`."""
        count = select(func.count()).select_from(pushes).where(pushes.c.feed == feed)
        return await self._db.scalar(count) or 0

    async def pushes(self, limit: int) -> tuple[Push, ...]:
        """See `bot.ports.gathering.Subscriptions.pushes`."""
        rows = await self._db.execute(select(pushes).order_by(pushes.c.id).limit(limit))
        return tuple(
            Push(id=row.id, feed=FeedId(row.feed), kind=row.kind, body=bytes(row.body))
            for row in rows
        )

    async def drop(self, push: int) -> bool:
        """See `bot.ports.gathering.Subscriptions.drop`."""
        gone = await self._db.execute(delete(pushes).where(pushes.c.id == push))
        return gone.rowcount == 1

    async def _one(self, which: ColumnElement[bool]) -> Subscription | None:
        row = (await self._db.execute(select(subscriptions).where(which))).first()
        text = None if row is None else self._sealer.plain(row.subscription)
        return None if text is None else load(Subscription, text)

    async def _some(self, which: ColumnElement[bool], limit: int) -> tuple[Subscription, ...]:
        wanted = select(subscriptions).where(which).order_by(subscriptions.c.due_at).limit(limit)
        found = []
        for row in (await self._db.execute(wanted)).all():
            text = self._sealer.plain(row.subscription)
            if text is None:
                await self.remove(FeedId(row.feed))  # its key is gone: it is asked for anew
            else:
                found.append(load(Subscription, text))
        return tuple(found)


def _door(code: str) -> str:
    """Return what a code is found by: the database does not tell it."""
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
