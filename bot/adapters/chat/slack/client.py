"""Slack as a chat platform: the `Chat` port over the Web API. Never retries.

Owns in which order Slack is asked for one alert. What its refusals mean is in `refusals.py`, how a
message looks in `render.py`. Alerts carry no files; answers do (`answers.py`).
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.adapters.chat.slack import render
from bot.adapters.chat.slack.history import History
from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.refusals import error_of
from bot.adapters.chat.slack.web import PLATFORM, Web
from bot.domain.errors import CardGoneError, DeliveryError, ForbiddenError
from bot.domain.messages import Message, Posted
from bot.domain.watches import Channel

log = structlog.get_logger()

GAP = timedelta(seconds=1)
"""How far apart sends to a channel begin. Source: Slack, Rate limits, Posting messages."""
INVITE = "the bot is not in the channel: invite it there, with /invite"
_STAMP = re.compile(r"\d+\.\d+")

Json = Mapping[str, Any]


class SlackChat:
    """Posts to Slack; see `bot.ports.world.Chat`."""

    platform = PLATFORM
    holds_in_quiet_hours = True  # Slack has no silent messages

    def __init__(self, web: Web, places: SlackPlaces, gap: timedelta = GAP) -> None:
        """Ask `web`.

        Args:
            web: Slack.
            places: Knows the groups that can be pinged.
            gap: How far apart messages to a channel are to be.
        """
        self.gap = gap
        self._web = web
        self._places = places
        self._history = History(web)

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        """See `bot.ports.world.Chat.post`; Slack takes a key as often as it is sent."""
        url = (await self._web.identity(to.scope.workspace)).url
        if thread is not None:
            await self._look(thread, to)
        group = None if thread is not None else await self._group(message, to)
        sent = render.payload(message, key=key, ping_group=group)
        parent = None if thread is None else thread.id
        made = await self._call(to, "chat.postMessage", **sent, thread_ts=parent)
        posted = _posted(made, to, url, parent)
        if parent is not None and _parent(made) != parent:
            await self._take_back(posted)
            raise CardGoneError(str(to), "it was deleted while its reply was sent")
        return posted

    async def find(
        self,
        message: Message,  # noqa: ARG002 -- Slack keeps keys
        to: Channel,
        thread: Posted | None,
        key: str,
        since: datetime,
    ) -> Posted | None:
        """See `bot.ports.world.Chat.find`; the key decides."""
        if thread is not None:
            _check(thread, to)
        try:
            found = await self._history.find(to, thread, key, since)
        except ForbiddenError as error:
            reason = f"nobody can look whether an alert arrived: {_why(error)}"
            raise ForbiddenError(str(to), reason) from error
        if found is None:
            return None
        url = (await self._web.identity(to.scope.workspace)).url
        return _posted(found, to, url, None if thread is None else thread.id)

    async def edit(self, posted: Posted, message: Message) -> None:
        """See `bot.ports.world.Chat.edit`."""
        to = posted.channel
        _check(posted, to)
        await self._call(to, "chat.update", ts=posted.id, **render.changed(message))

    async def _look(self, card: Posted, to: Channel) -> None:
        """Make sure that a card is there: Slack posts a reply to none into the channel.

        Raises:
            CardGoneError: It is not.
        """
        _check(card, to)
        await self._call(to, "chat.getPermalink", message_ts=card.id)

    async def _take_back(self, reply: Posted) -> None:
        """Delete a reply that came to stand in the channel, where nobody wants it."""
        try:
            await self._call(reply.channel, "chat.delete", ts=reply.id)
        except DeliveryError as error:  # its card is gone all the same: that is what counts
            log.warning("slack_reply_left_in_channel", url=reply.url, reason=error.reason)

    async def _group(self, message: Message, to: Channel) -> str | None:
        """Return the id of the user group to ping."""
        if not message.ping or message.silent:
            return None
        try:
            found = await self._places.group(to.scope.workspace, message.ping)
        except ForbiddenError as error:  # news is worth more than its ping
            log.warning("slack_groups_unknown", channel=str(to), reason=error.reason)
            return None
        if found is None:
            log.warning("slack_group_unknown", channel=str(to), ping=message.ping)
        return found

    async def _call(self, to: Channel, method: str, **arguments: Any) -> Json:
        """Call a method of a channel; where the bot may not, say what to do."""
        try:
            return await self._web.call(to.scope.workspace, method, channel=to.id, **arguments)
        except ForbiddenError as error:
            raise ForbiddenError(str(to), _why(error)) from error


def _check(card: Posted, to: Channel) -> None:
    if card.channel != to or not _STAMP.fullmatch(card.id):
        raise CardGoneError(str(to), "there is no such message in this channel")


def _why(error: ForbiddenError) -> str:
    return INVITE if error_of(error) == "not_in_channel" else error.reason


def _posted(made: Json, to: Channel, url: str, parent: str | None) -> Posted:
    stamp = made.get("ts")
    if not isinstance(stamp, str):
        raise DeliveryError(str(to), "the answer names no message")
    link = f"{url}archives/{to.id}/p{stamp.replace('.', '')}"
    if parent is not None:
        link += f"?thread_ts={parent}&cid={to.id}"
    return Posted(to, stamp, link)


def _parent(made: Json) -> str | None:
    message = made.get("message")
    return message.get("thread_ts") if isinstance(message, dict) else None
