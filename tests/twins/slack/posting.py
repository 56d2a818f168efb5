"""Messages come into being, change and go: by the app, its answers, and people."""

from dataclasses import dataclass, field
from typing import Any

from tests.twins.slack.check import dug
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.rules import TEXT, UPDATED_TEXT, checked_blocks, checked_metadata
from tests.twins.slack.shapes import message_json
from tests.twins.slack.state import Channel, Json, Message, User, Workspace


@dataclass(slots=True, kw_only=True)
class Draft:
    """A message to be posted: `blocks`, `attachments` and `metadata` as they were sent.

    `via` says how it came: web, upload, response_url or person. `options` are the other arguments
    that change how it looks or whom it reaches (unfurl_links, parse, …), for the journal.
    """

    user: User
    text: str = ""
    blocks: Any = None
    attachments: Any = None
    metadata: Any = None
    thread_ts: str | None = None
    broadcast: bool = False
    files: list[str] = field(default_factory=list)
    only_for: str | None = None
    via: str = "web"
    options: Json = field(default_factory=dict)


def post(core: Core, workspace: Workspace, channel: Channel, draft: Draft) -> Message:
    """Check a message, take it, write it down and tell of it.

    Raises:
        ApiError: As chat.postMessage refuses: no_text, msg_too_long, invalid_blocks,
            thread_not_found and the like.
    """
    if not draft.files and not (draft.text or draft.blocks or draft.attachments):
        raise ApiError("no_text")
    if len(draft.text) > TEXT:
        raise ApiError("msg_too_long")
    message = Message(
        ts="",
        channel=channel.id,
        user=draft.user.id,
        text=draft.text,
        blocks=[] if draft.blocks is None else checked_blocks(draft.blocks),
        attachments=_attachments(draft.attachments),
        metadata=None if draft.metadata is None else checked_metadata(draft.metadata),
        bot_id=draft.user.bot_id,
        thread_ts=_parent(core, channel, draft.thread_ts),
        broadcast=draft.broadcast and draft.thread_ts is not None,
        files=list(draft.files),
        only_for=draft.only_for,
    )
    if message.broadcast:
        message.subtype = "thread_broadcast"
    elif message.files and draft.via == "person":
        message.subtype = "file_share"
    message.ts = channel.stamp(core.clock.now())
    _keep(channel, message)
    kind = "message" if message.only_for is None else "ephemeral"
    core.note(kind, **entry(workspace, message), via=draft.via, **draft.options)
    if message.only_for is None:
        _emit(core, workspace, channel, message_json(core, message, channel))
    return message


def edit(
    core: Core, workspace: Workspace, channel: Channel, message: Message, given: Json, via: str
) -> None:
    """Change a message: `given` is what chat.update was sent.

    Blocks, attachments and metadata that are not named stay; an empty list takes them away. A
    text that is not named is gone.

    Raises:
        ApiError: As chat.update refuses.
    """
    text = given.get("text") or ""
    if not (text or given.get("blocks") or given.get("attachments")):
        raise ApiError("no_text")
    if len(text) > UPDATED_TEXT:
        raise ApiError("msg_too_long")
    blocks, attachments = message.blocks, message.attachments
    metadata = message.metadata
    if given.get("blocks") is not None:
        blocks = checked_blocks(given["blocks"])
    if given.get("attachments") is not None:
        attachments = _attachments(given["attachments"])
    if given.get("metadata") is not None:
        metadata = checked_metadata(given["metadata"])
    message.text, message.blocks = text, blocks
    message.attachments, message.metadata = attachments, metadata
    message.edited = {"user": message.user, "ts": channel.stamp(core.clock.now())}
    core.note("edit", **entry(workspace, message), via=via)
    if message.only_for is None:
        changed = {"message": message_json(core, message, channel)}
        _emit(core, workspace, channel, changed | {"subtype": "message_changed", "hidden": True})


def delete(core: Core, workspace: Workspace, channel: Channel, message: Message, via: str) -> None:
    """Take a message away; one with replies stays as a tombstone."""
    if message.only_for is not None:
        del channel.ephemerals[message.ts]
    elif channel.threads.get(message.ts):
        message.subtype, message.tombstone = "tombstone", True
        message.text, message.blocks, message.metadata = "This message was deleted.", [], None
    else:
        del channel.messages[message.ts]
        channel.gone.add(message.ts)
        if message.thread_ts is not None:
            channel.threads[message.thread_ts].remove(message.ts)
    core.note("delete", **entry(workspace, message), via=via)
    if message.only_for is None:
        gone = {"deleted_ts": message.ts, "subtype": "message_deleted", "hidden": True}
        _emit(core, workspace, channel, gone)


def found(channel: Channel, ts: str | None) -> Message:
    """Return a message that everybody sees.

    Raises:
        ApiError: message_not_found.
    """
    message = channel.messages.get(ts or "")
    if message is None or message.tombstone:
        raise ApiError("message_not_found")
    return message


def entry(workspace: Workspace, message: Message) -> Json:
    """Return what the journal keeps of a message; `key` is that of its metadata."""
    return {
        "team": workspace.id,
        "channel": message.channel,
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "broadcast": message.broadcast,
        "user": message.user,
        "bot": message.user == workspace.bot.id,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "metadata": message.metadata,
        "key": dug(message.metadata, "event_payload", "key"),
        "files": message.files,
        "only_for": message.only_for,
    }


def _parent(core: Core, channel: Channel, thread_ts: str | None) -> str | None:
    """Return the parent of a reply; a reply's own `ts` leads to its parent, as on Slack."""
    if thread_ts is None or (core.unthreads and thread_ts in channel.gone):
        return None
    parent = channel.messages.get(thread_ts)
    if parent is None:
        raise ApiError("thread_not_found")
    return parent.thread_ts or parent.ts


def _keep(channel: Channel, message: Message) -> None:
    if message.only_for is not None:
        channel.ephemerals[message.ts] = message
        return
    channel.messages[message.ts] = message
    if message.thread_ts is not None:
        channel.threads.setdefault(message.thread_ts, []).append(message.ts)


def _attachments(given: Any) -> list[Json]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ApiError("invalid_attachments")
    if len(given) > 100:
        raise ApiError("too_many_attachments")
    return given


def _emit(core: Core, workspace: Workspace, channel: Channel, event: Json) -> None:
    kind = "im" if channel.is_im else "group" if channel.private else "channel"
    about = {"type": "message", "channel": channel.id, "channel_type": kind}
    now = f"{core.clock.now():.6f}"
    core.emit(workspace.id, event | about | {"event_ts": event.get("ts", now)})
