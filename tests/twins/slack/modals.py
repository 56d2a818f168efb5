"""Modals before a person: what is filled in, and what the app's answer to a submission does.

Source: https://docs.slack.dev/surfaces/modals#updating_views
"""

from typing import Any

from tests.twins.slack.asking import CannotAskError, Found, initial, interactive, is_empty
from tests.twins.slack.core import Core
from tests.twins.slack.errors import ApiError
from tests.twins.slack.state import Json, User, View, Workspace
from tests.twins.slack.viewing import close, replace, show

Filled = dict[tuple[str, str], Json]
"""What a person has chosen and typed, by block_id and action_id."""


def state_of(blocks: list[Json], filled: Filled) -> Json:
    """Return the state of all inputs: what was filled in, else what they started with.

    What was filled in stays through an update while block_id, action_id and type are the same.
    """
    state: Json = {}
    for found in interactive(blocks):
        first = initial(found)
        if first is None:
            continue
        block, action = found.place
        held = filled.get((block, action))
        kept = held if held is not None and held["type"] == first["type"] else first
        state.setdefault(block, {})[action] = kept
    return state


def missing(blocks: list[Json], filled: Filled) -> list[Found]:
    """Return the inputs that must be filled in and are not."""
    state = state_of(blocks, filled)
    return [
        found
        for found in interactive(blocks)
        if found.block["type"] == "input"
        and not found.block.get("optional", False)
        and is_empty(state[found.place[0]][found.place[1]])
    ]


def need_complete(blocks: list[Json], filled: Filled) -> None:
    """Check what the client checks before it sends a modal.

    Raises:
        CannotAskError: Something is to be filled in yet.
    """
    if empty := missing(blocks, filled):
        names = ", ".join(found.block["label"]["text"] for found in empty)
        raise CannotAskError(f"please complete these fields: {names}")


def answered(
    core: Core, workspace: Workspace, user: User, view: View, payload: Any
) -> dict[str, str]:
    """Carry out what the app answered to a submission; return the errors at the inputs.

    Raises:
        ApiError: It is no answer to a submission; the person reads that there was some trouble.
    """
    if not payload:
        close(core, user)
        return {}
    if not isinstance(payload, dict):
        raise ApiError("invalid_response_action")
    match payload.get("response_action"):
        case "clear":
            close(core, user, everything=True)
        case "update":
            replace(core, workspace, view, payload.get("view"))
        case "push":
            show(core, workspace, user, payload.get("view"), view)
        case "errors":
            return _errors(view, payload.get("errors"))
        case other:
            raise ApiError("invalid_response_action", [f"[ERROR] response_action {other!r}"])
    return {}


def _errors(view: View, errors: Any) -> dict[str, str]:
    """Return errors in place, each at an input of this view."""
    inputs = {b["block_id"] for b in view.body["blocks"] if b["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise ApiError("invalid_response_action", ["[ERROR] errors must be an object"])
    for block, text in errors.items():
        if block not in inputs:
            raise ApiError("invalid_response_action", [f"[ERROR] no input block {block}"])
        if not isinstance(text, str) or not text:
            raise ApiError("invalid_response_action", [f"[ERROR] no text for {block}"])
    return errors
