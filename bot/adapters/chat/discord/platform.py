"""Discord, put together: what delivers, what knows the channels, and what listens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import structlog
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Request

from bot.adapters.chat.discord.answers import Answerer
from bot.adapters.chat.discord.asked import PLATFORM
from bot.adapters.chat.discord.attached import Attached
from bot.adapters.chat.discord.client import DiscordChat
from bot.adapters.chat.discord.commands import registered
from bot.adapters.chat.discord.gateway import Gateway, Hear, Joined, point_at
from bot.adapters.chat.discord.interactions import PREFIX, Interactions
from bot.adapters.chat.discord.locales import spanish
from bot.adapters.chat.discord.places import DiscordPlaces
from bot.adapters.chat.discord.registration import register
from bot.adapters.chat.discord.rest import Rest
from bot.adapters.chat.discord.shards import Shard, Shards, Turn
from bot.domain.calls import Usage
from bot.domain.errors import DeliveryError, RefusedError
from bot.domain.watches import Channel, Scope
from bot.ports.desk import Dispatcher
from bot.ports.shares import Shares
from bot.ports.world import Clock

log = structlog.get_logger()

REGISTER_AGAIN = 60
"""Seconds after which the commands are registered again, where Discord did not take them."""

Greet = Callable[[Channel], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What Discord knows the bot by, and where it is; "" for what is not used."""

    token: str = field(repr=False)
    api_base: str  # where the REST API is, with its version
    gateway_url: str
    shards: int = 0  # how many there are; 0: as many as Discord recommends
    public_key: str = ""  # of the application, to be asked by HTTP: 64 hexadecimal digits


@dataclass(frozen=True, slots=True)
class _Attending:
    """Who answers people."""

    usages: Sequence[Usage]
    hear: Hear
    greet: Greet


class Discord:
    """The platform; make one with `async with Discord.opened(…) as discord`."""

    def __init__(
        self, keys: Keys, rest: Rest, files: Attached, shares: Shares, clock: Clock
    ) -> None:
        """Join the parts."""
        self.chat = DiscordChat(rest)
        self.places = DiscordPlaces(rest)
        self._keys = keys
        self._rest = rest
        self._files = files
        self._shares = shares
        self._clock = clock
        self._attending: _Attending | None = None  # once it answers people
        self._interactions: Interactions | None = None  # once they are answered by HTTP

    @classmethod
    @asynccontextmanager
    async def opened(cls, keys: Keys, shares: Shares, clock: Clock) -> AsyncIterator["Discord"]:
        """Make the platform, and close its connections when the block ends; asks nothing yet.

        Args:
            keys: What Discord knows the bot by.
            shares: Shares its shards out among processes.
            clock: The time.
        """
        point_at(keys.api_base, keys.gateway_url)
        rest = Rest(keys.token, keys.api_base)
        async with httpx.AsyncClient(trust_env=False) as http:
            discord = cls(keys, rest, Attached(http, keys.api_base), shares, clock)
            try:
                yield discord
            finally:
                if discord._interactions is not None:
                    await discord._interactions.stop()
                await rest.close()

    @property
    def by_http(self) -> bool:
        """Whether what people ask can come by HTTP."""
        return bool(self._keys.public_key)

    def attend(self, dispatcher: Dispatcher, greet: Greet) -> None:
        """Get ready to answer people, whichever way they come; called once.

        Args:
            dispatcher: Carries out commands.
            greet: Called once with a channel of each server that the bot is in.
        """
        fetch = self._files.fetch
        answerer = Answerer(self._rest, dispatcher, self.places, fetch, self._clock)
        self._attending = _Attending(dispatcher.usages, answerer.hear, greet)
        if self.by_http:
            key = self._keys.public_key
            self._interactions = Interactions(key, answerer.hear, self._clock)

    def beside(self, page: ASGIApp) -> ASGIApp:
        """Return what answers Discord's requests, and leaves all others to `page`."""
        if self._interactions is None:
            return page
        ours = self._interactions.app

        async def served(scope: Request, receive: Receive, send: Send) -> None:
            theirs = scope["type"] == "http" and scope["path"].startswith(PREFIX)
            await (ours if theirs else page)(scope, receive, send)

        return served

    async def listen(self) -> None:
        """Register the commands and listen to the gateway, until cancelled."""
        greeted: set[str] = set()
        attending = self._attended()

        async def joined(one: Joined) -> None:
            if one.channel and one.guild not in greeted:
                greeted.add(one.guild)
                await attending.greet(Channel(Scope(PLATFORM, one.guild), one.channel))

        def gateway(shard: Shard, turn: Turn) -> Gateway:
            return Gateway(self._keys.token, attending.hear, joined, turn, shard)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.register())
            tasks.create_task(Shards(self._rest, self._shares, gateway, self._keys.shards).run())

    async def register(self) -> None:
        """Register the commands, and do no more until cancelled: people ask by HTTP."""
        await self._register(self._attended().usages)
        await asyncio.Event().wait()

    def _attended(self) -> "_Attending":
        if self._attending is None:
            raise RuntimeError("nobody answers: `attend` comes first")
        return self._attending

    async def _register(self, usages: Sequence[Usage]) -> None:
        commands = registered(usages, spanish())
        while True:
            try:
                application = await self._rest.request("GET", "/applications/@me")
                await register(self._rest, str(application["id"]), commands)
            except RefusedError as error:  # of what we sent: the same will be refused again
                log.exception("discord_commands_refused", reason=error.reason)
                return
            except DeliveryError as error:
                log.warning("discord_commands_not_registered", reason=error.reason)
                await asyncio.sleep(REGISTER_AGAIN)
            else:
                return
