"""Discord as a chat platform: the `Chat` port over REST. Never retries.

Owns in which order Discord is asked for one alert. What its refusals mean is in `refusals.py`,
how a message looks in `render.py`; what a gateway says never decides.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from bot.adapters.chat.discord import render
from bot.adapters.chat.discord.forum import Forum
from bot.adapters.chat.discord.history import search
from bot.adapters.chat.discord.known import KnownChannels
from bot.adapters.chat.discord.places import FORUM, THREADS, DiscordPlaces
from bot.adapters.chat.discord.rest import Rest
from bot.adapters.chat.discord.threads import NoRoomError, Threads, is_archived
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    RefusedError,
)
from bot.domain.messages import Message, Paragraph, Posted, Run, Style, text
from bot.domain.watches import Channel

log = structlog.get_logger()

PLATFORM = "discord"
NO_THREAD = "Here and not in a thread: this server has reached its limit of active threads."

Json = Mapping[str, Any]
T = TypeVar("T")


class DiscordChat:
    """Posts to Discord; see `bot.ports.world.Chat`."""

    platform = PLATFORM
    holds_in_quiet_hours = False  # Discord has silent messages
    gap = timedelta(0)  # `Rest` knows which channels are full

    def __init__(self, rest: Rest) -> None:
        """Ask `rest`."""
        self._rest = rest
        self._threads = Threads(rest)
        self._known = KnownChannels(rest)
        self._forum = Forum(rest, self._threads, self._known)
        self._places = DiscordPlaces(rest)

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        """See `bot.ports.world.Chat.post`."""
        return await self._knowing_why(to, lambda: self._post(message, to, thread, key))

    async def find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        """See `bot.ports.world.Chat.find`."""
        return await self._knowing_why(to, lambda: self._find(message, to, thread, key, since))

    async def edit(self, posted: Posted, message: Message) -> None:
        """See `bot.ports.world.Chat.edit`."""
        await self._knowing_why(posted.channel, lambda: self._edit(posted, message))

    async def _post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        place = await self._known.get(to)
        role = await self._role(message, to)
        if thread is not None:
            return await self._reply(message, to, place, thread, key)
        if place["type"] == FORUM:
            made = await self._forum.post(message, to, role)
            return Posted(to, made, _url(to, made, made))
        return await self._send(
            message, to, to.id, render.payload(message, key=key, ping_role=role)
        )

    async def _reply(
        self, message: Message, to: Channel, place: Json, card: Posted, key: str
    ) -> Posted:
        """Post in a card's thread, which the first reply opens."""
        if card.channel != to or not card.id.isdecimal():
            raise CardGoneError(str(to), "there is no such card in this channel")
        body = render.payload(message, key=key)
        if place["type"] in THREADS:  # there are no threads in a thread
            return await self._send(message, to, to.id, body | _under(card))
        try:
            if await self._threads.look(card) is None:
                if place["type"] == FORUM:
                    raise await self._post_gone(to)
                await self._threads.start(card, message)
            return await self._threads.with_room(
                card, lambda: self._send(message, to, card.id, body)
            )
        except ChannelGoneError as error:
            if await self._known.is_there(to):
                raise CardGoneError(str(to), "its thread was deleted") from error
            raise
        except NoRoomError:
            if place["type"] == FORUM:
                raise
            below = _below(message)
            body = render.payload(below, key=key)
            return await self._send(below, to, to.id, body | _under(card))

    async def _find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        place = await self._known.get(to)
        where = str(to)
        role = await self._role(message, to)  # whether it rang is not known, and words are words
        sent = [
            render.payload(message, key=key, ping_role=one) for one in dict.fromkeys((role, None))
        ]
        if thread is None and place["type"] == FORUM:
            made = await self._forum.find(sent, to, since)
            found = None if made is None else Posted(to, made, _url(to, made, made))
        elif thread is None:
            found = await self._found(to, to.id, sent, since)
        else:
            found = await self._found_below(message, place, thread, key, since)
        if found is None and not await self._places.can_look_back(to):
            raise ForbiddenError(  # Discord shows nothing, as if nothing were there
                where, "without Read Message History nobody can look whether an alert arrived"
            )
        return found

    async def _found_below(
        self, message: Message, place: Json, card: Posted, key: str, since: datetime
    ) -> Posted | None:
        """Look for a reply: in the card's thread, or below the card where there was no room."""
        to = card.channel
        sent = render.payload(message, key=key)
        if place["type"] in THREADS:
            return await self._found(to, to.id, [sent], since)
        thread = await self._threads.get(card)
        if thread is not None:
            found = await self._found(to, card.id, [sent], since)
            if found is not None or not is_archived(thread):
                return found
        if place["type"] == FORUM:
            return None
        return await self._found(to, to.id, [render.payload(_below(message), key=key)], since)

    async def _found(
        self, to: Channel, channel: str, sent: Sequence[Json], since: datetime
    ) -> Posted | None:
        found = await search(self._rest, channel, sent, since, str(to))
        if found is None:
            return None
        return Posted(to, str(found["id"]), _url(to, channel, str(found["id"])))

    async def _edit(self, posted: Posted, message: Message) -> None:
        to = posted.channel
        place = await self._known.get(to)
        if not posted.id.isdecimal():
            raise CardGoneError(str(to), "there is no such card in this channel")
        if place["type"] != FORUM:
            await self._change(posted, to.id, message)
            return

        async def change(thread: Json) -> None:
            await self._change(posted, posted.id, message)
            await self._forum.retag(thread, to, message)

        try:
            await self._threads.awake(posted, change)
        except (CardGoneError, ChannelGoneError) as error:
            raise await self._post_gone(to) from error

    async def _post_gone(self, forum: Channel) -> DeliveryError:
        """Return what follows from a post that is not there: its forum may be gone as well."""
        if await self._known.is_there(forum):
            return CardGoneError(str(forum), "its post was deleted")
        return ChannelGoneError(str(forum), "the forum was deleted")

    async def _change(self, posted: Posted, channel: str, message: Message) -> None:
        to = posted.channel
        await self._rest.request(
            "PATCH",
            f"/channels/{channel}/messages/{posted.id}",
            json=render.edit(message, ping_role=await self._role(message, to)),
            files=message.files,
            where=str(to),
        )

    async def _send(self, message: Message, to: Channel, channel: str, body: Json) -> Posted:
        """Create a message in a channel or thread; Discord takes its nonce once."""
        try:
            made = await self._rest.request(
                "POST",
                f"/channels/{channel}/messages",
                json=body,
                files=message.files,
                where=str(to),
            )
        except CardGoneError as error:  # the message that has this nonce
            raise RefusedError(str(to), "it was posted, and deleted there") from error
        if not isinstance(made, dict) or "id" not in made:
            raise DeliveryError(str(to), "the answer names no message")
        return Posted(to, str(made["id"]), _url(to, channel, str(made["id"])))

    async def _role(self, message: Message, to: Channel) -> str | None:
        """Return the id of the role to ping: watches name it by id, or by its name."""
        if not message.ping or message.silent:
            return None
        everyone = to.scope.workspace  # the role of all members has the server's own id
        given = render.role_id(message.ping)
        if given is not None:
            return None if given == everyone else given
        guild = await self._places.known(to.scope.workspace)
        wanted = message.ping.removeprefix("@").casefold()
        found = next(
            (
                id_
                for id_, name in guild.role_names.items()
                if name.casefold() == wanted and id_ != everyone
            ),
            None,
        )
        if found is None:
            log.warning("discord_role_unknown", guild=guild.id, ping=message.ping)
        return found

    async def _knowing_why(self, to: Channel, deed: Callable[[], Awaitable[T]]) -> T:
        """Do something; where the bot may not, say which permission it lacks."""
        try:
            return await deed()
        except ChannelGoneError:
            self._known.forget(to)
            raise
        except ForbiddenError as error:
            try:
                missing = await self._places.missing(to)
            except ChannelGoneError:
                raise
            except DeliveryError:
                raise error from error.__cause__  # Discord's own words have to do
            if not missing:
                raise
            raise ForbiddenError(str(to), f"the bot lacks {', '.join(missing)}") from error


def _under(card: Posted) -> dict[str, object]:
    """Return what hangs a message below a card; it is posted also where the card is gone."""
    return {"message_reference": {"message_id": card.id, "fail_if_not_exists": False}}


def _below(message: Message) -> Message:
    """Return a reply that says why it is not in a thread."""
    said = Paragraph(text(Run(NO_THREAD, Style.QUIET)))
    return replace(message, blocks=(*message.blocks, said))


def _url(to: Channel, channel: str, message: str) -> str:
    return f"https://discord.com/channels/{to.scope.workspace}/{channel}/{message}"
