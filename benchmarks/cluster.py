"""What an installation carries: `python -m benchmarks.cluster [PART …] [--fast] [--url URL]`.

Parts: `file` (insert, match and file articles), `fanout` (one story to 10,000 servers), both on
SQLite and on PostgreSQL; `polls` (1, 2 and 4 processes of `run --role collect` on a farm of feeds),
on PostgreSQL alone. That is an empty database of `--url`, or a server that is started here. Rates
are this machine's; compare them within a run.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select, text, update

from benchmarks.farm import address
from benchmarks.jobs import server
from bot.adapters.store import tables
from bot.adapters.store.codec import micros
from bot.adapters.store.database import SqlStore, migrate
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.articles import Entry, Feed, FeedId
from bot.domain.filing import Window
from bot.domain.polls import Outcome, PollRequest, PollResult, Validators
from bot.domain.schedule import MIN_EVERY
from bot.domain.text import LanguageDetector
from bot.domain.watches import Channel, Watch, WatchId
from bot.logs import configure_logs
from bot.pipeline.collect import Collector
from bot.pipeline.compose import Composer
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from bot.shipped import SHIPPED, read_lexicon, read_packs

PARTS = ("file", "fanout", "polls")
ITEMS = 30  # new articles a poll
NEEDED = 50  # alerts a second that Discord takes
AGAIN = 0.5  # seconds until what was polled is due again


def utc_now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(UTC)


class Words:
    """A feed source whose every poll brings new articles of 60 words made up."""

    def __init__(self, items: int, watched: int) -> None:
        """Bring so many a poll, one in `watched` of which the watch wants."""
        self._items = items
        self._watched = watched
        self._chance = random.Random(1)  # noqa: S311 - the same words each time
        self._made = 0
        syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
        self._words = ["".join(self._chance.choices(syllables, k=3)) for _ in range(20_000)]

    async def poll(self, request: PollRequest) -> PollResult:
        """See `bot.ports.world.FeedSource.poll`."""
        return PollResult(
            url=request.url,
            final_url=request.url,
            status=200,
            outcome=Outcome.OK,
            entries=tuple(self._entry() for _ in range(self._items)),
            validators=Validators(),
        )

    def _entry(self) -> Entry:
        self._made += 1
        words = self._chance.choices(self._words, k=60)
        watched = "" if self._made % self._watched else " watched"
        return Entry(
            id=str(self._made),
            link=f"https://news.example/{self._made}",
            title=" ".join(words[:9]) + watched,
            summary=" ".join(words),
        )


@asynccontextmanager
async def opened(url: str, feeds: int, channels: int) -> AsyncIterator[SqlStore]:
    """Open an empty database with feeds that are due, and a watch in each of so many servers."""
    await migrate(url)
    store = await SqlStore.open(url)
    now = utc_now()
    places = [Channel.parse(f"discord:{n}/1") for n in range(1, channels + 1)]
    async with store.transaction() as tx:
        given = [
            Feed(
                id=FeedId(0),
                url=f"https://outlet{n}.example/feed",
                name=f"Outlet {n}",
                every=MIN_EVERY,
                lang="en",
            )
            for n in range(feeds)
        ]
        await synchronise(tx, given, [], [], lambda _every, _url: now, now)
        for place in places:
            watch = Watch(
                id=WatchId(0),
                scope=place.scope,
                name="watched",
                query="watched",
                channels=(place,),
                created_at=now,
            )
            await tx.watches.add(watch)
    try:
        yield store
    finally:
        await store.close()


def collector(store: SqlStore, items: int, watched: int) -> Collector:
    """Return what polls `Words`."""
    lexicon, background = read_lexicon()
    sorter = Sorter(
        read_packs(SHIPPED / "packs"), lambda: Window(lexicon, background), LanguageDetector()
    )
    return Collector(store, Words(items, watched), sorter, utc_now, random.random, "bench")


async def again(store: SqlStore) -> int:
    """Have the feeds due now that were polled and are nobody's; return how many those are."""
    now = micros(utc_now())
    feeds = tables.feeds.c
    polled = select(feeds.id).where(feeds.due_at > now, feeds.lease_until == 0)
    ours = polled.order_by(feeds.id).with_for_update(skip_locked=True)
    async with store.transaction() as tx:
        due = update(tables.feeds).where(feeds.id.in_(ours.scalar_subquery())).values(due_at=now)
        return int((await tx.connection.execute(due)).rowcount)


async def file(database: str, url: str, *, fast: bool) -> None:
    """Print how many articles a second are inserted, matched and filed (half of them match)."""
    feeds = 2 if fast else 20
    async with opened(url, feeds, 1) as store:
        polling = collector(store, ITEMS, 2)
        await polling.once()
        rounds = 1 if fast else 3
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(rounds):
            await again(store)
            await polling.once()
        took, used = time.perf_counter() - began, time.process_time() - cpu
    articles = rounds * feeds * ITEMS
    print(
        f"file, {database}: {articles / took:,.0f} articles/s, "
        f"{1_000 * used / articles:.1f} ms of CPU each"
    )


async def fanout(database: str, url: str, *, fast: bool) -> None:
    """Print how fast one story is composed for many servers, against what Discord takes."""
    servers = 50 if fast else 10_000
    async with opened(url, 1, servers) as store:
        polling = collector(store, 1, 1)
        await polling.once()
        await again(store)
        began, cpu = time.perf_counter(), time.process_time()
        await polling.once()
        filed = time.perf_counter() - began
        composer = Composer(store, ExtractiveSummariser(), utc_now, "bench")
        alerts = 0
        while done := await composer.tick():
            alerts += done
        took, used = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"fanout, {database}: {alerts:,} alerts of one story, filed in {filed:.1f} s, "
        f"all in the outbox after {took:.1f} s: {alerts / took:,.0f}/s "
        f"(Discord takes {NEEDED}/s), {1_000 * used / max(alerts, 1):.1f} ms of CPU each"
    )


