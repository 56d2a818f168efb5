"""The first answer to an interaction, of any kind, and what the bot says in its channel."""

from typing import Any

from tests.twins.discord.commands import check_choices
from tests.twins.discord.core import Core
from tests.twins.discord.errors import Json, Wrong, unknown
from tests.twins.discord.interactions import Asked, Interaction, Reply, check_reply
from tests.twins.discord.payloads import user_json
from tests.twins.discord.posting import Draft, edit, post
from tests.twins.discord.rest import Call, Endpoint
from tests.twins.discord.rules import check_modal
from tests.twins.discord.state import EPHEMERAL, LOADING, Channel, Message
from tests.twins.discord.threads import wake


def callback(core: Core, call: Call) -> Any:
    """POST the first answer to an interaction: within 3 s, and once."""
    token = call.params["interaction_token"]
    asked = core.interactions.to_answer(call.number("interaction_id"), token)
    reply = check_reply(asked, call.body.get("type") or 0)
    data: Json = call.body.get("data") or {}
    match reply:
        case Reply.MESSAGE:
            asked.original = say(core, asked, data, call.files, "answer")
        case Reply.DEFERRED:
            asked.original = _placeholder(core, asked, data)
        case Reply.DEFERRED_UPDATE:
            asked.original = asked.message
        case Reply.UPDATE:
            asked.original = asked.message
            if asked.message is not None:
                edit(core, asked.message, data, call.files, "answer")
        case Reply.CHOICES:
            wrong = Wrong()
            check_choices(wrong, "data.choices", data.get("choices") or [])
            wrong.refuse()
            asked.choices = data.get("choices") or []
        case Reply.MODAL:
            check_modal(data)
            asked.modal = data
    asked.reply = reply
    core.note(
        "answer",
        interaction=str(asked.id),
        name=asked.name,
        reply=reply.name,
        message=None if asked.original is None else str(asked.original.id),
        after=core.clock.now() - asked.at,
        ephemeral=asked.original is not None and asked.original.only_for is not None,
    )
    asked.touch()
    wanted = call.query.get("with_response", "").lower() in ("1", "true")
    return _told(core, asked, reply) if wanted else None


def _told(core: Core, asked: Interaction, reply: Reply) -> Json:
    about: Json = {"id": str(asked.id), "type": int(asked.asked)}
    resource: Json = {"type": int(reply)}
    if asked.original is not None and reply not in (Reply.CHOICES, Reply.MODAL):
        about |= {
            "response_message_id": str(asked.original.id),
            "response_message_loading": bool(asked.original.flags & LOADING),
            "response_message_ephemeral": bool(asked.original.flags & EPHEMERAL),
        }
        if reply in (Reply.MESSAGE, Reply.UPDATE):
            resource["message"] = core.message_json(asked.original)
    return {"interaction": about, "resource": resource}


def say(core: Core, asked: Interaction, data: Json, files: dict[str, bytes], via: str) -> Message:
    """Post what the bot answers or adds, for all or for this person alone."""
    channel = _place(core, asked)
    hidden = bool((data.get("flags") or 0) & EPHEMERAL)
    if not hidden:
        wake(core, channel, core.world.bot)
    return post(
        core,
        channel,
        Draft(
            body=data,
            author=core.world.bot,
            files=files,
            kind=20 if asked.asked is Asked.COMMAND else 0,
            webhook_id=core.world.bot.id,
            interaction=_metadata(asked),
            only_for=asked.user.id if hidden else None,
            via=via,
        ),
    )


def _placeholder(core: Core, asked: Interaction, data: Json) -> Message:
    """Put "… is thinking" where the answer will be; it is no message in the journal yet."""
    channel = _place(core, asked)
    hidden = (data.get("flags") or 0) & EPHEMERAL
    message = Message(
        id=core.world.snowflake(),
        channel_id=channel.id,
        guild_id=channel.guild_id,
        author=core.world.bot,
        flags=LOADING | hidden,
        kind=20 if asked.asked is Asked.COMMAND else 0,
        at=core.clock.stamp(),
        webhook_id=core.world.bot.id,
        interaction=_metadata(asked),
        only_for=asked.user.id if hidden else None,
    )
    channel.messages[message.id] = message
    return message


def _place(core: Core, asked: Interaction) -> Channel:
    channel = core.world.channels.get(asked.channel_id)
    if channel is None:
        raise unknown("Channel")
    return channel


def _metadata(asked: Interaction) -> Json:
    told: Json = {
        "id": str(asked.id),
        "type": int(asked.asked),
        "user": user_json(asked.user),
        "authorizing_integration_owners": {"0": str(asked.guild_id)},
    }
    if asked.asked is Asked.COMPONENT and asked.message is not None:
        told["interacted_message_id"] = str(asked.message.id)
    return told


def callback_schema(core: Core, call: Call) -> str | None:
    """Return the document's schema of this kind of answer, so that faults are told in place."""
    return {
        1: "PongInteractionCallbackRequest",
        4: "CreateMessageInteractionCallbackRequest",
        5: "CreateMessageInteractionCallbackRequest",
        6: "UpdateMessageInteractionCallbackRequest",
        7: "UpdateMessageInteractionCallbackRequest",
        8: "ApplicationCommandAutocompleteCallbackRequest",
        9: "ModalInteractionCallbackRequest",
    }.get(call.body.get("type"))


INTERACTION_ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/interactions/{interaction_id}/{interaction_token}/callback",
        handle=callback,
        bucket="none",
        token=False,
        schema=callback_schema,
    ),
)
