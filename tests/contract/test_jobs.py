"""What jobs promise: hints inside one process, and hints through PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.jobs.local import LocalJobs
from bot.adapters.jobs.pgqueuer import PgQueuerJobs
from bot.adapters.store.database import SqlStore
from bot.domain.errors import StoreError
from bot.domain.hints import FEEDS, DeadHint, Hint, HintCount, alerts_queue, feeds_of
from bot.domain.records import FeedState
from bot.pipeline.dispatch import AHEAD, Dispatcher
from bot.ports.jobs import Endurance, Follow, Jobs
from tests.contract.rows import GUILD, NEWS, NOON, alert, at, feed
from tests.fakes.clock import FakeClock
from tests.fakes.store import DATABASES, shared_database

SHORT = Endurance(tries=2, pause=timedelta(milliseconds=20), silence=timedelta(seconds=1))
SOON = 8.0  # seconds
ONE = Hint(queue=FEEDS, about=" 1")
TWO = Hint(queue=FEEDS, about=" 2")


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Return the kind of database."""
    return str(request.param)


@pytest.fixture
async def url(database: str, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a database with the schema in place."""
    async with shared_database(database, tmp_path) as made:
        yield made


@pytest.fixture
def jobs(database: str, url: str) -> Jobs:
    """Return the jobs that go with the database."""
    return LocalJobs(FakeClock(), SHORT) if database == "sqlite" else PgQueuerJobs(url, SHORT)


@pytest.fixture
async def store(url: str, jobs: Jobs) -> AsyncIterator[SqlStore]:
    """Return a store that tells these jobs what is due."""
    opened = await SqlStore.open(url, FakeClock())
    opened.tell(jobs)
    yield opened
    await opened.close()


class Followers:
    """Note what they follow."""

    def __init__(self, fails: Callable[[Hint], bool] = lambda _: False) -> None:
        """Fail where `fails` says so."""
        self._fails = fails
        self.followed: list[Hint] = []
        self.went_on = asyncio.Event()

    async def follow(self, hint: Hint) -> None:
        """Follow a hint."""
        self.followed.append(hint)
        self.went_on.set()
        if self._fails(hint):
            raise StoreError("The disk is full.")

    async def until(self, done: Callable[[list[Hint]], bool]) -> list[Hint]:
        """Wait until they followed what they are to follow; return it."""
        async with asyncio.timeout(SOON):
            while not done(self.followed):
                self.went_on.clear()
                await self.went_on.wait()
        return self.followed


@asynccontextmanager
async def working(jobs: Jobs, follow: Follow, *queues: str) -> AsyncIterator[None]:
    """Have hints followed until the block ends."""
    task = asyncio.create_task(jobs.work(dict.fromkeys(queues or (FEEDS,), follow), 4))
    try:
        yield
    finally:
        jobs.stop()
        await task


async def tell(store: SqlStore, *hints: Hint) -> None:
    """Give hints."""
    async with store.transaction() as tx:
        tx.hints.tell(hints)


async def waiting(store: SqlStore, queue: str = FEEDS) -> int:
    """Return how many hints wait."""
    async with store.reading() as tx:
        return await tx.hints.waiting(queue)


async def dead(store: SqlStore) -> tuple[DeadHint, ...]:
    """Return what was given up, when there is something."""
    async with asyncio.timeout(SOON):
        while True:
            async with store.reading() as tx:
                if found := await tx.hints.dead(5):
                    return found
            await asyncio.sleep(0.02)


async def test_a_hint_is_followed_once_and_settled(store: SqlStore, jobs: Jobs) -> None:
    """What waits when a worker begins is followed, and what comes while it works."""
    followers = Followers()
    await tell(store, ONE)
    async with working(jobs, followers.follow):
        await followers.until(lambda hints: hints == [ONE])
        await tell(store, TWO)
        await followers.until(lambda hints: hints == [ONE, TWO])
    assert await waiting(store) == 0


async def test_a_hint_is_on_its_way_with_the_commit_and_gone_with_the_rollback(
    store: SqlStore,
) -> None:
    """Whoever followed it before would find nothing due, and the hint would be lost."""
    with suppress(ZeroDivisionError):
        async with store.transaction() as tx:
            tx.hints.tell([ONE])
            await tx.feeds.add(feed("lost"), NOON)
            raise ZeroDivisionError
    assert await waiting(store) == 0
    async with store.transaction() as tx:
        await tx.feeds.add(feed("kept"), NOON)
    assert await waiting(store) == 1
    async with store.reading() as tx:
        assert await tx.hints.counts() == (HintCount(queue=FEEDS, waiting=1, dead=0),)


async def test_what_is_said_twice_waits_once_until_it_was_followed(
    store: SqlStore, jobs: Jobs
) -> None:
    """A hundred alerts of a workspace are one thing to do."""
    may_end = asyncio.Event()
    followers = Followers()

    async def slow(hint: Hint) -> None:
        await followers.follow(hint)
        await may_end.wait()

    await tell(store, ONE)
    await tell(store, ONE)
    assert await waiting(store) == 1
    async with working(jobs, slow):
        await followers.until(lambda hints: hints == [ONE])
        await tell(store, ONE, TWO)
        await followers.until(lambda hints: hints == [ONE, TWO])
        may_end.set()
        async with asyncio.timeout(SOON):
            while len(followers.followed) == 2:  # settled by and by
                await tell(store, ONE)
                await asyncio.sleep(0.02)
    assert followers.followed[2] == ONE


async def test_feeds_that_become_due_are_told_in_batches_with_a_host_together(
    store: SqlStore, jobs: Jobs
) -> None:
    """One worker keeps a host's feeds apart; one job a feed would be too many."""
    async with store.transaction() as tx:
        for number in range(130):
            host = f"h{number % 13}.example"
            await tx.feeds.add(feed(str(number), url=f"https://{host}/{number}"), NOON)
        later = await tx.feeds.add(feed("later"), at(1))
    followers = Followers()
    async with working(jobs, followers.follow):
        hints = await followers.until(lambda hints: len(hints) == 3)
    batches = [feeds_of(hint)[1] for hint in hints]
    async with store.reading() as tx:
        lines = await tx.feeds.list()
    host_of = {line.feed.id: line.feed.url.split("/")[2] for line in lines}
    hosts = [{host_of[one] for one in batch} for batch in batches]
    assert sorted(map(len, batches)) == [30, 50, 50]
    assert sum(map(len, hosts)) == 13
    assert later.id not in {one for batch in batches for one in batch}


async def test_alerts_that_become_due_are_told_by_workspace(store: SqlStore, jobs: Jobs) -> None:
    """A workspace's limits are one worker's to keep; what is due later is left to the sweep."""
    other = replace(GUILD, scope=replace(GUILD.scope, workspace="2"))
    async with store.transaction() as tx:
        await tx.outbox.add(
            [
                *(alert(f"a{n}", channel=channel) for n, channel in enumerate((GUILD, GUILD))),
                alert("b", channel=NEWS),
                alert("c", channel=other, due_at=at(1)),
            ]
        )
    followers = Followers()
    queues = (alerts_queue("discord"), alerts_queue("sandbox"))
    async with working(jobs, followers.follow, *queues):
        hints = await followers.until(lambda hints: len(hints) == 2)
    assert {(hint.queue, hint.about) for hint in hints} == {
        (queues[0], GUILD.scope.workspace),
        (queues[1], NEWS.scope.workspace),
    }


async def test_a_hint_that_keeps_failing_is_given_up_and_shown_and_holds_up_no_other(
    store: SqlStore, jobs: Jobs
) -> None:
    """What failed for a day is forgotten then: its feeds are handed out again anyway."""
    followers = Followers(fails=lambda hint: hint == ONE)
    await tell(store, ONE, TWO)
    async with working(jobs, followers.follow):
        (given_up,) = await dead(store)
    assert (given_up.hint, given_up.reason) == (ONE, "The disk is full.")
    assert (followers.followed.count(ONE), followers.followed.count(TWO)) == (SHORT.tries, 1)
    async with store.transaction() as tx:
        assert await tx.hints.counts() == (HintCount(queue=FEEDS, waiting=0, dead=1),)
        await tx.hints.prune(given_up.at + timedelta(hours=23))
        assert await tx.hints.dead(5) == (given_up,)
        await tx.hints.prune(given_up.at + timedelta(hours=25))
        assert await tx.hints.dead(5) == ()


async def test_a_hint_that_fails_is_soon_followed_again_however_often_it_failed(
    store: SqlStore, database: str, url: str
) -> None:
    """It stands in for all that becomes due there meanwhile: the same is not put in twice."""
    lasting = Endurance(tries=3, pause=timedelta(minutes=1), longest=timedelta(milliseconds=20))
    jobs = LocalJobs(FakeClock(), lasting) if database == "sqlite" else PgQueuerJobs(url, lasting)
    store.tell(jobs)
    followers = Followers(fails=lambda _: True)
    await tell(store, ONE)
    async with working(jobs, followers.follow):
        await followers.until(lambda followed: len(followed) == lasting.tries)
    assert Endurance().after(Endurance().tries) == Endurance().longest


async def test_an_errors_words_are_kept_only_where_they_are_ours(
    store: SqlStore, jobs: Jobs
) -> None:
    """Others' may hold an address with a token, or what a server said."""

    async def broken(hint: Hint) -> None:
        raise ValueError("https://a.example/?token=secret")

    await tell(store, ONE)
    async with working(jobs, broken):
        (given_up,) = await dead(store)
    assert given_up.reason == "ValueError"


async def test_a_lost_hint_loses_nothing(store: SqlStore, jobs: Jobs) -> None:
    """The database is the truth: the feed is handed out again, the alert is found by a sweep."""
    clock = FakeClock()
    dispatcher = Dispatcher(store, clock, lambda: f"h{clock.now.minute}")
    async with store.transaction() as tx:
        one = await tx.feeds.add(feed("a"), at(1))
        await tx.outbox.add([alert("a", channel=GUILD, due_at=at(1))])
    clock.pass_("1m")
    assert await dispatcher.some() == 1
    assert await dispatcher.some() == 0  # it is held
    clock.pass_("3m")
    assert await dispatcher.some() == 1
    async with store.transaction() as tx:
        assert await tx.feeds.take([one.id], "h1", "late", clock.now, at(9)) == ()
        (taken,) = await tx.feeds.take([one.id], "h4", "w", clock.now, at(9))
        assert await tx.outbox.waiting("discord", clock.now, 5) == (GUILD.scope,)
    assert taken.feed == one


async def test_who_takes_a_job_over_has_its_feeds_and_the_one_before_has_not(
    store: SqlStore,
) -> None:
    """A worker that was only stopped comes back late, and changes nothing."""
    async with store.transaction() as tx:
        one = await tx.feeds.add(feed("a"), NOON)
        await tx.feeds.reserve("h", NOON, at(3), 5)
        (stale,) = await tx.feeds.take([one.id], "h", "first", NOON, at(3))
        assert await tx.feeds.take([one.id], "", "stranger", NOON, at(3)) == ()
        (fresh,) = await tx.feeds.take([one.id], "h", "second", NOON, at(3))
        state = FeedState(due_at=at(9))
        assert not await tx.feeds.settle(one.id, stale.owner, state)
        assert await tx.feeds.settle(one.id, fresh.owner, state)
        assert await tx.feeds.take([one.id], "h", "third", NOON, at(3)) == ()


async def test_a_backlog_is_handed_out_only_as_far_as_it_is_followed_soon(
    store: SqlStore,
) -> None:
    """A million due feeds are rows, not jobs."""
    async with store.transaction() as tx:
        tx.hints.tell([Hint(queue=FEEDS, about=f" {n}") for n in range(AHEAD)])
        await tx.feeds.add(feed("a"), at(1))
    dispatcher = Dispatcher(store, lambda: at(2), lambda: "h")
    await dispatcher.tick()
    assert await waiting(store) == AHEAD
