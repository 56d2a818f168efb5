"""What people ask on Slack, carried out by the commands, and told in the words of Slack.

Owns who asks, which files they gave, and that a call is carried out once, whoever heard it: Slack
delivers again what was not acknowledged, to any process. How it is shown is `answers`' own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog

from bot.adapters.chat.slack import modals
from bot.adapters.chat.slack.asked import PLATFORM, Asked, Json
from bot.adapters.chat.slack.people import People
from bot.adapters.chat.slack.wording import COMMAND, names_channels, people_named, worded
from bot.domain.calls import Kind, Reply, Role, Upload, Usage
from bot.domain.errors import CallError, DeliveryError
from bot.domain.messages import Message, Tone, say
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock, Places

log = structlog.get_logger()

NO_FILES: Mapping[str, Json] = {}


class Files(Protocol):
    """Where files come from; see `bot.adapters.chat.slack.attached.Attached`."""

    async def fetch(self, team: str, file: Json) -> Upload:
        """Return a file."""
        ...


class Carrier:
    """Lets the commands carry out what people ask."""

    def __init__(
        self, dispatcher: Dispatcher, people: People, places: Places, files: Files, clock: Clock
    ) -> None:
        """Ask `dispatcher`.

        Args:
            dispatcher: Carries out commands.
            people: Knows who asks.
            places: Knows the names of channels.
            files: Gets the files that people give.
            clock: The time.
        """
        self._dispatcher = dispatcher
        self._people = people
        self._places = places
        self._files = files
        self._clock = clock

    @property
    def usages(self) -> Sequence[Usage]:
        """All commands that can be typed."""
        return self._dispatcher.usages

    def usage(self, verb: str) -> Usage:
        """Return a command.

        Raises:
            CallError: There is none.
        """
        found = next((one for one in self.usages if one.verb == verb), None)
        if found is None:
            raise CallError(f"There is no command “{verb[:40]}”. {COMMAND} help shows them all.")
        return found

    async def first(self, asked: Asked) -> bool:
        """Say whether something is asked for the first time, by this process or any other."""
        first = await self._dispatcher.first(PLATFORM, asked.id)
        if not first:
            log.info("heard_before", id=asked.id)
        return first

    async def once(
        self,
        asked: Asked,
        verb: str,
        args: Mapping[str, str],
        files: Mapping[str, Json] = NO_FILES,
    ) -> Reply | None:
        """Carry out a command as `reply` does; None: it was heard before, and is answered there."""
        return await self.reply(asked, verb, args, files) if await self.first(asked) else None

    async def reply(
        self,
        asked: Asked,
        verb: str,
        args: Mapping[str, str],
        files: Mapping[str, Json] = NO_FILES,
    ) -> Reply:
        """Carry out a command, with the files that were given for it; in the words of Slack."""
        try:
            person = await self._people.person(asked)
            given = {name: await self._files.fetch(asked.team, one) for name, one in files.items()}
        except CallError as error:
            return trouble(str(error))
        call = asked.call(verb, args, person, self._clock(), given)
        reply = await self._dispatcher.answer(call)
        return replace(reply, message=await self._worded(asked, reply.message))

    async def offered(
        self, asked: Asked, said: modals.Sent, param: str, within: timedelta
    ) -> tuple[str, ...]:
        """Return values that fit what is typed so far for a param; none where that takes long."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                person = await self._people.person(asked)
                call = asked.call(said.verb, said.args, person, self._clock())
                return await self._dispatcher.complete(call, param)
        except (CallError, TimeoutError) as error:
            log.info("nothing_offered", reason=str(error) or "out of time")
            return ()

    async def role(self, asked: Asked) -> Role:
        """Return what a person is offered to do; who may do it, the dispatcher says."""
        try:
            person = await self._people.person(asked)
        except CallError:
            return Role.READER  # its words stand in each section
        named = person.id in await self._dispatcher.editors(asked.scope)
        return max(person.role, Role.EDITOR if named else Role.READER)

    async def _worded(self, asked: Asked, message: Message) -> Message:
        """Return an answer with names for ids; where Slack does not tell them, with the ids."""
        channels: Mapping[str, str] = {}
        if names_channels(message):
            try:
                channels = await self._places.names(asked.scope)
            except DeliveryError as error:
                log.info("answer_without_names", reason=error.reason)
        people = await self._people.names(asked.team, people_named(message))
        return worded(message, channels, people)


def trouble(words: str) -> Reply:
    """Return a refusal, in the words of Slack."""
    return Reply(message=worded(say(words, tone=Tone.TROUBLE)), refused=True)


def check_people(usage: Usage, args: Mapping[str, str]) -> None:
    """Refuse a person whom Slack did not recognise, since nobody is known by a name alone.

    Raises:
        CallError: There is one.
    """
    for param in usage.params:
        given = args.get(param.name, "")
        if param.kind is Kind.PERSON and given and not modals.person_id(given):
            raise CallError(
                f"{param.name}: “{given[:40]}” is nobody here. Type {param.name}: and a blank,"
                " then @ and choose the name."
            )


def by_param(usage: Usage, files: Sequence[Json]) -> dict[str, Json]:
    """Return files by the names of the command's params that take one, in order.

    Raises:
        CallError: There are more files than it takes.
    """
    names = [param.name for param in usage.params if param.kind is Kind.FILE]
    if len(files) > len(names):
        raise CallError(f"{COMMAND} {usage.verb} takes {len(names) or 'no'} file"
                        f"{'s' * (len(names) != 1)}.")  # fmt: skip
    return dict(zip(names, files, strict=False))
