"""Forms (modals): a line to be finished by a person, as inputs, and back; pure.

Owns which arguments are shown, and that a form that is sent back unchanged calls the same.

Source: https://discord.com/developers/docs/components/reference (Label, Text Input): title 45,
label 45, description 100, five components, a value of 4,000.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.adapters.chat.harmless import line
from bot.domain.calls import Kind, Param, Usage
from bot.domain.errors import CallError
from bot.domain.lines import action, parse_line, read_action
from bot.domain.text import utf16_length

MOST_INPUTS = 5
MOST_VALUE = 2_000
"""UTF-16 units of an input, as many as an argument may have characters."""
_MOST_TITLE = 45
_MOST_TEXT = 100
_LABEL, _INPUT, _ROW = 18, 4, 1
_ONE_LINE, _MANY_LINES = 1, 2
_LONG = 60  # UTF-16 units that one line shows


def modal_for(written: str, usages: Sequence[Usage]) -> dict[str, Any] | None:
    """Return the form in which a line can be finished, or None if it cannot hold the line.

    It has at most five inputs: those that must or may be typed first, then what the line gives,
    then what else the command takes. What is given but not shown goes into the `custom_id`.

    Args:
        written: A line such as a `Reply.prefill`.
        usages: The commands that can be typed.
    """
    try:
        verb, args = parse_line(written, usages)
    except CallError:
        return None
    usage = next(one for one in usages if one.verb == verb)
    shown = _shown(usage, args)
    hidden = {name: value for name, value in args.items() if name not in {p.name for p in shown}}
    if not shown or any(utf16_length(args.get(one.name, "")) > MOST_VALUE for one in shown):
        return None
    try:
        custom_id = action(verb, **hidden)
    except ValueError:
        return None
    return {
        "custom_id": custom_id,
        "title": line(verb.capitalize(), _MOST_TITLE),
        "components": [_labelled(param, args.get(param.name, "")) for param in shown],
    }


def submitted(data: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the verb and the arguments of a form that was sent; what was left empty is absent."""
    verb, args = read_action(str(data.get("custom_id", "")))
    for outer in data.get("components") or []:
        for one in (outer.get("component"), *(outer.get("components") or ())):
            if one and (value := str(one.get("value") or "").strip()):
                args[str(one.get("custom_id", ""))] = value
    return verb, args


def _shown(usage: Usage, args: Mapping[str, str]) -> list[Param]:
    """Return the params that get an input, in the command's own order."""
    typed = [param for param in usage.params if param.kind is not Kind.FILE]
    by_need = sorted(
        typed,
        key=lambda one: (
            not (one.rest or one.required),
            -len(args.get(one.name, "")),  # what is short has room in the custom_id
        ),
    )
    chosen = {param.name for param in by_need[:MOST_INPUTS]}
    return [param for param in typed if param.name in chosen]


def _labelled(param: Param, value: str) -> dict[str, object]:
    long = param.rest or utf16_length(value) > _LONG or "\n" in value
    field: dict[str, object] = {
        "type": _INPUT,
        "custom_id": param.name,
        "style": _MANY_LINES if long else _ONE_LINE,
        "required": param.required,
        "max_length": MOST_VALUE,
    }
    if value:
        field["value"] = value
    if hint := ", ".join(param.choices) or param.default:
        field["placeholder"] = line(hint, _MOST_TEXT)
    name = param.name.replace("_", " ").capitalize()
    return {
        "type": _LABEL,
        "label": line(name, _MOST_TITLE),
        "description": line(param.help, _MOST_TEXT),
        "component": field,
    }
