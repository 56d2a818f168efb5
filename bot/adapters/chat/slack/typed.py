"""What people type on Slack, as a line that the commands read; pure.

Slack sends links, people, channels and groups in angle brackets, and escapes `&`, `<` and `>`.

Source: https://docs.slack.dev/messaging/formatting-message-text (Retrieving formatted messages).
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

_MARKED = re.compile(r"<([^<>]{1,4000})>")
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_NAMED = re.compile(r"[#@][A-Z0-9]+|!subteam\^[A-Z0-9]+")
_APART = re.compile(r"(?<=\w:)[ ]+(<(?:[#@]|!subteam\^)[A-Z0-9]+>)")
_DEPTH = 12
"""Blocks inside blocks that are looked through for links."""


def typed(text: str) -> str:
    """Return what a person typed: links as they are, people, channels and groups by their ids.

    Slack knows a name only behind a blank, so that `editor: @anna` is read as `editor:@anna`.
    """
    joined = _APART.sub(r"\1", _MARKED.sub(_unmarked, text))
    return html.unescape(joined).strip()


def spoken(text: str, bot: str) -> str:
    """Return what a person said to the bot, without the mention of it that stands before.

    Args:
        text: As Slack sends it.
        bot: The bot's user id.
    """
    mention = re.compile(rf"\s*<@{re.escape(bot)}(?:\|[^<>]*)?>[\s,:]*")
    before, found, after = _parted(text, mention)
    return typed(f"{before} {after}" if found else text)


def links(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the links of a message: those in its words, then those of its blocks and cards."""
    for found in _MARKED.finditer(str(message.get("text") or "")):
        address = found[1].partition("|")[0]
        if address.startswith(("http://", "https://")):
            yield html.unescape(address)
    for part in (message.get("blocks"), message.get("attachments")):
        yield from _addresses(part, 0)


def _parted(text: str, mention: re.Pattern[str]) -> tuple[str, str, str]:
    found = mention.search(text)
    if found is None:
        return text, "", ""
    return text[: found.start()], found[0], text[found.end() :]


def _unmarked(found: re.Match[str]) -> str:
    inner, _, shown = found[1].partition("|")
    if link := _LINK.match(inner):
        # `example.org` becomes a link to http://example.org that is shown as it was typed.
        bare = inner[link.end() :].rstrip("/")
        return shown if shown and bare == shown.rstrip("/") else inner
    return f"<{inner}>" if _NAMED.fullmatch(inner) else found[0]


def _addresses(part: object, depth: int) -> Iterator[str]:
    """Yield the addresses in a part of a message, as deep as Slack nests them."""
    if depth > _DEPTH:
        return
    if isinstance(part, list):
        for one in part:
            yield from _addresses(one, depth + 1)
    elif isinstance(part, Mapping):
        for key, value in part.items():
            if key in ("url", "from_url", "title_link", "original_url"):
                if str(value).startswith(("http://", "https://")):
                    yield str(value)
            else:
                yield from _addresses(value, depth + 1)
