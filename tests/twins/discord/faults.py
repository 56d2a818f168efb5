"""Faults on demand: which request goes wrong, how, and whether it was taken before it did."""

import fnmatch
import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a request goes wrong."""

    RATE_LIMIT = "rate limit"
    STATUS = "status"
    HTML = "html"
    DELAY = "delay"
    DROP = "drop"
    RESET = "reset"
    SLOW_BODY = "slow body"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One planned fault.

    `taken` says whether the twin carries the request out before the answer goes wrong; a delay
    that is not taken comes before the work, one that is taken after it. `seconds` are real ones.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    nth: int = 1
    times: int | None = 1
    rate: float | None = None
    seed: int = 0
    taken: bool = False
    status: int = 500
    code: int = 0
    message: str = ""
    errors: dict[str, Any] | None = None
    scope: str = "user"
    retry_after: float = 0.1
    via: bool = True
    seconds: float = 0.0
    seen: int = 0
    hits: int = 0
    _chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        """Seed the dice, so that a rate strikes the same requests each run."""
        self._chance.seed(self.seed)

    def strikes(self, method: str, path: str) -> bool:
        """Return whether this request is struck, counting it if it matches."""
        if self.method not in ("*", method) or not fnmatch.fnmatchcase(path, self.path):
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

    def add(self, kind: Kind | str, **about: Any) -> Fault:
        """Plan a fault and return it.

        Args:
            kind: How it goes wrong.
            about: `method` and `path` (a pattern with `*`, without `/api/v10`); `nth` of the
                matching requests is the first struck (from 1) and `times` how many are (None:
                all that follow); or `rate` (0 to 1) with `seed`; then what the kind needs:
                `status`, `code`, `message`, `errors`; `scope` (user, shared, global),
                `retry_after` and `via`; `seconds`; and `taken`.
        """
        fault = Fault(kind=Kind(kind), **about)
        self.planned.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all."""
        self.planned.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        """Return the fault that strikes this request, or None."""
        for fault in self.planned:
            if fault.strikes(method, path):
                return fault
        return None
