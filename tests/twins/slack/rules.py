"""Rules of blocks, messages and views: what slack_sdk's models check, and what they miss.

Sources: https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/views;
for the whole of a message, which is not documented, https://github.com/slackapi/bolt-js/issues/2509
and /2867: 13,297 characters in one block were too many, a divider took 125 of them away, and 11,341
in rich text were too many. A message's JSON, with 100 for each further block, fits all three.
"""

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.twins.slack.check import MARKED, PLAIN, Check, dug, typed, units
from tests.twins.slack.elements import (
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    check_element,
    check_image,
)
from tests.twins.slack.errors import ApiError
from tests.twins.slack.rich import check_rich_text
from tests.twins.slack.state import Json

WHOLE = 13_200
EACH = 100
"""Most units of all blocks of a message together, and what each but the first adds to its JSON."""
TEXT, UPDATED_TEXT = 40_000, 4_000
"""Most characters of a message's `text`, and of one that chat.update sets."""
METADATA = 16_000


def weight(blocks: list[Json]) -> int:
    """Return what blocks count towards the limit of a whole message, in UTF-16 units."""
    written = json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))
    return units(written) + EACH * max(0, len(blocks) - 1)


def check_blocks(given: Any, *, most: int = 50, where: str = "/blocks") -> list[str]:
    """Return what is wrong with blocks, in Slack's words; nothing where they are sound."""
    check = Check()
    blocks = check.items(given, where, most, 0)
    for n, block in enumerate(blocks):
        _block(check, block, f"{where}/{n}", message=most == 50)
    check.unique([dug(b, "block_id") for b in blocks], where, "block_id")
    return check.faults or list(_model(blocks, where))


def checked_blocks(given: Any) -> list[Json]:
    """Return a message's blocks with ids filled in, or refuse them as Slack does.

    Raises:
        ApiError: invalid_blocks_format, invalid_blocks or msg_blocks_too_long.
    """
    if not isinstance(given, list):
        raise ApiError("invalid_blocks_format")
    if faults := check_blocks(given):
        messages = [f"[ERROR] {fault}" for fault in faults]
        raise ApiError("invalid_blocks", messages, errors=faults)
    if weight(given) > WHOLE:
        raise ApiError("msg_blocks_too_long")
    return filled(given)


def checked_view(given: Any, kind: str | None = None) -> Json:
    """Return a view with ids filled in, or refuse it as Slack does.

    Raises:
        ApiError: invalid_arguments, or view_too_large.
    """
    check = Check()
    if check.shape(given, "/view", ("type", "blocks"), _VIEW):
        _view(check, given, kind)
        check.faults += check_blocks(given["blocks"], most=100, where="/view/blocks")
    if check.faults:
        raise ApiError("invalid_arguments", [f"[ERROR] {fault}" for fault in check.faults])
    if len(json.dumps(given)) > 250_000:
        raise ApiError("view_too_large")
    return {**given, "blocks": filled(given["blocks"])}


def checked_metadata(given: Any) -> Json | None:
    """Return a message's metadata, or None for an empty object.

    Raises:
        ApiError: invalid_metadata_format or metadata_too_large.
    """
    if given == {}:
        return None
    check = Check()
    if not check.shape(given, "/metadata", ("event_type", "event_payload"), ()):
        raise ApiError("invalid_metadata_format", check.faults)
    if not isinstance(given["event_type"], str) or not isinstance(given["event_payload"], dict):
        raise ApiError("invalid_metadata_format")
    if len(json.dumps(given)) > METADATA:
        raise ApiError("metadata_too_large")
    return dict(given)


def filled(blocks: list[Json]) -> list[Json]:
    """Return blocks with the ids that Slack makes up for those that have none."""
    whole = []
    for n, block in enumerate(blocks):
        made: Json = {"block_id": f"twin{n}"} | block
        for name in ("accessory", "element"):
            if name in made:
                made[name] = _named(made[name], f"twin{n}")
        if block["type"] == "actions":
            elements = enumerate(block["elements"])
            made["elements"] = [_named(each, f"twin{n}/{m}") for m, each in elements]
        whole.append(made)
    return whole


def _named(element: Json, name: str) -> Json:
    return {"action_id": name} | element if element["type"] != "image" else element


def _model(blocks: list[Json], where: str) -> Iterator[str]:
    """Return what slack_sdk's models say of blocks that are sound as far as we know."""
    for n, block in enumerate(blocks):
        fault = _fault(json.dumps(block))
        if fault is not None:
            yield f"{fault} [json-pointer:{where}/{n}]"


@functools.lru_cache(maxsize=10_000)
def _fault(block: str) -> str | None:
    """Ask the model of one block; most blocks of a message have been asked for before."""
    try:
        parsed = Block.parse(json.loads(block))
        if parsed is not None:
            parsed.to_dict()
    except (SlackObjectFormationError, TypeError) as error:
        return str(error)
    return None


