"""Alerts on their way; see `bot.ports.store.Outbox`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.codec import (
    dump,
    load,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    scope_text,
)
from bot.adapters.store.ids import Ids
from bot.adapters.store.tables import alerts, pauses
from bot.domain.messages import Alert, AlertState, Message, Part, Posted
from bot.domain.stories import StoryId
from bot.domain.watches import Channel, Scope

_OPEN = (AlertState.DUE.value, AlertState.UNKNOWN.value)


class SqlOutbox:
    """Alerts on their way."""

    def __init__(self, connection: AsyncConnection, ids: Ids) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection
        self._ids = ids

    async def add(self, new: Sequence[Alert]) -> None:
        """See `bot.ports.store.Outbox.add`."""
        for alert in new:
            if alert.part is Part.EDIT and await self._replaced(alert):
                continue
            await self._db.execute(
                insert(alerts)
                .values(id=self._ids.next(), **_columns(alert))
                .on_conflict_do_nothing(index_elements=["key"])
            )

    async def claim(
        self, platform: str, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[Alert, ...]:
        """See `bot.ports.store.Outbox.claim`."""
        at = micros(now)
        await self._db.execute(  # whoever had these is dead or late, and may have sent them
            update(alerts)
            .where(alerts.c.lease_until > 0, alerts.c.lease_until <= at)
            .values(
                owner="",
                lease_until=0,
                state=AlertState.UNKNOWN.value,
                reason="the sender was lost while sending",
            )
        )
        heads = await self._heads(platform, at)
        chosen: list[int] = []
        for row in heads:
            if len(chosen) == limit:
                break
            if row.due_at <= at and await self._may_go(row):
                chosen.append(row.id)
        if not chosen:
            return ()
        rows = await self._db.execute(
            update(alerts)
            .where(alerts.c.id.in_(chosen))
            .values(
                owner=owner,
                lease_until=micros(lease_until),
                attempt=alerts.c.attempt + 1,
                first_try=func.coalesce(alerts.c.first_try, at),
            )
            .returning(alerts)
        )
        return tuple(_alert(row) for row in sorted(rows, key=lambda row: row.id))

    async def settle(self, alert: Alert, owner: str) -> bool:
        """See `bot.ports.store.Outbox.settle`."""
        posted = alert.posted
        done = await self._db.execute(
            update(alerts)
            .where(
                alerts.c.key == alert.key,
                alerts.c.owner == owner,
                alerts.c.attempt == alert.attempt,
            )
            .values(
                owner="",
                lease_until=0,
                state=alert.state.value,
                due_at=micros(alert.due_at),
                reason=alert.reason,
                posted_id=posted.id if posted else None,
                posted_url=posted.url if posted else None,
                sent_at=micros(alert.due_at) if alert.state is AlertState.SENT else None,
            )
        )
        return done.rowcount == 1

    async def get(self, key: str) -> Alert | None:
        """See `bot.ports.store.Outbox.get`."""
        row = (await self._db.execute(select(alerts).where(alerts.c.key == key))).first()
        return None if row is None else _alert(row)

    async def pause(self, channel: Channel, until: datetime) -> None:
        """See `bot.ports.store.Outbox.pause`."""
        added = insert(pauses).values(channel=str(channel), until=micros(until))
        await self._db.execute(
            added.on_conflict_do_update(
                index_elements=["channel"],
                set_={"until": func.max(pauses.c.until, added.excluded.until)},
            )
        )

    async def retry(self, key: str, now: datetime) -> bool:
        """See `bot.ports.store.Outbox.retry`."""
        done = await self._db.execute(
            update(alerts)
            .where(alerts.c.key == key, alerts.c.state == AlertState.FAILED.value)
            .values(
                # It may have been taken before it was given up: look before sending again.
                state=AlertState.UNKNOWN.value,
                due_at=micros(now),
                created_at=micros(now),
                reason="retried by hand",
            )
        )
        return done.rowcount == 1

    async def failed(self, scope: Scope, limit: int) -> tuple[Alert, ...]:
        """See `bot.ports.store.Outbox.failed`."""
        rows = await self._db.execute(
            select(alerts)
            .where(alerts.c.scope == scope_text(scope), alerts.c.state == AlertState.FAILED.value)
            .order_by(alerts.c.id.desc())
            .limit(limit)
        )
        return tuple(_alert(row) for row in rows)

    async def fail_after(self, card: str, reason: str) -> int:
        """See `bot.ports.store.Outbox.fail_after`."""
        done = await self._db.execute(
            update(alerts)
            .where(alerts.c.card == card, alerts.c.state.in_(_OPEN))
            .values(state=AlertState.FAILED.value, reason=reason)
        )
        return done.rowcount

    async def _replaced(self, edit: Alert) -> bool:
        """Let a newer edit of a card take the place of one that waits; say whether it did."""
        done = await self._db.execute(
            update(alerts)
            .where(
                alerts.c.card == edit.card,
                alerts.c.part == Part.EDIT.value,
                alerts.c.state == AlertState.DUE.value,
                alerts.c.lease_until == 0,
            )
            .values(message=dump(Message, edit.message), key=edit.key)
        )
        return done.rowcount > 0

    async def _heads(self, platform: str, at: int) -> Sequence[Row[*tuple[object, ...]]]:
        """Return the oldest open alert of each channel that is free, oldest first."""
        paused = select(pauses.c.channel).where(pauses.c.until > at)
        busy = select(alerts.c.channel).where(alerts.c.lease_until > at)
        oldest = (
            select(func.min(alerts.c.id))
            .where(
                alerts.c.platform == platform,
                alerts.c.state.in_(_OPEN),
                alerts.c.channel.not_in(paused),
                alerts.c.channel.not_in(busy),
                or_(alerts.c.due_at <= at, alerts.c.part != Part.EDIT.value),
            )
            .group_by(alerts.c.channel)
        )
        rows = await self._db.execute(
            select(alerts).where(alerts.c.id.in_(oldest)).order_by(alerts.c.id)
        )
        return rows.all()

    async def _may_go(self, row: Row[*tuple[object, ...]]) -> bool:
        """Say whether the card that an alert needs is there; give the alert up with its card."""
        if row.card is None:
            return True
        card = await self.get(row.card)
        if card is not None and card.state is AlertState.SENT:
            return True
        if card is None or card.state is AlertState.FAILED:
            await self.fail_after(row.card, "its card could not be posted")
        return False


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
