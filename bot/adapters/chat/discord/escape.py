"""Text from strangers, made harmless in Discord's markdown: our own escape table.

Owns which signs wake a mention, a link, a time or a format, and how text is cut so that no escape
and no surrogate pair is ever split: it is cut first and escaped afterwards.

Sources: https://support.discord.com/hc/en-us/articles/210298617 (markdown),
https://discord.com/developers/docs/reference#message-formatting (mentions, times, emoji).
A backslash takes the meaning of any sign that is no letter, digit or space, on every client.
"""

import re

from bot.adapters.chat.harmless import clean, fitted

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


def escaped(text: str, most: int) -> str:
    """Return a text that shows as it is wherever it stands in markdown, cut to `most` UTF-16 units.

    It may hold line breaks, never more than one empty line in a row.
    """
    return fitted(_EMPTY_LINES.sub("\n\n", clean(text)), most, _beside_links)


def spoken(text: str, most: int) -> str:
    """Return a text for a place where no masked link of ours stands: as `escaped`, but sparing.

    The push notification's words: a phone may show them with the backslashes.
    """
    return fitted(_EMPTY_LINES.sub("\n\n", clean(text)), most, _escaped)


def trimmed(text: str) -> str:
    """Return an escaped text without the blanks around it, or "" where it is nothing but blanks.

    Other space stays: without it a mark that was escaped for its place could begin the line.
    """
    return text.strip(" \n") if text.strip() else ""


def label(text: str, most: int) -> str:
    """Return a text as the words of a masked link, one line.

    Discord shows no link whose words hold another address, or a bracket without its other half.
    """
    return fitted(" ".join(_SCHEME.sub("", clean(text)).split(" ")), most, _label)


def code(text: str, most: int) -> str:
    """Return a text for the inside of a code span or block: columns stay, backticks do not.

    A bracket that closes nothing does not stay either: with a parenthesis behind it, a link before
    the code would end there, and have the code among its words.
    """
    return fitted(clean(text), most, lambda kept: _unpaired(kept.replace("`", "\u02cb")))


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
