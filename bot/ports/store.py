"""What the bot needs of a database: transactions, with one small part a noun.

All times are UTC and aware. Whatever a transaction wrote is there when its block ends, or nothing
is. Nothing in here waits for the network. Every look-up that a person can cause takes a `Scope`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.hints import DeadHint, Hint, HintCount
from bot.domain.messages import Alert, AlertState, Part, Posted
from bot.domain.models import Spent
from bot.domain.pages import ClaimedPage, PageToRead, Reading, WantedPage
from bot.domain.records import (
    ClaimedThread,
    Decision,
    DueFeed,
    Edit,
    FeedLine,
    FeedState,
    FiledArticle,
    Judgement,
    Standing,
    StoryRow,
    Thread,
    Totals,
    WatchHit,
)
from bot.domain.sift import Known
from bot.domain.stories import Member, Story, StoryId
from bot.domain.subscriptions import Push, Subscription
from bot.domain.watches import (
    Channel,
    ChannelSettings,
    Mute,
    MuteId,
    Scope,
    Watch,
    WatchId,
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


class Hits(Protocol):
    """Which watch matched which article."""

    async def add(self, hits: Sequence[WatchHit]) -> None:
        """Store hits; one of the same article and watch is replaced."""
        ...

    async def of(
        self, articles: Sequence[ArticleId], watches: Sequence[WatchId] | None = None
    ) -> tuple[WatchHit, ...]:
        """Return the hits of these articles, in order of article and watch.

        Args:
            articles: Which.
            watches: Only of these; None: of all, which may be those of thousands of servers.
        """
        ...

    async def articles(self, watch: WatchId, start: datetime, limit: int) -> tuple[ArticleId, ...]:
        """Return the newest articles that a watch matched since `start`, newest first."""
        ...


class Stories(Protocol):
    """The stories."""

    async def taken(self, codes: Sequence[str]) -> frozenset[str]:
        """Return which of these codes are in use."""
        ...

    async def add(self, story: Story) -> None:
        """Store a new story with its members."""
        ...

    async def join(self, story: StoryId, member: Member, now: datetime) -> None:
        """Add a member to a story."""
        ...

    async def get(self, story: StoryId) -> Story | None:
        """Return a story with all its members; one that was merged away leads to the other."""
        ...

    async def of(self, articles: Sequence[ArticleId]) -> Mapping[ArticleId, StoryId]:
        """Return the stories that these articles are in; those in none are left out."""
        ...

    async def filed_since(self, start: datetime) -> tuple[FiledArticle, ...]:
        """Return all filed articles first seen after `start`, in order of arrival.

        Also those whose page was read after it: they may be filed later than they came. Where
        several write, some of just before are among them: another may have filed them since.
        """
        ...

    async def in_thread(self, card: Posted) -> StoryId | None:
        """Return the story whose card this is."""
        ...

    async def of_watch(self, watch: WatchId, start: datetime, limit: int) -> tuple[StoryRow, ...]:
        """Return the stories with news since `start` that a watch matched: most outlets first."""
        ...

    async def in_channel(
        self, channel: Channel, start: datetime, limit: int
    ) -> tuple[StoryRow, ...]:
        """Return the stories with news since `start` that concern a channel: most outlets first."""
        ...

    async def titles(
        self, channel: Channel, start: datetime, words: str, limit: int
    ) -> Mapping[StoryId, str]:
        """Return the headlines of a channel's newest stories with news since `start`, by code.

        Args:
            channel: Whose stories.
            start: UTC.
            words: Only stories with an article that contains all of them, the last one perhaps
                only begun; "" for every story.
            limit: At most so many, the newest first: cheap, for completion.
        """
        ...

    async def visible_in(self, scope: Scope, story: StoryId) -> bool:
        """Say whether a story concerns any channel of `scope`."""
        ...

    async def moves(self) -> int:
        """Return a number that grows whenever articles are moved to another story."""
        ...

    async def move(self, articles: Sequence[ArticleId], to: StoryId, now: datetime) -> None:
        """Put articles into another story; a story left empty is merged into it."""
        ...


class Watches(Protocol):
    """The watches."""

    async def revision(self) -> int:
        """Return a number that grows with every change of any watch."""
        ...

    async def list(self, scope: Scope | None = None) -> tuple[Watch, ...]:
        """Return the watches that are visible in `scope`, or all, by name; none removed."""
        ...

    async def get(self, watch: WatchId) -> Watch | None:
        """Return a watch, also a removed one."""
        ...

    async def find(self, scope: Scope, name: str) -> Watch | None:
        """Return the watch of that name that is visible in `scope`."""
        ...

    async def add(self, watch: Watch) -> Watch:
        """Store a watch under a new id (`watch.id` is ignored)."""
        ...

    async def save(self, watch: Watch) -> None:
        """Save a changed watch."""
        ...

    async def remove(self, watch: WatchId, now: datetime) -> None:
        """Remove a watch, so that `restore` can bring it back."""
        ...

    async def restore(self, watch: WatchId) -> None:
        """Bring a removed watch back."""
        ...

    async def backfills(self) -> tuple[Watch, ...]:
        """Return the watches whose backfill is still to be posted."""
        ...

    async def backfilled(self, watch: WatchId) -> None:
        """Note that a watch's backfill is done: it is never done again."""
        ...


