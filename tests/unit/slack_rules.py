"""What Slack refuses of a message: its SDK's models, and the written limits that these miss.

Sources: https://docs.slack.dev/reference/block-kit/blocks and /block-elements,
https://docs.slack.dev/reference/methods/chat.update (4,000 characters of text), and for the whole
of a message https://github.com/slackapi/bolt-js/issues/2509.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

Json = dict[str, Any]

_MOST_URL = 3_000
_PARTS = {  # elements of rich text: what each must and may have
    "text": ({"text"}, {"style"}),
    "link": ({"url", "text"}, {"style"}),
    "date": ({"timestamp", "format", "fallback"}, set()),
    "channel": ({"channel_id"}, set()),
}


def units(text: str) -> int:
    """Return the UTF-16 code units of a text; a lone surrogate is an error."""
    return len(text.encode("utf-16-le")) // 2


def refusals(body: Json) -> list[str]:
    """Return which rules a message breaks."""
    blocks = body["blocks"]
    found = []
    if not body["text"].strip() or units(body["text"]) > 4_000:
        found.append("text")
    if not 0 < len(blocks) <= 50:
        found.append("number of blocks")
    if (whole := units(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))) > 10_000:
        found.append(f"{whole} characters over all blocks")
    if body.get("reply_broadcast") or body.get("unfurl_links") or body.get("unfurl_media"):
        found.append("said to the whole channel, or unfurled")
    for block in blocks:
        found += _RULES.get(block["type"], _unknown)(block)
    return [*found, *_model(blocks)]


def _model(blocks: list[Json]) -> Iterator[str]:
    """Yield what slack_sdk's own models refuse."""
    for block in Block.parse_all(copy.deepcopy(blocks)):
        if type(block) is Block:
            yield f"unknown: {block.type}"
        try:
            block.validate_json()
            block.to_dict()
        except SlackObjectFormationError as error:
            yield str(error)


def _text(given: Json, kind: str, most: int) -> Iterator[str]:
    mode = {"plain_text": ("emoji", False), "mrkdwn": ("verbatim", True)}[kind]
    if given != {"type": kind, "text": given["text"], mode[0]: mode[1]}:
        yield f"text object: {given}"
    if not given["text"].strip() or units(given["text"]) > most:
        yield f"length of {given['text'][:60]!r}"


def _header(block: Json) -> Iterator[str]:
    yield from _text(block["text"], "plain_text", 150)
    if "\n" in block["text"]["text"]:
        yield "a header of two lines"


def _section(block: Json) -> Iterator[str]:
    yield from _text(block["text"], "mrkdwn", 3_000)


def _context(block: Json) -> Iterator[str]:
    if not 0 < len(block["elements"]) <= 10:
        yield "number of elements"
    for one in block["elements"]:
        yield from _text(one, "mrkdwn", 3_000)


def _actions(block: Json) -> Iterator[str]:
    drawn = block["elements"]
    ids = [one["action_id"] for one in drawn]
    if not 0 < len(drawn) <= 25 or len(set(ids)) != len(ids):
        yield "number or ids of elements"
    for one in drawn:
        if one["type"] == "button":
            yield from _text(one["text"], "plain_text", 75)
            if not 0 < len(one["value"]) <= 2_000:
                yield "value of a button"
            if one.get("style", "primary") not in ("primary", "danger"):
                yield "style of a button"
        else:
            yield from _overflow(one)


def _overflow(menu: Json) -> Iterator[str]:
    if menu["type"] != "overflow" or not 0 < len(menu["options"]) <= 5:
        yield "options of a menu"
    for option in menu["options"]:
        yield from _text(option["text"], "plain_text", 75)
        if not 0 < len(option["value"]) <= 150:
            yield "value of an option"


def _rich_text(block: Json) -> Iterator[str]:
    if not block["elements"]:
        yield "empty rich text"
    for group in block["elements"]:
        sections = [group]
        if group["type"] == "rich_text_list":
            sections = group["elements"]
            if group["style"] != "bullet" or any(
                one["type"] != "rich_text_section" for one in sections
            ):
                yield "list"
        elif group["type"] not in ("rich_text_section", "rich_text_preformatted"):
            yield f"rich text of {group['type']}"
        for section in sections:
            if not section["elements"]:
                yield "empty section"
            for part in section["elements"]:
                yield from _part(part, group["type"])


def _part(part: Json, group: str) -> Iterator[str]:
    must, may = _PARTS.get(part["type"], (set(), set()))
    names = part.keys() - {"type"}
    if not must or not must <= names <= must | may:
        yield f"part: {part}"
        return
    if group == "rich_text_preformatted" and part["type"] != "text":
        yield f"{part['type']} in a block of code"
    if any(not part[name] for name in must if isinstance(part[name], str)):
        yield f"empty part: {part}"
    if units(part.get("text", "")) > 3_000 or len(part.get("url", "")) > _MOST_URL:
        yield "length of a part"
    for name, value in part.get("style", {}).items():
        if name not in ("bold", "italic", "strike", "code") or value is not True:
            yield f"style: {name}"


def _unknown(block: Json) -> Iterator[str]:
    yield f"no block of ours: {block['type']}"


_RULES = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich_text,
}
