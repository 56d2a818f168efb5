"""What Slack tells an app: the shapes of commands, interactions and events.

Source: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from tests.twins.slack.state import Channel, Json, User, Workspace, World

VERIFICATION_TOKEN = "twin-verification-token"  # noqa: S105 (deprecated at Slack, still sent)


def slash_payload(
    world: World,
    workspace: Workspace,
    user: User,
    channel: Channel,
    *,
    command: str,
    text: str,
    trigger: str,
    response_url: str,
) -> Json:
    """Return a slash command: flat, all values strings; `team_id` is that of who typed it."""
    theirs = world.workspaces.get(user.team, workspace)
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": theirs.id,
        "team_domain": theirs.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": world.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def actions_payload(
    world: World,
    workspace: Workspace,
    user: User,
    actions: list[Json],
    *,
    trigger: str,
    place: Json,
    state: Json,
) -> Json:
    """Return a press or choice; `place` comes from `message_place` or `view_place`."""
    return {
        "type": "block_actions",
        "user": user_json(user),
        "api_app_id": world.app_id,
        "token": VERIFICATION_TOKEN,
        "trigger_id": trigger,
        "team": team_json(workspace),
        "enterprise": None,
        "is_enterprise_install": False,
        **place,
        "state": {"values": state},
        "actions": actions,
    }


def suggestion_payload(
    world: World, workspace: Workspace, user: User, element: Json, *, value: str, place: Json
) -> Json:
    """Return what is asked while somebody types in a menu with external data."""
    return {
        "type": "block_suggestion",
        "user": user_json(user),
        "api_app_id": world.app_id,
        "token": VERIFICATION_TOKEN,
        "team": team_json(workspace),
        "enterprise": None,
        "is_enterprise_install": False,
        **{k: v for k, v in place.items() if k != "response_url"},
        "action_id": element["action_id"],
        "block_id": element["block_id"],
        "value": value,
    }


def message_place(channel: Channel, message: Json, response_url: str, *, ephemeral: bool) -> Json:
    """Return where something was pressed: on a message.

    Slack does not send the text and blocks of an ephemeral message back.
    """
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    place: Json = {
        "container": container,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "response_url": response_url,
    }
    if not ephemeral:
        place["message"] = message
    return place


def view_place(view: Json) -> Json:
    """Return where something was pressed: in a modal or on the App Home."""
    return {"container": {"type": "view", "view_id": view["id"]}, "view": view}


def submission_payload(
    world: World, workspace: Workspace, user: User, view: Json, *, trigger: str
) -> Json:
    """Return a modal that was filled in; `view` has the state."""
    return {
        "type": "view_submission",
        "team": team_json(workspace),
        "user": user_json(user),
        "api_app_id": world.app_id,
        "token": VERIFICATION_TOKEN,
        "trigger_id": trigger,
        "view": view,
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }


def closed_payload(
    world: World, workspace: Workspace, user: User, view: Json, *, all_of_them: bool
) -> Json:
    """Return a modal that was closed without being sent."""
    return {
        "type": "view_closed",
        "team": team_json(workspace),
        "user": user_json(user),
        "api_app_id": world.app_id,
        "token": VERIFICATION_TOKEN,
        "view": view,
        "is_cleared": all_of_them,
        "is_enterprise_install": False,
        "enterprise": None,
    }


def shortcut_payload(
    world: World, workspace: Workspace, user: User, *, callback_id: str, trigger: str, at: str
) -> Json:
    """Return a global shortcut, which comes from no channel."""
    return {
        "type": "shortcut",
        "token": VERIFICATION_TOKEN,
        "action_ts": at,
        "team": team_json(workspace),
        "user": user_json(user),
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": callback_id,
        "trigger_id": trigger,
    }


def message_action_payload(
    world: World,
    workspace: Workspace,
    user: User,
    channel: Channel,
    message: Json,
    *,
    callback_id: str,
    trigger: str,
    response_url: str,
    at: str,
) -> Json:
    """Return an entry chosen in a message's menu."""
    shortcut = shortcut_payload(
        world, workspace, user, callback_id=callback_id, trigger=trigger, at=at
    )
    return {
        **shortcut,
        "type": "message_action",
        "response_url": response_url,
        "message_ts": message["ts"],
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": message,
    }


def event_payload(
    world: World, workspace: Workspace, event: Json, event_id: str, now: float
) -> Json:
    """Return an event in its wrapper."""
    shared = is_shared(workspace, event)
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.id,
        "context_team_id": workspace.id,
        "context_enterprise_id": None,
        "api_app_id": world.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.id,
                "user_id": workspace.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{event_id}",
    }


def is_shared(workspace: Workspace, event: Json) -> bool:
    """Return whether an event is from a channel that people of another workspace are in."""
    where = event.get("channel") or event.get("channel_id")
    channel = workspace.channels.get(where) if isinstance(where, str) else None
    people = channel.members if channel is not None else set()
    return any(workspace.users[u].team != workspace.id for u in people if u in workspace.users)


def user_json(user: User) -> Json:
    """Return a person as interactions name them; `team_id` is where they belong."""
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team}


def team_json(workspace: Workspace) -> Json:
    """Return a workspace as interactions name it."""
    return {"id": workspace.id, "domain": workspace.domain}


def channel_name(channel: Channel) -> str:
    """Return a channel's name as payloads have it: private ones are not named."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.private else channel.name
