"""Filing: which story an article belongs to, decided once, when it arrives.

Owns the window of the last days' stories, the candidates and their score. A false merge is worse
than a false split: it claims that two newsrooms confirm one another. What an article says is
weighed in `bot.domain.vectors`; whether a story is closed, muted or posted is decided elsewhere.
"""

from array import array
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import islice
from math import exp, log, sqrt
from sys import intern
from typing import TypeVar

from bot.domain.articles import Article, ArticleId
from bot.domain.lexicon import Background, Lexicon
from bot.domain.reprints import Print, is_reprint, print_of
from bot.domain.stories import StoryId
from bot.domain.vectors import Vector, count_terms, weigh


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
    threshold: float = 0.0  # score from which an article joins; higher prefers splits


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an article belongs, and why."""

    story: StoryId | None  # None: a new story
    score: float  # of the best candidate, or of the story joined; below 0 for a new story
    tied_by: tuple[str, ...] = ()  # the terms that tied it, heaviest first; at most 5
    reprint_of: ArticleId | None = None  # the earliest article of the same text
    runner_up: StoryId | None = None  # the next best candidate


@dataclass(slots=True)
class _Story:
    centroid: dict[str, float]
    square: float  # of the centroid's length
    first: datetime
    newest: datetime
    articles: list[ArticleId]  # those still in the window, in order of arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    id: ArticleId
    at: datetime
    terms: tuple[str, ...]  # every term, those of the vector first; packed: 50,000 are kept
    weights: "array[float]"  # of the first terms
    print: Print
    origin: ArticleId  # the earliest article of the same text, perhaps itself

    def vector(self) -> dict[str, float]:
        """Return the vector's weights by term."""
        return dict(zip(self.terms, self.weights, strict=False))


