"""Channels and threads by REST: read, change, delete; threads from messages; forum posts."""

from typing import Any

from tests.twins.discord.clock import iso
from tests.twins.discord.core import Core
from tests.twins.discord.errors import ApiError, Json, Wrong
from tests.twins.discord.permissions import Can, need
from tests.twins.discord.posting import Draft, begin_with, post, tell
from tests.twins.discord.rest import Call, Endpoint
from tests.twins.discord.routes_messages import channel_of, message_of
from tests.twins.discord.rules import check_message, units
from tests.twins.discord.state import (
    FORUM,
    HAS_THREAD,
    NEWS,
    REQUIRE_TAG,
    TEXT,
    Channel,
    Overwrite,
    Tag,
)
from tests.twins.discord.threads import check_tags, edit_thread, make_thread


def get_channel(core: Core, call: Call) -> Any:
    """GET a channel or thread."""
    return core.channel_json(channel_of(core, call))


def patch_channel(core: Core, call: Call) -> Any:
    """PATCH a channel (MANAGE_CHANNELS) or a thread (by the rules of threads)."""
    channel = channel_of(core, call)
    body: Json = call.body
    if channel.is_thread:
        edit_thread(core, channel, body)
        return core.channel_json(channel)
    need(core.world, channel, core.world.bot.id, Can.MANAGE_CHANNELS)
    channel.name = body.get("name") or channel.name
    channel.topic = body.get("topic", channel.topic)
    channel.slowmode = body.get("rate_limit_per_user", channel.slowmode)
    channel.flags = body.get("flags", channel.flags)
    if "available_tags" in body:
        _set_tags(core, channel, body["available_tags"] or [])
    if "permission_overwrites" in body:
        channel.overwrites = {
            int(o["id"]): Overwrite(
                id=int(o["id"]),
                kind=o["type"],
                allow=int(o.get("allow") or 0),
                deny=int(o.get("deny") or 0),
            )
            for o in body["permission_overwrites"] or []
        }
    core.note(
        "channel change",
        channel=str(channel.id),
        name=channel.name,
        tags=[t.name for t in channel.tags],
    )
    core.tell_channel("CHANNEL_UPDATE", channel)
    return core.channel_json(channel)


def _set_tags(core: Core, forum: Channel, wanted: list[Json]) -> None:
    wrong = Wrong()
    if forum.kind != FORUM:
        wrong.add("available_tags", "CHANNEL_TYPE", "Only a forum has tags")
    if len(wanted) > 20:
        wrong.add("available_tags", "BASE_TYPE_MAX_LENGTH", "Must be 20 or fewer in length.")
    names = [str(t.get("name") or "") for t in wanted]
    for n, name in enumerate(names):
        if not name.strip() or units(name) > 20:
            wrong.add(f"available_tags.{n}.name", "BASE_TYPE_BAD_LENGTH", "1 to 20 in length.")
    if len(set(names)) < len(names):
        wrong.add("available_tags", "FORUM_TAG_NAMES_UNIQUE", "Tag names must be unique")
    wrong.refuse()
    forum.tags = [
        Tag(
            id=int(t.get("id") or 0) or core.world.snowflake(),
            name=str(t["name"]),
            moderated=bool(t.get("moderated")),
        )
        for t in wanted
    ]
    kept = {t.id for t in forum.tags}
    for thread in core.world.threads_of(forum):
        thread.applied = [t for t in thread.applied if t in kept]


def delete_channel(core: Core, call: Call) -> Any:
    """DELETE a channel or thread."""
    channel = channel_of(core, call)
    wanted = Can.MANAGE_THREADS if channel.is_thread else Can.MANAGE_CHANNELS
    need(core.world, channel, core.world.bot.id, wanted)
    told = core.channel_json(channel)
    remove_channel(core, channel)
    return told


def remove_channel(core: Core, channel: Channel) -> None:
    """Delete a channel or thread and tell of it."""
    seen = core.sees(channel)
    told = core.channel_json(channel)
    core.world.remove(channel)
    core.note("channel delete", channel=str(channel.id), thread=channel.is_thread)
    if seen:
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        core.emit(channel.guild_id, event, told)


def thread_from_message(core: Core, call: Call) -> Any:
    """POST a thread under a message; its id is the message's."""
    channel = channel_of(core, call, Can.CREATE_PUBLIC_THREADS | Can.READ_MESSAGE_HISTORY)
    if channel.kind not in (TEXT, NEWS):
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    message = message_of(core, call, channel)
    if message.id in core.world.channels or message.flags & HAS_THREAD:
        raise ApiError(400, 160004, "A thread has already been created for this message")
    thread = make_thread(core, channel, call.body, message.id)
    message.flags |= HAS_THREAD
    begin_with(core, thread, message)
    tell(core, "MESSAGE_UPDATE", message)
    return core.channel_json(thread)


