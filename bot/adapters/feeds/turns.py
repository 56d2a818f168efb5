"""Whose turn it is: one request in flight a host, a pause between two, so many hosts at once.

Owns politeness within one process. When a feed is due at all is decided in `bot.domain.schedule`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_PRUNE_OVER = 2_000


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0  # that hold or await the lock
    free_at: float = 0.0  # on the loop's clock


class Turns:
    """Hands out turns; whoever holds one may ask that host."""

    def __init__(self, *, at_once: int, gap: float) -> None:
        """Allow `at_once` turns over all hosts, and leave `gap` seconds between two of a host."""
        self._all = asyncio.Semaphore(at_once)
        self._gap = gap
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def of(self, host: str) -> AsyncIterator[None]:
        """Wait for the turn of `host`, and hold it.

        The host is waited for before the place among all hosts, so that a queue for one slow host
        keeps nobody else waiting. Holding two turns at once is not allowed: it can deadlock.
        """
        loop = asyncio.get_running_loop()
        state = self._hosts.setdefault(host, _Host())
        state.users += 1
        try:
            async with state.lock:
                await asyncio.sleep(max(0.0, state.free_at - loop.time()))
                async with self._all:
                    try:
                        yield
                    finally:
                        state.free_at = loop.time() + self._gap
        finally:
            state.users -= 1
            if len(self._hosts) > _PRUNE_OVER:
                self._prune(loop.time())

    def _prune(self, now: float) -> None:
        idle = [name for name, host in self._hosts.items() if not host.users and host.free_at < now]
        for name in idle:
            del self._hosts[name]
