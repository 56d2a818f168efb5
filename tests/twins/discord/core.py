"""What every part of the twin shares: the world, its clock, limits, journal, and who is told."""

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.twins.discord.clock import TwinClock
from tests.twins.discord.faults import FaultPlan
from tests.twins.discord.interactions import Interactions
from tests.twins.discord.journal import Journal
from tests.twins.discord.limits import Limiter
from tests.twins.discord.outgoing import Outgoing
from tests.twins.discord.payloads import channel_json, message_json
from tests.twins.discord.permissions import Can, channel_permissions
from tests.twins.discord.spec import Spec
from tests.twins.discord.state import Channel, Json, Message, World

MESSAGE_CONTENT = 1 << 15
"""The privileged intent without which others' texts are empty."""


@dataclass(slots=True, kw_only=True)
class Sharding:
    """What Discord says of shards, and holds clients to; tests may change it."""

    shards: int = 1
    """How many it recommends."""
    at_once: int = 1
    """How many sessions may begin in 5 s, one a bucket: `max_concurrency`."""
    most_guilds: int = 2_500
    """How many guilds a shard may have."""


@dataclass(slots=True, kw_only=True)
class Core:
    """The twin's parts; `emit(guild id, event name, data, intent)` tells connected bots."""

    world: World
    clock: TwinClock
    journal: Journal
    spec: Spec
    limiter: Limiter
    faults: FaultPlan
    interactions: Interactions
    outgoing: Outgoing
    sharding: Sharding = field(default_factory=Sharding)
    emit: Callable[[int, str, Json], None] = field(default=lambda *_: None)
    privileged: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    address: str = ""

    def note(self, kind: str, **fields: object) -> None:
        """Write into the journal."""
        self.journal.write(kind, self.clock.now(), **fields)

    def message_json(self, message: Message) -> Json:
        """Return a message as the bot may see it."""
        own = message.author.id == self.world.bot.id or message.webhook_id is not None
        mentioned = self.world.bot.id in message.pings.get("users", ())
        readable = own or mentioned or bool(self.privileged & MESSAGE_CONTENT)
        return message_json(self.world, message, content=readable)

    def channel_json(self, channel: Channel) -> Json:
        """Return a channel or thread."""
        return channel_json(self.world, channel)

    def sees(self, channel: Channel) -> bool:
        """Return whether the bot sees a channel."""
        return bool(channel_permissions(self.world, channel, self.world.bot.id) & Can.VIEW_CHANNEL)

    def visible(self, guild_id: int) -> list[Channel]:
        """Return the channels and threads of a guild that the bot sees."""
        return [c for c in self.world.guilds[guild_id].channels.values() if self.sees(c)]

    def tell_channel(self, event: str, channel: Channel) -> None:
        """Tell of a channel or thread, if the bot sees it."""
        if self.sees(channel):
            self.emit(channel.guild_id, event, self.channel_json(channel))


def new_token(dice: random.Random | None = None) -> str:
    """Return an unguessable token, or one that a seeded test can repeat."""
    return secrets.token_urlsafe(32) if dice is None else f"{dice.getrandbits(192):048x}"
