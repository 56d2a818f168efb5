"""chat.*: messages of the app."""

from tests.twins.slack.calls import Call
from tests.twins.slack.conversations import known, open_im
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.posting import Draft, delete, edit, found, post
from tests.twins.slack.rest import Method, scopes
from tests.twins.slack.shapes import message_json
from tests.twins.slack.state import Channel, Json, Message, Workspace

_LOOKS = ("unfurl_links", "unfurl_media", "parse", "link_names", "mrkdwn", "username", "as_user")


def _post(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    channel = _open(core, workspace, call)
    draft = Draft(
        user=workspace.bot,
        text=call.word("text") or "",
        blocks=call.parsed("blocks"),
        attachments=call.parsed("attachments"),
        metadata=call.parsed("metadata"),
        thread_ts=call.word("thread_ts"),
        broadcast=call.flag("reply_broadcast"),
        options={name: call.arguments[name] for name in _LOOKS if name in call.arguments},
    )
    message = post(core, workspace, channel, draft)
    told = message_json(core, message, channel)
    return {"channel": channel.id, "ts": message.ts, "message": told}


def _post_ephemeral(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    channel = _open(core, workspace, call)
    user = call.need("user")
    if user not in channel.members and user != channel.peer:
        raise ApiError("user_not_in_channel")
    draft = Draft(
        user=workspace.bot,
        text=call.word("text") or "",
        blocks=call.parsed("blocks"),
        attachments=call.parsed("attachments"),
        thread_ts=call.word("thread_ts"),
        only_for=user,
    )
    return {"message_ts": post(core, workspace, channel, draft).ts}


def _update(core: Core, call: Call) -> Json:
    workspace, channel, message = _own(core, call, "cant_update_message")
    if channel.archived:
        raise ApiError("is_inactive")
    names = ("text", "blocks", "attachments", "metadata")
    given = {name: call.parsed(name) for name in names[1:]} | {"text": call.word("text")}
    edit(core, workspace, channel, message, given, "web")
    if call.flag("reply_broadcast") and message.thread_ts is not None:
        message.broadcast = True
        core.note("broadcast", team=call.team, channel=channel.id, ts=message.ts)
    told = message_json(core, message, channel)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": told}


def _delete(core: Core, call: Call) -> Json:
    workspace, channel, message = _own(core, call, "cant_delete_message")
    delete(core, workspace, channel, message, "web")
    return {"channel": channel.id, "ts": message.ts}


def _permalink(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    channel = known(workspace, call.need("channel"))
    message = found(channel, call.need("message_ts"))
    link = f"{workspace.url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts is not None:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _open(core: Core, workspace: Workspace, call: Call) -> Channel:
    """Return where the app may post: by id, by #name, or by the id of a person."""
    name = call.need("channel")
    if name in workspace.users:
        return open_im(core, workspace, name)
    by_name = workspace.named(name) if name.startswith("#") else None
    channel = by_name or known(workspace, name)
    if channel.archived:
        raise ApiError("is_archived")
    may_enter = not channel.private and "chat:write.public" in call.granted
    if not channel.is_im and workspace.bot.id not in channel.members and not may_enter:
        raise ApiError("not_in_channel")
    return channel


def _own(core: Core, call: Call, refusal: str) -> tuple[Workspace, Channel, Message]:
    """Return a message that the app itself has posted."""
    workspace = core.workspace(call.team)
    channel = known(workspace, call.need("channel"))
    message = found(channel, call.need("ts"))
    if message.user != workspace.bot.id:
        raise ApiError(refusal)
    if not channel.is_im and workspace.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    return workspace, channel, message


_WRITE = scopes("chat:write")
METHODS = (
    Method(name="chat.postMessage", handle=_post, tier=None, scopes=_WRITE, message=True),
    Method(name="chat.postEphemeral", handle=_post_ephemeral, tier=4, scopes=_WRITE),
    Method(name="chat.update", handle=_update, tier=3, scopes=_WRITE),
    Method(name="chat.delete", handle=_delete, tier=3, scopes=_WRITE),
    Method(name="chat.getPermalink", handle=_permalink, tier=None),
)
