"""Rules of rich text: sections, lists, quotes, code, and what stands in them.

Slack parses nothing in its texts. Lengths of texts are not documented: those of a section's text
and of an address are assumed.
Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from typing import Any

from tests.twins.slack.check import Check, typed
from tests.twins.slack.state import Json

_STYLES = ("bold", "italic", "strike", "code", "underline")
_PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "text": (("text",), ()),
    "link": (("url",), ("text", "unsafe")),
    "emoji": (("name",), ("unicode", "skin_tone")),
    "user": (("user_id",), ()),
    "usergroup": (("usergroup_id",), ()),
    "team": (("team_id",), ()),
    "channel": (("channel_id",), ()),
    "broadcast": (("range",), ()),
    "color": (("value",), ()),
    "date": (("timestamp", "format"), ("url", "fallback")),
}
"""What each part must have and may have besides `type` and `style`."""
_GROUPS: dict[str, tuple[str, ...]] = {
    "rich_text_section": (),
    "rich_text_quote": ("border",),
    "rich_text_preformatted": ("border",),
    "rich_text_list": ("style", "indent", "offset", "border"),
}


def check_rich_text(check: Check, given: Json, where: str) -> None:
    """Check a block of rich text."""
    check.shape(given, where, ("type", "elements"), ("block_id",))
    for n, group in enumerate(check.items(given.get("elements"), f"{where}/elements", 1000)):
        at = f"{where}/elements/{n}"
        kind = typed(group)
        if kind not in _GROUPS:
            check.say(at, f"unsupported type: {kind}")
        elif check.shape(group, at, ("type", "elements"), _GROUPS[kind]):
            _group(check, group, at)


def _group(check: Check, group: Json, where: str) -> None:
    if group["type"] == "rich_text_list":
        if group.get("style") is None:
            check.say(where, "missing required field: style")
        check.choice(group.get("style"), f"{where}/style", ("bullet", "ordered"))
        check.number(group.get("indent"), f"{where}/indent", 0, 8)
    elements = check.items(group["elements"], f"{where}/elements", 1000)
    for n, part in enumerate(elements):
        at = f"{where}/elements/{n}"
        if group["type"] != "rich_text_list":
            _part(check, part, at, plain=group["type"] == "rich_text_preformatted")
        elif typed(part) != "rich_text_section":
            check.say(at, f"unsupported type: {typed(part)}")
        elif check.shape(part, at, ("type", "elements"), ()):
            _group(check, part, at)


def _part(check: Check, part: Any, where: str, *, plain: bool) -> None:
    kind = typed(part)
    if kind not in _PARTS or (plain and kind not in ("text", "link")):
        check.say(where, f"unsupported type: {kind}")
        return
    required, optional = _PARTS[kind]
    if not check.shape(part, where, ("type", *required), (*optional, "style")):
        return
    check.string(part.get("text"), f"{where}/text", 3000)
    check.url(part.get("url"), f"{where}/url")
    check.choice(part.get("range"), f"{where}/range", ("here", "channel", "everyone"))
    check.number(part.get("timestamp"), f"{where}/timestamp", 0, 2**33)
    if part.get("style") is not None and check.shape(part["style"], f"{where}/style", (), _STYLES):
        for name, value in part["style"].items():
            check.flag(value, f"{where}/style/{name}")
