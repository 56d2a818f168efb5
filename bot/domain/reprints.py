"""One text, many outlets: which articles reprint another, and how many outlets are independent.

Owns the comparison of two texts as text. Which story they belong to is `bot.domain.filing`.
"""

import re
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from sys import intern

from bot.domain.articles import Article, ArticleId
from bot.domain.textforms import fold_marks
from bot.domain.vectors import NO_SPACES, title_and_lead

SHINGLE = 4  # words
LEAD_WORDS = 80  # of the text that are compared: who reprints it, prints its beginning
SKETCH = 6  # shingles by which a text is looked up
_WORD = re.compile(rf"[{NO_SPACES}]|[^\W_{NO_SPACES}]+")  # a character counts as a word there
_INITIALS = re.compile(r"\b(\w)\.(?=\w\b)")  # "U.S." is "US"
_GENITIVE = re.compile(r"['’]s\b")
_ENOUGH_SHINGLES = 12  # fewer are one sentence that two reporters may both quote
_SAME_TEXT = 0.7  # share of the shorter text's shingles that the other has, for a reprint
_OTHER_TEXT = 0.2  # below it two texts under one title are two texts
_ENOUGH_WORDS = 5  # of a title that alone says that two articles are one text


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What is kept of a text to know it again."""

    title: tuple[str, ...]  # the title's words in order, folded
    shingles: "array[int]"  # hashes of runs of words of the text, ascending, none twice

    @property
    def sketch(self) -> tuple[int, ...]:
        """The shingles to look a text up by; none where the text is too short to tell."""
        return tuple(self.shingles[:SKETCH]) if len(self.shingles) >= _ENOUGH_SHINGLES else ()

    @property
    def title_key(self) -> str:
        """One string for equal titles; "" where the title is too short to tell texts apart."""
        return " ".join(self.title) if len(self.title) >= _ENOUGH_WORDS else ""


def print_of(article: Article) -> Print:
    """Take an article's print: time and size are bounded whatever its length."""
    title, lead = title_and_lead(article)
    text = _words(lead)[:LEAD_WORDS]
    hashes = {
        int.from_bytes(blake2b(" ".join(run).encode(), digest_size=4).digest(), "big")
        for run in zip(*(text[start:] for start in range(SHINGLE)), strict=False)
    }
    return Print(title=tuple(map(intern, _words(title))), shingles=array("I", sorted(hashes)))


def is_reprint(one: Print, other: Print) -> bool:
    """Tell whether two articles are one text, perhaps under another title or slightly edited.

    Their texts decide where both have enough; else their titles, which must then be equal.
    """
    if min(len(one.shingles), len(other.shingles)) >= _ENOUGH_SHINGLES:
        shared = len(set(one.shingles).intersection(other.shingles))
        share = shared / min(len(one.shingles), len(other.shingles))
        if share >= _SAME_TEXT:
            return True
        if share < _OTHER_TEXT:
            return False
    return bool(one.title_key) and one.title_key == other.title_key


def independent(articles: Iterable[Article], reprints: Mapping[ArticleId, ArticleId]) -> int:
    """Count the outlets that report on their own: one for each text, and each site once.

    Args:
        articles: Of one story.
        reprints: By article, the article whose text it reprints.
    """
    joined: dict[str, str] = {}  # each site and text to one that it is joined with

    def root(key: str) -> str:
        while (above := joined.setdefault(key, key)) != key:
            key = above
        return key

    texts = []
    for article in articles:
        texts.append(f"text {_origin(article.id, reprints)}")
        joined[root(f"site {article.site or article.outlet}")] = root(texts[-1])
    return len({root(text) for text in texts})


def _origin(text: ArticleId, reprints: Mapping[ArticleId, ArticleId]) -> ArticleId:
    seen = {text}
    while (origin := reprints.get(text)) is not None and origin not in seen:
        text = origin
        seen.add(text)
    return text


def _words(text: str) -> list[str]:
    text = _GENITIVE.sub("", _INITIALS.sub(r"\1", text))
    return _WORD.findall(fold_marks(text).lower())
