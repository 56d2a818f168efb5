"""What a story's articles say, in their own sentences, each with the articles that support it.

Owns the shape of a summary and the three questions asked of a story: what is it about, what is
new since, what does this article add. Which sentence is the better one is decided in
`bot.domain.ranking`, which article supports it in `bot.domain.citations`, where outlets differ in
`bot.domain.conflicts`. Nothing here knows how a summary is laid out or sent.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.articles import Article, ArticleId
from bot.domain.citations import cited_by, is_supported
from bot.domain.conflicts import Conflict, find_conflicts
from bot.domain.pieces import Piece, Reading, piece, piece_of, read
from bot.domain.ranking import Budget, Ranking, centrality, in_order

__all__ = [
    "BUDGETS",
    "MOST_ARTICLES",
    "Budget",
    "Conflict",
    "Length",
    "Sentence",
    "Summary",
    "adds",
    "summarise",
    "summarise_within",
    "whats_new",
]

Length = Literal["card", "short", "normal", "long"]
BUDGETS: dict[Length, Budget] = {
    "card": Budget(sentences=3, words=85, stops=True),
    "short": Budget(sentences=3, words=85, least=2, stops=True),
    "normal": Budget(sentences=5, words=170),
    "long": Budget(sentences=8, words=290),
}
MOST_ARTICLES = 40  # of a story that are read for a summary
_NEWEST = 10  # of those, taken for being new rather than central
_CONSIDERED = 400  # articles of a story that are looked at to find them: the newest
_NEW_SHARE = 0.35  # of a sentence's mass that must be new
_NEW_LIKE = 0.5  # cosine to a known sentence at which nothing is new, unless a figure is
_FIGURE_LIKE = 0.85  # the same, with a new figure
_FIGURE_BONUS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a summary, and the articles that support it."""

    text: str  # of an article that it cites, white space aside; or a model's, checked by `claims`
    cites: tuple[ArticleId, ...]  # whose sentence it is first; never empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Sentences about a story; none where its articles have neither title nor text."""

    sentences: tuple[Sentence, ...]
    by: str = "extractive"  # or "model NAME"
    conflicts: tuple[Conflict, ...] = ()
    dropped: int = 0  # sentences that a model wrote and no article supports
    pending: bool = False  # a better one is being written: it is worth asking again

    @property
    def texts(self) -> tuple[str, ...]:
        """The sentences without what they cite."""
        return tuple(one.text for one in self.sentences)

    @property
    def label(self) -> str:
        """Who wrote it, and what was dropped: `model llama3 · 1 sentence dropped`."""
        if not self.dropped:
            return self.by
        return f"{self.by} · {self.dropped} sentence{'s' if self.dropped > 1 else ''} dropped"


def summarise(
    articles: Sequence[Article], length: Length, shown: Sequence[str] = (), lang: str | None = None
) -> Summary:
    """Return what a story is about.

    Args:
        articles: Of one story, in order of arrival; the most central and the newest
            `MOST_ARTICLES` of them are read.
        length: `card`: up to 3 sentences and 85 words, as many as add something; `short`: 2 or 3
            sentences; `normal`: about 5; `long`: 5 to 8. Fewer, where there is no more.
        shown: Sentences that the reader has before them: not repeated, unless nothing is left.
        lang: The language preferred, where an article is written in it (BCP 47 primary subtag);
            when None, the one that most articles are in.
    """
    return summarise_within(articles, BUDGETS[length], shown, lang)


def summarise_within(
    articles: Sequence[Article],
    budget: Budget,
    shown: Sequence[str] = (),
    lang: str | None = None,
) -> Summary:
    """Return what a story is about, within a budget of one's own. See `summarise`."""
    readings = _read(articles)
    if not readings:
        return Summary(sentences=())
    ranking = Ranking(readings)
    candidates = _in_language(ranking, readings, readings, lang)
    known = [piece_of(text) for text in shown]
    chosen = ranking.choose(budget, candidates, known) or ranking.choose(budget, candidates)
    return Summary(sentences=_cited(in_order(chosen), readings), conflicts=find_conflicts(readings))


def whats_new(articles: Sequence[Article], shown: Sequence[str], since: datetime | None) -> Summary:
    """Return only what the reader has not been shown, newest articles first; often nothing.

    Args:
        articles: Of one story, in order of arrival.
        shown: The sentences that the reader has seen.
        since: Take sentences only from articles first seen after this time (UTC), and leave out
            what an earlier article said already; None for all articles.
    """
    readings = _read(articles)
    first_seen = {article.id: article.first_seen for article in articles}
    old = [one for one in readings if since is not None and first_seen[one.id] <= since]
    fresh = [one for one in readings if one not in old]
    if not fresh:
        return Summary(sentences=())
    ranking = Ranking(readings)
    candidates = [
        at
        for at in _in_language(ranking, readings, fresh, None)
        if readings[ranking.pieces[at].article] in fresh
        and not any(is_supported(ranking.pieces[at], reading) for reading in old)
    ]
    known = [piece_of(text) for text in shown]
    chosen = ranking.choose(BUDGETS["normal"], candidates, known, _news_beside(known))
    return Summary(
        sentences=_cited(in_order(chosen), readings),
        conflicts=find_conflicts(readings) if chosen else (),
    )


