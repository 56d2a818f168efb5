"""The bot's side of Discord's conversations, with a fake dispatcher, against the twin."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import discord
import httpx

from bot.adapters.chat.discord.answers import Answerer, Haste
from bot.adapters.chat.discord.attached import Attached
from bot.adapters.chat.discord.commands import registered
from bot.adapters.chat.discord.gateway import Gateway, Joined, Vigil, point_at
from bot.adapters.chat.discord.locales import spanish
from bot.adapters.chat.discord.places import DiscordPlaces
from bot.adapters.chat.discord.registration import register
from bot.adapters.chat.discord.rest import Rest
from bot.adapters.chat.discord.shards import Shard
from bot.domain.calls import Call, Reply
from bot.domain.messages import say
from tests.fakes.dispatcher import FakeDispatcher
from tests.twins.discord.twin import DiscordTwin

HASTE = Haste(at_once=timedelta(seconds=0.4))
VIGIL = Vigil(
    down=timedelta(seconds=1.5),
    look_every=timedelta(seconds=0.1),
    first_wait=timedelta(seconds=0.1),
    hopeless_wait=timedelta(seconds=0.3),
)


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is true; fail if it never is."""
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not true within {seconds} s")


class SlowDispatcher(FakeDispatcher):
    """Takes its time over `summary`, as long as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.takes = 0.0
        self.hesitates = 0.0
        self.refuses = False

    async def first(self, platform: str, call: str) -> bool:
        await asyncio.sleep(self.hesitates)
        return await super().first(platform, call)

    async def answer(self, call: Call) -> Reply:
        if call.verb == "summary":
            await asyncio.sleep(self.takes)
        reply = await super().answer(call)
        return Reply(message=say("Not so."), refused=True) if self.refuses else reply


class DiscordDesk:
    """All that answers people."""

    def __init__(self, twin: DiscordTwin, dispatcher: SlowDispatcher, gateway: Gateway) -> None:
        self.twin = twin
        self.dispatcher = dispatcher
        self.gateway = gateway
        self.joined: list[Joined] = []

    async def connected(self) -> None:
        """Wait until the gateway is there."""
        await until(lambda: self.gateway.state == "connected")

    @property
    def verbs(self) -> list[str]:
        return [call.verb for call in self.dispatcher.calls]


@asynccontextmanager
async def desk(
    twin: DiscordTwin,
    haste: Haste = HASTE,
    vigil: Vigil = VIGIL,
    token: str = "",
    dispatcher: SlowDispatcher | None = None,
) -> AsyncIterator[DiscordDesk]:
    """Answer people on a twin until the block ends."""
    base = discord.http.Route.BASE
    gateway_url = discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    point_at(twin.api_base, twin.gateway_url)
    rest = Rest(twin.token, twin.api_base)
    dispatcher = dispatcher or SlowDispatcher()
    async with httpx.AsyncClient(trust_env=False) as http:
        files = Attached(http, twin.api_base)
        answerer = Answerer(
            rest, dispatcher, DiscordPlaces(rest), files.fetch, lambda: datetime.now(UTC), haste
        )
        found: list[Joined] = []

        async def greet(joined: Joined) -> None:
            found.append(joined)

        async def turn() -> None:
            """Whenever it likes."""

        gateway = Gateway(token or twin.token, answerer.hear, greet, turn, Shard(0, 1), vigil)
        made = DiscordDesk(twin, dispatcher, gateway)
        made.joined = found
        application = (await rest.request("GET", "/applications/@me"))["id"]
        await register(rest, application, registered(dispatcher.usages, spanish()))
        running = asyncio.create_task(gateway.run())
        try:
            if not token:
                await made.connected()
            yield made
        finally:
            running.cancel()
            await asyncio.wait({running})
            await rest.close()
            discord.http.Route.BASE = base
            discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway_url
