"""What models cost; see `bot.ports.keeping.Spending`."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.dialects import insert
from bot.adapters.store.tables import model_days
from bot.domain.models import Spent

_of = model_days.c


class SqlSpending:
    """What models cost, a row a day."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work in the transaction of `connection`."""
        self._db = connection

    async def take(self, day: str, tokens: int, budget: int) -> bool:
        """See `bot.ports.keeping.Spending.take`."""
        new = insert(self._db, model_days).values(day=day, tokens=0, calls=0, refused=0)
        await self._db.execute(new.on_conflict_do_nothing(index_elements=["day"]))
        taken = await self._db.execute(
            update(model_days)
            .where(_of.day == day, _of.tokens + tokens <= budget)
            .values(tokens=_of.tokens + tokens, calls=_of.calls + 1, refused=0)
        )
        if taken.rowcount == 1:
            return True
        refused = update(model_days).where(_of.day == day).values(refused=_of.refused + 1)
        await self._db.execute(refused)
        return False

    async def correct(self, day: str, tokens: int) -> None:
        """See `bot.ports.keeping.Spending.correct`."""
        await self._db.execute(
            update(model_days).where(_of.day == day).values(tokens=_of.tokens + tokens)
        )

    async def of(self, day: str) -> Spent:
        """See `bot.ports.keeping.Spending.of`."""
        row = (await self._db.execute(select(model_days).where(_of.day == day))).first()
        if row is None:
            return Spent()
        return Spent(tokens=row.tokens, calls=row.calls, refused=row.refused)