class Threads(Protocol):
    """Stories in channels."""

    async def open(
        self, channel: Channel, story: StoryId, opened_at: datetime, compose_at: datetime | None
    ) -> None:
        """Note that a story concerns a channel, and when to compose: the earlier time wins."""
        ...

    async def claim(
        self, owner: str, now: datetime, lease_until: datetime, limit: int
    ) -> tuple[ClaimedThread, ...]:
        """Lease up to `limit` threads that are due for composing: whole channels, oldest first."""
        ...

    async def settle(self, thread: Thread, owner: str) -> bool:
        """Save a claimed thread and end its lease; False if it was not ours.

        Where something made the thread due again meanwhile, the earlier `compose_at` wins.
        """
        ...

    async def get(self, channel: Channel, story: StoryId) -> Thread | None:
        """Return a thread."""
        ...

    async def of_story(self, story: StoryId) -> tuple[Thread, ...]:
        """Return a story's threads in all channels."""
        ...

    async def of_card(self, card: Posted) -> Thread | None:
        """Return the thread under a card."""
        ...

    async def carded(self, channel: Channel, key: str, posted: Posted) -> None:
        """Note where the card (or listing) with `key` stands on the platform."""
        ...

    async def wake(self, channel: Channel, card: str, compose_at: datetime) -> None:
        """Have the thread of the card with this key composed: the earlier time wins."""
        ...

    async def held(self, channel: Channel) -> tuple[Thread, ...]:
        """Return a channel's threads that have articles HELD for its digest, oldest first."""
        ...

    async def to_close(self, before: datetime, limit: int) -> tuple[Thread, ...]:
        """Return open threads with a card whose story has had no news since `before`."""
        ...

    async def retarget(self, old: StoryId, new: StoryId) -> None:
        """Hand threads of a merged story over where the channel has none of the other."""
        ...


class Decisions(Protocol):
    """What became of articles that matched."""

    async def record(self, decisions: Sequence[Decision]) -> None:
        """Store decisions: the latest of an article in a channel counts, the others are history."""
        ...

    async def of(self, article: ArticleId, scope: Scope | None = None) -> tuple[Decision, ...]:
        """Return the whole trail of an article in a scope's channels, oldest first."""
        ...

    async def carried_by(self, alerts: Sequence[str]) -> tuple[Decision, ...]:
        """Return the decisions that count and name one of these alerts, oldest first."""
        ...

    async def latest(self, channel: Channel, story: StoryId) -> Mapping[ArticleId, Decision]:
        """Return the decision that counts for each article of a story in a channel."""
        ...