def adds(article: Article, before: Sequence[Article]) -> Sentence | None:
    """Return the one sentence of an article that says what its story did not say before.

    None where it says nothing new, or nothing that can be told to be. Its headline is never
    the answer, since a thread's reply shows that anyway.

    Args:
        article: The one that has joined the story.
        before: The story's articles before it, in order of arrival.
    """
    readings = read([*_chosen(before), article])
    mine = readings[-1]
    known = [one for reading in readings[:-1] for one in (reading.title, *reading.pieces)]
    ranking = Ranking(readings)
    candidates = [
        at
        for at, one in enumerate(ranking.pieces)
        if one.article == len(readings) - 1
        and one.text != mine.title.text
        and one.likeness(mine.title) < _FIGURE_LIKE
        and not any(is_supported(one, reading) for reading in readings[:-1])
    ]
    translated = bool(known) and all(one.lang != mine.lang for one in readings[:-1])
    worth = _news_beside(known, translated=translated)
    chosen = ranking.choose(Budget(sentences=1, words=45), candidates, known, worth)
    return Sentence(text=chosen[0].text, cites=(article.id,)) if chosen else None


def _read(articles: Sequence[Article]) -> tuple[Reading, ...]:
    """Read a story's articles, the most central first; those without any words are left out."""
    readings = read(_chosen(articles))
    bags = [_bag(reading) for reading in readings]
    ranks = centrality(bags)
    order = sorted(range(len(readings)), key=lambda at: (-ranks[at], at))
    kept = [readings[at] for at in order if readings[at].pieces]
    return tuple(reading.moved_to(at) for at, reading in enumerate(kept))


def _bag(reading: Reading) -> Counter[str]:
    """Return how often each stem occurs in an article's sentences."""
    bag: Counter[str] = Counter()
    for one in reading.pieces:
        bag.update(one.stems)
    return bag


def _chosen(articles: Sequence[Article]) -> Sequence[Article]:
    """Return at most `MOST_ARTICLES` of a story: the most central by headline, and the newest."""
    if len(articles) <= MOST_ARTICLES:
        return articles
    recent = articles[-_CONSIDERED:]
    ranks = centrality([piece(article.title[:300]).stems for article in recent])
    newest = set(range(len(recent) - _NEWEST, len(recent)))
    central = sorted(
        (at for at in range(len(recent)) if at not in newest), key=lambda at: (-ranks[at], -at)
    )
    kept = newest | set(central[: MOST_ARTICLES - _NEWEST])
    return [article for at, article in enumerate(recent) if at in kept]


def _in_language(
    ranking: Ranking, readings: Sequence[Reading], among: Sequence[Reading], lang: str | None
) -> list[int]:
    """Return the pieces in the language wanted; else in the one that most of `among` are in.

    One language at a time, since a fact and its translation look like two facts here.
    """
    counts = Counter(reading.lang for reading in among)
    wanted = lang if lang in counts else max(counts, key=lambda one: counts[one])
    return [at for at, one in enumerate(ranking.pieces) if readings[one.article].lang == wanted]


def _news_beside(
    known: Sequence[Piece], *, translated: bool = False
) -> Callable[[Piece, float], float | None]:
    """Return the test of a candidate for news: it has words, or a figure, not yet read.

    Args:
        known: What has been read.
        translated: It was all in another language, so that only figures and names can tell.
    """
    figures = frozenset().union(*(one.numbers for one in known))
    stems = {stem for one in known for stem in one.stems}

    def worth(one: Piece, fresh: float) -> float | None:
        like = max((one.likeness(other) for other in known), default=0.0)
        if one.numbers - figures and like < _FIGURE_LIKE:
            return _FIGURE_BONUS
        if translated and len(one.names - stems) < 2:
            return None
        return 0.0 if like < _NEW_LIKE and fresh >= _NEW_SHARE else None

    return worth


def _cited(chosen: Sequence[Piece], readings: Sequence[Reading]) -> tuple[Sentence, ...]:
    """Give each sentence the articles that support it."""
    return tuple(
        Sentence(text=one.text, cites=tuple(readings[at].id for at in cited_by(one, readings)))
        for one in chosen
    )
