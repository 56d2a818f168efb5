"""Which sentences of a story to show: a linear score, chosen greedily under a budget.

Owns the features, their weights and the choice. The score estimates what share of a sentence's
words an editor would have written too, given the sentences already chosen; so a card stops adding
when that share falls below a fixed one. The weights were fitted by ridge regression on the
training parts of public sets of news with editors' summaries; `benchmarks/summaries.py` measures
them on the validation parts. No weight depends on a language.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.pieces import Piece, Reading
from bot.domain.style import has_quote, penalty

Key = TypeVar("Key", str, tuple[str, str])  # a stem, or a pair of adjacent ones

_ALIKE = 0.65  # cosine at which two sentences say the same
_WITHIN = 0.5  # share of the shorter of two outlets' sentences that the other has, for the same
_OPINION = 0.15  # what a sentence loses for standing in a piece of comment
_NEXT = 0.05  # what it gains for following a chosen one in the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much a summary may hold."""

    sentences: int  # at most
    words: int  # at most, but for a first sentence that is longer
    least: int = 1  # sentences wanted even if they add little
    stops: bool = False  # stop when the best that is left adds too little
    overrun: float = 0.0  # share of a sentence that may go beyond `words`


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One set of fitted weights: what each feature adds to the score."""

    bias: float
    centroid: float
    doccent: float
    cov: float
    density: float
    shared: float
    loglen: float
    long: float
    quote: float
    lextf: float
    title: float
    doclen: float
    newpairs: float
    newstems: float
    order: float  # what each place after the most central article costs, up to the third
    style: float  # how much `style.penalty` counts
    stop: float  # the score below which a card is full


THIN = Weights(  # several articles of a few sentences each: feeds that carry leads only
    bias=-0.202, centroid=0.028, doccent=0.313, cov=-0.190, density=-0.076, shared=0.297,
    loglen=0.022, long=-0.074, quote=-0.001, lextf=0.105, title=0.735, doclen=0.049,
    newpairs=0.273, newstems=0.353, order=0.0, style=1.0, stop=0.33,
)  # fmt: skip
FULL = Weights(  # several articles with their text
    bias=0.198, centroid=0.234, doccent=0.227, cov=-0.067, density=-0.325, shared=0.147,
    loglen=-0.048, long=-0.064, quote=0.076, lextf=0.105, title=0.4, doclen=0.002,
    newpairs=0.066, newstems=0.179, order=0.05, style=0.5, stop=0.30,
)  # fmt: skip
SINGLE = Weights(  # one article
    bias=-0.431, centroid=0.370, doccent=0.0, cov=0.036, density=-0.499, shared=0.0,
    loglen=-0.147, long=-0.085, quote=-0.007, lextf=1.683, title=0.201, doclen=0.190,
    newpairs=-0.260, newstems=0.325, order=0.0, style=0.5, stop=0.30,
)  # fmt: skip


def weights_for(readings: Sequence[Reading]) -> Weights:
    """Return the weights for so many articles of such a length."""
    if len(readings) == 1:
        return SINGLE
    kept = sum(len(reading.pieces) for reading in readings)
    return THIN if kept <= 5 * len(readings) else FULL


def centrality(vectors: Sequence[Counter[str]]) -> list[float]:
    """Return, for each text, its mean cosine with the other texts; 0 for one alone.

    Args:
        vectors: How often each stem occurs in each text.
    """
    if len(vectors) < 2:
        return [0.0] * len(vectors)
    units = [_unit({stem: 1 + math.log(n) for stem, n in one.items()}) for one in vectors]
    total = _sum(units)
    return [
        sum(share * (total[stem] - share) for stem, share in unit.items()) / (len(units) - 1)
        for unit in units
    ]


def _unit(vector: dict[str, float]) -> dict[str, float]:
    """Scale a vector to length 1; an empty one stays empty."""
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {key: value / length for key, value in vector.items()}


class Ranking:
    """The pieces of a story with all that does not depend on what is chosen."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        """Measure every piece of `readings`; the most central article comes first."""
        self.weights = weights_for(readings)
        self.pieces = [piece for reading in readings for piece in reading.pieces]
        self._readings = readings
        self._stem_mass, spread = _stem_mass(readings)
        self._pair_mass = _pair_mass(readings)
        self._base = self._static_scores(spread)

    def choose(
        self,
        budget: Budget,
        candidates: Iterable[int] | None = None,
        known: Sequence[Piece] = (),
        allows: Callable[[Piece, float], float | None] | None = None,
    ) -> list[Piece]:
        """Return the best pieces in the order of choice.

        Args:
            budget: How many.
            candidates: Indices into `pieces` that may be chosen; all when None.
            known: What the reader has read already: covered, and not said again, unless
                `allows` is there to decide that.
            allows: Given a piece and the share of its stems' mass that is new, what to add to its
                score, or None to refuse it.
        """
        left = list(range(len(self.pieces)) if candidates is None else candidates)
        stems = {stem for one in known for stem in one.stems}
        pairs = {pair for one in known for pair in one.pairs}
        if allows is None:
            left = [at for at in left if not any(same(self.pieces[at], one) for one in known)]
        chosen: list[Piece] = []
        total = 0
        while left and len(chosen) < budget.sentences:
            scored: list[tuple[float, int]] = []
            for at in left:
                piece = self.pieces[at]
                if chosen and total + piece.words * (1 - budget.overrun) > budget.words:
                    continue
                score, fresh = self._score(at, stems, pairs, chosen)
                extra = 0.0 if allows is None else allows(piece, fresh)
                if extra is not None:
                    scored.append((score + extra, -at))
            if not scored:
                break
            if not chosen:
                scored = [one for one in scored if self._fits(-one[1], budget)] or scored
            best, negative = max(scored)
            if budget.stops and len(chosen) >= budget.least and best < self.weights.stop:
                break
            piece = self.pieces[-negative]
            chosen.append(piece)
            total += piece.words
            stems |= piece.stems.keys()
            pairs |= piece.pairs
            left = [at for at in left if not same(self.pieces[at], piece)]
        return chosen

    def _fits(self, at: int, budget: Budget) -> bool:
        """Whether a piece alone is within the budget."""
        return self.pieces[at].words <= budget.words

    def _score(
        self, at: int, stems: set[str], pairs: set[tuple[str, str]], chosen: Sequence[Piece]
    ) -> tuple[float, float]:
        """Return the score of a piece, and what share of its stems' mass is new."""
        base, cov = self._base[at]
        piece = self.pieces[at]
        fresh = _fresh(piece.stems, self._stem_mass, stems)
        pairs_fresh = _fresh(piece.pairs, self._pair_mass, pairs)
        score = base + self.weights.newpairs * cov * pairs_fresh + self.weights.newstems * fresh
        follows = any(
            one.article == piece.article and one.place == piece.place - 1 for one in chosen
        )
        return score + _NEXT * follows, fresh

    def _static_scores(self, spread: Counter[str]) -> list[tuple[float, float]]:
        """Return, for each piece, the part of its score that no choice changes, and its covB."""
        w = self.weights
        several = len(self._readings) > 1
        bags = [_bag(reading) for reading in self._readings]
        central = centrality(bags)
        titles = _title_shares(self._readings)
        units = [_unit({key: float(n) for key, n in one.stems.items()}) for one in self.pieces]
        total = _sum(units)
        lex = [sum(v * total[k] for k, v in unit.items()) - bool(unit) for unit in units]
        near = [
            sum(self._stem_mass[stem] for stem in one.stems) / math.sqrt(len(one.stems) or 1)
            for one in self.pieces
        ]
        cov = [
            sum(self._pair_mass[pair] for pair in one.pairs) / max(one.words, 6)
            for one in self.pieces
        ]
        top_lex, top_near, top_cov = (max(one, default=0) or 1.0 for one in (lex, near, cov))
        out: list[tuple[float, float]] = []
        for at, one in enumerate(self.pieces):
            reading = self._readings[one.article]
            size = max(one.words, 6)
            kept = max(5, sum(each.words for each in reading.pieces))
            share = sum(spread[stem] > 1 for stem in one.stems) / (len(one.stems) or 1)
            score = (
                w.bias
                + w.centroid * near[at] / top_near
                + w.doccent * central[one.article]
                + w.cov * cov[at] / top_cov
                + w.density * len(one.stems) / size
                + w.shared * share * several
                + w.loglen * (math.log(max(one.words, 1)) - 3)
                + w.long * max(0, one.words - 35) / 20
                + w.quote * has_quote(one.text)
                + w.lextf * lex[at] / top_lex
                + w.title * sum(titles.get(stem, 0.0) for stem in one.stems) / size
                + w.doclen * (math.log(kept) - 3.5)
                - w.order * min(one.article, 3)
                + w.style * penalty(one.text)
                - _OPINION * reading.opinion
            )
            out.append((score, cov[at] / top_cov))
        return out


