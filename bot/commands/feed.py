"""`feed add`, `list`, `remove` and `check`."""

from collections.abc import Iterable

from bot.commands.answers import (
    PAGE_PARAM,
    button,
    next_button,
    nothing,
    on_page,
    page_note,
    page_of,
)
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.feed_found import ask
from bot.commands.feed_seen import SAID, add_button, not_a_feed, offers, seen
from bot.commands.found import feed_key, feed_of, seen_feeds, workspace_of
from bot.domain.articles import Feed, FeedId
from bot.domain.calls import Call, Param, Reply, Role, Usage
from bot.domain.errors import CallError
from bot.domain.layout_parts import DOT, counted, moment
from bot.domain.messages import (
    Bullets,
    Fact,
    Look,
    Message,
    Paragraph,
    Run,
    Style,
    Text,
    Tone,
    text,
)  # fmt: skip
from bot.domain.polls import Outcome, PollResult
from bot.domain.private import is_private, without_secrets
from bot.domain.records import FeedLine
from bot.domain.schedule import MAX_WAIT, MIN_EVERY, format_span
from bot.domain.text import shorten
from bot.domain.urls import feed_address, masked, site_name

BACKFILLS = (0, 1, 3)


async def add(call: Call, desk: Desk) -> Reply:
    """Poll a feed once and take it on, or offer the feeds of a web page."""
    url = _address(call.arg("url"))
    every = call.span("every", format_span(desk.every))
    if not MIN_EVERY <= every <= MAX_WAIT:
        raise CallError("every: from 5m to 1d, please.")
    async with desk.store.reading() as tx:
        feeds = await seen_feeds(tx, call.person.scope)
    _refuse_known(url, feeds.values())
    result = await ask(desk.source, url)  # in no transaction: it takes its time
    if not result.outcome.read:
        return Reply(message=not_a_feed(result), replaces=True)
    address = result.moved_to or url
    _refuse_known(address, feeds.values())
    draft = Feed(
        id=FeedId(0),
        url=address,
        name=_name(call, result, {feed.name for feed in feeds.values()}),
        every=every,
        workspace=workspace_of(call.person.scope),
        lang=result.lang,
    )
    async with desk.store.transaction() as tx:
        feed = await tx.feeds.add(draft, desk.clock())
    return Reply(message=_added(feed, result), replaces=True)


def _refuse_known(url: str, feeds: Iterable[Feed]) -> None:
    """Refuse an address that is read already.

    Raises:
        CallError: It is, under the name that the words tell.
    """
    key = feed_key(url)
    for feed in feeds:
        if feed_key(feed.url) == key:
            raise CallError(f"That feed is here already, as “{feed.name}”.")


async def list_feeds(call: Call, desk: Desk) -> Reply:
    """List the feeds with their state."""
    async with desk.store.reading() as tx:
        lines = await tx.feeds.list(call.person.scope)
    if not lines:
        return Reply(message=nothing("There are no feeds yet. Add one: /feed add example.org"))
    failing = sum(line.state.failures > 0 or line.state.stopped for line in lines)
    state = f", {failing} failing" if failing else ""
    return Reply(
        message=Message(
            title=f"Feeds: {len(lines)}{state}",
            blocks=(Bullets(tuple(feed_line(line) for line in on_page(lines, page_of(call)))),),
            footer=page_note(call, len(lines)),
            buttons=next_button(call, len(lines)),
            notice=f"{counted(len(lines), 'feed')}{state}",
        ),
        replaces=page_of(call) > 1,
    )


def feed_line(line: FeedLine) -> Text:
    """Return a feed as a line of a list: name, address, state, next poll."""
    feed, state = line.feed, line.state
    if state.stopped:
        said: tuple[str | Run, ...] = ("stopped: it is gone (410)",)
    elif state.failures:
        said = (
            f"failing, {counted(state.failures, 'time')} in a row: {state.reason or 'no reason'}",
        )
    elif state.polled_at is None:
        said = ("not polled yet",)
    else:
        said = ("ok, polled ", moment(state.polled_at))
    return text(
        Run(feed.name, Style.BOLD, url="" if is_private(feed.url) else feed.url),
        DOT,
        site_name(feed.url),
        f"{DOT}every {format_span(feed.every)}",
        f"{DOT}from the configuration" if feed.configured else "",
        "\n",
        *said,
    )


async def remove(call: Call, desk: Desk) -> Reply:
    """Ask before a feed is removed."""
    async with desk.store.reading() as tx:
        line = await feed_of(tx, call.person.scope, call.arg("feed"))
    refuse_configured(line.feed)
    words = "Its articles stay; no new ones come in."
    return Reply(
        message=Message(
            title=f"Remove the feed “{line.feed.name}”?",
            blocks=(Fact("Address", text(masked(line.feed.url))), Paragraph(text(words))),
            buttons=(
                *button("Remove", "feed drop", Look.DANGER, id=str(line.feed.id)),
                *button("Keep", "feed keep", id=str(line.feed.id)),
            ),
            notice=f"Remove the feed “{line.feed.name}”?",
        )
    )


