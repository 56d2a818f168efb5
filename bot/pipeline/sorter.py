"""The sorter: matches articles against the watches, and files them into the stories of the week.

Holds what matching and filing remember between polls. Decides nothing about channels.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain.articles import Article, Feed
from bot.domain.filing import LATER, Placement, Window
from bot.domain.matching import Matcher
from bot.domain.packs import Packs
from bot.domain.query import Hit, Query, parse
from bot.domain.query_subject import Subject
from bot.domain.records import FiledArticle
from bot.domain.stories import (
    QUIET_AFTER,
    REOPENS_WITHIN,
    Member,
    Story,
    StoryId,
    story_code,
)
from bot.domain.text import LanguageDetector
from bot.domain.watches import Channel, Watch, WatchId
from bot.ports.store import Store, Transaction

WINDOW = timedelta(days=7)
OVERLAP = timedelta(minutes=1)
"""How far back we look again for what others filed: it may have been first seen before what we know
and stored after it, and the clocks of two machines differ. What is known already is passed over."""
_THE_SAME = 3.0  # score from which a forgotten story is joined, and not only linked
_TITLE = 200  # characters of a title that a story's code is made from


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An article that some watch matched, and the story it belongs to."""

    article: Article
    hits: Mapping[WatchId, tuple[Hit, ...]]
    story: StoryId
    opens: bool = False  # it is the first of its story
    follows: StoryId | None = None  # the closed story that this first one takes up again
    member: Member | None = None  # None: it is in its story already, and matched once more


class Sorter:
    """What matching and filing remember between polls: the watches, and the stories of the week.

    A cache of the database, not a truth: `refresh` brings it up to date, `forget` empties it.
    """

    def __init__(
        self, packs: Packs, new_window: Callable[[], Window], detector: LanguageDetector
    ) -> None:
        """Begin empty."""
        self._packs = packs
        self._new_window = new_window
        self._detector = detector
        self._matcher: Matcher[WatchId] = Matcher()
        self.watches: dict[WatchId, Watch] = {}
        self._full: dict[WatchId, Query] = {}  # those of them that ask for pages
        self.turn = asyncio.Lock()
        """Held by who refreshes, matches and files in a transaction, to its end."""
        self._revision = -1
        self._windows: tuple[Window, Window] | None = None  # the week, and what it has forgotten
        self._filed_to = datetime.min.replace(tzinfo=UTC)
        self._moves = 0

    async def warm(self, store: Store, now: datetime) -> None:
        """Read what was filed in two weeks, where nothing is known of it; `turn` must be held.

        Before a transaction that refreshes: it would hold up all who write for as long, which is
        a millisecond an article.
        """
        if self._windows is None:
            async with store.reading() as tx:
                filed = await self._news(tx, now)
            await self._learn(filed, now)  # a server ends what stands still in a transaction

    async def refresh(self, tx: Transaction, now: datetime) -> None:
        """Take over watches that changed, and articles that another process filed."""
        await self._learn(await self._news(tx, now), now)

    async def _news(self, tx: Transaction, now: datetime) -> Sequence[FiledArticle]:
        revision = await tx.watches.revision()
        if revision != self._revision:
            self._take(await tx.watches.list())
            self._revision = revision
        moves = await tx.stories.moves()
        if self._windows is None or moves != self._moves:  # editors merged or split stories
            week = self._new_window()
            self._windows, self._moves = (week, week.beside(LATER)), moves
            self._filed_to = now - LATER.window
        return await tx.stories.filed_since(self._filed_to - OVERLAP)

    async def _learn(self, filed: Sequence[FiledArticle], now: datetime) -> None:
        assert self._windows is not None  # noqa: S101 - `_news` came before
        if filed:
            await asyncio.to_thread(_fill, *self._windows, filed, now - WINDOW)
            self._filed_to = max(one.article.first_seen for one in filed)

    def use(self, packs: Packs) -> None:
        """Read queries with other packs from now on."""
        self._packs = packs
        self._revision = -1

    def forget(self) -> None:
        """Drop what is remembered: what was filed may not have been committed."""
        self._windows = None
        self._revision = -1

    def language(self, article: Article) -> Article:
        """Return the article with its language, detected where its feed does not say."""
        if article.lang:
            return article
        found = self._detector.detect(f"{article.title}\n{article.summary[:1_000]}")
        return replace(article, lang=found)

    def match(self, article: Article, feed: Feed) -> dict[WatchId, tuple[Hit, ...]]:
        """Return the watches that want an article, and why."""
        found = self._matcher.match(Subject.of(article, feed.name, None))
        return {
            watch: hits
            for watch, hits in sorted(found.items())
            if self._wants(watch, article, feed)
        }

    @property
    def reads_pages(self) -> bool:
        """Whether any watch asks for the full text of pages."""
        return bool(self._full)

    def could_match(self, article: Article, feed: Feed) -> bool:
        """Say whether an article's page may make a watch match that asks for it.

        Unlike matching, that looks at each such watch, until one is found.
        """
        subject = Subject.of(article, feed.name, None)
        asked: set[Query] = set()
        for watch, query in self._full.items():
            if query not in asked and self._wants(watch, article, feed):
                if query.could_match(subject):
                    return True
                asked.add(query)
        return False

    def match_page(self, article: Article, feed: Feed) -> dict[WatchId, tuple[Hit, ...]]:
        """Return which watches that ask for pages want an article, now that it has its own."""
        found = self.match(article, feed)
        return {watch: hits for watch, hits in found.items() if watch in self._full}

    def _wants(self, watch: WatchId, article: Article, feed: Feed) -> bool:
        its = self.watches[watch]
        return its.wants(article, feed.name) and any(
            sees(channel, feed) for channel in its.channels
        )

    def file(
        self, articles: Iterable[tuple[Article, Mapping[WatchId, tuple[Hit, ...]]]], taken: set[str]
    ) -> list[Filed]:
        """File matched articles into stories, in order; `taken` grows by the codes of new ones."""
        assert self._windows is not None  # noqa: S101 - `refresh` came before
        window, archive = self._windows
        filed = []
        for article, hits in articles:
            placed, follows = window.place(article), None
            if placed.story is None:
                placed, follows = _taken_up(article, archive)
            story = placed.story
            if story is None:
                story = story_code(seed_of(article), taken)
                taken.add(story)
            for shelf in (window, archive):
                shelf.add(article, story, placed.reprint_of)
            filed.append(
                Filed(
                    article=article,
                    hits=hits,
                    story=story,
                    opens=placed.story is None,
                    follows=follows,
                    member=Member(
                        article=article, reprint_of=placed.reprint_of, tied_by=placed.tied_by
                    ),
                )
            )
        return filed

    def _take(self, watches: Sequence[Watch]) -> None:
        matcher: Matcher[WatchId] = Matcher()
        self.watches = {watch.id: watch for watch in watches if not watch.paused}
        queries = {watch.id: parse(watch.query, self._packs) for watch in self.watches.values()}
        for watch_id, query in queries.items():
            matcher.add(watch_id, query)
        self._full = {watch: query for watch, query in queries.items() if query.reads_pages}
        self._matcher = matcher


