"""Where the time goes, by sampling: `python -m benchmarks.where [--feeds 300] [--fast]`.

Every two milliseconds of this process's CPU the stack is looked at, and counted for the first part
below that a function on it belongs to, from the inside. What the bot does in worker threads runs in
the main one here, so that it is seen; SQLite's own thread is seen as the main one waiting. The
parser's child is another process, and is not seen.
"""

import argparse
import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, TracebackType
from typing import Any, Self

import structlog

from benchmarks.articles import WATCHES, WORDS, Bench, made_up
from benchmarks.poll import Bench as PollBench
from benchmarks.poll import addresses, farm
from bot.adapters.store.database import SqlStore, migrate
from bot.domain.polls import Outcome
from tests.fakes.clock import FakeClock

EVERY = 0.002  # seconds of CPU
Parts = Mapping[str, Sequence[tuple[str, str]]]  # each: a piece of a file's path, a function or ""
POLL: Parts = {
    "tell the language": [("domain/text.py", "detect")],
    "match three watches": [("pipeline/sorter.py", "match")],
    "sift new from known": [("domain/sift.py", "")],
    "canonical addresses": [("pipeline/collect.py", "draft")],
    "fold texts for search": [("store/search.py", "folded")],
    "build and run statements (SQLAlchemy)": [("/sqlalchemy/", ""), ("adapters/store/", "")],
    "start and ask the parser's child, read its answer": [("feeds/parse.py", "")],
    "fetch (httpx, aiohttp, the guard)": [
        *(("feeds/http.py", ""), ("feeds/guard.py", ""), ("/httpx", ""), ("/aiohttp/", "")),
    ],
    "SQLite's thread, and the event loop": [("/selectors.py", ""), ("/asyncio/", "")],
}
ARTICLES: Parts = {
    "tell the language": [("domain/text.py", "detect")],
    "match: words, stems and keys of the article": [("domain/query_subject.py", "keys")],
    "match: the watches that may want it": [("domain/matching.py", "")],
    "file: terms and their weights": [("domain/vectors.py", "")],
    "file: look for the story": [("domain/filing.py", ""), ("domain/shelf.py", "")],
    "file: reprints": [("domain/reprints.py", "")],
    "summarise: split into sentences": [("domain/sentences.py", "")],
    "summarise: the rest": [("domain/summaries.py", "")],
}
LEFT_OUT = (WORDS, f"match {WATCHES[0]:,} watches")


class Inline(ThreadPoolExecutor):
    """Runs what it is given at once, in the thread that gives it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `ThreadPoolExecutor.submit`."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever waits for the result gets it
            done.set_exception(error)
        return done


class Sampler:
    """Counts, while it is open, in which part the main thread is."""

    def __init__(self, parts: Parts) -> None:
        """Count for these parts."""
        self._parts = parts
        self._counts: Counter[str] = Counter()
        self._spent = 0.0

    def __enter__(self) -> Self:
        """Begin."""
        self._spent = -time.process_time()
        self._before = signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self._before)
        self._spent += time.process_time()

    def report(self, units: int) -> None:
        """Print the share of each part, and its CPU milliseconds a unit."""
        looks = self._counts.total() or 1
        each = 1_000 * self._spent / units
        for part in (*self._parts, "everything else"):
            share = self._counts[part] / looks
            if share:
                print(f"{part:52}{share:7.1%}{share * each:10.2f} ms")
        print(f"{'all':52}{1:7.1%}{each:10.2f} ms   ({looks:,} looks)")

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        self._counts[self._part(frame)] += 1

    def _part(self, frame: FrameType | None) -> str:
        while frame is not None:
            file, function = frame.f_code.co_filename, frame.f_code.co_name
            for part, places in self._parts.items():
                if any(piece in file and name in ("", function) for piece, name in places):
                    return part
            frame = frame.f_back
        return "everything else"


async def polls(urls: Sequence[str], first: Sampler, again: Sampler) -> None:
    """Poll all feeds twice; the second time brings nothing."""
    asyncio.get_running_loop().set_default_executor(Inline())
    with TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        await migrate(url)
        clock = FakeClock()
        store = await SqlStore.open(url, clock)
        try:
            bench = PollBench(store, clock)
            await bench.watch(urls)
            bench.sorter.language(made_up(1)[0])  # loads the model
            with first:
                await bench.poll_all(Outcome.OK, len(urls))
            with again:
                await bench.poll_all(Outcome.NOT_MODIFIED, len(urls))
        finally:
            await store.close()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--fast", action="store_true", help="4 feeds, 20 articles")
    asked = parser.parse_args()
    feeds, count = (4, 20) if asked.fast else (asked.feeds, asked.articles)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))  # errors only
    first, again, whole = Sampler(POLL), Sampler(POLL), Sampler(ARTICLES)
    with farm(feeds) as ports:
        asyncio.run(polls(addresses(feeds, ports["with"]), first, again))
    print(f"a first poll, 30 new articles; a feed of {feeds:,}")
    first.report(feeds)
    print(f"\na poll that brings nothing (304); a feed of {feeds:,}")
    again.report(feeds)
    articles, bench = made_up(count), Bench()
    steps = bench.steps(articles)
    steps[f"match {WATCHES[1]:,} watches"]()  # the stems of common words are known
    with whole:
        for name, step in steps.items():
            if name not in LEFT_OUT:
                step()
    print(f"\nfrom match to summary, {WATCHES[1]:,} watches; an article of {count:,}")
    whole.report(count)


if __name__ == "__main__":
    main()
