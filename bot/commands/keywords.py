"""`keywords add`, `remove` and `list`: the short way to change what a watch looks for."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import first_watch, own_watch, watch_of
from bot.commands.watch import changed
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import counted
from bot.domain.messages import Bullets, Code, Message, text
from bot.domain.packs import Packs
from bot.domain.query import parse, with_terms, without_terms
from bot.domain.text import shorten
from bot.domain.watches import Watch
from bot.ports.store import Transaction

MOST = 50
_TERM = re.compile(r'[^\s"/]*(?:"[^"]*"|/(?:[^/\\]|\\.)+/i?)|\S+')
_Change: TypeAlias = Callable[[str, Sequence[str], Packs], str]


def terms_of(words: str) -> tuple[str, ...]:
    """Return the terms that a person listed.

    With commas, each part is one (`mega prison, tecoluca`); without, each word or quoted phrase is.
    """
    outside = re.sub(r'"[^"]*"|/(?:[^/\\]|\\.)+/i?', "", words)
    found = words.split(",") if "," in outside else _TERM.findall(words)
    kept = tuple(dict.fromkeys(term.strip() for term in found if term.strip()))
    if len(kept) > MOST:
        raise CallError(f"At most {MOST} words at a time.")
    return kept


async def add(call: Call, desk: Desk) -> Reply:
    """Look for more words."""
    return await _change(call, desk, with_terms)


async def remove(call: Call, desk: Desk) -> Reply:
    """Look for fewer words."""
    return await _change(call, desk, without_terms)


async def _change(call: Call, desk: Desk, change: _Change) -> Reply:
    async with desk.store.transaction() as tx:
        before, words = await _meant(tx, call)
        terms = terms_of(words)
        if not terms:
            raise CallError(f"Which words? For example: /{call.verb} {before.name} tecoluca")
        query = change(before.query, terms, desk.packs)
        if query == before.query:
            raise CallError(f"The watch “{before.name}” looks for that already.")
        after = replace(before, query=query, version=before.version + 1)
        await tx.watches.save(after)
    return Reply(message=changed(before, after))


async def _meant(tx: Transaction, call: Call) -> tuple[Watch, str]:
    """Return the watch that is meant: named, or the only one that can be changed here."""
    scope = call.person.scope
    name, words = await first_watch(tx, scope, call.arg("watch"), call.arg("words"))
    if name:
        return await own_watch(tx, scope, name), words
    own = [watch for watch in await tx.watches.list(scope) if watch.scope == scope]
    if len(own) != 1:
        known = ", ".join(watch.name for watch in own[:10])
        which = f"one of {known}" if known else "make one first, with /watch add"
        raise CallError(f"Which watch? Name it: {which}.")
    return own[0], words


async def list_words(call: Call, desk: Desk) -> Reply:
    """Show what a watch looks for."""
    async with desk.store.reading() as tx:
        watch = await watch_of(tx, call.person.scope, call.arg("watch"))
    terms = [_told(term, desk.packs) for term in parse(watch.query, desk.packs).terms()]
    return Reply(
        message=Message(
            title=f"What “{watch.name}” looks for",
            blocks=(Code(watch.query), Bullets(tuple(text(term) for term in terms[:MOST]))),
            footer=text(f"version {watch.version}"),
            notice=f"“{watch.name}” looks for {counted(len(terms), 'term')}",
        )
    )


def _told(term: str, packs: Packs) -> str:
    """Return a term as it is listed: a pack with what is in it."""
    pack = packs.get(term.removeprefix("pack:")) if term.startswith("pack:") else None
    if pack is None:
        return term
    inside = ", ".join(dict.fromkeys(one.text for one in pack.terms))
    return f"{term}, {counted(len(pack.terms), 'term')}: {shorten(inside, 500)}"


_WATCH = Param(name="watch", help="Which watch", complete="watch")
_WORDS = Param(
    name="words",
    help='Words and "phrases", or several with commas between',
    rest=True,
    required=True,
)

KEYWORDS_ADD = Command(
    usage=Usage(
        verb="keywords add",
        summary="Have a watch look for more words.",
        params=(_WORDS, _WATCH),
        role=Role.EDITOR,
        example='/keywords add watch:cecot tecoluca, "mega prison"',
    ),
    run=add,
)
KEYWORDS_REMOVE = Command(
    usage=Usage(
        verb="keywords remove",
        summary="Have a watch look for fewer words.",
        params=(_WORDS, _WATCH),
        role=Role.EDITOR,
        example="/keywords remove watch:cecot tecoluca",
    ),
    run=remove,
)
KEYWORDS_LIST = Command(
    usage=Usage(
        verb="keywords list",
        summary="Show what a watch looks for.",
        params=(replace(_WATCH, rest=True, required=True),),
        example="/keywords list cecot",
    ),
    run=list_words,
)
