"""Text from strangers, made harmless in Discord's markdown: our own escape table.

Owns which signs wake a mention, a link, a time or a format, and how text is cut so that no escape
and no surrogate pair is ever split: it is cut first and escaped afterwards.

Sources: https://support.discord.com/hc/en-us/articles/210298617 (markdown),
https://discord.com/developers/docs/reference#message-formatting (mentions, times, emoji).
A backslash takes the meaning of any sign that is no letter, digit or space, on every client.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, urlsplit, urlunsplit

from bot.domain.text import shorten, utf16_length

MOST_URL = 2_048
"""Characters of a link. Source: Discord's limit for an embed's `url`."""

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(  # what prints nothing, or turns the direction of what follows
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls but tab and line ends
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, fillers
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # zero width, marks of direction
    "\u2800\u3164\uffa0\ufff0-\ufffb\ufffe\uffff"  # blanks that count as letters, specials
    "\ud800-\udfff\U000e0000-\U000e0fff"  # halves of a pair, tags and selectors without a glyph
    "]"
)
_JOINERS = re.compile(r"(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\x7f]|$)")
_MARK = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
_STACKED = re.compile(rf"({_MARK}{{4}}){_MARK}+")
_ACTIVE = re.compile(
    r"[\\*_`~|<]"  # formats, spoilers, code; <@1> <#1> </x:1> <t:1> <:x:1> <url>
    r"|(?<=\])\(|\A\("  # a masked link's middle: a backslash before its bracket breaks nothing
    r"|@(?=everyone|here|\Z)"
    r"|:(?=/|\Z|[\w+-]+:|[a-z][\w+-]*\Z)"  # https:// and anything like it; :emoji:
    r"|(?<=discord)\.(?=\w)|(?<=discordapp)\.(?=\w)"  # invites live without https://, too
    # What makes a heading, small print, a quote or a list at the start of a line.
    r"|(?P<head>^ *(?:\d{1,10}(?=\.)|(?=[#>](?:[#>\s]|\Z)|[-+](?:[\s#]|\Z))))",
    re.IGNORECASE | re.MULTILINE,
)
_EMPTY_LINES = re.compile(r"\n\s*\n")
_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]*:/+", re.IGNORECASE)
_FLAT_BRACKETS = re.compile(r"[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*")
_ROUND = str.maketrans("[]", "()")
_NO_URL = re.compile(r"[\s\\<>\"^`{|}\x00-\x20\x7f]")  # what no URL may hold (RFC 3986 §2)


def clean(text: str) -> str:
    """Return a text without what cannot be seen: controls, zero-width signs, marks of direction.

    Joiners stay inside pictographs and scripts that need them; all line ends become one kind; a
    letter keeps at most four accents.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _UNSEEN.sub("", _LINE_ENDS.sub("\n", text)).replace("\t", " ")
    return _STACKED.sub(r"\1", _JOINERS.sub("", text))


def line(text: str, most: int) -> str:
    """Return a text as one line for a place without markdown: a footer, a button, a name.

    Args:
        text: Any text.
        most: UTF-16 units, never exceeded.
    """
    return shorten(" ".join(clean(text[: most * 4 + 100]).split()), most)


def escaped(text: str, most: int) -> str:
    """Return a text that shows as it is wherever it stands in markdown, cut to `most` UTF-16 units.

    It may hold line breaks, never more than one empty line in a row.
    """
    return _fitted(_EMPTY_LINES.sub("\n\n", clean(text)), most, _beside_links)


def spoken(text: str, most: int) -> str:
    """Return a text for a place where no masked link of ours stands: as `escaped`, but sparing.

    The push notification's words: a phone may show them with the backslashes.
    """
    return _fitted(_EMPTY_LINES.sub("\n\n", clean(text)), most, _escaped)


def trimmed(text: str) -> str:
    """Return an escaped text without the blanks around it, or "" where it is nothing but blanks.

    Other space stays: without it a mark that was escaped for its place could begin the line.
    """
    return text.strip(" \n") if text.strip() else ""


def label(text: str, most: int) -> str:
    """Return a text as the words of a masked link, one line.

    Discord shows no link whose words hold another address, or a bracket without its other half.
    """
    return _fitted(" ".join(_SCHEME.sub("", clean(text)).split(" ")), most, _label)


def code(text: str, most: int) -> str:
    """Return a text for the inside of a code span or block: columns stay, backticks do not.

    A bracket that closes nothing does not stay either: with a parenthesis behind it, a link before
    the code would end there, and have the code among its words.
    """
    return _fitted(clean(text), most, lambda kept: _unpaired(kept.replace("`", "\u02cb")))


def _unpaired(text: str) -> str:
    """Return a text whose `](` have their opening bracket in it; others are written wide."""
    if "](" not in text:
        return text
    written: list[str] = []
    open_ = 0
    for at, char in enumerate(text):
        closes_nothing = char == "]" and not open_ and text[at + 1 : at + 2] == "("
        written.append("\uff3d" if closes_nothing else char)
        open_ = max(0, open_ + (char == "[") - (char == "]"))
    return "".join(written)


def safe_url(url: str) -> str:
    """Return `url` as it may stand in a link, or "" if it may not be linked.

    http or https with a host, ASCII, at most `MOST_URL` characters; no user name, no backslash,
    nothing that ends a masked link. What is not ASCII is percent-encoded, a host by IDNA.
    """
    if len(url) > MOST_URL or _NO_URL.search(url) or clean(url) != url:
        return ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # no port, or a host that no name may have (UnicodeError)
        return ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return ""
    if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        return ""
    host = f"[{host}]" if ":" in host else host
    path, query, fragment = (
        quote(part, safe="%/:?#@!$&+,;=-._") for part in (parts.path, parts.query, parts.fragment)
    )
    written = urlunsplit((parts.scheme, host + port, path, query, fragment)).replace("~", "%7E")
    return written if len(written) <= MOST_URL else ""


def _escaped(text: str) -> str:
    return _ACTIVE.sub(_backslashed, text)


def _beside_links(text: str) -> str:
    """Escape brackets, too: a lone one would draw words of ours into a link, or a link apart."""
    return _escaped(text).replace("[", "\\[")


def _backslashed(found: re.Match[str]) -> str:
    return f"\\{found[0]}" if found["head"] is None else f"{found['head']}\\"


def _label(text: str) -> str:
    text = text.replace("\n", " ")
    return _beside_links(text if _FLAT_BRACKETS.fullmatch(text) else text.translate(_ROUND))


def _fitted(text: str, most: int, write: Callable[[str], str]) -> str:
    """Return as much of `text` as `write` turns into at most `most` UTF-16 units."""
    text = text[: max(most, 0) + 1]  # writing never shortens
    whole = write(text)
    if utf16_length(whole) <= most:
        return whole
    best, low, high = "", 0, most
    while low <= high:
        middle = (low + high) // 2
        written = write(shorten(text, middle))
        if utf16_length(written) <= most:
            best, low = written, middle + 1
        else:
            high = middle - 1
    return best
