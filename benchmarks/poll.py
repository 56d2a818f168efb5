"""What a poll costs, on a local farm of feeds: `python -m benchmarks.poll [--feeds 1000] [--fast]`.

The code path is the bot's: feeds are claimed, fetched, parsed in the child, sifted, matched and
stored in SQLite. The farm is a process of its own, whose CPU is not counted; each feed has 30 items
in 20 to 45 kB and an address of its own. A cold poll, with an empty database, is made twice, the
others several times. The unit of the ratios is a bare GET of the same documents over the same
transport.
"""

import argparse
import asyncio
import ipaddress
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import structlog
from httpx_aiohttp import AiohttpTransport

from benchmarks.farm import address
from benchmarks.measure import Meter, Spent, header, largest_child_mb, median, peak_mb, row
from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.store.database import SqlStore, migrate
from bot.domain.articles import Feed, FeedId
from bot.domain.polls import Outcome
from bot.domain.watches import Channel, Watch, WatchId
from bot.pipeline.collect import Collector
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from tests.fakes.clock import FakeClock
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs

EVERY = timedelta(minutes=15)
AT_ONCE = 20
"""Requests in flight, as many as the bot has."""


@contextmanager
def farm(feeds: int, *more: str) -> Iterator[dict[str, int]]:
    """Run the farm, with more arguments; gives its ports, `with` and `without` validators."""
    command = [sys.executable, "-m", "benchmarks.farm", "--feeds", str(feeds), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own module
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def addresses(feeds: int, port: int) -> list[str]:
    """Return the URLs of the feeds on a port of the farm."""
    return [f"http://{address(n)}:{port}/feed.xml" for n in range(feeds)]


async def bare(urls: Sequence[str]) -> Spent:
    """Fetch each document with httpx over aiohttp, and nothing else."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(transport=AiohttpTransport(), trust_env=False) as client:

        async def get(url: str) -> None:
            async with turns:
                assert (await client.get(url)).status_code == 200

        meter = Meter()
        await asyncio.gather(*map(get, urls))
        return meter.read()


def grow_farm(port: int, generation: int) -> None:
    """Give each feed of the farm so many times one to three items on top of its first 30."""
    httpx.get(f"http://{address(0)}:{port}/generation/{generation}", trust_env=False, timeout=600)


class Bench:
    """The collecting half of the bot, on a database of its own."""

    def __init__(self, store: SqlStore, clock: FakeClock) -> None:
        """Use a store that is empty."""
        self.store, self.clock = store, clock
        self.child_mb = 0.0  # peak memory of the parser's largest child
        self.sorter = Sorter(shipped_packs(), new_window, shipped_detector())

    async def watch(self, urls: Sequence[str]) -> None:
        """Set up the feeds, all due at once, and the three starter watches."""
        feeds = [Feed(id=FeedId(0), url=url, name=url[7:-9], every=EVERY) for url in urls]
        watches = [
            Watch(
                id=WatchId(0),
                scope=None,
                name=name,
                query=f"pack:{name}",
                channels=(Channel.parse("sandbox:news"),),
                created_at=self.clock(),
            )
            for name in ("cecot", "bukele", "deportation")
        ]
        async with self.store.transaction() as tx:
            await synchronise(
                tx, feeds, watches, [], lambda _every, _url: self.clock(), self.clock()
            )

    async def poll_all(self, expected: Outcome, feeds: int) -> Spent:
        """Poll every feed once; the parser's children are started and ended within."""
        self.clock.now += timedelta(days=1)
        meter = Meter()
        source = HttpFeedSource(
            FetchSettings(
                user_agent="Newsthread-benchmark",
                allow_addresses=(ipaddress.ip_network("127.0.0.0/8"),),
                at_once=AT_ONCE,
            ),
            self.clock,
        )
        async with source:
            collector = Collector(
                self.store, source, self.sorter, self.clock, lambda: 0.5, "benchmark"
            )
            polls = await collector.once()
            self.child_mb = max(self.child_mb, largest_child_mb("bot.adapters.feeds.worker"))
        spent = meter.read()
        assert [poll.result.outcome for poll in polls] == [expected] * feeds
        return spent


async def measure(
    feeds: int, ports: dict[str, int], rounds: int, spent: defaultdict[str, list[Spent]]
) -> float:
    """Measure everything, into `spent`, by row; return the peak memory of a child, MB."""
    child = 0.0
    for _ in range(rounds):
        spent["a bare GET"].append(await bare(addresses(feeds, ports["without"])))
    for port, again in (("with", "not modified (304)"), ("without", "the same body again")):
        with TemporaryDirectory() as folder:
            url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
            await migrate(url)
            clock = FakeClock()
            store = await SqlStore.open(url, clock)
            try:
                bench = Bench(store, clock)
                await bench.watch(addresses(feeds, ports[port]))
                spent["cold: 30 new items"].append(await bench.poll_all(Outcome.OK, feeds))
                for _ in range(rounds):
                    spent[again].append(await bench.poll_all(Outcome.NOT_MODIFIED, feeds))
                for generation in range(1, rounds + 1):
                    await asyncio.to_thread(grow_farm, ports[port], generation)
                    spent["1 to 3 new of 30 items"].append(await bench.poll_all(Outcome.OK, feeds))
                await asyncio.to_thread(grow_farm, ports[port], 0)
                child = max(child, bench.child_mb)
            finally:
                await store.close()
    return child


def report(feeds: int, rounds: int) -> None:
    """Print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))  # errors only
    spent: defaultdict[str, list[Spent]] = defaultdict(list)
    with farm(feeds) as ports:
        child = asyncio.run(measure(feeds, ports, rounds, spent))
    print(f"{feeds:,} feeds, median of {rounds} rounds, of 2 for the cold one")
    header("feed", "a bare GET")
    base = median(spent["a bare GET"])
    for name, taken in spent.items():
        row(name, median(taken), feeds, base, feeds)
    print(f"peak memory: {peak_mb():.0f} MB here, {child:.0f} MB in a child")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fast", action="store_true", help="8 feeds, one round")
    asked = parser.parse_args()
    report(8 if asked.fast else asked.feeds, 1 if asked.fast else asked.rounds)


if __name__ == "__main__":
    main()
