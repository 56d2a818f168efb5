"""How channels want their alerts; see `bot.ports.posting.Channels`."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import dump, load, micros, micros_or_none, scope_text
from bot.adapters.store.dialects import insert
from bot.adapters.store.tables import channels, standings, watches
from bot.domain.records import Access, Standing
from bot.domain.watches import Channel, ChannelSettings, Scope, Watch


class SqlChannels:
    """How channels want their alerts."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def get(self, channel: Channel) -> ChannelSettings:
        """See `bot.ports.posting.Channels.get`."""
        row = (
            await self._db.execute(
                select(channels.c.settings).where(channels.c.channel == str(channel))
            )
        ).first()
        return ChannelSettings(channel=channel) if row is None else _settings(row.settings)

    async def save(self, settings: ChannelSettings) -> None:
        """See `bot.ports.posting.Channels.save`."""
        columns = {
            "scope": scope_text(settings.channel.scope),
            "admin": settings.admin,
            "digest_next": micros_or_none(settings.digest_next),
            "settings": dump(ChannelSettings, settings),
        }
        await self._db.execute(
            insert(self._db, channels)
            .values(channel=str(settings.channel), **columns)
            .on_conflict_do_update(index_elements=["channel"], set_=columns)
        )

    async def list(self, scope: Scope | None = None) -> tuple[ChannelSettings, ...]:
        """See `bot.ports.posting.Channels.list`."""
        rows = await self._db.execute(select(channels.c.settings))
        found = {one.channel: one for one in (_settings(row.settings) for row in rows)}
        posting = await self._db.execute(
            select(watches.c.watch).where(watches.c.removed_at.is_(None))
        )
        for row in posting:
            for channel in load(Watch, row.watch).channels:
                found.setdefault(channel, ChannelSettings(channel=channel))
        return tuple(
            found[channel] for channel in sorted(found) if scope is None or channel.scope == scope
        )

    async def admin(self, scope: Scope) -> Channel | None:
        """See `bot.ports.posting.Channels.admin`."""
        row = (
            await self._db.execute(
                select(channels.c.channel)
                .where(channels.c.scope == scope_text(scope), channels.c.admin.is_(True))
                .order_by(channels.c.channel)
                .limit(1)
            )
        ).first()
        return None if row is None else Channel.parse(row.channel)

    async def standing(self, channel: Channel) -> Standing:
        """See `bot.ports.posting.Channels.standing`."""
        row = (
            await self._db.execute(
                select(standings.c.standing).where(standings.c.channel == str(channel))
            )
        ).first()
        return Standing(channel=channel) if row is None else load(Standing, row.standing)

    async def troubled(self, scope: Scope) -> tuple[Standing, ...]:
        """See `bot.ports.posting.Channels.troubled`."""
        rows = await self._db.execute(select(standings.c.standing).order_by(standings.c.channel))
        found = (load(Standing, row.standing) for row in rows)
        return tuple(one for one in found if one.channel.scope == scope)

    async def stands(self, standing: Standing) -> None:
        """See `bot.ports.posting.Channels.stands`."""
        channel = str(standing.channel)
        if standing.access is Access.OPEN:
            await self._db.execute(delete(standings).where(standings.c.channel == channel))
            return
        values = {"standing": dump(Standing, standing)}
        await self._db.execute(
            insert(self._db, standings)
            .values(channel=channel, **values)
            .on_conflict_do_update(index_elements=["channel"], set_=values)
        )

    async def digests_due(self, now: datetime) -> tuple[ChannelSettings, ...]:
        """See `bot.ports.posting.Channels.digests_due`."""
        rows = await self._db.execute(
            select(channels.c.settings)
            .where(channels.c.digest_next <= micros(now))
            .order_by(channels.c.channel)
        )
        return tuple(_settings(row.settings) for row in rows)


def _settings(text: str) -> ChannelSettings:
    return load(ChannelSettings, text)
