"""How fast the store is, as ratios: `python -m benchmarks.store [ROWS] [--fast] [--url URL]`.

On SQLite, in medians of several rounds, each on a new database; or once in an empty database on
PostgreSQL. Each figure is for this machine only; what counts is how they compare: thirty articles a
transaction against one, which is the unit of the ratios.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bot.adapters.store.database import SqlStore, migrate
from bot.domain.articles import Article, ArticleId, Feed, FeedId
from bot.domain.messages import Alert, AlertState, Part, say
from bot.domain.watches import Channel

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LEASE = NOW + timedelta(minutes=3)
BODY = "The court asked for a status report by Friday, and lawyers said that they wait. " * 20
FEED = 30  # articles of a poll


class Rates:
    """Units a second, by what was done."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rates: dict[str, list[float]] = {}

    async def timed(self, what: str, units: int, act: Callable[[], Awaitable[None]]) -> None:
        """Do something and keep how fast it went."""
        began = time.perf_counter()
        await act()
        self._rates.setdefault(what, []).append(units / (time.perf_counter() - began))

    def report(self) -> None:
        """Print the medians, and how many times the first each is."""
        middle = {what: median(rates) for what, rates in self._rates.items()}
        first = next(iter(middle.values()))
        print(f"{'':50}{'a second':>11}{'times the first':>17}")
        for what, rate in middle.items():
            print(f"{what:50}{rate:11,.0f}{rate / first:17.2f}")


async def one_round(rows: int, rates: Rates, given: str | None = None) -> None:
    """Fill a new database with `rows` articles, feeds and alerts, and time each step."""
    with TemporaryDirectory() as folder:
        url = given or f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        await migrate(url)
        store = await SqlStore.open(url)
        try:
            await _articles(store, rows, rates)
            await _feeds(store, rows, rates)
            await _alerts(store, rows, rates)
        finally:
            await store.close()


async def _articles(store: SqlStore, rows: int, rates: Rates) -> None:
    singly = max(rows // 20, 50)
    await rates.timed(
        "articles stored, one a transaction", singly, lambda: _add(store, "single", singly, 1)
    )
    await rates.timed(
        f"articles stored, {FEED} a transaction", rows, lambda: _add(store, "feed", rows, FEED)
    )

    async def sifted() -> None:
        for feed in range(rows // FEED):
            async with store.transaction() as tx:
                keys = [f"feed-{feed * FEED + number}" for number in range(FEED)]
                assert len((await tx.articles.known(FeedId(1), keys)).by_key) == FEED

    await rates.timed("entries looked up", rows // FEED * FEED, sifted)

    async def searched() -> None:
        async with store.reading() as tx:
            for number in range(20):
                await tx.articles.search(f"feed {number * 7}", NOW - timedelta(days=1), 5, 0)

    await rates.timed("searches for a rare word", 20, searched)


async def _add(store: SqlStore, name: str, rows: int, at_once: int) -> None:
    for start in range(0, rows, at_once):
        numbers = range(start, min(start + at_once, rows))
        async with store.transaction() as tx:
            stored = await tx.articles.add([_article(f"{name} {number}") for number in numbers])
            keys = {f"{name}-{number}": one.id for number, one in zip(numbers, stored, strict=True)}
            await tx.articles.remember(FeedId(1), keys, NOW)


async def _feeds(store: SqlStore, rows: int, rates: Rates) -> None:
    async with store.transaction() as tx:
        for number in range(rows):
            url = f"https://f.example/{number}"
            feed = Feed(id=FeedId(0), url=url, name=url, every=timedelta(minutes=10))
            await tx.feeds.add(feed, NOW)

    claims = min(20, rows // 40)

    async def claimed() -> None:
        for _ in range(claims):
            async with store.transaction() as tx:
                assert len(await tx.feeds.claim("bench", NOW, LEASE, 40)) == 40

    await rates.timed("feeds claimed, 40 at a time", 40 * claims, claimed)


async def _alerts(store: SqlStore, rows: int, rates: Rates) -> None:
    def alert(number: int) -> Alert:
        return Alert(
            key=f"{number:024}",
            channel=Channel.parse(f"sandbox:c{number % 50}"),
            part=Part.CARD,
            message=say("Judge orders update on CECOT transfers"),
            due_at=NOW,
            created_at=NOW,
        )

    async with store.transaction() as tx:
        await tx.outbox.add([alert(number) for number in range(rows)])

    async def delivered() -> None:
        for _ in range(10):
            async with store.transaction() as tx:
                due = await tx.outbox.claim("sandbox", "bench", NOW, LEASE, 20)
            assert len(due) == 20
            for one in due:
                async with store.transaction() as tx:
                    assert await tx.outbox.settle(replace(one, state=AlertState.SENT), "bench")

    await rates.timed(f"alerts claimed and settled, of {rows:,} due", 200, delivered)


def _article(title: str) -> Article:
    return Article(
        id=ArticleId(0),
        feed=FeedId(1),
        url=f"https://a.example/{title.replace(' ', '-')}",
        outlet="Outlet",
        site="a.example",
        title=title,
        summary="A short lead of the usual kind, which is a sentence or two.",
        body=BODY,
        first_seen=NOW,
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fast", action="store_true", help="200 rows, one round")
    parser.add_argument("--url", help="an empty database on PostgreSQL; one round")
    asked = parser.parse_args()
    rows, rounds = (200, 1) if asked.fast else (asked.rows, 1 if asked.url else asked.rounds)
    rates = Rates()
    for _ in range(rounds):
        asyncio.run(one_round(rows, rates, asked.url))
    print(f"{rows:,} rows, median of {rounds} rounds")
    rates.report()


if __name__ == "__main__":
    main()
