"""A chat platform in memory, for pipeline tests: keeps what it is given, fails when told to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import DeliveryError
from bot.domain.messages import Message, Posted
from bot.domain.watches import Channel


@dataclass(slots=True)
class Kept:
    """A message that was taken."""

    key: str
    message: Message
    channel: Channel
    thread: str | None
    edits: int = 0


class StillChat:
    """See `bot.ports.world.Chat`; `errors` are raised, one a post, after taking it if `takes`.

    `trouble` is raised by every request of a kind (`post`, `reply`, `edit`) in a channel.
    """

    platform = "sandbox"
    holds_in_quiet_hours = False
    gap = timedelta(0)

    def __init__(self) -> None:
        """Begin empty."""
        self.kept: dict[str, Kept] = {}
        self.errors: list[DeliveryError] = []
        self.trouble: dict[tuple[Channel, str], DeliveryError] = {}
        self.requests: list[tuple[Channel, str]] = []
        self.takes = False
        self.looks = 0

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        """See `bot.ports.world.Chat.post`: but a repeated key is posted twice, to tell on us."""
        self._ask(to, "reply" if thread else "post")
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.takes:
            self.kept[str(len(self.kept) + 1)] = Kept(
                key, message, to, thread.id if thread else None
            )
        if error is not None:
            raise error
        id_ = str(len(self.kept))
        return Posted(channel=to, id=id_, url=f"https://chat.example/{id_}")

    async def find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        """See `bot.ports.world.Chat.find`."""
        self.looks += 1
        found = (id_ for id_, kept in self.kept.items() if kept.key == key)
        id_ = next(found, None)
        return None if id_ is None else Posted(channel=to, id=id_)

    async def edit(self, posted: Posted, message: Message) -> None:
        """See `bot.ports.world.Chat.edit`."""
        self._ask(posted.channel, "edit")
        self.kept[posted.id].message = message
        self.kept[posted.id].edits += 1

    def _ask(self, channel: Channel, kind: str) -> None:
        self.requests.append((channel, kind))
        error = self.trouble.get((channel, kind))
        if error is not None:
            raise error

    def in_channel(self, channel: Channel) -> list[Kept]:
        """Return the messages of a channel that are in no thread."""
        return [kept for kept in self.kept.values() if kept.channel == channel and not kept.thread]

    def replies(self) -> list[Kept]:
        """Return the messages in threads."""
        return [kept for kept in self.kept.values() if kept.thread]
