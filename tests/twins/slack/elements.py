"""Rules of block elements: buttons, menus, inputs, images.

Source: https://docs.slack.dev/reference/block-kit/block-elements
"""

from collections.abc import Callable
from typing import Any

from tests.twins.slack.check import MARKED, PLAIN, Check, listed, offered, typed
from tests.twins.slack.state import Json

BUTTONS = {"button", "overflow"}
PICKERS = {"datepicker", "datetimepicker", "timepicker"}
BOXES = {"checkboxes", "radio_buttons"}
SINGLE = {f"{kind}_select" for kind in ("static", "external", "users", "conversations", "channels")}
MULTI = {f"multi_{kind}" for kind in SINGLE}
INPUTS = {
    "email_text_input",
    "file_input",
    "number_input",
    "plain_text_input",
    "rich_text_input",
    "url_text_input",
}
IN_ACTIONS = BUTTONS | PICKERS | BOXES | SINGLE | MULTI
IN_SECTION = IN_ACTIONS | {"image"} - {"datetimepicker"}
IN_INPUT = PICKERS | BOXES | SINGLE | MULTI | INPUTS
_COMMON = {"type", "action_id"}
_PLACED = {"placeholder", "focus_on_load"}


def check_element(check: Check, given: Any, where: str, allowed: set[str]) -> None:
    """Check one element that may be of these types."""
    kind = typed(given)
    if kind is None or kind not in allowed:
        check.say(where, f"unsupported type: {kind}")
        return
    check.string(given.get("action_id"), f"{where}/action_id", 255)
    check.text(given.get("placeholder"), f"{where}/placeholder", 150)
    check.flag(given.get("focus_on_load"), f"{where}/focus_on_load")
    check_confirm(check, given.get("confirm"), f"{where}/confirm")
    rule: Callable[[Check, Json, str], None]
    if kind in SINGLE | MULTI:
        rule = _select
    elif kind in PICKERS:
        rule = _picker
    elif kind in BOXES:
        rule = _boxes
    else:
        rule = {"button": _button, "overflow": _overflow, "image": check_image}.get(kind, _input)
    rule(check, given, where)


def check_confirm(check: Check, given: Any, where: str) -> None:
    """Check a confirmation dialog, where there is one."""
    if given is None or not check.shape(
        given, where, ("title", "text", "confirm", "deny"), ("style",)
    ):
        return
    check.text(given["title"], f"{where}/title", 100)
    check.text(given["text"], f"{where}/text", 300, (PLAIN, MARKED))
    check.text(given["confirm"], f"{where}/confirm", 30)
    check.text(given["deny"], f"{where}/deny", 30)
    check.choice(given.get("style"), f"{where}/style", ("primary", "danger"))


def check_image(check: Check, given: Json, where: str) -> None:
    """Check an image element: alternative text, and an address or a file."""
    check.shape(given, where, ("type", "alt_text"), ("image_url", "slack_file"))
    check.string(given.get("alt_text"), f"{where}/alt_text", 2000)
    check.url(given.get("image_url"), f"{where}/image_url")
    if (given.get("image_url") is None) == (given.get("slack_file") is None):
        check.say(where, "one of image_url and slack_file is required")


def check_option(
    check: Check, given: Any, where: str, kinds: tuple[str, ...] = (PLAIN,), *, url: bool = False
) -> None:
    """Check an option of a menu or of boxes."""
    more = {"description", "url"} if url else {"description"}
    if check.shape(given, where, ("text", "value"), more):
        check.text(given["text"], f"{where}/text", 75, kinds)
        check.string(given["value"], f"{where}/value", 150)
        check.text(given.get("description"), f"{where}/description", 75, kinds)
        check.url(given.get("url"), f"{where}/url")


def _button(check: Check, given: Json, where: str) -> None:
    more = {"action_id", "url", "value", "style", "confirm", "accessibility_label"}
    check.shape(given, where, ("type", "text"), more)
    check.text(given.get("text"), f"{where}/text", 75)
    check.string(given.get("value"), f"{where}/value", 2000, 0)
    check.url(given.get("url"), f"{where}/url")
    check.choice(given.get("style"), f"{where}/style", ("primary", "danger"))
    check.string(given.get("accessibility_label"), f"{where}/accessibility_label", 75)


def _overflow(check: Check, given: Json, where: str) -> None:
    check.shape(given, where, ("type", "options"), {"action_id", "confirm"})
    for n, option in enumerate(check.items(given.get("options"), f"{where}/options", 5)):
        check_option(check, option, f"{where}/options/{n}", url=True)


