"""Dispatch: hand out the feeds that are due, in hints of 20 to 50, to whichever process is free.

Where one process does it all there is nothing to hand out: it claims what is due itself. A feed
that is handed out is held in the database; if its hint is lost, it is due again when that ends.
"""

from collections.abc import Callable
from datetime import timedelta

from bot.domain.hints import FEEDS, feed_hints
from bot.ports.store import Store
from bot.ports.world import Clock

HELD = timedelta(minutes=3)
"""For how long a feed is held for whoever follows its hint."""
AHEAD = 100
"""Hints that may wait: however many feeds are due, no more are handed out than are polled soon."""
SOME = 1_000
"""Feeds of a transaction."""


class Dispatcher:
    """Hands out what is due; any number of processes may do so."""

    def __init__(self, store: Store, clock: Clock, new_holder: Callable[[], str]) -> None:
        """Hand out the feeds in `store`; `new_holder` returns a word that nobody else uses."""
        self._store = store
        self._clock = clock
        self._new_holder = new_holder

    async def tick(self) -> None:
        """Hand out what is due, until enough waits."""
        while await self.some() == SOME:
            pass

    async def some(self) -> int:
        """Hand out at most `SOME` feeds; return how many."""
        now, holder = self._clock(), self._new_holder()
        async with self._store.transaction() as tx:
            if await tx.hints.waiting(FEEDS) >= AHEAD:
                return 0
            due = await tx.feeds.reserve(holder, now, now + HELD, SOME)
            tx.hints.tell(feed_hints(due, holder))
        return len(due)
