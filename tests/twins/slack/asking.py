"""What a person's client sends: which element was meant, and whether it lets them."""

from collections.abc import Iterator
from typing import Any

from tests.twins.slack.check import dug
from tests.twins.slack.state import Json

ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}
OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}
EXTERNAL = {"external_select", "multi_external_select"}
PICKED = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
"""Elements whose choice is a plain value, and what it is called."""
TYPED = {
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "rich_text_input",
}


class CannotAskError(Exception):
    """The person's client would not have sent this."""


class Found:
    """An element, and the block that it is in."""

    def __init__(self, block: Json, element: Json) -> None:
        """Keep both."""
        self.block = block
        self.element = element

    @property
    def kind(self) -> str:
        """The element's type."""
        return str(self.element["type"])

    @property
    def place(self) -> tuple[str, str]:
        """Where its state is kept: block_id and action_id."""
        return self.block["block_id"], self.element["action_id"]

    @property
    def names(self) -> set[Any]:
        """What a person, or a test, may call it."""
        return {
            dug(self.block, "label", "text"),
            dug(self.element, "text", "text"),
            dug(self.element, "placeholder", "text"),
            self.element.get("accessibility_label"),
            self.element.get("action_id"),
            self.block.get("block_id"),
        } - {None}


def interactive(blocks: list[Json]) -> Iterator[Found]:
    """Yield all that can be pressed, chosen or filled in, in reading order."""
    for block in blocks:
        inside = [*(block.get("elements") or ()), block.get("accessory"), block.get("element")]
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield Found(block, element)


def pressed(blocks: list[Json], what: str, nth: int | None) -> tuple[Found, Json]:
    """Return a button or an entry of an overflow menu, and what pressing it sends.

    Raises:
        CannotAskError: There is none of that name, or several and `nth` does not say which.
    """
    hits: list[tuple[Found, Json]] = []
    for found in interactive(blocks):
        if found.kind == "button" and what in found.names:
            names = ("text", "value", "style", "url", "accessibility_label")
            hits.append((found, {n: found.element[n] for n in names if n in found.element}))
        elif found.kind == "overflow":
            hits += [
                (found, {"selected_option": option})
                for option in found.element["options"]
                if what in (option["text"]["text"], option["value"])
            ]
    return _which(hits, what, nth, [n for f in interactive(blocks) for n in offered(f)])


def offered(found: Found) -> list[str]:
    """Return what can be pressed in an element, by name."""
    if found.kind == "button":
        return [found.element["text"]["text"]]
    if found.kind == "overflow":
        return [option["text"]["text"] for option in found.element["options"]]
    return []


def menu(blocks: list[Json], what: str, nth: int | None = None) -> Found:
    """Return an element that is chosen from or filled in.

    Raises:
        CannotAskError: There is none of that name, or several and `nth` does not say which.
    """
    rest = [f for f in interactive(blocks) if f.kind not in ("button", "overflow")]
    hits: list[tuple[Found, Json]] = [(f, {}) for f in rest if what in f.names]
    names = [str(next(iter(f.names), "")) for f in rest]
    return _which(hits, what, nth, names)[0]


def value_of(found: Found, given: Any, loaded: list[Json]) -> Json:
    """Return the state of an element in which something was chosen or typed.

    Args:
        found: The element.
        given: Text for inputs; the text or value of an option, or a list of them; else the id
            or date itself, or a list of ids.
        loaded: What an external menu has offered.

    Raises:
        CannotAskError: It does not offer that, or does not take it.
    """
    kind = found.kind
    if kind in TYPED:
        return {"type": kind, "value": _typed(found, given)}
    if kind == "file_input":
        return {"type": kind, "files": given}
    if kind in PICKED:
        return {"type": kind, PICKED[kind]: given}
    options = loaded if kind in EXTERNAL else _options(found.element)
    if kind in OPTIONS:
        return {"type": kind, "selected_options": [_option(options, each) for each in given]}
    return {"type": kind, "selected_option": None if given is None else _option(options, given)}


def initial(found: Found) -> Json | None:
    """Return an element's state before anybody touched it; None for one that has no state."""
    kind, element = found.kind, found.element
    if kind in ("button", "overflow"):
        return None
    if kind in TYPED:
        return {"type": kind, "value": element.get("initial_value")}
    if kind == "file_input":
        return {"type": kind, "files": []}
    if kind in PICKED:
        name = PICKED[kind].replace("selected", "initial")
        plain: Any = [] if kind.startswith("multi_") else None
        return {"type": kind, PICKED[kind]: element.get(name, plain)}
    if kind in OPTIONS:
        return {"type": kind, "selected_options": element.get("initial_options") or []}
    return {"type": kind, "selected_option": element.get("initial_option")}


def is_empty(state: Json) -> bool:
    """Return whether nothing was chosen or typed."""
    return not any(value for name, value in state.items() if name != "type")


def _options(element: Json) -> list[Json]:
    groups = [group["options"] for group in element.get("option_groups") or []]
    return [*(element.get("options") or []), *(option for group in groups for option in group)]


def _option(options: list[Json], what: Any) -> Json:
    for option in options:
        if what in (option["text"]["text"], option["value"]):
            return option
    names = ", ".join(repr(o["text"]["text"]) for o in options) or "nothing"
    raise CannotAskError(f"{what!r} is not offered; there is {names}")


def _typed(found: Found, given: Any) -> str | None:
    if given is None or given == "":
        return None
    element, text = found.element, str(given)
    most = element.get("max_length", 3000)
    if len(text) > most or len(text) < element.get("min_length", 0):
        raise CannotAskError(f"the text is not between the lengths that {found.place} takes")
    if found.kind == "number_input":
        _number(element, text)
    return text


def _number(element: Json, text: str) -> None:
    try:
        number = float(text) if element["is_decimal_allowed"] else int(text)
    except ValueError as error:
        raise CannotAskError(f"{text!r} is no number here") from error
    low, high = element.get("min_value"), element.get("max_value")
    if (low is not None and number < float(low)) or (high is not None and number > float(high)):
        raise CannotAskError(f"{text} is not between {low} and {high}")


def _which(
    hits: list[tuple[Found, Json]], what: str, nth: int | None, there: list[str]
) -> tuple[Found, Json]:
    if not hits:
        raise CannotAskError(f"nothing is called {what!r} here; there is {', '.join(there)}")
    if nth is None and len(hits) > 1:
        raise CannotAskError(f"{len(hits)} are called {what!r}; say which with nth=1 …")
    if nth is not None and not 1 <= nth <= len(hits):
        raise CannotAskError(f"only {len(hits)} are called {what!r}")
    return hits[(nth or 1) - 1]
