"""How well the starter watches find what they are for, and what an article costs to match.

Run `python -m benchmarks.watches [--errors] [--fast]`. The first table needs the recorded data (see
`tests/data_dir.py`); its labels are split by story into a half on which the packs were chosen and
a half that only reports. The second makes its own watches and articles. Read times as ratios.
"""

import gzip
import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.errors import QueryError
from bot.domain.matching import Matcher
from bot.domain.packs import Packs, pack_from_table
from bot.domain.query import Query, Subject, parse
from bot.domain.text import LanguageDetector
from tests.data_dir import data_dir

PACKS = Path(__file__).parents[1] / "config" / "packs"
STARTERS = ("cecot", "bukele", "deportation")
SEEN = datetime(2026, 1, 1, tzinfo=UTC)


LOOK_ALIKES = (  # made up; the same letters, another thing
    ("Cecotec presenta su nuevo robot aspirador", "es"),
    ("Oferta: la freidora de aire Cecotec, a mitad de precio", ""),
    ("Carnaval de Salvador espera 2 milhões de turistas", "pt"),
    ("Prefeitura de Salvador anuncia obras na Bahia", "pt"),
    ("Presídio de Salvador registra rebelião", "pt"),
    ("Salvador, Brazil: police chief opens new prison wing", "en"),
    ("Deportes: el equipo gana la copa", "es"),
    ("Los deportistas y el Ministerio de Deporte", ""),
    ("El Faro de Ceuta gana un premio", "es"),
    ("Salvador Dalí retrospective opens in Paris", "en"),
    ("Le Salvador Dalí inconnu: une exposition", "fr"),
    ("The deportment of a lady: manners through the ages", "en"),
    ("BMW schiebt den Start des Modells ab 2027 auf", "de"),
)


@dataclass(frozen=True, slots=True)
class Score:
    """Decisions against labels."""

    right: int  # found, and labelled yes
    wrong: int  # found, and labelled no
    missed: int  # not found, and labelled yes

    @property
    def precision(self) -> float:
        """The part of what was found that is right, of 1."""
        return self.right / (self.right + self.wrong or 1)

    @property
    def recall(self) -> float:
        """The part of what is right that was found, of 1."""
        return self.right / (self.right + self.missed or 1)


def starter_packs() -> Packs:
    """Return the packs that the project ships."""
    tables = (tomllib.loads(path.read_text("utf-8")) for path in sorted(PACKS.glob("*.toml")))
    return {pack.name: pack for pack in map(pack_from_table, tables)}


def article(number: int, title: str, summary: str, url: str, lang: str) -> Article:
    """Return an article of an unknown site."""
    return Article(
        id=ArticleId(number), feed=FeedId(1), url=url, outlet="", site="", title=title,
        summary=summary, lang=lang, first_seen=SEEN,
    )  # fmt: skip


def read(path: Path) -> list[dict[str, Any]]:
    """Return the JSON lines of a file."""
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return [json.loads(line) for line in text.splitlines()]


def labelled(folder: Path) -> Iterator[tuple[Subject, dict[str, Any]]]:
    """Yield the labelled articles, each with its labels, in the order of the file."""
    detector = LanguageDetector()
    rows = read(folder / "articles" / "core_elsalvador.jsonl")
    labels = read(folder / "articles" / "core_labels.jsonl")  # a line for each, in its order
    for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
        text = f"{row['title']}\n{row['description']}"
        made = article(number, row["title"], row["description"], row["link"], detector.detect(text))
        yield Subject.of(made, row["outlet"], None), label


def chosen_on(label: dict[str, Any]) -> bool:
    """Return whether the packs were chosen on this label: those of stories of odd number."""
    return int(label["story"][1:]) % 2 == 1


