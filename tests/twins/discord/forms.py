"""What a person's client shows to press, choose and fill in, and what it sends of it."""

from collections.abc import Mapping
from typing import Any

from tests.twins.discord.asking import CannotAskError
from tests.twins.discord.rules import BUTTON, INPUT, LABEL, SELECT, modal_inputs, units
from tests.twins.discord.state import Json


def pressed(components: list[Json], what: str) -> Json:
    """Return what pressing the button with a label or custom_id sends.

    Raises:
        CannotAskError: There is none, or it cannot be pressed.
    """
    buttons = [c for c in inside(components) if c.get("type") == BUTTON]
    named = [b for b in buttons if what in (b.get("label"), b.get("custom_id"))]
    if not named:
        raise CannotAskError(f"no button {what!r}; there are {[b.get('label') for b in buttons]}")
    if named[0].get("disabled") or not named[0].get("custom_id"):
        raise CannotAskError(f"button {what!r} cannot be pressed")
    return {"component_type": BUTTON, "custom_id": named[0]["custom_id"], "id": 1}


def chosen(components: list[Json], what: str, values: list[str]) -> Json:
    """Return what choosing values in the menu with a placeholder or custom_id sends.

    Raises:
        CannotAskError: There is no such menu, or it does not offer that, or not so many.
    """
    menus = [c for c in inside(components) if c.get("type") == SELECT]
    named = [m for m in menus if what in (m.get("placeholder"), m.get("custom_id"))]
    if not named:
        raise CannotAskError(f"no menu {what!r}")
    _check_values(what, named[0], values)
    return {"component_type": SELECT, "custom_id": named[0]["custom_id"], "values": values}


def filled(modal: Json, values: Mapping[str, Any]) -> Json:
    """Return what sending a modal sends, each input as the modal has it or as it is filled in.

    Raises:
        CannotAskError: No such input, or a value that the client would mark red.
    """
    inputs = modal_inputs(modal)
    names = {n for label, one in inputs for n in (label, one["custom_id"])}
    if strange := set(values) - names:
        raise CannotAskError(f"no such input: {sorted(strange)}; there are {sorted(names)}")
    parts = []
    for part in modal["components"]:
        if part["type"] == LABEL:
            one = _input(part["label"], part["component"], values)
            parts.append({"type": LABEL, "component": one})
        elif "components" in part:
            rows = [_input(one.get("label") or "", one, values) for one in part["components"]]
            parts.append({"type": part["type"], "components": rows})
    return {"custom_id": modal["custom_id"], "components": parts}


def inside(parts: list[Json]) -> list[Json]:
    """Return all components, those inside others too."""
    found: list[Json] = []
    for part in parts:
        found.append(part)
        found += inside(part.get("components") or [])
        if isinstance(part.get("accessory"), dict):
            found.append(part["accessory"])
    return found


def _input(label: str, one: Json, values: Mapping[str, Any]) -> Json:
    told = {"type": one["type"], "custom_id": one["custom_id"], "id": one.get("id") or 1}
    given = values.get(label, values.get(one["custom_id"]))
    if one["type"] == INPUT:
        value = (one.get("value") or "") if given is None else given
        _check_text(label, one, value)
        return told | {"value": value}
    if one["type"] == SELECT:
        offered = [o["value"] for o in one["options"] if o.get("default")]
        picked = offered if given is None else list(given)
        _check_values(label, one, picked)
        return told | {"values": picked}
    raise CannotAskError(f"{label!r} is of a kind that the twin's people cannot fill in")


def _check_text(label: str, one: Json, value: str) -> None:
    if not value:
        if one.get("required", True):
            raise CannotAskError(f"{label!r} is required")
        return
    least, most = one.get("min_length") or 0, one.get("max_length") or 4000
    if not least <= units(value) <= most:
        raise CannotAskError(f"{label!r} wants {least} to {most} characters")


def _check_values(label: str, menu: Json, values: list[str]) -> None:
    if strange := set(values) - {o["value"] for o in menu["options"]}:
        raise CannotAskError(f"{label!r} does not offer {sorted(strange)}")
    least, most = menu.get("min_values", 1), menu.get("max_values", 1)
    if not menu.get("required", True):
        least = 0
    if not least <= len(values) <= most:
        raise CannotAskError(f"{label!r} wants {least} to {most} choices")
