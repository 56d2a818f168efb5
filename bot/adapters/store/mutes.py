"""What people want to hear no more of; see `bot.ports.following.Mutes`."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import dump, load, micros, micros_or_none, scope_text
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import mutes
from bot.domain.watches import Mute, MuteId, Scope


class SqlMutes:
    """What people want to hear no more of."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def add(self, mute: Mute) -> Mute:
        """See `bot.ports.following.Mutes.add`."""
        stored = replace(mute, id=MuteId(self._ids.next()))
        await self._db.execute(
            mutes.insert().values(
                id=stored.id,
                scope=scope_text(stored.scope),
                until=micros_or_none(stored.until),
                mute=dump(Mute, stored),
            )
        )
        return stored

    async def remove(self, mute: MuteId) -> None:
        """See `bot.ports.following.Mutes.remove`."""
        await self._db.execute(delete(mutes).where(mutes.c.id == mute))

    async def active(self, scope: Scope, now: datetime) -> tuple[Mute, ...]:
        """See `bot.ports.following.Mutes.active`."""
        rows = await self._db.execute(
            select(mutes.c.mute)
            .where(
                mutes.c.scope == scope_text(scope),
                or_(mutes.c.until.is_(None), mutes.c.until > micros(now)),
            )
            .order_by(mutes.c.id)
        )
        return tuple(load(Mute, row.mute) for row in rows)

    async def ended(self, now: datetime, limit: int) -> tuple[Mute, ...]:
        """See `bot.ports.following.Mutes.ended`."""
        rows = await self._db.execute(
            select(mutes.c.mute)
            .where(mutes.c.until <= micros(now))
            .order_by(mutes.c.until, mutes.c.id)
            .limit(limit)
        )
        return tuple(load(Mute, row.mute) for row in rows)
