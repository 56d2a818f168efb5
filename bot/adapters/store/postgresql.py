"""Connections to PostgreSQL: how they are set up, so that no fault of one holds up the others."""

from typing import Any

from psycopg.types.string import StrDumperUnknown
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.adapters.store.codec import clean

TURN_MS = 15_000
"""How long a writer waits for its turn, milliseconds."""
STALL_MS = 10_000
"""How long a transaction may do nothing, milliseconds: whoever was stopped or cut off in the middle
of one loses it before the others give up waiting."""

_SESSION = {
    "lock_timeout": TURN_MS,
    "idle_in_transaction_session_timeout": STALL_MS,
    "timezone": "UTC",
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


class _CleanText(StrDumperUnknown):
    """Text as PostgreSQL can hold it: SQLite takes a NUL as well."""

    def dump(self, obj: str) -> Any:
        return super().dump(clean(obj))


def _on_connect(connection: Any, _record: object) -> None:  # a DBAPI connection has no type
    connection.driver_connection.adapters.register_dumper(str, _CleanText)
