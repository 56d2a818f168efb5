"""The twin as a whole: a server on loopback, a world to fill, and people to play."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.twins.discord.clock import TwinClock
from tests.twins.discord.core import Core
from tests.twins.discord.faults import FaultPlan
from tests.twins.discord.gateway import Gateway
from tests.twins.discord.interactions import Interactions
from tests.twins.discord.journal import Journal
from tests.twins.discord.limits import Limiter, Limits
from tests.twins.discord.outgoing import Outgoing
from tests.twins.discord.payloads import guild_create_json
from tests.twins.discord.permissions import BOT, READER, Can
from tests.twins.discord.person import Person
from tests.twins.discord.posting import delete
from tests.twins.discord.rest import Rest
from tests.twins.discord.routes_channels import CHANNEL_ENDPOINTS, remove_channel
from tests.twins.discord.routes_commands import COMMAND_ENDPOINTS
from tests.twins.discord.routes_guilds import GUILD_ENDPOINTS
from tests.twins.discord.routes_interactions import INTERACTION_ENDPOINTS
from tests.twins.discord.routes_messages import MESSAGE_ENDPOINTS
from tests.twins.discord.routes_webhooks import WEBHOOK_ENDPOINTS
from tests.twins.discord.spec import Spec, spec_path
from tests.twins.discord.state import (
    FORUM,
    TEXT,
    Channel,
    Guild,
    Member,
    Message,
    Overwrite,
    Role,
    Tag,
    User,
    World,
)
from tests.twins.discord.threads import archive_idle, change

ENDPOINTS = (
    *GUILD_ENDPOINTS,
    *MESSAGE_ENDPOINTS,
    *CHANNEL_ENDPOINTS,
    *COMMAND_ENDPOINTS,
    *INTERACTION_ENDPOINTS,
    *WEBHOOK_ENDPOINTS,
)
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAw.twin.not-a-real-token"  # noqa: S105 (the twin's own)
BOT_ID = 100_000_000_000_000_000
_ROLES = {"reader": Can(0), "editor": Can.MANAGE_CHANNELS, "admin": Can.MANAGE_GUILD}


class DiscordTwin:
    """A strict Discord of our own; make one with `async with DiscordTwin.running() as twin`."""

    def __init__(self, core: Core, gateway: Gateway) -> None:
        """Join the parts."""
        self.core = core
        self.gateway = gateway
        self.world = core.world
        self.journal = core.journal
        self.faults = core.faults
        self.limits = core.limiter.limits
        self.clock = core.clock
        self.outgoing = core.outgoing
        self.sharding = core.sharding
        self.token = core.world.token

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        *,
        port: int = 0,
        journal: Path | None = None,
        limits: Limits | None = None,
        speed: float = 1.0,
        heartbeat: float = 41.25,
        privileged: int = 0,
        spec: bool = True,
    ) -> AsyncIterator["DiscordTwin"]:
        """Serve on 127.0.0.1 until the block ends.

        Args:
            port: The port; 0 takes a free one.
            journal: A file that the journal is written to as well.
            limits: Other rate limits than Discord's.
            speed: Twin seconds per real second, for limits and deadlines.
            heartbeat: The gateway's interval in real seconds.
            privileged: The privileged intents that the application has.
            spec: Whether bodies are checked against Discord's document, where it is to be had.
        """
        clock = TwinClock(speed)
        world = World(User(id=BOT_ID, name="Newsthread", bot=True), TOKEN)
        with Journal(journal) as written:
            core = Core(
                world=world,
                clock=clock,
                journal=written,
                spec=Spec(spec_path() if spec else None),
                limiter=Limiter(limits or Limits(), clock),
                faults=FaultPlan(),
                interactions=Interactions(clock),
                outgoing=Outgoing(written),
                privileged=privileged,
            )
            twin = cls(core, Gateway(core, heartbeat=heartbeat))
            app = web.Application(client_max_size=64 * 1024 * 1024)
            Rest(core, ENDPOINTS).add_to(app)
            app.router.add_get("/gateway", twin.gateway.serve)
            app.router.add_get("/gateway/", twin.gateway.serve)
            app.router.add_get("/attachments/{rest:.*}", twin._file)
            app.router.add_get("/ephemeral-attachments/{rest:.*}", twin._file)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", port).start()
                bound = runner.addresses[0][1]
                core.address = f"http://127.0.0.1:{bound}"
                yield twin
            finally:
                twin.gateway.abort_all()
                await runner.cleanup()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        data = self.core.files.get(request.path)
        return web.Response(status=404) if data is None else web.Response(body=data)

    @property
    def api_base(self) -> str:
        """The REST address, for DISCORD_API_BASE."""
        return f"{self.core.address}/api/v10"

    @property
    def gateway_url(self) -> str:
        """The gateway's address, for DISCORD_GATEWAY_URL."""
        return self.core.address.replace("http", "ws") + "/gateway"

    @property
    def spec_checked(self) -> bool:
        """Whether bodies are checked against Discord's document."""
        return self.core.spec.checked

    def environment(self) -> dict[str, str]:
        """Return the variables that point the bot here."""
        return {
            "DISCORD_TOKEN": self.token,
            "DISCORD_API_BASE": self.api_base,
            "DISCORD_GATEWAY_URL": self.gateway_url,
        }

    def guild(
        self,
        name: str = "Newsroom",
        *,
        locale: str = "en-US",
        shard: tuple[int, int] | None = None,
    ) -> Guild:
        """Return the guild of a name; a new one has the bot in it and is told of.

        Args:
            name: Its name.
            locale: Its language.
            shard: The shard that a new one is to be in, and of how many.
        """
        for guild in self.world.guilds.values():
            if guild.name == name:
                return guild
        number = self.world.snowflake(shard)
        owner = self._user(f"owner of {name}")
        everyone = Role(id=number, name="@everyone", permissions=READER)
        guild = Guild(id=number, name=name, owner_id=owner.id, locale=locale)
        guild.roles[number] = everyone
        self.world.guilds[number] = guild
        guild.members[owner.id] = Member(user=owner)
        own = self.role("Newsthread", guild, permissions=BOT)
        own.managed = True
        guild.members[BOT_ID] = Member(user=self.world.bot, roles=[own.id])
        whole = guild_create_json(self.world, guild, self.core.visible(number))
        del whole["unavailable"]  # so Discord tells a guild that is new from one that is back
        self.core.emit(number, "GUILD_CREATE", whole)
        return guild

    def remove_bot(self, guild: Guild) -> None:
        """Kick the bot out of a guild."""
        del guild.members[BOT_ID]
        self.core.emit(guild.id, "GUILD_DELETE", {"id": str(guild.id)})

    def channel(
        self,
        name: str = "deportations",
        guild: Guild | None = None,
        *,
        kind: int = TEXT,
        tags: tuple[str, ...] = (),
    ) -> Channel:
        """Return the channel of a name in a guild, made if it is not there."""
        home = guild or self.guild()
        for channel in home.channels.values():
            if channel.name == name and not channel.is_thread:
                return channel
        made = Channel(id=self.world.snowflake(), guild_id=home.id, name=name, kind=kind)
        made.tags = [Tag(id=self.world.snowflake(), name=t) for t in tags]
        self.world.add(made)
        self.core.tell_channel("CHANNEL_CREATE", made)
        return made

    def forum(
        self, name: str = "stories", guild: Guild | None = None, *, tags: tuple[str, ...] = ()
    ) -> Channel:
        """Return the forum of a name in a guild, made with these tags if it is not there."""
        return self.channel(name, guild, kind=FORUM, tags=tags)

    def role(
        self,
        name: str,
        guild: Guild | None = None,
        *,
        permissions: int = 0,
        mentionable: bool = False,
    ) -> Role:
        """Return the role of a name in a guild, made if it is not there."""
        home = guild or self.guild()
        for role in home.roles.values():
            if role.name == name:
                return role
        made = Role(
            id=self.world.snowflake(),
            name=name,
            permissions=permissions,
            position=len(home.roles),
            mentionable=mentionable,
        )
        home.roles[made.id] = made
        return made

    def user(
        self,
        name: str,
        guild: Guild | None = None,
        *,
        may: int | None = None,
        locale: str | None = None,
        channel: Channel | None = None,
    ) -> Person:
        """Return a person in a guild.

        Args:
            name: `reader`, `editor` (Manage Channels) and `admin` (Manage Server) may what their
                names say; any other name may what a reader may.
            guild: Where; the first guild if None.
            may: The permissions beside @everyone's, for another name.
            locale: The language of the person's client, such as `es-ES`.
            channel: Where they are; the guild's first channel if None.
        """
        home = guild or self.guild()
        user = self._user(name)
        if locale is not None:
            user.locale = locale
        if user.id not in home.members:
            bits = _ROLES.get(name, Can(0)) if may is None else may
            roles = [self.role(f"{name}s", home, permissions=bits).id] if bits else []
            home.members[user.id] = Member(user=user, roles=roles)
        places = [c for c in home.channels.values() if not c.is_thread]
        place = channel or (places[0] if places else self.channel(guild=home))
        return Person(self.core, home, user, place)

    def _user(self, name: str) -> User:
        for user in self.world.users.values():
            if user.name == name:
                return user
        made = User(id=self.world.snowflake(), name=name)
        self.world.users[made.id] = made
        return made

    def set_bot(self, channel: Channel, *, allow: int = 0, deny: int = 0) -> None:
        """Let the bot do more or less in a channel than its role says."""
        channel.overwrites[BOT_ID] = Overwrite(id=BOT_ID, kind=1, allow=allow, deny=deny)
        data = self.core.channel_json(channel)
        self.core.emit(channel.guild_id, "CHANNEL_UPDATE", data)

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel or thread, as its moderator would."""
        remove_channel(self.core, channel)

    def delete_message(self, message: Message) -> None:
        """Delete a message, as a moderator would."""
        delete(self.core, message, "moderator")

    def change_thread(
        self, thread: Channel, *, archived: bool | None = None, locked: bool | None = None
    ) -> None:
        """Archive or lock a thread, as a moderator would."""
        change(self.core, thread, archived=archived, locked=locked)

    def advance(self, seconds: float) -> None:
        """Move the twin's clock on; threads that have been idle for too long are archived."""
        self.clock.advance(seconds)
        archive_idle(self.core)

    def messages(self, **fields: Any) -> list[dict[str, Any]]:
        """Return the bot's messages that the journal has, in order."""
        return self.journal.of("message", bot=True, **fields)

    def thread_of(self, message: Message | int) -> Channel | None:
        """Return the thread under a message."""
        return self.world.channels.get(message if isinstance(message, int) else message.id)
