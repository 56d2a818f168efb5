"""conversations.*: channels, who is in them, and what was said there."""

from collections.abc import Iterable

from tests.twins.slack.calls import Call
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.limits import SMALL
from tests.twins.slack.pages import opened, page, sealed
from tests.twins.slack.rest import Method, scopes
from tests.twins.slack.shapes import channel_json, message_json
from tests.twins.slack.state import Channel, Json, Message, Workspace

_KINDS = {
    "public_channel": "channels",
    "private_channel": "groups",
    "im": "im",
    "mpim": "mpim",
}


def known(workspace: Workspace, name: str) -> Channel:
    """Return a channel that the app can see.

    Raises:
        ApiError: channel_not_found; there is none, or it is private and the app is not in it.
    """
    channel = workspace.channels.get(name)
    if channel is None or (channel.private and workspace.bot.id not in channel.members):
        raise ApiError("channel_not_found")
    return channel


def open_im(core: Core, workspace: Workspace, user: str) -> Channel:
    """Return the app's conversation with a person, opened where it was not."""
    held = workspace.im(user)
    if held is not None:
        return held
    made = Channel(
        id=core.world.id("D"),
        team=workspace.id,
        name=user,
        peer=user,
        members={user, workspace.bot.id},
        created=int(core.clock.now()),
    )
    workspace.channels[made.id] = made
    return made


def join(core: Core, workspace: Workspace, channel: Channel, user: str) -> None:
    """Let somebody into a channel, and tell of it."""
    channel.members.add(user)
    event = {"user": user, "channel": channel.id, "channel_type": "C", "team": workspace.id}
    core.emit(workspace.id, {"type": "member_joined_channel", **event})
    core.note("joined", team=workspace.id, channel=channel.id, user=user)


