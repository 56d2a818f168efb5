"""Which channels the bot can use on Discord, and what it lacks where it cannot; by REST alone.

Source of how permissions are computed: https://discord.com/developers/docs/topics/permissions
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.adapters.chat.discord.rest import Rest
from bot.adapters.chat.fresh import Fresh
from bot.domain.errors import ChannelGoneError, DeliveryError, ForbiddenError
from bot.domain.watches import Channel, Scope

TEXT, NEWS, FORUM = 0, 5, 15
THREADS = (10, 11, 12)
"""Types of channels. Source: Discord, Channel Types."""
POSTABLE = (TEXT, NEWS, FORUM)

ADMINISTRATOR = 1 << 3
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
SEND_MESSAGES_IN_THREADS = 1 << 38

NAMES: Mapping[int, str] = {
    VIEW_CHANNEL: "View Channel",
    SEND_MESSAGES: "Send Messages",
    EMBED_LINKS: "Embed Links",
    READ_MESSAGE_HISTORY: "Read Message History",
    CREATE_PUBLIC_THREADS: "Create Public Threads",
    SEND_MESSAGES_IN_THREADS: "Send Messages in Threads",
    ATTACH_FILES: "Attach Files",
    MANAGE_THREADS: "Manage Threads",
}
"""As Discord's settings call them."""
NEEDED = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | READ_MESSAGE_HISTORY
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS
)
"""Without these nothing can be posted, threaded or looked for."""
WANTED = NEEDED | ATTACH_FILES | MANAGE_THREADS
"""What the invite asks for: with charts, files, and threads that are opened again."""
FRESH_FOR = 60.0
"""Seconds for which a server's list of channels is good enough for completion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guild:
    """A server as far as permissions go."""

    id: str
    owner: str
    roles: Mapping[str, int]  # what each role may do
    role_names: Mapping[str, str]
    mine: Sequence[str]  # the bot's roles
    channels: Mapping[str, Mapping[str, Any]]  # as Discord wrote them, by id

    def bits(self, channel: Mapping[str, Any], me: str) -> int:
        """Return what the bot may do in a channel."""
        if me == self.owner:
            return -1
        bits = self.roles.get(self.id, 0)
        for role in self.mine:
            bits |= self.roles.get(role, 0)
        if bits & ADMINISTRATOR:
            return -1
        overwrites = {
            str(one["id"]): (int(one["allow"]), int(one["deny"]))
            for one in channel.get("permission_overwrites", ())
        }
        allow, deny = overwrites.get(self.id, (0, 0))
        bits = bits & ~deny | allow
        allow = deny = 0
        for role in self.mine:
            more, less = overwrites.get(role, (0, 0))
            allow, deny = allow | more, deny | less
        bits = bits & ~deny | allow
        allow, deny = overwrites.get(me, (0, 0))
        bits = bits & ~deny | allow
        if not bits & VIEW_CHANNEL:
            return 0  # who cannot see a channel may do nothing in it
        return bits if bits & SEND_MESSAGES else bits & ~(EMBED_LINKS | ATTACH_FILES)


def lacking(bits: int, wanted: int, kind: int = TEXT) -> tuple[str, ...]:
    """Return the names of the permissions that are wanted in a kind of channel and not there."""
    if kind == FORUM:
        wanted &= ~CREATE_PUBLIC_THREADS  # in a forum, Send Messages makes posts
    return tuple(name for bit, name in NAMES.items() if wanted & bit and not bits & bit)


class DiscordPlaces:
    """The channels of the servers that the bot is in; see `bot.ports.world.Places`."""

    def __init__(self, rest: Rest) -> None:
        """Ask `rest`."""
        self._rest = rest
        self._known: Fresh[Guild] = Fresh(FRESH_FOR)

    async def names(self, scope: Scope) -> Mapping[str, str]:
        """See `bot.ports.world.Places.names`; what was asked within a minute is not asked anew."""
        try:
            guild = await self.known(scope.workspace)
        except (ChannelGoneError, ForbiddenError):
            return {}
        me = await self._rest.me()
        return {
            id_: str(channel["name"])
            for id_, channel in guild.channels.items()
            if channel["type"] in POSTABLE
            and not lacking(guild.bits(channel, me), NEEDED, channel["type"])
        }

    async def check(self, channel: Channel) -> str:
        """See `bot.ports.world.Places.check`; always asks anew, since it may just be mended."""
        try:
            guild = await self.guild(channel.scope.workspace)
            found = guild.channels.get(channel.id)
            if found is None:
                found = await self._hidden(channel)
        except ForbiddenError:
            return f"the bot does not see it. Give it View Channel in <#{channel.id}>."
        except ChannelGoneError:
            return "there is no such channel in this server, or the bot is not in it."
        except DeliveryError as error:
            return f"Discord does not answer at present ({error.reason}). Try again soon."
        if found["type"] not in POSTABLE:
            return "it is no text, announcement or forum channel."
        missing = lacking(guild.bits(found, await self._rest.me()), NEEDED, found["type"])
        if missing:
            return f"the bot lacks {', '.join(missing)} there. Edit the channel's permissions."
        return ""

    async def can_look_back(self, channel: Channel) -> bool:
        """Say whether the bot may read what was posted; as it was within the last minute.

        Raises:
            DeliveryError: As for `missing`.
        """
        guild = await self.known(channel.scope.workspace)
        return not await self._lacked(guild, channel, VIEW_CHANNEL | READ_MESSAGE_HISTORY)

    async def missing(self, channel: Channel) -> tuple[str, ...]:
        """Return the names of the permissions that the bot lacks in a channel, as it is now.

        Raises:
            ChannelGoneError: There is no such channel in the server.
            DeliveryError: Discord did not say.
        """
        return await self._lacked(await self.guild(channel.scope.workspace), channel, NEEDED)

    async def _lacked(self, guild: Guild, channel: Channel, wanted: int) -> tuple[str, ...]:
        found = guild.channels.get(channel.id)
        if found is None:
            try:
                found = await self._hidden(channel)
            except ForbiddenError:
                return (NAMES[VIEW_CHANNEL],)
        if found["type"] in THREADS:
            found = guild.channels.get(str(found["parent_id"]), found)
        return lacking(guild.bits(found, await self._rest.me()), wanted, found["type"])

    async def known(self, id_: str) -> Guild:
        """Return a server as it was within the last minute.

        Raises:
            ChannelGoneError: The bot is not in it, or there is none.
            DeliveryError: Discord did not say.
        """
        guild = self._known.get(id_)
        if guild is None:
            guild = await self.guild(id_)
            self._known.keep(id_, guild)
        return guild

    async def guild(self, id_: str) -> Guild:
        """Return what counts for permissions in a server, as it is now.

        Raises:
            ChannelGoneError: The bot is not in it, or there is none.
            DeliveryError: Discord did not say.
        """
        if not id_.isdecimal():
            raise ChannelGoneError(id_, "no server has such an id")
        me = await self._rest.me()
        try:
            whole = await self._rest.request("GET", f"/guilds/{id_}")
        except ForbiddenError as error:
            raise ChannelGoneError(id_, "the bot is not in this server any more") from error
        member = await self._rest.request("GET", f"/guilds/{id_}/members/{me}")
        channels = await self._rest.request("GET", f"/guilds/{id_}/channels")
        return Guild(
            id=id_,
            owner=str(whole["owner_id"]),
            roles={str(one["id"]): int(one["permissions"]) for one in whole["roles"]},
            role_names={str(one["id"]): str(one.get("name", "")) for one in whole["roles"]},
            mine=tuple(map(str, member["roles"])),
            channels=_by_id(channels),
        )

    async def _hidden(self, channel: Channel) -> Mapping[str, Any]:
        """Return a channel that the server's list leaves out, such as a thread.

        Raises:
            ForbiddenError: The bot does not see it.
            ChannelGoneError: It is not in this server.
        """
        if not channel.id.isdecimal():
            raise ChannelGoneError(str(channel), "no channel has such an id")
        found: Mapping[str, Any] = await self._rest.request("GET", f"/channels/{channel.id}")
        if str(found.get("guild_id")) != channel.scope.workspace:
            raise ChannelGoneError(str(channel), "the channel is not in this server")
        return found


def _by_id(channels: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(one["id"]): one for one in channels}
