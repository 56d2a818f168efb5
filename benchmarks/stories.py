"""How well articles are filed: BCubed precision, recall and F1 on labelled sets, time and memory.

`python -m benchmarks.stories [--set core] [--orders 3] [--cost] [--fast]`. The sets are recorded
news that is not part of the project (see `tests/data_dir.py`); a set that is absent is skipped.
The code path is the bot's: `Window.place` and `add`, in the order given, one setting for all.
"""

import argparse
import gzip
import json
import random
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.articles import Article, ArticleId, FeedId
from bot.domain.filing import FilingSettings, Window
from bot.domain.lexicon import Background, Lexicon
from bot.domain.stories import StoryId
from bot.shipped import read_lexicon
from tests.data_dir import data_dir

ONE_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # when articles without a time are taken to be of
FLOORS = {  # F1 of single-pass TF-IDF; Google News with a threshold of its own
    "core": 0.654,
    "neus_val": 0.834,
    "clust": 0.786,
    "ecb": 0.881,
    "gn_t": 0.650,
    "gn_ts": 0.861,
}
Labelled = tuple[list[Article], list[Hashable]]


def b_cubed(found: Sequence[Hashable], true: Sequence[Hashable]) -> tuple[float, float, float]:
    """Return BCubed precision, recall and F1. Source: Bagga and Baldwin, 1998."""
    both = Counter(zip(found, true, strict=True))
    sizes, truths = Counter(found), Counter(true)
    pairs = list(zip(found, true, strict=True))
    precision = sum(both[pair] / sizes[pair[0]] for pair in pairs) / len(pairs)
    recall = sum(both[pair] / truths[pair[1]] for pair in pairs) / len(pairs)
    return precision, recall, 2 * precision * recall / (precision + recall)


def file_all(articles: Sequence[Article], window: Window) -> list[StoryId]:
    """File articles in order, as they would be by the bot."""
    stories = []
    for article in articles:
        placement = window.place(article)
        story = placement.story or StoryId(f"s{article.id}")
        window.add(article, story, placement.reprint_of)
        stories.append(story)
    return stories


