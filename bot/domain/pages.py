"""Article pages: what is read of them, and for which articles that is worth asking an outlet.

How a page is asked for and read is the adapter's business; so is what a site allows.
"""

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.articles import ArticleId

ENOUGH = 1_500
"""Characters of text in a feed from which its articles' pages are not asked for."""
LONGEST = 20_000
"""Characters that are kept of a page's text."""
YOUNG = timedelta(hours=1)
"""How long after the match an article's page is still asked for."""


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
