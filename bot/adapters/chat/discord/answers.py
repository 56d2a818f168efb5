"""Answers to what people ask on Discord, in time.

Owns the platform's deadlines: a first answer within 3 s, all others within 15 min. What takes
longer than a moment is acknowledged first, and the answer takes the acknowledgement's place.
Each request may be made twice without harm (a second first answer is refused, and the others
replace what is there), so a fault is met by asking again while there is time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog

from bot.adapters.chat.discord import commands, modals, render
from bot.adapters.chat.discord.asked import PLATFORM, Asked, Kind
from bot.adapters.chat.discord.naming import named, names_ids
from bot.adapters.chat.discord.places import DiscordPlaces
from bot.adapters.chat.discord.refusals import ACKNOWLEDGED, code_of
from bot.adapters.chat.discord.rest import Rest
from bot.domain.calls import MAX_UPLOAD, Call, Reply, Upload
from bot.domain.errors import (
    CallError,
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    RefusedError,
)
from bot.domain.lines import write_line
from bot.domain.messages import Code, File, Message, Tone, say
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock

log = structlog.get_logger()

_FOR_GOOD = (  # asking again cannot help
    CardGoneError,
    ChannelGoneError,
    ForbiddenError,
    RefusedError,
)
_MESSAGE, _UNDER_WAY, _IN_PLACE, _CHOICES, _FORM = 4, 5, 7, 8, 9
"""Source: Discord, Interaction Callback Type."""

Fetch = Callable[[str, int], Awaitable[bytes]]
"""Returns what is at an address of Discord's, refused by a `CallError` beyond so many bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Haste:
    """How long things may take. Source: Discord, Receiving and Responding (3 s, 15 min)."""

    at_once: timedelta = timedelta(seconds=1.2)  # then it is said that the answer is under way
    first: timedelta = timedelta(seconds=1.5)  # more for saying anything at all
    whole: timedelta = timedelta(minutes=10)  # a command is given up after that
    last: timedelta = timedelta(minutes=2)  # more for bringing its answer
    again: timedelta = timedelta(seconds=0.2)  # before a failed request is made again; doubles


