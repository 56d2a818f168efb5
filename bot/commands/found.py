"""Looking things up for a person: only what is of that person's scope is found.

Every look-up of a command goes through here, so that what was set up in one workspace is never
seen from another: what is of another scope is "not found", in the same words as what never was.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.calls import Call
from bot.domain.errors import CallError
from bot.domain.lines import suggestion, unquoted
from bot.domain.records import FeedLine, StoryRow, Thread
from bot.domain.stories import Story, StoryId
from bot.domain.urls import feed_address
from bot.domain.watches import Channel, Scope, Watch, watch_name
from bot.ports.store import Transaction

_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4,8}")
_CHANNEL = re.compile(r"[\w.-]{1,80}")


def workspace_of(scope: Scope) -> str:
    """Return what `Feed.workspace` holds for feeds that only this scope sees."""
    return f"{scope.platform}/{scope.workspace}"


# -- stories


async def seen_story(tx: Transaction, scope: Scope, code: str) -> Story | None:
    """Return a story with the articles of it that concern a channel of `scope`, or None."""
    story = await tx.stories.get(StoryId(code))
    if story is None:
        return None
    mine: set[ArticleId] = set()
    for thread in await seen_threads(tx, scope, story.id):
        mine |= set(await tx.decisions.latest(thread.channel, story.id))
    return narrowed(story, mine)


def narrowed(story: Story, kept: set[ArticleId]) -> Story | None:
    """Return a story with these articles only, or None if it has none of them.

    A reprint whose original is left out counts as an original, or nobody would stand for its text.
    """
    members = tuple(
        member if member.reprint_of in kept else replace(member, reprint_of=None)
        for member in story.members
        if member.article.id in kept
    )
    return replace(story, members=members) if members else None


async def seen_threads(tx: Transaction, scope: Scope, story: StoryId) -> tuple[Thread, ...]:
    """Return a story's threads in the channels of `scope`."""
    return tuple(
        thread for thread in await tx.threads.of_story(story) if thread.channel.scope == scope
    )


async def threads_story(tx: Transaction, call: Call) -> Story | None:
    """Return the story in whose thread a command was called, or None."""
    if call.thread is None or call.thread.channel.scope != call.person.scope:
        return None
    code = await tx.stories.in_thread(call.thread)
    return None if code is None else await seen_story(tx, call.person.scope, code)


async def named_story(tx: Transaction, scope: Scope, words: str) -> Story | None:
    """Return the story whose code `words` are or begin with (`K7Q2 Judge orders…`), or None."""
    first, _, more = unquoted(words).partition(" ")
    code = first if more else first.upper()
    return await seen_story(tx, scope, code) if _CODE.fullmatch(code) else None


async def story_of(tx: Transaction, call: Call, name: str) -> Story:
    """Return the story that an argument names, or that of the thread where there is none.

    Raises:
        CallError: There is no such story here, or none was named outside a thread.
    """
    given = call.arg(name)
    if given:
        story = await named_story(tx, call.person.scope, given)
        if story is None:
            raise CallError(
                f"There is no story “{given[:40]}” here. A story's code stands at the foot of its"
                " card, such as K7Q2."
            )
        return story
    story = await threads_story(tx, call)
    if story is None:
        raise CallError(
            "Which story? Give its code, such as K7Q2, or ask in its thread.", param=name
        )
    return story


async def seen_rows(tx: Transaction, scope: Scope, rows: tuple[StoryRow, ...]) -> tuple[Story, ...]:
    """Return the stories of a list as `scope` may see them, most independent outlets first."""
    stories = [await seen_story(tx, scope, row.id) for row in rows]
    seen = [story for story in stories if story is not None]
    return tuple(sorted(seen, key=lambda story: (-story.independent, story.id)))


# -- watches


async def watch_of(tx: Transaction, scope: Scope, name: str) -> Watch:
    """Return the watch of a name that is visible in `scope`.

    Raises:
        CallError: There is none.
    """
    wanted = unquoted(name)
    watch = await tx.watches.find(scope, watch_name(wanted))
    if watch is None:
        names = [one.name for one in await tx.watches.list(scope)]
        raise CallError(
            f"There is no watch “{wanted[:40]}” here.{suggestion(wanted, names)}"
            " /watch list shows them."
        )
    return watch