def _info(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    channel = known(workspace, call.need("channel"))
    told = channel_json(workspace, channel)
    if call.flag("include_num_members"):
        told["num_members"] = len(channel.members)
    return {"channel": told}


def _list(core: Core, call: Call) -> Json:
    """List channels; archived ones are left out after a page was cut, so that it may be short."""
    workspace = core.workspace(call.team)
    return _listed(workspace, call, workspace.channels.values())


def listed_for(core: Core, call: Call) -> Json:
    """users.conversations: list the channels that the app, or a person, is in."""
    workspace = core.workspace(call.team)
    user = call.word("user") or workspace.bot.id
    if user not in workspace.users:
        raise ApiError("user_not_found")
    inside = [c for c in workspace.channels.values() if user in c.members]
    return _listed(workspace, call, inside)


def _listed(workspace: Workspace, call: Call, channels: Iterable[Channel]) -> Json:
    types = _types(call)
    seen = [
        c
        for c in channels
        if _kind(c) in types and not (c.private and workspace.bot.id not in c.members)
    ]
    cut, more = page(seen, call.word("cursor"), call.number("limit", 100, 1000))
    hidden = call.flag("exclude_archived")
    shown = [channel_json(workspace, c) for c in cut if not (hidden and c.archived)]
    return {"channels": shown} | more


def _members(core: Core, call: Call) -> Json:
    channel = known(core.workspace(call.team), call.need("channel"))
    limit = call.number("limit", 100, 1000)
    cut, more = page(sorted(channel.members), call.word("cursor"), limit)
    return {"members": cut} | more


def _join(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    channel = known(workspace, call.need("channel"))
    if channel.private or channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.archived:
        raise ApiError("is_archived")
    if workspace.bot.id in channel.members:
        told = {"channel": channel_json(workspace, channel), "warning": "already_in_channel"}
        return told | {"response_metadata": {"warnings": ["already_in_channel"]}}
    join(core, workspace, channel, workspace.bot.id)
    return {"channel": channel_json(workspace, channel)}


def _open(core: Core, call: Call) -> Json:
    workspace = core.workspace(call.team)
    held = call.word("channel")
    if held is not None:
        channel = known(workspace, held)
    else:
        users = call.need("users").split(",")
        if len(users) > 1:
            raise ApiError("method_not_supported_for_channel_type")
        person = workspace.users.get(users[0])
        if person is None:
            raise ApiError("user_not_found")
        if person.deleted:
            raise ApiError("user_disabled")
        if person.bot:
            raise ApiError("cannot_dm_bot")
        channel = open_im(core, workspace, person.id)
    whole = channel_json(workspace, channel)
    return {"channel": whole if call.flag("return_im") else {"id": channel.id}}


def _history(core: Core, call: Call) -> Json:
    """Read a channel, the newest first; replies are not in it unless they were broadcast."""
    channel = _readable(core, call)
    limit, cursor = _limit(core, call), call.word("cursor")
    before = None if cursor is None else opened(cursor)
    cut: list[Message] = []
    following = ""
    for message in reversed(channel.messages.values()):
        hidden = message.thread_ts is not None and not message.broadcast
        if hidden or not _within(call, message) or (before is not None and message.ts >= before):
            continue
        if len(cut) == limit:
            following = sealed(cut[-1].ts)
            break
        cut.append(message)
    return _read(core, call, channel, cut, following) | {"pin_count": 0}


def _replies(core: Core, call: Call) -> Json:
    """Read a thread, its parent first, then its replies, the oldest first."""
    channel = _readable(core, call)
    first = channel.messages.get(call.need("ts"))
    if first is None:
        raise ApiError("thread_not_found")
    limit, cursor = _limit(core, call), call.word("cursor")
    replies = [channel.messages[ts] for ts in channel.threads.get(first.ts, [])]
    after = None if cursor is None else opened(cursor)
    wanted = [m for m in replies if _within(call, m) and (after is None or m.ts > after)]
    cut = ([first] if after is None else []) + wanted
    following = sealed(cut[limit - 1].ts) if len(cut) > limit else ""
    return _read(core, call, channel, cut[:limit], following)


def _read(core: Core, call: Call, channel: Channel, cut: list[Message], following: str) -> Json:
    whole = call.flag("include_all_metadata")
    told: Json = {
        "messages": [message_json(core, m, channel, metadata=whole) for m in cut],
        "has_more": bool(following),
    }
    if following:
        told["response_metadata"] = {"next_cursor": following}
    return told


def _limit(core: Core, call: Call) -> int:
    small = core.limiter.limits.history_small
    asked = call.number("limit", SMALL if small else 100, 1000)
    return min(asked, SMALL) if small else min(asked, 999)


def _within(call: Call, message: Message) -> bool:
    oldest, latest = call.word("oldest"), call.word("latest")
    inclusive = call.flag("inclusive")
    ts = float(message.ts)
    if oldest is not None and (ts < float(oldest) or (ts == float(oldest) and not inclusive)):
        return False
    return latest is None or ts < float(latest) or (ts == float(latest) and inclusive)


def _readable(core: Core, call: Call) -> Channel:
    workspace = core.workspace(call.team)
    channel = known(workspace, call.need("channel"))
    if not channel.is_im and workspace.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    for name in ("oldest", "latest"):
        given = call.word(name)
        if given is not None and not given.replace(".", "", 1).isdecimal():
            raise ApiError(f"invalid_ts_{name}")
    return channel


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.private else "public_channel"


def _types(call: Call) -> list[str]:
    types = (call.word("types") or "public_channel").split(",")
    if not all(t.strip() in _KINDS for t in types):
        raise ApiError("invalid_types")
    return [t.strip() for t in types]


def _reading(core: Core, call: Call) -> frozenset[str]:
    return frozenset(f"{_KINDS[kind]}:read" for kind in _types(call))


def _about(core: Core, call: Call, what: str) -> frozenset[str]:
    """Return the scope that the kind of a channel wants."""
    channel = core.workspace(call.team).channels.get(call.word("channel") or "")
    return frozenset() if channel is None else frozenset({f"{_KINDS[_kind(channel)]}:{what}"})


def _read_scope(core: Core, call: Call) -> frozenset[str]:
    return _about(core, call, "read")


def _history_scope(core: Core, call: Call) -> frozenset[str]:
    return _about(core, call, "history")


METHODS = (
    Method(name="conversations.info", handle=_info, scopes=_read_scope),
    Method(name="conversations.list", handle=_list, tier=2, scopes=_reading),
    Method(name="users.conversations", handle=listed_for, scopes=_reading),
    Method(name="conversations.members", handle=_members, tier=4, scopes=_read_scope),
    Method(name="conversations.join", handle=_join, scopes=scopes("channels:join")),
    Method(name="conversations.open", handle=_open, scopes=scopes("im:write")),
    Method(name="conversations.history", handle=_history, scopes=_history_scope),
    Method(name="conversations.replies", handle=_replies, scopes=_history_scope),
)
