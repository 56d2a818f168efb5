"""`feed import` and `feed export`: many feeds at once, as an OPML file."""

import asyncio
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.export import FORMULAS
from bot.commands.found import feed_key, seen_feeds, workspace_of
from bot.domain.articles import Feed, FeedId
from bot.domain.calls import Call, Kind, Param, Reply, Role, Usage
from bot.domain.errors import CallError, FeedError
from bot.domain.layout_parts import DOT, counted
from bot.domain.lines import unquoted
from bot.domain.messages import Bullets, File, Message, Run, Style, Text, Tone, say, text
from bot.domain.polls import Outcome, PollRequest, PollResult
from bot.domain.private import without_secrets
from bot.domain.text import shorten
from bot.domain.urls import feed_address, masked, site_name
from bot.ports.world import ListedFeed

MOST = 200
"""Feeds of a list."""
ASKED_FOR = 60.0
"""Seconds in which all feeds of a list are asked for; Discord waits 15 minutes for an answer."""
_AT_ONCE = 10  # so that the feeds that are due get their turn meanwhile
_SHOWN = 20  # rows in the answer; the file has all
_NAME = 70


class _End(StrEnum):
    """What became of a feed of the list; in the order in which they are told."""

    UNUSABLE = "not added"
    UNSEEN = "added, not seen yet"
    ADDED = "added"
    KNOWN = "here already"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A feed of the list, and what became of it."""

    url: str  # as it may be shown
    name: str
    end: _End
    reason: str = ""


async def read(call: Call, desk: Desk) -> Reply:
    """Take on the feeds of a list: those that work and are not here yet."""
    listed, broken = await desk.lists.read(await _body(call, desk))
    if not listed and not broken:
        raise CallError("No feed is listed there: an OPML list has outlines with an xmlUrl.")
    if len(listed) > MOST:
        raise CallError(
            f"That list has {len(listed):,} feeds; I take {MOST} at a time. Split it, or have it"
            " read on the server: python -m bot feeds import FILE"
        )
    async with desk.store.reading() as tx:
        there = (await seen_feeds(tx, call.person.scope)).values()
    known = {feed_key(feed.url): feed.name for feed in there}
    wanted = [one for one in listed if feed_key(one.url) not in known]
    results = await _asked(desk, wanted)
    rows = [
        _Row(url=one, name="", end=_End.UNUSABLE, reason="That is no web address.")
        for one in broken
    ]
    rows += [
        _Row(url=masked(one.url), name=known[feed_key(one.url)], end=_End.KNOWN)
        for one in listed
        if feed_key(one.url) in known
    ]
    rows += await _taken(call, desk, wanted, results)
    rows.sort(key=lambda row: list(_End).index(row.end))
    return Reply(message=_told(rows))


async def _body(call: Call, desk: Desk) -> bytes:
    """Return the list: the file, what is at the address, or the text itself.

    Raises:
        CallError: None is given, or it cannot be fetched.
    """
    if "file" in call.files:
        return call.files["file"].data
    given = unquoted(call.arg("list"))
    if "<" in given and "outline" in given:
        return given.encode("utf-8", "replace")
    url = feed_address(given) if given else ""
    if not url:
        raise CallError(
            "Which list? Give an OPML file, its address, or its text: /feed import"
            " https://example.org/feeds.opml"
        )
    try:
        return await desk.lists.fetch(url)
    except FeedError as error:
        raise CallError(f"{masked(url)} cannot be fetched: {error}") from error


async def _asked(desk: Desk, wanted: Sequence[ListedFeed]) -> Mapping[str, PollResult]:
    """Ask for each feed once; those that do not answer in time are left out."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def ask(url: str) -> PollResult:
        async with turns:
            return await desk.source.poll(PollRequest(url=url))

    asked = {one.url: asyncio.ensure_future(ask(one.url)) for one in wanted}
    if not asked:
        return {}
    try:
        done, _ = await asyncio.wait(asked.values(), timeout=ASKED_FOR)
    finally:
        for task in asked.values():
            task.cancel()  # does nothing to those that are done
        await asyncio.gather(*asked.values(), return_exceptions=True)
    return {url: task.result() for url, task in asked.items() if task in done}