def thread_without_message(core: Core, call: Call) -> Any:
    """POST a forum post with its first message, or a thread of its own in a text channel."""
    channel = channel_of(core, call)
    if channel.kind != FORUM:
        need(core.world, channel, core.world.bot.id, Can.CREATE_PUBLIC_THREADS)
        if call.body.get("type", 12) != 11:
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        return core.channel_json(make_thread(core, channel, call.body, core.world.snowflake()))
    first = call.body.get("message") or {}
    wanted = Can.SEND_MESSAGES
    if first.get("embeds"):
        wanted |= Can.EMBED_LINKS
    if call.files:
        wanted |= Can.ATTACH_FILES
    need(core.world, channel, core.world.bot.id, wanted)
    check_message(first, call.files, whole=True)
    tags = call.body.get("applied_tags") or []
    check_tags(core, channel, tags, channel)
    if channel.flags & REQUIRE_TAG and not tags:
        raise ApiError(400, 40067, "A tag is required to create a forum post in this channel")
    number = core.world.snowflake()
    thread = make_thread(core, channel, call.body, number)
    draft = Draft(body=first, author=core.world.bot, files=call.files, via="forum", id=number)
    message = post(core, thread, draft)
    return core.channel_json(thread) | {"message": core.message_json(message)}


def active_threads(core: Core, call: Call) -> Any:
    """GET a guild's active threads that the bot sees."""
    guild_id = call.number("guild_id")
    if guild_id not in core.world.guilds:
        raise ApiError(404, 10004, "Unknown Guild")
    threads = [t for t in core.world.active_threads(guild_id) if core.sees(t)]
    threads.sort(key=lambda t: -t.id)
    told = [core.channel_json(t) for t in threads]
    members = [t["member"] for t in told]
    return {"threads": told, "members": members, "has_more": False}


def archived_threads(core: Core, call: Call) -> Any:
    """GET a channel's archived public threads, the latest archived first."""
    channel = channel_of(core, call, Can.READ_MESSAGE_HISTORY)
    limit = int(call.query.get("limit", "50"))
    before = call.query.get("before")
    threads = [t for t in core.world.threads_of(channel) if t.archived]
    threads.sort(key=lambda t: -t.archived_at)
    if before is not None:
        until = before.replace("Z", "+00:00").replace(" ", "+")
        threads = [t for t in threads if iso(t.archived_at) < until]
    told = [core.channel_json(t) for t in threads[:limit]]
    return {
        "threads": told,
        "members": [t["member"] for t in told],
        "has_more": len(threads) > limit,
    }


def join_thread(core: Core, call: Call) -> Any:
    """PUT the bot into a thread."""
    if channel_of(core, call).archived:
        raise ApiError(400, 50083, "Thread is archived")


def patch_schema(core: Core, call: Call) -> str | None:
    """Return which of the document's bodies a PATCH must be, by the channel's kind."""
    channel = core.world.channels.get(call.number("channel_id"))
    thread = channel is not None and channel.is_thread
    return "UpdateThreadRequestPartial" if thread else "UpdateGuildChannelRequestPartial"


def thread_schema(core: Core, call: Call) -> str | None:
    """Return which of the document's bodies a new thread must be, by the channel's kind."""
    channel = core.world.channels.get(call.number("channel_id"))
    forum = channel is not None and channel.kind == FORUM
    return "CreateForumThreadRequest" if forum else "CreateTextThreadWithoutMessageRequest"


_CHANNEL = "/channels/{channel_id}"

CHANNEL_ENDPOINTS = (
    Endpoint(method="GET", path=_CHANNEL, handle=get_channel),
    Endpoint(
        method="PATCH",
        path=_CHANNEL,
        handle=patch_channel,
        bucket="channel",
        schema=patch_schema,
    ),
    Endpoint(method="DELETE", path=_CHANNEL, handle=delete_channel, bucket="channel"),
    Endpoint(
        method="POST",
        path=_CHANNEL + "/messages/{message_id}/threads",
        handle=thread_from_message,
        bucket="threads",
        status=201,
    ),
    Endpoint(
        method="POST",
        path=_CHANNEL + "/threads",
        handle=thread_without_message,
        bucket="threads",
        status=201,
        schema=thread_schema,
    ),
    Endpoint(method="GET", path="/guilds/{guild_id}/threads/active", handle=active_threads),
    Endpoint(method="GET", path=_CHANNEL + "/threads/archived/public", handle=archived_threads),
    Endpoint(method="PUT", path=_CHANNEL + "/thread-members/@me", handle=join_thread),
)
