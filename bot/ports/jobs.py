"""What the bot needs of jobs: hints that reach whoever follows them, on this machine or another.

A job is a hint on its way. The database is the truth: losing a job loses nothing.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.domain.hints import DeadHint, Hint, HintCount

FORGET = timedelta(days=1)
"""For how long hints that were given up are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endurance:
    """How long a job that fails is tried."""

    tries: int = 6  # in all
    pause: timedelta = timedelta(seconds=5)  # after the first; each further one is twice as long
    longest: timedelta = timedelta(seconds=10)  # what becomes due there meanwhile waits as long
    silence: timedelta = timedelta(seconds=5)  # of its worker, until another one takes it

    def after(self, tries: int) -> timedelta:
        """Return the pause after so many tries, 1 at least, that all failed."""
        return min(self.pause * (1 << tries - 1), self.longest)


class Begun(Protocol):
    """A transaction, as far as jobs need it."""

    @property
    def connection(self) -> Any:
        """The database's connection; of what kind, the store and its jobs agree on."""
        ...

    def after_commit(self, do: Callable[[], None]) -> None:
        """Do something once all of it is committed; never where it is rolled back."""
        ...


Follow = Callable[[Hint], Awaitable[None]]
"""Looks where a hint says; raises when it has to be followed again."""


class Jobs(Protocol):
    """Hints on their way."""

    async def enqueue(self, tx: Begun, hints: Sequence[Hint]) -> None:
        """Put hints into a transaction: they are on their way when it is committed.

        One that waits already, or is being followed, is not put in again.
        """
        ...

    async def work(self, followers: Mapping[str, Follow], at_once: int) -> None:
        """Follow the hints of these queues as they come, until `stop`.

        A hint is settled when its follower returns. One whose follower raises is followed again,
        after a pause, and given up after the last of its tries. One whose process dies, while
        others work, is followed by another within 10 seconds. Where this is cancelled, what is
        under way is handed to others.

        Args:
            followers: Who follows a hint, by its queue.
            at_once: Hints that are followed at a time; 2 at least.

        Raises:
            StoreError: The database cannot be reached; begin again later.
        """
        ...

    def stop(self) -> None:
        """Begin no job any more: `work` returns when those under way have ended."""
        ...

    async def waiting(self, tx: Begun, /, queue: str) -> int:
        """Return how many hints of a queue nobody follows yet."""
        ...

    async def dead(self, tx: Begun, /, limit: int) -> tuple[DeadHint, ...]:
        """Return the newest hints that were given up."""
        ...

    async def counts(self, tx: Begun, /) -> tuple[HintCount, ...]:
        """Return how many hints there are, by queue; a queue without any may be left out."""
        ...

    async def prune(self, tx: Begun, /, now: datetime) -> None:
        """Forget hints that were given up `FORGET` ago, and what is noted of others."""
        ...