def _fill(week: Window, archive: Window, filed: Sequence[FiledArticle], start: datetime) -> None:
    for one in filed:
        archive.add(one.article, one.story, one.reprint_of)
        if one.article.first_seen > start:
            week.add(one.article, one.story, one.reprint_of)


def _taken_up(article: Article, archive: Window) -> tuple[Placement, StoryId | None]:
    """Return where an article belongs that fits no story of the window.

    A forgotten story that closed within `REOPENS_WITHIN` is joined, if there is no doubt; else a
    new one is opened, which follows the forgotten one if there is any. On labelled news most of
    what is like a story of last week is another event: a link is right there, and a merge is not.
    """
    new = Placement(story=None, score=0.0)
    found = archive.place(article)
    newest = None if found.story is None else archive.newest(found.story)
    if found.story is None or newest is None or article.at <= newest + WINDOW:
        return new, None  # the window knew it, and thought otherwise
    if found.score >= _THE_SAME and article.at <= newest + QUIET_AFTER + REOPENS_WITHIN:
        return found, None
    return new, found.story


def sees(channel: Channel, feed: Feed) -> bool:
    """Say whether a feed's articles may be shown in a channel: a feed added in chat stays there."""
    scope = channel.scope
    return feed.workspace in ("", f"{scope.platform}/{scope.workspace}")


async def store_member(tx: Transaction, filed: Filed, now: datetime) -> None:
    """Store an article in its story, which is made if it opens one; nothing if it is there."""
    if filed.member is None:
        return
    if filed.opens:
        story = Story(id=filed.story, members=(filed.member,), follows=filed.follows)
        await tx.stories.add(story)
    else:
        await tx.stories.join(filed.story, filed.member, now)


def seed_of(article: Article) -> str:
    """Return what the code of a story that begins with an article is made from."""
    return article.url or article.title[:_TITLE]
