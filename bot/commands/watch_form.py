"""A watch as people write it: options read, checked and shown.

Owns which options a watch has and what may stand in them. Saving it is the verbs' own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.commands.answers import YES_NO
from bot.commands.desk import Desk
from bot.commands.found import channel_of, seen_feeds
from bot.domain.calls import YES, Call, Kind, Param
from bot.domain.errors import CallError
from bot.domain.lines import suggestion, unquoted
from bot.domain.messages import Block, Code, Fact, Paragraph, text
from bot.domain.packs import Packs
from bot.domain.query import parse
from bot.domain.text import shorten
from bot.domain.watches import Mode, Watch, WatchId, watch_name
from bot.ports.store import Transaction

MAX_OUTLETS = 10
_OUTLETS = Param(
    name="min_outlets",
    help="Independent outlets that a story needs first, 1 to 10",
    kind=Kind.NUMBER,
    least=1,
    most=MAX_OUTLETS,
)

OPTIONS = (
    Param(name="pack", help="A term list to look for, such as cecot", complete="pack",
          in_rest=True),
    Param(name="channel", help="Where its alerts go; this channel if left out", kind=Kind.CHANNEL,
          complete="channel"),
    Param(name="mode", help="How alerts are shown", choices=tuple(mode.value for mode in Mode)),
    Param(name="ping", help="The role or group to ping for a new story; none takes it away",
          kind=Kind.ROLE),
    _OUTLETS,
    Param(name="lang", help="Only these languages: en, es; all for every one"),
    Param(name="feeds", help="Only these feeds, with commas between; all for every one",
          complete="feed"),
    Param(name="urgent", help="Exempt from quiet hours", kind=Kind.FLAG, choices=YES_NO),
)  # fmt: skip
"""What `watch add` and `watch edit` take beside a query and a name."""

_LANG = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing about a watch that an edit changes."""

    what: str
    before: str
    after: str


async def new_watch(tx: Transaction, call: Call, desk: Desk, args: Mapping[str, str]) -> Watch:
    """Return the watch that the options describe, not stored yet.

    Raises:
        QueryError: Its query does not parse.
        CallError: An option is wrong, or the name is taken.
    """
    query = _with_pack(args.get("query", "").strip(), args.get("pack", "").strip())
    if not query:
        raise CallError(
            "What shall I look for? Give words or a pack: /watch add cecot OR bukele name:cecot",
            param="query",
        )
    terms = parse(query, desk.packs).terms()
    watch = Watch(
        id=WatchId(0),
        scope=call.person.scope,
        name="new",
        query=query,
        channels=(call.channel,),
        backfill=desk.backfill,
        created_at=call.at,
    )
    watch = await _with_options(tx, call, watch, args)
    return replace(watch, name=await _name(tx, call, unquoted(args.get("name", "")), terms))


async def edited_watch(
    tx: Transaction, call: Call, watch: Watch, args: Mapping[str, str], packs: Packs
) -> Watch:
    """Return a watch with the options that are given changed, and its version one higher.

    Raises:
        QueryError: The new query does not parse.
        CallError: An option is wrong.
    """
    changed = await _with_options(tx, call, watch, args)
    query = _with_pack(args.get("query", "").strip(), args.get("pack", "").strip())
    if query:
        parse(query, packs)
        changed = replace(changed, query=query)
    return changed if changed == watch else replace(changed, version=watch.version + 1)


def changes(before: Watch, after: Watch) -> tuple[Change, ...]:
    """Return what differs between two versions of a watch."""
    old, new = dict(_shown(before)), dict(_shown(after))
    return tuple(
        Change(what=what, before=old.get(what, "—"), after=new.get(what, "—"))
        for what in dict.fromkeys((*old, *new))
        if old.get(what) != new.get(what)
    )


def facts(watch: Watch, packs: Packs) -> tuple[Block, ...]:
    """Return how a watch reads: its query as understood, and its options."""
    return (
        Code(watch.query),
        Paragraph(text(parse(watch.query, packs).explained())),
        *(Fact(what, text(said)) for what, said in _shown(watch) if what != "Query"),
    )


