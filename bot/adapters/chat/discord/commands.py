"""Commands as Discord knows them, and what people ask back as verbs with arguments; pure.

Owns the translation between a `Usage` and an application command, both ways. Whether arguments
make sense is decided by the commands; modals are read in `modals`.

Source: https://discord.com/developers/docs/interactions/application-commands
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.adapters.chat.discord import modals
from bot.adapters.chat.discord.locales import Words
from bot.domain.calls import Kind, Param, Role, Usage
from bot.domain.errors import CallError
from bot.domain.lines import read_action, write_line
from bot.domain.text import shorten

MOST_COMMANDS = 100
MOST_OPTIONS = 25
_MOST_TEXT = 100  # UTF-16 units of a description
_SLASH, _MESSAGE_MENU = 1, 3
_SUBCOMMAND, _GROUP, _PERSON, _ROLE, _FILE = 1, 2, 6, 8, 11
_TYPES = {
    Kind.TEXT: 3,
    Kind.NUMBER: 4,
    Kind.FLAG: 5,
    Kind.CHANNEL: 7,
    Kind.ROLE: _ROLE,
    Kind.PERSON: _PERSON,
    Kind.FILE: _FILE,
}
_TARGETS = (0, 5, 15)  # channels that can have alerts: text, announcements, forum
_NEEDS = {Role.READER: None, Role.EDITOR: str(1 << 4), Role.ADMIN: str(1 << 5)}
"""The permission that Discord asks for: none, Manage Channels, Manage Server."""
_GUILDS_ONLY = {"contexts": [0], "integration_types": [0]}
_LINK = re.compile(r"https?://[^\s<>\"]+")

Object = dict[str, Any]
"""A JSON object of Discord's API."""
Data = Mapping[str, Any]
"""The `data` of an interaction."""


@dataclass(frozen=True, slots=True)
class Menu:
    """An entry of the menu on a message, and the verb that it calls about that message."""

    name: str  # at most 32 characters
    verb: str
    link: bool = False  # about the first link in the message, not about the message's story


MENUS = (
    Menu("Summarise story", "summary"),
    Menu("Why this alert?", "why"),
    Menu("Not relevant", "irrelevant"),
    Menu("Add link to story", "story add", link=True),
)


def registered(usages: Sequence[Usage], words: Words) -> list[Object]:
    """Return all commands, for Discord's bulk overwrite: at most `MOST_COMMANDS`.

    Args:
        usages: What can be typed, in the order of help.
        words: Their translations.
    """
    by_first: dict[str, list[Usage]] = {}
    for usage in usages:
        by_first.setdefault(usage.verb.partition(" ")[0], []).append(usage)
    roles = {usage.verb: usage.role for usage in usages}
    slashes = [_slash(first, group, words) for first, group in by_first.items()]
    menus = [_menu(menu, roles[menu.verb], words) for menu in MENUS if menu.verb in roles]
    return [*slashes, *menus][:MOST_COMMANDS]


def called(data: Data) -> tuple[str, dict[str, str]]:
    """Return the verb and the arguments of a command, menu, button or form.

    Channels are given by their id, roles as `<@&id>`; files are in `attachments`. Discord gives
    names as they were registered, never as they were translated.

    Args:
        data: The interaction's `data`, as Discord wrote it.

    Raises:
        CallError: It asks for nothing that is known here, or for what cannot be.
    """
    if "component_type" in data:
        return read_action(str(data.get("custom_id", "")))
    if "custom_id" in data:
        return modals.submitted(data)
    if data.get("type") == _MESSAGE_MENU:
        return _from_menu(data)
    verb, options = _verb(data)
    args = {str(one["name"]): _value(one, data) for one in options if one.get("type") != _FILE}
    return verb, args


def focused(data: Data) -> tuple[str, dict[str, str], str]:
    """Return the verb, what is typed so far, and the param that is being typed."""
    verb, options = _verb(data)
    args = {str(one["name"]): _plain(one.get("value", "")) for one in options}
    return verb, args, next((str(one["name"]) for one in options if one.get("focused")), "")


def attachments(data: Data) -> dict[str, Object]:
    """Return the files of a command by their param: `filename`, `size` in bytes, `url`."""
    _, options = _verb(data)
    known = data.get("resolved", {}).get("attachments", {})
    return {
        str(one["name"]): known[str(one["value"])]
        for one in options
        if one.get("type") == _FILE and str(one.get("value")) in known
    }


def form_line(data: Data, usages: Sequence[Usage], *, in_thread: bool) -> str:
    """Return the line whose form is shown before a menu's entry is carried out, or "".

    A link can only be added to a story that is known: outside a story's thread, people are asked.

    Raises:
        CallError: The message holds no link.
    """
    menu = next((one for one in MENUS if one.link and one.name == data.get("name")), None)
    usage = next((one for one in usages if menu and one.verb == menu.verb), None)
    if in_thread or usage is None or data.get("type") != _MESSAGE_MENU:
        return ""
    return write_line(usage, _from_menu(data)[1])


