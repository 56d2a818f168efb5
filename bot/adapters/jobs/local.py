"""Jobs inside one process: hints are kept in memory, and gone with it; the sweeps find the rest."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from bot.adapters.jobs.following import FailedError, follow
from bot.domain.hints import DeadHint, Hint, HintCount
from bot.ports.jobs import FORGET, Begun, Endurance, Follow
from bot.ports.world import Clock

KEPT = 100
"""Hints that were given up and are remembered."""


class LocalJobs:
    """Hints of this process; see `bot.ports.jobs.Jobs`."""

    def __init__(self, clock: Clock, endurance: Endurance | None = None) -> None:
        """Begin with none."""
        self._clock = clock
        self._endurance = endurance or Endurance()
        self._open: dict[Hint, int] = {}  # how often each was followed, until it is settled
        self._waiting: dict[str, deque[Hint]] = {}
        self._dead: deque[DeadHint] = deque(maxlen=KEPT)
        self._wakes: set[asyncio.Event] = set()
        self._stopping = False

    async def enqueue(self, tx: Begun, hints: Sequence[Hint]) -> None:
        """See `bot.ports.jobs.Jobs.enqueue`."""
        for hint in hints:
            tx.after_commit(partial(self._put, hint))

    async def work(self, followers: Mapping[str, Follow], at_once: int) -> None:
        """See `bot.ports.jobs.Jobs.work`."""
        wake = asyncio.Event()
        self._wakes.add(wake)
        running: set[asyncio.Task[None]] = set()

        def ended(task: asyncio.Task[None]) -> None:
            running.discard(task)
            wake.set()

        try:
            while not self._stopping:
                wake.clear()
                while len(running) < at_once and (hint := self._next(followers)):
                    task = asyncio.create_task(self._one(followers, hint))
                    running.add(task)
                    task.add_done_callback(ended)
                await wake.wait()
            await asyncio.gather(*running)
        finally:
            self._wakes.discard(wake)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def stop(self) -> None:
        """See `bot.ports.jobs.Jobs.stop`."""
        self._stopping = True
        self._wake()

    async def waiting(self, _tx: Begun, /, queue: str) -> int:
        """See `bot.ports.jobs.Jobs.waiting`."""
        return len(self._waiting.get(queue, ()))

    async def dead(self, _tx: Begun, /, limit: int) -> tuple[DeadHint, ...]:
        """See `bot.ports.jobs.Jobs.dead`."""
        return tuple(self._dead)[::-1][:limit]

    async def counts(self, _tx: Begun, /) -> tuple[HintCount, ...]:
        """See `bot.ports.jobs.Jobs.counts`."""
        dead = Counter(one.hint.queue for one in self._dead)
        return tuple(
            HintCount(queue=queue, waiting=len(self._waiting.get(queue, ())), dead=dead[queue])
            for queue in sorted(self._waiting.keys() | dead.keys())
        )

    async def prune(self, _tx: Begun, /, now: datetime) -> None:
        """See `bot.ports.jobs.Jobs.prune`; what is noted is limited in number as well."""
        while self._dead and now - self._dead[0].at >= FORGET:
            self._dead.popleft()

    def _put(self, hint: Hint) -> None:
        if hint not in self._open:
            self._open[hint] = 0
            self._wait(hint)

    def _wait(self, hint: Hint) -> None:
        self._waiting.setdefault(hint.queue, deque()).append(hint)
        self._wake()

    def _wake(self) -> None:
        for wake in self._wakes:
            wake.set()

    def _next(self, followers: Mapping[str, Follow]) -> Hint | None:
        for queue in followers:
            if waiting := self._waiting.get(queue):
                return waiting.popleft()
        return None

    async def _one(self, followers: Mapping[str, Follow], hint: Hint) -> None:
        self._open[hint] += 1
        tries = self._open[hint]
        again = False
        try:
            await follow(followers, hint)
        except FailedError as error:
            again = tries < self._endurance.tries
            if again:
                pause = self._endurance.after(tries).total_seconds()
                asyncio.get_running_loop().call_later(pause, self._wait, hint)
            else:
                self._dead.append(DeadHint(hint=hint, at=self._clock(), reason=str(error)))
        finally:
            if not again:
                del self._open[hint]
