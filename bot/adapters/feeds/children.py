"""A pool of child processes that read strangers' documents, and may be killed at any time.

A child that is late, too large or dead is killed and replaced. What it says is not trusted: whoever
asks checks it. The child's side of the pipes is in `frames`.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bot.domain.errors import FeedError

MAX_ANSWER = 96 << 20
_REUSES = 500  # documents a child reads before it is replaced, in case it leaks
PATIENCE = 2.0
"""Seconds for which a document waits for the children that there are, before one more is started.

A child reads a usual document in some milliseconds, while its parent takes longer to store it: one
keeps up, and each takes 25 MiB. More are for documents that hold it up.
"""


class UnreadableError(FeedError):
    """A document could not be read; the text is a plain sentence."""


class Children:
    """A pool of processes of one module."""

    def __init__(
        self,
        module: str,
        *,
        count: int,
        seconds: float,
        memory: int,
        patience: float = PATIENCE,
    ) -> None:
        """Keep up to `count` children: one when it is first needed, more when none keeps up.

        Args:
            module: What they run, as `python -m` takes it; its argument is `memory`.
            count: Documents that are read at the same time, at most.
            seconds: A child that takes longer over one is killed.
            memory: Address space of a child, bytes.
            patience: Seconds that a document waits before one more child is started.
        """
        self._module = module
        self._patience = patience
        self._seconds = seconds
        self._memory = memory
        self._idle: asyncio.LifoQueue[_Child | None] = asyncio.LifoQueue()
        self._idle.put_nowait(None)
        self._spare = count - 1  # that may be started yet
        self._live: set[_Child] = set()

    async def ask(self, asked: Mapping[str, Any], body: bytes) -> Any:
        """Return a child's answer about a document, as JSON gives it.

        Raises:
            UnreadableError: There is none within the bounds of time and memory.
        """
        request = json.dumps(asked).encode()
        child = await self._free()
        back: _Child | None = None
        try:
            if child is None:
                child = await _Child.start(self._module, self._memory)
                self._live.add(child)
            async with asyncio.timeout(self._seconds):
                said = await child.ask(request, body)
            if child.uses < _REUSES:
                back = child
        except TimeoutError as error:
            raise UnreadableError(
                f"Reading the document takes longer than {self._seconds:g} s: it is left."
            ) from error
        except (OSError, EOFError, ValueError) as error:
            raise UnreadableError(
                "The document brings the parser down, or takes more memory than is allowed."
            ) from error
        finally:
            if back is None and child is not None:
                child.kill()
                self._live = {one for one in self._live if not one.ended}
            self._idle.put_nowait(back)
        return said

    async def _free(self) -> "_Child | None":
        """Return a child that is free; None: one is to be started."""
        while self._spare:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    return await self._idle.get()
            if self._spare:  # nobody else who waited as long has taken it
                self._spare -= 1
                return None
        return await self._idle.get()

    async def close(self) -> None:
        """Kill every child, and wait until they are gone."""
        for child in self._live:
            child.kill()
        for child in self._live:
            await child.gone()
        self._live.clear()


class _Child:
    """One child process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.uses = 0

    @classmethod
    async def start(cls, module: str, memory: int) -> "_Child":
        path = os.pathsep.join(part for part in sys.path if part)
        keep = {
            name: os.environ[name]
            for name in ("SYSTEMROOT", "LD_LIBRARY_PATH", "PATH")
            if name in os.environ
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, str(memory)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={
                **keep,
                "PYTHONPATH": path,
                "TZ": "UTC",
                "PYTHONHASHSEED": "0",
                "LC_ALL": "C.UTF-8",
            },
            start_new_session=True,  # Ctrl-C is the parent's business
        )
        return cls(process)

    async def ask(self, request: bytes, body: bytes) -> Any:
        self.uses += 1
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise OSError("the child has no pipes")
        for frame in (request, body):
            stdin.write(len(frame).to_bytes(4, "big"))
            stdin.write(frame)
        await stdin.drain()
        size = int.from_bytes(await stdout.readexactly(4), "big")
        if size > MAX_ANSWER:
            raise ValueError("the child says too much")
        return json.loads(await stdout.readexactly(size))

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def gone(self) -> None:
        await self._process.wait()
