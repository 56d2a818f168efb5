"""Thousands of feeds for half an hour, one in ten faulty: `python -m benchmarks.soak`.

The bot's own collecting, ticking every second on a database of its own, asks a farm of feeds, one
in ten of which fails in its own way (see `benchmarks.farm`). In the middle the collecting is ended
and begun again on the same database. It is looked at how late the event loop is, how memory grows,
and, in the farm's log, whether any feed was asked more often than is allowed.
"""

import argparse
import asyncio
import ipaddress
import os
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from benchmarks.farm import WAIT_ASKED, fault
from benchmarks.poll import addresses, farm
from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.store.database import SqlStore, migrate
from bot.domain.articles import Feed, FeedId
from bot.pipeline.collect import Collector
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs

FAULTY = 10  # feeds in a hundred
DEADLINE = 30.0  # seconds that a request takes at most
_LOOK = 0.01  # seconds between two looks at the loop
_CLOCKS = 0.05  # seconds: the farm notes the answer, the bot counts from its arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that the farm noted."""

    at: float  # seconds since 1970
    feed: int
    answer: str  # the status, or what is wrong with the feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """What came of it."""

    asked: Sequence[Asked]
    lags: Sequence[float]  # of the event loop, milliseconds, ascending
    memory: Sequence[float]  # MiB, at each tenth of the time
    restarted: float  # seconds since 1970
    unpolled: int  # feeds that were never asked

    def too_soon(self, every: timedelta) -> tuple[tuple[Asked, Asked], ...]:
        """Return the requests that came sooner after another to the same feed than is allowed.

        A feed is asked once an interval, and one that asked to wait not before it said. What was
        under way when the collecting ended was answered to nobody, and may be asked again.
        """
        by_feed: dict[int, list[Asked]] = {}
        for one in self.asked:
            by_feed.setdefault(one.feed, []).append(one)
        return tuple(
            (first, second)
            for its in by_feed.values()
            for first, second in pairwise(its)
            if second.at - first.at < _allowed(first, every) - _CLOCKS
            and not first.at < self.restarted < min(first.at + DEADLINE, second.at)
        )

    def repolled(self, every: timedelta) -> int:
        """Return how many feeds the restart had asked before their time."""
        early = self.too_soon(every)
        return sum(first.at < self.restarted < second.at for first, second in early)


def _allowed(asked: Asked, every: timedelta) -> float:
    wait = every.total_seconds()
    return max(wait, WAIT_ASKED) if asked.answer == "asks to wait" else wait


@asynccontextmanager
async def collecting(store: SqlStore, owner: str, least: timedelta) -> AsyncIterator[None]:
    """Tick every second, as the bot does, until the block ends."""
    settings = FetchSettings(
        user_agent="Newsthread-soak", allow_addresses=(ipaddress.ip_network("127.0.0.0/8"),)
    )
    async with HttpFeedSource(settings, _now) as source:
        sorter = Sorter(shipped_packs(), new_window, shipped_detector())
        chance = random.Random(owner)  # noqa: S311 - spreads a back-off
        collector = Collector(store, source, sorter, _now, chance.random, owner, least)

        async def tick() -> None:
            while True:
                await collector.tick()
                await asyncio.sleep(min(1.0, least.total_seconds() / 10))

        ticking = asyncio.create_task(tick())
        try:
            yield
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
            await collector.stop()


async def soak(feeds: int, lasting: timedelta, every: timedelta, log: Path) -> Soaked:
    """Poll a farm of `feeds` feeds for so long, and look at it.

    Args:
        feeds: How many, one in ten faulty.
        lasting: For how long; in the middle is the restart.
        every: The feeds' interval.
        log: Where the farm notes what it is asked.
    """
    lags: list[float] = []
    memory: list[float] = []
    half = lasting.total_seconds() / 2
    with (
        farm(feeds, "--faulty", str(FAULTY), "--log", str(log)) as ports,
        TemporaryDirectory() as d,
    ):
        url = f"sqlite+aiosqlite:///{Path(d) / 'soak.db'}"
        await migrate(url)
        store = await SqlStore.open(url)
        looking = asyncio.create_task(_look(lags, memory, lasting.total_seconds() / 10))
        try:
            await _set_up(store, addresses(feeds, ports["with"]), every)
            async with collecting(store, "first", every):
                await asyncio.sleep(half)
            restarted = time.time()
            async with collecting(store, "second", every):
                await asyncio.sleep(half)
        finally:
            looking.cancel()
            await store.close()
    noted = await asyncio.to_thread(_noted, log)
    return Soaked(
        asked=noted,
        lags=sorted(lags),
        memory=memory,
        restarted=restarted,
        unpolled=feeds - len({one.feed for one in noted}),
    )


def _noted(log: Path) -> list[Asked]:
    lines = (line.split(" ", 2) for line in log.read_text().splitlines())
    return [Asked(at=float(at), feed=int(feed), answer=said) for at, feed, said in lines]


async def _set_up(store: SqlStore, urls: Sequence[str], every: timedelta) -> None:
    """Make the feeds known, their first polls spread over the first half of an interval."""
    now = _now()
    feeds = [Feed(id=FeedId(0), url=url, name=url[7:-9], every=every) for url in urls]
    chance = random.Random(0)  # noqa: S311 - spreads first polls
    async with store.transaction() as tx:
        await synchronise(
            tx, feeds, [], [], lambda every, _url: now + every * chance.random() / 2, now
        )


async def _look(lags: list[float], memory: list[float], tenth: float) -> None:
    """Note how late the loop is, again and again, and the memory now and then."""
    loop = asyncio.get_running_loop()
    page = os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    due = loop.time()
    while True:
        before = loop.time()
        await asyncio.sleep(_LOOK)
        lags.append(1_000 * (loop.time() - before - _LOOK))
        if loop.time() >= due:
            memory.append(page * int(Path("/proc/self/statm").read_text().split()[1]))  # noqa: ASYNC240 - never waits
            due += tenth


def _now() -> datetime:
    return datetime.now(UTC)


def report(soaked: Soaked, feeds: int, every: timedelta) -> int:
    """Print what came of it; return how many requests came too soon."""
    faulty = sum(bool(fault(n, FAULTY)) for n in range(feeds))
    p99 = soaked.lags[len(soaked.lags) * 99 // 100]
    early = soaked.too_soon(every)
    print(f"{feeds:,} feeds, {faulty:,} of them faulty, every {every}; restarted in the middle")
    print(f"requests: {len(soaked.asked):,}; feeds never asked: {soaked.unpolled:,}")
    print(f"sooner than allowed: {len(early)}; by the restart: {soaked.repolled(every)}")
    print(f"event loop late: p99 {p99:.1f} ms, most {soaked.lags[-1]:.0f} ms")
    print("memory, MiB, tenth by tenth: " + " ".join(f"{one:.0f}" for one in soaked.memory))
    return len(early)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=5_000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=15, help="minutes; the feeds' interval")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))  # errors only
    every = timedelta(minutes=asked.every)
    with TemporaryDirectory() as folder:
        lasting = timedelta(minutes=asked.minutes)
        soaked = asyncio.run(soak(asked.feeds, lasting, every, Path(folder) / "farm.log"))
    return min(1, report(soaked, asked.feeds, every) + soaked.unpolled)


if __name__ == "__main__":
    raise SystemExit(main())