async def watch_named(tx: Transaction, scope: Scope, words: str) -> Watch | None:
    """Return the watch that `words` name, or None where they are but words."""
    try:
        name = watch_name(words)
    except CallError:  # no name at all
        return None
    return await tx.watches.find(scope, name)


async def own_watch(tx: Transaction, scope: Scope, name: str) -> Watch:
    """Return a watch that may be changed from `scope`.

    Raises:
        CallError: There is none, or it was set up elsewhere.
    """
    watch = await watch_of(tx, scope, name)
    if watch.scope is None:
        raise CallError(
            f"The watch “{watch.name}” is set up in config/newsthread.toml and is changed there,"
            " not in chat. Make one of your own with /watch add."
        )
    if watch.scope != scope:
        raise CallError(f"The watch “{watch.name}” was made in another workspace: change it there.")
    return watch


async def first_watch(tx: Transaction, scope: Scope, name: str, words: str) -> tuple[str, str]:
    """Return the watch's name and the other words, where the name may be the first of `words`.

    So `/keywords add cecot tecoluca` works like `/keywords add watch:cecot tecoluca`.
    """
    if name:
        return name, words
    first, _, more = words.strip().partition(" ")
    if first and await watch_named(tx, scope, first) is not None:
        return first, more.strip()
    return "", words


# -- feeds and articles


async def seen_feeds(tx: Transaction, scope: Scope) -> Mapping[FeedId, Feed]:
    """Return the feeds that `scope` sees: those of the configuration, and its own."""
    return {line.feed.id: line.feed for line in await tx.feeds.list(scope)}


def feed_key(url: str) -> str:
    """Return what two addresses of one feed have in common: all but scheme and last slash.

    Unlike articles' addresses, a feed's keeps every parameter: `?feed=rss2` may say which one.
    """
    return url.partition("://")[2].rstrip("/")


async def feed_of(tx: Transaction, scope: Scope, given: str) -> FeedLine:
    """Return the feed that a name or an address means.

    Raises:
        CallError: There is none in `scope`.
    """
    lines = await tx.feeds.list(scope)
    wanted = unquoted(given)
    for line in lines:
        if line.feed.name.casefold() == wanted.casefold():
            return line
    key = feed_key(feed_address(wanted))
    for line in lines:
        if feed_key(line.feed.url) == key:
            return line
    hint = suggestion(wanted, [line.feed.name for line in lines])
    raise CallError(f"There is no feed “{wanted[:60]}” here.{hint} /feed list shows them.")


async def feed_by_id(tx: Transaction, scope: Scope, given: str) -> FeedLine:
    """Return the feed of an id, as buttons name it.

    Raises:
        CallError: There is none in `scope`.
    """
    for line in await tx.feeds.list(scope):
        if str(line.feed.id) == given:
            return line
    raise CallError("That feed is not here any more. /feed list shows what is.")


async def seen_article(tx: Transaction, scope: Scope, article: Article) -> bool:
    """Say whether people in `scope` may see an article: by its feed, or since it concerned them."""
    if article.feed in await seen_feeds(tx, scope):
        return True
    return bool(await tx.decisions.of(article.id, scope))


# -- channels


def channel_of(text: str, scope: Scope) -> Channel:
    """Return the channel of `scope` that a person named: `#news`, `news` or `<#123>`.

    Raises:
        CallError: It is none, or is in another workspace.
    """
    name = text.strip().strip("<>").lstrip("#").partition("|")[0]
    if ":" in name:
        try:
            channel = Channel.parse(name)
        except ValueError as error:
            raise CallError(f"{error}.") from error
        if channel.scope != scope:
            raise CallError("I post only to channels of the workspace that you ask from.")
        return channel
    if not _CHANNEL.fullmatch(name):
        raise CallError(f"“{text[:40]}” is no channel: write it as #news.")
    return Channel(scope, name)