def _boxes(check: Check, given: Json, where: str) -> None:
    initial = "initial_options" if given["type"] == "checkboxes" else "initial_option"
    more = {"action_id", "confirm", "focus_on_load", initial}
    check.shape(given, where, ("type", "options"), more)
    for n, option in enumerate(check.items(given.get("options"), f"{where}/options", 10)):
        check_option(check, option, f"{where}/options/{n}", (PLAIN, MARKED))
    _initial(check, given, where)


def _picker(check: Check, given: Json, where: str) -> None:
    initial = {
        "datepicker": {"initial_date", "placeholder"},
        "timepicker": {"initial_time", "placeholder", "timezone"},
        "datetimepicker": {"initial_date_time"},
    }[given["type"]]
    check.shape(given, where, ("type",), {"action_id", "confirm", "focus_on_load"} | initial)


def _select(check: Check, given: Json, where: str) -> None:
    kind = given["type"].removeprefix("multi_")
    single = kind == given["type"]
    more = _COMMON | _PLACED | {"confirm"} | (set() if single else {"max_selected_items"})
    own = {
        "static_select": {"options", "option_groups", f"initial_option{'' if single else 's'}"},
        "external_select": {"min_query_length", f"initial_option{'' if single else 's'}"},
        "users_select": {f"initial_user{'' if single else 's'}"},
        "channels_select": {f"initial_channel{'' if single else 's'}", "response_url_enabled"},
        "conversations_select": {
            f"initial_conversation{'' if single else 's'}",
            "default_to_current_conversation",
            "response_url_enabled",
            "filter",
        },
    }[kind]
    check.shape(given, where, ("type",), more | own)
    check.number(given.get("max_selected_items"), f"{where}/max_selected_items", 1, 1000)
    check.number(given.get("min_query_length"), f"{where}/min_query_length", 0, 1000)
    if kind == "static_select":
        check_menu(check, given, where)
    _initial(check, given, where)


def check_menu(check: Check, given: Json, where: str) -> None:
    """Check a menu's options, plain or in groups; also of an answer to a load of options."""
    if (given.get("options") is None) == (given.get("option_groups") is None):
        check.say(where, "one of options and option_groups is required")
    elif given.get("options") is not None:
        for n, option in enumerate(check.items(given["options"], f"{where}/options", 100)):
            check_option(check, option, f"{where}/options/{n}")
    else:
        for n, group in enumerate(
            check.items(given["option_groups"], f"{where}/option_groups", 100)
        ):
            at = f"{where}/option_groups/{n}"
            if check.shape(group, at, ("label", "options"), ()):
                check.text(group["label"], f"{at}/label", 75)
                for m, option in enumerate(check.items(group["options"], f"{at}/options", 100)):
                    check_option(check, option, f"{at}/options/{m}")


def _initial(check: Check, given: Json, where: str) -> None:
    """Check that what is chosen from the start is among the options."""
    if given["type"].endswith("external_select"):
        return
    chosen = listed(given.get("initial_options"))
    if given.get("initial_option") is not None:
        chosen = [*chosen, given["initial_option"]]
    for option in chosen:
        if option not in offered(given):
            check.say(where, "initial option must match one of the options")


def _input(check: Check, given: Json, where: str) -> None:
    lengths = {"min_length", "max_length", "multiline"}
    own = {
        "plain_text_input": {"initial_value", "dispatch_action_config"} | lengths | _PLACED,
        "email_text_input": {"initial_value", "dispatch_action_config"} | _PLACED,
        "url_text_input": {"initial_value", "dispatch_action_config"} | _PLACED,
        "rich_text_input": {"initial_value", "dispatch_action_config"} | _PLACED,
        "number_input": {"initial_value", "min_value", "max_value", "dispatch_action_config"}
        | _PLACED,
        "file_input": {"filetypes", "max_files"},
    }[given["type"]]
    if given["type"] == "number_input":
        check.shape(given, where, ("type", "is_decimal_allowed"), {"action_id"} | own)
    else:
        check.shape(given, where, ("type",), {"action_id"} | own)
    check.number(given.get("min_length"), f"{where}/min_length", 0, 3000)
    check.number(given.get("max_length"), f"{where}/max_length", 1, 3000)
    check.number(given.get("max_files"), f"{where}/max_files", 1, 10)
    if isinstance(given.get("initial_value"), str):
        most = given.get("max_length") or 3000
        check.string(given["initial_value"], f"{where}/initial_value", most, 0)
