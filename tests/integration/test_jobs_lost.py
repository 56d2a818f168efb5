"""Jobs through PostgreSQL, when workers are killed or stopped, or the server is away."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.adapters.jobs.pgqueuer import PgQueuerJobs, connected
from bot.adapters.store.database import SqlStore
from bot.domain.errors import StoreError
from bot.domain.hints import FEEDS, DeadHint, Hint
from bot.ports.jobs import Endurance
from tests.fakes import postgresql
from tests.fakes.clock import FakeClock

HINT = Hint(queue=FEEDS, about="h 1 2")
SHORT = Endurance(silence=timedelta(seconds=1))


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Return the address of an empty database."""
    made = await postgresql.borrowed()
    yield made
    await asyncio.to_thread(postgresql.give_back, made)


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    """Return a store whose hints go through PostgreSQL; one waits."""
    opened = await SqlStore.open(url, FakeClock())
    opened.tell(PgQueuerJobs(url))
    async with opened.transaction() as tx:
        tx.hints.tell([HINT])
    yield opened
    await opened.close()


async def waiting(store: SqlStore) -> int:
    """Return how many hints wait."""
    async with store.reading() as tx:
        return await tx.hints.waiting(FEEDS)


async def followed_by(jobs: PgQueuerJobs) -> Hint:
    """Return the first hint that a worker of this process gets."""
    got: asyncio.Future[Hint] = asyncio.get_running_loop().create_future()

    async def follow(hint: Hint) -> None:
        got.set_result(hint)

    working = asyncio.create_task(jobs.work({FEEDS: follow}, 4))
    try:
        async with asyncio.timeout(10):
            return await got
    finally:
        jobs.stop()
        await working


@pytest.mark.parametrize(
    "endurance",
    [pytest.param(SHORT, id="short"), pytest.param(Endurance(), id="real", marks=pytest.mark.soak)],
)
async def test_a_killed_workers_job_is_anothers_within_ten_seconds(
    url: str, store: SqlStore, endurance: Endurance
) -> None:
    """It gives no sign of life any more; nobody has to be told that it is dead."""
    program = [sys.executable, "-m", "tests.fakes.hanging_worker", url]
    seconds = str(endurance.silence.total_seconds())
    worker = await asyncio.create_subprocess_exec(*program, seconds, stdout=asyncio.subprocess.PIPE)
    assert worker.stdout is not None
    assert (await worker.stdout.readline()).decode().strip() == HINT.about
    assert await waiting(store) == 0
    worker.kill()
    await worker.wait()
    assert await followed_by(PgQueuerJobs(url, endurance)) == HINT


async def test_a_live_workers_job_is_nobody_elses(url: str, store: SqlStore) -> None:
    """However long it takes: it gives signs of life."""
    first, second = PgQueuerJobs(url, SHORT), PgQueuerJobs(url, SHORT)
    began, may_end = asyncio.Event(), asyncio.Event()

    async def follow(hint: Hint) -> None:
        assert not began.is_set()
        began.set()
        await may_end.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(first.work({FEEDS: follow}, 4))
        await began.wait()
        group.create_task(second.work({FEEDS: _never}, 4))
        await asyncio.sleep(2.5 * SHORT.silence.total_seconds())
        may_end.set()
        first.stop()
        second.stop()
    async with store.reading() as tx:
        assert await tx.connection.scalar(text("SELECT count(*) FROM pgqueuer")) == 0


async def test_a_worker_that_is_cancelled_hands_its_job_over(url: str, store: SqlStore) -> None:
    """A stop does not wait for slow feeds, and they do not wait for a lease to end."""
    jobs = PgQueuerJobs(url)
    began = asyncio.Event()

    async def follow(hint: Hint) -> None:
        began.set()
        await asyncio.Event().wait()

    working = asyncio.create_task(jobs.work({FEEDS: follow}, 4))
    await began.wait()
    jobs.stop()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert await waiting(store) == 1


async def test_a_job_that_kills_its_workers_is_given_up(url: str, store: SqlStore) -> None:
    """No worker lives to count it: what counts is how often it was taken."""
    async with store.transaction() as tx:
        await tx.connection.execute(
            text(
                "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint)"
                " SELECT id, 'picked', 0, entrypoint FROM pgqueuer, generate_series(1, :tries)"
            ),
            {"tries": Endurance().tries},
        )
    jobs = PgQueuerJobs(url)

    async def follow(hint: Hint) -> None:
        raise AssertionError("it kills")

    working = asyncio.create_task(jobs.work({FEEDS: follow}, 4))
    found: tuple[DeadHint, ...] = ()
    async with asyncio.timeout(5):
        while not found:
            await asyncio.sleep(0.02)
            async with store.reading() as tx:
                found = await tx.hints.dead(5)
    jobs.stop()
    await working
    assert found[0].reason == "whoever followed it died, again and again"


