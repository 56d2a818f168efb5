"""How good the extractive summaries are, and what they cost: `python -m benchmarks.summaries`.

ROUGE-1/2/L F1 (x 100, stemmed) against editors' summaries, beside floors of the same length, on
recorded news that is not part of the project (`NEWSTHREAD_DATA`). Without it only the cost is
measured, on sentences made up here. Options: `--fast` takes a few cases of the smallest set.
"""

import gzip
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from rouge_score.rouge_scorer import RougeScorer

from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.sentences import split
from bot.domain.summaries import BUDGETS, Budget, Summary, summarise, summarise_within
from tests.data_dir import data_dir

_KINDS = ("rouge1", "rouge2", "rougeL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A story, what an editor wrote about it, and the floor to beat."""

    articles: tuple[Article, ...]
    reference: str
    floor: str


def article(number: int, title: str, text: str) -> Article:
    """Return an article of one's own outlet with a title and a text."""
    return Article(
        id=ArticleId(number),
        feed=FeedId(number),
        url=f"https://outlet{number}.example/a",
        outlet=f"Outlet {number}",
        site=f"outlet{number}.example",
        title=title,
        body=text,
        lang="en",
        first_seen=datetime(2026, 1, 1, tzinfo=UTC),
    )


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a gzipped JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def neus(path: Path, leads: int) -> list[Case]:
    """Return events told by three outlets; the floor: the first sentence of some of them."""
    cases = []
    for row in rows(path):
        items = row["items"]
        floor = " ".join((split(item["text"]) or [item["title"]])[0] for item in items[:leads])
        told = tuple(article(n, item["title"], item["text"]) for n, item in enumerate(items))
        cases.append(Case(articles=told, reference=row["ref_summary"], floor=floor))
    return cases


def multinews(path: Path) -> list[Case]:
    """Return documents with one editor's summary; the floor: the first 3 sentences of each."""
    cases = []
    for row in rows(path):
        documents = row["documents"]
        floor = " ".join(" ".join(split(text)[:3]) for text in documents)
        told = tuple(article(n, "", text) for n, text in enumerate(documents))
        cases.append(Case(articles=told, reference=row["summary"], floor=floor))
    return cases


def bbc(path: Path) -> list[Case]:
    """Return single articles, a seeded 500 of them; the floor: the first 40 % of sentences."""
    every = list(rows(path))
    random.Random(1).shuffle(every)  # noqa: S311 - a fixed sample, no secret
    cases = []
    for row in every[-500:]:
        lines = split(row["text"])
        floor = " ".join(lines[: max(1, round(0.4 * len(lines)))])
        told = (article(0, row["title"], row["text"]),)
        cases.append(Case(articles=told, reference=row["summary"].replace(".", ". "), floor=floor))
    return cases


def cut(text: str, words: int) -> str:
    """Return the first words of a text."""
    return " ".join(text.split()[:words])


def as_text(summary: Summary) -> str:
    """Return a summary's sentences as one text."""
    return " ".join(sentence.text for sentence in summary.sentences)


def occur(summary: Summary, articles: Sequence[Article]) -> tuple[int, int]:
    """Return how many sentences occur in an article they cite, and how many there are."""
    texts = {
        one.id: " ".join(f"{one.title} \n {one.summary} \n {one.body}".split()) for one in articles
    }
    found = sum(any(line.text in texts[id_] for id_ in line.cites) for line in summary.sentences)
    return found, len(summary.sentences)


class Scores:
    """The mean ROUGE and length of one system's texts."""

    def __init__(self) -> None:
        """Begin with nothing scored."""
        self._scorer = RougeScorer(list(_KINDS), use_stemmer=True)
        self._rows: list[tuple[float, ...]] = []

    def add(self, reference: str, text: str) -> None:
        """Score one text."""
        scores = self._scorer.score(reference, text)
        figures = (100 * scores[kind].fmeasure for kind in _KINDS)
        self._rows.append((*figures, float(len(text.split()))))

    def mean(self) -> tuple[float, float, float, float]:
        """Return ROUGE-1, -2, -L and words."""
        one, two, long, words = (
            statistics.fmean(column) for column in zip(*self._rows, strict=True)
        )
        return one, two, long, words


def measure(name: str, cases: Sequence[Case], *, card: bool) -> None:
    """Print the floor, ours at the floor's length, and for a card what is really shown."""
    floor, equal, shown, floor_cut = Scores(), Scores(), Scores(), Scores()
    found = total = 0
    for case in cases:
        size = len(case.floor.split())
        floor.add(case.reference, case.floor)
        limit = BUDGETS["card"].sentences if card else 60
        # Equal length to the word: one sentence more than fits, its end cut, as the floor's is.
        full = summarise_within(case.articles, Budget(sentences=limit + 4, words=size, overrun=1.0))
        equal.add(case.reference, cut(as_text(full), size))
        summaries = [full]
        if card:
            real = summarise(case.articles, "card")
            summaries.append(real)
            shown.add(case.reference, as_text(real))
            floor_cut.add(case.reference, cut(case.floor, len(as_text(real).split())))
        for summary in summaries:
            inside, count = occur(summary, case.articles)
            found, total = found + inside, total + count
    line("set", "system", ("R-1", "R-2", "R-L", "words"))
    line(name, "floor", floor.mean())
    line("", "ours, the floor's length", equal.mean())
    if card:
        line("", "floor, the card's length", floor_cut.mean())
        line("", "card", shown.mean())
    print(f"{'':24}sentences in a cited article: {found} of {total}\n")


def line(name: str, system: str, figures: Sequence[object]) -> None:
    """Print one row of a table."""
    shown = (f"{one:8.1f}" if isinstance(one, float) else f"{one:>8}" for one in figures)
    print(f"{name:24}{system:28}{''.join(shown)}")


def cost(counts: Sequence[int], times: int) -> None:
    """Print what a card costs, by the number of articles and their length."""
    line("cost of a card, ms", "", ("median", "max"))
    for kind, sentences in (("leads", 2), ("full text, 500 words", 20)):
        for count in counts:
            story = made_up(count, sentences)
            line(kind, f"{count} articles", timed(partial(summarise, story, "card"), times))


def made_up(count: int, sentences: int) -> tuple[Article, ...]:
    """Return a story of invented sentences that share some words, as reports of one event do."""
    chance = random.Random(count)  # noqa: S311 - for the same text each run, no secret
    parts = ("ka", "mi", "ro", "te", "lu", "sne", "bar", "do", "vi", "ge", "pla", "zo")
    words = ["".join(three) for three in product(parts, repeat=3)]
    chance.shuffle(words)
    event, others = words[:40], words[40:]

    def sentence() -> str:
        body = [*chance.choices(event, k=6), *chance.choices(others, k=8)]
        body += chance.choices(("the", "of", "in", "was", "to", "and"), k=9)
        chance.shuffle(body)
        return f"{' '.join(body).capitalize()} {chance.randrange(3, 90)} people."

    return tuple(
        article(n, sentence(), " ".join(sentence() for _ in range(sentences))) for n in range(count)
    )


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Return the median and the worst of several runs, in milliseconds of CPU."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - start))
    return statistics.median(taken), max(taken)


def main(arguments: Sequence[str]) -> None:
    """Print all tables."""
    fast = "--fast" in arguments
    folder = data_dir()
    sets: dict[str, tuple[str, Callable[[Path], list[Case]]]] = {
        "NeuS val, 3 leads": ("stories/neus_val.jsonl.gz", partial(neus, leads=3)),
        "NeuS val, 2 leads": ("stories/neus_val.jsonl.gz", partial(neus, leads=2)),
        "Multi-News val": ("summaries/multinews_validation.jsonl.gz", multinews),
        "BBC, 500": ("summaries/bbc.jsonl.gz", bbc),
    }
    for name, (file, load) in list(sets.items())[: 1 if fast else None]:
        if folder is None or not (folder / file).exists():
            print(f"{name}: skipped, there is no {file} here (NEWSTHREAD_DATA)\n")
        else:
            cases = load(folder / file)
            measure(name, cases[:10] if fast else cases, card=name.startswith("NeuS"))
    if fast:
        cost((1, 10), 1)
    else:
        cost((1, 3, 10, 40, 200), 9)


if __name__ == "__main__":
    main(sys.argv[1:])
