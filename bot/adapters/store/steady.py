"""Connections that no cancellation can leave half-way, and on which writers take turns.

A task that is cancelled while the library waits for the database makes it throw the connection
away, with its lock, or with the whole database where that is in memory. So each step runs to its
end, and the task is cancelled after it.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.adapters.store.dialects import TURN, begin_options, lock, on_postgresql

_T = TypeVar("_T")


async def whole(act: Coroutine[Any, Any, _T] | asyncio.Future[_T]) -> _T:
    """Do something to its end however often we are cancelled meanwhile; then be cancelled."""
    task = asyncio.ensure_future(act)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()  # it is of no use any more, and has to be looked at
        raise cancelled
    return task.result()


class SteadyConnection(AsyncConnection):
    """A connection whose every step is `whole`."""

    @classmethod
    async def opened(cls, engine: AsyncEngine) -> Self:
        """Return a connection of `engine`; one that opens after we were cancelled is closed."""
        connection = cls(engine)
        try:
            await whole(connection.start())
        except asyncio.CancelledError:
            await connection.close()
            raise
        return connection

    async def begin_transaction(self, *, reading: bool) -> None:
        """Begin a transaction; one that is `reading` sees one moment and writes nothing."""

        async def begin() -> None:
            await self.execution_options(**begin_options(self, reading=reading))
            await self.begin()

        await whole(begin())

    def awake(self) -> AbstractAsyncContextManager[None]:
        """Keep a transaction that writes from being taken for dead, while we compute."""
        if not on_postgresql(self):
            return nullcontext()
        from bot.adapters.store.postgresql import signs_of_life  # its driver is not always needed

        return signs_of_life(self)

    def in_turn(self) -> "SteadyConnection":
        """Return the same connection, for statements that only one writer at a time may make.

        On SQLite a write transaction is alone from its beginning.
        """
        return _Turn(self.engine, self.sync_connection) if on_postgresql(self) else self

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        """See `AsyncConnection`."""
        return await whole(super().execute(*args, **kwargs))

    async def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:
        """See `AsyncConnection`."""
        return await whole(super().exec_driver_sql(*args, **kwargs))

    async def run_sync(self, *args: Any, **kwargs: Any) -> Any:
        """See `AsyncConnection`."""
        return await whole(super().run_sync(*args, **kwargs))

    async def commit(self) -> None:
        """See `AsyncConnection`."""
        await whole(super().commit())

    async def close(self) -> None:
        """See `AsyncConnection`; rolls back what is not committed."""
        await whole(super().close())


class _Turn(SteadyConnection):
    """Waits for its turn before its first statement, and has it until the transaction ends."""

    _has_it = False

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        """See `AsyncConnection`."""
        if not self._has_it:
            await super().execute(lock(TURN))
            self._has_it = True
        return await super().execute(*args, **kwargs)
