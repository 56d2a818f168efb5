"""Rate limits: buckets of a route and its channel, the global one, and the ban for bad requests.

Discord publishes the global limit (50 a second) and the ban (10,000 refusals in 10 minutes), not
the sizes of buckets: those here are assumed, in line with what users of the real one report.
Windows are fixed: they begin with the first request, and all of a bucket comes back at their end.
Source: https://discord.com/developers/docs/topics/rate-limits
"""

import time
from dataclasses import dataclass
from hashlib import sha256

from tests.twins.discord.clock import TwinClock


@dataclass(slots=True, kw_only=True)
class Limits:
    """How much is allowed: (requests, seconds of the twin's clock); tests may change it."""

    enabled: bool = True
    everything: tuple[int, float] = (50, 1.0)
    messages: tuple[int, float] = (5, 5.0)
    edits: tuple[int, float] = (5, 5.0)
    deletes: tuple[int, float] = (5, 1.0)
    threads: tuple[int, float] = (50, 300.0)
    channel: tuple[int, float] = (10, 15.0)
    webhook: tuple[int, float] = (5, 2.0)
    commands: tuple[int, float] = (5, 20.0)
    others: tuple[int, float] = (50, 1.0)
    identify: tuple[int, float] = (1, 5.0)
    ban: tuple[int, float] = (10_000, 600.0)
    active_threads: int = 1000

    def of(self, bucket: str) -> tuple[int, float]:
        """Return a bucket's limit by its name."""
        allowed: tuple[int, float] = getattr(self, bucket)
        return allowed


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a request goes through, and the headers that say how the bucket stands."""

    scope: str | None
    retry_after: float
    headers: dict[str, str]


class Limiter:
    """Counts requests; waits are in real seconds, as a client has to sleep them."""

    def __init__(self, limits: Limits, clock: TwinClock) -> None:
        """Start with nothing used."""
        self.limits = limits
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def take(self, bucket: str, key: str, *, exempt: bool) -> Verdict:
        """Count a request of a bucket; `exempt` ones do not count for the global limit."""
        if not self.limits.enabled:
            return Verdict(scope=None, retry_after=0, headers={})
        now = self._clock.now()
        if not exempt and (wait := self._use("global", self.limits.everything, now)) is not None:
            return Verdict(scope="global", retry_after=self._clock.real(wait), headers={})
        if bucket == "none":
            return Verdict(scope=None, retry_after=0, headers={})
        allowed = self.limits.of(bucket)
        wait = self._use(key, allowed, now)
        window = self._windows[key]
        left = self._clock.real(window.ends - now)
        headers = {
            "X-RateLimit-Limit": str(allowed[0]),
            "X-RateLimit-Remaining": str(allowed[0] - window.used),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": sha256(bucket.encode()).hexdigest()[:32],
        }
        if wait is None:
            return Verdict(scope=None, retry_after=0, headers=headers)
        return Verdict(scope="user", retry_after=self._clock.real(wait), headers=headers)

    def identify(self, bucket: int) -> bool:
        """Count a session that begins; return whether it may."""
        if not self.limits.enabled:
            return True
        return self._use(f"identify {bucket}", self.limits.identify, self._clock.now()) is None

    def refused(self) -> None:
        """Count a 401, 403 or 429 towards the ban."""
        self._use("refused", (self.limits.ban[0] + 1, self.limits.ban[1]), self._clock.now())

    @property
    def refusals(self) -> int:
        """How many there were in this window."""
        window = self._windows.get("refused")
        return 0 if window is None or window.ends <= self._clock.now() else window.used

    @property
    def banned(self) -> bool:
        """Whether Cloudflare answers instead of Discord."""
        return self.refusals >= self.limits.ban[0]

    def _use(self, key: str, allowed: tuple[int, float], now: float) -> float | None:
        """Use one; return how long to wait where there is none left."""
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = _Window(now + allowed[1])
        if window.used >= allowed[0]:
            return window.ends - now
        window.used += 1
        return None
