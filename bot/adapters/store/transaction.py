"""One transaction: hands out the nouns, each over the same connection."""

from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.articles import SqlArticles
from bot.adapters.store.channels import SqlChannels
from bot.adapters.store.decisions import SqlDecisions
from bot.adapters.store.feeds import SqlFeeds
from bot.adapters.store.hits import SqlHits
from bot.adapters.store.housekeeping import SqlHousekeeping
from bot.adapters.store.ids import Ids
from bot.adapters.store.judgements import SqlJudgements
from bot.adapters.store.mutes import SqlMutes
from bot.adapters.store.outbox import SqlOutbox
from bot.adapters.store.people import SqlDrafts, SqlPeople
from bot.adapters.store.stories import SqlStories
from bot.adapters.store.threads import SqlThreads
from bot.adapters.store.watches import SqlWatches


class SqlTransaction:
    """See `bot.ports.store.Transaction`; a noun is made when it is first asked for."""

    def __init__(self, connection: AsyncConnection, ids: Ids, *, reading: bool = False) -> None:
        """Work on a connection in a transaction that has begun."""
        self._reading = reading
        self.connection = connection
        self._ids = ids

    @cached_property
    def feeds(self) -> SqlFeeds:
        """The feeds."""
        return SqlFeeds(self.connection, self._ids)

    @cached_property
    def articles(self) -> SqlArticles:
        """The articles."""
        return SqlArticles(self.connection, self._ids, reading=self._reading)

    @cached_property
    def hits(self) -> SqlHits:
        """The hits."""
        return SqlHits(self.connection)

    @cached_property
    def stories(self) -> SqlStories:
        """The stories."""
        return SqlStories(self.connection)

    @cached_property
    def watches(self) -> SqlWatches:
        """The watches."""
        return SqlWatches(self.connection, self._ids)

    @cached_property
    def threads(self) -> SqlThreads:
        """The threads."""
        return SqlThreads(self.connection)

    @cached_property
    def decisions(self) -> SqlDecisions:
        """The decisions."""
        return SqlDecisions(self.connection, self._ids)

    @cached_property
    def outbox(self) -> SqlOutbox:
        """The outbox."""
        return SqlOutbox(self.connection, self._ids)

    @cached_property
    def channels(self) -> SqlChannels:
        """The channels."""
        return SqlChannels(self.connection)

    @cached_property
    def mutes(self) -> SqlMutes:
        """The mutes."""
        return SqlMutes(self.connection, self._ids)

    @cached_property
    def judgements(self) -> SqlJudgements:
        """The judgements."""
        return SqlJudgements(self.connection)

    @cached_property
    def people(self) -> SqlPeople:
        """The people."""
        return SqlPeople(self.connection)

    @cached_property
    def drafts(self) -> SqlDrafts:
        """The drafts."""
        return SqlDrafts(self.connection, self._ids)

    @cached_property
    def housekeeping(self) -> SqlHousekeeping:
        """Counting and pruning."""
        return SqlHousekeeping(self.connection, self._ids)
