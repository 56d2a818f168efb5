"""Alerts on their way; see `bot.ports.posting.Outbox`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import tables
from bot.adapters.store.codec import (
    dump,
    load,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    scope_text,
)
from bot.adapters.store.dialects import greater, insert
from bot.adapters.store.ids import Ids
from bot.adapters.store.outbox_sweep import OPEN, fall_with_cards, shut_out
from bot.domain.messages import Alert, AlertState, Message, Part, Posted
from bot.domain.stories import StoryId
from bot.domain.watches import Channel, Scope

_rows = tables.alerts


class SqlOutbox:
    """Alerts on their way."""

    def __init__(
        self, connection: AsyncConnection, ids: Ids, told: Callable[[Scope], None]
    ) -> None:
        """Work in the transaction of `connection`; `told` hears where alerts have become due."""
        self._db = connection
        self._ids = ids
        self._told = told

    async def add(self, alerts: Sequence[Alert]) -> None:
        """See `bot.ports.posting.Outbox.add`."""
        new = []
        for alert in alerts:
            if alert.part is Part.EDIT and await self._replaced(alert):
                continue
            new.append({"id": self._ids.next(), **_columns(alert)})
        if new:
            await self._db.execute(
                insert(self._db, _rows).on_conflict_do_nothing(index_elements=["key"]), new
            )
        now = self._ids.now()
        for alert in alerts:
            if alert.due_at <= now:
                self._told(alert.channel.scope)

    async def pings(self, channel: Channel, since: datetime) -> int:
        """See `bot.ports.posting.Outbox.pings`."""
        found = select(func.count()).where(
            _rows.c.channel == str(channel), _rows.c.pinged_at > micros(since)
        )
        return int(await self._db.scalar(found) or 0)

    async def waiting(self, platform: str, now: datetime, limit: int) -> tuple[Scope, ...]:
        """See `bot.ports.posting.Outbox.waiting`."""
        at = micros(now)
        oldest = (
            select(_rows.c.scope)
            .where(
                _rows.c.platform == platform,
                _rows.c.state.in_(OPEN),
                _rows.c.due_at <= at,
                _rows.c.lease_until <= at,
                _rows.c.channel.not_in(_paused_at(at)),
            )
            .order_by(_rows.c.due_at)
            .limit(limit)
            .subquery()
        )
        rows = await self._db.execute(select(oldest.c.scope).distinct())
        return tuple(Scope(platform, scope.partition("/")[2]) for scope in rows.scalars())

    async def claim(
        self,
        platform: str,
        owner: str,
        now: datetime,
        lease_until: datetime,
        limit: int,
        scope: Scope | None = None,
    ) -> tuple[Alert, ...]:
        """See `bot.ports.posting.Outbox.claim`."""
        at = micros(now)
        await self._db.execute(  # whoever had these is dead or late, and may have sent them
            update(_rows)
            .where(_rows.c.lease_until > 0, _rows.c.lease_until <= at)
            .values(
                owner="",
                lease_until=0,
                state=AlertState.UNKNOWN.value,
                reason="the sender was lost while sending",
            )
        )
        if await self._paused(platform, at):
            return ()
        rows = await self._db.execute(
            update(_rows)
            .where(_rows.c.id.in_(_next_of_each_channel(platform, at, limit, scope)))
            .values(
                owner=owner,
                lease_until=micros(lease_until),
                attempt=_rows.c.attempt + 1,
                first_try=func.coalesce(_rows.c.first_try, at),
            )
            .returning(_rows)
        )
        return tuple(_alert(row) for row in sorted(rows, key=lambda row: row.id))

    async def settle(self, alert: Alert, owner: str) -> bool:
        """See `bot.ports.posting.Outbox.settle`."""
        posted = alert.posted
        sent = alert.state is AlertState.SENT
        done = await self._db.execute(
            update(_rows)
            .where(
                _rows.c.key == alert.key,
                _rows.c.owner == owner,
                _rows.c.attempt == alert.attempt,
            )
            .values(
                owner="",
                lease_until=0,
                state=alert.state.value,
                due_at=micros(alert.due_at),
                reason=alert.reason,
                posted_id=posted.id if posted else None,
                posted_url=posted.url if posted else None,
                sent_at=micros(self._ids.now()) if sent else None,
            )
        )
        return done.rowcount == 1

    async def get(self, key: str) -> Alert | None:
        """See `bot.ports.posting.Outbox.get`."""
        row = (await self._db.execute(select(_rows).where(_rows.c.key == key))).first()
        return None if row is None else _alert(row)

    async def pause(
        self, where: Channel | str, until: datetime, *, only: Part | None = None
    ) -> None:
        """See `bot.ports.posting.Outbox.pause`."""
        pauses = tables.pauses
        added = insert(self._db, pauses).values(
            channel=str(where) if only is None else f"{where} {only}", until=micros(until)
        )
        later = greater(self._db, pauses.c.until, added.excluded.until)
        await self._db.execute(
            added.on_conflict_do_update(index_elements=["channel"], set_={"until": later})
        )

    async def retry(self, key: str, now: datetime) -> bool:
        """See `bot.ports.posting.Outbox.retry`."""
        retried = await self._db.execute(
            update(_rows)
            .where(_rows.c.key == key, _rows.c.state == AlertState.FAILED.value)
            .values(
                # It may have been taken before it was given up: look before sending again.
                state=AlertState.UNKNOWN.value,
                due_at=micros(now),
                created_at=micros(now),
                reason="retried by hand",
            )
            .returning(_rows.c.channel)
        )
        channels = retried.scalars().all()
        for channel in channels:
            self._told(Channel.parse(channel).scope)
        await self._db.execute(  # whoever asks for a retry has seen to the channel
            delete(tables.standings).where(
                tables.standings.c.channel
                == select(_rows.c.channel).where(_rows.c.key == key).scalar_subquery()
            )
        )
        return bool(channels)

    async def failed(self, scope: Scope, limit: int) -> tuple[Alert, ...]:
        """See `bot.ports.posting.Outbox.failed`."""
        rows = await self._db.execute(
            _of(scope, AlertState.FAILED).order_by(_rows.c.id.desc()).limit(limit)
        )
        return tuple(_alert(row) for row in rows)

    async def unsure(self, scope: Scope, limit: int) -> tuple[Alert, ...]:
        """See `bot.ports.posting.Outbox.unsure`."""
        rows = await self._db.execute(
            _of(scope, AlertState.UNKNOWN).order_by(_rows.c.id).limit(limit)
        )
        return tuple(_alert(row) for row in rows)

    async def drop(self, key: str, state: AlertState, reason: str) -> None:
        """See `bot.ports.posting.Outbox.drop`."""
        await self._db.execute(
            update(_rows)
            .where(_rows.c.key == key, _rows.c.state == AlertState.SENT.value)
            .values(state=state.value, reason=reason)
        )

    async def rehang(self, old: str, new: str) -> None:
        """See `bot.ports.posting.Outbox.rehang`."""
        waiting = and_(_rows.c.card == old, _rows.c.state.in_(OPEN))
        await self._db.execute(
            update(_rows).where(waiting, _rows.c.part != Part.EDIT.value).values(card=new)
        )
        await self._db.execute(
            update(_rows)
            .where(waiting)
            .values(state=AlertState.DROPPED.value, reason="a newer card says it")
        )

    async def sweep(self, platform: str, now: datetime, dead_before: datetime) -> tuple[Alert, ...]:
        """See `bot.ports.posting.Outbox.sweep`."""
        swept = [
            *await fall_with_cards(self._db, platform),
            *await shut_out(self._db, platform, now, dead_before),
        ]
        return tuple(_alert(row) for row in sorted(swept, key=lambda row: row.id))

    async def _replaced(self, edit: Alert) -> bool:
        """Let a newer edit of a card take the place of one that waits; say whether it did."""
        known = select(_rows.c.id).where(_rows.c.key == edit.key)
        if (await self._db.execute(known)).first() is not None:
            return False
        done = await self._db.execute(
            update(_rows)
            .where(
                _rows.c.card == edit.card,
                _rows.c.part == Part.EDIT.value,
                _rows.c.state == AlertState.DUE.value,
                _rows.c.lease_until == 0,
            )
            .values(message=dump(Message, edit.message), key=edit.key)
        )
        return done.rowcount > 0

    async def _paused(self, platform: str, at: int) -> bool:
        pauses = tables.pauses
        paused = select(pauses.c.until).where(pauses.c.channel == platform, pauses.c.until > at)
        return (await self._db.execute(paused)).first() is not None


def _of(scope: Scope, state: AlertState) -> Select[Any]:
    return select(_rows).where(_rows.c.scope == scope_text(scope), _rows.c.state == state.value)


def _paused_at(at: int) -> Select[str]:
    return select(tables.pauses.c.channel).where(tables.pauses.c.until > at)


def _next_of_each_channel(platform: str, at: int, limit: int, scope: Scope | None) -> Select[int]:
    """Return the select of what may be sent now: the oldest of each channel that is free.

    What is to be tried again holds up all that came later to its channel, so that order is kept; an
    edit or a reply holds up only those of its own card. What was never tried and is not due yet
    holds up only the replies of its own thread: a card that waits must not delay an urgent one.
    """
    paused = _paused_at(at)
    mine = () if scope is None else (_rows.c.scope == scope_text(scope),)
    busy = select(_rows.c.channel).where(_rows.c.lease_until > at)
    card = _rows.alias("card")
    its_card_is_there = exists().where(
        card.c.key == _rows.c.card, card.c.state == AlertState.SENT.value
    )
    tried = (
        select(_rows.c.channel, func.min(_rows.c.id).label("first"))
        .where(
            *mine,
            _rows.c.platform == platform,
            _rows.c.state.in_(OPEN),
            _rows.c.attempt > 0,
            _rows.c.part.not_in((Part.EDIT.value, Part.REPLY.value)),
        )
        .group_by(_rows.c.channel)
        .subquery()
    )
    earlier = _rows.alias("earlier")
    overtakes = exists().where(
        earlier.c.card == _rows.c.card,
        earlier.c.state.in_(OPEN),
        earlier.c.id < _rows.c.id,
        (earlier.c.part == Part.EDIT.value) == (_rows.c.part == Part.EDIT.value),
    )
    heads = (
        select(func.min(_rows.c.id).label("id"))
        .outerjoin(tried, tried.c.channel == _rows.c.channel)
        .where(
            *mine,
            _rows.c.platform == platform,
            _rows.c.state.in_(OPEN),
            _rows.c.due_at <= at,
            _rows.c.channel.not_in(paused),
            (_rows.c.channel + " " + _rows.c.part).not_in(paused),
            _rows.c.channel.not_in(busy),
            _rows.c.id <= func.coalesce(tried.c.first, _rows.c.id),
            or_(_rows.c.card.is_(None), and_(its_card_is_there, ~overtakes)),
        )
        .group_by(_rows.c.channel)
        .subquery()
    )
    return select(heads.c.id).order_by(heads.c.id).limit(limit)


def _columns(alert: Alert) -> dict[str, object]:
    posted = alert.posted
    return {
        "key": alert.key,
        "platform": alert.channel.scope.platform,
        "scope": scope_text(alert.channel.scope),
        "channel": str(alert.channel),
        "part": alert.part.value,
        "story": alert.story,
        "card": alert.card,
        "state": alert.state.value,
        "due_at": micros(alert.due_at),
        "created_at": micros(alert.created_at),
        "first_try": micros_or_none(alert.first_try),
        "attempt": alert.attempt,
        "posted_id": posted.id if posted else None,
        "posted_url": posted.url if posted else None,
        "reason": alert.reason,
        "message": dump(Message, alert.message),
        "pinged_at": micros(alert.created_at) if alert.message.ping else None,
    }


def _alert(row: Row[*tuple[object, ...]]) -> Alert:
    channel = Channel.parse(row.channel)
    posted = None
    if row.posted_id is not None:
        posted = Posted(channel=channel, id=row.posted_id, url=row.posted_url or "")
    return Alert(
        key=row.key,
        channel=channel,
        part=Part(row.part),
        message=load(Message, row.message),
        story=None if row.story is None else StoryId(row.story),
        card=row.card,
        state=AlertState(row.state),
        due_at=moment(row.due_at),
        created_at=moment(row.created_at),
        first_try=moment_or_none(row.first_try),
        attempt=row.attempt,
        posted=posted,
        reason=row.reason,
    )
