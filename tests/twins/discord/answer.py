"""What a person sees of the bot's answer; it changes as the bot goes on."""

import asyncio
import time
from collections.abc import Callable
from typing import Self

from tests.twins.discord.interactions import Interaction, Reply
from tests.twins.discord.state import EPHEMERAL, LOADING, Json, Message


class Answer:
    """A live view of one interaction."""

    def __init__(self, interaction: Interaction) -> None:
        """Look at an interaction."""
        self.interaction = interaction

    @property
    def failed(self) -> bool:
        """Whether the person reads "The application did not respond"."""
        return self.interaction.reply is None

    @property
    def reply(self) -> Reply | None:
        """How the bot answered first."""
        return self.interaction.reply

    @property
    def thinking(self) -> bool:
        """Whether the answer is deferred and not there yet."""
        return bool(self.message and self.message.flags & LOADING)

    @property
    def message(self) -> Message | None:
        """The answer, or the message that was updated."""
        return self.interaction.original

    @property
    def followups(self) -> list[Message]:
        """What the bot said after it."""
        return self.interaction.followups

    @property
    def modal(self) -> Json | None:
        """The modal that opened, as JSON."""
        return self.interaction.modal

    @property
    def choices(self) -> list[Json]:
        """What autocomplete offered."""
        return self.interaction.choices

    @property
    def content(self) -> str:
        """The answer's text."""
        return "" if self.message is None else self.message.content

    @property
    def private(self) -> bool:
        """Whether only this person sees the answer."""
        return bool(self.message and self.message.flags & EPHEMERAL)

    @property
    def text(self) -> str:
        """All words of the answer and its follow-ups, embeds included, a line each."""
        said = [] if self.message is None else [self.message]
        return "\n".join(line for m in said + self.followups for line in words(m))

    async def until(self, true: Callable[[Self], bool], within: float = 10.0) -> Self:
        """Wait until something is true of this answer.

        Raises:
            TimeoutError: It is not, after so many real seconds.
        """
        ends = time.monotonic() + within
        while not true(self):
            self.interaction.changed.clear()
            await asyncio.wait_for(self.interaction.changed.wait(), ends - time.monotonic())
        return self


def words(message: Message) -> list[str]:
    """Return what can be read in a message, in reading order."""
    lines: list[str | None] = [message.content]
    for embed in message.embeds:
        lines += [(embed.get("author") or {}).get("name"), embed.get("title")]
        lines.append(embed.get("description"))
        for field in embed.get("fields") or []:
            lines += [field.get("name"), field.get("value")]
        lines.append((embed.get("footer") or {}).get("text"))
    return [line for line in lines if line]