async def _taken(
    call: Call, desk: Desk, wanted: Sequence[ListedFeed], results: Mapping[str, PollResult]
) -> list[_Row]:
    """Store the feeds that can be used, each once, and return what became of each."""
    rows = []
    async with desk.store.transaction() as tx:
        there = (await seen_feeds(tx, call.person.scope)).values()
        known = {feed_key(feed.url): feed.name for feed in there}
        for one in wanted:
            result = results.get(one.url)
            late = result is None or result.outcome is Outcome.DEFERRED
            if result is not None and not late and not result.outcome.read:
                reason = result.reason or result.outcome.value
                rows.append(_row(one.url, one.title, _End.UNUSABLE, reason))
                continue
            address = result.moved_to or one.url if result is not None else one.url
            if feed_key(address) in known:
                rows.append(_row(one.url, known[feed_key(address)], _End.KNOWN))
                continue
            draft = Feed(
                id=FeedId(0),
                url=address,
                name=_name(one, result, set(known.values())),
                every=desk.every,
                workspace=workspace_of(call.person.scope),
                lang=result.lang if result is not None else "",
            )
            feed = await tx.feeds.add(draft, desk.clock())
            known[feed_key(address)] = feed.name
            reason = result.reason if result is not None else "It did not answer in time."
            end = _End.UNSEEN if late else _End.ADDED
            rows.append(_row(address, feed.name, end, reason if late else ""))
    return rows


def _row(url: str, name: str, end: _End, reason: str = "") -> _Row:
    shown = shorten(without_secrets(name), _NAME)
    return _Row(url=masked(url), name=shown, end=end, reason=reason)


def _name(one: ListedFeed, result: PollResult | None, taken: set[str]) -> str:
    """Return what the list calls a feed, else its own title, else its host; each name once."""
    title = one.title or (result.title if result is not None else "")
    name = shorten(" ".join(without_secrets(title).split()), _NAME) or site_name(one.url)
    free = (name, *(f"{name} ({number})" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in free if candidate not in taken)


def _told(rows: Sequence[_Row]) -> Message:
    counts = {end: sum(row.end is end for row in rows) for end in _End}
    said = ", ".join(f"{count} {end}" for end, count in counts.items() if count)
    added = counts[_End.ADDED] + counts[_End.UNSEEN]
    more = len(rows) - _SHOWN
    return Message(
        title=f"{counted(len(rows), 'feed')}: {said}",
        blocks=(Bullets(tuple(_line(row) for row in rows[:_SHOWN])),),
        footer=text(
            f"and {more} more, in the file{DOT}" if more > 0 else "",
            "What is there now counts as seen; nothing old is posted." if added else "",
        ),
        notice=f"Feeds imported: {said}",
        tone=Tone.GOOD if added or not counts[_End.UNUSABLE] else Tone.TROUBLE,
        files=(File(name="import.csv", mime="text/csv", data=_table(rows)),),
    )


def _line(row: _Row) -> Text:
    return text(
        Run(row.end.value, Style.BOLD),
        f"{DOT}{row.name}" if row.name else "",
        f"{DOT}{row.url}",
        f"{DOT}{row.reason}" if row.reason else "",
    )


def _table(rows: Iterable[_Row]) -> bytes:
    """Return a row a feed as CSV; what a spreadsheet would run as a formula has a quote before."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("outcome", "name", "url", "reason"))
    for row in rows:
        cells = (row.end.value, row.name, row.url, row.reason)
        writer.writerow([f"'{cell}" if cell.startswith(FORMULAS) else cell for cell in cells])
    return out.getvalue().encode("utf-8", "replace")


async def write(call: Call, desk: Desk) -> Reply:
    """Answer with the feeds that are read here, as a file."""
    async with desk.store.reading() as tx:
        feeds = (await seen_feeds(tx, call.person.scope)).values()
    if not feeds:
        raise CallError("There are no feeds yet. Add one: /feed add example.org")
    hidden = sum(masked(feed.url) != feed.url for feed in feeds)
    data = desk.lists.write(replace(feed, url=masked(feed.url)) for feed in feeds)
    words = f"{counted(len(feeds), 'feed')} in feeds.opml."
    if hidden:
        words += f" In {hidden} of them *** stands for a user, a password or a token."
    return Reply(
        message=replace(say(words), files=(File(name="feeds.opml", mime="text/x-opml", data=data),))
    )


FEED_IMPORT = Command(
    usage=Usage(
        verb="feed import",
        summary="Read the feeds of an OPML list; those that are here already are skipped.",
        params=(
            Param(name="list", help="The list's address, or its text", rest=True),
            Param(name="file", help="The list as a file", kind=Kind.FILE),
        ),
        role=Role.ADMIN,
        example="/feed import https://example.org/feeds.opml",
    ),
    run=read,
)
FEED_EXPORT = Command(
    usage=Usage(
        verb="feed export",
        summary="Get the feeds that are read here as an OPML file.",
        role=Role.ADMIN,
        example="/feed export",
    ),
    run=write,
)
