"""The real slack-bolt, pointed at the Slack twin and connected to it over a socket."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond, AsyncSay
from slack_sdk.web.async_client import AsyncWebClient

from tests.twins.slack import SlackTwin
from tests.twins.slack.state import Message

Body = dict[str, Any]

QUIET = logging.getLogger("slack_bolt_bot")
"""For bolt, which reports each cut socket with a traceback."""
QUIET.setLevel(logging.CRITICAL)


def bolt_app(twin: SlackTwin) -> AsyncApp:
    """Return an app of the twin's first workspace, without listeners; it retries nothing."""
    client = AsyncWebClient(
        token=twin.bot_token, base_url=twin.api_base, retry_handlers=[], logger=QUIET
    )
    return AsyncApp(client=client, signing_secret=twin.signing_secret, logger=QUIET)


@asynccontextmanager
async def socket_of(twin: SlackTwin, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect an app over a socket of its own until the block ends."""
    there = len(twin.ways.sockets.connected())
    handler = AsyncSocketModeHandler(app, twin.app_token, ping_interval=0.3)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await twin.ways.sockets.until_connected(there + 1)
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)


def plain(text: str) -> Body:
    """Return a plain text object."""
    return {"type": "plain_text", "text": text}


def section(text: str) -> Body:
    """Return a section."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(label: str, name: str) -> Body:
    """Return a button."""
    return {"type": "button", "text": plain(label), "action_id": name, "value": f"v-{name}"}


def option(text: str) -> Body:
    """Return a menu's entry."""
    return {"text": plain(text), "value": f"v-{text}"}


CARD = [
    section("A card about *CECOT*"),
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            button("Summary", "summary"),
            button("Mute", "mute"),
            button("Edit", "edit"),
            {"type": "overflow", "action_id": "more", "options": [option("Why"), option("Gone")]},
        ],
    },
]
FORM: Body = {
    "type": "modal",
    "callback_id": "watch",
    "title": plain("New watch"),
    "submit": plain("Save"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "query",
            "label": plain("Query"),
            "element": {
                "type": "plain_text_input",
                "action_id": "value",
                "initial_value": "cecot",
                "max_length": 20,
            },
        },
        {
            "type": "input",
            "block_id": "feed",
            "label": plain("Feed"),
            "element": {
                "type": "external_select",
                "action_id": "feed",
                "min_query_length": 2,
            },
        },
        {
            "type": "input",
            "block_id": "file",
            "optional": True,
            "label": plain("List"),
            "element": {"type": "file_input", "action_id": "file"},
        },
        {
            "type": "actions",
            "block_id": "length",
            "elements": [
                {
                    "type": "static_select",
                    "action_id": "length",
                    "placeholder": plain("Length"),
                    "options": [option("short"), option("long")],
                }
            ],
        },
    ],
}


CHANGES = (
    "member_joined_channel",
    "channel_rename",
    "channel_archive",
    "channel_unarchive",
    "channel_deleted",
    "channel_left",
    "group_left",
    "app_uninstalled",
    "tokens_revoked",
    "file_shared",
)


class Bot:
    """A bolt app with one listener of each kind, and what they were told.

    Attributes:
        action: What a sent modal is answered with.
        flawed: Whether a test makes it answer what Slack does not take.
    """

    def __init__(self, twin: SlackTwin) -> None:
        """Listen, but connect to nothing yet."""
        self.twin = twin
        self.told: list[Body] = []
        self.action: Body = {}
        self.flawed = False
        self.app = bolt_app(twin)
        self.client: AsyncWebClient = self.app.client
        self.app.command("/news")(self._news)
        self.app.action("summary")(self._summary)
        self.app.action("mute")(self._mute)
        self.app.action("edit")(self._open_form)
        self.app.action("more")(self._more)
        self.app.action("length")(self._length)
        self.app.options("feed")(self._feeds)
        self.app.view("watch")(self._sent)
        self.app.view_closed("watch")(self._closed)
        self.app.shortcut("why")(self._why)
        self.app.shortcut("news")(self._open_form)
        self.app.event("app_mention")(self._mentioned)
        self.app.event("message")(self._written)
        self.app.event("app_home_opened")(self._opened)
        for name in CHANGES:
            self.app.event(name)(self._changed)

    async def card(self) -> Message:
        """Post a message with buttons and return it."""
        channel = self.twin.channel("alerts")
        told = await self.client.chat_postMessage(channel=channel.id, text="card", blocks=CARD)
        return channel.messages[told["ts"]]

    async def _news(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        self.told.append(body)
        match body["text"]:
            case "quick":
                await ack("quick answer")
            case "public":
                await ack()
                await respond("for all", response_type="in_channel")
            case "watch":
                await self._open_form(ack, body)
            case "bad":
                await ack(blocks=[{"type": "nonsense"}])
            case "never":
                return
            case text:
                await ack()
                await respond(f"you said {text}")

    async def _open_form(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        await self.client.views_open(trigger_id=body["trigger_id"], view=FORM)

    async def _summary(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        self.told.append(body)
        await ack()
        await respond("three sentences", replace_original=False)

    async def _mute(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        self.told.append(body)
        await ack()
        await respond("muted")  # without replace_original

    async def _more(self, ack: AsyncAck, action: Body, respond: AsyncRespond) -> None:
        await ack()
        if action["selected_option"]["value"] == "v-Gone":
            await respond(delete_original=True)
        else:
            await respond("because", replace_original=False)

    async def _length(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        view = FORM | {"blocks": [*FORM["blocks"], section("about 3 a day")]}
        await self.client.views_update(view_id=body["view"]["id"], view=view)

    async def _feeds(self, ack: AsyncAck, body: Body) -> None:
        self.told.append(body)
        await ack(options=[option(f"{body['value']}lta"), option(f"{body['value']}mma")])

    async def _sent(self, ack: AsyncAck, body: Body) -> None:
        self.told.append(body)
        await ack(**self.action)

    async def _closed(self, ack: AsyncAck, body: Body) -> None:
        self.told.append(body)
        await ack()

    async def _why(self, ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        self.told.append(body)
        await ack()
        await respond("it matched")

    async def _mentioned(self, event: Body, body: Body, say: AsyncSay) -> None:
        self.told.append(body)
        await say("heard", thread_ts=event.get("thread_ts"))

    async def _written(self, event: Body) -> None:
        self.told.append(event)
        await self.client.chat_postMessage(channel=event["channel"], text="in private")

    async def _opened(self, event: Body) -> None:
        self.told.append(event)
        row = {"type": "actions", "elements": [button("Edit", "edit")]}
        view = {"type": "home", "blocks": [section("Your watches"), row]}
        await self.client.views_publish(user_id=event["user"], view=view)

    async def _changed(self, event: Body) -> None:
        self.told.append(event)
