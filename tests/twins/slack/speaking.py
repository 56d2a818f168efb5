"""People type commands, choose shortcuts, and write to the app."""

from tests.twins.slack.answer import Answer
from tests.twins.slack.asking import CannotAskError
from tests.twins.slack.deliveries import Kind
from tests.twins.slack.errors import ApiError
from tests.twins.slack.marking import marked
from tests.twins.slack.payloads import (
    is_shared,
    message_action_payload,
    shortcut_payload,
    slash_payload,
)
from tests.twins.slack.people import Somebody, thread_of
from tests.twins.slack.posting import Draft, post
from tests.twins.slack.shapes import message_json, view_json
from tests.twins.slack.state import Channel, Json, Message


class Speaker(Somebody):
    """Somebody who speaks to the app."""

    async def slash(
        self,
        line: str,
        *,
        channel: Channel | str | None = None,
        thread: Message | str | None = None,
        force: bool = False,
        within: float = 10.0,
    ) -> Answer:
        """Send a slash command and wait for what comes back.

        Args:
            line: The command and its text, such as `/news summary cecot`.
            channel: Where it is typed: a channel or its name; `home` where None.
            thread: The thread it is typed in; Slack takes none there.
            force: Send it though their own workspace does not have the app.
            within: How many real seconds to wait, after the acknowledgement, for something to see.

        Raises:
            CannotAskError: The person's client would not have sent this.
        """
        name, _, text = line.partition(" ")
        command, place = self._ways.manifest.command(name), self.place(channel)
        if command is None or (self.stranger and not force):
            raise CannotAskError(f"{name} is not a valid command")
        if thread is not None:
            raise CannotAskError(f"{name} is not supported in threads. Sorry!")
        if place.archived:
            raise CannotAskError(f"#{place.name} is archived")
        answer, url, answering = self._begin("slash", place, name=line, responses="commands")
        payload = slash_payload(
            self._core.world,
            self.workspace,
            self.user,
            place,
            command=name,
            text=marked(self.workspace, text, named=True) if command.escaped else text,
            trigger=self._trigger(),
            response_url=url,
        )
        outcome = await self._ways.deliveries.ask(Kind.SLASH, payload, answers=True, id_=answer.id)
        if not outcome.acked:
            answer.failed = f"{name} failed because the app did not respond ({outcome.why})"
            return answer
        if outcome.payload and answering is not None:
            try:
                self._ways.responses.answer(answering, outcome.payload, via="ack")
            except ApiError as error:
                self._trouble(answer, error, "ack")
        return await self._wait(answer, within)

    async def shortcut(self, message: Message | None, name: str, *, within: float = 10.0) -> Answer:
        """Choose an entry of a message's menu, or of the menu of all shortcuts without a message.

        Raises:
            CannotAskError: The app has no such shortcut, or the message has no menu.
        """
        kind = "global" if message is None else "message"
        declared = self._ways.manifest.shortcut(name, kind)
        if declared is None or self.stranger:
            raise CannotAskError(f"there is no {kind} shortcut {name!r}")
        world = self._core.world
        if message is None:
            answer, _, _ = self._begin("shortcut", self.home, name=name)
            payload = shortcut_payload(
                world,
                self.workspace,
                self.user,
                callback_id=declared.callback_id,
                trigger=self._trigger(),
                at=self._stamp(),
            )
        else:
            surface = self._surface(message)
            channel = self._channel(surface)
            if message.only_for is not None or channel is None:
                raise CannotAskError("a message that only you can see has no shortcuts")
            answer, url, _ = self._begin("shortcut", channel, name=name, responses="actions")
            payload = message_action_payload(
                world,
                self.workspace,
                self.user,
                channel,
                message_json(self._core, message, channel),
                callback_id=declared.callback_id,
                trigger=self._trigger(),
                response_url=url,
                at=self._stamp(),
            )
        outcome = await self._interact(answer, payload)
        return await self._wait(answer, within) if outcome.acked else answer

    async def mention(
        self,
        text: str,
        *,
        channel: Channel | str | None = None,
        thread: Message | str | None = None,
        within: float = 10.0,
    ) -> Answer:
        """Write to the app by its name, in a channel or a thread, and wait for what comes back.

        The app is told of the mention where it is in the channel.
        """
        place = self.place(channel)
        answer, _, _ = self._begin("mention", place, name=text)
        message = self.say(f"@{self.workspace.bot.name} {text}", place, thread=thread)
        if self.workspace.bot.id in place.members:
            self._tell(self._mentioned(place, message))
        return await self._wait(answer, within)

    async def ask(self, text: str, *, within: float = 10.0) -> Answer:
        """Write to the app in their conversation with it, and wait for what comes back."""
        answer, _, _ = self._begin("message", self.im, name=text)
        self.say(text, self.im)
        return await self._wait(answer, within)

    def say(
        self,
        text: str,
        channel: Channel | str | None = None,
        *,
        thread: Message | str | None = None,
    ) -> Message:
        """Write a message; links, `@names` and `#names` are marked as Slack does."""
        place = self.place(channel)
        if place.archived:
            raise CannotAskError(f"#{place.name} is archived")
        draft = Draft(
            user=self.user,
            text=marked(self.workspace, text),
            thread_ts=thread_of(thread),
            via="person",
        )
        return post(self._core, self.workspace, place, draft)

    async def open_home(self, *, tab: str = "home", within: float = 10.0) -> Answer:
        """Open the app's Home, or its `messages`, and wait until something is to be seen."""
        if not self._ways.manifest.home:
            raise CannotAskError("the app has no Home tab")
        answer, _, _ = self._begin("open home", None)
        event: Json = {
            "type": "app_home_opened",
            "user": self.user.id,
            "channel": self.im.id,
            "tab": tab,
        }
        if self.app_home is not None and tab == "home":
            event["view"] = view_json(self.app_home)
        self._tell(event)
        return await self._wait(answer, within)

    def _mentioned(self, place: Channel, message: Message) -> Json:
        event = message_json(self._core, message, place)
        told = event | {"type": "app_mention", "channel": place.id, "team": self.user.team}
        if is_shared(self.workspace, {"channel": place.id}):
            told |= {"user_team": self.user.team, "source_team": self.user.team}
        return told
