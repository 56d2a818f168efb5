"""What exists on the twin: guilds, channels, threads, people, messages, commands. No rules here."""

import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

EPOCH = 1_420_070_400_000
"""The first millisecond of 2015, from which ids count."""

TEXT, CATEGORY, NEWS, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 4, 5, 11, 12, 15

SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL, LOADING = 1 << 2, 1 << 5, 1 << 6, 1 << 7
SUPPRESS_NOTIFICATIONS, COMPONENTS_V2 = 1 << 12, 1 << 15
REQUIRE_TAG = 1 << 4
"""A forum's flag: each post needs a tag."""


@dataclass(slots=True, kw_only=True)
class User:
    """A person, or the bot."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"


@dataclass(slots=True, kw_only=True)
class Role:
    """A role of a guild; @everyone's id is the guild's."""

    id: int
    name: str
    permissions: int = 0
    position: int = 0
    mentionable: bool = False
    managed: bool = False


@dataclass(slots=True, kw_only=True)
class Overwrite:
    """What one role (kind 0) or member (kind 1) may do otherwise in one channel."""

    id: int
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(slots=True, kw_only=True)
class Member:
    """A user in a guild."""

    user: User
    roles: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Tag:
    """A forum's tag."""

    id: int
    name: str
    moderated: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """A message; `only_for` names the one person who sees it, where it is ephemeral."""

    id: int
    channel_id: int
    guild_id: int
    author: User
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    flags: int = 0
    nonce: str | None = None
    kind: int = 0
    at: str = ""
    edited_at: str | None = None
    reference: Json | None = None
    pings: Json = field(default_factory=dict)
    webhook_id: int | None = None
    interaction: Json | None = None
    only_for: int | None = None
    thread_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel, a forum or a thread; what only threads have is last."""

    id: int
    guild_id: int
    name: str
    kind: int = TEXT
    parent_id: int = 0
    position: int = 0
    topic: str | None = None
    flags: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    tags: list[Tag] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)
    slowmode: int = 0
    owner_id: int = 0
    archived: bool = False
    locked: bool = False
    auto_archive: int = 1440
    archived_at: float = 0.0
    last_at: float = 0.0
    applied: list[int] = field(default_factory=list)
    posted: int = 0
    notice: Message | None = None
    """What stands at the top of a thread that was started from a message; nobody said it."""

    @property
    def is_thread(self) -> bool:
        """Whether this is a thread or forum post."""
        return self.kind in (PUBLIC_THREAD, PRIVATE_THREAD)


@dataclass(slots=True, kw_only=True)
class Guild:
    """A server."""

    id: int
    name: str
    owner_id: int
    locale: str = "en-US"
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Webhook:
    """A channel's incoming webhook."""

    id: int
    guild_id: int
    channel_id: int
    name: str
    token: str


@dataclass(slots=True, kw_only=True)
class Command:
    """A registered application command: Discord's JSON of it, and the guild it is for, if one."""

    id: int
    guild_id: int | None
    version: int
    body: Json


class World:
    """All there is, and the numbers to name more."""

    def __init__(self, bot: User, token: str) -> None:
        """Start empty but for the bot itself, whose application has the same id."""
        self.bot = bot
        self.token = token
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.users: dict[int, User] = {bot.id: bot}
        self.webhooks: dict[int, Webhook] = {}
        self.commands: dict[int, Command] = {}
        self.nonces: dict[tuple[int, str], tuple[float, int, int]] = {}
        self._last = 0

    def snowflake(self, shard: tuple[int, int] | None = None) -> int:
        """Return a new id, larger than all before; its time is the real one, as clients read it.

        One that is of a shard (its number, of how many) is of the next millisecond that is.
        """
        self._last = max(self._last + 1, int(time.time() * 1000) - EPOCH << 22)
        if shard is not None:
            number, count = shard
            self._last += (number - (self._last >> 22)) % count << 22
        return self._last

    def add(self, channel: Channel) -> Channel:
        """Enter a channel or thread."""
        self.channels[channel.id] = channel
        self.guilds[channel.guild_id].channels[channel.id] = channel
        return channel

    def remove(self, channel: Channel) -> None:
        """Delete a channel or thread, and a channel's threads with it."""
        for thread in self.threads_of(channel):
            self.remove(thread)
        del self.channels[channel.id]
        del self.guilds[channel.guild_id].channels[channel.id]

    def active_threads(self, guild_id: int) -> list[Channel]:
        """Return a guild's threads that are not archived."""
        places = self.guilds[guild_id].channels.values()
        return [c for c in places if c.is_thread and not c.archived]

    def threads_of(self, channel: Channel) -> list[Channel]:
        """Return a channel's threads."""
        places = self.guilds[channel.guild_id].channels.values()
        return [c for c in places if c.is_thread and c.parent_id == channel.id]
