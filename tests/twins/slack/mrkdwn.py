"""Reads a message as Slack does and lists what in it is live: mentions, links, channels, dates.

Of a text with `verbatim: false`, and of the message's own text unless `parse` is `none`, Slack also
makes links of bare addresses, and may make mentions of bare names.
Source: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.twins.slack.state import Json

_TOKEN = re.compile(r"<([^<>\n]+)>")
_BARE = re.compile(
    r"(?<![\w@.&/-])(?:(?:https?|mailto|ftp|tel):\S+|[\w.+-]+@[\w-]+\.\w[\w.-]*"
    r"|(?:[a-z0-9-]+\.)+(?:com|org|net|info|io|gov|edu|mil|int|news|app|dev|me|tv|co|"
    r"uk|us|es|fr|de|it|pt|br|mx|sv|ve|eu|ru|cn)\b(?!\.?\w))",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w@/&])@(here|channel|everyone|[a-z0-9][\w.-]*)", re.IGNORECASE)
_PLACE = re.compile(r"(?<![\w#/&])#([a-z0-9_][\w-]*)", re.IGNORECASE)
_EMOJI = re.compile(r"(?<![\w:]):([a-z0-9_+'-]+):(?![\w:])", re.IGNORECASE)
_SPECIAL = ("here", "channel", "everyone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Something in a message that does more than stand there.

    `kind` is user, special (`<!channel>` and the like), group, channel, date, link, button (the
    link of a button, an option or a date), image, emoji, or bare link, bare mention, bare channel:
    what Slack would make of plain text. `target` is the id, address or name, `where` the place in
    the message.
    """

    kind: str
    target: str
    label: str = ""
    where: str = ""


MENTIONS = {"user", "special", "group", "bare mention"}
LINKS = {"link", "bare link", "button", "image"}


def live(message: Json) -> list[Live]:
    """Return all that is live in a message: its text, blocks and attachments."""
    found = list(_text(message.get("text") or "", "text", bare=message.get("parse") != "none"))
    for n, block in enumerate(message.get("blocks") or []):
        found += _inside(block, f"blocks/{n}")
    for n, attachment in enumerate(message.get("attachments") or []):
        found += _attachment(attachment, f"attachments/{n}")
    return found


def mentions(message: Json) -> list[Live]:
    """Return what of a message calls somebody."""
    return [each for each in live(message) if each.kind in MENTIONS]


def links(message: Json) -> list[Live]:
    """Return what of a message leads out of Slack."""
    return [each for each in live(message) if each.kind in LINKS]


def plain(text: str) -> str:
    """Return mrkdwn as a person reads it: labels for links, dates' fallbacks, no entities."""
    read = _TOKEN.sub(lambda match: _label(match[1]), text)
    return read.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _attachment(given: Json, where: str) -> Iterator[Live]:
    """Read the older kind of attachment, whose texts are all parsed, and the blocks in it."""
    for name in ("pretext", "title", "text", "footer"):
        yield from _text(given.get(name) or "", f"{where}/{name}", bare=True)
    for name in ("title_link", "author_link", "from_url"):
        if given.get(name):
            yield Live(kind="link", target=given[name], where=where)
    yield from _inside(given.get("blocks"), f"{where}/blocks")


def _inside(given: Any, where: str) -> Iterator[Live]:
    if isinstance(given, list):
        for n, each in enumerate(given):
            yield from _inside(each, f"{where}/{n}")
    if not isinstance(given, dict):
        return
    if given.get("type") == "mrkdwn":
        yield from _text(given["text"], where, bare=not given.get("verbatim"))
    elif given.get("type") == "plain_text":
        yield from _emoji(given["text"], where)
    elif given.get("type") == "markdown":
        yield from _text(given["text"], where, bare=True)
    else:
        yield from _element(given, where)
        for name, each in given.items():
            if isinstance(each, dict | list):
                yield from _inside(each, f"{where}/{name}")


def _element(given: Json, where: str) -> Iterator[Live]:
    """Read what an element leads to by a key of its own, rich text's included."""
    kinds = {
        "user": ("user", "user_id"),
        "usergroup": ("group", "usergroup_id"),
        "channel": ("channel", "channel_id"),
        "broadcast": ("special", "range"),
        "date": ("date", "timestamp"),
        "link": ("link", "url"),
        "emoji": ("emoji", "name"),
    }
    if given.get("type") in kinds:
        kind, key = kinds[given["type"]]
        yield Live(kind=kind, target=str(given[key]), label=given.get("text") or "", where=where)
    if given.get("url") and given.get("type") != "link":
        yield Live(kind="button", target=given["url"], where=where)
    if given.get("image_url"):
        yield Live(kind="image", target=given["image_url"], where=where)


def _text(text: str, where: str, *, bare: bool) -> Iterator[Live]:
    for token in _TOKEN.findall(text):
        yield from _token(token, where)
    rest = _TOKEN.sub(" ", text)
    yield from _emoji(rest, where)
    if not bare:
        return
    for match in _BARE.finditer(rest):
        yield Live(kind="bare link", target=match[0], where=where)
    for match in _NAME.finditer(rest):
        yield Live(kind="bare mention", target=match[1], where=where)
    for match in _PLACE.finditer(rest):
        yield Live(kind="bare channel", target=match[1], where=where)


def _token(token: str, where: str) -> Iterator[Live]:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        yield Live(kind="user", target=target[1:], label=label, where=where)
    elif target.startswith("#"):
        yield Live(kind="channel", target=target[1:], label=label, where=where)
    elif target.startswith("!"):
        name, *rest = target[1:].split("^")
        if name == "subteam":
            yield Live(kind="group", target=rest[0], label=label, where=where)
        elif name == "date":
            yield Live(kind="date", target=rest[0], label=label, where=where)
            if len(rest) > 2:
                yield Live(kind="link", target=rest[2], label=label, where=where)
        else:
            yield Live(kind="special", target=name, label=label, where=where)
    else:
        yield Live(kind="link", target=target, label=label, where=where)


def _emoji(text: str, where: str) -> Iterator[Live]:
    for match in _EMOJI.finditer(text):
        yield Live(kind="emoji", target=match[1], where=where)


def _label(token: str) -> str:
    target, _, label = token.partition("|")
    if label:
        return label
    return f"@{target[1:]}" if target.startswith("!") and target[1:] in _SPECIAL else target
