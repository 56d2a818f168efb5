"""Numbers that only grow: they tell a process that what it remembers is out of date."""

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.dialects import insert
from bot.adapters.store.tables import counters

_READ = select(counters.c.value).where(counters.c.name == bindparam("counter"))


async def read(connection: AsyncConnection, name: str) -> int:
    """Return a counter; 0 where it never grew."""
    value = await connection.scalar(_READ, {"counter": name})
    return int(value or 0)


async def grow(connection: AsyncConnection, name: str) -> None:
    """Let a counter grow by one."""
    added = insert(connection, counters).values(name=name, value=1)
    await connection.execute(
        added.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    )
