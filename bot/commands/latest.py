"""`latest` and `search`: stored articles, newest first."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.commands.answers import (
    PAGE,
    PAGE_PARAM,
    PUBLIC_PARAM,
    next_button,
    nothing,
    on_page,
    page_note,
    page_of,
    share_button,
)  # fmt: skip
from bot.commands.command import Command
from bot.commands.desk import Desk
from bot.commands.found import feed_of, seen_feeds, seen_story
from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.calls import Call, Kind, Param, Reply, Usage
from bot.domain.layout_parts import article_line, counted
from bot.domain.messages import Bullets, Message
from bot.domain.query import Query, Subject, parse
from bot.ports.store import Transaction

LOOKED_AT = 2_000
"""The newest stored articles that a query is tried on."""
MOST = 200
"""Articles that a list can be paged through."""


async def latest(call: Call, desk: Desk) -> Reply:
    """List the newest articles, or those that match a query of the watch language."""
    days = call.number(_LATEST_DAYS)
    wanted = call.arg("query")
    query = parse(wanted, desk.packs) if wanted else None
    async with desk.store.reading() as tx:
        feeds = await _feeds(tx, call)
        start = call.at - timedelta(days=days)
        if query is None:
            found: Sequence[Article] = await _search(tx, "", call, feeds, days)
        else:
            stored = await tx.articles.since(start, LOOKED_AT)
            mine = [article for article in reversed(stored) if article.feed in feeds]
            found = await asyncio.to_thread(_matching, query, mine, feeds)
        codes = await _codes(tx, call, found)
    what = f"matching {wanted}" if query else "new"
    return _listed(call, found, codes, f"{what} in the last {counted(days, 'day')}")


async def search(call: Call, desk: Desk) -> Reply:
    """List the articles that contain all the words."""
    days = call.number(_SEARCH_DAYS)
    async with desk.store.reading() as tx:
        feeds = await _feeds(tx, call)
        found = await _search(tx, call.arg("words"), call, feeds, days)
        codes = await _codes(tx, call, found)
    what = f"containing {call.arg('words')} in the last {counted(days, 'day')}"
    return _listed(call, found, codes, what)


async def _feeds(tx: Transaction, call: Call) -> Mapping[FeedId, Feed]:
    """Return the feeds to look at: all that are seen here, or the one that is named."""
    if call.arg("feed"):
        line = await feed_of(tx, call.person.scope, call.arg("feed"))
        return {line.feed.id: line.feed}
    return await seen_feeds(tx, call.person.scope)


async def _search(
    tx: Transaction, words: str, call: Call, feeds: Mapping[FeedId, Feed], days: int
) -> Sequence[Article]:
    if not feeds:  # no feeds would mean all of them, also those of others
        return ()
    start = call.at - timedelta(days=days)
    return await tx.articles.search(words, start, MOST, 0, tuple(feeds))


def _matching(
    query: Query, articles: Sequence[Article], feeds: Mapping[FeedId, Feed]
) -> Sequence[Article]:
    found = []
    for article in articles:
        if query.match(Subject.of(article, feeds[article.feed].name, None)) is not None:
            found.append(article)
            if len(found) == MOST:
                break
    return found


async def _codes(tx: Transaction, call: Call, found: Sequence[Article]) -> Mapping[ArticleId, str]:
    """Return the stories of the articles on the page, as far as they may be seen here."""
    shown = on_page(found, page_of(call))
    story_of = await tx.stories.of([article.id for article in shown])
    seen = {
        code
        for code in sorted(set(story_of.values()))
        if await seen_story(tx, call.person.scope, code) is not None
    }
    return {article: code for article, code in story_of.items() if code in seen}


def _listed(
    call: Call, found: Sequence[Article], codes: Mapping[ArticleId, str], what: str
) -> Reply:
    if not found:
        return Reply(message=nothing(f"No articles {what}. Try more days or other words."))
    shown = on_page(found, page_of(call))
    lines = tuple(article_line(article, story=codes.get(article.id, "")) for article in shown)
    args = {name: value for name, value in call.args.items() if name not in ("page", "public")}
    total = f"{MOST} or more" if len(found) == MOST else str(len(found))
    return Reply(
        message=Message(
            title=f"{total} {'article' if len(found) == 1 else 'articles'} {what}",
            blocks=(Bullets(lines),) if lines else (),
            footer=page_note(call, len(found)),
            buttons=(
                *next_button(call, len(found), **args),
                *share_button(call, **args, page=str(page_of(call))),
            ),
            notice=f"{counted(len(found), 'article')} {what}",
        ),
        replaces=page_of(call) > 1,
    )


_FEED = Param(name="feed", help="Only this feed", complete="feed")
_LATEST_DAYS = Param(
    name="days", help="How far back, 1 to 30", kind=Kind.NUMBER, default="2", least=1, most=30
)
_SEARCH_DAYS = Param(
    name="days", help="How far back, 1 to 365", kind=Kind.NUMBER, default="30", least=1, most=365
)

LATEST = Command(
    usage=Usage(
        verb="latest",
        summary=f"List the newest articles, {PAGE} a page; a query as in a watch narrows them.",
        params=(
            Param(name="query", help="As in a watch; all articles if left out", rest=True),
            _LATEST_DAYS,
            _FEED,
            PAGE_PARAM,
            PUBLIC_PARAM,
        ),
        example="/latest cecot OR bukele days:3",
    ),
    run=latest,
)
SEARCH = Command(
    usage=Usage(
        verb="search",
        summary="List the stored articles that contain all the words.",
        params=(
            Param(name="words", help="All of them must occur", required=True, rest=True),
            _SEARCH_DAYS,
            _FEED,
            PAGE_PARAM,
            PUBLIC_PARAM,
        ),
        example="/search prison transfer days:7",
    ),
    run=search,
)
