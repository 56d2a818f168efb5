"""What waits for the same turn is done in one go, and one that fails stops no other."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.pipeline.gathered import Gathered


class Worker:
    """Notes what it does at once; may be told what to fail at."""

    def __init__(self, *bad: int) -> None:
        """Fail whatever has a bad number in it."""
        self.turn = asyncio.Lock()
        self.at_once: list[list[int]] = []
        self.bad = set(bad)
        self.gate = asyncio.Event()
        self.gate.set()

    async def act(self, some: Sequence[int]) -> list[int]:
        """Do some work, when the gate is open."""
        self.at_once.append([*some])
        await self.gate.wait()
        if not self.bad.isdisjoint(some):
            raise ValueError(f"a bad one in {some}")
        return [10 * one for one in some]

    def gathered(self, most: int = 100) -> Gathered[int, int]:
        """Return what gathers its work; a number is its own size."""
        return Gathered(self.turn, self.act, lambda one: one, most)


async def queued(worker: Worker, gathered: Gathered[int, int], *work: int) -> list[int | str]:
    """Let work queue for its turn; return what came of each, by the error where it failed."""
    async with worker.turn:
        tasks = [asyncio.create_task(gathered.do(one)) for one in work]
        await asyncio.sleep(0)
    done = await asyncio.gather(*tasks, return_exceptions=True)
    return [one if isinstance(one, int) else str(one) for one in done]


async def test_what_has_queued_is_done_at_once_up_to_a_size() -> None:
    """A transaction that is long would hold up all others who write."""
    worker = Worker()
    assert await queued(worker, worker.gathered(7), 1, 2, 3, 4, 9) == [10, 20, 30, 40, 90]
    assert worker.at_once == [[1, 2, 3], [4], [9]]


async def test_work_that_comes_alone_waits_for_no_company() -> None:
    """On most machines a poll in a while is all there is."""
    worker = Worker()
    assert await worker.gathered().do(1) == 10
    assert worker.at_once == [[1]]


async def test_where_some_fail_together_each_is_done_alone() -> None:
    """One feed cannot stop the rest."""
    worker = Worker(2)
    gathered = worker.gathered()
    assert await queued(worker, gathered, 1, 2, 3) == [10, "a bad one in [2]", 30]
    assert worker.at_once == [[1, 2, 3], [1], [2], [3]]
    assert await queued(worker, gathered, 4, 5) == [40, 50]


async def test_later_work_is_not_gathered_with_what_failed() -> None:
    """It would fail with it."""
    worker = Worker(2)
    gathered = worker.gathered()
    worker.gate.clear()
    async with worker.turn:
        first = [asyncio.create_task(gathered.do(one)) for one in (1, 2)]
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [asyncio.create_task(gathered.do(one)) for one in (3, 4)]
    worker.gate.set()
    await asyncio.gather(*first, *later, return_exceptions=True)
    assert worker.at_once == [[1, 2], [1], [2], [3, 4]]


async def test_what_a_cancelled_one_had_begun_is_done_by_those_that_waited() -> None:
    """Nothing of it was stored, and they are still to be."""
    worker = Worker()
    gathered = worker.gathered()
    worker.gate.clear()
    async with worker.turn:
        tasks = [asyncio.create_task(gathered.do(one)) for one in (1, 2, 3)]
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[0].cancel()
    worker.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    assert [await one for one in tasks[1:]] == [20, 30]
    assert worker.at_once == [[1, 2, 3], [2, 3]]


async def test_what_is_done_already_when_its_turn_comes_is_not_done_again() -> None:
    """Also for one that was cancelled while others did its work."""
    worker = Worker()
    gathered = worker.gathered()
    worker.gate.clear()
    async with worker.turn:
        tasks = [asyncio.create_task(gathered.do(one)) for one in (1, 2)]
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[1].cancel()
    third = asyncio.create_task(gathered.do(3))
    await asyncio.sleep(0)
    worker.gate.set()
    assert (await tasks[0], await third) == (10, 30)
    assert worker.at_once == [[1, 2], [3]]
