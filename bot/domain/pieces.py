"""Sentences of a story's articles, made comparable: stems, pairs, names, numbers.

Owns what is read of an article for a summary, and how much. Which pieces are worth showing is
decided in `bot.domain.ranking`, which articles support a piece in `bot.domain.citations`.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.domain.articles import Article, ArticleId
from bot.domain.numbers import is_year, key_of, value_of
from bot.domain.sentences import (
    MAX_SENTENCE,
    UNSPACED,
    cut_off,
    headline,
    is_junk,
    split,
    strip_dateline,
    word_count,
)
from bot.domain.stopwords import STOP_WORDS, language_of
from bot.domain.textforms import fold_marks

READ = 24_000  # characters of one article that are read at most
_CHARACTERS = 240  # characters read for each sentence kept, where there are many articles
ELSEWHERE = -1  # the place of no article
_STEM = 6  # letters: measured as good as Snowball for choosing sentences
WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A sentence, or a title, with what is compared of it."""

    text: str
    article: int  # its article's place in the sequence that was read
    place: int  # its number among the article's sentences, from 0; -1 for a title
    words: int  # for length: space-separated words, or half the characters of unspaced script
    stems: Counter[str]  # content stems and numbers, with how often each occurs
    pairs: frozenset[tuple[str, str]]  # adjacent content stems
    names: frozenset[str]  # stems of capitalised words, but for a sentence's first
    numbers: frozenset[str]  # as `numbers.key_of`, years left out
    first: str  # the stem of a capitalised first word, "" if it is none: a name or not

    def likeness(self, other: "Piece") -> float:
        """Return the cosine of the two sets of stems, from 0 to 1."""
        if not self.stems or not other.stems:
            return 0.0
        common = len(self.stems.keys() & other.stems.keys())
        return common / math.sqrt(len(self.stems) * len(other.stems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of one article."""

    id: ArticleId
    site: str
    lang: str  # "" when unknown
    opinion: bool  # it says of itself that it is comment, not news
    title: Piece
    pieces: tuple[Piece, ...]  # in text order; only the title, where there is no usable text

    def moved_to(self, article: int) -> "Reading":
        """Return the same reading at another place of its sequence."""
        if self.title.article == article:
            return self
        return replace(
            self,
            title=replace(self.title, article=article),
            pieces=tuple(replace(one, article=article) for one in self.pieces),
        )


def piece(text: str, *, lang: str = "en", article: int = 0, place: int = 0) -> Piece:
    """Read one sentence.

    Args:
        text: A sentence or a title, with single spaces.
        lang: Whose function words are left out; English ones where the language has no list.
        article: The place of its article.
        place: Its place in the article; -1 for a title.
    """
    stop = STOP_WORDS.get(lang, STOP_WORDS["en"])
    stems: list[str] = []
    names: set[str] = set()
    numbers: set[str] = set()
    first = ""
    for count, token in enumerate(WORD.findall(fold_marks(text))):
        low = token.lower()
        value = value_of(low)
        if value is not None:
            stems.append(key_of(value))
            if not is_year(value, token):
                numbers.add(key_of(value))
        elif UNSPACED.match(token):
            stems.extend(token[at : at + 2] for at in range(max(1, len(token) - 1)))
        elif len(low) > 1 and low not in stop:
            stems.append(low[:_STEM])
            if token[0].isupper() and (count or token[1].isupper()):
                names.add(low[:_STEM])
            elif token[0].isupper():
                first = low[:_STEM]
    return Piece(
        text=text,
        article=article,
        place=place,
        words=word_count(text),
        stems=Counter(stems),
        pairs=frozenset(pairwise(stems)),
        names=frozenset(names),
        numbers=frozenset(numbers),
        first=first,
    )


def piece_of(text: str) -> Piece:
    """Read a sentence that stands alone, as a reader was shown it: in its own language."""
    line = " ".join(text[:MAX_SENTENCE].split())
    lang = language_of(WORD.findall(fold_marks(line.lower())))
    return piece(line, lang=lang, article=ELSEWHERE)


def read(articles: Sequence[Article]) -> tuple[Reading, ...]:
    """Read each article as far as a summary of so many articles needs.

    Args:
        articles: Of one story; at most some forty, or it takes long.
    """
    limit = _sentences_each(len(articles))
    readings = [_reading(number, article, limit) for number, article in enumerate(articles)]
    names = frozenset().union(*(one.names for each in readings for one in each.pieces))
    return tuple(_with_first_names(reading, names) for reading in readings)


def _sentences_each(articles: int) -> int:
    """Return how many sentences of each article are kept: the more articles, the fewer."""
    if articles <= 1:
        return 80
    if articles == 2:
        return 25
    return min(14, max(6, 80 // articles))


def _reading(number: int, article: Article, limit: int) -> Reading:
    """Read one article."""
    text, whole = _text(article, READ if limit > 14 else _CHARACTERS * limit)
    title = headline(article.title, article.outlet)
    lang = article.lang or language_of(WORD.findall(fold_marks(f"{title} {text[:600]}".lower())))
    kept = [
        piece(sentence, lang=lang, article=number, place=place)
        for place, sentence in enumerate(_sentences(text, lang, limit, whole=whole))
    ]
    as_title = piece(title, lang=lang, article=number, place=-1)
    if not kept and title:
        kept = [replace(as_title, place=0)]
    return Reading(
        id=article.id,
        site=article.site or article.outlet,
        lang=lang,
        opinion=is_opinion(article),
        title=as_title,
        pieces=tuple(kept),
    )


def _text(article: Article, size: int) -> tuple[str, bool]:
    """Return the start of an article, and whether that is all of it.

    The summary is left out where the body begins with it, as it does in most feeds that have both.
    """
    whole = article.page or article.body
    body = whole[:size]
    lead = article.summary[:size]
    probe = " ".join(lead[:400].rstrip(" .…[]").split())[:120]
    if body and (not probe or probe in " ".join(body[:1000].split())):
        return body, len(whole) <= size
    text = f"{lead}\n\n{body}"
    return text[:size], len(article.summary) <= size and len(text) <= size


def _sentences(text: str, lang: str, limit: int, *, whole: bool) -> list[str]:
    """Return the first usable sentences, each once."""
    raws = split(text, lang)
    if not whole:
        raws.pop()  # it may be cut in the middle
    kept: dict[str, None] = {}
    for number, raw in enumerate(raws):
        sentence = strip_dateline(raw) if number < 4 else raw
        if not cut_off(sentence) and not is_junk(sentence):
            kept.setdefault(sentence)
        if len(kept) == limit:
            break
    return list(kept)


def _with_first_names(reading: Reading, names: frozenset[str]) -> Reading:
    """A sentence's first word is a name if it is one in the middle of another sentence."""
    if not any(one.first in names for one in reading.pieces):
        return reading
    return replace(
        reading,
        pieces=tuple(
            replace(one, names=one.names | {one.first}) if one.first in names else one
            for one in reading.pieces
        ),
    )


_OPINION_URL = re.compile(
    r"/(?:opinions?|op-?ed|comment(?:isfree|ary)?|editorials?|columnists?|columnas?|columna|blogs?|"
    r"tribunas?|letters|opiniao|debats?|meinung|kommentare?|opinioni|viewpoints?)(?:/|$)",
    re.IGNORECASE,
)
_OPINION_TITLE = re.compile(
    r"(?:opinion|opinión|opinião|comment|commentary|editorial|op-ed|column|columna|letters?|meinung|"
    r"kommentar|tribune|analysis|análisis)\b\s*[:|]|.{10,200}[|-]\s*(?:opinion|opinión|editorial)\b",
    re.IGNORECASE,
)


def is_opinion(article: Article) -> bool:
    """Whether the article says, in its address, title or tags, that it is comment."""
    return bool(
        _OPINION_URL.search(article.url[:500])
        or _OPINION_TITLE.match(article.title[:300])
        or any(
            fold_marks(tag.lower()) in {"opinion", "editorial", "commentary", "op-ed"}
            for tag in article.tags
        )
    )
