"""What the steps hand to one another through the database: rows, as values.

Owns no decision: each is decided in the pipeline, or by the type it belongs to.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.messages import Part, Posted
from bot.domain.polls import Validators
from bot.domain.query import Hit
from bot.domain.stories import StoryId
from bot.domain.watches import Channel, WatchId

CARD_DELETED = "its card was deleted in the channel"
"""Why a story is followed there no more, for people."""
GONE_FOR = timedelta(hours=24)
"""After so long one alert tries a channel that is gone: the bot may have been invited again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What we know of a feed beside its settings."""

    due_at: datetime  # UTC; when it is to be polled next
    validators: Validators = field(default_factory=Validators)
    seeded_at: datetime | None = None  # UTC; when its first good poll was; None: none yet
    seeded: int = 0  # the articles of that poll
    failures: int = 0  # polls failed in a row
    failing_since: datetime | None = None  # UTC
    told_at: datetime | None = None  # UTC; when the admin channel was told of the failure
    polled_at: datetime | None = None  # UTC; the last poll, however it went
    outcome: str = ""  # of the last poll
    reason: str = ""  # of the last poll, for people
    address: str = ""  # where it is polled, since it has moved there for good; "": at its own
    moved_to: str = ""  # where a permanent redirect leads
    moved_times: int = 0  # how many polls in a row it led there and that parsed
    stopped: bool = False  # 410 Gone: not polled until someone asks


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFeed:
    """A feed claimed for a poll."""

    feed: Feed
    state: FeedState
    owner: str  # the fence: what is settled must still belong to it


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchHit:
    """A watch matched an article."""

    article: ArticleId
    watch: WatchId
    watch_version: int
    hits: tuple[Hit, ...]
    at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An article's title or lead was changed by its outlet."""

    article: ArticleId
    version: int  # the version that it became
    old_title: str
    new_title: str
    old_summary: str
    new_summary: str
    at: datetime  # UTC


class Fate(StrEnum):
    """What became of an article that matched, in one channel."""

    WAITING = "waiting"  # to be composed
    SEEDED = "seeded"  # it was there before the feed or the watch was
    POSTED = "posted"  # opened a card (or stands in a burst card or a digest)
    MERGED = "merged"  # went into the thread of its story
    MUTED = "muted"
    HELD = "held"  # quiet hours, digest, too few outlets
    FAILED = "failed"  # its alert was given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about an article in a channel, and why; the latest one counts."""

    article: ArticleId
    channel: Channel
    story: StoryId
    fate: Fate
    reason: str = ""  # for people
    alert: str | None = None  # the key of the alert that carries it
    at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An editor said that an article is not relevant in a channel."""

    article: ArticleId
    channel: Channel
    by: str  # the name of the person
    at: datetime  # UTC


class Access(StrEnum):
    """Whether a platform lets us post to a channel."""

    OPEN = "open"
    FORBIDDEN = "forbidden"  # a right is missing: we ask again, ever more seldom
    GONE = "gone"  # deleted, or the bot was removed: nothing is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a platform said last of our access to a channel."""

    channel: Channel
    access: Access = Access.OPEN
    reason: str = ""  # the platform's own words
    since: datetime | None = None  # UTC; None: it was never refused
    part: Part | None = None  # what was refused: a right may be missing for replies alone
    refusals: int = 0  # in a row

    def shut(self, now: datetime) -> bool:
        """Say whether nothing is to be sent at `now` (UTC): gone, and not for `GONE_FOR` yet."""
        if self.access is not Access.GONE or self.since is None:
            return False
        return now < self.since + GONE_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A story in a channel: its card, if it is posted, and what is still to be said."""

    channel: Channel
    story: StoryId
    compose_at: datetime | None  # UTC; when something is to be composed; None: nothing is
    opened_at: datetime  # UTC; when the story first concerned the channel
    card: str | None = None  # the key of the opening card's alert
    listed_in: str | None = None  # the key of the burst card or digest that listed it instead
    posted: Posted | None = None  # the card on the platform, once it is there
    shown: frozenset[ArticleId] = frozenset()  # articles that card and replies have told of
    sentences: tuple[str, ...] = ()  # what has been said of the story, for "what is new"
    replies: int = 0  # replies composed; numbers their keys
    edits: int = 0  # card edits composed; numbers their keys
    face: str = ""  # a hash of what is visible on the card, so that equal edits are not sent
    edited_at: datetime | None = None  # UTC; when the last edit was composed
    told_edits: datetime | None = None  # UTC; article edits up to here have been told
    earlier: Posted | None = None  # the card that this one takes up, for a link to it
    closed_at: datetime | None = None  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedThread:
    """A thread claimed for composing."""

    thread: Thread
    owner: str  # the fence


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A story as a line of a list."""

    id: StoryId
    headline: str
    url: str
    articles: int
    outlets: int
    independent: int
    first_at: datetime  # UTC
    last_at: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledArticle:
    """An article with the story it was filed under, for rebuilding the window."""

    article: Article
    story: StoryId
    reprint_of: ArticleId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLine:
    """A feed with its state, for lists and health."""

    feed: Feed
    state: FeedState


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts for `/health`."""

    feeds: int
    feeds_failing: int
    articles: int
    stories: int
    watches: int
    alerts_due: int
    alerts_unknown: int
    alerts_failed: int
    alerts_sent: int
    oldest_due_at: datetime | None  # UTC
    last_poll_at: datetime | None  # UTC
    delays: tuple[float, ...]  # seconds from first seen to posted, of the newest 1,000 cards


FeedKeys = tuple[FeedId, tuple[str, ...]]
"""A feed and the identity keys of one of its entries."""
