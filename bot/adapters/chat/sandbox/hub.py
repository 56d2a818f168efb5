"""Wakes whoever waits for news of the sandbox; what is new, each asks the rooms.

So a waiter can be late, or away, and loses nothing: the rooms remember, the hub only nudges.
"""

import asyncio


class Hub:
    """One bell for all."""

    def __init__(self) -> None:
        """Begin quiet."""
        self._bell = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        """Wake all who wait."""
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    def close(self) -> None:
        """Send everybody home: waits end at once from now on, and streams with them."""
        self.closed = True
        self.ring()

    def ticket(self) -> asyncio.Event:
        """Return what the next `ring` sets; take it before looking for news."""
        return self._bell

    async def wait(self, ticket: asyncio.Event, seconds: float) -> bool:
        """Wait for the ring after `ticket` was taken; False if `seconds` went by without one."""
        if self.closed:
            return False
        try:
            async with asyncio.timeout(seconds):
                await ticket.wait()
        except TimeoutError:
            return False
        return True
