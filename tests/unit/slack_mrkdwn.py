"""A small reader of Slack's mrkdwn, for tests: what a text shows, and what it wakes.

Written from https://docs.slack.dev/messaging/formatting-message-text; where clients differ it finds
rather too much than too little: names and addresses are looked for even where Slack is told to
leave them (`verbatim`, `parse`), except for bare domains, which it is trusted to leave.
"""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r"<([^<>\n]*)>")
_CODE = re.compile(r"```([\s\S]+?)```|`([^`\n]+)`")
_QUOTE = re.compile(r" *(?:&gt;|>)")
_EMOJI = re.compile(r":[\w+'-]+:(?::skin-tone-\d:)?")
_NAME = re.compile(r"[@#][\w-]+")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>|\u2060][^\s<>|]*", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">"}
_FORMATS = tuple(
    (mark, re.compile(rf"{re.escape(mark)}(?=\S)([^\n]*?\S){re.escape(mark)}(?![A-Za-z0-9])"))
    for mark in "*_~"
)
JOINER = "\u2060"
_ALIKE = str.maketrans("\u2217\u02cd\u223c\u02cb\u2223", "*_~`|")


@dataclass
class Read:
    """What a text shows, and what in it is alive."""

    shown: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)  # words, address
    mentions: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    emoji: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)  # `*`, `_`, `~`, `code`, `>`

    def alive(self) -> list[object]:
        """Return all that acts."""
        return [*self.links, *self.mentions, *self.dates, *self.emoji, *self.formats]


def read(text: str) -> Read:
    """Read a text as Slack would."""
    found = Read()
    _read(text, found)
    return found


def seen(shown: str) -> str:
    """Return what a person takes a shown text for: look-alikes as what they look like."""
    return shown.replace(JOINER, "").translate(_ALIKE)


def _read(text: str, found: Read) -> None:
    at = 0
    while at < len(text):
        if (at == 0 or text[at - 1] == "\n") and (quote := _QUOTE.match(text, at)):
            found.formats.append(">")
            at = quote.end()
            continue
        at = _step(text, at, found)


def _step(text: str, at: int, found: Read) -> int:
    """Read one thing; return where the next begins."""
    if token := _TOKEN.match(text, at):
        _act(token[1], found)
        return token.end()
    if entity := _ENTITY.match(text, at):
        found.shown += _SIGNS[entity[1]]
        return entity.end()
    if code := _CODE.match(text, at):
        found.formats.append("code")
        _read(code[1] or code[2], found)
        return code.end()
    before = text[at - 1] if at else " "
    for pattern, kept in ((_EMOJI, found.emoji), (_NAME, found.mentions)):
        if live := pattern.match(text, at):
            kept.append(live[0])
            found.shown += live[0]
            return live.end()
    if live := _URL.match(text, at) or _MAIL.match(text, at):
        found.links.append((live[0], live[0]))
        found.shown += live[0]
        return live.end()
    for mark, pattern in _FORMATS:
        if not (before.isascii() and before.isalnum()) and (marked := pattern.match(text, at)):
            found.formats.append(mark)
            _read(marked[1], found)
            return marked.end()
    found.shown += text[at]
    return at + 1


def _act(inside: str, found: Read) -> None:
    """Read what stands between angle brackets."""
    what, _, words = inside.partition("|")
    if what.startswith("!date^"):
        found.dates.append(what.split("^")[1])
        _read(words, found)
    elif what.startswith(("!", "@", "#")):
        found.mentions.append(what)
        found.shown += words
    else:
        inner = Read() if words else Read(shown=what)
        _read(words, inner)
        found.links.append((inner.shown, what.replace("&amp;", "&")))
        found.links += inner.links
        found.mentions += inner.mentions
        found.emoji += inner.emoji
        found.formats += inner.formats
        found.shown += inner.shown