def score(
    query: Query, name: str, items: Sequence[tuple[Subject, dict[str, Any]]]
) -> tuple[Score, list[str]]:
    """Return how `query` does on the label `name`, unclear ones left out, and its errors."""
    counts = {"right": 0, "wrong": 0, "missed": 0}
    errors: list[str] = []
    for subject, label in items:
        found, wanted = query.match(subject), label[name] == "yes"
        if label[name] == "unclear" or (found is None and not wanted):
            continue
        kind = "missed" if found is None else "right" if wanted else "wrong"
        counts[kind] += 1
        if kind != "right":
            words = ", ".join(hit.text for hit in found or ())
            errors.append(f"  {kind}: {name}: {subject.article.title} [{words}]")
    return Score(**counts), errors


def report_starters(folder: Path, *, errors: bool) -> None:
    """Print precision and recall of the starter watches, on both halves."""
    packs, items = starter_packs(), list(labelled(folder))
    print(f"{'watch':14}{'half':10}{'precision':>10}{'recall':>10}{'right/wrong/missed':>22}")
    for name in STARTERS:
        query = parse(f"pack:{name}", packs)
        for half, odd in (("chosen on", True), ("reported", False)):
            part = [item for item in items if chosen_on(item[1]) is odd]
            result, mistakes = score(query, name, part)
            counts = f"{result.right}/{result.wrong}/{result.missed}"
            print(f"{name:14}{half:10}{result.precision:10.3f}{result.recall:10.3f}{counts:>22}")
            if errors:
                print("\n".join(mistakes))
    matched = [
        f"{title} ({name})"
        for number, (title, lang) in enumerate(LOOK_ALIKES)
        for name in packs
        if parse(f"pack:{name}", packs).match(
            Subject.of(article(number, title, "", "", lang), "", None)
        )
        is not None
    ]
    print(f"look-alikes matched by any pack: {len(matched)} of {len(LOOK_ALIKES)} {matched or ''}")


RULES = {  # written from what the topics mean, before any score was seen
    "crude": '"crude oil" OR barrels OR opec OR petroleum OR crude',
    "coffee": "coffee",
    "gold": "gold NOT (gold* NEAR/2 (sachs OR medal))",
    "wheat": "wheat",
    "interest": '"interest rate" OR "interest rates" OR "discount rate" OR "prime rate" OR repo*',
    "ship": 'ship OR vessel OR shipping OR port OR tanker OR "gulf war"',
    "acq": '(acquire OR acquisition OR merger OR takeover OR "tender offer" OR stake) share*',
}


def report_rules(folder: Path) -> None:
    """Print how boolean rules do on labelled news, as a check of sense and not of quality."""
    rows = read(folder / "queries" / "reuters21578_train.jsonl.gz")
    subjects = [
        (Subject.of(article(n, row["title"], row["body"], "", "en"), "", None), row["topics"])
        for n, row in enumerate(rows)
    ]
    print(f"\n{'topic rule':14}{'precision':>20}{'recall':>10}   ({len(rows)} articles)")
    for topic, source in RULES.items():
        query = parse(source, {})
        found = [
            (query.match(subject) is not None, topic in topics) for subject, topics in subjects
        ]
        result = Score(
            found.count((True, True)), found.count((True, False)), found.count((False, True))
        )
        print(f"{topic:14}{result.precision:20.3f}{result.recall:10.3f}")


def report_real_queries(folder: Path) -> None:
    """Print how many real queries of other search engines parse here; none may crash."""
    print(f"\n{'real queries':34}{'parse':>8}{'mended':>8}{'refused':>9}{'µs each':>9}")
    for name in ("google_news_queries", "search_benchmark_game_queries"):
        rows = read(folder / "queries" / f"{name}.jsonl")
        parsed, mended = 0, 0
        began = perf_counter()
        for row in rows:
            try:
                parse(row["query"], {})
                parsed += 1
            except QueryError as error:
                mended += error.suggestion is not None
        each = (perf_counter() - began) / len(rows) * 1e6
        print(f"{name:34}{parsed:8}{mended:8}{len(rows) - parsed - mended:9}{each:9.0f}")


def made_words(seed: int, count: int) -> list[str]:
    """Return `count` made-up words, the same for the same seed."""
    random = Random(seed)  # noqa: S311 -- no secret
    syllables = [first + last for first in "bcdfglmnprstv" for last in "aeiou"]
    return ["".join(random.choices(syllables, k=random.randint(2, 4))) for _ in range(count)]


