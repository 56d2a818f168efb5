"""The shelf of the last days' articles and stories, by id, by term, by title and by text.

Owns what is kept, how it is looked up, and what is let go when it is too old or too much.
Decides nothing about what belongs together: that is `bot.domain.filing`.
"""

from array import array
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import exp, sqrt
from typing import TypeVar

from bot.domain.articles import ArticleId
from bot.domain.reprints import Print, is_reprint
from bot.domain.stories import StoryId

_TERMS = 7  # of an article that are looked up, the heaviest
_LONG_POSTING = 120  # stories; a term in more is used only while fewer than 2 terms were
_POSTING_READ = 1_000  # stories of a posting that are looked at, the newest
_CENTROID_TERMS = 300  # kept when a centroid has grown to twice that
_BUCKET = 8  # articles kept for one title or shingle


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of an article: packed, since there are 50,000."""

    id: ArticleId
    at: datetime  # UTC
    terms: tuple[str, ...]  # all of them, those of the vector first
    weights: "array[float]"  # of the vector's terms
    print: Print
    origin: ArticleId  # the earliest article of the same text, perhaps itself

    def vector(self) -> dict[str, float]:
        """Return the vector's weights by term."""
        return dict(zip(self.terms, self.weights, strict=False))


@dataclass(slots=True, kw_only=True)
class Shelved:
    """What is kept of a story."""

    first: datetime  # UTC, as `newest`: the times of the earliest and the latest article
    newest: datetime
    articles: list[ArticleId]  # those on the shelf, in order of arrival
    centroid: dict[str, float]  # the sum of its articles' vectors
    square: float = 0.0  # of the centroid's length


