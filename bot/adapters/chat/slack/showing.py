"""How an answer reaches a person on Slack: which request brings it, and what if it fails.

A private answer is brought until it is taken or the time is up: seen twice is better than never. A
public one is repeated only where it certainly did not arrive. Modals are opened by a trigger, which
is good for 3 s, and changed by their id for as long as they are open.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import structlog

from bot.adapters.chat.slack import modals, parts, render
from bot.adapters.chat.slack.asked import Asked
from bot.adapters.chat.slack.people import Api
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
    ThreadLockedError,
)
from bot.domain.messages import File, Message, Tone, say

log = structlog.get_logger()

_FOR_GOOD = (  # asking again cannot help
    CardGoneError,
    ChannelGoneError,
    ForbiddenError,
    RefusedError,
    ThreadLockedError,
)

View = Mapping[str, Any]
_NO_PREVIEWS: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Haste:
    """How long things may take. Source: Slack, Handling user interaction (3 s, 30 min)."""

    at_once: timedelta = timedelta(seconds=2.5)  # then it is said that the answer is under way
    form: timedelta = timedelta(seconds=1.8)  # then a form that was sent shows that
    options: timedelta = timedelta(seconds=2.2)  # then a menu offers what is typed alone
    whole: timedelta = timedelta(minutes=10)  # a command is given up after that
    last: timedelta = timedelta(minutes=2)  # more for bringing its answer
    trigger: timedelta = timedelta(seconds=2.5)  # for opening a form
    again: timedelta = timedelta(seconds=0.3)  # before a failed request is made again; doubles


class Uploads(Api, Protocol):
    """What asks Slack, and takes files; see `bot.adapters.chat.slack.web.Web`."""

    async def upload(self, team: str, file: File, channel: str, thread: str | None = None) -> str:
        """Put a file into a channel or thread."""
        ...


class Respond(Protocol):
    """What answers by the address that an interaction brought."""

    async def send(self, url: str, body: Mapping[str, Any]) -> None:
        """Answer once."""
        ...


class Showing:
    """Brings answers to people."""

    def __init__(self, web: Uploads, respond: Respond, haste: Haste = Haste()) -> None:
        """Ask Slack by `web`, and answer by `respond`; `haste` says for how long."""
        self._web = web
        self._respond = respond
        self._haste = haste

    async def private(self, asked: Asked, message: Message, *, replaces: bool = False) -> str:
        """Show an answer to the person alone: where they asked, else in our direct messages.

        Args:
            asked: Where and by whom it was asked.
            message: The answer.
            replaces: It takes the place of the private answer whose button was pressed.

        Returns:
            The `ts` of the message, where it can be changed later; Slack lets nobody change one
            that a person alone sees in a channel.

        Raises:
            DeliveryError: Nothing brings it there.
            TimeoutError: The time is up.
        """
        shown = render.answer(message)
        instead = replaces and asked.private
        ways: list[Callable[[], Awaitable[str]]] = []
        if asked.response_url:
            ways.append(partial(self._by_url, asked, shown, instead=instead))
        if asked.where.channel and not asked.direct:
            ways.append(partial(self._ephemeral, asked, shown))
        if asked.thread and not instead:  # Slack promises a thread only by its method
            ways.reverse()
        for way in ways:
            try:
                return await way()
            except _FOR_GOOD as error:  # used up, too old, or the bot is not in the channel
                log.info("answered_another_way", reason=error.reason)
            except TimeoutError:
                log.info("answered_another_way", reason="it took too long")
        return await self._alone(asked, shown)

    async def public(self, asked: Asked, message: Message, *, replaces: bool = False) -> None:
        """Show an answer to everybody where it was asked; the private one goes away for it.

        Raises:
            DeliveryError: It did not arrive, or nobody knows whether it did.
            TimeoutError: The time is up.
        """
        shown = render.answer(message) | _NO_PREVIEWS
        if asked.response_url:
            place: dict[str, Any] = {"response_type": "in_channel", "replace_original": False}
            if asked.thread:
                place["thread_ts"] = asked.thread
            await self._respond_with(asked, {**place, **shown}, once=True)
            if replaces and asked.private:
                await self._taken_away(asked)
        elif asked.direct:  # nobody else is there
            await self._alone(asked, shown)
        else:
            channel, thread = asked.where.channel, asked.thread or asked.where.about

            async def send() -> None:
                await self._post(asked, channel, shown, thread)

            await self._insist(send, once=True)

    async def files(self, asked: Asked, message: Message, *, public: bool) -> None:
        """Bring an answer's files: Slack shows none to one person alone but in direct messages.

        Raises:
            DeliveryError: One did not arrive, or nobody knows whether it did.
            TimeoutError: The time is up.
        """
        channel, thread = asked.where.channel, asked.thread or None
        if not public and not asked.direct:
            channel, thread = await self._direct(asked), None
        for one in parts.uploads(message.files):
            file = File(one.name, one.mime, one.data, one.alt)

            async def send(file: File = file) -> None:
                await self._web.upload(asked.team, file, channel, thread)

            await self._insist(send, once=True)

    async def opened(self, asked: Asked, view: View) -> str:
        """Open a modal, or change the one in which it was asked; return its id.

        Raises:
            DeliveryError: It is too late, or Slack does not show it.
            TimeoutError: The time is up.
        """
        if asked.view:
            await self.changed(asked, asked.view, view)
            return asked.view
        if not asked.trigger:
            raise RefusedError("slack", "a form needs a button or a command")
        ids: list[str] = []

        async def send() -> None:
            said = await self._web.call(
                asked.team, "views.open", trigger_id=asked.trigger, view=view
            )
            ids.append(str(said["view"]["id"]))

        await self._insist(send, until=self._haste.trigger, once=True)
        return ids[0]

    async def changed(self, asked: Asked, id_: str, view: View) -> None:
        """Change a modal that is open.

        Raises:
            DeliveryError: It is not open any more, or Slack does not show it.
            TimeoutError: The time is up.
        """

        async def send() -> None:
            await self._web.call(asked.team, "views.update", view_id=id_, view=view)

        await self._insist(send)

    async def published(self, asked: Asked, view: View) -> None:
        """Show a person's App Home.

        Raises:
            DeliveryError: Slack does not show it.
            TimeoutError: The time is up.
        """

        async def send() -> None:
            await self._web.call(asked.team, "views.publish", user_id=asked.user, view=view)

        await self._insist(send)

    def view(self, asked: Asked, message: Message) -> dict[str, Any]:
        """Return the modal that shows an answer."""
        return modals.answer(render.blocks(message), asked.where)

    async def _taken_away(self, asked: Asked) -> None:
        """Delete the private answer whose button was pressed; where it stays, it does no harm."""
        try:
            await self._respond_with(asked, {"delete_original": True})
        except (DeliveryError, TimeoutError) as error:
            log.info("private_answer_stays", id=asked.id, reason=str(error) or "it took too long")

    async def _by_url(self, asked: Asked, shown: Mapping[str, Any], *, instead: bool) -> str:
        """Show an answer to the person alone by the address that the interaction brought."""
        place: dict[str, Any] = {"response_type": "ephemeral", "replace_original": instead}
        if asked.thread and not instead:
            place["thread_ts"] = asked.thread
        await self._respond_with(asked, {**place, **shown})
        return ""

    async def _alone(self, asked: Asked, shown: dict[str, Any]) -> str:
        """Show an answer in our direct messages, in the place of what stands; return its `ts`."""
        channel = asked.where.channel if asked.direct else await self._direct(asked)
        thread = asked.thread if asked.direct else ""
        found: list[str] = []

        async def change() -> None:
            about = {"channel": channel, "ts": asked.stands}
            await self._web.call(asked.team, "chat.update", **about, **shown)

        async def post() -> None:
            found.append(await self._post(asked, channel, shown | _NO_PREVIEWS, thread))

        if asked.stands:
            try:
                await self._insist(change)
            except _FOR_GOOD as error:  # somebody deleted it
                log.info("answered_another_way", reason=error.reason)
            else:
                return asked.stands
        await self._insist(post)
        return found[0]

    async def _respond_with(
        self, asked: Asked, body: Mapping[str, Any], *, once: bool = False
    ) -> None:
        """Answer by the address that the interaction brought."""
        await self._insist(lambda: self._respond.send(asked.response_url, body), once=once)

    async def _ephemeral(self, asked: Asked, shown: Mapping[str, Any]) -> str:
        """Show an answer to the person alone by the Web API, which replaces none."""

        async def send() -> None:
            await self._web.call(
                asked.team,
                "chat.postEphemeral",
                channel=asked.where.channel,
                user=asked.user,
                thread_ts=asked.thread or None,
                **shown,
            )

        await self._insist(send)
        return ""

    async def _post(
        self, asked: Asked, channel: str, shown: Mapping[str, Any], thread: str = ""
    ) -> str:
        """Post a message; return its `ts`."""
        said = await self._web.call(
            asked.team, "chat.postMessage", channel=channel, thread_ts=thread or None, **shown
        )
        return str(said.get("ts") or "")

    async def _direct(self, asked: Asked) -> str:
        """Return the conversation of the person with the bot."""
        said = await self._web.call(asked.team, "conversations.open", users=asked.user)
        return str(said["channel"]["id"])

    async def _insist(
        self,
        send: Callable[[], Awaitable[None]],
        *,
        once: bool = False,
        until: timedelta | None = None,
    ) -> None:
        """Make a request until it is taken or refused for good.

        Args:
            send: Makes it.
            once: Not again where it may have arrived.
            until: For how long; as long as an answer may take, if left out.

        Raises:
            DeliveryError: It is refused for good, or may have arrived.
            TimeoutError: The time is up.
        """
        wait = self._haste.again.total_seconds()
        async with asyncio.timeout((until or self._haste.last).total_seconds()):
            while True:
                try:
                    await send()
                except _FOR_GOOD:
                    raise
                except DeliveryError as error:
                    if once and not isinstance(error, NotSentError):
                        raise
                    log.info("answer_sent_again", reason=error.reason)
                    asked_for = error.wait if isinstance(error, RateLimitError) else timedelta()
                else:
                    return
                await asyncio.sleep(max(wait, asked_for.total_seconds()))
                wait *= 2


WORKING = say("Working on it …")
LATE = say("This took too long and was given up.", tone=Tone.TROUBLE)
