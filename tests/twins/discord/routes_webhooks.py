"""What follows an interaction's answer, and incoming webhooks: they share their addresses."""

from typing import Any

from tests.twins.discord.core import Core, new_token
from tests.twins.discord.errors import Json, Wrong, unknown
from tests.twins.discord.interactions import Interaction
from tests.twins.discord.payloads import webhook_json
from tests.twins.discord.permissions import Can, need
from tests.twins.discord.posting import Draft, delete, edit, entry, post
from tests.twins.discord.rest import Call, Endpoint
from tests.twins.discord.routes_guilds import guild_of
from tests.twins.discord.routes_interactions import say
from tests.twins.discord.routes_messages import channel_of
from tests.twins.discord.rules import text
from tests.twins.discord.state import LOADING, Message, User, Webhook
from tests.twins.discord.threads import wake


def execute(core: Core, call: Call) -> Any:
    """POST a follow-up to an interaction, or a message of an incoming webhook."""
    asked = core.interactions.to_follow(call.params["webhook_token"])
    if asked is not None:
        if asked.original is not None and asked.original.flags & LOADING:
            return _fill(core, asked, asked.original, call)
        message = say(core, asked, call.body, call.files, "followup")
        asked.followups.append(message)
        asked.touch()
        return core.message_json(message)
    webhook = _webhook(core, call)
    channel = core.world.channels[int(call.query.get("thread_id", webhook.channel_id))]
    named = User(id=webhook.id, name=call.body.get("username") or webhook.name, bot=True)
    wake(core, channel, core.world.bot)
    draft = Draft(
        body=call.body,
        author=named,
        files=call.files,
        webhook_id=webhook.id,
        via="webhook",
    )
    message = post(core, channel, draft)
    waiting = call.query.get("wait", "").lower() in ("1", "true")
    return core.message_json(message) if waiting else None


def _fill(core: Core, asked: Interaction, message: Message, call: Call) -> Json:
    """Put the answer where "… is thinking" stood."""
    edit(core, message, call.body, call.files, "deferred")
    message.flags &= ~LOADING
    channel = core.world.channels[message.channel_id]
    channel.posted += 1
    core.note("message", **entry(core, message), via="deferred")
    asked.touch()
    return core.message_json(message)


def _followed(core: Core, call: Call) -> tuple[Interaction | None, Message]:
    """Return the message that a follow-up's address names, and the interaction if it has one."""
    asked = core.interactions.to_follow(call.params["webhook_token"])
    named = call.params["message_id"]
    if asked is not None:
        mine = [m for m in (asked.original, *asked.followups) if m is not None]
        message = asked.original if named == "@original" else None
        if named != "@original":
            number = call.number("message_id")
            message = next((m for m in mine if m.id == number), None)
    else:
        webhook = _webhook(core, call)
        place = core.world.channels[int(call.query.get("thread_id", webhook.channel_id))]
        message = place.messages.get(call.number("message_id"))
        if message is not None and message.webhook_id != webhook.id:
            message = None
    there = message is not None and core.world.channels.get(message.channel_id)
    if message is None or not there or message.id not in there.messages:
        raise unknown("Message")
    return asked, message


def read_followed(core: Core, call: Call) -> Any:
    """GET an answer or follow-up."""
    return core.message_json(_followed(core, call)[1])


def edit_followed(core: Core, call: Call) -> Any:
    """PATCH an answer or follow-up; for a deferred one this is the answer itself."""
    asked, message = _followed(core, call)
    if asked is not None and message.flags & LOADING:
        return _fill(core, asked, message, call)
    edit(core, message, call.body, call.files, "followup")
    if asked is not None:
        asked.touch()
    return core.message_json(message)


def delete_followed(core: Core, call: Call) -> Any:
    """DELETE an answer or follow-up."""
    asked, message = _followed(core, call)
    delete(core, message, "followup")
    if asked is not None:
        if message is asked.original:
            asked.original = None
        asked.touch()


def _webhook(core: Core, call: Call) -> Webhook:
    webhook = core.world.webhooks.get(call.number("webhook_id"))
    if webhook is None or webhook.token != call.params["webhook_token"]:
        raise unknown("Webhook")
    return webhook


def create_webhook(core: Core, call: Call) -> Any:
    """POST an incoming webhook of a channel."""
    channel = channel_of(core, call, Can.MANAGE_WEBHOOKS)
    wrong = Wrong()
    text(wrong, "name", call.body.get("name") or "", 80, 1)
    wrong.refuse()
    made = Webhook(
        id=core.world.snowflake(),
        guild_id=channel.guild_id,
        channel_id=channel.id,
        name=call.body["name"],
        token=new_token(),
    )
    core.world.webhooks[made.id] = made
    return webhook_json(core.world, made)


def channel_webhooks(core: Core, call: Call) -> Any:
    """GET a channel's webhooks."""
    channel = channel_of(core, call, Can.MANAGE_WEBHOOKS)
    made = core.world.webhooks.values()
    return [webhook_json(core.world, w) for w in made if w.channel_id == channel.id]


def guild_webhooks(core: Core, call: Call) -> Any:
    """GET the webhooks of the channels that the bot may manage them in."""
    guild = guild_of(core, call)
    told = [w for w in core.world.webhooks.values() if w.guild_id == guild.id]
    for webhook in told:
        channel = core.world.channels[webhook.channel_id]
        need(core.world, channel, core.world.bot.id, Can.MANAGE_WEBHOOKS)
    return [webhook_json(core.world, w) for w in told]


def read_webhook(core: Core, call: Call) -> Any:
    """GET a webhook by its token."""
    return webhook_json(core.world, _webhook(core, call))


def delete_webhook(core: Core, call: Call) -> Any:
    """DELETE a webhook by its token."""
    del core.world.webhooks[_webhook(core, call).id]


def webhook_schema(core: Core, call: Call) -> str | None:
    """Return the document's schema of a webhook's message."""
    return "IncomingWebhookRequestPartial"


_HOOK = "/webhooks/{webhook_id}/{webhook_token}"
_SAID = _HOOK + "/messages/{message_id}"

WEBHOOK_ENDPOINTS = (
    Endpoint(
        method="POST",
        path=_HOOK,
        handle=execute,
        bucket="webhook",
        token=False,
        schema=webhook_schema,
    ),
    Endpoint(method="GET", path=_HOOK, handle=read_webhook, token=False),
    Endpoint(method="DELETE", path=_HOOK, handle=delete_webhook, token=False),
    Endpoint(method="GET", path=_SAID, handle=read_followed, bucket="webhook", token=False),
    Endpoint(method="PATCH", path=_SAID, handle=edit_followed, bucket="webhook", token=False),
    Endpoint(method="DELETE", path=_SAID, handle=delete_followed, bucket="webhook", token=False),
    Endpoint(method="POST", path="/channels/{channel_id}/webhooks", handle=create_webhook),
    Endpoint(method="GET", path="/channels/{channel_id}/webhooks", handle=channel_webhooks),
    Endpoint(method="GET", path="/guilds/{guild_id}/webhooks", handle=guild_webhooks),
)