def _article(number: int, **given: Any) -> Article:
    outlet = str(given.pop("outlet", "") or f"outlet{number}")
    at = given.pop("at", ONE_DAY)
    return Article(
        id=ArticleId(number),
        feed=FeedId(1),
        url=given.pop("url", "") or f"https://example.org/{number}",
        outlet=outlet,
        site=outlet,
        first_seen=at,
        **given,
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            yield json.loads(line)


def _core(folder: Path) -> Labelled:
    labels = {row["line"]: row for row in _rows(folder / "articles/core_labels.jsonl")}
    articles = [
        _article(
            number,
            title=row["title"],
            summary=row["description"],
            outlet=row["outlet"],
            at=datetime.fromisoformat(row["first_seen"]),
        )
        for number, row in enumerate(_rows(folder / "articles/core_elsalvador.jsonl"), 1)
    ]
    return articles, [labels[article.id]["story"] for article in articles]


def _neus(part: str) -> Callable[[Path], Labelled]:
    def load(folder: Path) -> Labelled:
        articles: list[Article] = []
        true: list[Hashable] = []
        for row in _rows(folder / f"stories/neus_{part}.jsonl.gz"):
            for item in row["items"]:
                articles.append(_article(len(articles), title=item["title"], summary=item["text"]))
                true.append(row["story"])
        return articles, true

    return load


def _clust(folder: Path) -> Labelled:
    articles: list[Article] = []
    true: list[Hashable] = []
    for row in _rows(folder / "stories/clust_mcms_dev.jsonl.gz"):
        number = len(articles)
        articles.append(_article(number, title=row["title"], body=" ".join(row["sentences"])))
        true.append(row["cluster"] if row["cluster"] != 166 else f"alone {number}")  # unrelated
    return articles, true


def _ecb(folder: Path) -> Labelled:
    rows = list(_rows(folder / "stories/ecbplus_topics1-35.jsonl.gz"))
    articles = [
        _article(number, title="", body="\n".join(row["sentences"]))
        for number, row in enumerate(rows)
    ]
    return articles, [row["subtopic"] for row in rows]


def _google(part: str) -> Callable[[Path], Labelled]:
    def load(folder: Path) -> Labelled:
        rows = list(_rows(folder / f"stories/googlenews2013_{part}.jsonl.gz"))
        articles = [_article(number, title=row["text"]) for number, row in enumerate(rows)]
        return articles, [row["cluster"] for row in rows]

    return load


SETS: dict[str, Callable[[Path], Labelled]] = {
    "core": _core,
    "neus_val": _neus("val"),
    "clust": _clust,
    "ecb": _ecb,
    "gn_ts": _google("TS"),
    "gn_t": _google("T"),
}


def shuffled(labelled: Labelled, seed: int) -> Labelled:
    """Return a set in another order; articles with times keep theirs."""
    places = list(range(len(labelled[0])))
    random.Random(seed).shuffle(places)  # noqa: S311 -- a test order, no secret
    places.sort(key=lambda place: labelled[0][place].at)
    return [labelled[0][place] for place in places], [labelled[1][place] for place in places]


def _measure(names: Sequence[str], orders: int, words: tuple[Lexicon, Background]) -> None:
    folder = data_dir()
    if folder is None:
        print("No recorded data: set NEWSTHREAD_DATA to its folder.")
        return
    print(f"{'set':10} {'order':>5} {'P':>6} {'R':>6} {'F1':>6} {'floor':>6} {'ms each':>8}")
    for name in names:
        try:
            labelled = SETS[name](folder)
        except FileNotFoundError as error:
            print(f"{name:10} skipped: there is no {error.filename}")
            continue
        for order in range(orders):
            articles, true = labelled if order == 0 else shuffled(labelled, order)
            started = time.perf_counter()
            found = file_all(articles, Window(*words))
            each = (time.perf_counter() - started) / len(articles) * 1000
            p, r, f = b_cubed(found, true)
            floor = FLOORS.get(name, 0.0)
            print(f"{name:10} {order:5} {p:6.3f} {r:6.3f} {f:6.3f} {floor:6.3f} {each:8.2f}")


def _cost(words: tuple[Lexicon, Background], most: int) -> None:
    """Print time and memory with a window of 50,000 real titles."""
    folder = data_dir()
    if folder is None:
        return
    rows = _rows(folder / "articles/stream_94feeds_2026-01_2026-03.jsonl.gz")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for window_days in (7, 365):
        window = Window(*words, FilingSettings(window=timedelta(days=window_days)))
        spent: list[float] = []
        sizes: defaultdict[StoryId, int] = defaultdict(int)
        for number, row in enumerate(rows):
            if number == most:
                break
            at = datetime.fromtimestamp(row["first_seen"], UTC)
            article = _article(number, title=row["title"], outlet=row["source"], at=at)
            started = time.perf_counter()
            placement = window.place(article)
            story = placement.story or StoryId(f"s{number}")
            window.add(article, story, placement.reprint_of)
            spent.append(time.perf_counter() - started)
            sizes[story] += 1
        tail = sorted(spent[-10_000:])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            f"window {window_days} days, {len(spent)} titles: median "
            f"{tail[len(tail) // 2] * 1000:.2f} ms, p99 {tail[len(tail) * 99 // 100] * 1000:.2f}, "
            f"slowest {tail[-1] * 1000:.1f} (last 10,000); {len(sizes)} stories, largest "
            f"{max(sizes.values())}; +{(peak - before) / 1024:.0f} MB"
        )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=sorted(SETS), action="append", help="default: all")
    parser.add_argument("--orders", type=int, default=1, help="orders tried, the given one first")
    parser.add_argument("--fast", action="store_true", help="the two small sets only")
    parser.add_argument("--cost", action="store_true", help="time and memory at 50,000 titles")
    parser.add_argument("--most", type=int, default=60_000, help="titles for --cost")
    asked = parser.parse_args()
    words = read_lexicon()
    if asked.cost:
        _cost(words, asked.most)
    else:
        _measure(
            asked.set or (["core", "clust"] if asked.fast else list(SETS)), asked.orders, words
        )


if __name__ == "__main__":
    main()
