"""What things look like in answers: messages, conversations, users, files, views."""

from tests.twins.slack.core import Core
from tests.twins.slack.state import Channel, File, Json, Message, User, View, Workspace


def message_json(core: Core, message: Message, channel: Channel, *, metadata: bool = True) -> Json:
    """Return a message as calls and events have it; `metadata`: with what the app put there."""
    told: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": channel.team,
    }
    if message.bot_id is not None:
        told |= {"bot_id": message.bot_id, "app_id": core.world.app_id}
    if message.subtype is not None:
        told["subtype"] = message.subtype
    if message.blocks:
        told["blocks"] = message.blocks
    if message.attachments:
        told["attachments"] = message.attachments
    if message.edited is not None:
        told["edited"] = message.edited
    if message.thread_ts is not None:
        told |= {"thread_ts": message.thread_ts}
        parent = channel.messages.get(message.thread_ts)
        if parent is not None:
            told["parent_user_id"] = parent.user
    if metadata and message.metadata is not None:
        told["metadata"] = message.metadata
    if message.files:
        home = core.workspace(channel.team)
        told["files"] = [file_json(core, home.files[f]) for f in message.files if f in home.files]
    replies = channel.threads.get(message.ts)
    if replies:
        users = list(dict.fromkeys(channel.messages[ts].user for ts in replies))
        told |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users_count": len(users),
            "reply_users": users[:5],
            "latest_reply": replies[-1],
            "is_locked": False,
            "subscribed": True,
        }
    return told


def channel_json(workspace: Workspace, channel: Channel) -> Json:
    """Return a conversation."""
    common = {
        "id": channel.id,
        "created": channel.created,
        "context_team_id": workspace.id,
        "is_archived": channel.archived,
        "is_im": channel.is_im,
        "is_org_shared": False,
        "updated": channel.created * 1000,
    }
    if channel.is_im:
        return common | {"user": channel.peer, "is_user_deleted": False, "priority": 0}
    blank = {"value": "", "creator": "", "last_set": 0}
    return common | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_mpim": False,
        "is_private": channel.private,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "is_member": workspace.bot.id in channel.members,
        "unlinked": 0,
        "creator": channel.creator,
        "topic": blank | {"value": channel.topic},
        "purpose": blank,
        "previous_names": [],
    }


def user_json(workspace: Workspace, user: User, *, locale: bool = False) -> Json:
    """Return a user; one of another workspace (Slack Connect) is a stranger."""
    told: Json = {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": 0,
        "profile": {
            "real_name": user.real_name,
            "display_name": user.name,
            "team": user.team,
            "title": "",
        },
        "is_bot": user.bot,
        "is_app_user": False,
        "updated": 0,
    }
    if user.bot_id is not None:
        told["profile"] |= {"bot_id": user.bot_id, "api_app_id": ""}
    if user.team != workspace.id:
        told["is_stranger"] = True
    elif not user.deleted:
        told |= {
            "is_admin": user.admin or user.owner,
            "is_owner": user.owner,
            "is_primary_owner": user.owner,
            "is_restricted": user.restricted,
            "is_ultra_restricted": False,
        }
    if locale:
        told["locale"] = user.locale
    return told


def file_json(core: Core, file: File, *, shares: bool = False) -> Json:
    """Return a file; where it was shared is known only a while after it was completed."""
    address = f"{core.address}/files-pri/{file.team}-{file.id}"
    told: Json = {
        "id": file.id,
        "created": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": "application/octet-stream",
        "filetype": file.name.rpartition(".")[2],
        "user": file.user,
        "size": file.length,
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "url_private": f"{address}/{file.name}",
        "url_private_download": f"{address}/download/{file.name}",
        "permalink": f"{core.workspace(file.team).url}files/{file.user}/{file.id}/{file.name}",
        "channels": [c for c in file.channels if c.startswith("C")],
        "groups": [],
        "ims": [c for c in file.channels if c.startswith("D")],
        "shares": {},
    }
    if file.alt is not None:
        told["alt_txt"] = file.alt
    if shares:
        told["shares"] = _shares(core.workspace(file.team), file)
    return told


def view_json(view: View) -> Json:
    """Return a view; what the person has filled in is in the payload of what they do with it."""
    body: Json = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": None,
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
    } | view.body
    return body | {
        "id": view.id,
        "team_id": view.team,
        "state": {"values": {}},
        "hash": view.hash,
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "app_id": view.app_id,
        "app_installed_team_id": view.team,
        "bot_id": view.bot_id,
    }


def _shares(workspace: Workspace, file: File) -> Json:
    found: Json = {}
    for number in file.channels:
        channel = workspace.channels.get(number)
        if channel is None:
            continue
        kind = "private" if channel.private or channel.is_im else "public"
        told = [
            {"ts": m.ts, "channel_name": channel.name}
            | ({} if m.thread_ts is None else {"thread_ts": m.thread_ts})
            for m in channel.messages.values()
            if file.id in m.files
        ]
        found.setdefault(kind, {})[number] = told
    return found
