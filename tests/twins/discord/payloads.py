"""What exists, as Discord's JSON."""

import itertools
from collections.abc import Iterator
from typing import Any

from tests.twins.discord.clock import iso
from tests.twins.discord.state import (
    EPOCH,
    FORUM,
    HAS_THREAD,
    Channel,
    Command,
    Guild,
    Json,
    Member,
    Message,
    Role,
    User,
    Webhook,
    World,
)


def user_json(user: User) -> Json:
    """Return a user."""
    return {
        "id": str(user.id),
        "username": user.name,
        "global_name": None,
        "discriminator": "0000",
        "avatar": None,
        "bot": user.bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def role_json(role: Role) -> Json:
    """Return a role."""
    return {
        "id": str(role.id),
        "name": role.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": role.position,
        "permissions": str(int(role.permissions)),
        "managed": role.managed,
        "mentionable": role.mentionable,
        "flags": 0,
    }


def member_json(member: Member) -> Json:
    """Return a member with the user inside."""
    return {
        "user": user_json(member.user),
        "nick": None,
        "avatar": None,
        "banner": None,
        "premium_since": None,
        "communication_disabled_until": None,
        "roles": [str(r) for r in member.roles],
        "joined_at": "2024-01-01T00:00:00.000000+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
    }


def channel_json(world: World, channel: Channel) -> Json:
    """Return a channel or thread."""
    seen = (m.id for m in reversed(channel.messages.values()) if m.only_for is None)
    last = next(seen, None)
    told: Json = {
        "id": str(channel.id),
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "type": channel.kind,
        "parent_id": str(channel.parent_id) if channel.parent_id else None,
        "last_message_id": None if last is None else str(last),
        "rate_limit_per_user": channel.slowmode,
        "flags": channel.flags,
    }
    if channel.is_thread:
        return told | _thread_part(world, channel)
    told |= {
        "position": channel.position,
        "topic": channel.topic,
        "nsfw": False,
        "permission_overwrites": [
            {"id": str(o.id), "type": o.kind, "allow": str(int(o.allow)), "deny": str(int(o.deny))}
            for o in channel.overwrites.values()
        ],
    }
    if channel.kind == FORUM:
        told |= {
            "available_tags": [
                {
                    "id": str(t.id),
                    "name": t.name,
                    "moderated": t.moderated,
                    "emoji_id": None,
                    "emoji_name": None,
                }
                for t in channel.tags
            ],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
        }
    return told


def _thread_part(world: World, thread: Channel) -> Json:
    made = (thread.id >> 22) + EPOCH
    return {
        "owner_id": str(thread.owner_id),
        "message_count": thread.posted,
        "total_message_sent": thread.posted,
        "member_count": 1,
        "applied_tags": [str(t) for t in thread.applied],
        "thread_metadata": {
            "archived": thread.archived,
            "locked": thread.locked,
            "auto_archive_duration": thread.auto_archive,
            "archive_timestamp": iso(thread.archived_at),
            "create_timestamp": iso(made / 1000),
        },
        "member": {
            "id": str(thread.id),
            "user_id": str(world.bot.id),
            "flags": 1,
            "join_timestamp": iso(made / 1000),
        },
    }


def message_json(world: World, message: Message, *, content: bool = True) -> Json:
    """Return a message; without `content`, as an application without that intent sees others'."""
    told: Json = {
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "author": user_json(message.author),
        "content": message.content if content else "",
        "timestamp": message.at,
        "edited_timestamp": message.edited_at,
        "tts": False,
        "mention_everyone": bool(message.pings.get("everyone")),
        "mentions": [user_json(world.users[u]) for u in message.pings.get("users", ())],
        "mention_roles": [str(r) for r in message.pings.get("roles", ())],
        "attachments": message.attachments if content else [],
        "embeds": message.embeds if content else [],
        "components": numbered(message.components, itertools.count(1)) if content else [],
        "pinned": False,
        "type": message.kind,
        "flags": message.flags,
    }
    if message.nonce is not None:
        told["nonce"] = message.nonce
    if message.webhook_id is not None:
        told["webhook_id"] = str(message.webhook_id)
    if message.author.id == world.bot.id:
        told["application_id"] = str(world.bot.id)
    if message.reference is not None:
        told["message_reference"] = {"type": 0} | message.reference
        told["referenced_message"] = _referenced(world, message.reference)
    if message.interaction is not None:
        told["interaction_metadata"] = message.interaction
    thread = world.channels.get(message.id)
    if message.flags & HAS_THREAD and thread is not None:
        told["thread"] = channel_json(world, thread)
    return told


def numbered(components: list[Json], numbers: Iterator[int]) -> list[Json]:
    """Return components with the ids that Discord gives to those that have none."""
    told = []
    for one in components:
        known: Json = {"id": next(numbers)} | one
        if "components" in one:
            known["components"] = numbered(one["components"], numbers)
        if isinstance(one.get("accessory"), dict):
            known["accessory"] = numbered([one["accessory"]], numbers)[0]
        told.append(known)
    return told


def _referenced(world: World, reference: Json) -> Json | None:
    place = world.channels.get(int(reference.get("channel_id") or 0))
    message = None if place is None else place.messages.get(int(reference["message_id"]))
    return None if message is None else message_json(world, message)


def guild_json(world: World, guild: Guild) -> Json:
    """Return a guild as GET /guilds/{id} does."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner_id),
        "icon": None,
        "splash": None,
        "banner": None,
        "description": None,
        "discovery_splash": None,
        "features": ["COMMUNITY"],
        "roles": [role_json(r) for r in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "preferred_locale": guild.locale,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "premium_progress_bar_enabled": False,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "afk_channel_id": None,
        "afk_timeout": 300,
        "vanity_url_code": None,
        "home_header": None,
        "application_id": None,
        "region": "us-east",
        "widget_enabled": False,
        "widget_channel_id": None,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_subscription_count": 0,
        "nsfw": False,
        "incidents_data": None,
    }


def guild_create_json(world: World, guild: Guild, visible: list[Channel]) -> Json:
    """Return GUILD_CREATE: the guild with what the bot sees in it, and itself as a member."""
    return guild_json(world, guild) | {
        "joined_at": "2024-01-01T00:00:00.000000+00:00",
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "members": [member_json(guild.members[world.bot.id])],
        "channels": [channel_json(world, c) for c in visible if not c.is_thread],
        "threads": [channel_json(world, c) for c in visible if c.is_thread and not c.archived],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application_json(world: World, flags: int) -> Json:
    """Return the bot's application."""
    owner = user_json(User(id=1, name="owner"))
    return {
        "id": str(world.bot.id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": flags,
        "owner": owner,
        "team": None,
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "type": None,
        "flags_new": str(flags),
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "redirect_uris": [],
        "tags": [],
    }


def command_json(world: World, command: Command) -> Json:
    """Return a registered command, with what Discord fills in."""
    filled: dict[str, Any] = {
        "type": 1,
        "description": "",
        "name_localizations": None,
        "description_localizations": None,
        "options": [],
        "default_member_permissions": None,
        "dm_permission": True,
        "nsfw": False,
        "contexts": None,
        "integration_types": [0],
    } | command.body
    if filled["default_member_permissions"] is not None:
        filled["default_member_permissions"] = str(filled["default_member_permissions"])
    filled |= {
        "id": str(command.id),
        "application_id": str(world.bot.id),
        "version": str(command.version),
    }
    return filled if command.guild_id is None else filled | {"guild_id": str(command.guild_id)}


def webhook_json(world: World, webhook: Webhook) -> Json:
    """Return an incoming webhook."""
    return {
        "id": str(webhook.id),
        "type": 1,
        "guild_id": str(webhook.guild_id),
        "channel_id": str(webhook.channel_id),
        "name": webhook.name,
        "avatar": None,
        "token": webhook.token,
        "application_id": str(world.bot.id),
        "user": user_json(world.bot),
    }
