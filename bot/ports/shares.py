"""What sharing a work out among processes needs."""

from datetime import timedelta
from typing import Protocol


class Shares(Protocol):
    """Who does what, where several processes do one work; what one has is its own until it ends."""

    async def of(self, work: str, parts: int) -> frozenset[int]:
        """Return the parts that are this process's now; to be asked for again every few seconds.

        All parts are somebody's before long, each is one process's, and all have about as many.
        Whoever is not heard of for 10 s loses its parts to the others.

        Args:
            work: Its name, the same in all processes.
            parts: How many there are; they are numbered from 0.

        Raises:
            StoreError: Nobody can say; others may have this process's parts by then.
        """
        ...

    async def turn(self, work: str, part: int, lasts: timedelta) -> bool:
        """Take a turn that one process at a time can have; say whether it was free.

        It ends by itself, at the latest with the first call after so long.

        Args:
            work: Its name, another one than that of any work with parts.
            part: What the turn is at; others may have theirs at other parts.
            lasts: How long nobody else has it, unless this process dies.

        Raises:
            StoreError: Nobody can say.
        """
        ...

    async def leave(self) -> None:
        """Leave all parts and turns to the others, at once."""
        ...
