"""What an article costs from match to summary: `python -m benchmarks.articles [--fast]`.

The code path is the bot's, without the database: the language is told, the watches matched (the
three starter packs, among more of our own making), the article filed into the stories of its week,
and each story told as a card. First on news made up here, then on recorded news that is not part
of the project, where it is (`NEWSTHREAD_DATA`). Every article is filed, also those that no watch
matched. The unit of the ratios is one plain pass over the words of the same articles.
"""

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.measure import Spent, header, median, peak_mb, row, spent_on
from benchmarks.watches import STARTERS, made_queries, made_words, starter_packs
from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.filing import Window
from bot.domain.matching import Matcher
from bot.domain.query import Subject, parse
from bot.domain.stories import StoryId
from bot.domain.summaries import summarise
from bot.domain.text import LanguageDetector
from bot.shipped import read_lexicon
from tests.data_dir import data_dir

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
WORDS = "a plain pass"
WATCHES = (10, 1_000)
"""How many watches; `benchmarks.watches` has the cost of 100,000."""
RECORDED = ("articles/core_elsalvador.jsonl", "articles/deportation.jsonl")


def made_up(count: int) -> list[Article]:
    """Return `count` articles of about 120 words, two or three to an event, in order of time."""
    chance = random.Random(5)  # noqa: S311 - the same each time, no secret
    common, names = made_words(1, 4_000), made_words(2, 9_000)
    weights = [1 / (rank + 10) for rank in range(len(common))]
    articles = []
    for number in range(count):
        event = random.Random(number * 2 // 5)  # noqa: S311 - two or three articles share it
        who = [name.capitalize() for name in event.choices(names, k=6)]
        about = event.choices(common[200:], k=14)

        def sentence(who: Sequence[str] = tuple(who), about: Sequence[str] = tuple(about)) -> str:
            said = [*chance.choices(who, k=2), *chance.choices(about, k=5)]
            said += chance.choices(common, weights, k=8)
            return f"The {' '.join(said)} {chance.randrange(2, 90)}."

        articles.append(
            Article(
                id=ArticleId(number),
                feed=FeedId(number % 40),
                url=f"https://site{number % 40}.example/news/{number}",
                outlet=f"Site {number % 40}",
                site=f"site{number % 40}.example",
                title=f"{who[0]} {' '.join(about[:4])} {who[1]}",
                summary=" ".join(sentence() for _ in range(7)),
                first_seen=BEGAN + timedelta(minutes=number),
            )
        )
    return articles


def recorded(path: Path, most: int) -> list[Article]:
    """Return the first articles of a file of recorded news."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()[:most]]
    return [
        Article(
            id=ArticleId(number),
            feed=FeedId(1),
            url=one.get("link") or f"https://site.example/{number}",
            outlet=one.get("outlet") or "",
            site=(one.get("outlet") or "").casefold(),
            title=one["title"],
            summary=one.get("description") or "",
            first_seen=BEGAN + timedelta(minutes=number),
        )
        for number, one in enumerate(rows)
    ]


class Bench:
    """The steps, each on all articles at once, so that each can be measured by itself."""

    def __init__(self) -> None:
        """Read the words and the model, and build a matcher of each size."""
        self._words = read_lexicon()
        self._detector = LanguageDetector()
        self._detector.detect("The model is loaded on the first question.")
        packs = starter_packs()
        self._matchers: dict[int, Matcher[int]] = {}
        for count in WATCHES:
            queries = [*(f"pack:{name}" for name in STARTERS), *made_queries(count)][:count]
            self._matchers[count] = Matcher()
            for number, query in enumerate(queries):
                self._matchers[count].add(number, parse(query, packs))
        self._stories: list[list[Article]] = []

    def steps(self, articles: Sequence[Article]) -> dict[str, Callable[[], object]]:
        """Return the steps by name, in order."""
        told = [self._with_language(one) for one in articles]
        return {
            WORDS: lambda: [f"{one.title} {one.summary}".casefold().split() for one in articles],
            "tell the language": lambda: [self._with_language(one) for one in articles],
            **{
                f"match {count:,} watches": partial(self._match, told, matcher)
                for count, matcher in self._matchers.items()
            },
            "file into stories": lambda: self._file(told),
            "summarise each story": lambda: [summarise(story, "card") for story in self._stories],
        }

    def _with_language(self, article: Article) -> Article:
        text = f"{article.title}\n{article.summary[:1_000]}"
        return replace(article, lang=self._detector.detect(text))

    def _match(self, articles: Sequence[Article], matcher: Matcher[int]) -> None:
        for one in articles:
            matcher.match(Subject.of(one, one.outlet, None))

    def _file(self, articles: Sequence[Article]) -> None:
        window = Window(*self._words)
        stories: dict[StoryId, list[Article]] = {}
        for article in articles:
            placed = window.place(article)
            story = placed.story or StoryId(f"s{article.id}")
            window.add(article, story, placed.reprint_of)
            stories.setdefault(story, []).append(article)
        self._stories = list(stories.values())


def report(name: str, articles: Sequence[Article], bench: Bench, rounds: int) -> None:
    """Print the table of one set of articles."""
    spent: dict[str, list[Spent]] = {}
    for _ in range(rounds):
        for step, work in bench.steps(articles).items():
            spent.setdefault(step, []).append(spent_on(work))
    print(f"\n{name}: {len(articles):,} articles, median of {rounds} rounds")
    header("article", WORDS)
    middle = {step: median(taken) for step, taken in spent.items()}
    base, count = middle.pop(WORDS), len(articles)
    row(WORDS, base, count, base, count)
    for step, taken in middle.items():
        row(step, taken, count, base, count)
    del middle[f"match {WATCHES[0]:,} watches"]
    total = Spent(
        wall=sum(one.wall for one in middle.values()), own=sum(one.own for one in middle.values())
    )
    row(f"all, with {WATCHES[1]:,} watches", total, count, base, count)
    print(f"CPU of all: {total.own:.2f} s; peak memory {peak_mb():.0f} MB")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fast", action="store_true", help="50 articles of each kind, one round")
    asked = parser.parse_args()
    rounds, most = (1, 50) if asked.fast else (asked.rounds, 1_000)
    bench = Bench()
    report("made-up news", made_up(most), bench, rounds)
    folder = data_dir()
    for file in RECORDED:
        if folder is None or not (folder / file).exists():
            print(f"\n{file}: skipped, there is no such recorded news here (NEWSTHREAD_DATA)")
        else:
            report(file, recorded(folder / file, most), bench, rounds)


if __name__ == "__main__":
    main()
