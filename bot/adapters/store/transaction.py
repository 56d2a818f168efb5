"""One transaction: hands out the nouns, each over the same connection."""

from collections.abc import Callable
from functools import cached_property

from bot.adapters.store.articles import SqlArticles
from bot.adapters.store.channels import SqlChannels
from bot.adapters.store.decisions import SqlDecisions
from bot.adapters.store.feeds import SqlFeeds
from bot.adapters.store.hints import SqlHints
from bot.adapters.store.hits import SqlHits
from bot.adapters.store.housekeeping import SqlHousekeeping
from bot.adapters.store.ids import Ids
from bot.adapters.store.judgements import SqlJudgements
from bot.adapters.store.mutes import SqlMutes
from bot.adapters.store.outbox import SqlOutbox
from bot.adapters.store.pages import SqlPages
from bot.adapters.store.people import SqlDrafts, SqlEditors, SqlHeard, SqlPeople
from bot.adapters.store.sealing import Sealer
from bot.adapters.store.spending import SqlSpending
from bot.adapters.store.steady import SteadyConnection
from bot.adapters.store.stories import SqlStories
from bot.adapters.store.subscriptions import SqlSubscriptions
from bot.adapters.store.threads import SqlThreads
from bot.adapters.store.wanted import SqlWantedPages
from bot.adapters.store.watches import SqlWatches
from bot.ports.jobs import Jobs


class SqlTransaction:
    """See `bot.ports.store.Transaction`; a noun is made when it is first asked for."""

    def __init__(
        self,
        connection: SteadyConnection,
        ids: Ids,
        sealer: Sealer,
        *,
        reading: bool = False,
        jobs: Jobs | None = None,
    ) -> None:
        """Work on a connection in a transaction that has begun.

        What is read to be written is nobody else's meanwhile. Only the feeds' statements need no
        turn: each claims or is fenced by itself, so that polls that bring nothing do not queue.
        """
        self._reading = reading
        self.connection = connection
        self._db = connection if reading else connection.in_turn()
        self._ids = ids
        self._sealer = sealer
        self._afterwards: list[Callable[[], None]] = []
        self.hints = SqlHints(self, jobs)

    def after_commit(self, do: Callable[[], None]) -> None:
        """See `bot.ports.jobs.Begun.after_commit`."""
        self._afterwards.append(do)

    def committed(self) -> None:
        """Do what was to be done after the commit."""
        for do in self._afterwards:
            do()

    @cached_property
    def feeds(self) -> SqlFeeds:
        """The feeds."""
        return SqlFeeds(self.connection, self._ids, self._sealer, self.hints.feed)

    @cached_property
    def articles(self) -> SqlArticles:
        """The articles."""
        return SqlArticles(self._db, self._ids, reading=self._reading)

    @cached_property
    def hits(self) -> SqlHits:
        """The hits."""
        return SqlHits(self._db)

    @cached_property
    def stories(self) -> SqlStories:
        """The stories."""
        return SqlStories(self._db)

    @cached_property
    def watches(self) -> SqlWatches:
        """The watches."""
        return SqlWatches(self._db, self._ids)

    @cached_property
    def threads(self) -> SqlThreads:
        """The threads."""
        return SqlThreads(self._db)

    @cached_property
    def decisions(self) -> SqlDecisions:
        """The decisions."""
        return SqlDecisions(self._db, self._ids)

    @cached_property
    def outbox(self) -> SqlOutbox:
        """The outbox."""
        return SqlOutbox(self._db, self._ids, self.hints.alerts)

    @cached_property
    def channels(self) -> SqlChannels:
        """The channels."""
        return SqlChannels(self._db)

    @cached_property
    def mutes(self) -> SqlMutes:
        """The mutes."""
        return SqlMutes(self._db, self._ids)

    @cached_property
    def judgements(self) -> SqlJudgements:
        """The judgements."""
        return SqlJudgements(self._db)

    @cached_property
    def pages(self) -> SqlPages:
        """The article pages."""
        return SqlPages(self._db)

    @cached_property
    def wanted(self) -> SqlWantedPages:
        """The article pages that are read for matching."""
        return SqlWantedPages(self._db)

    @cached_property
    def subscriptions(self) -> SqlSubscriptions:
        """The subscriptions to hubs."""
        return SqlSubscriptions(self._db, self._ids, self._sealer)

    @cached_property
    def people(self) -> SqlPeople:
        """The people."""
        return SqlPeople(self._db)

    @cached_property
    def drafts(self) -> SqlDrafts:
        """The drafts."""
        return SqlDrafts(self._db, self._ids, self._sealer)

    @cached_property
    def editors(self) -> SqlEditors:
        """Who may edit."""
        return SqlEditors(self._db)

    @cached_property
    def spending(self) -> SqlSpending:
        """What models cost."""
        return SqlSpending(self._db)

    @cached_property
    def heard(self) -> SqlHeard:
        """Which calls have been heard."""
        return SqlHeard(self._db, self._ids)

    @cached_property
    def housekeeping(self) -> SqlHousekeeping:
        """Counting and pruning."""
        return SqlHousekeeping(self._db, self._ids)
