"""The sorter: matches articles against the watches, and files them into the stories of the week.

Holds what matching and filing remember between polls. Decides nothing about channels.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain.articles import Article, Feed
from bot.domain.filing import Window
from bot.domain.matching import Matcher
from bot.domain.packs import Packs
from bot.domain.query import Hit, parse
from bot.domain.query_subject import Subject
from bot.domain.records import FiledArticle
from bot.domain.stories import Member, Story, StoryId, story_code
from bot.domain.text import LanguageDetector
from bot.domain.watches import Channel, Watch, WatchId
from bot.ports.store import Transaction

WINDOW = timedelta(days=7)
_TITLE = 200  # characters of a title that a story's code is made from


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An article that some watch matched, and the story it belongs to."""

    article: Article
    hits: Mapping[WatchId, tuple[Hit, ...]]
    story: StoryId
    opens: bool = False  # it is the first of its story
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
        self._revision = -1
        self._window: Window | None = None
        self._filed_to = datetime.min.replace(tzinfo=UTC)
        self._moves = 0

    async def refresh(self, tx: Transaction, now: datetime) -> None:
        """Take over watches that changed, and articles that another process filed."""
        revision = await tx.watches.revision()
        if revision != self._revision:
            self._take(await tx.watches.list())
            self._revision = revision
        moves = await tx.stories.moves()
        if self._window is None or moves != self._moves:  # editors merged or split stories
            self._window, self._filed_to, self._moves = self._new_window(), now - WINDOW, moves
        filed = await tx.stories.filed_since(self._filed_to)
        await asyncio.to_thread(self._fill, self._window, filed)
        self._filed_to = max((one.article.first_seen for one in filed), default=self._filed_to)

    @staticmethod
    def _fill(window: Window, filed: Sequence[FiledArticle]) -> None:
        for one in filed:
            window.add(one.article, one.story, one.reprint_of)

    def forget(self) -> None:
        """Drop what is remembered: what was filed may not have been committed."""
        self._window = None
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
            if self.watches[watch].wants(article, feed.name)
            and any(sees(channel, feed) for channel in self.watches[watch].channels)
        }

    def file(
        self, articles: Iterable[tuple[Article, Mapping[WatchId, tuple[Hit, ...]]]], taken: set[str]
    ) -> list[Filed]:
        """File matched articles into stories, in order; `taken` grows by the codes of new ones."""
        window = self._window
        assert window is not None  # noqa: S101 - `refresh` came before
        filed = []
        for article, hits in articles:
            placed = window.place(article)
            story = placed.story
            if story is None:
                story = story_code(seed_of(article), taken)
                taken.add(story)
            window.add(article, story, placed.reprint_of)
            filed.append(
                Filed(
                    article=article,
                    hits=hits,
                    story=story,
                    opens=placed.story is None,
                    member=Member(
                        article=article, reprint_of=placed.reprint_of, tied_by=placed.tied_by
                    ),
                )
            )
        return filed

    def _take(self, watches: Sequence[Watch]) -> None:
        matcher: Matcher[WatchId] = Matcher()
        self.watches = {watch.id: watch for watch in watches if not watch.paused}
        for watch in self.watches.values():
            matcher.add(watch.id, parse(watch.query, self._packs))
        self._matcher = matcher


def sees(channel: Channel, feed: Feed) -> bool:
    """Say whether a feed's articles may be shown in a channel: a feed added in chat stays there."""
    scope = channel.scope
    return feed.workspace in ("", f"{scope.platform}/{scope.workspace}")


async def store_member(tx: Transaction, filed: Filed, now: datetime) -> None:
    """Store an article in its story, which is made if it opens one; nothing if it is there."""
    if filed.member is None:
        return
    if filed.opens:
        await tx.stories.add(Story(id=filed.story, members=(filed.member,)))
    else:
        await tx.stories.join(filed.story, filed.member, now)


def seed_of(article: Article) -> str:
    """Return what the code of a story that begins with an article is made from."""
    return article.url or article.title[:_TITLE]
