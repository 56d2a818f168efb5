"""Commands as data: what a person asked for, what a command takes, and what it answers.

Owns nothing of any platform: slash commands, buttons and typed lines all become a `Call`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from bot.domain.errors import CallError
from bot.domain.messages import Message, Posted
from bot.domain.schedule import parse_span
from bot.domain.watches import Channel, Scope


class Role(IntEnum):
    """What a person may do: each role may do all that the ones before it may."""

    READER = 0
    EDITOR = 1  # watches, feeds, mutes, merging
    ADMIN = 2  # settings, imports, detail of what fails


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who calls, as the platform vouches for it."""

    scope: Scope
    id: str
    name: str
    role: Role = Role.READER


class Kind(StrEnum):
    """What a param's value is, for platforms that have an input of their own for it."""

    TEXT = "text"
    NUMBER = "number"  # a whole number from `least` to `most`
    FLAG = "flag"  # `true` or `false`
    CHANNEL = "channel"  # of the workspace, by name or by the platform's own id
    ROLE = "role"  # a role or group that can be pinged, as the platform writes it
    PERSON = "person"  # of the workspace, by the platform's own id or mention
    FILE = "file"  # stands in `Call.files`, not among the arguments


YES = ("true", "yes", "on", "1")
NO = ("false", "no", "off", "0")
MAX_UPLOAD = 1 << 20
"""Bytes of a file that a person may give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One thing that a command takes."""

    name: str
    help: str  # at most 100 characters
    kind: Kind = Kind.TEXT
    required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()  # at most 25
    complete: str = ""  # what is offered while typing: "watch", "story", "feed", "pack", "topic"
    rest: bool = False  # takes the words that no name stands before
    in_rest: bool = False  # in a typed line `name:value` stays among the words: a query has it too
    least: int = 0  # of a number
    most: int = 0  # of a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a command is called, takes and needs: enough to register, complete and explain it."""

    verb: str  # one or two words: "summary", "watch add"
    summary: str  # what it does, one sentence of at most 100 characters
    params: tuple[Param, ...] = ()
    role: Role = Role.READER  # the least that a person must be
    example: str = ""  # a line that works as it stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that a person gave."""

    name: str
    data: bytes  # at most `MAX_UPLOAD`


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command that a person called."""

    verb: str  # "summary", "watch add"
    args: Mapping[str, str] = field(default_factory=dict)  # only known names; values are raw
    files: Mapping[str, Upload] = field(default_factory=dict)  # by the name of their param
    person: Person
    channel: Channel
    thread: Posted | None = None  # the card in whose thread it was called
    at: datetime  # UTC

    def arg(self, name: str, default: str = "") -> str:
        """Return an argument without the space around it, or `default`."""
        return self.args.get(name, "").strip() or default

    def span(self, name: str, default: str) -> timedelta:
        """Return an argument such as `2h` or `7d`.

        Raises:
            CallError: It is no span.
        """
        try:
            return parse_span(self.arg(name, default))
        except ValueError as error:
            raise CallError(f"{name}: {error}. Write 30m, 6h or 7d.") from error

    def number(self, param: Param) -> int:
        """Return a whole number within the param's bounds, or its default.

        Raises:
            CallError: It is none, or out of bounds.
        """
        name, least, most = param.name, param.least, param.most
        given = self.arg(name, param.default)
        if not given.isascii() or not given.lstrip("+-").isdigit() or len(given) > 9:
            raise CallError(f"{name}: “{given[:20]}” is no whole number.")
        if not least <= int(given) <= most:
            raise CallError(f"{name}: {given} is out of bounds; use {least} to {most}.")
        return int(given)

    def flag(self, name: str) -> bool:
        """Return whether an argument says yes (`true`, `yes`, `on`, `1`)."""
        return self.arg(name).casefold() in YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a command answers."""

    message: Message
    private: bool = True  # shown only to the person who called
    replaces: bool = False  # takes the place of the private answer whose button was pressed
    prefill: str = ""  # a line to put into the input, for the person to finish
    refused: bool = False  # nothing was done: the message says why
    param: str = ""  # the argument that it was refused for, where it was one
