"""Typed lines and pressed buttons, as verbs with arguments.

Owns how `/watch add cecot OR bukele name:cecot` and a button's `mute:target=K7Q2` are read and
written. Whether the arguments make sense is decided by the command.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from urllib.parse import quote, unquote

from bot.domain.calls import Param, Usage
from bot.domain.errors import CallError

MAX_LINE = 4_000
"""Characters of a typed line."""
MAX_ACTION = 90
"""Characters of a button's action. Source: Discord's `custom_id` holds 100; ten are a prefix's."""

_PREFIX = re.compile(r"\s*(?:@?newsthread\b[,:]?\s*/?|/news\b\s*/?|/)?\s*", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}


def parse_line(line: str, usages: Sequence[Usage]) -> tuple[str, dict[str, str]]:
    """Return the verb and the arguments of a typed line.

    `name:value` gives the param of that name, where the command has one; the value is one word, or
    several in quotation marks. All other words, as they stand, are the command's `rest` param; so
    a query keeps its operators (`title:`, `site:`) and its quotation marks.

    Args:
        line: Such as `/summary cecot period:24h` or `@newsthread why https://example.org/a`.
        usages: The commands that can be typed.

    Raises:
        CallError: There is no such command, it takes no such words, or the line is too long.
    """
    if len(line) > MAX_LINE:
        raise CallError(f"That line is too long: at most {MAX_LINE:,} characters.")
    text = _PREFIX.sub("", line, count=1).rstrip()
    usage, given = _verb(text, usages)
    return usage.verb, _arguments(given, usage)


def write_line(usage: Usage, args: Mapping[str, str]) -> str:
    """Return the line that `parse_line` reads back as these arguments; empty ones are left out."""
    rest = [args[param.name] for param in usage.params if param.rest and args.get(param.name)]
    named = [
        f"{param.name}:{_quoted(args[param.name])}"
        for param in usage.params
        if not param.rest and args.get(param.name)
    ]
    return " ".join((f"/{usage.verb}", *rest, *named))


def spelled(usage: Usage) -> str:
    """Return how a command is written: `/summary [target] [period:24h] [length:short|normal]`."""
    parts = [f"/{usage.verb}"]
    for param in usage.params:
        shown = param.name if param.rest else f"{param.name}:{'|'.join(param.choices) or '…'}"
        parts.append(shown if param.required else f"[{shown}]")
    return " ".join(parts)


def action(verb: str, **args: str | int) -> str:
    """Return a button's action: `verb:name=value&…`, percent-encoded; empty values are left out.

    Raises:
        ValueError: It is longer than `MAX_ACTION`.
    """
    pairs = "&".join(
        f"{name}={quote(str(value), safe='')}" for name, value in args.items() if value
    )
    written = f"{verb}:{pairs}" if pairs else verb
    if len(written) > MAX_ACTION:
        raise ValueError(f"a button's action of {len(written)} characters: {written[:40]}…")
    return written


def read_action(written: str) -> tuple[str, dict[str, str]]:
    """Return the verb and the arguments of a button's action."""
    verb, _, pairs = written.partition(":")
    split = (pair.partition("=") for pair in pairs.split("&") if pair)
    return verb, {name: unquote(value) for name, _, value in split}


def unquoted(text: str) -> str:
    """Return `text` without the quotation marks around the whole of it."""
    text = text.strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1].strip()
    return text


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean “…”?` for the nearest of what is known, or "" if nothing is near."""
    by_fold = {one.casefold(): one for one in known}
    near = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f" Did you mean “{by_fold[near[0]]}”?" if near else ""


def _verb(text: str, usages: Sequence[Usage]) -> tuple[Usage, str]:
    """Return the command that a line begins with, and what follows."""
    if not text:
        raise CallError("Type a command: /help shows them all.")
    by_verb = {usage.verb: usage for usage in usages}
    found = text.split(maxsplit=2)
    for count in (2, 1):
        verb = " ".join(found[:count]).casefold()
        if len(found) >= count and verb in by_verb:
            return by_verb[verb], text.split(maxsplit=count)[count] if len(found) > count else ""
    first = found[0].casefold()
    seconds = [verb.split()[1] for verb in by_verb if verb.startswith(f"{first} ")]
    if seconds:
        hint = suggestion(found[1], seconds) if len(found) > 1 else ""
        raise CallError(f"/{first} takes one of: {', '.join(seconds)}.{hint}")
    typed = found[0][:40]
    firsts = {verb.split()[0] for verb in by_verb}
    near = suggestion(" ".join(found[:2]), by_verb) or suggestion(first, firsts)
    starts = sorted(verb for verb in by_verb if verb.startswith(first)) if not near else []
    if starts:
        near = f" Did you mean “{starts[0]}”?"
    raise CallError(f"There is no command “{typed}”.{near} /help shows them all.")


def _arguments(text: str, usage: Usage) -> dict[str, str]:
    """Return the arguments that stand in a line after the verb."""
    params = {param.name: param for param in usage.params if not param.in_rest}
    named = re.compile(rf"({'|'.join(params)}):", re.IGNORECASE) if params else None
    args: dict[str, str] = {}
    rest: list[str] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = named.match(text, at) if named else None
        param = params[found.group(1).casefold()] if found else None
        if found is None or param is None or param.rest:
            at = found.end() if found else at
            end = _word_end(text, at)
            rest.append(text[at:end])
        else:
            end, args[param.name] = _value(text, found.end())
        at = end
    return args | _rest([word for word in rest if word], usage)


def _rest(words: Sequence[str], usage: Usage) -> dict[str, str]:
    """Return the words that no name stands before, as the param that takes them."""
    taker = next((param for param in usage.params if param.rest), None)
    if not words:
        return {}
    if taker is None:
        raise CallError(f"/{usage.verb} does not take “{words[0][:40]}”. {_takes(usage.params)}")
    return {taker.name: " ".join(words)}


def _takes(params: Sequence[Param]) -> str:
    if not params:
        return "It takes nothing."
    return f"It takes {', '.join(f'{param.name}:…' for param in params)}"


def _word_end(text: str, at: int) -> int:
    """Return where the word at `at` ends: at white space outside quotation marks."""
    closing = ""
    for place in range(at, len(text)):
        char = text[place]
        if closing:
            closing = "" if char == closing else closing
        elif char.isspace():
            return place
        elif char in _QUOTES and _QUOTES[char] in text[place + 1 :]:
            closing = _QUOTES[char]
    return len(text)


def _value(text: str, at: int) -> tuple[int, str]:
    """Return where a named value ends, and the value without its quotation marks."""
    closing = _QUOTES.get(text[at : at + 1])
    if closing:
        end = text.find(closing, at + 1)
        while end >= 0 and text[end + 1 : end + 2].strip():  # a mark inside the value
            end = text.find(closing, end + 1)
        if end >= 0:
            return end + 1, text[at + 1 : end]
    end = _word_end(text, at)
    return end, text[at:end]


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) or value[:1] in _QUOTES else value
