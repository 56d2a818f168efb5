"""Text from strangers, made harmless in Slack's mrkdwn and plain texts: our own escape table.

Owns which signs wake a mention, a link, an emoji or a format. In `rich_text` none does: its texts
are shown as they are, so bodies are written in it, and need nothing but to be cleaned and cut.

mrkdwn knows no backslash. The three control signs become entities; signs of formats that could act
become their look-alikes; where a word would act (`@channel`, `#name`, `:smile:`, `https://`) a word
joiner, which prints nothing, stands behind its first sign. Texts are cut first, escaped afterwards.

Sources: https://docs.slack.dev/messaging/formatting-message-text (escaping, mentions, dates,
automatic parsing), https://docs.slack.dev/reference/block-kit/composition-objects/text-object.
"""

import json
import re

from bot.adapters.chat.harmless import clean, fitted, line
from bot.domain.text import utf16_length

JOINER = "\u2060"
"""Word joiner: prints nothing, breaks no line, and keeps what follows from acting."""

_EMPTY_LINES = re.compile(r"\n\s*\n")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ALIKE = str.maketrans("*_~`", "\u2217\u02cd\u223c\u02cb")
_NAME = r"[\w+'`-]+"  # of an emoji; a backtick becomes a letter
_ACTIVE = re.compile(
    r"(?P<inert>(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])|(?<=\s)[*_~](?=\s))"  # snake_case, 2 * 3
    r"|(?P<format>[*_~`])"
    r"|(?P<quote>^[^\S\n]*>)"  # an entity that opens a line is a quote all the same
    r"|(?P<control>[&<>])"
    rf"|(?P<word>[@#](?!\s)|:(?=/|\Z|{_NAME}(?::|\Z))|(?<=www)\.)",
    re.IGNORECASE | re.MULTILINE,
)
_PLAIN = re.compile(rf"&(?=(?:amp|lt|gt);)|<(?=[!@#])|:(?={_NAME}:)", re.IGNORECASE)


def weight(value: object) -> int:
    """Return how much of a message's room a part takes: UTF-16 units of it as compact JSON.

    Slack refuses a message near 13,200 characters over all its blocks, and counts the blocks' own
    frames, too. Source: https://github.com/slackapi/bolt-js/issues/2509 and /2867.
    """
    return utf16_length(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def literal(text: str, most: int) -> str:
    """Return a text for `rich_text`, which acts on nothing: cleaned, of at most `most` weight.

    It may hold line breaks, never more than one empty line in a row.
    """
    return fitted(_EMPTY_LINES.sub("\n\n", clean(text)), most, str, _written)


def columns(text: str, most: int) -> str:
    """Return a text for a block of code, in which every space and line counts."""
    return fitted(clean(text), most, str, _written)


def mrkdwn(text: str, most: int) -> str:
    """Return a text that shows as it is wherever it stands in mrkdwn, of at most `most` units.

    Also for the words of a notification, which is mrkdwn, too.
    """
    return fitted(_EMPTY_LINES.sub("\n\n", clean(text)), most, _escaped)


def label(text: str, most: int) -> str:
    """Return a text as the words of a link or of a date in mrkdwn: one line, without a bar."""
    return fitted(" ".join(clean(text).split()), most, _label)


def bare(text: str, most: int) -> str:
    """Return a text as one line for a place that knows plain text only: a header, a button.

    Such places decode the three entities, and may show a code of an emoji as the emoji.
    """
    return fitted(line(text, most), most, lambda kept: _PLAIN.sub(rf"\g<0>{JOINER}", kept))


def _written(text: str) -> int:
    return weight(text) - 2  # without the quotation marks


def _label(text: str) -> str:
    return _escaped(text).replace("|", "\u2223")


def _escaped(text: str) -> str:
    return _ACTIVE.sub(_harmless, text)


def _harmless(found: re.Match[str]) -> str:
    sign = found[0]
    match found.lastgroup:
        case "inert":
            return sign
        case "format":
            return sign.translate(_ALIKE)
        case "quote":
            return f"{sign[:-1]}{JOINER}&gt;"
        case "control":
            return _ENTITIES[sign]
        case _:
            return f"{sign}{JOINER}"
