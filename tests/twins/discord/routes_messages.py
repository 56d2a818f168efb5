"""Messages by REST: post, read, edit, delete."""

from typing import Any

from tests.twins.discord.core import Core
from tests.twins.discord.errors import ApiError, missing_access, unknown
from tests.twins.discord.permissions import Can, need
from tests.twins.discord.posting import Draft, delete, edit, post
from tests.twins.discord.rest import Call, Endpoint
from tests.twins.discord.state import CATEGORY, FORUM, Channel, Message
from tests.twins.discord.threads import wake


def channel_of(core: Core, call: Call, wanted: int = 0) -> Channel:
    """Return the channel that a path names, if the bot sees it and may do what is wanted.

    Raises:
        ApiError: 10003 if there is none, 50001 if it is hidden, 50013 without a permission.
    """
    channel = core.world.channels.get(call.number("channel_id"))
    if channel is None:
        raise unknown("Channel")
    need(core.world, channel, core.world.bot.id, Can.VIEW_CHANNEL | wanted)
    return channel


def message_of(core: Core, call: Call, channel: Channel) -> Message:
    """Return the message that a path names; an ephemeral one is not to be had this way."""
    message = channel.messages.get(call.number("message_id"))
    if message is None or message.only_for is not None:
        raise unknown("Message")
    return message


def needed_to_send(channel: Channel, call: Call) -> int:
    """Return the permissions that this message wants in this channel."""
    body = call.body
    wanted = Can.SEND_MESSAGES_IN_THREADS if channel.is_thread else Can.SEND_MESSAGES
    if body.get("embeds"):
        wanted |= Can.EMBED_LINKS
    if call.files:
        wanted |= Can.ATTACH_FILES
    if body.get("message_reference"):
        wanted |= Can.READ_MESSAGE_HISTORY
    return wanted


def create_message(core: Core, call: Call) -> Any:
    """POST /channels/{channel_id}/messages."""
    channel = channel_of(core, call)
    if channel.kind in (FORUM, CATEGORY):
        raise ApiError(400, 50008, "Cannot send messages in a non-text channel")
    need(core.world, channel, core.world.bot.id, needed_to_send(channel, call))
    reference = call.body.get("message_reference")
    lost = reference and int(reference["message_id"]) not in channel.messages
    if lost and reference.get("fail_if_not_exists", True):
        wrong = {"_errors": [{"code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message"}]}
        raise ApiError(400, 50035, "Invalid Form Body", {"message_reference": wrong})
    wake(core, channel, core.world.bot)
    kind = 19 if reference else 0
    draft = Draft(body=call.body, author=core.world.bot, files=call.files, kind=kind)
    return core.message_json(post(core, channel, draft))


def history(core: Core, call: Call) -> Any:
    """GET /channels/{channel_id}/messages: newest first, before, after or around an id."""
    channel = channel_of(core, call)
    limit = int(call.query.get("limit", "50"))
    if not 1 <= limit <= 100:
        wrong = {"_errors": [{"code": "NUMBER_TYPE_MAX", "message": "1 to 100."}]}
        raise ApiError(400, 50035, "Invalid Form Body", {"limit": wrong})
    bits = need_history(core, channel)
    if not bits:
        return []
    said = {i: m for i, m in channel.messages.items() if m.only_for is None}
    if channel.notice is not None:
        said = {channel.notice.id: channel.notice} | said
    ids = list(said)
    if "before" in call.query:
        ids = [i for i in ids if i < int(call.query["before"])][-limit:]
    elif "after" in call.query:
        ids = [i for i in ids if i > int(call.query["after"])][:limit]
    elif "around" in call.query:
        near = int(call.query["around"])
        older = [i for i in ids if i < near][-(limit // 2) :]
        ids = older + [i for i in ids if i >= near][: limit - len(older)]
    else:
        ids = ids[-limit:]
    return [core.message_json(said[i]) for i in reversed(ids)]


def need_history(core: Core, channel: Channel) -> bool:
    """Return whether the bot may read back; Discord shows an empty list where it may not."""
    try:
        need(core.world, channel, core.world.bot.id, Can.READ_MESSAGE_HISTORY)
    except ApiError as refusal:
        if refusal.code == missing_access().code:
            raise
        return False
    return True


def get_message(core: Core, call: Call) -> Any:
    """GET one message."""
    channel = channel_of(core, call, Can.READ_MESSAGE_HISTORY)
    return core.message_json(message_of(core, call, channel))


def edit_message(core: Core, call: Call) -> Any:
    """PATCH a message: only its author's, and not in an archived thread."""
    channel = channel_of(core, call)
    message = message_of(core, call, channel)
    if message.author.id != core.world.bot.id or message.webhook_id is not None:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    if channel.archived:
        raise ApiError(400, 50083, "Thread is archived")
    return core.message_json(edit(core, message, call.body, call.files, "rest"))


def delete_message(core: Core, call: Call) -> Any:
    """DELETE a message: the bot's own, or another's with MANAGE_MESSAGES."""
    channel = channel_of(core, call)
    message = message_of(core, call, channel)
    if message.author.id != core.world.bot.id:
        need(core.world, channel, core.world.bot.id, Can.MANAGE_MESSAGES)
    if channel.archived:
        raise ApiError(400, 50083, "Thread is archived")
    delete(core, message, "rest")


def typing(core: Core, call: Call) -> Any:
    """POST the sign that the bot is typing."""
    channel_of(core, call, Can.SEND_MESSAGES)


_MESSAGES = "/channels/{channel_id}/messages"
_ONE = _MESSAGES + "/{message_id}"

MESSAGE_ENDPOINTS = (
    Endpoint(method="POST", path=_MESSAGES, handle=create_message, bucket="messages"),
    Endpoint(method="GET", path=_MESSAGES, handle=history),
    Endpoint(method="GET", path=_ONE, handle=get_message),
    Endpoint(method="PATCH", path=_ONE, handle=edit_message, bucket="edits"),
    Endpoint(method="DELETE", path=_ONE, handle=delete_message, bucket="deletes"),
    Endpoint(method="POST", path="/channels/{channel_id}/typing", handle=typing),
)
