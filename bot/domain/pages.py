"""Article pages: what is read of them, and for which articles that is worth asking an outlet.

How a page is asked for and read is the adapter's business; so is what a site allows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.articles import Article, ArticleId, FeedId

ENOUGH = 1_500
"""Characters of text in a feed from which its articles' pages are not asked for."""
LONGEST = 20_000
"""Characters that are kept of a page's text."""
YOUNG = timedelta(hours=1)
"""How long after the match an article's page is still asked for."""

A_POLL = 20
"""Pages of one poll's articles that are read for matching."""
A_DAY = 1_000
"""Pages that are read for matching within `DAY`, of all feeds."""
DAY = timedelta(days=1)
"""The span of that bound; what was not read within it is read no more."""
TRIES = 3
"""How often the reading of one page is begun: it may be what ends the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What reading an article's page gave."""

    text: str = ""  # plain, a line a paragraph, `LONGEST` characters at most
    reason: str = ""  # why there is none, a plain sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToRead:
    """A page that is to be asked for, now and never again."""

    article: ArticleId
    url: str


class Reading(StrEnum):
    """How far the reading of a page for matching has come."""

    WAITING = "waiting"
    READ = "read"
    FAILED = "failed"
    LEFT = "left"  # not asked for: more were wanted than may be


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPage:
    """A page that some watch asks for (`body:full`), since it may make an article match."""

    article: ArticleId
    feed: FeedId  # that brought the article: what it is matched for
    state: Reading
    reason: str = ""  # why it failed or was left, a plain sentence
    at: datetime  # UTC; when it was wanted, or what came of it


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedPage:
    """A wanted page, claimed to be read."""

    article: ArticleId
    feed: FeedId
    url: str
    text: str  # what was read of it before; "": it is to be asked for
    owner: str  # the fence: what is settled must still belong to it


def wanted(
    articles: Iterable[Article], feed: FeedId, asked: int, now: datetime
) -> list[WantedPage]:
    """Return which pages of a poll's articles are to be read, the newest first.

    Args:
        articles: Those whose page could make them match.
        feed: That was polled.
        asked: Pages that were wanted within `DAY` before.
        now: UTC.
    """
    # An address that several items share (it has a fragment then) says nothing of one of them.
    own = {article.id: article for article in articles if article.url and "#" not in article.url}
    newest = sorted(own.values(), key=lambda article: (article.at, article.id), reverse=True)
    found = []
    for number, article in enumerate(newest):
        state, reason = Reading.WAITING, ""
        if number >= A_POLL:
            state, reason = Reading.LEFT, f"of one poll's articles {A_POLL} pages are read"
        elif asked + number >= A_DAY:
            state, reason = Reading.LEFT, f"within 24 hours {A_DAY:,} pages are read"
        found.append(WantedPage(article=article.id, feed=feed, state=state, reason=reason, at=now))
    return found