class Answerer:
    """Lets the commands carry out what people ask, and brings them the answer."""

    def __init__(
        self,
        rest: Rest,
        dispatcher: Dispatcher,
        places: DiscordPlaces,
        fetch: Fetch,
        clock: Clock,
        haste: Haste = Haste(),
    ) -> None:
        """Bring what `dispatcher` says through `rest`.

        Args:
            rest: Discord's REST API.
            dispatcher: Carries out commands.
            places: Knows the names of channels and roles.
            fetch: Gets the files that people attach.
            clock: The time.
            haste: How long things may take.
        """
        self._rest = rest
        self._dispatcher = dispatcher
        self._places = places
        self._fetch = fetch
        self._clock = clock
        self._haste = haste

    async def hear(self, asked: Asked) -> None:
        """Answer an interaction; what comes again, here or elsewhere, is answered already."""
        try:
            if asked.kind is Kind.AUTOCOMPLETE:  # twice does no harm, and it must be quick
                await self._complete(asked)
            else:
                await self._answer(asked)
        except (DeliveryError, TimeoutError) as error:
            log.warning("answer_lost", interaction=asked.id, reason=str(error) or "out of time")

    async def _complete(self, asked: Asked) -> None:
        verb, args, param = commands.focused(asked.data)
        values = await self._dispatcher.complete(asked.call(verb, args, self._clock()), param)
        body = {"type": _CHOICES, "data": {"choices": render.choices(values)}}
        await self._first(asked, body)

    async def _answer(self, asked: Asked) -> None:
        try:
            line = commands.form_line(
                asked.data, self._dispatcher.usages, in_thread=bool(asked.parent)
            )
            call = asked.call(*commands.called(asked.data), self._clock())
        except CallError as error:
            await self._at_once(asked, Reply(message=say(str(error), tone=Tone.TROUBLE)))
            return
        form = modals.modal_for(line, self._dispatcher.usages) if line else None
        if form is not None:
            await self._first(asked, {"type": _FORM, "data": form})
            return
        reply = asyncio.create_task(self._reply(asked, call))
        try:
            await asyncio.wait({reply}, timeout=self._haste.at_once.total_seconds())
            if not reply.done():
                await self._later(asked, call, reply)
            elif (answer := reply.result()) is not None:
                await self._at_once(asked, answer)
        finally:
            reply.cancel()

    async def _reply(self, asked: Asked, call: Call) -> Reply | None:
        """Carry out a call, with the files that were attached to it; None: another one does."""
        if not await self._dispatcher.first(PLATFORM, asked.id):
            return None
        files: dict[str, Upload] = {}
        try:
            for param, file in commands.attachments(asked.data).items():
                data = await self._fetch(str(file.get("url", "")), MAX_UPLOAD)
                files[param] = Upload(name=str(file.get("filename", ""))[:200], data=data)
        except CallError as error:
            return Reply(message=say(str(error), tone=Tone.TROUBLE), refused=True)
        reply = await self._dispatcher.answer(replace(call, files=files))
        if reply.refused and asked.kind is Kind.MODAL:  # Discord forgets what was filled in
            reply = replace(reply, prefill=self._line(call))
        return replace(reply, message=await self._named(reply.message, asked.guild))

    def _line(self, call: Call) -> str:
        """Return a call as a line to be copied; none with an address, which may hold a password."""
        usages = self._dispatcher.usages
        usage = next((one for one in usages if one.verb == call.verb), None)
        line = write_line(usage, call.args) if usage is not None else ""
        return "" if "://" in line else line

    async def _named(self, message: Message, guild: str) -> Message:
        """Return an answer with names for ids; where Discord does not tell them, as it is."""
        if not names_ids(message):
            return message
        try:
            known = await self._places.known(guild)
        except DeliveryError as error:
            log.info("answer_without_names", reason=error.reason)
            return message
        channels = {id_: str(channel["name"]) for id_, channel in known.channels.items()}
        return named(message, channels, known.role_names)

    async def _at_once(self, asked: Asked, reply: Reply) -> None:
        """Answer: with a form where there is something to finish, else with a message."""
        form = modals.modal_for(reply.prefill, self._dispatcher.usages) if reply.prefill else None
        if form is not None and asked.kind is not Kind.MODAL:  # a form cannot answer a form
            await self._first(asked, {"type": _FORM, "data": form})
            return
        message = _with_line(reply)
        if reply.replaces and asked.private and reply.private:
            body = {"type": _IN_PLACE, "data": render.changed_answer(message)}
        else:
            data = render.answer(message, private=reply.private)
            body = {"type": _MESSAGE, "data": data}
        if not await self._first(asked, body, message.files):
            await self._put(asked, message)

    async def _later(self, asked: Asked, call: Call, reply: asyncio.Task[Reply | None]) -> None:
        """Say that the answer is under way; then put it there."""
        private = not call.flag("public")
        flags = {"flags": render.EPHEMERAL} if private else {}
        await self._first(asked, {"type": _UNDER_WAY, "data": flags})
        await asyncio.wait({reply}, timeout=self._haste.whole.total_seconds())
        late = say("This took too long and was given up.", tone=Tone.TROUBLE)
        answer = reply.result() if reply.done() else Reply(message=late, refused=True)
        if answer is not None and answer.refused and not private:
            await self._alone(asked, _with_line(answer))
        elif answer is not None:
            await self._put(asked, _with_line(answer))

    async def _alone(self, asked: Asked, message: Message) -> None:
        """Take back what all see, and show the person alone what is wrong."""
        path = f"/webhooks/{asked.application}/{asked.token}"

        async def take_back() -> None:
            await self._rest.request("DELETE", f"{path}/messages/@original")

        async def tell() -> None:
            await self._rest.request("POST", path, json=render.answer(message))

        try:
            await self._insist(take_back, self._haste.last)
        except CardGoneError:
            log.info("taken_back_before", interaction=asked.id)
        await self._insist(tell, self._haste.last)

    async def _put(self, asked: Asked, message: Message) -> None:
        """Put an answer where something of ours stands already."""
        path = f"/webhooks/{asked.application}/{asked.token}/messages/@original"

        async def send() -> None:
            body = render.changed_answer(message)
            await self._rest.request("PATCH", path, json=body, files=message.files)

        await self._insist(send, self._haste.last)

    async def _first(
        self, asked: Asked, body: Mapping[str, Any], files: Sequence[File] = ()
    ) -> bool:
        """Give the first answer; return whether this was it.

        If not, it was taken before its answer was lost, or another process said that one is under
        way: in both cases what stands there may be changed.
        """
        path = f"/interactions/{asked.id}/{asked.token}/callback"

        async def send() -> None:
            await self._rest.request("POST", path, json=body, files=files)

        try:
            await self._insist(send, self._haste.first)
        except RefusedError as error:
            if code_of(error) != ACKNOWLEDGED:
                raise
            return False
        return True

    async def _insist(self, send: Callable[[], Awaitable[None]], until: timedelta) -> None:
        """Make a request until it is taken or refused for good.

        Raises:
            DeliveryError: It is refused for good.
            TimeoutError: The time is up.
        """
        wait = self._haste.again.total_seconds()
        async with asyncio.timeout(until.total_seconds()):
            while True:
                try:
                    await send()
                except _FOR_GOOD:
                    raise
                except DeliveryError as error:
                    log.info("answer_sent_again", reason=error.reason)
                else:
                    return
                await asyncio.sleep(wait)
                wait *= 2


def _with_line(reply: Reply) -> Message:
    """Return a reply's message; a line that no form can hold stands in it, to be copied."""
    if not reply.prefill:
        return reply.message
    return replace(reply.message, blocks=(*reply.message.blocks, Code(reply.prefill)))