def made_queries(count: int) -> list[str]:
    """Return `count` queries of all kinds, of names that are rare and words that are not.

    One in a hundred is of common words only, as careless people write them.
    """
    random, common = Random(7), made_words(1, 40_000)  # noqa: S311 -- no secret
    names = ["".join(pair) for pair in zip(made_words(2, count), made_words(3, count), strict=True)]
    shapes = (
        "{n} {w}", '"{n} {w}"', "{n} OR {m}", "({n} OR {m}) -{w}", "{n} NEAR/10 {w}", "{n}* {w}",
        "title:{n}", "={n} {w}", '"{w} {n} {m}"', "{n} lang:en -{w}",
    )  # fmt: skip
    queries = []
    for number, usual in zip(range(count), cycle(shapes), strict=False):
        shape = usual if number % 500 != 499 else r"/\b{n}-?\d+\b/i OR {m}"
        one, other = random.choices(common if number % 100 == 7 else names, k=2)
        queries.append(shape.format(n=one, m=other, w=random.choice(common)))
    return queries


def made_articles(count: int, words: int) -> list[Article]:
    """Return `count` articles of `words` words, common ones often and rare ones seldom."""
    random, vocabulary = Random(11), made_words(1, 40_000)  # noqa: S311 -- no secret
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]
    texts = (" ".join(random.choices(vocabulary, weights, k=words)) for _ in range(count))
    return [article(number, text[:80], text, "", "en") for number, text in enumerate(texts)]


def per_article(
    match: Callable[[Subject], Sized], articles: Sequence[Article]
) -> tuple[float, float]:
    """Return the median time of an article in ms, folding and stemming included, and its hits."""
    times, matches = [], []
    for one in articles:
        began = perf_counter()
        matches.append(len(match(Subject.of(one, "", None))))
        times.append((perf_counter() - began) * 1e3)
    return median(times), median(matches)


def report_cost(counts: Sequence[int], articles: Sequence[Article]) -> None:
    """Print the cost of an article by the number of watches, beside a loop over them."""
    print(f"\n{'watches':>9}{'index ms':>10}{'to 10':>8}{'loop ms':>10}{'loop/index':>12}", end="")
    print(f"{'match':>8}{'add µs':>8}")
    base = None
    for count in counts:
        queries = [parse(source, {}) for source in made_queries(count)]
        matcher: Matcher[int] = Matcher()
        began = perf_counter()
        for number, query in enumerate(queries):
            matcher.add(number, query)
        adding = (perf_counter() - began) / count * 1e6
        for one in articles:  # the patterns are compiled, the stems of common words known
            matcher.match(Subject.of(one, "", None))
        indexed, matches = per_article(matcher.match, articles)
        looped, _ = per_article(loop_over(queries), articles[: 5 if count > 10_000 else 20])
        base = base or indexed
        print(f"{count:9}{indexed:10.3f}{indexed / base:8.2f}{looped:10.2f}", end="")
        print(f"{looped / indexed:12.1f}{matches:8.0f}{adding:8.1f}")


def loop_over(queries: Sequence[Query]) -> Callable[[Subject], Sized]:
    """Return the plain way: ask every query."""
    return lambda subject: [
        number for number, query in enumerate(queries) if query.match(subject) is not None
    ]


def main(arguments: Sequence[str]) -> None:
    """Print every table that can be made here."""
    fast = "--fast" in arguments
    folder = data_dir()
    if folder is None:
        print("No recorded data here (set NEWSTHREAD_DATA): only the cost is measured.")
    else:
        starters = partial(report_starters, errors="--errors" in arguments)
        reports: list[Callable[[Path], None]] = [starters, report_rules, report_real_queries]
        for report in reports[: 1 if fast else None]:
            try:
                report(folder)
            except FileNotFoundError as error:
                print(f"skipped: there is no {error.filename}")
    if fast:
        report_cost((10, 500), made_articles(10, 300))
    else:
        report_cost((10, 1_000, 100_000), made_articles(100, 300))


if __name__ == "__main__":
    main(sys.argv[1:])
