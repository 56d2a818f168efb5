"""What can never be sent, so that it is given up without asking the platform."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import tables
from bot.adapters.store.codec import load, micros
from bot.domain.messages import AlertState
from bot.domain.records import CARD_DELETED, Access, Standing

Alerts = Row[*tuple[Any, ...]]
"""A row of the table `alerts`."""
OPEN = (AlertState.DUE.value, AlertState.UNKNOWN.value)
_rows = tables.alerts


async def fall_with_cards(connection: AsyncConnection, platform: str) -> list[Alerts]:
    """Give up what waits for a card that failed, never was, or was deleted."""
    card = _rows.alias("card")
    of_it = card.c.key == _rows.c.card
    failed = AlertState.FAILED.value
    dropped = exists().where(of_it, card.c.state == AlertState.DROPPED.value)
    alive = exists().where(of_it, card.c.state.not_in((failed, AlertState.DROPPED.value)))
    rows = await connection.execute(
        update(_rows)
        .where(
            _rows.c.platform == platform,
            _rows.c.state.in_(OPEN),
            _rows.c.lease_until == 0,
            _rows.c.card.is_not(None),
            ~alive,
        )
        .values(
            state=case((dropped, AlertState.DROPPED.value), else_=failed),
            reason=case((dropped, CARD_DELETED), else_="its card could not be posted"),
        )
        .returning(_rows)
    )
    return list(rows)


async def shut_out(
    connection: AsyncConnection, platform: str, now: datetime, dead_before: datetime
) -> list[Alerts]:
    """Give up what waits for a channel that is gone, or forbidden for too long."""
    rows = await connection.execute(select(tables.standings.c.standing))
    standings = [load(Standing, row.standing) for row in rows]
    out = []
    for standing in standings:
        if standing.channel.scope.platform != platform:
            continue
        waiting = [
            _rows.c.channel == str(standing.channel),
            _rows.c.state.in_(OPEN),
            _rows.c.lease_until == 0,
        ]
        if standing.access is Access.FORBIDDEN:
            waiting.append(_rows.c.created_at < micros(dead_before))
        elif not standing.shut(now):
            continue
        given_up = await connection.execute(
            update(_rows)
            .where(*waiting)
            .values(state=AlertState.FAILED.value, reason=standing.reason)
            .returning(_rows)
        )
        out += given_up.all()
    return out
