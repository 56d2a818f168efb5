"""Subscriptions to feeds whose servers tell a hub of changes (WebSub): pure.

Owns which hub is asked, when, and what of its answers is believed. How one is asked and heard is
`bot.adapters.feeds.websub`, when it is done `bot.pipeline.subscribe`.
Source: https://www.w3.org/TR/websub/
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.articles import Feed, FeedId
from bot.domain.private import is_private

LEASE = timedelta(days=10)
"""What a hub is asked for; it decides itself."""
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=30)
"""What is believed of the lease that it gives."""
ANSWER = timedelta(hours=1)
"""How long a hub may take to ask whether it was we who asked."""
AGAIN, SELDOM = timedelta(minutes=10), timedelta(days=1)
"""How long after a question without an answer it is asked again: the first wait, which doubles."""
GIVEN_UP = 3
"""Questions after which a hub that does not answer an unsubscription is left to its lease."""
REMEMBERED = 100
"""Documents of a feed that are known when they are sent again."""
LONGEST_ADDRESS = 2_000
SLOWER = 4
"""How many times its interval a feed is polled in while its hub tells of changes."""
SLOWEST = timedelta(hours=6)


class Intent(StrEnum):
    """What a hub is asked for, as the protocol's `hub.mode`."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed's hub, and how we stand with it."""

    feed: FeedId
    hub: str
    topic: str  # the feed's address, as its hub knows it
    code: str  # unguessable: the end of the address that the hub sends to
    callback: str  # that address
    secret: str  # what the hub signs with
    due_at: datetime  # UTC; when the hub is to be asked next
    intent: Intent = Intent.SUBSCRIBE
    asked_at: datetime | None = None  # UTC
    tries: int = 0  # questions since the last answer
    lease_until: datetime | None = None  # UTC; None: it does not tell us of changes
    seen: tuple[str, ...] = ()  # hashes of what it sent, the newest last
    reason: str = ""  # why it does not, for people

    def live(self, now: datetime) -> bool:
        """Say whether the hub tells us of changes at `now` (UTC)."""
        return self.lease_until is not None and now < self.lease_until

    def failing(self, now: datetime) -> bool:
        """Say whether the hub should tell us of changes at `now` (UTC), and does not.

        One that was asked once has not failed yet: it may be about to ask whether it was we.
        """
        wanted = self.intent is Intent.SUBSCRIBE and not self.live(now)
        return wanted and bool(self.reason or self.tries > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A document that a hub sent, as it came."""

    id: int
    feed: FeedId
    kind: str  # its Content-Type
    body: bytes


def usable(feed: Feed, hub: str, topic: str) -> bool:
    """Say whether a hub may be asked about a feed.

    Never for a private feed: a hub is somebody else. A hub without TLS only for a feed without: it
    would be the easier place to forge what the feed says.
    """
    addresses = (feed.url, hub, topic)
    if not hub or not topic or any(is_private(url) for url in addresses):
        return False
    if any(len(url) > LONGEST_ADDRESS for url in addresses):
        return False
    return hub.startswith("https:") or not feed.url.startswith("https:")


def same(one: Subscription, hub: str, topic: str, public: str) -> bool:
    """Say whether a subscription is still the one that a feed wants.

    Args:
        one: The subscription.
        hub: What the feed names now.
        topic: What the feed names now.
        public: The address at which hubs reach us now.
    """
    return (one.hub, one.topic) == (hub, topic) and one.callback.startswith(f"{public}/")


def asked(one: Subscription, now: datetime) -> Subscription:
    """Return a subscription whose hub is about to be asked; it may answer at once."""
    wait = min(AGAIN * (1 << min(one.tries, 10)), SELDOM)
    return replace(one, asked_at=now, tries=one.tries + 1, due_at=now + wait)


def confirmed(
    one: Subscription, mode: str, topic: str, lease: timedelta, now: datetime
) -> Subscription | None:
    """Return a subscription that its hub asks about, or None where we did not ask for that.

    Args:
        one: As it was asked for.
        mode: What the hub says that we want.
        topic: What it says that it is about.
        lease: For how long it means to tell us of changes; renewed when a fifth of it is left.
        now: UTC.
    """
    if one.asked_at is None or now - one.asked_at > ANSWER:
        return None
    if mode != one.intent or topic != one.topic:
        return None
    if one.intent is Intent.UNSUBSCRIBE:
        return replace(one, lease_until=None)
    granted = min(max(lease, SHORTEST), LONGEST)
    renewed = now + granted - granted / 5
    return replace(one, lease_until=now + granted, due_at=renewed, tries=0, reason="")


def denied(one: Subscription, topic: str, reason: str, now: datetime) -> Subscription | None:
    """Return a subscription that its hub refuses or ends; None where it means another."""
    if topic != one.topic:
        return None
    return replace(one, lease_until=None, asked_at=None, due_at=now + SELDOM, reason=reason)


def leaving(one: Subscription, now: datetime) -> Subscription:
    """Return a subscription of a feed that was removed, to be ended."""
    return replace(one, intent=Intent.UNSUBSCRIBE, asked_at=None, tries=0, due_at=now)


def remembered(one: Subscription, digest: str) -> Subscription:
    """Return a subscription that knows one more document."""
    return replace(one, seen=(*one.seen, digest)[-REMEMBERED:])


def interval(feed: Feed, live: Collection[FeedId]) -> timedelta:
    """Return how often a feed is polled; more seldom if it is one whose hub tells of changes."""
    if feed.id not in live:
        return feed.every
    return max(feed.every, min(feed.every * SLOWER, SLOWEST))
