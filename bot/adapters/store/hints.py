"""What a transaction makes due, and the hints about it; see `bot.ports.keeping.Hints`."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.articles import FeedId
from bot.domain.hints import DeadHint, Hint, HintCount, alert_hints, feed_hints
from bot.domain.watches import Scope
from bot.ports.jobs import Begun, Jobs


class SqlHints:
    """What a transaction has made due until now; without jobs nobody is told."""

    def __init__(self, tx: Begun, jobs: Jobs | None) -> None:
        """Begin with nothing."""
        self._tx = tx
        self._jobs = jobs
        self._feeds: dict[FeedId, str] = {}
        self._scopes: dict[Scope, None] = {}
        self._told: dict[Hint, None] = {}

    def feed(self, feed: FeedId, url: str) -> None:
        """Note a feed that is to be polled at once."""
        self._feeds[feed] = url

    def alerts(self, scope: Scope) -> None:
        """Note a workspace where an alert is to be sent at once."""
        self._scopes[scope] = None

    def tell(self, hints: Iterable[Hint]) -> None:
        """See `bot.ports.keeping.Hints.tell`."""
        self._told |= dict.fromkeys(hints)

    async def enqueue(self) -> None:
        """Put all of it into the transaction, in an order that every transaction keeps to."""
        said = {*self._told, *alert_hints(self._scopes), *feed_hints(self._feeds.items())}
        if self._jobs is not None and said:
            hints = sorted(said, key=lambda hint: (hint.queue, hint.about))
            await self._jobs.enqueue(self._tx, hints)

    async def waiting(self, queue: str) -> int:
        """See `bot.ports.keeping.Hints.waiting`."""
        return 0 if self._jobs is None else await self._jobs.waiting(self._tx, queue)

    async def dead(self, limit: int) -> tuple[DeadHint, ...]:
        """See `bot.ports.keeping.Hints.dead`."""
        return () if self._jobs is None else await self._jobs.dead(self._tx, limit)

    async def counts(self) -> tuple[HintCount, ...]:
        """See `bot.ports.keeping.Hints.counts`."""
        return () if self._jobs is None else await self._jobs.counts(self._tx)

    async def prune(self, now: datetime) -> None:
        """See `bot.ports.keeping.Hints.prune`."""
        if self._jobs is not None:
            await self._jobs.prune(self._tx, now)
