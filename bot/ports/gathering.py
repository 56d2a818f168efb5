"""What a database keeps of what comes in: feeds, articles, pages, subscriptions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.pages import ClaimedPage, PageToRead, Reading, WantedPage
from bot.domain.records import (
    DueFeed,
    Edit,
    FeedLine,
    FeedState,
)
from bot.domain.sift import Known
from bot.domain.subscriptions import Push, Subscription
from bot.domain.watches import (
    Scope,
)


class Feeds(Protocol):
    """The feeds, and when each is due."""

    async def claim(
        self, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[DueFeed, ...]:
        """Lease up to `limit` due feeds to `owner`, the longest due first."""
        ...

    async def reserve(
        self, holder: str, now: datetime, until: datetime, limit: int
    ) -> tuple[tuple[FeedId, str], ...]:
        """Hold up to `limit` due feeds for whoever `take`s them; return them with their addresses.

        The longest due come first. What is not taken until then is due as before. Of a private
        address only what may be shown is returned.

        Args:
            holder: One word that nobody else uses.
            now: The time.
            until: When holding them ends.
            limit: How many at most.
        """
        ...

    async def take(
        self, these: Sequence[FeedId], holder: str, owner: str, now: datetime, lease_until: datetime
    ) -> tuple[DueFeed, ...]:
        """Lease those of `these` feeds that are due and nobody's, or held for this `holder`.

        Whoever took them before, for the same holder, has them no longer.
        """
        ...

    async def settle(self, feed: FeedId, owner: str, state: FeedState) -> bool:
        """Save a feed's state and end its lease; False, and nothing saved, if it was not ours."""
        ...

    async def settle_all(
        self, polled: Sequence[tuple[FeedId, str, FeedState]]
    ) -> frozenset[FeedId]:
        """Settle feeds, each for its owner; return those that were: the rest is not ours."""
        ...

    async def add(self, feed: Feed, due_at: datetime) -> Feed:
        """Store a feed under a new id (`feed.id` is ignored); a known URL gives the feed it has."""
        ...

    async def change(self, feed: Feed) -> None:
        """Save a feed's URL, name, interval, language, and whether it is configured."""
        ...

    async def remove(self, feed: FeedId) -> None:
        """Forget a feed; its articles stay."""
        ...

    async def make_due(self, feed: FeedId, now: datetime) -> None:
        """Have a feed polled at once, also one that was stopped."""
        ...

    async def get(self, feed: FeedId) -> FeedLine | None:
        """Return a feed with its state."""
        ...

    async def list(self, scope: Scope | None = None) -> tuple[FeedLine, ...]:
        """Return the feeds that `scope` sees, or all, by name."""
        ...

    async def reseal(self) -> None:
        """Seal the private addresses that are not, or are with a key that is not the first."""
        ...

    async def names(self, scope: Scope) -> tuple[str, ...]:
        """Return the names of the feeds that `scope` sees, in order: cheap, for completion."""
        ...


class Articles(Protocol):
    """The articles, the identities of feed entries, edits, and full-text search."""

    async def known(self, feed: FeedId, keys: Sequence[str]) -> Known:
        """Return what is known of those identity keys of a feed."""
        ...

    async def by_urls(self, urls: Sequence[str]) -> Mapping[str, ArticleId]:
        """Return the articles that have these canonical URLs, whatever feed they came from."""
        ...

    async def add(self, drafts: Sequence[Article]) -> tuple[Article, ...]:
        """Store new articles under new, growing ids (a draft's id is ignored), in order."""
        ...

    async def remember(self, feed: FeedId, keys: Mapping[str, ArticleId], now: datetime) -> None:
        """Store identity keys of a feed's entries; keys known already now point to these."""
        ...

    async def edit(self, article: Article, edit: Edit) -> None:
        """Save an article's new version, and what it was before."""
        ...

    async def save(self, article: Article) -> None:
        """Save a changed article where nothing is to be told of the change."""
        ...

    async def edits(
        self, articles: Sequence[ArticleId], after: datetime | None
    ) -> tuple[Edit, ...]:
        """Return the edits of these articles made after a time, oldest first."""
        ...

    async def get(self, articles: Sequence[ArticleId]) -> tuple[Article, ...]:
        """Return articles by id, in the order asked; unknown ones are left out."""
        ...

    async def find(self, url: str) -> Article | None:
        """Return the article with a canonical URL."""
        ...

    async def since(self, start: datetime, limit: int) -> tuple[Article, ...]:
        """Return the newest `limit` articles first seen after `start`, oldest first."""
        ...

    async def search(
        self, words: str, start: datetime, limit: int, offset: int, feeds: Sequence[FeedId] = ()
    ) -> tuple[Article, ...]:
        """Return articles that contain all `words` (any text; accents and case do not matter).

        Newest first; empty words find everything.
        """
        ...

    async def counts_by_day(self, articles: Sequence[ArticleId]) -> Mapping[str, int]:
        """Return how many of these articles were first seen on each day (`2026-03-01`)."""
        ...