def same(one: Piece, other: Piece) -> bool:
    """Whether two pieces say the same: in like words, or of the same names and numbers.

    Two articles' sentences need less to be taken for one fact than two of one article, since an
    article seldom says a thing twice. Two that share their names and numbers must share some plain
    words too, so that two acts of one person stay two.
    """
    like = one.likeness(other)
    if like >= _ALIKE:
        return True
    keys, others = one.names | one.numbers, other.names | other.numbers
    fewer = min(len(keys), len(others))
    if fewer >= 3 and len(keys & others) >= 0.75 * fewer and like >= 0.45:
        return True
    if one.article == other.article:
        return False
    common = len(one.stems.keys() & other.stems.keys())
    within = common >= _WITHIN * min(len(one.stems), len(other.stems))
    return within and common >= 4 and len(keys & others) >= 2


def in_order(chosen: Sequence[Piece]) -> list[Piece]:
    """Return chosen pieces as they are read: leads first; one article's in its own order."""
    if len({one.article for one in chosen}) == 1:
        return sorted(chosen, key=lambda one: one.place)
    places = {id(one): number for number, one in enumerate(chosen)}
    return sorted(chosen, key=lambda one: (one.place, places[id(one)]))


def _fresh(keys: Iterable[Key], mass: dict[Key, float], known: set[Key]) -> float:
    """Return what share of the keys' mass is not known."""
    whole = new = 0.0
    for key in keys:
        whole += mass[key]
        if key not in known:
            new += mass[key]
    return new / whole if whole else 0.0


