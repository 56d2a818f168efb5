"""Who may do what in a channel, computed as Discord does: roles, overwrites, implicit losses.

Source: https://discord.com/developers/docs/topics/permissions
"""

from enum import IntFlag

from tests.twins.discord.errors import missing_access, missing_permissions
from tests.twins.discord.state import Channel, Guild, Member, World


class Can(IntFlag):
    """The permission bits that matter here."""

    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


EVERYTHING = (1 << 53) - 1
"""What an owner or administrator may do."""

READER = (
    Can.VIEW_CHANNEL
    | Can.SEND_MESSAGES
    | Can.READ_MESSAGE_HISTORY
    | Can.ADD_REACTIONS
    | Can.USE_APPLICATION_COMMANDS
    | Can.SEND_MESSAGES_IN_THREADS
)
"""What @everyone has in a new guild of the twin."""

BOT = (
    READER
    | Can.EMBED_LINKS
    | Can.ATTACH_FILES
    | Can.CREATE_PUBLIC_THREADS
    | Can.MANAGE_THREADS
    | Can.MENTION_EVERYONE
)
"""What the bot's own role has unless a test says otherwise."""


def guild_permissions(guild: Guild, member: Member) -> int:
    """Return a member's permissions in the guild, before any channel's overwrites."""
    if guild.owner_id == member.user.id:
        return EVERYTHING
    bits = guild.roles[guild.id].permissions
    for role_id in member.roles:
        bits |= guild.roles[role_id].permissions
    return EVERYTHING if bits & Can.ADMINISTRATOR else bits


def channel_permissions(world: World, channel: Channel, user_id: int) -> int:
    """Return what a person may do in a channel or thread; 0 for who is not a member."""
    guild = world.guilds.get(channel.guild_id)
    member = None if guild is None else guild.members.get(user_id)
    if guild is None or member is None:
        return 0
    bits = guild_permissions(guild, member)
    if bits == EVERYTHING:
        return bits
    place = world.channels[channel.parent_id] if channel.is_thread else channel
    bits = _overwritten(place, guild, member, bits)
    if not bits & Can.VIEW_CHANNEL:
        return 0
    writing = Can.SEND_MESSAGES_IN_THREADS if channel.is_thread else Can.SEND_MESSAGES
    if not bits & writing:
        bits &= ~(Can.MENTION_EVERYONE | Can.ATTACH_FILES | Can.EMBED_LINKS)
    return bits


def need(world: World, channel: Channel, user_id: int, wanted: int) -> None:
    """Refuse with 50001 who cannot see the channel, with 50013 who lacks a permission."""
    bits = channel_permissions(world, channel, user_id)
    if not bits & Can.VIEW_CHANNEL:
        raise missing_access()
    if wanted & ~bits:
        raise missing_permissions()


def _overwritten(place: Channel, guild: Guild, member: Member, bits: int) -> int:
    everyone = place.overwrites.get(guild.id)
    if everyone is not None:
        bits = bits & ~everyone.deny | everyone.allow
    allow = deny = 0
    for role_id in member.roles:
        if (one := place.overwrites.get(role_id)) is not None:
            allow |= one.allow
            deny |= one.deny
    bits = bits & ~deny | allow
    if (own := place.overwrites.get(member.user.id)) is not None:
        bits = bits & ~own.deny | own.allow
    return bits
