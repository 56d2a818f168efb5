"""Whether what a process does again and again still goes well, for `/healthz`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ports.world import Clock

GRACE = timedelta(seconds=30)
"""What has failed for so long, without ending well in between, is in trouble."""


@dataclass(slots=True, kw_only=True)
class Pulse:
    """How one step goes."""

    began: datetime | None = None  # UTC; None: it is not running
    well: datetime | None = None  # UTC; when it last ended well
    failing_since: datetime | None = None  # UTC; its first failure since it last went well
    reason: str = ""  # of its last failure

    def in_trouble(self, now: datetime) -> bool:
        """Say whether it fails; what has been running for `GRACE` since goes well again."""
        if self.failing_since is None:
            return False
        if self.began is not None and now - self.began >= GRACE:
            return False
        return now - self.failing_since >= GRACE


class Pulses:
    """How all steps of a process go, by name."""

    def __init__(self, clock: Clock) -> None:
        """Begin with none."""
        self._clock = clock
        self._all: dict[str, Pulse] = {}

    def began(self, step: str) -> None:
        """Note that a step begins."""
        self._all.setdefault(step, Pulse()).began = self._clock()

    def ended(self, step: str, reason: str = "") -> None:
        """Note that a step has ended; with a reason: badly."""
        pulse, now = self._all[step], self._clock()
        pulse.began, pulse.reason = None, reason
        if reason:
            pulse.failing_since = pulse.failing_since or now
        else:
            pulse.well, pulse.failing_since = now, None

    def steps(self) -> Mapping[str, Mapping[str, str]]:
        """Return each step's state (`ok` or `trouble`), last good end (ISO 8601) and failure."""
        now = self._clock()
        return {
            name: {
                "state": "trouble" if pulse.in_trouble(now) else "ok",
                "well": pulse.well.isoformat() if pulse.well else "",
                "reason": pulse.reason,
            }
            for name, pulse in sorted(self._all.items())
        }
