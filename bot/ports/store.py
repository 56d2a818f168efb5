"""What the bot needs of a database: transactions, with one small part a noun.

All times are UTC and aware. Whatever a transaction wrote is there when its block ends, or nothing
is. Nothing in here waits for the network. Every look-up that a person can cause takes a `Scope`.
The nouns are in `gathering` (what comes in), `following` (what is made of it), `posting` (what is
said of it) and `keeping` (the bot's own).
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.ports.following import Hits, Judgements, Mutes, Stories, Watches
from bot.ports.gathering import Articles, Feeds, Pages, Subscriptions, WantedPages
from bot.ports.keeping import Drafts, Editors, Heard, Hints, Housekeeping, People, Spending
from bot.ports.posting import Channels, Decisions, Outbox, Threads


class Transaction(Protocol):
    """One transaction: the nouns."""

    @property
    def feeds(self) -> Feeds:
        """The feeds."""
        ...

    @property
    def articles(self) -> Articles:
        """The articles."""
        ...

    @property
    def hints(self) -> Hints:
        """The hints."""
        ...

    @property
    def hits(self) -> Hits:
        """The hits."""
        ...

    @property
    def stories(self) -> Stories:
        """The stories."""
        ...

    @property
    def watches(self) -> Watches:
        """The watches."""
        ...

    @property
    def threads(self) -> Threads:
        """The threads."""
        ...

    @property
    def decisions(self) -> Decisions:
        """The decisions."""
        ...

    @property
    def outbox(self) -> Outbox:
        """The outbox."""
        ...

    @property
    def channels(self) -> Channels:
        """The channels."""
        ...

    @property
    def mutes(self) -> Mutes:
        """The mutes."""
        ...

    @property
    def judgements(self) -> Judgements:
        """The judgements."""
        ...

    @property
    def pages(self) -> Pages:
        """The article pages."""
        ...

    @property
    def wanted(self) -> WantedPages:
        """The article pages that are read for matching."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """The subscriptions to hubs."""
        ...

    @property
    def people(self) -> People:
        """The people."""
        ...

    @property
    def drafts(self) -> Drafts:
        """The drafts."""
        ...

    @property
    def editors(self) -> Editors:
        """Who may edit."""
        ...

    @property
    def spending(self) -> Spending:
        """What models cost."""
        ...

    @property
    def heard(self) -> Heard:
        """Which calls have been heard."""
        ...

    @property
    def housekeeping(self) -> Housekeeping:
        """Counting and pruning."""
        ...


class Store(Protocol):
    """A database."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction that may write; commits at the end, rolls back on an error.

        Raises:
            StoreError: The database is locked for too long, read-only, full or corrupt.
        """
        ...

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction that only reads, and holds up no writer."""
        ...
