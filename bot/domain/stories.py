"""Stories: the articles, from any number of feeds, that report one event.

Owns what a story is and says about itself. Which story an article belongs to is decided in
`bot.domain.filing`; which articles reprint one another, in `bot.domain.reprints`.
"""

import hashlib
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from bot.domain.articles import Article, ArticleId

StoryId = NewType("StoryId", str)
"""The short code that people see and type: `K7Q2`."""

QUIET_AFTER = timedelta(hours=72)
"""A story with no news for this long is closed (product.md, "What a channel sees")."""
REOPENS_WITHIN = timedelta(days=7)
"""Coverage of a closed story within this time reopens it; later coverage opens a new card."""

_CODE_LENGTH = 4
_LONGEST_CODE = 12
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to misread


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An article in a story."""

    article: Article
    reprint_of: ArticleId | None = None  # the member whose text this one prints again
    tied_by: tuple[str, ...] = ()  # the words that tied it to the story; empty for the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Articles, from any number of feeds, that report one event."""

    id: StoryId
    members: tuple[Member, ...]  # in order of arrival; never empty
    follows: StoryId | None = None  # the closed story that this one takes up again

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles in order of arrival."""
        return tuple(member.article for member in self.members)

    @property
    def first_at(self) -> datetime:
        """When the first article was published, as far as we know (UTC)."""
        return min(article.at for article in self.articles)

    @property
    def last_at(self) -> datetime:
        """When the newest article was first seen (UTC): what closing goes by."""
        return max(article.first_seen for article in self.articles)

    @property
    def outlets(self) -> tuple[str, ...]:
        """The outlets' names in order of arrival, each once."""
        return tuple(dict.fromkeys(article.outlet for article in self.articles))

    @property
    def langs(self) -> tuple[str, ...]:
        """The languages of the coverage in order of arrival, each once; unknown ones left out."""
        return tuple(dict.fromkeys(article.lang for article in self.articles if article.lang))

    @property
    def independent(self) -> int:
        """How many outlets do not merely reprint a text of the story: at least 1."""
        own = {m.article.site or m.article.outlet for m in self.members if m.reprint_of is None}
        return max(1, len(own))

    @property
    def lead(self) -> Article:
        """The article whose headline the story carries: the first that is not a reprint."""
        own = [member.article for member in self.members if member.reprint_of is None]
        return own[0] if own else self.members[0].article

    @property
    def headline(self) -> str:
        """The story's name for people, one line; never empty."""
        return self.lead.title or self.lead.url or f"Story {self.id}"

    def closed(self, now: datetime) -> bool:
        """Say whether the story has had no news for `QUIET_AFTER` (`now` in UTC)."""
        return now - self.last_at >= QUIET_AFTER


def story_codes(seed: str) -> tuple[StoryId, ...]:
    """Return the codes that a story may have, shortest first: 4 to 12 characters.

    Args:
        seed: What the story began with: its first article's URL, or its title where it has none.
    """
    digest = int.from_bytes(hashlib.sha256(seed.encode("utf-8", "replace")).digest(), "big")
    digits = []
    for _ in range(_LONGEST_CODE):
        digest, digit = divmod(digest, 32)
        digits.append(_ALPHABET[digit])
    code = "".join(digits)
    return tuple(StoryId(code[:length]) for length in range(_CODE_LENGTH, _LONGEST_CODE + 1))


def story_code(seed: str, taken: Container[str] = frozenset()) -> StoryId:
    """Return the shortest of a seed's codes that is not taken; the longest, if all are."""
    codes = story_codes(seed)
    return next((code for code in codes if code not in taken), codes[-1])
