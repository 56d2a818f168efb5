"""What Slack sends, brought to the answerer: the same listeners for sockets and for HTTP.

Owns which payload is which; what is done with it is the answerer's. bolt has checked the signature,
and acknowledges events by itself; everything else is acknowledged by who answers it.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.adapters.chat.slack import home, modals
from bot.adapters.chat.slack.asked import (
    EVERYTHING,
    MENUS,
    PLATFORM,
    of_command,
    of_event,
    of_interaction,
)
from bot.adapters.chat.slack.talk import Talk
from bot.adapters.chat.slack.typed import spoken, typed
from bot.adapters.chat.slack.wording import ALIAS, COMMAND
from bot.domain.errors import DeliveryError
from bot.domain.watches import Channel, Scope

log = structlog.get_logger()

CHANGES = (
    "channel_archive",
    "channel_deleted",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_rename",
    "group_unarchive",
)
"""Events after which a channel is called otherwise, or cannot be posted to, or can be again."""
_ANY = re.compile(".*", re.DOTALL)

Body = dict[str, Any]
Bot = Callable[[str], Awaitable[str]]


def register(
    app: AsyncApp,
    talk: Talk,
    *,
    bot: Bot,
    greet: Callable[[Channel], Awaitable[None]],
    changed: Callable[[str], None],
    gone: Callable[[str, datetime], Awaitable[None]],
) -> None:
    """Put every listener on a bolt app.

    Args:
        app: Listens, over a socket or over HTTP.
        talk: Answers people.
        bot: Returns the bot's user id in a workspace; raises a `DeliveryError` if nobody says.
        greet: Called with a channel that the bot has just come into.
        changed: Called with a workspace whose channels are not what they were.
        gone: Called with a workspace that has removed the app, or taken its token back, and when
            (UTC): Slack may tell minutes later.
    """
    _commands(app, talk)
    _surfaces(app, talk)
    _words(app, talk, bot)
    _channels(app, talk, bot, greet, changed)

    async def removed(body: Body, context: AsyncBoltContext) -> None:
        log.warning("slack_app_removed", team=_team(context))
        talk.people.forget(_team(context))
        await gone(_team(context), datetime.fromtimestamp(int(body["event_time"]), UTC))

    async def revoked(event: Body, body: Body, context: AsyncBoltContext) -> None:
        if (event.get("tokens") or {}).get("bot"):
            await removed(body, context)

    app.event("app_uninstalled")(talk.kept(removed))
    app.event("tokens_revoked")(talk.kept(revoked))


def _commands(app: AsyncApp, talk: Talk) -> None:
    """Listen to slash commands and to the menus of messages."""

    async def command(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        asked, line = of_command(body, _team(context)), typed(str(body.get("text") or ""))
        if body.get("command") == f"/{ALIAS}":
            line = f"{ALIAS} {line}"
        if line:
            await talk.answerer.command(asked, line, ack)
        else:
            await talk.forms.wanted(asked, "", ack)

    async def everything(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await talk.forms.wanted(of_interaction(body, _team(context)), "", ack)

    async def menu(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        asked, entry = of_interaction(body, _team(context)), str(body.get("callback_id"))
        await talk.answerer.menu(asked, entry, body.get("message") or {}, ack)

    for name in (COMMAND, f"/{ALIAS}"):
        app.command(name)(talk.kept(command))
    app.global_shortcut(EVERYTHING)(talk.kept(everything))
    for one in MENUS:
        app.message_shortcut(one.id)(talk.kept(menu))


def _words(app: AsyncApp, talk: Talk, bot: Bot) -> None:
    """Listen to what people say to the bot, and to who opens its App Home."""

    async def said(event: Body, body: Body, team: str) -> None:
        try:
            me = await bot(team)
        except DeliveryError as error:
            log.warning("words_not_read", reason=error.reason)
            return
        line = spoken(str(event.get("text") or ""), me)
        await talk.answerer.said(of_event(body, team), line, event.get("files") or ())

    async def mentioned(event: Body, body: Body, context: AsyncBoltContext) -> None:
        if not _of_a_bot(event):
            await said(event, body, _team(context))

    async def direct(event: Body, body: Body, context: AsyncBoltContext) -> None:
        own = event.get("subtype") not in (None, "file_share")  # edited, deleted, joined …
        if event.get("channel_type") == "im" and not own and not _of_a_bot(event):
            await said(event, body, _team(context))

    async def opened(event: Body, body: Body, context: AsyncBoltContext) -> None:
        if event.get("tab") == "home":
            await talk.answerer.home(of_event(body, _team(context)))

    app.event("app_mention")(talk.kept(mentioned))
    app.event("message")(talk.kept(direct))
    app.event("app_home_opened")(talk.kept(opened))


def _channels(
    app: AsyncApp,
    talk: Talk,
    bot: Bot,
    greet: Callable[[Channel], Awaitable[None]],
    changed: Callable[[str], None],
) -> None:
    """Listen to what happens to channels."""

    async def joined(event: Body, context: AsyncBoltContext) -> None:
        team = _team(context)
        changed(team)
        if event.get("user") == await bot(team):
            await greet(Channel(Scope(PLATFORM, team), str(event.get("channel", ""))))

    async def differs(event: Body, context: AsyncBoltContext) -> None:
        log.info("slack_channel_changed", team=_team(context), what=event.get("type"))
        changed(_team(context))

    app.event("member_joined_channel")(talk.kept(joined))
    for name in CHANGES:
        app.event(name)(talk.kept(differs))


def _surfaces(app: AsyncApp, talk: Talk) -> None:
    """Listen to buttons, menus and forms."""

    async def pressed(ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext) -> None:
        asked = of_interaction(body, _team(context))
        name, value = str(action.get("action_id")), _value(action)
        view: Mapping[str, Any] = body.get("view") or {}
        if name == modals.TRY:
            await talk.forms.tried(asked, view, ack)
        elif name == modals.CHOOSE:
            await talk.forms.wanted(asked, value, ack, among=True)
        elif name.startswith(f"{home.OPEN}/"):
            await talk.forms.wanted(asked, "" if value == EVERYTHING else value, ack)
        elif (
            name.startswith(f"{modals.VALUE}/") or not value
        ):  # something is filled in, or a link was followed
            await ack()
        else:
            await talk.answerer.pressed(asked, value, ack)

    async def sent(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await talk.forms.sent(of_interaction(body, _team(context)), body["view"], ack)

    async def offered(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        param = str(body.get("block_id", "")).removeprefix(modals.PARAM)
        asked, view = of_interaction(body, _team(context)), body.get("view") or {}
        await talk.forms.offered(asked, view, param, str(body.get("value") or ""), ack)

    app.action(_ANY)(talk.kept(pressed))
    app.view(modals.FORM)(talk.kept(sent))
    app.options(_ANY)(talk.kept(offered))


def _team(context: AsyncBoltContext) -> str:
    """Return the workspace where the bot is, whichever one the person is of."""
    return str(context.team_id or "")


def _of_a_bot(event: Body) -> bool:
    return bool(event.get("bot_id") or event.get("bot_profile"))


def _value(action: Body) -> str:
    """Return what a button says, or what was chosen in a menu."""
    chosen = action.get("selected_option") or {}
    return str(chosen.get("value") or action.get("value") or "")
