"""How likely it is that an article and a story report one event: the features and their weights.

Owns the score. Which stories are looked at, and what follows, is `bot.domain.filing`.
"""

from collections.abc import Set
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from math import log

from bot.domain.shelf import Kept, Shelf, dot
from bot.domain.stories import StoryId
from bot.domain.vectors import Vector

_COMPARED = 4  # newest articles an article is compared with, beside the first
_TIE = 0.02  # product of two weights from which a shared term counts
_ENOUGH_TIES = 8
_UNKNOWN = 0.3  # share of names (or words) known, for an article without any
_FEW = 3  # articles: in a window of fewer, equal times are chance
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What speaks for and against an article's belonging to a story."""

    one: float = 1.0  # always 1: its weight is the threshold
    cosine: float  # with the story's middle, less the longer ago its newest article is; [0, 1]
    margin: float  # how much nearer than the next story; negative for all but the nearest
    best: float  # cosine with the most similar of the kept articles; [0, 1]
    shared: float  # terms that tie it to that article, of 8; [0, 1]
    known_names: float  # share of the article's weight in names that the story knows; [0, 1]
    known_words: float  # the same of all other terms
    one_name: float  # how much a single shared name ties the two
    size: float  # logarithm of the number of articles
    gap: float  # logarithm of the time since the newest article
    span: float  # logarithm of the time since the first article
    crowd: float  # share of the window's articles with this very time: time says nothing; [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each feature adds to a score; the names are those of `Features`.

    Fitted by logistic regression on labelled stories, then made .4 stricter: a false merge is
    worse than a false split. `best` and `one_name` correct `cosine`, so their signs mean little.
    """

    one: float = -2.06
    cosine: float = 2.21
    margin: float = 13.68
    best: float = -1.89
    shared: float = 3.51
    known_names: float = 1.47
    known_words: float = 1.09
    one_name: float = -2.98
    size: float = -0.13
    gap: float = -0.64
    span: float = -1.08
    crowd: float = -2.03

    def score(self, features: Features) -> float:
        """Return the logarithm of the odds that they belong together; 0 is even."""
        total = 0.0
        for name in _FEATURES:
            total += getattr(self, name) * getattr(features, name)
        return total


_FEATURES = tuple(feature.name for feature in fields(Features))


def compare(
    at: datetime, vector: Vector, shelf: Shelf, id_: StoryId, cosine: float, margin: float
) -> tuple[Kept, Features]:
    """Compare an article with a story; return its most similar article too.

    Args:
        at: When the article happened, UTC.
        vector: What it says.
        shelf: Where the story is.
        id_: The story; it has an article.
        cosine: With the story's middle, faded.
        margin: How much nearer this is than the next story.
    """
    story = shelf.stories[id_]
    nearest = shelf.kept[story.articles[0]]
    told = nearest.vector()
    best = dot(vector.weights, told)
    for member in story.articles[max(1, len(story.articles) - _COMPARED) :]:
        kept = shelf.kept[member]
        weights = kept.vector()
        product = dot(vector.weights, weights)
        if product > best:
            best, nearest, told = product, kept, weights
    ties = {term: weight * told.get(term, 0.0) for term, weight in vector.weights.items()}
    words = vector.weights.keys() - vector.names
    return nearest, Features(
        cosine=cosine,
        margin=margin,
        best=best,
        shared=min(_ENOUGH_TIES, sum(tie > _TIE for tie in ties.values())) / _ENOUGH_TIES,
        known_names=_known(vector, vector.names, story.centroid.keys()),
        known_words=_known(vector, words, story.centroid.keys()),
        one_name=max((ties[term] for term in vector.names), default=0.0),
        size=log(len(story.articles)),
        gap=log(1 + abs(at - story.newest) / _HOUR / 6),
        span=log(1 + abs(at - story.first) / _HOUR / 24),
        crowd=shelf.times[at] / (len(shelf.kept) + _FEW),
    )


def _known(vector: Vector, terms: Set[str], known: Set[str]) -> float:
    """Return the share of an article's weight in some terms that a story knows."""
    squares = {term: vector.weights[term] ** 2 for term in sorted(terms)}  # sorted: same sum always
    whole = sum(squares.values())
    if not whole:
        return _UNKNOWN
    return sum(square for term, square in squares.items() if term in known) / whole
