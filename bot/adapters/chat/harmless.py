"""Text and addresses from strangers, as far as all platforms agree on what is harmless.

Owns what nobody should see or follow: signs that print nothing or turn the direction of what comes
after, and addresses that are none. Which signs wake a format or a mention differs by platform: each
has an `escape.py` for that.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, urlsplit, urlunsplit

from bot.domain.text import shorten, utf16_length

MOST_URL = 2_048
"""Characters of a link. Source: Discord's limit for an embed's `url`; Slack takes 3,000."""

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


def fitted(
    text: str,
    most: int,
    write: Callable[[str], str],
    length: Callable[[str], int] = utf16_length,
) -> str:
    """Return as much of a text, cut on a word boundary with "…", as may stand in its place.

    Args:
        text: Any text.
        most: The longest that the result may be.
        write: Makes the text harmless; it never shortens.
        length: How long a written text is, at least its characters; UTF-16 units unless given.
    """
    text = text[: max(most, 0) + 1]
    whole = write(text)
    if length(whole) <= most:
        return whole
    best, low, high = "", 0, most
    while low <= high:
        middle = (low + high) // 2
        written = write(shorten(text, middle))
        if length(written) <= most:
            best, low = written, middle + 1
        else:
            high = middle - 1
    return best
