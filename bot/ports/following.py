"""What a database keeps of what channels follow: watches, hits, stories, mutes, judgements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.articles import ArticleId
from bot.domain.messages import Posted
from bot.domain.records import (
    FiledArticle,
    Judgement,
    StoryRow,
    WatchHit,
)
from bot.domain.stories import Member, Story, StoryId
from bot.domain.watches import (
    Channel,
    Mute,
    MuteId,
    Scope,
    Watch,
    WatchId,
)


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
