"""Whether Slack is set up as the bot needs it: rows with what is wrong and how to mend it.

For `python -m bot check --slack`, before anything runs: it asks the Web API only, and posts
nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.refusals import words
from bot.adapters.chat.slack.tokens import Tokens
from bot.adapters.chat.slack.web import Identity, Web
from bot.adapters.chat.slack.wire import Wire
from bot.domain.errors import DeliveryError
from bot.domain.watches import Channel

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "usergroups:read",
    "users:read",
)
"""What the bot's token must be good for, as in `config/slack-manifest.yaml`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was looked at."""

    what: str
    ok: bool
    says: str
    remedy: str = ""  # how to mend it; "" where nothing is wrong


async def check(
    web: Web, wire: Wire, tokens: Tokens, channels: Iterable[Channel], app_token: str = ""
) -> tuple[Row, ...]:
    """Look at the tokens, their scopes and the channels, in that order.

    Args:
        web: With the tokens that are to be checked.
        wire: Asks with the app-level token.
        tokens: The same tokens, for the workspaces that they are of.
        channels: Where the configuration has the bot post; all on Slack.
        app_token: The app-level token, for Socket Mode; "" where events come by HTTP.
    """
    rows: list[Row] = []
    wanted = sorted(set(channels))
    try:
        teams = tuple(await tokens.teams())
        for team in teams:
            rows += _workspace(await web.identity(team))
    except DeliveryError as error:
        rows.append(_token(error))
        teams = ()
    if app_token:
        rows.append(await _socket(wire, app_token))
    places = SlackPlaces(web)
    rows += [await _channel(places, one) for one in wanted if one.scope.workspace in teams]
    rows += [_elsewhere(one) for one in wanted if teams and one.scope.workspace not in teams]
    return tuple(rows)


def _workspace(me: Identity) -> tuple[Row, Row]:
    missing = [scope for scope in SCOPES if scope not in me.scopes]
    scopes = Row(
        what=f"scopes in {me.name}",
        ok=not missing,
        says=f"lacks {', '.join(missing)}" if missing else "all that are needed",
        remedy="Add them on the page OAuth & Permissions (Bot Token Scopes), and install the app"
        " again; config/slack-manifest.yaml has them all."
        if missing
        else "",
    )
    return Row(what="bot token", ok=True, says=f"Slack takes it, in {me.name} ({me.team})"), scopes


def _token(error: DeliveryError) -> Row:
    return Row(
        what="bot token",
        ok=False,
        says=error.reason,
        remedy="Copy the Bot User OAuth Token (xoxb-…) from api.slack.com/apps, your app, page"
        " OAuth & Permissions, to SLACK_BOT_TOKEN; if it is right, check that Slack can be reached"
        " from here.",
    )


async def _socket(wire: Wire, app_token: str) -> Row:
    """Look whether Socket Mode can be begun; the address that is given is not used."""
    try:
        answer = await wire.ask(app_token, "apps.connections.open", {})
        wrong = "" if answer.ok else words(answer)
    except DeliveryError as error:
        wrong = error.reason
    return Row(
        what="app-level token",
        ok=not wrong,
        says=wrong or "Slack opens a socket with it",
        remedy="Make one with the scope connections:write (xapp-…) on the page Basic Information,"
        " App-Level Tokens, for SLACK_APP_TOKEN, and turn Socket Mode on."
        if wrong
        else "",
    )


async def _channel(places: SlackPlaces, channel: Channel) -> Row:
    wrong, _, advice = (await places.check(channel)).partition(". ")
    return Row(
        what=str(channel),
        ok=not wrong,
        says=wrong or "the bot can post there",
        remedy=advice,
    )


def _elsewhere(channel: Channel) -> Row:
    return Row(
        what=str(channel),
        ok=False,
        says=f"the app is not installed in the workspace {channel.scope.workspace}",
        remedy="Install it there, or write the channel as slack:TEAM/CHANNEL with the ids of a"
        " workspace where it is (the last parts of a channel's link in the browser).",
    )
