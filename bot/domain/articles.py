"""Feeds, and the articles that they carry.

Owns what an article is. Which of a document's entries are new is decided in `bot.domain.sift`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

FeedId = NewType("FeedId", int)
ArticleId = NewType("ArticleId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed document, as parsed: text is plain (no markup), never trusted."""

    id: str  # the feed's own id (guid, atom:id); "" where it has none
    link: str  # absolute http(s) URL as given, or ""
    title: str  # one line; "" where it has none
    summary: str = ""  # description or lead, plain text
    body: str = ""  # full content where the feed carries it, plain text
    author: str = ""
    tags: tuple[str, ...] = ()
    published: datetime | None = None  # UTC; as the feed says, only for order and display
    lang: str = ""  # BCP 47 primary subtag in lower case, where the feed says it
    outlet: str = ""  # the original outlet, where an aggregator names it (RSS `source`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A URL that is polled."""

    id: FeedId
    url: str
    name: str  # shown to people; from the configuration, else the feed's own title, else its host
    every: timedelta  # the configured interval, [5 min, 24 h]
    workspace: str = ""  # the only workspace that sees it, as `platform/id`; "": all see it
    lang: str = ""  # assumed for entries that do not say theirs
    configured: bool = False  # the configuration file names it; else people added or imported it


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One item of a feed, with its canonical URL. Text is plain and cut to bounds on entry."""

    id: ArticleId
    feed: FeedId
    url: str  # canonical (see `bot.domain.urls`); "" where the item has no link
    outlet: str  # who published it: a name for people
    site: str  # the outlet's registrable site, "example.org"; tells outlets apart
    title: str
    summary: str = ""
    body: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    lang: str = ""  # detected where the feed does not say; "" when unknown
    published: datetime | None = None  # UTC, as the feed says; may be wrong
    first_seen: datetime  # UTC; when we saw it first
    version: int = 1  # grows when title or lead is edited
    page: str = ""  # the text of its page, where that was read: for summaries only

    @property
    def text(self) -> str:
        """The summary, and the body where there is one, as one text."""
        return f"{self.summary}\n{self.body}" if self.body else self.summary

    @property
    def at(self) -> datetime:
        """When it happened for order: the feed's date, but never later than we saw it (UTC)."""
        return min(self.published, self.first_seen) if self.published else self.first_seen
