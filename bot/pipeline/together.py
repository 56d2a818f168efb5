"""Together: polls that brought nothing are settled in one transaction, those of a moment.

Most polls bring nothing, and a transaction costs more than such a poll. Nothing is promised of what
is not stored yet: after a crash before it, the poll is made again, as any other.
"""

import asyncio
from dataclasses import dataclass, field

from bot.domain.records import DueFeed, FeedState
from bot.ports.store import Store

WAIT = 0.03
"""Seconds that the first of a transaction waits for others."""


@dataclass(slots=True)
class Together:
    """Settles polls that brought nothing."""

    store: Store
    _waiting: list[tuple[DueFeed, FeedState, asyncio.Future[bool]]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def settle(self, due: DueFeed, state: FeedState) -> bool:
        """Save a feed's state and end its lease; False, and nothing saved, if it was not ours."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((due, state, done))
        if len(self._waiting) == 1:
            task = asyncio.create_task(self._settle(), name="settle quiet polls")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await done

    async def end(self) -> None:
        """Wait until what was to be settled is."""
        await asyncio.gather(*self._tasks)

    async def _settle(self) -> None:
        waiting = self._waiting
        try:
            await asyncio.sleep(WAIT)
            self._waiting = []
            async with self.store.transaction() as tx:
                ours = await tx.feeds.settle_all(
                    [(due.feed.id, due.owner, state) for due, state, _ in waiting]
                )
        except BaseException as error:  # noqa: BLE001 - whatever ends it, nobody waits for ever
            if self._waiting is waiting:
                self._waiting = []
            for _, _, done in waiting:
                if not done.cancelled():
                    done.set_exception(error)
        else:
            for due, _, done in waiting:
                if not done.cancelled():
                    done.set_result(due.feed.id in ours)