def _bag(reading: Reading) -> Counter[str]:
    """Return how often each stem occurs in what was read of an article."""
    bag: Counter[str] = Counter()
    for one in reading.pieces:
        bag.update(one.stems)
    return bag


def _sum(vectors: Iterable[dict[str, float]]) -> dict[str, float]:
    """Add vectors up."""
    total: dict[str, float] = {}
    for vector in vectors:
        for key, value in vector.items():
            total[key] = total.get(key, 0.0) + value
    return total


def _stem_mass(readings: Sequence[Reading]) -> tuple[dict[str, float], Counter[str]]:
    """Return how much each stem matters, and in how many articles it stands.

    An article's say grows with the logarithm of how often and how early it uses the stem, so that
    one article's refrain does not outweigh what many report.
    """
    mass: dict[str, float] = {}
    spread: Counter[str] = Counter()
    for reading in readings:
        mine = dict.fromkeys(reading.title.stems, 0.7)
        for one in reading.pieces:
            weight = 1 / (1 + 0.15 * one.place)
            for stem in one.stems:
                mine[stem] = mine.get(stem, 0.0) + weight
        for stem, amount in mine.items():
            mass[stem] = mass.get(stem, 0.0) + math.log1p(amount)
        spread.update(_bag(reading).keys())
    return mass, spread


def _pair_mass(readings: Sequence[Reading]) -> dict[tuple[str, str], float]:
    """Return how much each pair of adjacent stems matters: twice, where two articles have it."""
    mass: dict[tuple[str, str], float] = {}
    spread: Counter[tuple[str, str]] = Counter()
    for reading in readings:
        mine: dict[tuple[str, str], float] = {}
        for one in reading.pieces:
            weight = 1 / (1 + 0.15 * one.place)
            for pair in one.pairs:
                mine[pair] = mine.get(pair, 0.0) + weight
        for pair, amount in mine.items():
            mass[pair] = mass.get(pair, 0.0) + math.log1p(amount)
        spread.update(mine.keys())
    return {pair: amount * (2 if spread[pair] > 1 else 1) for pair, amount in mass.items()}


def _title_shares(readings: Sequence[Reading]) -> dict[str, float]:
    """Return, for each stem of a title, the share of the titles that have it."""
    counts = Counter(stem for reading in readings for stem in reading.title.stems)
    titled = sum(bool(reading.title.stems) for reading in readings)
    return {stem: count / titled for stem, count in counts.items()}
