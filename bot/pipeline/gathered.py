"""Gathered: what waits for the same turn is done in one go.

Nothing waits for company: who gets the turn does what has queued behind it meanwhile, too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

_Work = TypeVar("_Work")
_Done = TypeVar("_Done")

log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Waiting(Generic[_Work, _Done]):
    work: _Work
    done: list[_Done]  # what came of it; empty until it is done
    alone: bool = False  # it was gathered, and that failed


class Gathered(Generic[_Work, _Done]):
    """Does pieces of work in turn, several at once where they have queued.

    Where several fail together each is done alone, so that one cannot stop the rest.
    """

    def __init__(
        self,
        turn: asyncio.Lock,
        act: Callable[[Sequence[_Work]], Awaitable[Sequence[_Done]]],
        size: Callable[[_Work], int],
        most: int,
    ) -> None:
        """Do nothing yet.

        Args:
            turn: Held while anything is done.
            act: Does some work, all of it or none; returns what came of each piece.
            size: Of a piece of work.
            most: The sum of the sizes of what is done at once; one piece may be larger.
        """
        self._turn = turn
        self._act = act
        self._size = size
        self._most = most
        self._queue: list[_Waiting[_Work, _Done]] = []

    async def do(self, work: _Work) -> _Done:
        """Do a piece of work in its turn; raises what doing it alone raises."""
        mine = _Waiting[_Work, _Done](work, [])
        self._queue.append(mine)
        try:
            async with self._turn:
                if not mine.done:
                    await self._with_others(mine)
        finally:
            self._queue.remove(mine)
        return mine.done[0]

    async def _with_others(self, mine: _Waiting[_Work, _Done]) -> None:
        some = self._company(mine)
        if len(some) > 1:
            try:
                await self._all(some)
            except Exception as error:  # noqa: BLE001 - it comes again from the one that is at fault
                log.info("polls_settled_apart", polls=len(some), reason=str(error))
                for one in some:
                    one.alone = True
            else:
                return
        await self._all([mine])

    async def _all(self, some: Sequence[_Waiting[_Work, _Done]]) -> None:
        for one, done in zip(some, await self._act([one.work for one in some]), strict=True):
            one.done.append(done)

    def _company(self, mine: _Waiting[_Work, _Done]) -> list[_Waiting[_Work, _Done]]:
        some = [mine]
        if mine.alone:
            return some
        room = self._most - self._size(mine.work)
        for one in self._queue:
            if one is mine or one.done or one.alone:
                continue
            room -= self._size(one.work)
            if room < 0:
                break
            some.append(one)
        return some