def _slash(first: str, group: Sequence[Usage], words: Words) -> Object:
    """Return a command: with options, or with a subcommand for each second word."""
    alone = group[0] if [usage.verb for usage in group] == [first] else None
    seconds = [usage for usage in group if " " in usage.verb]
    names = [usage.verb.partition(" ")[2] for usage in seconds]
    if alone is not None:
        said = _described(alone.summary, words)
        options = _options(alone, words)
    else:
        options = [_subcommand(usage, words) for usage in seconds][:MOST_OPTIONS]
        translated = ", ".join(words.names.get(name, name) for name in names)
        said = {"description": shorten(", ".join(names), _MOST_TEXT)}
        if first in words.names:
            text = shorten(translated, _MOST_TEXT)
            said["description_localizations"] = dict.fromkeys(words.locales, text)
    return {
        "type": _SLASH,
        **_named(first, words),
        **said,
        "options": options,
        "default_member_permissions": _NEEDS[min(usage.role for usage in group)],
        **_GUILDS_ONLY,
    }


def _subcommand(usage: Usage, words: Words) -> Object:
    return {
        "type": _SUBCOMMAND,
        **_named(usage.verb.partition(" ")[2], words),
        **_described(usage.summary, words),
        "options": _options(usage, words),
    }


def _options(usage: Usage, words: Words) -> list[Object]:
    """Return a command's params, required ones first, as Discord wants them."""
    ordered = sorted(usage.params, key=lambda param: not param.required)
    return [_option(param, words) for param in ordered[:MOST_OPTIONS]]


def _option(param: Param, words: Words) -> Object:
    option: Object = {
        "type": _TYPES[param.kind],
        **_named(param.name, words),
        **_described(param.help, words),
        "required": param.required,
    }
    match param.kind:
        case Kind.NUMBER:
            option |= {"min_value": param.least, "max_value": param.most}
        case Kind.CHANNEL:
            option["channel_types"] = list(_TARGETS)
        case Kind.TEXT if param.choices:
            option["choices"] = [_choice(choice, words) for choice in param.choices[:25]]
        case Kind.TEXT if param.complete:
            option["autocomplete"] = True
        case _:
            pass
    return option


def _choice(choice: str, words: Words) -> Object:
    names = words.localised(words.choices, choice)
    return {"name": choice, "value": choice, **_unless_empty("name_localizations", names)}


def _menu(menu: Menu, role: Role, words: Words) -> Object:
    names = words.localised(words.menus, menu.name)
    return {
        "type": _MESSAGE_MENU,
        "name": menu.name,
        **_unless_empty("name_localizations", names),
        "default_member_permissions": _NEEDS[role],
        **_GUILDS_ONLY,
    }


def _named(name: str, words: Words) -> Object:
    names = words.localised(words.names, name)
    return {"name": name, **_unless_empty("name_localizations", names)}


def _described(text: str, words: Words) -> Object:
    texts = words.localised(words.texts, text)
    said = {"description": shorten(text, _MOST_TEXT)}
    return said | _unless_empty("description_localizations", texts)


def _unless_empty(key: str, value: Mapping[str, str]) -> Object:
    return {key: value} if value else {}


def _verb(data: Data) -> tuple[str, Sequence[Data]]:
    """Return a slash command's verb, and the options that were given."""
    verb, options = str(data.get("name", "")), data.get("options") or []
    while options and options[0].get("type") in (_SUBCOMMAND, _GROUP):
        verb, options = f"{verb} {options[0]['name']}", options[0].get("options") or []
    return verb, options


def _value(option: Data, data: Data) -> str:
    """Return an option's value as the commands understand it."""
    value = _plain(option.get("value", ""))
    if option.get("type") != _ROLE:
        return value
    role = data.get("resolved", {}).get("roles", {}).get(value, {})
    if role.get("name") == "@everyone":
        raise CallError("Newsthread never pings @everyone: choose a role.")
    return f"<@&{value}>"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _from_menu(data: Data) -> tuple[str, dict[str, str]]:
    """Return what an entry of a message's menu calls."""
    menu = next((one for one in MENUS if one.name == data.get("name")), None)
    if menu is None:
        raise CallError("That menu entry is gone: restart Discord to see the present ones.")
    if not menu.link:
        return menu.verb, {}
    message = data.get("resolved", {}).get("messages", {}).get(str(data.get("target_id")), {})
    link = next(_links(message), "")
    if not link:
        raise CallError("There is no link in that message. Use /story add with the address.")
    return menu.verb, {"url": link}


def _links(message: Data) -> Iterator[str]:
    """Yield the links of a message: those in its words, then those of its embeds."""
    for found in _LINK.finditer(str(message.get("content") or "")):
        yield found[0].rstrip(".,;:!?)]'*_")
    for embed in message.get("embeds") or []:
        if embed.get("url"):
            yield str(embed["url"])
