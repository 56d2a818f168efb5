"""A chat platform in memory, with a switch for each way in which one fails."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    NotSentError,
    RateLimitError,
)
from bot.domain.messages import Message, Posted
from bot.domain.watches import Channel
from bot.ports.world import Clock


class Crash(BaseException):
    """The process dies here: nothing after it runs."""


@dataclass(kw_only=True)
class Kept:
    """A message that the platform took."""

    posted: Posted
    thread: Posted | None
    key: str
    message: Message
    at: datetime


@dataclass
class FakeChat:
    """Takes messages, unless a switch is on; what it took is in `taken`."""

    clock: Clock
    channels: set[Channel] = field(default_factory=set)  # that exist; empty: all do
    platform: str = "sandbox"
    holds_in_quiet_hours: bool = False
    gap: timedelta = timedelta(0)
    same_key_for: timedelta = timedelta(minutes=2)
    taken: list[Kept] = field(default_factory=list)
    edits: list[tuple[Posted, Message]] = field(default_factory=list)
    rate_limited: timedelta | None = None  # says so to everything
    refuses: bool = False  # no connection
    gone: bool = False  # the bot was removed
    loses: bool = False  # takes nothing, and says nothing
    loses_the_answer: bool = False  # takes it, and says nothing
    blind: bool = False  # cannot be asked what it took
    dies_before_posting: bool = False
    dies_after_posting: bool = False

    @property
    def keys(self) -> list[str]:
        """The keys of what was taken, in order."""
        return [kept.key for kept in self.taken]

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        self._fail(to)
        self._check(to, thread)
        if self.dies_before_posting:
            raise Crash
        now = self.clock()
        earlier = self._kept(to, key, now - self.same_key_for)
        posted = earlier.posted if earlier else Posted(to, str(len(self.taken) + 1))
        if earlier is None:
            self.taken.append(Kept(posted=posted, thread=thread, key=key, message=message, at=now))
        if self.dies_after_posting:
            raise Crash
        if self.loses_the_answer:
            raise DeliveryError(str(to), "the connection broke")
        return posted

    async def find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        if self.blind:
            raise DeliveryError(str(to), "no answer")
        self._fail(to)
        self._check(to, thread)
        kept = self._kept(to, key, since)
        return kept.posted if kept and _id(kept.thread) == _id(thread) else None

    async def edit(self, posted: Posted, message: Message) -> None:
        self._fail(posted.channel)
        kept = next((one for one in self.taken if one.posted.id == posted.id), None)
        if kept is None or kept.posted.channel != posted.channel:
            raise CardGoneError(str(posted.channel), "no such message")
        kept.message = message
        self.edits.append((posted, message))
        if self.loses_the_answer:
            raise DeliveryError(str(posted.channel), "the connection broke")

    def _fail(self, to: Channel) -> None:
        if self.rate_limited is not None:
            raise RateLimitError(str(to), self.rate_limited)
        if self.refuses:
            raise NotSentError(str(to), "connection refused")
        if self.gone:
            raise ChannelGoneError(str(to), "unknown channel")
        if self.loses:
            raise DeliveryError(str(to), "no answer")

    def _check(self, to: Channel, thread: Posted | None) -> None:
        if self.channels and to not in self.channels:
            raise ChannelGoneError(str(to), "unknown channel")
        if thread is not None and not any(
            kept.posted.id == thread.id and kept.posted.channel == to and kept.thread is None
            for kept in self.taken
        ):
            raise CardGoneError(str(to), "unknown thread")

    def _kept(self, to: Channel, key: str, since: datetime) -> Kept | None:
        return next(
            (k for k in self.taken if (k.posted.channel, k.key) == (to, key) and k.at >= since),
            None,
        )


def _id(posted: Posted | None) -> str:
    return posted.id if posted else ""
