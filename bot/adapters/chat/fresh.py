"""What was asked of a platform lately: good for a while, and never kept without end."""

import asyncio
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 5_000
"""Answers that are kept at a time; the oldest make room."""


class Fresh(Generic[T]):
    """Keeps answers by what they are about, as long as they are taken as true."""

    def __init__(self, seconds: float, most: int = MOST) -> None:
        """Keep at most `most` answers, each for `seconds`."""
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[str, tuple[float, T]] = OrderedDict()  # the oldest first

    def get(self, about: str) -> T | None:
        """Return what was answered; None where it was not asked, or too long ago."""
        at, answer = self._kept.get(about, (0.0, None))
        return answer if self._now() - at <= self._seconds else None

    def keep(self, about: str, answer: T) -> None:
        """Keep an answer, and let go of those that are good no more."""
        self.drop(about)
        self._kept[about] = (self._now(), answer)
        while len(self._kept) > 1 and (
            len(self._kept) > self._most or self._is_stale(next(iter(self._kept)))
        ):
            self._kept.popitem(last=False)

    def drop(self, about: str) -> None:
        """Let it be asked anew."""
        self._kept.pop(about, None)

    def __len__(self) -> int:
        """Return how many answers are kept, also such as are too old."""
        return len(self._kept)

    def _is_stale(self, about: str) -> bool:
        return self._now() - self._kept[about][0] > self._seconds

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
