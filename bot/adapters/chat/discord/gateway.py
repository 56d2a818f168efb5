"""Discord's gateway, kept open: what people ask comes in here. Nothing is posted through it.

discord.py connects, beats and resumes. Supervised, because it does not come back from everything:
some close codes end it for good, a resume can hang, a session can die without a word.
"""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import structlog
import yarl

from bot.adapters.chat.discord.asked import Asked, Kind
from bot.adapters.chat.discord.shards import Shard, TooFewShardsError, Turn

log = structlog.get_logger()

_AT_FIRST = "not connected yet"
TOKEN_REFUSED, TOO_FEW_SHARDS = 4004, 4011
"""Source: Discord, Gateway Close Event Codes; no new attempt can help."""
_THREADS = (
    discord.ChannelType.public_thread,
    discord.ChannelType.private_thread,
    discord.ChannelType.news_thread,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vigil:
    """How long a connection may be down or dead before it is made anew."""

    down: timedelta = timedelta(seconds=60)
    look_every: timedelta = timedelta(seconds=5)
    first_wait: timedelta = timedelta(seconds=2)  # doubles with each failure
    longest_wait: timedelta = timedelta(minutes=5)
    hopeless_wait: timedelta = timedelta(minutes=15)  # a refused token, intents that are off


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A server that the bot is in; it may have been told of before."""

    guild: str
    channel: str  # where it may write: the system channel, else the first one; "" if nowhere


Hear = Callable[[Asked], Awaitable[None]]
Greet = Callable[[Joined], Awaitable[None]]


def point_at(api_base: str, gateway_url: str) -> None:
    """Point discord.py at a server that speaks Discord; it knows no narrower place for it."""
    discord.http.Route.BASE = api_base.rstrip("/")
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


class Gateway:
    """Listens to one shard of Discord until it is cancelled."""

    def __init__(
        self,
        token: str,
        hear: Hear,
        greet: Greet,
        turn: Turn,
        shard: Shard,
        vigil: Vigil = Vigil(),
    ) -> None:
        """Listen with `token`.

        Args:
            token: The bot's.
            hear: Called with each interaction; whatever it raises is logged.
            greet: Called with each server that the bot is in or is added to, again after a restart.
            turn: Waits until a session may begin.
            shard: Which part of the servers this is.
            vigil: When a connection counts as dead.
        """
        self._token = token
        self._hear = hear
        self._greet = greet
        self._turn = turn
        self._shard = shard
        self._vigil = vigil
        self._state = _AT_FIRST

    @property
    def state(self) -> str:
        """How the connection stands, in words: "connected", "reconnecting", "down: …"."""
        return self._state

    @property
    def began(self) -> bool:
        """Whether a first session was begun, or failed to."""
        return self._state != _AT_FIRST

    async def run(self) -> None:
        """Connect, and connect again whenever the connection ends or dies; ends by cancelling.

        Raises:
            TooFewShardsError: Discord wants more shards.
        """
        failures = 0
        while True:
            client = _Client(self._hear, self._greet, self._turn, self._shard)
            try:
                await self._watched(client)
                reason, hopeless = "the connection was closed", False
            except discord.LoginFailure:
                reason, hopeless = "the token is refused: set DISCORD_TOKEN anew", True
            except discord.PrivilegedIntentsRequired:
                reason, hopeless = "intents are refused: none privileged is needed", True
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                code = error.code if isinstance(error, discord.ConnectionClosed) else None
                if code == TOO_FEW_SHARDS:
                    raise TooFewShardsError from error
                hopeless = code == TOKEN_REFUSED
                reason = f"{type(error).__name__}: {error}"
            finally:
                try:
                    await client.close()
                finally:  # also where we are cancelled while it waits for Discord's goodbye
                    await client.http.close()
                    await _end_leftovers(self._shard.id)
            failures = 1 if client.was_up else failures + 1
            wait = self._wait(failures, hopeless=hopeless)
            self._state = f"down: {reason}"
            say = log.error if hopeless else log.warning
            say(
                "discord_gateway_down",
                shard=self._shard.id,
                reason=reason,
                again_in_s=round(wait, 1),
            )
            await asyncio.sleep(wait)

    async def _watched(self, client: "_Client") -> None:
        """Run a client until it ends.

        Raises:
            TimeoutError: It was down for too long.
        """
        connection = asyncio.create_task(client.start(self._token))
        try:
            while not connection.done():
                await asyncio.wait({connection}, timeout=self._vigil.look_every.total_seconds())
                if client.down_for is None:
                    self._state = "connected"
                elif client.was_up:
                    self._state = "reconnecting"
                if (client.down_for or 0) > self._vigil.down.total_seconds():
                    raise TimeoutError("neither ready nor resumed in time")
            await connection
        finally:
            connection.cancel()
            await asyncio.wait({connection})

    def _wait(self, failures: int, *, hopeless: bool) -> float:
        if hopeless:
            return self._vigil.hopeless_wait.total_seconds()
        wait = min(
            self._vigil.first_wait * (1 << min(failures - 1, 12)), self._vigil.longest_wait
        ).total_seconds()
        return wait * random.SystemRandom().uniform(0.5, 1)  # many bots must not come back at once


class _Client(discord.Client):
    """One connection, with what discord.py reports of it."""

    def __init__(self, hear: Hear, greet: Greet, turn: Turn, shard: Shard) -> None:
        super().__init__(
            shard_id=shard.id,
            shard_count=shard.count,
            intents=discord.Intents(guilds=True),  # none is privileged
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_ratelimit_timeout=30,
        )
        self._hear = hear
        self._greet = greet
        self._turn = turn
        self._down_since: float | None = asyncio.get_running_loop().time()
        self.was_up = False

    @property
    def down_for(self) -> float | None:
        """For how many seconds there has been no session; None: there is one."""
        if self._down_since is None:
            return None
        return asyncio.get_running_loop().time() - self._down_since

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        if not self.is_closed():  # discord.py may still be about to say that it is ready
            super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(
        self,
        shard_id: int | None,  # noqa: ARG002 - what discord.py gives
        *,
        initial: bool = False,  # noqa: ARG002
    ) -> None:
        await self._turn()

    async def on_connect(self) -> None:
        self._up("discord_gateway_connected")

    async def on_resumed(self) -> None:
        self._up("discord_gateway_resumed")

    async def on_disconnect(self) -> None:
        if self._down_since is None:
            self._down_since = asyncio.get_running_loop().time()
            log.info("discord_gateway_disconnected")

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        asked = asked_of(interaction)
        if asked is not None:
            await self._hear(asked)

    async def on_ready(self) -> None:
        for guild in self.guilds:  # one may have added the bot while this was not connected
            await self.on_guild_join(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._greet(Joined(guild=str(guild.id), channel=_where_to_greet(guild)))

    async def on_error(self, event_method: str, /, *_: object, **__: object) -> None:
        log.exception(  # noqa: LOG004 -- discord.py calls this while it handles the exception
            "discord_event_failed", event_name=event_method
        )

    def _up(self, event: str) -> None:
        self._down_since = None
        self.was_up = True
        log.info(event)


def asked_of(interaction: discord.Interaction[Any]) -> Asked | None:
    """Return an interaction as a value; None where it is of no kind or place that we serve."""
    channel = interaction.channel
    if interaction.guild_id is None or channel is None or interaction.data is None:
        return None
    try:
        kind = Kind(interaction.type.value)
    except ValueError:
        return None  # a ping
    in_thread = channel.type in _THREADS
    message = interaction.message
    return Asked(
        id=str(interaction.id),
        token=interaction.token,
        application=str(interaction.application_id),
        kind=kind,
        data=dict(interaction.data),
        guild=str(interaction.guild_id),
        channel=str(channel.id),
        parent=str(getattr(channel, "parent_id", "") or "") if in_thread else "",
        message="" if message is None else str(message.id),
        private=message is not None and message.flags.ephemeral,
        user=str(interaction.user.id),
        name=interaction.user.display_name[:80],
        permissions=interaction.permissions.value,
        locale=str(interaction.locale),
    )


async def _end_leftovers(shard: int) -> None:
    """End the sessions that discord.py leaves when a connection fails before it counts as made.

    Their threads would go on beating; a process has but one gateway a shard, so none is anybody
    else's.
    """
    for thread in threading.enumerate():
        if isinstance(thread, discord.gateway.KeepAliveHandler) and thread.shard_id == shard:
            thread.stop()
            await thread.ws.close()


def _where_to_greet(guild: discord.Guild) -> str:
    """Return the channel for a greeting: the system channel, else the first that may be written."""
    system = [] if guild.system_channel is None else [guild.system_channel]
    for channel in (*system, *guild.text_channels):
        may = channel.permissions_for(guild.me)
        if may.view_channel and may.send_messages and may.embed_links:
            return str(channel.id)
    return ""
