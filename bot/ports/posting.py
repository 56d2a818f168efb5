"""What a database keeps of what is said where: threads, decisions, the outbox, channels."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.articles import ArticleId
from bot.domain.messages import Alert, AlertState, Part, Posted
from bot.domain.records import (
    ClaimedThread,
    Decision,
    Standing,
    Thread,
)
from bot.domain.stories import StoryId
from bot.domain.watches import (
    Channel,
    ChannelSettings,
    Scope,
)


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
