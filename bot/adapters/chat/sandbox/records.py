"""What the sandbox stores, as values, and what it answers when something is not there."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.messages import Message

BOT = "Newsthread"
"""The author of what the bot posts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message as the sandbox keeps it."""

    id: int
    channel: str
    thread: int | None = None  # the top-level message it replies to
    author: str  # BOT, or a person's name
    viewer: str = ""  # the only person who sees it; "" for everyone
    under: int | None = None  # the message that a private answer stands under
    key: str = ""  # the bot's own key, by which it finds the message again
    at: datetime  # UTC
    edited_at: datetime | None = None  # UTC
    message: Message
    prefill: str = ""  # a line to put into the input
    gone: bool = False  # dismissed by its viewer
    rev: int  # grows with each change to anything: what a live page has seen ends at one
    replies: int = 0  # public ones
    last_reply: datetime | None = None  # UTC

    @property
    def private(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.viewer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A channel, with what one reader has not seen of it."""

    id: str
    messages: int  # public, top-level
    unread: int = 0
    rev: int = 0  # the newest change in it


class MissingError(Exception):
    """There is no such channel, thread or message: what, and what to do instead."""

    def __init__(self, what: str, remedy: str, *, channel: bool = False) -> None:
        """Keep both, for a person, and whether it is the whole `channel` that is missing."""
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy
        self.channel = channel
