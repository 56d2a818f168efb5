"""How fast due feeds reach workers: `python -m benchmarks.jobs [FEEDS] [--url URL] [--fast]`.

Fills an empty database on PostgreSQL with feeds (1,000,000 unless told), all of them due, and has
them handed out and taken: claimed in the database, put into hints of 20 to 50, enqueued, dequeued
by PgQueuer, leased with their state by a worker. Nothing is polled.
The server is one that is started here with 256 MB for its pages, where Debian's package is
installed, or the one of `--url`.

A million feeds that are polled every 15 minutes need 1,111 a second.
"""

import argparse
import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from benchmarks.measure import Meter
from bot.adapters.jobs.pgqueuer import PgQueuerJobs
from bot.adapters.store.database import SqlStore, migrate
from bot.domain.articles import Feed, FeedId
from bot.domain.hints import FEEDS, Hint, feeds_of
from bot.pipeline.dispatch import Dispatcher
from tests.fakes.postgresql import Cluster, programs

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LEASE = NOW + timedelta(minutes=3)
NEEDED = 1_000_000 / (15 * 60)
AT_ONCE = 32  # hints that a worker follows at a time, as in the program
HOSTS = 50_000
ROUND = 10_000  # feeds of a measurement
MEMORY = "256MB"  # of a server that is started here


class Workers:
    """Take the feeds that hints name, as a collector does, and poll nothing."""

    def __init__(self, store: SqlStore) -> None:
        """Take from `store`."""
        self._store = store
        self.taken = 0
        self.hints = 0

    async def follow(self, hint: Hint) -> None:
        """Take a hint's feeds."""
        holder, feeds = feeds_of(hint)
        async with self._store.transaction() as tx:
            due = await tx.feeds.take(feeds, holder, "bench", NOW, LEASE)
        self.taken += len(due)
        self.hints += 1


async def fill(store: SqlStore, feeds: int) -> None:
    """Store feeds that are due, in no order of their rows, with a state as polls leave it."""
    kept = await _example(store)
    async with store.transaction() as tx:
        await tx.connection.execute(
            text(
                "INSERT INTO feeds (id, url, workspace, name, every_us, lang, configured, due_at,"
                " stopped, failures, polled_at, state, owner, lease_until)"
                " SELECT n, 'https://h' || n % :hosts || '.example/' || n, '', 'feed ' || n,"
                " 900000000, 'en', false, :due - n::bigint * 7919 % :feeds, false, 0, :due - n,"
                " :state, '', 0"
                " FROM generate_series(1, :feeds) AS n"
            ),
            {
                "feeds": feeds,
                "hosts": HOSTS,
                "due": int(NOW.timestamp() * 1_000_000),
                "state": kept,
            },
        )
    async with store.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM (ANALYZE) feeds"))


async def _example(store: SqlStore) -> str:
    """Return a state as it is stored."""
    async with store.transaction() as tx:
        made = await tx.feeds.add(
            Feed(id=FeedId(0), url="https://a.example/", name="a", every=timedelta(minutes=15)),
            NOW + timedelta(days=1),
        )
        state = await tx.connection.scalar(text("SELECT state FROM feeds"))
        await tx.feeds.remove(made.id)
    return str(state)


async def handed_out(store: SqlStore, dispatcher: Dispatcher, rounds: int) -> None:
    """Hand out as many feeds as may wait, `rounds` times, and print how fast that was."""
    feeds, wall, cpu = 0, 0.0, 0.0
    for _ in range(rounds):
        meter = Meter()
        while some := await dispatcher.some():
            feeds += some
        spent = meter.read()
        wall, cpu = wall + spent.wall, cpu + spent.own
        await polled(store)
    report("claimed and handed out", feeds, wall, cpu)


async def taken(store: SqlStore, url: str, dispatcher: Dispatcher, feeds: int) -> None:
    """Hand out and take `feeds`, all in this process, and print how fast that was."""
    jobs, workers = PgQueuerJobs(url), Workers(store)
    working = asyncio.create_task(jobs.work({FEEDS: workers.follow}, AT_ONCE))
    meter = Meter()
    handed = 0
    while workers.taken < feeds:
        some = await dispatcher.some() if handed < feeds else 0
        handed += some
        if not some:
            await asyncio.sleep(0.01)
    spent = meter.read()
    jobs.stop()
    await working
    await polled(store)
    what = f"… and taken by a worker, {workers.taken / workers.hints:.0f} feeds a job"
    report(what, workers.taken, spent.wall, spent.own)


async def polled(store: SqlStore) -> None:
    """Have what was handed out due in a quarter of an hour, as after its polls; forget its jobs."""
    async with store.transaction() as tx:
        await tx.connection.execute(text("TRUNCATE pgqueuer, pgqueuer_log"))
        await tx.connection.execute(
            text(
                "UPDATE feeds SET due_at = due_at + 900000000, lease_until = 0, owner = ''"
                " WHERE owner <> ''"
            )
        )


def report(what: str, feeds: int, wall: float, cpu: float) -> None:
    """Print a line of the table."""
    rate = feeds / wall
    print(f"{what:48}{rate:10,.0f}{rate / NEEDED:14.1f}{1_000_000 * cpu / feeds:16.0f}", flush=True)


async def run(feeds: int, url: str) -> None:
    """Measure in an empty database."""
    await migrate(url)
    store = await SqlStore.open(url)
    store.tell(PgQueuerJobs(url))
    try:
        await fill(store, feeds)
        print(f"{feeds:,} feeds, all of them due; CPU is this process's, in µs a feed")
        print(f"{'':48}{'a second':>10}{'times needed':>14}{'CPU':>16}")
        dispatcher = Dispatcher(store, lambda: NOW, lambda: secrets.token_hex(8))
        some = min(ROUND, feeds // 6)
        await handed_out(store, dispatcher, max(1, some // 5_000))
        await taken(store, url, dispatcher, some)
        await taken(store, url, dispatcher, some)
    finally:
        await store.close()


@contextmanager
def server(given: str | None) -> Iterator[str | None]:
    """Give the address of an empty database; None where there is no server to start."""
    where = programs()
    if given is not None or where is None:
        yield given
        return
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server's user has to get in
        own = Path(folder) / "cluster"
        own.mkdir()
        cluster = Cluster(own, where, memory=MEMORY)
        cluster.start()
        try:
            yield cluster.url.render_as_string(hide_password=False)
        finally:
            cluster.stop()


def main(feeds: int, given: str | None) -> None:
    """Run, or say why not."""
    with server(given) as url:
        if url is None:
            print("No recorded data: PostgreSQL cannot be started here, and no --url names one.")
            return
        asyncio.run(run(feeds, url))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--fast", action="store_true", help="12,000 feeds")
    parser.add_argument("--url", help="an empty database on PostgreSQL")
    asked = parser.parse_args()
    main(12_000 if asked.fast else asked.feeds, asked.url)
