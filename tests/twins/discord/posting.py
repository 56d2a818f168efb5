"""Messages come into being, change and go: by the bot, its webhooks, its answers, and people."""

import re
from dataclasses import dataclass, field

from tests.twins.discord.core import Core
from tests.twins.discord.errors import ApiError, Json
from tests.twins.discord.permissions import Can, channel_permissions
from tests.twins.discord.rules import check_message
from tests.twins.discord.state import (
    COMPONENTS_V2,
    EPHEMERAL,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    Channel,
    Message,
    User,
)

THREAD_STARTER = 21
"""The type of the notice at the top of a thread."""
NONCE_LIFE = 120.0
"""Seconds for which an enforced nonce brings back the message that has it."""
_MENTION = re.compile(r"<@(&?)!?(\d+)>")


@dataclass(slots=True, kw_only=True)
class Draft:
    """A message to be posted: its JSON, files, and what it hangs on."""

    body: Json
    author: User
    files: dict[str, bytes] = field(default_factory=dict)
    kind: int = 0
    webhook_id: int | None = None
    interaction: Json | None = None
    only_for: int | None = None
    via: str = "rest"
    id: int | None = None


def post(core: Core, channel: Channel, draft: Draft) -> Message:
    """Check a message, take it, write it down and tell of it; or return the one with its nonce."""
    body, world = draft.body, core.world
    nonce = None if body.get("nonce") is None else str(body["nonce"])
    if nonce is not None and body.get("enforce_nonce"):
        held = world.nonces.get((draft.author.id, nonce))
        if held is not None and core.clock.now() - held[0] <= NONCE_LIFE:
            place = world.channels.get(held[1])
            again = None if place is None else place.messages.get(held[2])
            if again is not None:
                core.note("repeat", channel=str(held[1]), message=str(again.id), nonce=nonce)
                return again
    check_message(body, draft.files, whole=True)
    message = Message(
        id=draft.id or world.snowflake(),
        channel_id=channel.id,
        guild_id=channel.guild_id,
        author=draft.author,
        content=(body.get("content") or "").strip(),
        embeds=_shown(body.get("embeds") or []),
        components=body.get("components") or [],
        flags=_flags(body, draft),
        nonce=nonce,
        kind=draft.kind,
        at=core.clock.stamp(),
        reference=_reference(channel, body.get("message_reference")),
        webhook_id=draft.webhook_id,
        interaction=draft.interaction,
        only_for=draft.only_for,
    )
    message.attachments = _attach(core, message, body, draft.files)
    message.pings = _pings(core, channel, message, body.get("allowed_mentions"), draft)
    channel.messages[message.id] = message
    channel.last_at = core.clock.now()
    channel.posted += 1
    if nonce is not None and body.get("enforce_nonce"):
        world.nonces[(draft.author.id, nonce)] = (core.clock.now(), channel.id, message.id)
    core.note("message", **entry(core, message), via=draft.via)
    tell(core, "MESSAGE_CREATE", message)
    return message


def begin_with(core: Core, thread: Channel, first: Message) -> None:
    """Put the notice at a thread's top that points to its message; it is not what the bot said."""
    thread.notice = Message(
        id=core.world.snowflake(),
        channel_id=thread.id,
        guild_id=thread.guild_id,
        author=first.author,
        kind=THREAD_STARTER,
        at=core.clock.stamp(),
        reference={
            "message_id": str(first.id),
            "channel_id": str(first.channel_id),
            "guild_id": str(first.guild_id),
        },
    )


def edit(core: Core, message: Message, body: Json, files: dict[str, bytes], via: str) -> Message:
    """Change a message: only what the body names; the rest stays."""
    check_message(body, files, whole=False)
    if "content" in body:
        message.content = (body["content"] or "").strip()
    if "embeds" in body:
        message.embeds = _shown(body["embeds"] or [])
    if "components" in body:
        message.components = body["components"] or []
    if "attachments" in body or files:
        kept = {str(a["id"]) for a in body.get("attachments") or message.attachments}
        message.attachments = [a for a in message.attachments if a["id"] in kept]
        message.attachments += _attach(core, message, body, files)
    if body.get("flags") is not None:
        message.flags = message.flags & ~SUPPRESS_EMBEDS | body["flags"] & SUPPRESS_EMBEDS
    if not (message.content or message.embeds or message.components or message.attachments):
        raise ApiError(400, 50006, "Cannot send an empty message")
    message.edited_at = core.clock.stamp()
    core.note("edit", **entry(core, message), via=via)
    tell(core, "MESSAGE_UPDATE", message)
    return message


