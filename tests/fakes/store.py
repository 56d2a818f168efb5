"""A store in memory: the real one, on a database that lives as long as it is open."""

from bot.adapters.store.database import SqlStore, make_engine
from bot.adapters.store.ids import Ids
from bot.adapters.store.migrate import create_all
from tests.fakes.clock import FakeClock


async def memory_store(clock: FakeClock | None = None) -> SqlStore:
    """Return an empty store with the schema in place."""
    engine = make_engine("sqlite+aiosqlite://")
    await create_all(engine)
    return SqlStore(engine, Ids(clock or FakeClock()))
