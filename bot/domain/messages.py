"""Messages as every platform understands them, and the alerts that carry them.

Owns the platform-free layout: what is said and in what order. How it looks is each platform's
`render.py`; it escapes and cuts, so text in here is raw, as articles and people gave it.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from bot.domain.stories import StoryId
from bot.domain.watches import Channel


class Style(StrEnum):
    """How a run of text stands out."""

    PLAIN = "plain"
    BOLD = "bold"
    HIT = "hit"  # a word that made a watch match
    DELETED = "deleted"  # the old words of an edit
    INSERTED = "inserted"  # the new words of an edit
    TAG = "tag"  # a small label: a language, EDITED, WIRE COPY
    QUIET = "quiet"  # less important than its surroundings
    CHANNEL = "channel"  # `#id` of a channel of the platform, which may show its name


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style, perhaps with a link or a time behind it."""

    text: str
    style: Style = Style.PLAIN
    url: str = ""  # http or https; anything else is shown as text only
    at: datetime | None = None  # UTC; shown in the reader's zone where the platform can


Text = tuple[Run, ...]


def text(*parts: str | Run) -> Text:
    """Return strings and runs as one text; empty parts are left out."""
    runs = (Run(part) if isinstance(part, str) else part for part in parts)
    return tuple(run for run in runs if run.text)


def plain(runs: Iterable[Run]) -> str:
    """Return the words of a text alone."""
    return "".join(run.text for run in runs)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; may hold line breaks."""

    text: Text


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, one line an item."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it says: `Sources [1] Outlet A · [2] Docket`."""

    label: str
    text: Text


@dataclass(frozen=True, slots=True)
class Code:
    """Lines whose columns matter: a query with the place of an error marked."""

    text: str


Block = Paragraph | Bullets | Fact | Code


class Look(StrEnum):
    """How much a button asks to be pressed."""

    NORMAL = "normal"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """A command that a press calls: the platform stores only `action`, so it survives a restart."""

    label: str
    action: str  # "verb" or "verb:argument"; at most 90 characters
    look: Look = Look.NORMAL


class Tone(StrEnum):
    """What a message is, for its colour; always said in words too."""

    DEVELOPING = "developing"
    CLOSED = "closed"
    NOTICE = "notice"  # answers and announcements
    TROUBLE = "trouble"  # something failed
    GOOD = "good"  # something recovered or succeeded


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a message."""

    name: str
    mime: str
    data: bytes
    alt: str = ""  # what a picture shows, for a screen reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent to a channel or shown to a person, free of any platform."""

    title: str  # the headline, one line; "" for a plain reply
    url: str = ""  # what the headline links to
    lead: Text = ()  # the line above the headline: state, outlets, languages
    blocks: tuple[Block, ...] = ()
    footer: Text = ()
    buttons: tuple[Button, ...] = ()
    notice: str  # the push notification's own words; reads well alone
    tone: Tone = Tone.NOTICE
    ping: str = ""  # the role or group to ping
    silent: bool = False  # without a push notification, where the platform can
    urgent: bool = False  # sounds in quiet hours, too
    files: tuple[File, ...] = ()
    topic: str = ""  # what the thread under it is called; "" where it never has one
    tags: tuple[str, ...] = ()  # its state and languages, where a platform sorts posts by tags

    def quietly(self) -> Self:
        """Return the message without a ping and without a push notification."""
        return replace(self, silent=True, ping="")

    def as_text(self) -> str:
        """Return all of the message as plain lines, for search, logs and screen readers."""
        lines = [plain(self.lead), self.title]
        for block in self.blocks:
            match block:
                case Paragraph(text=runs):
                    lines.append(plain(runs))
                case Bullets(items=items):
                    lines += [f"• {plain(item)}" for item in items]
                case Fact(label=label, text=runs):
                    lines.append(f"{label} {plain(runs)}")
                case Code(text=code):  # pragma: no branch - there is no other block
                    lines.append(code)
        lines.append(plain(self.footer))
        return "\n".join(line for line in lines if line)


def say(words: str, *, tone: Tone = Tone.NOTICE, buttons: tuple[Button, ...] = ()) -> Message:
    """Return a plain message of one paragraph."""
    return Message(
        title="", blocks=(Paragraph(text(words)),), notice=words, tone=tone, buttons=buttons
    )


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as the platform knows it."""

    channel: Channel
    id: str  # the platform's own id of the message
    url: str = ""  # a link to it, where the platform has one


class Part(StrEnum):
    """What an alert is to its story."""

    CARD = "card"  # opens the thread
    REPLY = "reply"  # in the thread
    EDIT = "edit"  # changes the card in place
    BURST = "burst"  # one card that lists many new stories
    DIGEST = "digest"
    NOTICE = "notice"  # to the admin channel, or about a mute's end


class AlertState(StrEnum):
    """Where an alert is on its way."""

    DUE = "due"  # to be sent at `due_at`
    UNKNOWN = "unknown"  # sent, but the platform did not say whether it took it: look first
    SENT = "sent"
    FAILED = "failed"  # given up; shown with a retry button
    DROPPED = "dropped"  # not wanted any more: the card was deleted in the channel
    LOCKED = "locked"  # a card that stands there, but nothing can be posted under it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is sent to a channel about a story: its opening card, a reply, an edit of the card."""

    key: str  # 24 characters; the platform's nonce: the same key is never posted twice
    channel: Channel
    part: Part
    message: Message  # composed once: every retry sends the same
    story: StoryId | None = None
    card: str | None = None  # the key of the card it replies to or edits
    state: AlertState = AlertState.DUE
    due_at: datetime  # UTC
    created_at: datetime  # UTC
    first_try: datetime | None = None  # UTC
    attempt: int = 0  # sends begun; with `owner`, the fence against stale workers
    posted: Posted | None = None
    reason: str = ""  # why it is not sent yet, or never will be


def alert_key(channel: Channel, about: str, part: str) -> str:
    """Return the key of an alert: 24 base-32 characters that are the same on every attempt.

    Args:
        channel: Where it goes.
        about: The story's code, or what else the alert is about.
        part: What it is to the story, with a number where there may be several: `reply/3`.

    Source: Discord's `nonce` holds at most 25 characters (Create Message).
    """
    digest = hashlib.sha256("\0".join((str(channel), about, part)).encode()).digest()
    return base64.b32encode(digest)[:24].decode().lower()