_CANDIDATE_TERMS = 7
_LONG_POSTING = 120  # stories; a term in more is used only while fewer than 2 terms were
_POSTING_READ = 1_000  # stories of a posting that are looked at, the newest
_ROUGH = 8  # candidates whose cosine is computed
_CANDIDATES = 4
_KEPT = 4  # newest articles an article is compared with, beside the first
_CENTROID_TERMS = 300  # kept when a centroid has grown to twice that
_BUCKET = 8  # prints kept for one title or shingle
_TIE = 0.02  # product of two weights from which a shared term counts
_SURE = 99.0  # score of a reprint


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
        self._stories: dict[StoryId, _Story] = {}
        self._records: dict[ArticleId, _Record] = {}
        self._story_of: dict[ArticleId, StoryId] = {}
        self._queue: deque[ArticleId] = deque()
        self._postings: dict[str, dict[StoryId, float]] = {}
        self._frequency: Counter[str] = Counter()
        self._times: Counter[datetime] = Counter()
        self._titles: dict[str, list[ArticleId]] = {}
        self._sketches: dict[int, list[ArticleId]] = {}
        self._last: tuple[Article, Vector, tuple[str, ...], Print] | None = None

    def place(self, article: Article) -> Placement:
        """Decide which story an article belongs to; changes nothing that can be seen."""
        vector, _, text = self._read(article)
        twin = self._twin(text)
        if twin is not None:
            return Placement(
                story=self._story_of[twin.id],
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
        if article.id in self._records:
            return
        vector, terms, text = self._read(article)
        record = _Record(
            id=article.id,
            at=article.at,
            terms=terms,
            weights=array("d", vector.weights.values()),
            print=text,
            origin=article.id if reprint_of is None else reprint_of,
        )
        self._records[article.id] = record
        self._queue.append(article.id)
        self._frequency.update(terms)
        self._times[record.at] += 1
        if text.title_key:
            _remember(self._titles, text.title_key, article.id)
        for shingle in text.sketch:
            _remember(self._sketches, shingle, article.id)
        self._join(record, story)
        self._expire(article.at)

    def move(self, articles: Sequence[ArticleId], to: StoryId) -> None:
        """Put articles into another story, as an editor decided; unknown ones are passed over."""
        changed = {self._story_of[id_] for id_ in articles if id_ in self._story_of} | {to}
        for id_ in articles:
            if id_ in self._story_of:
                self._story_of[id_] = to
        for story in sorted(changed):
            members = [id_ for id_ in self._queue if self._story_of[id_] == story]
            self._forget(story)
            for id_ in members:
                self._join(self._records[id_], story)

    # -- reading an article

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
        known = virtual * self._background.shares.get(term, 0.0) + self._frequency[term]
        return log((virtual + len(self._records) + 2.5) / (min(known, virtual) + 0.5))

    # -- finding stories

    def _twin(self, text: Print) -> _Record | None:
        """Find the earliest article of the window that is the same text."""
        found: list[_Record] = []
        ids = list(self._titles.get(text.title_key, ()))
        for shingle in text.sketch:
            ids += self._sketches.get(shingle, ())
        for id_ in dict.fromkeys(ids):
            record = self._records.get(id_)
            if record is not None and is_reprint(text, record.print):
                found.append(record)
        return min(found, key=lambda record: (record.at, record.id)) if found else None

    def _judged(self, at: datetime, vector: Vector) -> list[tuple[float, StoryId, _Record]]:
        """Return the candidates with their scores, best first."""
        near = sorted(
            ((self._cosine(vector, story, at), story) for story in self._rough(at, vector)),
            key=lambda pair: (-pair[0], pair[1]),
        )[:_CANDIDATES]
        judged = []
        for rank, (cosine, story) in enumerate(near):
            rival = near[1 if rank == 0 else 0][0] if len(near) > 1 else cosine
            nearest, features = self._features(at, vector, story, cosine, cosine - rival)
            if not self._vetoed(at, vector, story, nearest):
                judged.append((self._settings.weights.score(features), story, nearest))
        judged.sort(key=lambda one: (-one[0], one[1]))
        return judged

    def _rough(self, at: datetime, vector: Vector) -> list[StoryId]:
        """Return the stories that share heavy terms with a vector, the nearest first."""
        sums: dict[StoryId, float] = {}
        used = 0
        for term, weight in vector.weights.items():
            posting = self._postings.get(term)
            if posting is None or (used >= 2 and len(posting) > _LONG_POSTING):
                continue
            for story in islice(reversed(posting), _POSTING_READ):
                sums[story] = sums.get(story, 0.0) + weight * posting[story]
            used += 1
            if used == _CANDIDATE_TERMS:
                break
        scored = (
            (total / sqrt(self._stories[story].square) * self._fading(at, story), story)
            for story, total in sums.items()
        )
        return [story for _, story in sorted(scored, key=lambda one: (-one[0], one[1]))[:_ROUGH]]

    def _fading(self, at: datetime, story: StoryId) -> float:
        return exp(-abs(at - self._stories[story].newest) / self._settings.fade)

    def _cosine(self, vector: Vector, id_: StoryId, at: datetime) -> float:
        story = self._stories[id_]
        product = _dot(vector.weights, story.centroid)
        return product / sqrt(story.square) * self._fading(at, id_)

    # -- judging a story

    def _features(
        self, at: datetime, vector: Vector, id_: StoryId, cosine: float, margin: float
    ) -> tuple[_Record, Features]:
        story = self._stories[id_]
        nearest = self._records[story.articles[0]]
        told = nearest.vector()
        best = _dot(vector.weights, told)
        for member in story.articles[max(1, len(story.articles) - _KEPT) :]:
            record = self._records[member]
            weights = record.vector()
            product = _dot(vector.weights, weights)
            if product > best:
                best, nearest, told = product, record, weights
        shared = 0
        one_name = 0.0
        for term, weight in vector.weights.items():
            tie = weight * told.get(term, 0.0)
            shared += tie > _TIE
            if term in vector.names and tie > one_name:
                one_name = tie
        names = words = known_names = known_words = 0.0
        for term, weight in vector.weights.items():
            known = weight * weight if term in story.centroid else 0.0
            if term in vector.names:
                names += weight * weight
                known_names += known
            else:
                words += weight * weight
                known_words += known
        hours = timedelta(hours=1)
        features = Features(
            cosine=cosine,
            margin=margin,
            best=best,
            shared=min(8, shared) / 8,
            known_names=known_names / names if names else 0.3,
            known_words=known_words / words if words else 0.3,
            one_name=one_name,
            size=log(len(story.articles)),
            gap=log(1 + abs(at - story.newest) / hours / 6),
            span=log(1 + abs(at - story.first) / hours / 24),
            crowd=self._times[at] / len(self._records),
        )
        return nearest, features

    def _vetoed(self, at: datetime, vector: Vector, id_: StoryId, nearest: _Record) -> bool:
        """Tell whether too little is shared: two terms, or all where an article has fewer."""
        terms = len(vector.weights)
        if terms < 2 and abs(at - self._stories[id_].newest) > self._settings.short_title:
            return True
        told = set(nearest.terms[: len(nearest.weights)])
        return len(told.intersection(vector.weights)) < min(2, terms)

    # -- keeping stories

    def _join(self, record: _Record, id_: StoryId) -> None:
        self._story_of[record.id] = id_
        story = self._stories.get(id_)
        if story is None:
            story = _Story({}, 0.0, record.at, record.at, [])
            self._stories[id_] = story
        story.articles.append(record.id)
        story.first = min(story.first, record.at)
        story.newest = max(story.newest, record.at)
        for term, weight in zip(record.terms, record.weights, strict=False):
            before = story.centroid.get(term, 0.0)
            story.centroid[term] = before + weight
            story.square += (2 * before + weight) * weight
            self._postings.setdefault(term, {})[id_] = before + weight
        if not story.square:
            story.square = 1.0
        if len(story.centroid) > 2 * _CENTROID_TERMS:
            self._trim(id_, story)

    def _trim(self, id_: StoryId, story: _Story) -> None:
        ranked = sorted(story.centroid.items(), key=lambda one: (-one[1], one[0]))
        for term, _ in ranked[_CENTROID_TERMS:]:
            self._unpost(term, id_)
        story.centroid = dict(ranked[:_CENTROID_TERMS])
        story.square = sum(weight * weight for weight in story.centroid.values())

    def _unpost(self, term: str, id_: StoryId) -> None:
        posting = self._postings[term]
        posting.pop(id_, None)
        if not posting:
            del self._postings[term]

    def _forget(self, id_: StoryId) -> None:
        story = self._stories.pop(id_, None)
        if story is not None:
            for term in story.centroid:
                self._unpost(term, id_)

    def _expire(self, now: datetime) -> None:
        """Let go the articles that are too old or too many, and the stories left without any."""
        while self._queue and (
            len(self._queue) > self._settings.articles
            or self._records[self._queue[0]].at < now - self._settings.window
        ):
            record = self._records.pop(self._queue.popleft())
            id_ = self._story_of.pop(record.id)
            story = self._stories[id_]
            story.articles.remove(record.id)
            if not story.articles:
                self._forget(id_)
            for term in record.terms:
                self._frequency[term] -= 1
                if not self._frequency[term]:
                    del self._frequency[term]
            self._times[record.at] -= 1
            if not self._times[record.at]:
                del self._times[record.at]
            if record.print.title_key:
                _drop(self._titles, record.print.title_key, record.id)
            for shingle in record.print.sketch:
                _drop(self._sketches, shingle, record.id)


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(weight * other.get(term, 0.0) for term, weight in one.items())


def _ties(vector: Vector, other: Mapping[str, float]) -> tuple[str, ...]:
    ties = [
        (weight * other[term], term) for term, weight in vector.weights.items() if term in other
    ]
    ties.sort(key=lambda tie: (-tie[0], tie[1]))
    return tuple(term for _, term in ties[:5])


_K = TypeVar("_K", str, int)


def _remember(buckets: dict[_K, list[ArticleId]], key: _K, id_: ArticleId) -> None:
    bucket = buckets.setdefault(key, [])
    bucket.append(id_)
    if len(bucket) > _BUCKET:
        del bucket[1]  # the first is the origin, the newest outlive it


def _drop(buckets: dict[_K, list[ArticleId]], key: _K, id_: ArticleId) -> None:
    bucket = buckets.get(key, [])
    if id_ in bucket:
        bucket.remove(id_)
        if not bucket:
            del buckets[key]
