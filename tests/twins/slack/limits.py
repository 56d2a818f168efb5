"""Rate limits: tiers of methods a workspace, messages a channel, and the small limit of history.

Tiers are calls a minute, method and workspace: 1: 1, 2: 20, 3: 50, 4: 100; how large a burst may
be is not published: a minute's worth at once, and 5 of tier 1, are assumed. Messages: about 1 a
second and channel, with short bursts; the limit of a whole workspace is not published, so there is
none here. Since May 2025 an app that is neither internal nor in Slack's marketplace may call
conversations.history and conversations.replies once a minute, for at most 15 messages.
Sources: https://docs.slack.dev/apis/web-api/rate-limits and
https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps/
"""

import math
from dataclasses import dataclass, field

from tests.twins.discord.clock import TwinClock

MINUTE = 60.0
HISTORY = ("conversations.history", "conversations.replies")
SMALL = 15
"""Most messages of one call under the rule."""


@dataclass(slots=True, kw_only=True)
class Limits:
    """How much is allowed, in seconds of the twin's clock; tests may change it.

    Attributes:
        enabled: Whether anything is refused.
        tiers: By tier: how many calls at once, and seconds until there is one more.
        message: How many messages a channel takes at once, and seconds until it takes one more.
        history_small: Whether the app is under the rule of 1 call a minute and 15 messages.
    """

    enabled: bool = True
    tiers: dict[int, tuple[int, float]] = field(
        default_factory=lambda: {1: (5, 60.0), 2: (20, 3.0), 3: (50, 1.2), 4: (100, 0.6)}
    )
    message: tuple[int, float] = (2, 1.0)
    history_small: bool = False


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Limiter:
    """Counts calls in leaking buckets; waits are whole real seconds, as Retry-After has them."""

    def __init__(self, limits: Limits, clock: TwinClock) -> None:
        """Start with nothing used."""
        self.limits = limits
        self._clock = clock
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def call(self, team: str, method: str, tier: int) -> int | None:
        """Count a call of a method; return the seconds to wait where it is one too many."""
        if self.limits.history_small and method in HISTORY:
            return self._use((team, method), 1, MINUTE)
        return self._use((team, method), *self.limits.tiers[tier])

    def message(self, team: str, channel: str) -> int | None:
        """Count a message to a channel; return the seconds to wait where it is one too many."""
        burst, each = self.limits.message
        return self._use((team, "message", channel), burst, each)

    def _use(self, key: tuple[str, ...], size: int, each: float) -> int | None:
        """Use one of a bucket of a size that regains one in `each` seconds."""
        if not self.limits.enabled:
            return None
        now = self._clock.now()
        bucket = self._buckets.setdefault(key, _Bucket(size, now))
        bucket.left = min(size, bucket.left + (now - bucket.at) / each)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return None
        return max(1, math.ceil(self._clock.real((1 - bucket.left) * each)))