def delete(core: Core, message: Message, via: str) -> None:
    """Take a message away."""
    channel = core.world.channels[message.channel_id]
    del channel.messages[message.id]
    core.note("delete", channel=str(channel.id), message=str(message.id), via=via)
    if message.only_for is None and core.sees(channel):
        gone = {
            "id": str(message.id),
            "channel_id": str(channel.id),
            "guild_id": str(channel.guild_id),
        }
        core.emit(channel.guild_id, "MESSAGE_DELETE", gone)


def tell(core: Core, event: str, message: Message) -> None:
    """Tell connected bots of a message that all in its channel see."""
    channel = core.world.channels[message.channel_id]
    if message.only_for is None and core.sees(channel):
        data = core.message_json(message) | {"guild_id": str(message.guild_id)}
        core.emit(message.guild_id, event, data)


def entry(core: Core, message: Message) -> Json:
    """Return what the journal keeps of a message."""
    return {
        "channel": str(message.channel_id),
        "guild": str(message.guild_id),
        "message": str(message.id),
        "author": str(message.author.id),
        "bot": message.author.id == core.world.bot.id,
        "nonce": message.nonce,
        "content": message.content,
        "embeds": message.embeds,
        "components": message.components,
        "files": [a["filename"] for a in message.attachments],
        "flags": message.flags,
        "silent": bool(message.flags & SUPPRESS_NOTIFICATIONS),
        "pings": message.pings,
        "only_for": None if message.only_for is None else str(message.only_for),
    }


def _flags(body: Json, draft: Draft) -> int:
    """Return the flags that a sender may set; only answers to interactions can be ephemeral."""
    allowed = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
    if draft.interaction is not None:
        allowed |= EPHEMERAL
    return (body.get("flags") or 0) & allowed


def _reference(channel: Channel, given: Json | None) -> Json | None:
    if given is None:
        return None
    return {"channel_id": str(channel.id), "guild_id": str(channel.guild_id)} | given


def _shown(embeds: list[Json]) -> list[Json]:
    return [{"type": "rich"} | embed for embed in embeds]


def _attach(core: Core, message: Message, body: Json, files: dict[str, bytes]) -> list[Json]:
    about = {str(a.get("filename")): a for a in body.get("attachments") or []}
    attached: list[Json] = []
    for name, data in files.items():
        number = str(core.world.snowflake())
        path = f"/attachments/{message.channel_id}/{number}/{name}"
        core.files[path] = data
        attached.append(
            {
                "id": number,
                "filename": name,
                "size": len(data),
                "url": core.address + path,
                "proxy_url": core.address + path,
                "description": (about.get(name) or {}).get("description"),
            }
        )
    return attached


def _pings(
    core: Core, channel: Channel, message: Message, allowed: Json | None, draft: Draft
) -> Json:
    """Return whom the message's text notifies: what it mentions, may mention, and is allowed."""
    guild = core.world.guilds[channel.guild_id]
    bits = channel_permissions(core.world, channel, draft.author.id)
    loud = bool(bits & Can.MENTION_EVERYONE) or draft.webhook_id is not None
    parse = {"everyone", "users", "roles"} if allowed is None else set(allowed.get("parse") or [])
    named = {k: {int(i) for i in (allowed or {}).get(k) or []} for k in ("users", "roles")}
    users: list[int] = []
    roles: list[int] = []
    for mark, digits in _MENTION.findall(message.content):
        number = int(digits)
        if mark and number in guild.roles:
            pingable = loud or guild.roles[number].mentionable
            if pingable and _may(number, "roles", parse, named):
                roles.append(number)
        elif not mark and number in core.world.users and _may(number, "users", parse, named):
            users.append(number)
    everyone = "@everyone" in message.content or "@here" in message.content
    return {"everyone": everyone and loud and "everyone" in parse, "users": users, "roles": roles}


def _may(number: int, kind: str, parse: set[str], named: dict[str, set[int]]) -> bool:
    return kind in parse or number in named[kind]
