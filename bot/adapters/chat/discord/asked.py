"""What a person asked of the bot on Discord, as values; pure.

Owns how an interaction's member, channel and message become a `Call`. What the words mean is
decided by the commands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from bot.domain.calls import Call, Person, Role
from bot.domain.messages import Posted
from bot.domain.watches import Channel, Scope

PLATFORM = "discord"
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5


class Kind(IntEnum):
    """What kind of interaction it is. Source: Discord, Interaction Type."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An interaction, as the gateway or a request brought it."""

    id: str
    token: str  # good for one first answer within 3 s, and for 15 min after that
    application: str
    kind: Kind
    data: Mapping[str, Any]  # as Discord wrote it
    guild: str
    channel: str  # where it was asked; a thread is a channel too
    parent: str = ""  # the channel or forum that the thread is in; "" outside threads
    message: str = ""  # whose button was pressed
    private: bool = False  # that message is only seen by this person
    user: str
    name: str
    permissions: int  # of the member, in that channel
    locale: str = "en-US"

    @property
    def role(self) -> Role:
        """What the person may do here, by the permissions that Discord vouches for."""
        if self.permissions & (ADMINISTRATOR | MANAGE_GUILD):
            return Role.ADMIN
        return Role.EDITOR if self.permissions & MANAGE_CHANNELS else Role.READER

    def call(self, verb: str, args: Mapping[str, str], at: datetime) -> Call:
        """Return what is asked, for the commands.

        A thread has the id of the card that it hangs under, in a forum too; so the card's own
        buttons, a message's menu, and whatever is asked inside the thread all name the story.
        Source: Discord, Start Thread from Message.
        """
        scope = Scope(PLATFORM, self.guild)
        where = Channel(scope, self.parent or self.channel)
        if self.parent:
            about = self.channel
        else:
            target = str(self.data.get("target_id", ""))
            about = target or ("" if self.private else self.message)
        return Call(
            verb=verb,
            args=args,
            person=Person(scope=scope, id=self.user, name=self.name, role=self.role),
            channel=where,
            thread=Posted(where, about) if about else None,
            at=at,
        )
