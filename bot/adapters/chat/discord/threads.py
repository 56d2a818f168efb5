"""Threads under cards on Discord: opened by the first reply, woken, and made room for.

Source: https://discord.com/developers/docs/topics/threads
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import structlog

from bot.adapters.chat.discord import render
from bot.adapters.chat.discord.refusals import (
    THREAD_EXISTS,
    TOO_MANY_THREADS,
    code_of,
)
from bot.adapters.chat.discord.rest import Rest
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    NotSentError,
    ThreadLockedError,
)
from bot.domain.messages import Message, Posted

log = structlog.get_logger()

Json = Mapping[str, Any]
T = TypeVar("T")


class NoRoomError(NotSentError):
    """The server has as many active threads as it may, and none of them is ours to put away."""


class Threads:
    """Threads, by REST; each has the id of the card that it hangs under."""

    def __init__(self, rest: Rest) -> None:
        """Ask `rest`."""
        self._rest = rest

    async def look(self, card: Posted) -> Json | None:
        """Return a card's thread, as `get`, if it may be written in.

        Raises:
            ThreadLockedError: It is locked. The bot might write in it all the same, by Manage
                Threads, but whoever locked it does not want that.
            CardGoneError: That thread is in another channel.
            DeliveryError: Discord did not say.
        """
        thread = await self.get(card)
        if thread is not None and is_locked(thread):
            raise ThreadLockedError(str(card.channel), "its thread is locked")
        return thread

    async def get(self, card: Posted) -> Json | None:
        """Return a card's thread as it is now; None if there is none (any more).

        Raises:
            CardGoneError: That thread is in another channel.
            DeliveryError: Discord did not say.
        """
        where = str(card.channel)
        try:
            thread: Json = await self._rest.request("GET", f"/channels/{card.id}", where=where)
        except ChannelGoneError:
            return None
        if str(thread.get("parent_id")) != card.channel.id:
            raise CardGoneError(where, "there is no such card in this channel")
        return thread

    async def start(self, card: Posted, message: Message) -> None:
        """Open the thread under a card, named after the story.

        Raises:
            CardGoneError: The card is deleted, or its thread was.
            NoRoomError: The server has as many active threads as it may.
            DeliveryError: As Discord says; nothing was posted in any case.
        """
        where = str(card.channel)
        path = f"/channels/{card.channel.id}/messages/{card.id}/threads"

        async def begin() -> None:
            await self._rest.request("POST", path, json=render.thread(message), where=where)

        try:
            await self.with_room(card, begin)
        except NotSentError as error:
            if code_of(error) != THREAD_EXISTS:
                raise
            if await self.look(card) is None:
                raise CardGoneError(where, "its thread was deleted") from error
        except DeliveryError as error:
            if type(error) is DeliveryError:  # opening a thread twice does no harm
                raise NotSentError(where, f"no thread: {error.reason}") from error
            raise

    async def wake(self, thread: str, where: str) -> None:
        """Open an archived thread again."""
        await self._change(thread, {"archived": False}, where)

    async def put_away(self, thread: str, where: str) -> None:
        """Archive a thread."""
        await self._change(thread, {"archived": True}, where)

    async def with_room(self, card: Posted, deed: Callable[[], Awaitable[T]]) -> T:
        """Do what needs one more active thread; at the limit put our coldest away, and try once.

        Raises:
            NoRoomError: None of ours is there to be put away, or that did not help.
            DeliveryError: As the deed raises.
        """
        try:
            return await deed()
        except NotSentError as error:
            if code_of(error) != TOO_MANY_THREADS:
                raise
            where = str(card.channel)
            if not await self._make_room(card.channel.scope.workspace, card.id, where):
                raise NoRoomError(where, _FULL) from error
        try:
            return await deed()
        except NotSentError as error:
            if code_of(error) == TOO_MANY_THREADS:
                raise NoRoomError(where, _FULL) from error
            raise

    async def awake(self, card: Posted, deed: Callable[[Json], Awaitable[None]]) -> None:
        """Do what needs a thread that is not archived, with that thread; put it back afterwards.

        Raises:
            CardGoneError: There is no such thread.
            ThreadLockedError: It is archived and locked.
            DeliveryError: As the deed raises.
        """
        where = str(card.channel)
        thread = await self.get(card)
        if thread is None:
            raise CardGoneError(where, "its thread was deleted")
        asleep = is_archived(thread)
        if asleep and is_locked(thread):
            raise ThreadLockedError(where, "its thread is locked")
        if asleep:
            await self.with_room(card, lambda: self.wake(card.id, where))
        await deed(thread)
        if asleep:
            try:
                await self.put_away(card.id, where)
            except DeliveryError as error:  # it archives itself in time
                log.info("thread_stays_awake", thread=card.id, reason=error.reason)

    async def _make_room(self, guild: str, but: str, where: str) -> bool:
        """Archive the one of our own active threads where nothing was said for longest."""
        me = await self._rest.me()
        found = await self._rest.request("GET", f"/guilds/{guild}/threads/active", where=where)
        ours = [
            one
            for one in found["threads"]
            if str(one.get("owner_id")) == me and one["id"] != but and not is_locked(one)
        ]
        if not ours:
            return False
        coldest = min(ours, key=lambda one: int(one.get("last_message_id") or one["id"]))
        await self.put_away(coldest["id"], where)
        log.info("thread_put_away", guild=guild, thread=coldest["id"], why="active threads")
        return True

    async def _change(self, thread: str, change: Json, where: str) -> None:
        """Change a thread.

        Raises:
            NotSentError: It is unknown whether it changed; doing it again does no harm.
            DeliveryError: As Discord says.
        """
        try:
            await self._rest.request("PATCH", f"/channels/{thread}", json=change, where=where)
        except DeliveryError as error:
            if type(error) is DeliveryError:
                raise NotSentError(where, f"the thread stays as it is: {error.reason}") from error
            raise


_FULL = "the server has reached its limit of active threads"


def is_locked(thread: Json) -> bool:
    """Say whether a thread is locked."""
    return bool((thread.get("thread_metadata") or {}).get("locked"))


def is_archived(thread: Json) -> bool:
    """Say whether a thread is archived."""
    return bool((thread.get("thread_metadata") or {}).get("archived"))