def refuse_configured(feed: Feed) -> None:
    """Refuse to change in chat what the configuration file sets up.

    Raises:
        CallError: The feed is of the configuration, or was imported for everyone.
    """
    if not feed.workspace and not feed.configured:
        raise CallError(
            f"The feed “{feed.name}” is read for everyone, and is removed on the server:"
            " python -m bot feeds remove ADDRESS"
        )
    if feed.configured:
        raise CallError(
            f"The feed “{feed.name}” is set up in config/newsthread.toml and is removed there, not"
            " in chat."
        )


async def check(call: Call, desk: Desk) -> Reply:
    """Poll an address once and tell everything that was seen."""
    url = _address(call.arg("url"))
    result = await ask(desk.source, url)
    works = result.outcome.healthy
    buttons = add_button("Add it", url) if works else offers(result.feeds)
    return Reply(
        message=Message(
            title=f"{masked(url)}: {SAID[result.outcome]}",
            blocks=seen(result, desk.every, call.at),
            buttons=buttons,
            notice=SAID[result.outcome],
            tone=Tone.GOOD if works else Tone.TROUBLE,
        )
    )


def _added(feed: Feed, result: PollResult) -> Message:
    items = counted(len(result.entries), "item")
    damaged = (
        " It is damaged, and read as far as it goes." if result.outcome is Outcome.OK_LOOSE else ""
    )
    words = (
        f"Seeded {items}: they count as seen, and none is posted.{damaged} What matches a watch can"
        f" be posted now: the last {' / '.join(str(n) for n in BACKFILLS)}?"
    )
    buttons = [
        one
        for count in BACKFILLS
        for one in button(
            f"Post the last {count}" if count else "Post none",
            "feed backfill",
            feed=str(feed.id),
            n=str(count),
        )
    ]
    return Message(
        title=f"Feed “{feed.name}” added",
        blocks=(
            Paragraph(text(words)),
            Fact("Polled", text(f"every {format_span(feed.every)}")),
            Bullets(tuple(text(shorten(e.title, 200)) for e in result.entries[:3] if e.title)),
        ),
        buttons=tuple(buttons),
        notice=f"Feed “{feed.name}” added: seeded {items}",
        tone=Tone.GOOD,
    )


def _address(given: str) -> str:
    url = feed_address(given)
    if not url:
        raise CallError(
            f"“{shorten(given, 80)}” is no web address: write it as https://example.org/feed.xml"
        )
    return url


def _name(call: Call, result: PollResult, taken: set[str]) -> str:
    """Return the feed's name: the one given, else its own title, else its host; each once."""
    given = shorten(" ".join(call.arg("name").split()), 80)
    if given:
        if given in taken:
            raise CallError(f"There is a feed “{given}” already: choose another name.")
        return given
    name = shorten(" ".join(without_secrets(result.title).split()), 70) or site_name(result.url)
    free = (name, *(f"{name} ({number})" for number in range(2, len(taken) + 3)))
    return next(one for one in free if one not in taken)


_URL = Param(name="url", help="The feed's address, or a site's", required=True, rest=True)

FEED_ADD = Command(
    usage=Usage(
        verb="feed add",
        summary="Read a feed here; for a site's address its feeds are found and offered.",
        params=(
            _URL,
            Param(name="name", help="What to call it"),
            Param(name="every", help="How often it is polled, 5m to 1d"),
        ),
        role=Role.EDITOR,
        example='/feed add https://example.org/feed.xml name:"Example News" every:30m',
    ),
    run=add,
)
FEED_LIST = Command(
    usage=Usage(
        verb="feed list",
        summary="List the feeds with their state.",
        params=(PAGE_PARAM,),
        role=Role.EDITOR,
        example="/feed list",
    ),
    run=list_feeds,
)
FEED_REMOVE = Command(
    usage=Usage(
        verb="feed remove",
        summary="Read a feed no more: asks first, and can be undone for a minute.",
        params=(
            Param(
                name="feed", help="Its name or address", required=True, complete="feed", rest=True
            ),
        ),
        role=Role.EDITOR,
        example="/feed remove Example News",
    ),
    run=remove,
)
FEED_CHECK = Command(
    usage=Usage(
        verb="feed check",
        summary="Ask for an address once, and tell everything that was seen.",
        params=(_URL,),
        role=Role.EDITOR,
        example="/feed check https://example.org/feed.xml",
    ),
    run=check,
)