async def polls(url: str, *, fast: bool) -> None:
    """Print how many polls a second 1, 2 and 4 processes make that bring nothing new."""
    feeds, seconds = (20, 3) if fast else (1_000, 30)
    farm = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.farm", "--feeds", str(feeds)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert farm.stdout is not None
    try:
        port = json.loads(await farm.stdout.readline())["with"]
        with TemporaryDirectory() as folder:
            environ = _environ(Path(folder), url, feeds, port)
            await migrate(url)
            store = await SqlStore.open(url)
            try:
                await _seeded(store, environ, feeds)
                for processes in (1,) if fast else (1, 2, 4):
                    await _rate(store, environ, processes, seconds)
            finally:
                await store.close()
    finally:
        farm.kill()
        await farm.wait()


def _environ(folder: Path, url: str, feeds: int, port: int) -> Mapping[str, str]:
    config = folder / "newsthread.toml"
    lines = [
        f'[[feeds]]\nurl = "http://{address(n)}:{port}/feed.xml"\nname = "Site {n}"\nevery = "5m"'
        for n in range(feeds)
    ]
    config.write_text("\n".join(lines), encoding="utf-8")
    return {
        **os.environ,
        "NEWSTHREAD_CONFIG": str(config),
        "DATABASE_URL": url,
        "NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/8",
        "LOG_LEVEL": "error",
    }


@asynccontextmanager
async def _collecting(environ: Mapping[str, str], processes: int) -> AsyncIterator[list[int]]:
    """Have processes collect until the block ends; give their numbers."""
    running = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run", "--role", "collect"),
            env=environ,
            stdout=asyncio.subprocess.DEVNULL,
        )
        for _ in range(processes)
    ]
    try:
        yield [process.pid for process in running]
    finally:
        for process in running:
            process.terminate()
        await asyncio.gather(*(process.wait() for process in running))


async def _polled(store: SqlStore, since: datetime) -> int:
    async with store.reading() as tx:
        count = select(func.count()).where(tables.feeds.c.polled_at >= micros(since))
        return int(await tx.connection.scalar(count) or 0)


async def _until_polled(store: SqlStore, since: datetime, feeds: int) -> None:
    while await _polled(store, since) < feeds:  # noqa: ASYNC110 - other processes do it
        await asyncio.sleep(0.2)


async def _seeded(store: SqlStore, environ: Mapping[str, str], feeds: int) -> None:
    """Have each feed read once, so that what follows is not modified."""
    began = utc_now()
    async with _collecting(environ, 2):
        await _until_polled(store, began, feeds)  # new feeds are spread over half a minute


async def _rate(store: SqlStore, environ: Mapping[str, str], processes: int, seconds: int) -> None:
    async with _collecting(environ, processes) as numbers:
        while await _following(store) < processes:  # noqa: ASYNC110 - other processes do it
            await asyncio.sleep(0.2)
        await again(store)
        await asyncio.sleep(seconds / 6)  # they have their connections, and are warm
        await again(store)
        began, made, cpu = time.perf_counter(), 0, _cpu(numbers)
        while (took := time.perf_counter() - began) < seconds:
            await asyncio.sleep(AGAIN)
            made += await again(store)
        cpu = _cpu(numbers) - cpu
    each = f", {1_000 * cpu / max(made, 1):.1f} ms of CPU each" if cpu else ""
    print(f"polls, {processes} processes: {made / took:,.0f} polls/s{each}", flush=True)


async def _following(store: SqlStore) -> int:
    """Return how many processes wait for jobs: each listens on a connection."""
    listen = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'newsthread jobs' AND query LIKE 'LISTEN%'"
    )
    async with store.reading() as tx:
        return int(await tx.connection.scalar(text(listen)))


def _cpu(numbers: list[int]) -> float:
    """Return the CPU seconds of processes with their threads; 0 where Linux does not tell."""
    ticks = 0
    for number in numbers:
        stat = Path(f"/proc/{number}/stat")
        if stat.exists():
            user, system = stat.read_text().rpartition(")")[2].split()[11:13]
            ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


async def run(parts: list[str], server: str, *, fast: bool) -> None:
    """Run what is asked for."""
    for name, part in (("file", file), ("fanout", fanout)):
        if name in parts:
            with TemporaryDirectory() as folder:
                await part("SQLite", f"sqlite+aiosqlite:///{folder}/bench.db", fast=fast)
            if server:
                await part("PostgreSQL", server, fast=fast)
                await _emptied(server)
    if "polls" in parts and server:
        await polls(server, fast=fast)
        await _emptied(server)


async def _emptied(url: str) -> None:
    store = await SqlStore.open(url)
    async with store.transaction() as tx:
        for table in tables.metadata.sorted_tables:
            await tx.connection.execute(table.delete())
    await store.close()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--url", default="", help="an empty database on PostgreSQL")
    parser.add_argument("--fast", action="store_true", help="seconds, to see that it runs")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)!r}: take of {', '.join(PARTS)}")
    configure_logs("error")  # it says the same a thousand times
    with server(asked.url or None) as url:
        if url is None:
            print("SQLite alone: PostgreSQL cannot be started here, and no --url names one.")
        asyncio.run(run(asked.parts or list(PARTS), url or "", fast=asked.fast))


if __name__ == "__main__":
    main()