def written(watch: Watch) -> dict[str, str]:
    """Return the arguments that describe a watch as it is, to be changed and given again."""
    channels = watch.channels
    return {
        "query": watch.query,
        "name": watch.name,
        "channel": str(channels[0]) if len(channels) == 1 else "",  # several stay as they are
        "mode": watch.mode.value,
        "ping": watch.ping,
        "min_outlets": str(watch.min_outlets),
        "lang": ", ".join(watch.lang),
        "feeds": ", ".join(watch.feeds),
        "urgent": "true" if watch.urgent else "",
    }


def state_of(watch: Watch) -> str:
    """Return `on`, or `paused`."""
    return "paused" if watch.paused else "on"


def _shown(watch: Watch) -> tuple[tuple[str, str], ...]:
    said = (
        ("Query", watch.query),
        ("Posts to", ", ".join(f"#{channel.id}" for channel in watch.channels)),
        ("Shown as", watch.mode.value),
        ("Pings", watch.ping),
        ("Needs", f"{watch.min_outlets} independent outlets" if watch.min_outlets > 1 else ""),
        ("Languages", ", ".join(watch.lang)),
        ("Feeds", ", ".join(watch.feeds)),
        ("Urgent", "yes, quiet hours do not hold it" if watch.urgent else ""),
    )
    return tuple((what, words) for what, words in said if words)


def _with_pack(query: str, pack: str) -> str:
    if not pack:
        return query
    return f"{query} OR pack:{pack}" if query else f"pack:{pack}"


async def _name(tx: Transaction, call: Call, given: str, terms: tuple[str, ...]) -> str:
    """Return the name given, or a free one made from the first term."""
    taken = {watch.name for watch in await tx.watches.list(call.person.scope)}
    if given:
        name = watch_name(given)
        if name in taken:
            raise CallError(
                f"There is a watch “{name}” already: choose another name, or change that one with"
                f" /watch edit {name}."
            )
        return name
    first = next((term for term in terms if any(char.isalnum() for char in term)), "watch")
    name = watch_name(first.removeprefix("pack:"))[:36]
    free = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in free if one not in taken)


async def _with_options(
    tx: Transaction, call: Call, watch: Watch, args: Mapping[str, str]
) -> Watch:
    """Return `watch` with the options that are given.

    Raises:
        CallError: One is wrong.
    """
    given = {name: value.strip() for name, value in args.items() if value.strip()}
    if "channel" in given:
        watch = replace(watch, channels=(channel_of(given["channel"], call.person.scope),))
    if "mode" in given:
        watch = replace(watch, mode=Mode(given["mode"]))
    if "ping" in given:
        ping = "" if given["ping"].casefold() == "none" else shorten(given["ping"], 100)
        watch = replace(watch, ping=ping)
    if "min_outlets" in given:
        checked = replace(call, args=given)
        watch = replace(watch, min_outlets=checked.number(_OUTLETS))
    if "lang" in given:
        watch = replace(watch, lang=_languages(given["lang"]))
    if "feeds" in given:
        watch = replace(watch, feeds=await _feeds(tx, call, given["feeds"]))
    if "urgent" in given:
        watch = replace(watch, urgent=given["urgent"].casefold() in YES)
    return watch


def _languages(given: str) -> tuple[str, ...]:
    if given.casefold() == "all":
        return ()
    langs = tuple(dict.fromkeys(re.split(r"[\s,]+", given.casefold().strip(" ,"))))
    for lang in langs:
        if not _LANG.fullmatch(lang):
            raise CallError(f"lang: “{lang[:20]}” is no language: write en, es, or all.")
    return langs


async def _feeds(tx: Transaction, call: Call, given: str) -> tuple[str, ...]:
    if given.casefold() == "all":
        return ()
    feeds = await seen_feeds(tx, call.person.scope)
    by_fold = {feed.name.casefold(): feed.name for feed in feeds.values()}
    names = []
    for part in given.split(","):
        name = by_fold.get(part.strip().casefold())
        if name is None:
            raise CallError(
                f"feeds: there is no feed “{part.strip()[:60]}”."
                f"{suggestion(part.strip(), by_fold.values())} /feed list shows them."
            )
        names.append(name)
    return tuple(dict.fromkeys(names))
