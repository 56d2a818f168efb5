"""What a person did that the bot must answer, and how far the answer has come.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding
"""

import asyncio
from dataclasses import dataclass, field
from enum import IntEnum

from tests.twins.discord.clock import TwinClock
from tests.twins.discord.errors import ApiError, unknown
from tests.twins.discord.state import Json, Message, User

FIRST_ANSWER = 3.0
"""Seconds in which an interaction must be answered or deferred."""
TOKEN_LIFE = 900.0
"""Seconds for which its token is good."""


class Asked(IntEnum):
    """What a person did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Reply(IntEnum):
    """How the bot answers first."""

    PONG = 1
    MESSAGE = 4
    DEFERRED = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One interaction, from the person's click to the last follow-up."""

    id: int
    token: str
    asked: Asked
    user: User
    guild_id: int
    channel_id: int
    at: float
    data: Json
    message: Message | None = None
    reply: Reply | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def touch(self) -> None:
        """Wake whoever waits for this interaction."""
        self.changed.set()

    @property
    def name(self) -> str:
        """What the journal calls it: the command, the custom_id, or the modal's."""
        return str(self.data.get("name") or self.data.get("custom_id") or "")


class Interactions:
    """All interactions by token, with their deadlines."""

    def __init__(self, clock: TwinClock) -> None:
        """Start with none."""
        self._clock = clock
        self.by_token: dict[str, Interaction] = {}

    def to_answer(self, interaction_id: int, token: str) -> Interaction:
        """Return the interaction that may still be answered first.

        Raises:
            ApiError: 404 code 10062 if it is unknown or 3 s are over; 400 code 40060 if it has
                been acknowledged already.
        """
        found = self.by_token.get(token)
        if found is None or found.id != interaction_id:
            raise unknown("Interaction")
        if found.reply is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if self._clock.now() - found.at > FIRST_ANSWER:
            raise unknown("Interaction")
        return found

    def to_follow(self, token: str) -> Interaction | None:
        """Return the interaction whose token this is, or None if it is a webhook's.

        Raises:
            ApiError: 401 code 50027 once 15 min are over; 404 code 10015 before the first answer.
        """
        found = self.by_token.get(token)
        if found is None:
            return None
        if self._clock.now() - found.at > TOKEN_LIFE:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if found.reply is None:
            raise unknown("Webhook")
        return found


def check_reply(interaction: Interaction, reply: int) -> Reply:
    """Return the reply's kind, or refuse one that does not go with what was asked."""
    allowed = {
        Asked.COMMAND: (Reply.MESSAGE, Reply.DEFERRED, Reply.MODAL),
        Asked.COMPONENT: (
            Reply.MESSAGE, Reply.DEFERRED, Reply.DEFERRED_UPDATE, Reply.UPDATE, Reply.MODAL,
        ),
        Asked.AUTOCOMPLETE: (Reply.CHOICES,),
        Asked.MODAL: (Reply.MESSAGE, Reply.DEFERRED, Reply.DEFERRED_UPDATE, Reply.UPDATE),
    }[interaction.asked]  # fmt: skip
    updates = reply in (Reply.DEFERRED_UPDATE, Reply.UPDATE)
    if reply not in list(allowed) or (updates and interaction.message is None):
        told = {"_errors": [{"code": "INTERACTION_TYPE", "message": "Not for this interaction"}]}
        raise ApiError(400, 50035, "Invalid Form Body", {"type": told})
    return Reply(reply)