class Outbox(Protocol):
    """Alerts on their way."""

    async def add(self, alerts: Sequence[Alert]) -> None:
        """Store alerts; one whose key is there already is left as it is."""
        ...

    async def pings(self, channel: Channel, since: datetime) -> int:
        """Return how many alerts that ping were composed for a channel after a time (UTC)."""
        ...

    async def waiting(self, platform: str, now: datetime, limit: int) -> tuple[Scope, ...]:
        """Return where the `limit` longest due alerts of a platform wait that might be sent."""
        ...

    async def claim(
        self,
        platform: str,
        owner: str,
        now: datetime,
        lease_until: datetime,
        limit: int,
        scope: Scope | None = None,
    ) -> tuple[Alert, ...]:
        """Lease due alerts of a platform, counting an attempt: at most one a channel, in order.

        A channel that is paused or has one in flight gives none, nor does a paused platform. A
        reply or an edit waits until its card is sent. An alert whose lease ran out while it was
        being sent comes back as UNKNOWN. With a `scope`: of that workspace only.
        """
        ...

    async def settle(self, alert: Alert, owner: str) -> bool:
        """Save a claimed alert and end its lease; False if owner or attempt are not the row's."""
        ...

    async def get(self, key: str) -> Alert | None:
        """Return an alert."""
        ...

    async def pause(
        self, where: Channel | str, until: datetime, *, only: Part | None = None
    ) -> None:
        """Send nothing to a channel, or to a platform by its name, until then; the later wins.

        Args:
            where: What is to be left alone.
            until: UTC.
            only: Of a channel only these, its replies or its edits; the others go on.
        """
        ...

    async def retry(self, key: str, now: datetime) -> bool:
        """Make a failed alert due again, also in a channel that is gone; False if there is none."""
        ...

    async def failed(self, scope: Scope, limit: int) -> tuple[Alert, ...]:
        """Return the newest alerts of a scope that were given up."""
        ...

    async def unsure(self, scope: Scope, limit: int) -> tuple[Alert, ...]:
        """Return the oldest alerts of a scope of which nobody knows yet whether they arrived."""
        ...

    async def drop(self, key: str, state: AlertState, reason: str) -> None:
        """Note that a card that was sent can be followed no more: DROPPED or LOCKED."""
        ...

    async def rehang(self, old: str, new: str) -> None:
        """Have the replies that wait for a card follow another; edits that wait are dropped."""
        ...

    async def sweep(self, platform: str, now: datetime, dead_before: datetime) -> tuple[Alert, ...]:
        """Give up what can never be sent, and return it as it is now.

        That is FAILED: what waits for a card that failed or never was, for a channel that is gone,
        or for one that is forbidden and was composed before `dead_before`; and DROPPED: what waits
        for a card that was deleted.
        """
        ...


class Channels(Protocol):
    """How channels want their alerts."""

    async def get(self, channel: Channel) -> ChannelSettings:
        """Return a channel's settings; the defaults where nothing is set."""
        ...

    async def save(self, settings: ChannelSettings) -> None:
        """Save a channel's settings."""
        ...

    async def list(self, scope: Scope | None = None) -> tuple[ChannelSettings, ...]:
        """Return the channels that have settings or a watch, by name."""
        ...

    async def admin(self, scope: Scope) -> Channel | None:
        """Return a scope's admin channel."""
        ...

    async def standing(self, channel: Channel) -> Standing:
        """Return what the platform said last of our access to a channel; OPEN if it never did."""
        ...

    async def troubled(self, scope: Scope) -> tuple[Standing, ...]:
        """Return the channels of a scope where we may not post, or that are gone, by name."""
        ...

    async def stands(self, standing: Standing) -> None:
        """Save what the platform said; OPEN forgets all trouble."""
        ...

    async def digests_due(self, now: datetime) -> tuple[ChannelSettings, ...]:
        """Return the channels whose digest is due."""
        ...


class Mutes(Protocol):
    """What people want to hear no more of."""

    async def add(self, mute: Mute) -> Mute:
        """Store a mute under a new id (`mute.id` is ignored)."""
        ...

    async def remove(self, mute: MuteId) -> None:
        """End a mute."""
        ...

    async def active(self, scope: Scope, now: datetime) -> tuple[Mute, ...]:
        """Return the mutes that hold in a scope."""
        ...

    async def ended(self, now: datetime, limit: int) -> tuple[Mute, ...]:
        """Return mutes that have run out and are not removed yet."""
        ...


class Judgements(Protocol):
    """What editors said is not relevant: labels to judge watches by."""

    async def add(self, made: Sequence[Judgement]) -> None:
        """Store judgements; the first of an article in a channel is kept."""
        ...

    async def remove(self, channel: Channel, articles: Sequence[ArticleId]) -> None:
        """Take the judgements of these articles in a channel back."""
        ...

    async def of(self, scope: Scope, articles: Sequence[ArticleId]) -> tuple[Judgement, ...]:
        """Return what was said of these articles in a scope's channels, in order of article."""
        ...

    async def stories(self, scope: Scope, stories: Sequence[StoryId]) -> frozenset[StoryId]:
        """Return which of these stories have an article that was judged in a scope's channels."""
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