class Pages(Protocol):
    """Which article pages were asked for, and the text that was read of them.

    `Stories.get` and its like give it to a story's articles, as `Article.page`.
    """

    async def claim(self, since: datetime, now: datetime, limit: int) -> tuple[PageToRead, ...]:
        """Choose up to `limit` pages to ask for at `now`, each of another site.

        They are of articles first seen after `since` that some channel is or will be told of, and
        whose feeds carry little text. What was chosen once never is again.
        """
        ...

    async def keep(self, article: ArticleId, text: str) -> None:
        """Store the text of a page that was chosen."""
        ...

    async def put(self, article: ArticleId, text: str, now: datetime) -> None:
        """Store what was read of any page, also "": it is not asked for again."""
        ...

    async def text(self, article: ArticleId) -> str:
        """Return what was read of an article's page, or ""."""
        ...


class WantedPages(Protocol):
    """Which article pages are to be read for matching, since a watch asks for it (`body:full`)."""

    async def want(self, wanted: Sequence[WantedPage]) -> None:
        """Store them; of an article and feed that are there, only those READ or LEFT change."""
        ...

    async def count(self, start: datetime) -> int:
        """Return how many were wanted after `start` and not left."""
        ...

    async def claim(
        self, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[ClaimedPage, ...]:
        """Lease up to `limit` pages to `owner`: the longest waiting first, each of another site.

        One that waited for a day, was begun three times or gave nothing before is FAILED instead.
        """
        ...

    async def settle(self, page: ClaimedPage, reason: str, now: datetime) -> bool:
        """Note that a page was read, or why not; False, and nothing noted, if it was not ours."""
        ...

    async def of(self, article: ArticleId) -> tuple[WantedPage, ...]:
        """Return what was wanted of an article's page, by each feed that brought it."""
        ...

    async def tally(self, start: datetime) -> Mapping[tuple[FeedId, Reading], int]:
        """Count what was wanted or settled after `start`, and what waits, by feed and state."""
        ...


class Subscriptions(Protocol):
    """The subscriptions to feeds' hubs (WebSub), and what the hubs sent."""

    async def of(self, feed: FeedId) -> Subscription | None:
        """Return a feed's subscription."""
        ...

    async def behind(self, code: str) -> Subscription | None:
        """Return the subscription that a hub means."""
        ...

    async def save(self, one: Subscription) -> None:
        """Store a subscription in place of its feed's former one."""
        ...

    async def remove(self, feed: FeedId) -> None:
        """Forget a feed's subscription."""
        ...

    async def due(self, now: datetime, limit: int) -> tuple[Subscription, ...]:
        """Return those whose hub is to be asked, the longest due first."""
        ...

    async def ended(self, now: datetime, limit: int) -> tuple[Subscription, ...]:
        """Return those whose lease has run out."""
        ...

    async def orphans(self, limit: int) -> tuple[Subscription, ...]:
        """Return those whose feed was removed."""
        ...

    async def live(self, now: datetime) -> frozenset[FeedId]:
        """Return the feeds whose hubs tell us of changes."""
        ...

    async def silent(self, now: datetime) -> tuple[Subscription, ...]:
        """Return the subscriptions whose hubs do not, those that cannot be unsealed left out."""
        ...

    async def push(self, feed: FeedId, kind: str, body: bytes) -> None:
        """Keep what a hub sent, with its Content-Type, until it is read."""
        ...

    async def waiting(self, feed: FeedId) -> int:
        """Return how much of a feed waits to be read."""
        ...

    async def pushes(self, limit: int) -> tuple[Push, ...]:
        """Return what waits to be read, in the order in which it came."""
        ...

    async def drop(self, push: int) -> bool:
        """Forget what was read; False if another process did so already."""
        ...
