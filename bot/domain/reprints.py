"""One text, many outlets: which articles reprint another, and how many outlets are independent.

Owns the comparison of two texts as text. Which story they belong to is `bot.domain.filing`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from bot.domain.articles import Article, ArticleId
from bot.domain.textforms import fold_marks
from bot.domain.vectors import LEAD_CHARACTERS, title_of

SHINGLE = 4  # words
SHINGLES = 200  # of a text that are kept, those with the smallest hashes
SKETCH = 6  # shingles by which a text is looked up
_WORD = re.compile(r"[^\W_]+")
_ENOUGH_SHINGLES = 12  # fewer are one sentence that two reporters may both quote
_SAME_TEXT = 0.7  # share of the shorter text's shingles that the other has, for a reprint
_OTHER_TEXT = 0.2  # below it two texts under one title are two texts
_ENOUGH_WORDS = 5  # of a title that alone says that two articles are one text
_SAME_TITLE = 0.8  # share of all words of two titles that both have


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What is kept of a text to know it again."""

    title: tuple[str, ...]  # the title's words in order, folded
    shingles: frozenset[int]  # hashes of runs of words of the whole text

    @property
    def sketch(self) -> tuple[int, ...]:
        """The shingles to look a text up by; none where the text is too short to tell."""
        if len(self.shingles) < _ENOUGH_SHINGLES:
            return ()
        return tuple(sorted(self.shingles)[:SKETCH])

    @property
    def title_key(self) -> str:
        """One string for equal titles; "" where the title is too short to tell texts apart."""
        return " ".join(self.title) if len(self.title) >= _ENOUGH_WORDS else ""


def print_of(article: Article) -> Print:
    """Take an article's print: time and size are bounded whatever its length."""
    title = tuple(_words(title_of(article)))
    text = _words(f"{article.summary[:LEAD_CHARACTERS]}\n{article.body[:LEAD_CHARACTERS]}")
    hashes = {
        int.from_bytes(blake2b(" ".join(run).encode(), digest_size=8).digest(), "big")
        for run in zip(*(text[start:] for start in range(SHINGLE)), strict=False)
    }
    return Print(title=title, shingles=frozenset(sorted(hashes)[:SHINGLES]))


def is_reprint(one: Print, other: Print) -> bool:
    """Tell whether two articles are one text, perhaps under another title or slightly edited.

    Their texts decide where both have enough; else their titles, which must then agree in at
    least four words of five.
    """
    if min(len(one.shingles), len(other.shingles)) >= _ENOUGH_SHINGLES:
        shared = len(one.shingles & other.shingles)
        share = shared / min(len(one.shingles), len(other.shingles))
        if share >= _SAME_TEXT:
            return True
        if share < _OTHER_TEXT:
            return False
    words, others = set(one.title), set(other.title)
    if min(len(words), len(others)) < _ENOUGH_WORDS:
        return False
    numbers = {word for word in words ^ others if word.isdigit()}
    return not numbers and len(words & others) >= _SAME_TITLE * len(words | others)


def independent(articles: Iterable[Article], reprints: Mapping[ArticleId, ArticleId]) -> int:
    """Count the outlets that report on their own: one for each text, and each site once.

    Args:
        articles: Of one story.
        reprints: By article, the article whose text it reprints.
    """
    groups: dict[str, str] = {}  # each site or text to one it is joined with

    def root(key: str) -> str:
        while groups.setdefault(key, key) != key:
            key = groups[key]
        return key

    known = list(articles)
    for article in known:
        text = article.id
        seen = {text}
        while (origin := reprints.get(text)) is not None and origin not in seen:
            text = origin
            seen.add(text)
        groups[root(f"site {article.site or article.outlet}")] = root(f"text {text}")
    return len({root(f"text {_origin(article.id, reprints)}") for article in known})


def _origin(text: ArticleId, reprints: Mapping[ArticleId, ArticleId]) -> ArticleId:
    seen = {text}
    while (origin := reprints.get(text)) is not None and origin not in seen:
        text = origin
        seen.add(text)
    return text


def _words(text: str) -> list[str]:
    return _WORD.findall(fold_marks(text).lower().replace("'s ", " ").replace("’s ", " "))
