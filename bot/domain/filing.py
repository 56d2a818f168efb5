"""Filing: which story an article belongs to, decided once, when it arrives.

Owns the decision and its settings. A false merge is worse than a false split: it claims that two
newsrooms confirm one another. What an article says is weighed in `bot.domain.vectors`, what is
kept of the last days in `bot.domain.shelf`, how likely a match is in `bot.domain.judging`;
whether a story is closed, muted or posted is decided elsewhere.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log, sqrt
from sys import intern
from typing import Self

from bot.domain.articles import Article, ArticleId
from bot.domain.judging import Weights, compare
from bot.domain.lexicon import Background, Lexicon
from bot.domain.reprints import Print, print_of
from bot.domain.shelf import Kept, Shelf, dot
from bot.domain.stories import StoryId
from bot.domain.vectors import Vector, count_terms, weigh

_ROUGH = 8  # candidates whose cosine is computed
_CANDIDATES = 4  # that are judged
_TIES = 5  # terms that are told
_SURE = 99.0  # score of a reprint


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingSettings:
    """How filing works; one setting serves every language and feed."""

    weights: Weights = field(default_factory=Weights)
    window: timedelta = timedelta(days=7)  # a story without an article for so long is forgotten
    articles: int = 50_000  # kept at most; the oldest go first
    lead_weight: float = 0.5  # of the lead's first word, against 1 for a word of the title
    number_weight: float = 1.4
    virtual: float = 1_500.0  # articles that the background counts for
    fade: timedelta = timedelta(hours=96)  # a story so long silent seems 1/e as near
    short_title: timedelta = timedelta(hours=12)  # articles of under two terms link within it
    same_event: float = 0.7  # cosine from which two stories count as parts of one event
    lone_margin: float = 0.1  # of a story that no other comes near
    threshold: float = 0.0  # score from which an article joins; higher prefers splits


LATER = FilingSettings(
    window=timedelta(days=40),
    articles=20_000,
    fade=timedelta(days=365),  # its silence does not speak against a story that is taken up again
    lone_margin=0.3,
    threshold=1.0,
)
"""How a story that the window has forgotten is found again: only where it is hardly in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an article belongs, and why."""

    story: StoryId | None  # None: a new story
    score: float  # of the best candidate, or of the story joined; below 0 for a new story
    tied_by: tuple[str, ...] = ()  # the terms that tied it, heaviest first; at most 5
    reprint_of: ArticleId | None = None  # the earliest article of the same text
    runner_up: StoryId | None = None  # the next best candidate


class Window:
    """The stories of the last days, to file against: rebuilt by replaying `add`."""

    def __init__(
        self,
        lexicon: Lexicon,
        background: Background,
        settings: FilingSettings = FilingSettings(),
    ) -> None:
        """Begin empty."""
        self._lexicon = lexicon
        self._background = background
        self._settings = settings
        self._shelf = Shelf(settings.window, settings.articles, settings.fade)
        self._last: tuple[Article, Vector, tuple[str, ...], Print] | None = None

    def place(self, article: Article) -> Placement:
        """Decide which story an article belongs to; changes nothing that can be seen."""
        vector, _, text = self._read(article)
        twin = self._shelf.twin(text)
        if twin is not None:
            return Placement(
                story=self._shelf.story_of[twin.id],
                score=_SURE,
                tied_by=_ties(vector, twin.vector()),
                reprint_of=twin.origin,
            )
        judged = self._judged(article.at, vector)
        if not judged:
            return Placement(story=None, score=-_SURE)
        score, story, nearest = judged[0]
        if score < self._settings.threshold:
            return Placement(story=None, score=score, runner_up=story)
        return Placement(
            story=story,
            score=score,
            tied_by=_ties(vector, nearest.vector()),
            runner_up=judged[1][1] if len(judged) > 1 else None,
        )

    def add(self, article: Article, story: StoryId, reprint_of: ArticleId | None = None) -> None:
        """Record that an article is in a story; adding it again changes nothing."""
        if article.id in self._shelf.kept:
            return
        vector, terms, text = self._read(article)
        kept = Kept(
            id=article.id,
            at=article.at,
            terms=terms,
            weights=array("d", vector.weights.values()),
            print=text,
            origin=article.id if reprint_of is None else reprint_of,
        )
        self._shelf.add(kept, story)
        self._last = None

    def beside(self, settings: FilingSettings) -> Self:
        """Return an empty window of other settings, which reads articles alike."""
        return type(self)(self._lexicon, self._background, settings)

    def newest(self, story: StoryId) -> datetime | None:
        """Return the time of a story's latest article (UTC); None: it is not in the window."""
        shelved = self._shelf.stories.get(story)
        return None if shelved is None else shelved.newest

    def move(self, articles: Sequence[ArticleId], to: StoryId) -> None:
        """Put articles into another story, as an editor decided; unknown ones are passed over."""
        self._shelf.move(articles, to)

    def _read(self, article: Article) -> tuple[Vector, tuple[str, ...], Print]:
        last = self._last
        if last is not None and last[0] is article:  # `add` follows `place`
            return last[1], last[2], last[3]
        counted = count_terms(article, self._lexicon, self._background, self._settings.lead_weight)
        vector = weigh(counted, self._rarity, self._settings.number_weight)
        rest = (term for term in counted.counts if term not in vector.weights)
        terms = tuple(map(intern, (*vector.weights, *rest)))
        text = print_of(article)
        self._last = (article, vector, terms, text)
        return vector, terms, text

    def _rarity(self, term: str) -> float:
        virtual = self._settings.virtual
        known = virtual * self._background.shares.get(term, 0.0) + self._shelf.frequency[term]
        return log((virtual + len(self._shelf.kept) + 2.5) / (known + 0.5))

    def _judged(self, at: datetime, vector: Vector) -> list[tuple[float, StoryId, Kept]]:
        """Return the candidates with their scores, best first."""
        near = self._shelf.near(at, vector.weights, _ROUGH, _CANDIDATES)
        judged = []
        for rank, (cosine, story) in enumerate(near):
            rival = near[0][0] if rank else self._rival(near)
            nearest, features = compare(at, vector, self._shelf, story, cosine, cosine - rival)
            if not self._vetoed(at, vector, story, nearest):
                judged.append((self._settings.weights.score(features), story, nearest))
        judged.sort(key=lambda one: (-one[0], one[1]))
        return judged

    def _rival(self, near: Sequence[tuple[float, StoryId]]) -> float:
        """Return the cosine of the next story that is another event than the nearest is.

        A story that is nearly the same as the nearest is a part of the same event that was split
        off: it is no reason to split once more. Where there is no other, it is `lone_margin`
        below the nearest.
        """
        first = self._shelf.stories[near[0][1]]
        for cosine, id_ in near[1:]:
            story = self._shelf.stories[id_]
            product = dot(first.centroid, story.centroid)
            if product < self._settings.same_event * sqrt(first.square * story.square):
                return cosine
        return max(0.0, near[0][0] - self._settings.lone_margin)

    def _vetoed(self, at: datetime, vector: Vector, id_: StoryId, nearest: Kept) -> bool:
        """Tell whether too little is shared: two terms, or all where an article has fewer."""
        terms = len(vector.weights)
        silent = abs(at - self._shelf.stories[id_].newest)
        if terms < 2 and silent > self._settings.short_title:
            return True
        told = set(nearest.terms[: len(nearest.weights)])
        return len(told.intersection(vector.weights)) < min(2, terms)


def _ties(vector: Vector, other: Mapping[str, float]) -> tuple[str, ...]:
    """Return the terms that tie two articles most, heaviest first."""
    ties = [
        (-weight * other[term], term) for term, weight in vector.weights.items() if term in other
    ]
    return tuple(term for _, term in sorted(ties)[:_TIES])
