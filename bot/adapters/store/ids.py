"""Ids that the application makes: 63 bits, growing with time, the same on every database."""

import secrets
from collections.abc import Callable
from datetime import datetime

from bot.adapters.store.codec import micros

_SEQUENCE_BITS = 22


def first_id(at: datetime) -> int:
    """Return the least id that can be made at a time."""
    return (micros(at) // 1_000) << _SEQUENCE_BITS


class Ids:
    """Makes ids: milliseconds since 1970 in the upper 41 bits, a growing number below."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Take the time from `clock`, which returns UTC."""
        self._clock = clock
        self._last = 0

    def now(self) -> datetime:
        """Return the time that the next id is made from, UTC."""
        return self._clock()

    def next(self) -> int:
        """Return an id that is greater than every one before it from this process.

        Two processes that make one in the same millisecond begin at random places.
        """
        base = first_id(self._clock())
        if base <= self._last:
            self._last += 1
        else:
            self._last = base + secrets.randbelow(1 << (_SEQUENCE_BITS - 1))
        return self._last
