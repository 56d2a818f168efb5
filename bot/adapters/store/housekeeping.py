"""What keeps the database small, and counts it; see `bot.ports.keeping.Housekeeping`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, case, delete, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import search
from bot.adapters.store.codec import micros, moment_or_none, scope_text
from bot.adapters.store.dialects import insert
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import (
    alerts,
    articles,
    counters,
    decisions,
    edits,
    entry_keys,
    feeds,
    hits,
    judgements,
    members,
    pages,
    stories,
    threads,
    tombstones,
    wanted_pages,
    watches,
)
from bot.domain.messages import AlertState, Part
from bot.domain.records import Totals
from bot.domain.watches import Channel, Scope

Conditions = tuple[ColumnElement[bool], ...]

_DELAYS = 1_000
_STAYS = 60 * 86_400 * 1_000_000
"""Microseconds by which keys of one document may differ in age: documents are read whole once a
week, and a key that is found again is made young only when it is a month old."""
_PRUNED_TO = "pruned_to"
"""The counter that says up to when (`first_seen`) all is pruned: what is left there is kept for
good, and is not looked at again."""


class SqlHousekeeping:
    """What keeps the database small, and counts it."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def totals(self, scope: Scope | None = None) -> Totals:
        """See `bot.ports.keeping.Housekeeping.totals`."""
        own: Conditions = () if scope is None else (alerts.c.scope == scope_text(scope),)
        told: Conditions = () if scope is None else (_told_in(scope),)
        rows = await self._db.execute(
            select(alerts.c.state, func.count().label("n")).where(*own).group_by(alerts.c.state)
        )
        by_state = {row.state: row.n for row in rows}
        oldest = await self._db.scalar(
            select(func.min(alerts.c.due_at)).where(alerts.c.state == AlertState.DUE.value, *own)
        )
        failing = case((or_(feeds.c.failures > 0, feeds.c.stopped.is_(True)), 1))
        read = await self._db.execute(  # once for all: there may be a million
            select(func.count(), func.count(failing), func.max(feeds.c.polled_at))
        )
        known, ill, polled = read.one()
        return Totals(
            feeds=known,
            feeds_failing=ill,
            articles=await self._count(articles),
            stories=await self._count(stories, stories.c.merged_into.is_(None), *told),
            watches=await self._count(watches, watches.c.removed_at.is_(None)),
            alerts_due=by_state.get(AlertState.DUE.value, 0),
            alerts_unknown=by_state.get(AlertState.UNKNOWN.value, 0),
            alerts_failed=by_state.get(AlertState.FAILED.value, 0),
            alerts_sent=by_state.get(AlertState.SENT.value, 0),
            oldest_due_at=moment_or_none(oldest),
            last_poll_at=moment_or_none(polled),
            delays=await self._delays(own),
        )

    async def prune(self, articles_before: datetime, keys_before: datetime, limit: int) -> int:
        """See `bot.ports.keeping.Housekeeping.prune`."""
        end = micros(articles_before)
        done_to = int(
            await self._db.scalar(select(counters.c.value).where(counters.c.name == _PRUNED_TO))
            or 0
        )
        posted = exists().where(
            members.c.article == articles.c.id,
            threads.c.story == members.c.story,
            or_(threads.c.card.is_not(None), threads.c.listed_in.is_not(None)),
        )
        rows = await self._db.execute(
            select(articles.c.id, articles.c.title, articles.c.lead)
            .where(articles.c.first_seen >= done_to, articles.c.first_seen < end, ~posted)
            .order_by(articles.c.first_seen, articles.c.id)
            .limit(limit)
        )
        old = rows.all()
        if old:
            at = micros(self._ids.now())
            await self._db.execute(
                insert(self._db, tombstones).on_conflict_do_nothing(index_elements=["article"]),
                [
                    {"article": row.id, "title": row.title, "lead": row.lead, "at": at}
                    for row in old
                ],
            )
            await self._forget([row.id for row in old])
        if len(old) < limit:
            await self._pruned_to(end)
        await self._prune_pages(end, limit)
        keys = await self._prune_keys(micros(keys_before), limit)
        return len(old) + keys

    async def _forget(self, ids: Sequence[int]) -> None:
        """Delete articles with what hangs on them, and the stories that they leave empty."""
        left = (
            (
                await self._db.execute(
                    select(members.c.story).where(members.c.article.in_(ids)).distinct()
                )
            )
            .scalars()
            .all()
        )
        await search.remove(self._db, ids)
        for table in (hits, edits, decisions, judgements, members):
            await self._db.execute(delete(table).where(table.c.article.in_(ids)))
        await self._db.execute(delete(articles).where(articles.c.id.in_(ids)))
        empty = [
            story
            for story in left
            if await self._db.scalar(select(members.c.story).where(members.c.story == story))
            is None
        ]
        await self._db.execute(delete(threads).where(threads.c.story.in_(empty)))
        await self._db.execute(delete(stories).where(stories.c.id.in_(empty)))

    async def _pruned_to(self, end: int) -> None:
        added = insert(self._db, counters).values(name=_PRUNED_TO, value=end)
        await self._db.execute(
            added.on_conflict_do_update(
                index_elements=["name"],
                set_={"value": added.excluded.value},
                where=counters.c.value < added.excluded.value,
            )
        )

    async def _prune_pages(self, before: int, limit: int) -> None:
        """Delete the texts of old pages, also those of articles that are kept."""
        some = select(pages.c.article).where(pages.c.asked_at < before).limit(limit)
        await self._db.execute(delete(pages).where(pages.c.article.in_(some)))
        some = select(wanted_pages.c.article).where(wanted_pages.c.at < before).limit(limit)
        await self._db.execute(
            delete(wanted_pages).where(wanted_pages.c.article.in_(some), wanted_pages.c.at < before)
        )

    async def _prune_keys(self, before: int, limit: int) -> int:
        """Delete old keys, but never those of the document that a feed was last read from.

        A feed may say for years that nothing has changed, or fail: what it carried then may still
        be there when it is read again. It was all looked up at that reading, so in the feed's time
        its keys are no older than `_STAYS`.
        """
        newer = entry_keys.alias("newer")
        left = exists().where(
            newer.c.feed == entry_keys.c.feed, newer.c.seen_at > entry_keys.c.seen_at + _STAYS
        )
        polled = exists().where(feeds.c.id == entry_keys.c.feed)
        some = (
            select(entry_keys.c.feed, entry_keys.c.key)
            .where(entry_keys.c.seen_at < before, or_(left, ~polled))
            .limit(limit)
        )
        keys = await self._db.execute(
            delete(entry_keys).where(tuple_(entry_keys.c.feed, entry_keys.c.key).in_(some))
        )
        stones = select(tombstones.c.article).where(tombstones.c.at < before).limit(limit)
        await self._db.execute(delete(tombstones).where(tombstones.c.article.in_(stones)))
        return keys.rowcount

    async def _count(self, table: Table, *wanted: ColumnElement[bool]) -> int:
        count: Any = await self._db.scalar(select(func.count()).select_from(table).where(*wanted))
        return int(count)

    async def _delays(self, own: Conditions) -> tuple[float, ...]:
        """Return the seconds from the newest article that a card can have told of to its post."""
        newest = (
            select(alerts.c.story, alerts.c.created_at, alerts.c.sent_at)
            .where(alerts.c.part == Part.CARD.value, alerts.c.sent_at.is_not(None), *own)
            .order_by(alerts.c.sent_at.desc())
            .limit(_DELAYS)
            .subquery()
        )
        seen = (
            select(func.max(articles.c.first_seen))
            .join(members, members.c.article == articles.c.id)
            .where(
                members.c.story == newest.c.story,
                articles.c.first_seen <= newest.c.created_at,
            )
            .scalar_subquery()
        )
        rows = await self._db.execute(
            select(
                newest.c.sent_at, func.coalesce(seen, newest.c.created_at).label("seen")
            ).order_by(newest.c.sent_at.desc())
        )
        return tuple((row.sent_at - row.seen) / 1e6 for row in rows)


def _told_in(scope: Scope) -> ColumnElement[bool]:
    """Say whether a story was ever a channel's of this workspace."""
    first = str(Channel(scope, ""))  # what all its channels begin with
    return exists().where(
        threads.c.story == stories.c.id,
        threads.c.channel >= first,
        threads.c.channel < f"{first}\U0010ffff",
    )
