"""What registered commands must obey beyond Discord's OpenAPI document.

Source: https://discord.com/developers/docs/interactions/application-commands
"""

import re
import unicodedata
from typing import Any

from tests.twins.discord.errors import ApiError, Json, Wrong
from tests.twins.discord.rules import text, units

SUBCOMMAND, GROUP = 1, 2
CHAT, USER_MENU, MESSAGE_MENU = 1, 2, 3
_MOST = {CHAT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
_NAME = re.compile(r"^[-_'\w]{1,32}$")
LOCALES = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)


def check_commands(commands: list[Json]) -> None:
    """Refuse a list of commands that Discord would not register whole."""
    wrong = Wrong()
    for kind, most in _MOST.items():
        if sum(c.get("type", CHAT) == kind for c in commands) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most}).")
    named = [(c.get("type", CHAT), c.get("name")) for c in commands]
    for n, command in enumerate(commands):
        if named.count(named[n]) > 1:
            told = "Application command names must be unique"
            wrong.add(f"{n}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", told)
        _check_command(wrong, str(n), command)
    wrong.refuse()


def _check_command(wrong: Wrong, at: str, command: Json) -> None:
    if command.get("type", CHAT) != CHAT:
        text(wrong, f"{at}.name", command.get("name") or "", 32, 1)
        if command.get("description") or command.get("options"):
            told = "A menu's command has no description or options"
            wrong.add(at, "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", told)
        return
    _check_named(wrong, at, command)
    _check_options(wrong, at, command.get("options") or [], depth=0)
    if (size := _size(command)) > 8000:
        told = f"Command exceeds maximum size (8000): {size}"
        wrong.add(at, "APPLICATION_COMMAND_TOO_LARGE", told)


def _check_named(wrong: Wrong, at: str, one: Json) -> None:
    names = {"name": one.get("name") or ""}
    for locale, name in (one.get("name_localizations") or {}).items():
        names[f"name_localizations.{locale}"] = name
        if locale not in LOCALES:
            wrong.add(f"{at}.name_localizations.{locale}", "BASE_TYPE_CHOICES", "No such locale")
    for where, name in names.items():
        plain = unicodedata.normalize("NFC", name)
        if not _NAME.match(plain) or plain != plain.lower():
            wrong.add(
                f"{at}.{where}", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid"
            )
    text(wrong, f"{at}.description", one.get("description") or "", 100, 1)
    for locale, told in (one.get("description_localizations") or {}).items():
        text(wrong, f"{at}.description_localizations.{locale}", told, 100, 1)


def _check_options(wrong: Wrong, at: str, options: list[Json], depth: int) -> None:
    at = f"{at}.options"
    if len(options) > 25:
        wrong.add(at, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names = [o.get("name") for o in options]
    if len(set(names)) < len(names):
        wrong.add(at, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
    nested = [o.get("type") in (SUBCOMMAND, GROUP) for o in options]
    if any(nested) and not all(nested):
        told = "Sub-command and sub-command group option types are mutually exclusive to others"
        wrong.add(at, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", told)
    optional = False
    for n, option in enumerate(options):
        where = f"{at}.{n}"
        _check_named(wrong, where, option)
        if option.get("type") in (SUBCOMMAND, GROUP):
            if depth > (option["type"] == SUBCOMMAND):
                wrong.add(where, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Nested too deep")
            _check_options(wrong, where, option.get("options") or [], depth + 1)
            continue
        if option.get("required") and optional:
            told = "Required options must be placed before non-required options"
            wrong.add(where, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", told)
        optional = optional or not option.get("required")
        check_choices(wrong, f"{where}.choices", option.get("choices") or [])
        if option.get("autocomplete") and option.get("choices"):
            wrong.add(where, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", "Not with choices")


def check_choices(wrong: Wrong, at: str, choices: list[Json]) -> None:
    """Note what is wrong with an option's choices, or with an autocomplete's answer."""
    if len(choices) > 25:
        wrong.add(at, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for n, choice in enumerate(choices):
        text(wrong, f"{at}.{n}.name", choice.get("name") or "", 100, 1)
        for locale, name in (choice.get("name_localizations") or {}).items():
            text(wrong, f"{at}.{n}.name_localizations.{locale}", name, 100, 1)
        if isinstance(choice.get("value"), str):
            text(wrong, f"{at}.{n}.value", choice["value"], 100, 1)


def _size(one: Json) -> int:
    """Return the characters that count: of each text its longest translation."""
    total = 0
    for key in ("name", "description"):
        told = [one.get(key) or "", *(one.get(f"{key}_localizations") or {}).values()]
        total += max(map(units, told))
    for choice in one.get("choices") or []:
        total += units(choice.get("name") or "") + units(str(choice.get("value", "")))
    return total + sum(_size(o) for o in one.get("options") or [])


def comparable(body: Json) -> dict[str, Any]:
    """Return what of a command tells whether it changed."""
    return {k: v for k, v in body.items() if v not in (None, [], {}) and k != "id"}