async def test_a_worker_that_was_stopped_begins_nothing(url: str, store: SqlStore) -> None:
    """Where the stop comes before it has begun."""
    jobs = PgQueuerJobs(url)
    jobs.stop()
    await jobs.work({FEEDS: _never}, 4)
    assert await waiting(store) == 1


async def test_jobs_may_be_thrown_away_under_their_worker(url: str, store: SqlStore) -> None:
    """`TRUNCATE pgqueuer` does no harm: it ends what it follows, and gets what is told anew."""
    other = Hint(queue=FEEDS, about="h 3")
    jobs = PgQueuerJobs(url, SHORT)
    followed: list[Hint] = []
    began, may_end, enough = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def follow(hint: Hint) -> None:
        followed.append(hint)
        began.set()
        await may_end.wait()
        if len(followed) == 3:
            enough.set()

    working = asyncio.create_task(jobs.work({FEEDS: follow}, 4))
    await began.wait()
    async with store.transaction() as tx:
        await tx.connection.execute(text("TRUNCATE pgqueuer"))
    may_end.set()
    async with store.transaction() as tx:
        tx.hints.tell([HINT, other])
    async with asyncio.timeout(10):
        await enough.wait()
    jobs.stop()
    await working
    assert Counter(followed) == {HINT: 2, other: 1}
    async with store.reading() as tx:
        assert await tx.hints.counts() == ()


async def test_a_process_has_no_more_connections_than_the_manual_counts(
    url: str, store: SqlStore
) -> None:
    """Ten of the store, and two for each kind of jobs that it follows, of which there are two."""
    jobs = PgQueuerJobs(url, SHORT)
    began, may_end = asyncio.Event(), asyncio.Event()

    async def follow(hint: Hint) -> None:
        began.set()
        await may_end.wait()

    async def read() -> None:
        async with store.reading():
            await may_end.wait()

    found: dict[str, int] = {}
    async with asyncio.TaskGroup() as group:
        group.create_task(jobs.work({FEEDS: follow}, 4))
        for _ in range(12):
            group.create_task(read())
        await began.wait()
        async with asyncio.timeout(10):
            while found.get("newsthread", 0) < 10:
                found = await asyncio.to_thread(connections, url)
        await asyncio.sleep(0.1)  # for an eleventh
        found = await asyncio.to_thread(connections, url)
        may_end.set()
        jobs.stop()
    assert found == {"newsthread": 10, "newsthread jobs": 2}


def connections(url: str) -> dict[str, int]:
    """Return how many connections to a database there are, by what they are for."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, application_name="") as connection:
        rows = connection.execute(
            "SELECT application_name, count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name <> '' GROUP BY 1"
        ).fetchall()
    return dict(rows)


async def test_a_host_that_is_gone_is_noticed_by_the_server_too(url: str, store: SqlStore) -> None:
    """Cut off, it says no farewell; by itself the server would look for it after two hours."""
    names = ("idle", "interval", "count")
    settings = [*(f"tcp_keepalives_{name}" for name in names), "tcp_user_timeout"]
    asked = "SELECT " + ", ".join(f"current_setting('{name}')" for name in settings)
    expected = ("10", "5", "3", "20000")
    async with connected(url) as connection:
        cursor = await connection.execute(asked.encode())
        assert await cursor.fetchone() == expected
    async with store.reading() as tx:
        assert (await tx.connection.execute(text(asked))).one() == expected


async def test_a_server_that_is_away_is_said(url: str) -> None:
    """The next attempt is the caller's: it knows when."""
    away = make_url(url).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(StoreError, match=r"Jobs cannot be had from the database: .*port 1"):
        await PgQueuerJobs(away).work({FEEDS: _never}, 4)


@pytest.mark.parametrize("lost", [pytest.param("%", id="both"), "LISTEN%"])
async def test_a_connection_that_is_lost_ends_the_work(
    url: str, store: SqlStore, lost: str
) -> None:
    """A worker whose server was restarted begins again, and must not seem to work meanwhile.

    Nor one that hears nothing any more, and has to look for each job.
    """
    jobs = PgQueuerJobs(url, replace(SHORT, tries=1))
    began = asyncio.Event()

    async def follow(hint: Hint) -> None:
        began.set()

    working = asyncio.create_task(jobs.work({FEEDS: follow}, 4))
    await began.wait()
    async with store.transaction() as tx:
        ended = await tx.connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'newsthread jobs'"
                " AND query LIKE :lost"
            ),
            {"lost": lost},
        )
        assert ended.all()
    with pytest.raises(StoreError, match="Jobs cannot be had"):
        async with asyncio.timeout(5):
            await working


async def _never(hint: Hint) -> None:
    raise AssertionError("nothing is to be followed")
