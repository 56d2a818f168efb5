"""What many want to know at once is asked once: fifty sends begin at the same moment."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Lets those who ask the same at the same time share one answer, or one error."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._asked: dict[str, asyncio.Task[T]] = {}

    async def of(self, key: str, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what `ask` answers, or what is answered to who asked for `key` before.

        Whoever stops waiting stops nobody else's question.
        """
        task = self._asked.get(key)
        if task is None:
            task = asyncio.create_task(ask(), name=f"ask {key}")
            self._asked[key] = task
            task.add_done_callback(lambda done: self._answered(key, done))
        return await asyncio.shield(task)

    def _answered(self, key: str, done: asyncio.Task[T]) -> None:
        del self._asked[key]
        if not done.cancelled():
            done.exception()  # nobody may be left to hear of it
