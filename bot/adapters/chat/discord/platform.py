"""Discord, put together: what delivers, what knows the channels, and what listens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import structlog

from bot.adapters.chat.discord.answers import Answerer
from bot.adapters.chat.discord.asked import PLATFORM
from bot.adapters.chat.discord.attached import Attached
from bot.adapters.chat.discord.client import DiscordChat
from bot.adapters.chat.discord.commands import registered
from bot.adapters.chat.discord.gateway import Gateway, Joined, point_at
from bot.adapters.chat.discord.locales import spanish
from bot.adapters.chat.discord.places import DiscordPlaces
from bot.adapters.chat.discord.registration import register
from bot.adapters.chat.discord.rest import Rest
from bot.domain.errors import DeliveryError, RefusedError
from bot.domain.watches import Channel, Scope
from bot.ports.desk import Dispatcher
from bot.ports.world import Clock

log = structlog.get_logger()

REGISTER_AGAIN = 60
"""Seconds after which the commands are registered again, where Discord did not take them."""

Greet = Callable[[Channel], Awaitable[None]]


class Discord:
    """The platform; make one with `async with Discord.opened(…) as discord`."""

    def __init__(self, rest: Rest, token: str, files: Attached, clock: Clock) -> None:
        """Join the parts."""
        self.chat = DiscordChat(rest)
        self.places = DiscordPlaces(rest)
        self._rest = rest
        self._token = token
        self._files = files
        self._clock = clock

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, token: str, api_base: str, gateway_url: str, clock: Clock
    ) -> AsyncIterator["Discord"]:
        """Make the platform, and close its connections when the block ends; asks nothing yet.

        Args:
            token: The bot's.
            api_base: Where the REST API is, with its version.
            gateway_url: Where the gateway is.
            clock: The time.
        """
        point_at(api_base, gateway_url)
        rest = Rest(token, api_base)
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                yield cls(rest, token, Attached(http, api_base), clock)
            finally:
                await rest.close()

    async def listen(self, dispatcher: Dispatcher, greet: Greet) -> None:
        """Register the commands and answer people, until cancelled.

        Args:
            dispatcher: Carries out commands.
            greet: Called once with a channel of each server that the bot is in.
        """
        greeted: set[str] = set()

        async def joined(one: Joined) -> None:
            if one.channel and one.guild not in greeted:
                greeted.add(one.guild)
                await greet(Channel(Scope(PLATFORM, one.guild), one.channel))

        answerer = Answerer(self._rest, dispatcher, self.places, self._files.fetch, self._clock)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._register(dispatcher))
            tasks.create_task(Gateway(self._token, answerer.hear, joined).run())

    async def _register(self, dispatcher: Dispatcher) -> None:
        commands = registered(dispatcher.usages, spanish())
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
