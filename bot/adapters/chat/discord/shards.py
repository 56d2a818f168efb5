"""Discord's shards: a process listens to its share of them, and takes over what others leave.

A server belongs to shard `(id >> 22) % count`. Two processes that hear one shard for a moment do no
harm: what they hear is carried out once. So a shard that changes hands is left only when the other
had the time to listen to it.
Source: Discord, Gateway, Sharding.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog

from bot.adapters.chat.discord.rest import Rest
from bot.domain.errors import DeliveryError, StoreError
from bot.ports.shares import Shares

log = structlog.get_logger()

_TURNS = "discord sessions"
_UNSURE = 5.0
"""Seconds before a session is begun where nobody can say whose turn it is, as discord.py waits."""

Turn = Callable[[], Awaitable[None]]
"""Waits until a session may begin."""


class TooFewShardsError(Exception):
    """Discord wants the bot's servers shared out among more shards."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of the bot's shards."""

    id: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often things are looked at, in seconds."""

    look: float = 2.0  # which shards are ours
    linger: float = 10.0  # how long one is still heard that is another's now
    again: float = 60.0  # after Discord did not say how many there are
    turn: float = 0.5  # whether a session may begin
    between: float = 5.5  # two sessions of a bucket: 5 by Discord's Max Concurrency, and the way


class Listener(Protocol):
    """What listens to a shard."""

    @property
    def began(self) -> bool:
        """Whether a first session was begun, or failed to."""
        ...

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            TooFewShardsError: There must be more shards.
        """
        ...


@dataclass(slots=True)
class _Heard:
    """A shard that this process listens to."""

    listener: Listener
    task: asyncio.Task[None]
    until: float | None = None  # on the loop's clock, where it is another process's now


class Shards:
    """Listens to this process's share of the shards until it is cancelled."""

    def __init__(
        self,
        rest: Rest,
        shares: Shares,
        listener: Callable[[Shard, Turn], Listener],
        count: int = 0,
        rhythm: Rhythm = Rhythm(),
    ) -> None:
        """Ask by `rest` how many shards there are.

        Args:
            rest: Discord's REST API.
            shares: Says which of them are this process's.
            listener: Makes what listens to one.
            count: How many there are; 0: as many as Discord recommends.
            rhythm: How often things are looked at.
        """
        self._rest = rest
        self._shares = shares
        self._listener = listener
        self._count = count
        self._rhythm = rhythm

    async def run(self) -> None:
        """Listen; ends by cancelling."""
        while True:
            count, at_once = await self._asked()
            try:
                await self._listen(count, at_once)
            except TooFewShardsError:
                remedy = "raise DISCORD_SHARD_COUNT, or unset it" if self._count else ""
                log.error("discord_too_few_shards", count=count, remedy=remedy)  # noqa: TRY400
            await asyncio.sleep(self._rhythm.again)

    async def _asked(self) -> tuple[int, int]:
        """Return how many shards there are, and how many sessions may begin at once."""
        while True:
            try:
                recommended, at_once = _sharding(await self._rest.request("GET", "/gateway/bot"))
            except DeliveryError as error:
                log.warning("discord_shards_unknown", reason=error.reason)
                await asyncio.sleep(self._rhythm.again)
            else:
                return self._count or recommended, at_once

    async def _listen(self, count: int, at_once: int) -> None:
        heard: dict[int, _Heard] = {}
        try:
            while True:
                await self._look(heard, count, at_once)
                await _first_ended(heard, self._rhythm.look)
                for number, one in list(heard.items()):
                    if one.task.done():
                        del heard[number]
                        _say_why(one.task, number)
        finally:
            for one in heard.values():
                one.task.cancel()
            await asyncio.gather(*(one.task for one in heard.values()), return_exceptions=True)
            await self._shares.leave()

    async def _look(self, heard: dict[int, _Heard], count: int, at_once: int) -> None:
        """Begin with what is ours, and end what has been another's for a while."""
        try:
            ours = await self._shares.of(f"discord shards of {count}", count)
        except StoreError as error:  # what we hear meanwhile cannot be answered, but will be again
            log.warning("discord_shards_unsure", reason=str(error))
            return
        now = asyncio.get_running_loop().time()
        for number, one in list(heard.items()):
            if number in ours:
                one.until = None
            elif one.until is None:
                one.until = now + self._rhythm.linger
            elif one.until <= now:
                one.task.cancel()
                await asyncio.wait({one.task})
                del heard[number]
                log.info("discord_shard_left", shard=number, count=count)
        beginning = sum(not one.listener.began for one in heard.values())
        for number in sorted(ours - heard.keys())[: max(0, at_once - beginning)]:
            shard = Shard(number, count)
            listener = self._listener(shard, lambda bucket=number % at_once: self._turn(bucket))  # type: ignore[misc]
            heard[number] = _Heard(listener, asyncio.create_task(listener.run()))
            log.info("discord_shard_taken", shard=number, count=count)

    async def _turn(self, bucket: int) -> None:
        """Wait until a session of a bucket may begin."""
        between = timedelta(seconds=self._rhythm.between)
        while True:
            try:
                if await self._shares.turn(_TURNS, bucket, between):
                    return
            except StoreError:
                await asyncio.sleep(_UNSURE)
                return
            await asyncio.sleep(self._rhythm.turn)


async def _first_ended(heard: Mapping[int, _Heard], within: float) -> None:
    """Wait until one of those that listen has ended, or so many seconds."""
    if heard:
        tasks = [one.task for one in heard.values()]
        await asyncio.wait(tasks, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    else:
        await asyncio.sleep(within)


def _say_why(task: asyncio.Task[None], shard: int) -> None:
    """Log why one that listened has ended: it is begun anew, and the others go on.

    Raises:
        TooFewShardsError: That is why.
    """
    error = task.exception()
    if isinstance(error, TooFewShardsError):
        raise error
    log.error("discord_shard_failed", shard=shard, exc_info=error)


def _sharding(told: Any) -> tuple[int, int]:
    """Return how many shards Discord recommends, and how many sessions may begin at once."""
    try:
        shards, at_once = told["shards"], told["session_start_limit"]["max_concurrency"]
        return max(1, int(shards)), max(1, int(at_once))
    except (KeyError, TypeError, ValueError) as error:
        raise DeliveryError("discord", "it does not say how many shards there are") from error