class Shelf:
    """The articles of the last days, and their stories."""

    def __init__(self, window: timedelta, articles: int, fade: timedelta) -> None:
        """Begin empty.

        Args:
            window: How long an article is kept.
            articles: How many are kept at most.
            fade: After so long without an article a story seems 1/e as near.
        """
        self._window = window
        self._most = articles
        self._fade = fade
        self.stories: dict[StoryId, Shelved] = {}
        self.kept: dict[ArticleId, Kept] = {}
        self.story_of: dict[ArticleId, StoryId] = {}
        self.times: Counter[datetime] = Counter()
        self.frequency: Counter[str] = Counter()  # articles by term
        self._queue: deque[ArticleId] = deque()
        self._postings: dict[str, dict[StoryId, float]] = {}
        self._titles: dict[str, list[ArticleId]] = {}
        self._sketches: dict[int, list[ArticleId]] = {}

    def add(self, kept: Kept, story: StoryId) -> None:
        """Put an article that is not there yet into a story, and let go what is too old."""
        self.kept[kept.id] = kept
        self._queue.append(kept.id)
        self.frequency.update(kept.terms)
        self.times[kept.at] += 1
        if kept.print.title_key:
            _remember(self._titles, kept.print.title_key, kept.id)
        for shingle in kept.print.sketch:
            _remember(self._sketches, shingle, kept.id)
        self._join(kept, story)
        self._expire(kept.at)

    def move(self, articles: Iterable[ArticleId], to: StoryId) -> None:
        """Put articles into another story; those that are not on the shelf are passed over."""
        moved = [id_ for id_ in articles if id_ in self.story_of]
        changed = {self.story_of[id_] for id_ in moved} | {to}
        self.story_of.update(dict.fromkeys(moved, to))
        for story in sorted(changed):
            members = [id_ for id_ in self._queue if self.story_of[id_] == story]
            self._forget(story)
            for id_ in members:
                self._join(self.kept[id_], story)

    def twin(self, text: Print) -> Kept | None:
        """Find the earliest article that is the same text."""
        ids = list(self._titles.get(text.title_key, ()))
        for shingle in text.sketch:
            ids += self._sketches.get(shingle, ())
        found = [
            kept for kept in map(self.kept.__getitem__, set(ids)) if is_reprint(text, kept.print)
        ]
        return min(found, key=lambda kept: (kept.at, kept.id), default=None)

    def near(
        self, at: datetime, weights: Mapping[str, float], rough: int, most: int
    ) -> list[tuple[float, StoryId]]:
        """Return the nearest stories, by cosine with their middle, faded by their silence.

        Args:
            at: When the article happened, UTC.
            weights: Its vector, heaviest first.
            rough: How many stories that share heavy terms are measured in full.
            most: How many are returned; equals are in the order of their ids.
        """
        sums: dict[StoryId, float] = {}
        used = 0
        for term, weight in weights.items():
            posting = self._postings.get(term)
            if posting is None or (used > 1 and len(posting) > _LONG_POSTING):
                continue
            for story in islice(reversed(posting), _POSTING_READ):
                sums[story] = sums.get(story, 0.0) + weight * posting[story]
            used += 1
            if used == _TERMS:
                break
        scored = [(-self._faded(total, story, at), story) for story, total in sums.items()]
        measured = [
            (-self._faded(dot(weights, self.stories[story].centroid), story, at), story)
            for _, story in sorted(scored)[:rough]
        ]
        return [(-cosine, story) for cosine, story in sorted(measured)[:most]]

    def _faded(self, product: float, id_: StoryId, at: datetime) -> float:
        story = self.stories[id_]
        return product / sqrt(story.square) * exp(-abs(at - story.newest) / self._fade)

    def _join(self, kept: Kept, id_: StoryId) -> None:
        self.story_of[kept.id] = id_
        story = self.stories.get(id_)
        if story is None:
            story = Shelved(first=kept.at, newest=kept.at, articles=[], centroid={})
            self.stories[id_] = story
        story.articles.append(kept.id)
        story.first = min(story.first, kept.at)
        story.newest = max(story.newest, kept.at)
        for term, weight in zip(kept.terms, kept.weights, strict=False):
            before = story.centroid.get(term, 0.0)
            story.centroid[term] = before + weight
            story.square += (2 * before + weight) * weight
            self._postings.setdefault(term, {})[id_] = before + weight
        if len(story.centroid) > 2 * _CENTROID_TERMS:
            self._trim(id_, story)

    def _trim(self, id_: StoryId, story: Shelved) -> None:
        ranked = sorted(story.centroid.items(), key=lambda one: (-one[1], one[0]))
        for term, _ in ranked[_CENTROID_TERMS:]:
            self._unpost(term, id_)
        story.centroid = dict(ranked[:_CENTROID_TERMS])
        story.square = sum(weight * weight for weight in story.centroid.values())

    def _unpost(self, term: str, id_: StoryId) -> None:
        posting = self._postings[term]
        del posting[id_]
        if not posting:
            del self._postings[term]

    def _forget(self, id_: StoryId) -> None:
        story = self.stories.pop(id_, None)
        for term in story.centroid if story else ():
            self._unpost(term, id_)

    def _expire(self, now: datetime) -> None:
        """Let go the articles that are too old or too many, and the stories left without any."""
        while len(self._queue) > self._most or self.kept[self._queue[0]].at < now - self._window:
            kept = self.kept.pop(self._queue.popleft())
            id_ = self.story_of.pop(kept.id)
            story = self.stories[id_]
            story.articles.remove(kept.id)
            if not story.articles:
                self._forget(id_)
            _decrease(self.frequency, kept.terms)
            _decrease(self.times, (kept.at,))
            _drop(self._titles, kept.print.title_key, kept.id)
            for shingle in kept.print.sketch:
                _drop(self._sketches, shingle, kept.id)


def dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the product of two vectors."""
    return sum(weight * other.get(term, 0.0) for term, weight in one.items())


_K = TypeVar("_K", str, int)
_C = TypeVar("_C", str, datetime)


def _decrease(counts: Counter[_C], keys: Iterable[_C]) -> None:
    for key in keys:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]


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
