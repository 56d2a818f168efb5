"""Connections to PostgreSQL: how they are set up, so that no fault of one holds up the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.adapters.store.codec import clean
from bot.adapters.store.steady import whole

TURN_MS = 60_000
"""How long a writer waits for its turn, milliseconds."""
STALL_MS = 10_000
"""How long nothing may be heard of a transaction, milliseconds: whoever was stopped or cut off in
the middle of one loses it long before the others give up waiting."""
BEAT = 2.0
"""Seconds between the signs of life of one that computes."""

_SESSION = {
    "lock_timeout": TURN_MS,
    "idle_in_transaction_session_timeout": STALL_MS,
    "timezone": "UTC",
    # The server, too, notices within half a minute that a host is gone: else its connections count
    # for two hours, and each that waits for its turn gets it, and keeps it until it is taken away.
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_CONNECTION: dict[str, Any] = {
    "application_name": "newsthread",
    "connect_timeout": 5,
    "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
    # A network that was cut is noticed within half a minute, and not in two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def server_engine(url: URL) -> AsyncEngine:
    """Return an engine; what the address itself says of a connection (`?sslmode=…`) wins."""
    engine = create_async_engine(
        url,
        max_overflow=5,  # ten connections a process at most
        pool_pre_ping=True,  # after the server was away, nobody is handed a dead connection
        use_native_hstore=False,  # we have none, and it is asked for at each start
        connect_args={key: to for key, to in _CONNECTION.items() if key not in url.query},
    )
    event.listen(engine.sync_engine, "connect", _on_connect)
    return engine


@asynccontextmanager
async def signs_of_life(connection: AsyncConnection) -> AsyncIterator[None]:
    """Have the server hear of a transaction while its owner computes, until the block ends."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101 - the only one we know
    over = asyncio.Event()
    beating = asyncio.create_task(_beat(driver, over))
    try:
        yield
    finally:
        over.set()
        await whole(beating)


async def _beat(driver: psycopg.AsyncConnection, over: asyncio.Event) -> None:
    while True:
        try:
            async with asyncio.timeout(BEAT):
                await over.wait()
        except TimeoutError:
            try:
                await driver.execute("SELECT 1")  # which the driver keeps apart from others
            except psycopg.Error:
                return  # the owner is told by its own next statement
        else:
            return


class _CleanText(StrDumperUnknown):
    """Text as PostgreSQL can hold it: SQLite takes a NUL as well."""

    def dump(self, obj: str) -> Any:
        return super().dump(clean(obj))


def _on_connect(connection: Any, _record: object) -> None:  # a DBAPI connection has no type
    connection.driver_connection.adapters.register_dumper(str, _CleanText)
