"""Sharing work out among processes; see `bot.ports.shares.Shares`.

On PostgreSQL a part is an advisory lock of a session that all locks of a process belong to. The
server frees them in the moment in which the session ends: when the process dies, when the network
fails (by keep-alive), and, since the session is always inside a transaction, when the process was
stopped for so long that the server takes it for dead (`idle_in_transaction_session_timeout`). No
clock of ours is asked. The transaction writes nothing and holds no snapshot: it holds up nobody.
On SQLite a process is alone and does it all.
Source: PostgreSQL, Explicit Locking (Advisory Locks), pg_locks.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.adapters.store.steady import SteadyConnection
from bot.adapters.store.troubles import translated
from bot.ports.shares import Shares

T = TypeVar("T")

_HERE = (1 << 31) - 1
"""The part of a work that all who share it hold together."""
_HELD = text(
    "SELECT pid, objid::bigint AS part FROM pg_locks"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = :work"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_COME = text("SELECT pg_try_advisory_lock_shared(:work, :part)")
_TAKE = text("SELECT pg_try_advisory_lock(:work, :part)")
_LEAVE = text("SELECT pg_advisory_unlock(:work, :part)")
_ME = text("SELECT pg_backend_pid()")


def shares_of(engine: AsyncEngine) -> Shares:
    """Return how processes share work out that have this database."""
    return ServerShares(engine) if engine.dialect.name == "postgresql" else OwnShares()


def dealt(held: Mapping[int, frozenset[int]], me: int, parts: int) -> frozenset[int]:
    """Return the parts that are to be mine, as far as they are free or mine already.

    Shares differ by one at most. Whoever has many has the larger one, so that few change hands.

    Args:
        held: What each process has, by any number of it; mine too.
        me: My number.
        parts: How many there are.
    """
    order = sorted(held, key=lambda one: (-len(held[one]), one))
    fair = parts // len(order) + (order.index(me) < parts % len(order))
    mine = sorted(held[me])[:fair]
    free = sorted(set(range(parts)).difference(*held.values()))
    return frozenset([*mine, *free[: fair - len(mine)]])


class _Turns:
    """The turns that are this process's, each until it is over."""

    def __init__(self) -> None:
        self._until: dict[tuple[int, int], float] = {}

    def over(self) -> list[tuple[int, int]]:
        """Forget those that are over; return them."""
        now = asyncio.get_running_loop().time()
        ended = [turn for turn, until in self._until.items() if until <= now]
        for turn in ended:
            del self._until[turn]
        return ended

    def begin(self, turn: tuple[int, int], lasts: timedelta) -> None:
        self._until[turn] = asyncio.get_running_loop().time() + lasts.total_seconds()

    def has(self, turn: tuple[int, int]) -> bool:
        return turn in self._until

    def drop(self, turn: tuple[int, int]) -> None:
        del self._until[turn]

    def forget(self) -> None:
        self._until.clear()


class OwnShares:
    """One process has all parts."""

    def __init__(self) -> None:
        """Begin without a turn."""
        self._turns = _Turns()

    async def of(self, work: str, parts: int) -> frozenset[int]:  # noqa: ARG002 - see the port
        """See `bot.ports.shares.Shares.of`."""
        return frozenset(range(parts))

    async def turn(self, work: str, part: int, lasts: timedelta) -> bool:
        """See `bot.ports.shares.Shares.turn`."""
        self._turns.over()
        if self._turns.has(wanted := (_number(work), part)):
            return False
        self._turns.begin(wanted, lasts)
        return True

    async def leave(self) -> None:
        """See `bot.ports.shares.Shares.leave`."""
        self._turns.forget()


class ServerShares:
    """Processes of one PostgreSQL share."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use a connection of `engine`, from the first question on and until `leave`."""
        self._engine = engine
        self._connection: SteadyConnection | None = None
        self._alone = asyncio.Lock()  # a connection takes one statement at a time
        self._turns = _Turns()

    async def of(self, work: str, parts: int) -> frozenset[int]:
        """See `bot.ports.shares.Shares.of`."""
        return await self._asked(lambda db: self._of(db, _number(work), parts))

    async def turn(self, work: str, part: int, lasts: timedelta) -> bool:
        """See `bot.ports.shares.Shares.turn`."""
        return await self._asked(lambda db: self._turn(db, (_number(work), part), lasts))

    async def leave(self) -> None:
        """See `bot.ports.shares.Shares.leave`."""
        async with self._alone:
            await self._lose()

    async def _asked(self, ask: Callable[[SteadyConnection], Awaitable[T]]) -> T:
        """Ask the server something, after the turns that are over were given back."""
        async with self._alone:
            try:
                db = await self._opened()
                for work, part in self._turns.over():
                    await db.execute(_LEAVE, {"work": work, "part": part})
                said = await ask(db)
                # A statement with parameters keeps its snapshot until the next one; this has none.
                await db.exec_driver_sql("SELECT 1")
            except (SQLAlchemyError, OSError) as error:
                await self._lose()
                raise translated(error, self._engine) from error
            return said

    async def _of(self, db: SteadyConnection, work: int, parts: int) -> frozenset[int]:
        me = int(await db.scalar(_ME))
        held: dict[int, set[int]] = {me: set()}
        here = False
        for row in await db.execute(_HELD, {"work": work}):
            of_one = held.setdefault(row.pid, set())
            if row.part == _HERE:
                here = here or row.pid == me
            else:
                of_one.add(row.part)
        if not here:
            await db.execute(_COME, {"work": work, "part": _HERE})
        mine = held[me]
        wanted = dealt({pid: frozenset(has) for pid, has in held.items()}, me, parts)
        for part in sorted(mine - wanted):
            await db.execute(_LEAVE, {"work": work, "part": part})
        taken = set()
        for part in sorted(wanted - mine):
            if await db.scalar(_TAKE, {"work": work, "part": part}):  # nobody was quicker
                taken.add(part)
        return frozenset(mine & wanted | taken)

    async def _turn(self, db: SteadyConnection, wanted: tuple[int, int], lasts: timedelta) -> bool:
        if self._turns.has(wanted):  # the server would give it to the same session again
            return False
        self._turns.begin(wanted, lasts)  # before it is taken, so that it ends in any case
        work, part = wanted
        if await db.scalar(_TAKE, {"work": work, "part": part}):
            return True
        self._turns.drop(wanted)
        return False

    async def _opened(self) -> SteadyConnection:
        if self._connection is None:
            self._connection = await SteadyConnection.opened(self._engine)
        if not self._connection.in_transaction():  # whoever asked first was cancelled before it was
            await self._connection.begin_transaction(reading=False)
        return self._connection

    async def _lose(self) -> None:
        """End the session, and with it all that it holds; the pool would keep it."""
        connection, self._connection = self._connection, None
        self._turns.forget()
        if connection is not None:
            await connection.invalidate()
            await connection.close()


def _number(work: str) -> int:
    """Return a lock's number for a name."""
    return zlib.crc32(work.encode()) & 0x7FFF_FFFF
