"""The feeds; see `bot.ports.gathering.Feeds`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Row, Select, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import dump, load, micros, micros_or_none, scope_text
from bot.adapters.store.dialects import insert_new, overwrite_deleted
from bot.adapters.store.ids import Ids
from bot.adapters.store.sealing import OTHER_KEY, Kept, Sealer
from bot.adapters.store.tables import feeds
from bot.domain.articles import Feed, FeedId
from bot.domain.private import is_private
from bot.domain.records import DueFeed, FeedLine, FeedState
from bot.domain.watches import Scope

log = structlog.get_logger()


class SqlFeeds:
    """The feeds, and when each is due; of a private one the address is sealed."""

    def __init__(
        self,
        connection: AsyncConnection,
        ids: Ids,
        sealer: Sealer,
        told: Callable[[FeedId, str], None],
    ) -> None:
        """Work in the transaction of `connection`; `told` hears of feeds that have become due."""
        self._told = told
        self._db = connection
        self._ids = ids
        self._sealer = sealer

    async def claim(
        self, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[DueFeed, ...]:
        """See `bot.ports.gathering.Feeds.claim`."""
        rows = await self._db.execute(
            update(feeds)
            .where(feeds.c.id.in_(_due(now, limit)))
            .values(owner=owner, lease_until=micros(lease_until))
            .returning(feeds)
        )
        found = sorted(rows, key=lambda row: (row.due_at, row.id))
        return tuple(self._claimed(row, owner) for row in found)

    async def reserve(
        self, holder: str, now: datetime, until: datetime, limit: int
    ) -> tuple[tuple[FeedId, str], ...]:
        """See `bot.ports.gathering.Feeds.reserve`."""
        rows = await self._db.execute(
            update(feeds)
            .where(feeds.c.id.in_(_due(now, limit)))
            .values(owner=holder, lease_until=micros(until))
            .returning(feeds.c.id, feeds.c.url, feeds.c.due_at)
        )
        found = sorted(rows, key=lambda row: (row.due_at, row.id))
        return tuple((FeedId(row.id), row.url) for row in found)

    async def take(
        self, these: Sequence[FeedId], holder: str, owner: str, now: datetime, lease_until: datetime
    ) -> tuple[DueFeed, ...]:
        """See `bot.ports.gathering.Feeds.take`."""
        free = [feeds.c.lease_until <= micros(now)]
        if holder:
            held = feeds.c.owner.startswith(f"{holder} ", autoescape=True)
            free += [feeds.c.owner == holder, held]
        whose = f"{holder} {owner}".strip()
        rows = await self._db.execute(
            update(feeds)
            .where(
                feeds.c.id.in_(these),
                feeds.c.stopped.is_(False),
                feeds.c.due_at <= micros(now),
                or_(*free),
            )
            .values(owner=whose, lease_until=micros(lease_until))
            .returning(feeds)
        )
        found = sorted(rows, key=lambda row: (row.due_at, row.id))
        return tuple(self._claimed(row, whose) for row in found)

    async def settle(self, feed: FeedId, owner: str, state: FeedState) -> bool:
        """See `bot.ports.gathering.Feeds.settle`."""
        done = await self._db.execute(
            _SETTLE_OURS, {"its_id": feed, "holder": owner, **self._of_state(state)}
        )
        return done.rowcount == 1

    async def settle_all(
        self, polled: Sequence[tuple[FeedId, str, FeedState]]
    ) -> frozenset[FeedId]:
        """See `bot.ports.gathering.Feeds.settle_all`."""
        if len(polled) == 1:
            ((feed, owner, state),) = polled
            return frozenset([feed] if await self.settle(feed, owner, state) else [])
        held = await self._db.execute(
            select(feeds.c.id, feeds.c.owner)
            .where(feeds.c.id.in_([feed for feed, _, _ in polled]))
            .order_by(feeds.c.id)  # whoever locks several does so in one order
            .with_for_update()
        )
        owners = {row.id: row.owner for row in held}
        ours = [(feed, state) for feed, owner, state in polled if owners.get(feed) == owner]
        if ours:
            await self._db.execute(
                _SETTLE, [{"its_id": feed, **self._of_state(state)} for feed, state in ours]
            )
        return frozenset(feed for feed, _ in ours)

    async def add(self, feed: Feed, due_at: datetime) -> Feed:
        """See `bot.ports.gathering.Feeds.add`."""
        kept = self._sealer.kept(feed.url)
        state = self._of_state(FeedState(due_at=due_at))
        new = insert_new(self._db, feeds, "feeds_url")
        await self._db.execute(new.values(id=self._ids.next(), **_columns(feed, kept), **state))
        there = select(feeds).where(feeds.c.url == kept.url, feeds.c.workspace == feed.workspace)
        made = self._feed((await self._db.execute(there)).one())
        if due_at <= self._ids.now():
            self._told(made.id, made.url)
        return made

    async def change(self, feed: Feed) -> None:
        """See `bot.ports.gathering.Feeds.change`."""
        kept = self._sealer.kept(feed.url)
        twin = select(feeds.c.id).where(
            feeds.c.url == kept.url, feeds.c.workspace == feed.workspace, feeds.c.id != feed.id
        )
        columns = _columns(feed, kept)
        if (await self._db.execute(twin)).first() is not None:
            del columns["url"], columns["sealed"]  # it moved to where another feed is already
        await self._db.execute(update(feeds).where(feeds.c.id == feed.id).values(**columns))

    async def remove(self, feed: FeedId) -> None:
        """See `bot.ports.gathering.Feeds.remove`."""
        await self._db.execute(delete(feeds).where(feeds.c.id == feed))

    async def make_due(self, feed: FeedId, now: datetime) -> None:
        """See `bot.ports.gathering.Feeds.make_due`."""
        rows = await self._db.execute(
            update(feeds)
            .where(feeds.c.id == feed)
            .values(due_at=micros(now), stopped=False)
            .returning(feeds.c.url)
        )
        for url in rows.scalars():
            self._told(feed, url)

    async def get(self, feed: FeedId) -> FeedLine | None:
        """See `bot.ports.gathering.Feeds.get`."""
        row = (await self._db.execute(select(feeds).where(feeds.c.id == feed))).first()
        return None if row is None else self._line(row)

    async def list(self, scope: Scope | None = None) -> tuple[FeedLine, ...]:
        """See `bot.ports.gathering.Feeds.list`."""
        query = select(feeds).order_by(feeds.c.name, feeds.c.id)
        if scope is not None:
            query = query.where(feeds.c.workspace.in_(("", scope_text(scope))))
        return tuple(self._line(row) for row in await self._db.execute(query))

    async def names(self, scope: Scope) -> tuple[str, ...]:
        """See `bot.ports.gathering.Feeds.names`."""
        seen = feeds.c.workspace.in_(("", scope_text(scope)))
        rows = await self._db.execute(select(feeds.c.name).where(seen).order_by(feeds.c.name))
        return tuple(rows.scalars())

    async def reseal(self) -> None:
        """See `bot.ports.gathering.Feeds.reseal`."""
        await overwrite_deleted(self._db)
        found = await self._db.execute(
            select(feeds.c.id, feeds.c.name, feeds.c.url, feeds.c.sealed).order_by(feeds.c.id)
        )
        for row in found.all():
            url = self._sealer.address(Kept(row.url, row.sealed))
            if url is None:
                log.warning("feed_address_unreadable", feed=row.name, reason=OTHER_KEY)
                continue
            kept = self._sealer.kept(url)
            if kept.url == row.url:  # the mark in it is of the first key
                continue
            its = feeds.c.id == row.id
            stored = await self._db.scalar(select(feeds.c.state).where(its).with_for_update())
            if stored is not None:  # it was not removed meanwhile
                state = self._of_state(self._state(stored))["state"]
                values = {"url": kept.url, "sealed": kept.sealed, "state": state}
                await self._db.execute(update(feeds).where(its).values(**values))

    def _claimed(self, row: Row[*tuple[object, ...]], owner: str) -> DueFeed:
        return DueFeed(feed=self._feed(row), state=self._state(row.state), owner=owner)

    def _feed(self, row: Row[*tuple[object, ...]]) -> Feed:
        url = self._sealer.address(Kept(row.url, row.sealed))
        return Feed(
            id=FeedId(row.id),
            url=row.url.rpartition("#")[0]
            if url is None
            else url,  # masked: nobody is asked for it
            name=row.name,
            every=timedelta(microseconds=row.every_us),
            workspace=row.workspace,
            lang=row.lang,
            configured=row.configured,
        )

    def _line(self, row: Row[*tuple[object, ...]]) -> FeedLine:
        return FeedLine(feed=self._feed(row), state=self._state(row.state))

    def _of_state(self, state: FeedState) -> dict[str, object]:
        sealed = replace(
            state, address=self._hidden(state.address), moved_to=self._hidden(state.moved_to)
        )
        return {
            "due_at": micros(state.due_at),
            "stopped": state.stopped,
            "failures": state.failures,
            "polled_at": micros_or_none(state.polled_at),
            "state": dump(FeedState, sealed),
        }

    def _state(self, stored: str) -> FeedState:
        state = load(FeedState, stored)
        if not state.address and not state.moved_to:
            return state
        return replace(
            state,
            address=self._sealer.plain(state.address) or "",
            moved_to=self._sealer.plain(state.moved_to) or "",
        )

    def _hidden(self, url: str) -> str:
        return self._sealer.text(url, private=is_private(url)) if url else ""


_SETTLE = (
    update(feeds)
    .where(feeds.c.id == bindparam("its_id"))
    .values(
        owner="",
        lease_until=0,
        **{
            name: bindparam(name)
            for name in ("due_at", "stopped", "failures", "polled_at", "state")
        },
    )
)
_SETTLE_OURS = _SETTLE.where(feeds.c.owner == bindparam("holder"))


def _due(now: datetime, limit: int) -> Select[int]:
    """Return the select of the feeds that are due and nobody's, the longest due first."""
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
    return select(due.c.id)


def _columns(feed: Feed, kept: Kept) -> dict[str, object]:
    return {
        "url": kept.url,
        "sealed": kept.sealed,
        "workspace": feed.workspace,
        "name": feed.name,
        "every_us": feed.every // timedelta(microseconds=1),
        "lang": feed.lang,
        "configured": feed.configured,
    }
