"""The twin's time: real time, made faster or slower, and moved on by tests."""

import time
from datetime import UTC, datetime


class TwinClock:
    """Seconds since 1970 as the twin counts them; deadlines and windows are measured in them."""

    def __init__(self, speed: float = 1.0) -> None:
        """Start at the real time; `speed` is twin seconds per real second, above 0."""
        self._speed = speed
        self._then = time.time()
        self._at = time.monotonic()

    @property
    def speed(self) -> float:
        """Twin seconds per real second; a change holds from now on, without a jump."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._then, self._at = self.now(), time.monotonic()
        self._speed = speed

    def now(self) -> float:
        """Return the twin's time in seconds since 1970, UTC."""
        return self._then + (time.monotonic() - self._at) * self._speed

    def advance(self, seconds: float) -> None:
        """Move on at once, by twin seconds."""
        self._then += seconds

    def real(self, seconds: float) -> float:
        """Return how many real seconds so many twin seconds last."""
        return seconds / self._speed

    def stamp(self) -> str:
        """Return the time as Discord writes it."""
        return iso(self.now())


def iso(seconds: float) -> str:
    """Return an instant as Discord writes it: microseconds and an offset, always."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
