"""What every store promises of what models cost, and of the pings in a channel."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.adapters.store.database import SqlStore
from bot.domain.messages import say
from bot.domain.models import Spent
from tests.contract.rows import NEWS, NOON, SPORT, alert

DAY = "2026-03-02"


async def test_the_budget_of_a_day_is_one_for_all_who_spend(store: SqlStore) -> None:
    """Of ten that ask at once for a third each, three get it; the next day is new."""

    async def take() -> bool:
        async with store.transaction() as tx:
            return await tx.spending.take(DAY, 30, 100)

    assert sum(await asyncio.gather(*(take() for _ in range(10)))) == 3
    async with store.transaction() as tx:
        assert await tx.spending.of(DAY) == Spent(tokens=90, calls=3, refused=7)
        assert await tx.spending.of("2026-03-03") == Spent()
        assert await tx.spending.take("2026-03-03", 30, 100)


async def test_what_a_call_cost_is_corrected_and_room_for_the_next_is_seen(store: SqlStore) -> None:
    """What was too much before fits when less was spent than was taken."""
    async with store.transaction() as tx:
        assert await tx.spending.take(DAY, 80, 100)
        assert not await tx.spending.take(DAY, 40, 100)
        await tx.spending.correct(DAY, -30)
        assert await tx.spending.take(DAY, 40, 100)
        await tx.spending.correct(DAY, 25)
        assert await tx.spending.of(DAY) == Spent(tokens=115, calls=2, refused=0)


async def test_pings_are_counted_in_their_channel_since_a_time(store: SqlStore) -> None:
    """What does not ping, is older, or is elsewhere does not count."""
    rings = replace(say("One"), ping="@desk")
    alerts = [
        alert("a", message=rings),
        alert("b", message=rings, created_at=NOON - timedelta(hours=1)),
        alert("c", message=say("Two")),
        alert("d", message=rings, channel=SPORT),
    ]
    async with store.transaction() as tx:
        await tx.outbox.add(alerts)
        assert await tx.outbox.pings(NEWS, NOON - timedelta(hours=1)) == 1
        assert await tx.outbox.pings(NEWS, NOON - timedelta(hours=2)) == 2
        assert await tx.outbox.pings(SPORT, NOON) == 0
