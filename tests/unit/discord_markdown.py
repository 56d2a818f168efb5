"""A small reader of Discord's markdown, for tests: what a text shows, and what it wakes.

Written from what the desktop client does (simple-markdown with Discord's rules: escapes first,
then from left to right); where clients differ it finds rather too much than too little.
"""

import re
from dataclasses import dataclass, field

_ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
_BLOCK = re.compile(r"```(?:[a-z0-9_+\-.#]*\n)?\n*([^\n][\s\S]*?)\n*```", re.IGNORECASE)
_CODE = re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")
_LINK = re.compile(
    r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]"
    r"\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s+['\"]([\s\S]*?)['\"])?\s*\)"
)
_MENTION = re.compile(r"<(?:@[!&]?|#)\d+>|</[^>\n]+:\d+>|<id:\w+>|@everyone|@here")
_TIME = re.compile(r"<t:-?\d+(?::[tTdDfFR])?>")
_EMOJI = re.compile(r"<a?:\w+:\d+>|:[\w+-]+?(?:::skin-tone-\d)?:")
_URL = re.compile(
    r"<?(?:https?|steam|discord)://[^\s<>]+>?|<(?:mailto|tel|sms):[^\s<>]+>", re.IGNORECASE
)
_INVITE = re.compile(r"discord(?:app)?\.(?:gg|com/invite)/\w+", re.IGNORECASE)
_START = re.compile(r" *(?:(#{1,3}|-#)(?=\s)|([-*+]|\d+\.)(?=\s)|(>>>|>)(?=\s))")
_FORMATS = (
    ("**", re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")),
    ("__", re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)")),
    ("~~", re.compile(r"~~([\s\S]+?)~~(?!_)")),
    ("||", re.compile(r"\|\|([\s\S]+?)\|\|")),
    ("*", re.compile(r"\*(?=\S)((?:\\[\s\S]|[^\\*])+?)\*(?!\*)")),
    ("_", re.compile(r"_((?:\\[\s\S]|[^\\_])+?)_(?!\w)")),
)


@dataclass
class Read:
    """What a text shows, and what in it is alive."""

    shown: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)  # words, address
    mentions: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    emoji: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)  # `**`, `||`, `code`, `#`, `-`, `>` …


def read(text: str) -> Read:
    """Read a text as Discord would."""
    found = Read()
    _read(text, found)
    return found


def _read(text: str, found: Read) -> None:
    at = 0
    while at < len(text):
        if (at == 0 or text[at - 1] == "\n") and (start := _START.match(text, at)):
            found.formats.append(next(part for part in start.groups() if part))
            at = start.end()
            continue
        at = _step(text, at, found)


def _step(text: str, at: int, found: Read) -> int:
    """Read one thing; return where the next begins."""
    if escape := _ESCAPE.match(text, at):
        found.shown += escape[1]
        return escape.end()
    if code := _BLOCK.match(text, at) or _CODE.match(text, at):
        found.formats.append("code")
        found.shown += code[code.lastindex or 0]
        return code.end()
    if link := _LINK.match(text, at):
        words = Read()
        _read(link[1], words)
        found.links += [(words.shown, link[2]), *words.links]
        found.shown += words.shown
        found.mentions += words.mentions
        found.emoji += words.emoji
        return link.end()
    for pattern, kept in (
        (_MENTION, found.mentions),
        (_TIME, found.times),
        (_EMOJI, found.emoji),
    ):
        if live := pattern.match(text, at):
            kept.append(live[0])
            found.shown += live[0]
            return live.end()
    if url := _URL.match(text, at) or _INVITE.match(text, at):
        found.links.append((url[0], url[0]))
        found.shown += url[0]
        return url.end()
    for name, pattern in _FORMATS:
        if marked := pattern.match(text, at):
            found.formats.append(name)
            _read(marked[1], found)
            return marked.end()
    found.shown += text[at]
    return at + 1