def _block(check: Check, given: Any, where: str, *, message: bool) -> None:
    rule = _RULES.get(typed(given) or "")
    if rule is None:
        check.say(where, f"unsupported type: {typed(given)}")
        return
    if given["type"] == "markdown" and not message:
        check.say(where, "unsupported type: markdown")
    check.string(given.get("block_id"), f"{where}/block_id", 255)
    rule(check, given, where)


def _section(check: Check, given: Json, where: str) -> None:
    check.shape(given, where, ("type",), ("block_id", "text", "fields", "accessory", "expand"))
    if given.get("text") is None and given.get("fields") is None:
        check.say(where, "one of text and fields is required")
    check.text(given.get("text"), f"{where}/text", 3000, (PLAIN, MARKED))
    check.flag(given.get("expand"), f"{where}/expand")
    if given.get("fields") is not None:
        for n, text in enumerate(check.items(given["fields"], f"{where}/fields", 10)):
            check.text(text, f"{where}/fields/{n}", 2000, (PLAIN, MARKED))
    if given.get("accessory") is not None:
        check_element(check, given["accessory"], f"{where}/accessory", IN_SECTION)


def _header(check: Check, given: Json, where: str) -> None:
    check.shape(given, where, ("type", "text"), ("block_id",))
    check.text(given.get("text"), f"{where}/text", 150)


def _divider(check: Check, given: Json, where: str) -> None:
    check.shape(given, where, ("type",), ("block_id",))


def _image(check: Check, given: Json, where: str) -> None:
    check.text(given.get("title"), f"{where}/title", 2000)
    rest = {name: value for name, value in given.items() if name not in ("title", "block_id")}
    check_image(check, rest, where)


def _actions(check: Check, given: Json, where: str) -> None:
    check.shape(given, where, ("type", "elements"), ("block_id",))
    elements = check.items(given.get("elements"), f"{where}/elements", 25)
    for n, element in enumerate(elements):
        check_element(check, element, f"{where}/elements/{n}", IN_ACTIONS)
    check.unique([dug(e, "action_id") for e in elements], where, "action_id")


def _context(check: Check, given: Json, where: str) -> None:
    check.shape(given, where, ("type", "elements"), ("block_id",))
    for n, element in enumerate(check.items(given.get("elements"), f"{where}/elements", 10)):
        if typed(element) == "image":
            check_image(check, element, f"{where}/elements/{n}")
        else:
            check.text(element, f"{where}/elements/{n}", 3000, (PLAIN, MARKED))


def _input(check: Check, given: Json, where: str) -> None:
    more = ("block_id", "hint", "optional", "dispatch_action")
    if not check.shape(given, where, ("type", "label", "element"), more):
        return
    check.text(given["label"], f"{where}/label", 2000)
    check.text(given.get("hint"), f"{where}/hint", 2000)
    check.flag(given.get("optional"), f"{where}/optional")
    check.flag(given.get("dispatch_action"), f"{where}/dispatch_action")
    check_element(check, given["element"], f"{where}/element", IN_INPUT)


def _markdown(check: Check, given: Json, where: str) -> None:
    check.shape(given, where, ("type", "text"), ("block_id",))
    check.string(given.get("text"), f"{where}/text", 12_000)


def _by_model(check: Check, given: Json, where: str) -> None:
    """Leave a block to slack_sdk's models: the bot has no use for it."""


_RULES: dict[str, Callable[[Check, Json, str], None]] = {
    "actions": _actions,
    "context": _context,
    "context_actions": _by_model,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": check_rich_text,
    "section": _section,
    "table": _by_model,
    "video": _by_model,
}
_VIEW = {
    "title",
    "submit",
    "close",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
}


def _view(check: Check, given: Json, kind: str | None) -> None:
    check.choice(given["type"], "/view/type", ("modal", "home") if kind is None else (kind,))
    check.string(given.get("private_metadata"), "/view/private_metadata", 3000, 0)
    check.string(given.get("callback_id"), "/view/callback_id", 255, 0)
    check.string(given.get("external_id"), "/view/external_id", 255, 0)
    if given["type"] == "home":
        for name in ("submit", "close"):
            if given.get(name) is not None:
                check.say("/view", f"invalid additional property: {name}")
        return
    if given.get("title") is None:
        check.say("/view", "missing required field: title")
    for name in ("title", "submit", "close"):
        check.text(given.get(name), f"/view/{name}", 24)
    blocks = given["blocks"] if isinstance(given["blocks"], list) else []
    if any(typed(b) == "input" for b in blocks) and given.get("submit") is None:
        check.say("/view", "missing required field: submit")
