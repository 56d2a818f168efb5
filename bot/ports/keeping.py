"""What a database keeps for the bot's own work: people, calls, hints, spending, counting."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from bot.domain.hints import DeadHint, Hint, HintCount
from bot.domain.models import Spent
from bot.domain.records import (
    Totals,
)
from bot.domain.watches import (
    Scope,
)


class People(Protocol):
    """What each person has seen, for `catchup`."""

    async def seen(self, scope: Scope, person: str) -> datetime | None:
        """Return when a person last caught up."""
        ...

    async def saw(self, scope: Scope, person: str, at: datetime) -> None:
        """Note that a person caught up."""
        ...


class Drafts(Protocol):
    """What a person has begun and not confirmed yet: a watch before it is activated."""

    async def keep(self, scope: Scope, words: Mapping[str, str], now: datetime) -> str:
        """Store a draft for a day; return the code (8 characters) that takes it up again."""
        ...

    async def get(self, scope: Scope, code: str) -> Mapping[str, str] | None:
        """Return a draft and keep it; None if there is none (any more)."""
        ...

    async def take(self, scope: Scope, code: str) -> Mapping[str, str] | None:
        """Return a draft and forget it; None if there is none (any more)."""
        ...


class Editors(Protocol):
    """Who may edit, where a platform has no right of its own that says so."""

    async def list(self, scope: Scope) -> frozenset[str]:
        """Return the people, by the platform's own ids."""
        ...

    async def add(self, scope: Scope, person: str) -> None:
        """Let a person edit; twice does no harm."""
        ...

    async def remove(self, scope: Scope, person: str) -> bool:
        """Let a person edit no more; return whether they could."""
        ...


class Heard(Protocol):
    """Which calls have been heard: platforms deliver some twice, and to several processes."""

    async def first(self, platform: str, call: str) -> bool:
        """Note a call by the platform's id of it; return whether it is the first time in an hour.

        Whoever is told so carries it out, and nobody else does.
        """
        ...


class Housekeeping(Protocol):
    """What keeps the database small, and counts it."""

    async def totals(self, scope: Scope | None = None) -> Totals:
        """Count for `/health`: all, or with a scope only its own alerts and stories."""
        ...

    async def prune(self, articles_before: datetime, keys_before: datetime, limit: int) -> int:
        """Delete up to `limit` old articles of no posted story, old keys and the text of old pages.

        Keys of what a feed carried when it was last read stay, however long ago that was.

        Returns:
            How many articles and keys went.
        """
        ...


class Hints(Protocol):
    """What is said about what is due; see `bot.domain.hints`. Where nobody listens, all is 0."""

    def tell(self, hints: Iterable[Hint]) -> None:
        """Give a hint to whoever follows it, when this transaction is committed.

        Of feeds and alerts that are made due by their own nouns, hints are given without this.
        """
        ...

    async def waiting(self, queue: str) -> int:
        """Return how many hints of a queue nobody follows yet."""
        ...

    async def dead(self, limit: int) -> tuple[DeadHint, ...]:
        """Return the newest hints that were given up."""
        ...

    async def counts(self) -> tuple[HintCount, ...]:
        """Return how many hints there are, by queue; a queue without any may be left out."""
        ...

    async def prune(self, now: datetime) -> None:
        """Forget old hints that were given up."""
        ...


class Spending(Protocol):
    """What models cost: tokens a day of UTC, of all processes together."""

    async def take(self, day: str, tokens: int, budget: int) -> bool:
        """Count a call that is about to be made; False, and not counted, where it is too much.

        Args:
            day: `bot.domain.models.day_of`.
            tokens: What it may cost at most.
            budget: What may be spent in that day.
        """
        ...

    async def correct(self, day: str, tokens: int) -> None:
        """Add to a day's tokens what a call cost more than was counted; less, if negative."""
        ...

    async def of(self, day: str) -> Spent:
        """Return what a day has cost."""
        ...
