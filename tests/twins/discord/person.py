"""People on the twin: they type commands, press buttons, fill in modals, and read what they see."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.twins.discord.answer import Answer
from tests.twins.discord.asking import (
    CannotAskError,
    Resolved,
    autocomplete_data,
    command_data,
    find_command,
)
from tests.twins.discord.commands import CHAT, MESSAGE_MENU
from tests.twins.discord.core import Core, new_token
from tests.twins.discord.forms import chosen, filled, pressed
from tests.twins.discord.interactions import FIRST_ANSWER, Asked, Interaction
from tests.twins.discord.payloads import channel_json, member_json, message_json
from tests.twins.discord.permissions import (
    Can,
    channel_permissions,
    guild_permissions,
    need,
)
from tests.twins.discord.posting import Draft, post
from tests.twins.discord.state import Channel, Command, Guild, Json, Message, User
from tests.twins.discord.threads import wake


class Person:
    """Somebody in one guild; what they do is what their client would let them do."""

    def __init__(self, core: Core, guild: Guild, user: User, home: Channel) -> None:
        """Be a member; `home` is the channel that is open unless another is named."""
        self._core = core
        self.guild = guild
        self.user = user
        self.home = home

    async def slash(
        self,
        line: str,
        options: Mapping[str, Any] | None = None,
        *,
        channel: Channel | None = None,
        force: bool = False,
        within: float = 10.0,
        **named: Any,
    ) -> Answer:
        """Send a slash command and wait for what comes back.

        Args:
            line: The command with its sub-commands, such as `/watch add`.
            options: Options by name, for names that Python does not take (`for`, `channel`).
            channel: Where it is typed; a thread, or `home` where None.
            force: Send it though `default_member_permissions` would hide it, as a server's
                admin can allow.
            within: How many real seconds to wait for a deferred answer.
            named: More options. A channel, role or user option takes the object, an attachment
                `(name, bytes)`.

        Raises:
            CannotAskError: The person's client would not have sent this.
        """
        place = channel or self.home
        command, path = self._command(line, CHAT, place, force=force)
        resolved = Resolved(self._core, self.guild)
        given = {**(options or {}), **named}
        data = command_data(command, path, given, resolved, self.user)
        return await self._ask(Asked.COMMAND, data, place, within=within)

    async def autocomplete(
        self,
        line: str,
        options: Mapping[str, Any] | None = None,
        *,
        channel: Channel | None = None,
        **named: Any,
    ) -> list[Json]:
        """Type in the last of the options and return the choices offered (name and value)."""
        place = channel or self.home
        command, path = self._command(line, CHAT, place, force=False)
        resolved = Resolved(self._core, self.guild)
        given = {**(options or {}), **named}
        data = autocomplete_data(command, path, given, resolved, self.user)
        answer = await self._ask(Asked.AUTOCOMPLETE, data, place)
        return answer.choices

    async def context_menu(
        self, name: str, message: Message, *, force: bool = False, within: float = 10.0
    ) -> Answer:
        """Choose a message's context menu entry."""
        place = self._core.world.channels[message.channel_id]
        command, _ = self._command(name, MESSAGE_MENU, place, force=force)
        told = message_json(self._core.world, message)
        data = {
            "id": str(command.id),
            "name": name,
            "type": MESSAGE_MENU,
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): told}},
        }
        return await self._ask(Asked.COMMAND, data, place, within=within)

    async def click(self, on: Message | Answer, what: str, *, within: float = 10.0) -> Answer:
        """Press the button with a label, or failing that a custom_id."""
        message = self._seen(on)
        data = pressed(message.components, what)
        return await self._on_message(message, data, within)

    async def select(
        self, on: Message | Answer, what: str, values: list[str], *, within: float = 10.0
    ) -> Answer:
        """Choose values in the string select with a placeholder or custom_id."""
        message = self._seen(on)
        data = chosen(message.components, what, values)
        return await self._on_message(message, data, within)

    async def submit(
        self, modal: Answer, values: Mapping[str, Any], *, within: float = 10.0
    ) -> Answer:
        """Send a modal, its inputs named by label or custom_id; the others keep their value.

        A menu takes a list of values.
        """
        if modal.modal is None:
            raise CannotAskError("this answer is no modal")
        data = filled(modal.modal, values)
        asked = modal.interaction
        place = self._core.world.channels[asked.channel_id]
        return await self._ask(Asked.MODAL, data, place, message=asked.message, within=within)

    def say(self, text: str, channel: Channel | None = None) -> Message:
        """Write a message."""
        place = channel or self.home
        wanted = Can.SEND_MESSAGES_IN_THREADS if place.is_thread else Can.SEND_MESSAGES
        need(self._core.world, place, self.user.id, wanted)
        wake(self._core, place, self.user)
        return post(
            self._core, place, Draft(body={"content": text}, author=self.user, via="person")
        )

    def read(self, channel: Channel | None = None) -> list[Message]:
        """Return what this person sees in a channel, the oldest first."""
        place = channel or self.home
        need(self._core.world, place, self.user.id, Can.VIEW_CHANNEL | Can.READ_MESSAGE_HISTORY)
        mine = (None, self.user.id)
        return [m for m in place.messages.values() if m.only_for in mine]

    def _command(
        self, line: str, kind: int, place: Channel, *, force: bool
    ) -> tuple[Command, list[str]]:
        words = line.removeprefix("/").split() if kind == CHAT else [line]
        command = find_command(self._core, self.guild, words[0], kind)
        bits = channel_permissions(self._core.world, place, self.user.id)
        if not bits & Can.USE_APPLICATION_COMMANDS:
            raise CannotAskError("this person may not use commands here")
        wanted = command.body.get("default_member_permissions")
        if wanted is not None and not force:
            every = guild_permissions(self.guild, self.guild.members[self.user.id])
            hidden = int(wanted) == 0 and not every & Can.ADMINISTRATOR
            if hidden or int(wanted) & ~bits:
                raise CannotAskError(f"{line!r} is not offered to {self.user.name}")
        return command, words[1:]

    def _seen(self, on: Message | Answer) -> Message:
        message = on.message if isinstance(on, Answer) else on
        if message is None or message.only_for not in (None, self.user.id):
            raise CannotAskError(f"{self.user.name} does not see that message")
        if message.id not in self._core.world.channels[message.channel_id].messages:
            raise CannotAskError("that message is deleted")
        return message

    async def _on_message(self, message: Message, data: Json, within: float) -> Answer:
        place = self._core.world.channels[message.channel_id]
        return await self._ask(Asked.COMPONENT, data, place, message=message, within=within)

    async def _ask(
        self,
        asked: Asked,
        data: Json,
        place: Channel,
        *,
        message: Message | None = None,
        within: float = 10.0,
    ) -> Answer:
        need(self._core.world, place, self.user.id, Can.VIEW_CHANNEL)
        core = self._core
        interaction = Interaction(
            id=core.world.snowflake(),
            token=new_token(),
            asked=asked,
            user=self.user,
            guild_id=self.guild.id,
            channel_id=place.id,
            at=core.clock.now(),
            data=data,
            message=message,
        )
        core.interactions.by_token[interaction.token] = interaction
        core.note(
            "asked",
            interaction=str(interaction.id),
            asked=asked.name,
            name=interaction.name,
            user=str(self.user.id),
            channel=str(place.id),
            data=data,
        )
        payload = self._payload(interaction, place)
        if core.outgoing.url:
            await core.outgoing.deliver(payload)
        else:
            core.emit(self.guild.id, "INTERACTION_CREATE", payload)
        answer = Answer(interaction)
        await _wait(
            interaction, lambda: interaction.reply is not None, core.clock.real(FIRST_ANSWER)
        )
        if interaction.reply is None:
            core.note("unanswered", interaction=str(interaction.id), name=interaction.name)
            return answer
        await _wait(interaction, lambda: not answer.thinking, within)
        return answer

    def _payload(self, asked: Interaction, place: Channel) -> Json:
        world = self._core.world
        mine = channel_permissions(world, place, self.user.id)
        bots = channel_permissions(world, place, world.bot.id)
        member = member_json(self.guild.members[self.user.id]) | {"permissions": str(int(mine))}
        told: Json = {
            "id": str(asked.id),
            "application_id": str(world.bot.id),
            "type": int(asked.asked),
            "token": asked.token,
            "version": 1,
            "data": asked.data,
            "guild_id": str(self.guild.id),
            "guild": {"id": str(self.guild.id), "locale": self.guild.locale, "features": []},
            "channel_id": str(place.id),
            "channel": channel_json(world, place) | {"permissions": str(int(mine))},
            "member": member,
            "locale": self.user.locale,
            "guild_locale": self.guild.locale,
            "app_permissions": str(int(bots)),
            "attachment_size_limit": 10 * 1024 * 1024,
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(self.guild.id)},
            "context": 0,
        }
        if asked.message is not None:
            told["message"] = message_json(world, asked.message)
        return told


async def _wait(asked: Interaction, done: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done():
        asked.changed.clear()
        left = until - time.monotonic()
        if left <= 0:
            return
        try:
            await asyncio.wait_for(asked.changed.wait(), left)
        except TimeoutError:
            return
