"""What can stand next in a line that is being typed; pure, but for the values only the bot knows.

Owns how far a line is: in its verb, in the name of a parameter, or in the value of one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.calls import Param, Usage

_NAMED = re.compile(r'(\w+):("[^"]*"?|\S*)')
MOST = 25  # offers at once, as on Discord


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that may stand there."""

    label: str  # shown: "/summary", "period:", "24h"
    hint: str  # what it means
    line: str  # the whole line once it is taken; the caret is at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a line is."""

    offers: tuple[Offer, ...] = ()
    usage: Usage | None = None  # the command, once it is clear
    param: Param | None = None  # whose value is being typed
    typed: str = ""  # of that value
    head: str = ""  # the line up to that value
    args: dict[str, str] = field(default_factory=dict)  # what was given before


def place(line: str, usages: Sequence[Usage]) -> Place:
    """Return how far a line is, with what may stand next as far as the usages say.

    Args:
        line: From the slash to the caret.
        usages: All commands.
    """
    usage = _usage(line, usages)
    if usage is None:
        typed = " ".join(line.removeprefix("/").casefold().split(" "))
        fitting = [u for u in usages if u.verb.startswith(typed)]
        fitting += [u for u in usages if typed and u not in fitting and f" {typed}" in f" {u.verb}"]
        return Place(
            offers=tuple(Offer(f"/{u.verb}", u.summary, f"/{u.verb} ") for u in fitting[:MOST])
        )
    head, typed = _last_word(line)
    if len(head) < len(usage.verb) + 2:  # the caret is still in the verb
        return Place(
            offers=(Offer(f"/{usage.verb}", usage.summary, f"/{usage.verb} "),), usage=usage
        )
    before = head[len(usage.verb) + 2 :]
    given = {name: value.strip('"') for name, value in _NAMED.findall(before)}
    name, colon, value = typed.partition(":")
    param = next((p for p in usage.params if colon and p.name == name), None)
    if param is not None:
        start = head + f"{name}:"
        return _value(usage, param, value.lstrip('"'), start, given)
    offers = tuple(
        Offer(f"{p.name}:", _about(p), f"{head}{p.name}:")
        for p in usage.params
        if p.name not in given and p.name.startswith(typed.casefold()) and not p.rest
    )
    rest = next((p for p in usage.params if p.rest and p.name not in given), None)
    if rest is None or (given and _NAMED.sub("", before).strip()):  # the words have been given
        return Place(offers=offers, usage=usage, args=given)
    words = before + typed if not given else typed
    found = _value(usage, rest, words, head if given else f"/{usage.verb} ", given)
    return Place(
        offers=found.offers + offers,
        usage=usage,
        param=rest,
        typed=words,
        head=found.head,
        args=given,
    )


def value_offers(values: Sequence[str], at: Place) -> tuple[Offer, ...]:
    """Return values that the bot named as offers, quoted where they need it."""
    bare = at.param is not None and at.param.rest
    return tuple(
        Offer(value, "", f"{at.head}{value if bare else _quoted(value)} ")
        for value in values[:MOST]
        if value != at.typed.strip()  # it stands there already
    )


def _usage(line: str, usages: Sequence[Usage]) -> Usage | None:
    words = line.removeprefix("/").casefold()
    fitting = [
        u
        for u in usages
        if words.startswith(f"{u.verb} ")
        or (words == u.verb and not any(o.verb.startswith(f"{u.verb} ") for o in usages))
    ]
    return max(fitting, key=lambda u: len(u.verb), default=None)


def _last_word(line: str) -> tuple[str, str]:
    """Return the line before and from the start of its last word; quotes hold words together."""
    start, quoted = 0, False
    for index, char in enumerate(line):
        if char == '"':
            quoted = not quoted
        elif char.isspace() and not quoted:
            start = index + 1
    return line[:start], line[start:]


def _value(usage: Usage, param: Param, typed: str, head: str, given: dict[str, str]) -> Place:
    offers = tuple(
        Offer(choice, param.help if choice == param.default else "", f"{head}{choice} ")
        for choice in param.choices
        if choice.startswith(typed.casefold())
    )
    return Place(offers=offers, usage=usage, param=param, typed=typed, head=head, args=given)


def _about(param: Param) -> str:
    return f"{param.help} (default {param.default})" if param.default else param.help


def _quoted(value: str) -> str:
    plain = value.replace('"', "")
    return f'"{plain}"' if re.search(r"\s", plain) else plain
