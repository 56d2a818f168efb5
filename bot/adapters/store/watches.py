"""The watches; see `bot.ports.following.Watches`."""

import json
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import counters
from bot.adapters.store.codec import dump, load, micros, scope_text
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import watches
from bot.domain.watches import Scope, Watch, WatchId

_REVISION = "watches"


class SqlWatches:
    """The watches."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def revision(self) -> int:
        """See `bot.ports.following.Watches.revision`."""
        return await counters.read(self._db, _REVISION)

    async def list(self, scope: Scope | None = None) -> tuple[Watch, ...]:
        """See `bot.ports.following.Watches.list`."""
        query = select(watches.c.watch).where(watches.c.removed_at.is_(None))
        if scope is not None:  # most of the others' are not even read
            query = query.where(_may_see(scope))
        rows = await self._db.execute(query.order_by(watches.c.name, watches.c.id))
        found = (load(Watch, row.watch) for row in rows)
        return tuple(watch for watch in found if scope is None or watch.visible_in(scope))

    async def get(self, watch: WatchId) -> Watch | None:
        """See `bot.ports.following.Watches.get`."""
        row = (await self._db.execute(select(watches.c.watch).where(watches.c.id == watch))).first()
        return None if row is None else load(Watch, row.watch)

    async def find(self, scope: Scope, name: str) -> Watch | None:
        """See `bot.ports.following.Watches.find`."""
        rows = await self._db.execute(
            select(watches.c.watch)
            .where(watches.c.name == name, watches.c.removed_at.is_(None))
            .order_by(watches.c.id)
        )
        found = [load(Watch, row.watch) for row in rows]
        seen = [watch for watch in found if watch.visible_in(scope)]
        seen.sort(key=lambda watch: watch.scope != scope)  # one of the scope's own comes first
        return seen[0] if seen else None

    async def add(self, watch: Watch) -> Watch:
        """See `bot.ports.following.Watches.add`."""
        stored = replace(watch, id=WatchId(self._ids.next()))
        await self._db.execute(
            watches.insert().values(
                id=stored.id,
                scope=scope_text(stored.scope),
                name=stored.name,
                watch=dump(Watch, stored),
                backfill_due=stored.backfill > 0,
            )
        )
        await counters.grow(self._db, _REVISION)
        return stored

    async def save(self, watch: Watch) -> None:
        """See `bot.ports.following.Watches.save`."""
        await self._db.execute(
            update(watches)
            .where(watches.c.id == watch.id)
            .values(scope=scope_text(watch.scope), name=watch.name, watch=dump(Watch, watch))
        )
        await counters.grow(self._db, _REVISION)

    async def remove(self, watch: WatchId, now: datetime) -> None:
        """See `bot.ports.following.Watches.remove`."""
        await self._db.execute(
            update(watches).where(watches.c.id == watch).values(removed_at=micros(now))
        )
        await counters.grow(self._db, _REVISION)

    async def restore(self, watch: WatchId) -> None:
        """See `bot.ports.following.Watches.restore`."""
        await self._db.execute(update(watches).where(watches.c.id == watch).values(removed_at=None))
        await counters.grow(self._db, _REVISION)

    async def backfills(self) -> tuple[Watch, ...]:
        """See `bot.ports.following.Watches.backfills`."""
        rows = await self._db.execute(
            select(watches.c.watch)
            .where(watches.c.backfill_due.is_(True), watches.c.removed_at.is_(None))
            .order_by(watches.c.id)
        )
        return tuple(load(Watch, row.watch) for row in rows)

    async def backfilled(self, watch: WatchId) -> None:
        """See `bot.ports.following.Watches.backfilled`."""
        await self._db.execute(
            update(watches).where(watches.c.id == watch).values(backfill_due=False)
        )


def _may_see(scope: Scope) -> ColumnElement[bool]:
    """Return a condition that no watch fails that people in `scope` see; few others pass it."""
    workspace = f'"workspace":{json.dumps(scope.workspace)}'  # as `codec.dump` writes a channel
    return or_(
        watches.c.scope == scope_text(scope), watches.c.watch.contains(workspace, autoescape=True)
    )
