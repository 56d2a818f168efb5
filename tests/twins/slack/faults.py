"""Faults on demand: which call goes wrong, how, and whether it was taken before it did."""

import fnmatch
import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a call goes wrong."""

    RATE_LIMIT = "rate limit"
    ERROR = "error"
    STATUS = "status"
    HTML = "html"
    DELAY = "delay"
    DROP = "drop"
    RESET = "reset"
    SLOW_BODY = "slow body"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One planned fault.

    `taken` says whether the twin carries the call out before the answer goes wrong; a delay
    that is not taken comes before the work, one that is taken after it. `seconds` are real ones.
    """

    kind: Kind
    method: str = "*"
    channel: str | None = None
    nth: int = 1
    times: int | None = 1
    rate: float | None = None
    seed: int = 0
    taken: bool = False
    error: str = "internal_error"
    status: int = 500
    retry_after: float = 1
    seconds: float = 0.0
    seen: int = 0
    hits: int = 0
    _chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        """Seed the dice, so that a rate strikes the same calls each run."""
        self._chance.seed(self.seed)

    def strikes(self, method: str, channel: str | None) -> bool:
        """Return whether this call is struck, counting it if it matches."""
        if not fnmatch.fnmatchcase(method, self.method):
            return False
        if self.channel not in (None, channel):
            return False
        self.seen += 1
        if self.times is not None and self.hits >= self.times:
            return False
        struck = self.seen >= self.nth if self.rate is None else self._chance.random() < self.rate
        self.hits += struck
        return struck


class FaultPlan:
    """The faults to come; the first that strikes wins."""

    def __init__(self) -> None:
        """Start with none."""
        self.planned: list[Fault] = []

    def add(self, kind: Kind | str, method: str = "*", **about: Any) -> Fault:
        """Plan a fault and return it.

        Args:
            kind: How it goes wrong.
            method: Which method, such as `chat.postMessage`; a pattern with `*`. `upload` is the
                address that a file's bytes go to, `download` the one they come from, and
                `response_url` any address for answers.
            about: `channel` (an id); `nth` of the matching calls is the first struck (from 1)
                and `times` how many are (None: all that follow); or `rate` (0 to 1) with `seed`;
                then what the kind needs: `error` (Slack's word, with status 200), `status`,
                `retry_after`, `seconds`; and `taken`.
        """
        fault = Fault(kind=Kind(kind), method=method, **about)
        self.planned.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all."""
        self.planned.clear()

    def strike(self, method: str, channel: str | None) -> Fault | None:
        """Return the fault that strikes this call, or None."""
        for fault in self.planned:
            if fault.strikes(method, channel):
                return fault
        return None
