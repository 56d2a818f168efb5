"""What Slack refuses of a message, and what we refuse ourselves beyond that.

Slack's own rules of blocks are those of its twin and of slack_sdk's models. Ours: whole messages
stay far below what Slack takes, texts are never parsed for links or emoji, and rich text holds but
a few kinds of parts.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.twins.slack.rules import check_blocks

Json = dict[str, Any]

WHOLE = 10_000
"""Most characters of all blocks of a message together, as JSON."""
_MODES = {"plain_text": ("emoji", False), "mrkdwn": ("verbatim", True)}
_PARTS = {  # of rich text: what each must and may have
    "text": ({"text"}, {"style"}),
    "link": ({"url", "text"}, {"style"}),
    "date": ({"timestamp", "format", "fallback"}, set()),
    "channel": ({"channel_id"}, set()),
}
_STYLES = {"bold", "italic", "strike", "code"}


def units(text: str) -> int:
    """Return the UTF-16 code units of a text; a lone surrogate is an error."""
    return len(text.encode("utf-16-le")) // 2


def refusals(body: Json) -> list[str]:
    """Return which rules a message breaks."""
    blocks = body["blocks"]
    found = [*check_blocks(blocks), *_model(blocks)]
    if not body["text"].strip() or units(body["text"]) > 4_000:
        found.append("text")
    if not blocks:
        found.append("no blocks")
    if (whole := units(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))) > WHOLE:
        found.append(f"{whole} characters over all blocks")
    if body.get("reply_broadcast") or body.get("unfurl_links") or body.get("unfurl_media"):
        found.append("said to the whole channel, or unfurled")
    for block in blocks:
        found += _rich_text(block) if block["type"] == "rich_text" else _texts(block)
    return found


def _model(blocks: list[Json]) -> Iterator[str]:
    """Yield what slack_sdk's own models refuse."""
    for block in Block.parse_all(copy.deepcopy(blocks)):
        try:
            block.validate_json()
            block.to_dict()
        except SlackObjectFormationError as error:
            yield str(error)


def _texts(given: object) -> Iterator[str]:
    """Yield which text objects are blank, or left for Slack to make links and emoji in."""
    if isinstance(given, list):
        for one in given:
            yield from _texts(one)
    elif isinstance(given, dict):
        name, wanted = _MODES.get(given.get("type", ""), ("", None))
        if name and (given.get(name) is not wanted or not given["text"].strip()):
            yield f"text object: {given}"
        for one in given.values():
            yield from _texts(one)


def _rich_text(block: Json) -> Iterator[str]:
    for group in block["elements"]:
        listed = group["type"] == "rich_text_list"
        for section in group["elements"] if listed else [group]:
            if not section["elements"]:
                yield "an empty section"
            for part in section["elements"]:
                yield from _part(part)


def _part(part: Json) -> Iterator[str]:
    must, may = _PARTS.get(part["type"], (set(), set()))
    names = part.keys() - {"type"}
    if not must or not must <= names <= must | may or any(part[name] == "" for name in must):
        yield f"part: {part}"
    if units(part.get("text", "")) > 3_000 or len(part.get("url", "")) > 3_000:
        yield "length of a part"
    if not part.get("style", {}).keys() <= _STYLES:
        yield f"style: {part['style']}"
