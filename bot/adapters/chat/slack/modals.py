"""Forms and answers in modals: a command's options as inputs, and back; pure.

Owns which input an option gets, and that a form that is sent back unchanged calls the same: a
value that a menu cannot show stands in an input for words.

Source: https://docs.slack.dev/reference/views and /reference/block-kit: title 24, 100 blocks,
label 2,000, placeholder 150, 100 options of 75 with values of 150.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from bot.adapters.chat.slack.asked import Json, Where
from bot.adapters.chat.slack.wording import commands_named
from bot.domain.calls import Kind, Param, Usage
from bot.domain.errors import CallError
from bot.domain.lines import parse_line
from bot.domain.text import shorten
from bot.domain.watches import Channel

FORM, ANSWER = "form", "answer"
"""The views' `callback_id`."""
CHOOSE, TRY, VALUE = "choose", "try", "value"
"""`action_id` of the menu of all commands, of the button that tries a query; and what that of an
input begins with."""
PARAM = "param/"
"""What the `block_id` of an input begins with, before the option's name."""
MOST_BLOCKS = 100
MOST_OPTIONS = 100
MOST_VALUE = 2_000
"""Characters of an argument."""
FILES = ("opml", "xml", "txt")
"""What may be given to an input for files."""
_TITLE, _TEXT, _CHOICE, _PLACEHOLDER, _HINT = 24, 75, 150, 150, 300
_LONG = 60  # characters that one line shows
_TRIED = {"watch add": "watch test", "watch edit": "watch test"}
"""What a form's query can be tried with before it is sent."""
_HERE = "channel"
"""The option that is the present channel where it is left out; the App Home is in none."""
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")
_PERSON = re.compile(r"<@([UW][A-Z0-9]{2,})(?:\|[^>]*)?>|([UW][A-Z0-9]{2,})")

View = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a form says."""

    verb: str
    args: Mapping[str, str]
    files: Mapping[str, Json] = field(default_factory=dict)  # by their param, as Slack has them


def form(
    usage: Usage,
    args: Mapping[str, str],
    where: Where,
    *,
    among: Sequence[Usage] = (),
    said: Sequence[Json] = (),
    turn: str = "",
) -> View:
    """Return the form in which a command can be finished.

    While an input is called the same, Slack keeps what stands in it and ignores what it is given;
    so each form calls its inputs by its own `turn`, unless it is the same form once more.

    Args:
        usage: The command.
        args: What is given already.
        where: From where it is called.
        among: The commands that can be chosen instead; none: only this one.
        said: The blocks that say what came of it so far: what its query brings, what is wrong.
        turn: That of the form which this one takes the place of, keeping what is typed meanwhile.

    Source: https://github.com/slackapi/bolt-js/issues/290
    """
    turn = turn or f"{crc32(repr((usage.verb, sorted(args.items()))).encode()):08x}"
    blocks: list[Json] = [_menu(among, usage)] if among else []
    blocks.append(_context(f"{usage.summary}{_example(usage)}"))
    for param in usage.params:
        needed = param.required or (param.name == _HERE and not where.channel)
        blocks.append(_labelled(param, args.get(param.name, ""), turn, needed=needed))
    if usage.verb in _TRIED:
        blocks.append(_try_button())
    blocks += said
    metadata = where.written(verb=usage.verb, among=bool(among), turn=turn)
    return _modal(FORM, usage.verb.capitalize(), blocks, metadata, submit="Send")


def form_of(line: str, usages: Sequence[Usage], where: Where) -> View | None:
    """Return the form in which a typed line can be finished, or None if it cannot hold the line."""
    try:
        verb, args = parse_line(line, usages)
    except CallError:
        return None
    if any(len(value) > MOST_VALUE for value in args.values()):
        return None
    return form(next(one for one in usages if one.verb == verb), args, where)


def everything(usages: Sequence[Usage], where: Where) -> View:
    """Return the form in which a command is chosen first."""
    blocks = [_menu(usages, None), _context("Choose what to do; its options come next.")]
    return _modal(ANSWER, "Newsthread", blocks, where.written(among=True))


def answer(blocks: Sequence[Json], where: Where, title: str = "Newsthread") -> View:
    """Return a view that shows an answer; its buttons are pressed there."""
    return _modal(ANSWER, title, list(blocks)[:MOST_BLOCKS], where.written())


def sent(view: Json) -> Sent:
    """Return what a form says; what was left empty is absent."""
    _, kept = Where.read(view)
    args: dict[str, str] = {}
    files: dict[str, Json] = {}
    values: Json = (view.get("state") or {}).get("values") or {}
    for block, inputs in values.items():
        if not block.startswith(PARAM):
            continue
        name, element = block.removeprefix(PARAM), next(iter(inputs.values()), None) or {}
        if element.get("files"):
            files[name] = element["files"][0]
        elif value := _value(element):
            args[name] = value
    return Sent(verb=str(kept.get("verb", "")), args=args, files=files)


def tried(said: Sent) -> tuple[str, dict[str, str]]:
    """Return the verb and the arguments that try what a form says so far."""
    query, pack = said.args.get("query", ""), said.args.get("pack", "")
    packed = f"pack:{pack}" if pack else ""
    return _TRIED[said.verb], {"query": " OR ".join(one for one in (query, packed) if one)}


def person_id(written: str) -> str:
    """Return the id in `<@U1|anna>` or `U1`; "" where it is none."""
    found = _PERSON.fullmatch(written.strip())
    return (found[1] or found[2]) if found else ""


def turn_of(view: Json) -> str:
    """Return by what a form calls its inputs."""
    return str(Where.read(view)[1].get("turn", ""))


def chosen_from(view: Json) -> bool:
    """Say whether another command can be chosen in a form."""
    return bool(Where.read(view)[1].get("among"))


def wrong(view: Json, param: str, words: str) -> Mapping[str, str] | None:
    """Return what marks an input as wrong: that of `param`, else the first; None without inputs."""
    ids = [str(block.get("block_id")) for block in view.get("blocks") or ()
           if block.get("type") == "input"]  # fmt: skip
    if not ids:
        return None
    at = f"{PARAM}{param}"
    return {at if at in ids else ids[0]: shorten(" ".join(words.split()), _HINT)}


def options(values: Sequence[str], so_far: str) -> list[View]:
    """Return what is offered in a menu: `values`, and what is typed itself, so that all can be."""
    own = [so_far.strip()] if so_far.strip() else []
    offered = dict.fromkeys((*values, *own))
    return [_option(one) for one in offered if len(one) <= _CHOICE][:MOST_OPTIONS]


def _modal(
    callback: str, title: str, blocks: Sequence[Json], metadata: str, submit: str = ""
) -> View:
    view: View = {
        "type": "modal",
        "callback_id": callback,
        "title": _plain(title, _TITLE),
        "close": _plain("Close", _TITLE),
        "blocks": list(blocks),
        "private_metadata": metadata,
    }
    return view | ({"submit": _plain(submit, _TITLE)} if submit else {})


def _menu(usages: Sequence[Usage], chosen: Usage | None) -> View:
    """Return the menu of all commands."""
    menu: View = {
        "type": "static_select",
        "action_id": CHOOSE,
        "placeholder": _plain("Choose a command", _PLACEHOLDER),
        "options": [_option(one.verb, one.summary) for one in usages[:MOST_OPTIONS]],
    }
    if chosen is not None:
        menu["initial_option"] = _option(chosen.verb, chosen.summary)
    return {"type": "actions", "block_id": CHOOSE, "elements": [menu]}


def _try_button() -> View:
    button = {"type": "button", "action_id": TRY, "text": _plain("Try the query", _TEXT)}
    return {"type": "actions", "block_id": TRY, "elements": [button]}


def _example(usage: Usage) -> str:
    return f"\nTyped: {commands_named(usage.example)}" if usage.example else ""


def _context(words: str) -> View:
    return {"type": "context", "elements": [_plain(words, MOST_VALUE)]}


def _labelled(param: Param, value: str, turn: str, *, needed: bool) -> View:
    element = _input(param, value) or _words(param, value)
    name = param.name.replace("_", " ").capitalize()
    return {
        "type": "input",
        "block_id": f"{PARAM}{param.name}",
        "label": _plain(name, _TEXT),
        "hint": _plain(param.help, _HINT),
        "optional": not needed,
        "element": {"action_id": f"{VALUE}/{turn}", **element},
    }


def _input(param: Param, value: str) -> View | None:
    """Return the input for an option, with its value; None where it cannot show that value."""
    match param.kind:
        case Kind.FILE:
            return {"type": "file_input", "filetypes": list(FILES), "max_files": 1}
        case Kind.NUMBER:
            return _number(param, value)
        case Kind.CHANNEL:
            return _channels(value)
        case Kind.PERSON:
            return _people(value)
        case _:
            pass
    if param.choices:
        return _choices(param, value)
    if param.complete and len(value) <= _CHOICE:
        return _completed(value)
    return _words(param, value)


def _number(param: Param, value: str) -> View | None:
    number: View = {
        "type": "number_input",
        "is_decimal_allowed": False,
        "min_value": str(param.least),
        "max_value": str(param.most),
        "placeholder": _plain(param.default or f"{param.least} to {param.most}", _PLACEHOLDER),
    }
    if not value:
        return number
    fits = value.isascii() and value.isdecimal() and param.least <= int(value[:12]) <= param.most
    return number | {"initial_value": value} if fits else None


def _channels(value: str) -> View | None:
    menu: View = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        "placeholder": _plain("Choose a channel", _PLACEHOLDER),
    }
    if not value:
        return menu
    id_ = _channel_id(value)
    return menu | {"initial_conversation": id_} if id_ else None


def _people(value: str) -> View | None:
    menu: View = {"type": "users_select", "placeholder": _plain("Choose a person", _PLACEHOLDER)}
    if not value:
        return menu
    found = person_id(value)
    return menu | {"initial_user": found} if found else None


def _choices(param: Param, value: str) -> View | None:
    menu: View = {
        "type": "static_select",
        "placeholder": _plain(param.default or "Choose", _PLACEHOLDER),
        "options": [_option(one) for one in param.choices[:MOST_OPTIONS]],
    }
    if not value:
        return menu
    return menu | {"initial_option": _option(value)} if value in param.choices else None


def _completed(value: str) -> View:
    menu: View = {
        "type": "external_select",
        "min_query_length": 0,
        "placeholder": _plain("Type to search, or to write your own", _PLACEHOLDER),
    }
    return menu | ({"initial_option": _option(value)} if value else {})


def _words(param: Param, value: str) -> View:
    text: View = {
        "type": "plain_text_input",
        "multiline": param.rest or len(value) > _LONG or "\n" in value,
        "max_length": MOST_VALUE,
    }
    if param.default:
        text["placeholder"] = _plain(param.default, _PLACEHOLDER)
    return text | ({"initial_value": value} if value else {})


def _value(element: Json) -> str:
    """Return what stands in an input."""
    chosen = element.get("selected_option") or {}
    found = (
        chosen.get("value")
        or element.get("selected_conversation")
        or element.get("selected_user")
        or element.get("value")
    )
    return str(found or "").strip()


def _channel_id(value: str) -> str:
    """Return the id in `slack:T1/C1`, `<#C1|news>`, `#C1` or `C1`; "" where it is none."""
    name = value.strip().strip("<>").lstrip("#").partition("|")[0]
    if ":" in name:
        try:
            name = Channel.parse(name).id
        except ValueError:
            return ""
    return name if _CHANNEL.fullmatch(name) else ""


def _option(value: str, description: str = "") -> View:
    option: View = {"text": _plain(value, _TEXT), "value": value}
    return option | ({"description": _plain(description, _TEXT)} if description else {})


def _plain(words: str, most: int) -> View:
    return {"type": "plain_text", "text": shorten(words, most), "emoji": False}
