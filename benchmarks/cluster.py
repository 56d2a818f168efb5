"""What an installation carries: `python -m benchmarks.cluster [PART …] [--fast] [--url URL]`.

Parts: `file` (insert, match and file articles), `fanout` (one story to 10,000 servers), both on
SQLite and, with `--url`, in an empty database on PostgreSQL; `polls` (1, 2 and 4 processes of
`run --role collect` on a farm of feeds), on PostgreSQL alone. Rates are this machine's; compare
them within a run.
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

from sqlalchemy import func, select, update

from benchmarks.farm import address
from bot.adapters.store import tables
from bot.adapters.store.codec import micros
from bot.adapters.store.database import SqlStore, migrate
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.config import SHIPPED, read_lexicon, read_packs
from bot.domain.articles import Entry, Feed, FeedId
from bot.domain.filing import Window
from bot.domain.polls import Outcome, PollRequest, PollResult, Validators
from bot.domain.schedule import MIN_EVERY
from bot.domain.text import LanguageDetector
from bot.domain.watches import Channel, Watch, WatchId
from bot.pipeline.collect import Collector
from bot.pipeline.compose import Composer
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise

PARTS = ("file", "fanout", "polls")
ITEMS = 30  # new articles a poll
NEEDED = 50  # alerts a second that Discord takes


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


async def again(store: SqlStore) -> None:
    """Have all feeds due now."""
    async with store.transaction() as tx:
        due = update(tables.feeds).values(due_at=micros(utc_now()))
        await tx.connection.execute(due)


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
async def _collecting(environ: Mapping[str, str], processes: int) -> AsyncIterator[None]:
    running = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run", "--role", "collect"),
            env=environ,
            stdout=asyncio.subprocess.DEVNULL,
        )
        for _ in range(processes)
    ]
    try:
        yield
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
    async with _collecting(environ, processes):
        await again(store)
        began = utc_now()
        await _until_polled(store, began, 20)  # they have started
        began, made = utc_now(), 0
        while (took := (utc_now() - began).total_seconds()) < seconds:
            await again(store)
            before = utc_now()
            await asyncio.sleep(2)
            made += await _polled(store, before)
    print(f"polls, {processes} processes: {made / took:,.0f} polls/s", flush=True)


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
    asyncio.run(run(asked.parts or list(PARTS), asked.url, fast=asked.fast))


if __name__ == "__main__":
    main()
