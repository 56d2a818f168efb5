"""What keeps the database small, and counts it; see `bot.ports.store.Housekeeping`."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import search
from bot.adapters.store.codec import load, micros, moment_or_none
from bot.adapters.store.tables import (
    alerts,
    articles,
    edits,
    entry_keys,
    feeds,
    hits,
    members,
    stories,
    watches,
)
from bot.domain.messages import AlertState, Part
from bot.domain.records import FeedState, Totals

_DELAYS = 1_000


class SqlHousekeeping:
    """What keeps the database small, and counts it."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def totals(self) -> Totals:
        """See `bot.ports.store.Housekeeping.totals`."""
        states = [
            load(FeedState, row.state) for row in await self._db.execute(select(feeds.c.state))
        ]
        by_state = {
            row[0]: row[1]
            for row in await self._db.execute(
                select(alerts.c.state, func.count()).group_by(alerts.c.state)
            )
        }
        polled = [state.polled_at for state in states if state.polled_at is not None]
        oldest = await self._db.scalar(
            select(func.min(alerts.c.due_at)).where(alerts.c.state == AlertState.DUE.value)
        )
        return Totals(
            feeds=len(states),
            feeds_failing=sum(state.failures > 0 or state.stopped for state in states),
            articles=await self._count(articles),
            stories=await self._count(stories, stories.c.merged_into.is_(None)),
            watches=await self._count(watches, watches.c.removed_at.is_(None)),
            alerts_due=by_state.get(AlertState.DUE.value, 0),
            alerts_unknown=by_state.get(AlertState.UNKNOWN.value, 0),
            alerts_failed=by_state.get(AlertState.FAILED.value, 0),
            alerts_sent=by_state.get(AlertState.SENT.value, 0),
            oldest_due_at=moment_or_none(oldest),
            last_poll_at=max(polled, default=None),
            delays=await self._delays(),
        )

    async def prune(self, articles_before: datetime, keys_before: datetime, limit: int) -> int:
        """See `bot.ports.store.Housekeeping.prune`."""
        old = (
            await self._db.execute(
                select(articles.c.id)
                .where(
                    articles.c.first_seen < micros(articles_before),
                    articles.c.id.not_in(select(members.c.article)),
                )
                .order_by(articles.c.first_seen)
                .limit(limit)
            )
        ).scalars()
        ids = list(old)
        if ids:
            await search.remove(self._db, ids)
            for table in (hits, edits):
                await self._db.execute(delete(table).where(table.c.article.in_(ids)))
            await self._db.execute(delete(articles).where(articles.c.id.in_(ids)))
        await self._db.execute(delete(entry_keys).where(entry_keys.c.seen_at < micros(keys_before)))
        return len(ids)

    async def _count(self, table: Table, *wanted: ColumnElement[bool]) -> int:
        count: Any = await self._db.scalar(select(func.count()).select_from(table).where(*wanted))
        return int(count)

    async def _delays(self) -> tuple[float, ...]:
        rows = await self._db.execute(
            select(alerts.c.created_at, alerts.c.sent_at)
            .where(alerts.c.part == Part.CARD.value, alerts.c.sent_at.is_not(None))
            .order_by(alerts.c.id.desc())
            .limit(_DELAYS)
        )
        return tuple((row.sent_at - row.created_at) / 1e6 for row in rows)
