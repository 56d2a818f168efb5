"""What a store promises where several workers share it: the deployments of many machines."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain.messages import Alert
from bot.domain.records import ClaimedThread, DueFeed
from bot.domain.stories import StoryId
from bot.domain.watches import Channel
from tests.contract.rows import NOON, alert, at, feed
from tests.fakes.clock import FakeClock
from tests.fakes.store import DATABASES, shared_database

WORKERS = 4
CHANNELS = [Channel.parse(f"sandbox:c{number}") for number in range(6)]


@pytest.fixture(params=DATABASES)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a database with the schema in place."""
    async with shared_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
async def workers(url: str) -> AsyncIterator[list[SqlStore]]:
    """Return the stores of workers that know nothing of one another."""
    opened = [await SqlStore.open(url, FakeClock()) for _ in range(WORKERS)]
    yield opened
    for store in opened:
        await store.close()


async def names(store: SqlStore) -> list[str]:
    """Return the stored feeds' names."""
    async with store.reading() as tx:
        return [line.feed.name for line in await tx.feeds.list()]


async def add(store: SqlStore, *these: str) -> None:
    """Store feeds in one transaction."""
    async with store.transaction() as tx:
        for name in these:
            await tx.feeds.add(feed(name), NOON)


async def test_a_channel_has_one_alert_in_flight_whoever_sends(workers: list[SqlStore]) -> None:
    """Two at once would post out of order, and a reply before its card."""
    async with workers[0].transaction() as tx:
        await tx.outbox.add(
            [alert(f"{channel} {n}", channel=channel) for channel in CHANNELS for n in range(3)]
        )

    async def claim(store: SqlStore, owner: str) -> tuple[Alert, ...]:
        async with store.transaction() as tx:
            return await tx.outbox.claim("sandbox", owner, NOON, at(1), 2)

    claimed = await asyncio.gather(
        *(claim(store, f"w{n} {round_}") for round_ in range(3) for n, store in enumerate(workers))
    )
    flying = Counter(one.channel for got in claimed for one in got)
    assert flying == dict.fromkeys(CHANNELS, 1)


async def test_a_due_feed_is_given_to_one_worker(workers: list[SqlStore]) -> None:
    """Two polls of a feed at once would be impolite, and one of them for nothing."""
    await add(workers[0], *(f"f{number:02}" for number in range(40)))

    async def claim(store: SqlStore, owner: str) -> tuple[DueFeed, ...]:
        async with store.transaction() as tx:
            return await tx.feeds.claim(owner, NOON, at(1), 7)

    claimed = await asyncio.gather(
        *(claim(store, f"w{n} {round_}") for round_ in range(2) for n, store in enumerate(workers))
    )
    given = Counter(due.feed.name for got in claimed for due in got)
    assert set(given.values()) == {1}
    assert len(given) == 40


async def test_a_channels_threads_go_to_one_composer(workers: list[SqlStore]) -> None:
    """Else two would open a card for one story, or two bursts."""
    async with workers[0].transaction() as tx:
        for channel in CHANNELS:
            for code in ("AAAA", "BBBB"):
                await tx.threads.open(channel, StoryId(code), NOON, NOON)

    async def claim(store: SqlStore, owner: str) -> tuple[ClaimedThread, ...]:
        async with store.transaction() as tx:
            return await tx.threads.claim(owner, NOON, at(1), 3)

    claimed = await asyncio.gather(*(claim(one, f"w{n}") for n, one in enumerate(workers)))
    owners = {(one.thread.channel, one.owner) for got in claimed for one in got}
    stories = Counter((one.thread.channel, one.thread.story) for got in claimed for one in got)
    assert len(owners) == len({channel for channel, _ in owners})
    assert set(stories.values()) == {1}


async def test_what_is_read_to_be_written_is_nobody_elses_meanwhile(
    workers: list[SqlStore],
) -> None:
    """Editors and steps read a row, decide, and write: no update of another worker is lost."""
    scope = CHANNELS[0].scope

    async def count_up(store: SqlStore) -> None:
        async with store.transaction() as tx:
            seen = await tx.people.seen(scope, "ann") or NOON
            await asyncio.sleep(0)
            await tx.people.saw(scope, "ann", seen + timedelta(minutes=1))

    await asyncio.gather(*(count_up(store) for _ in range(5) for store in workers))
    async with workers[0].reading() as tx:
        assert await tx.people.seen(scope, "ann") == at(5 * WORKERS)


async def test_a_reader_sees_one_moment_and_holds_up_no_writer(workers: list[SqlStore]) -> None:
    """A page is drawn from one state of the database, while polls go on."""
    await add(workers[0], "a")
    async with workers[0].reading() as tx:
        before = await tx.feeds.list()
        await asyncio.wait_for(add(workers[1], "b"), 5)
        after = await tx.feeds.list()
    assert before == after
    assert await names(workers[0]) == ["a", "b"]


async def test_an_error_rolls_everything_back(workers: list[SqlStore]) -> None:
    """Whatever a transaction wrote is there when it ends, or nothing is."""
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the transaction is the statement
        async with workers[0].transaction() as tx:
            await tx.feeds.add(feed("a"), NOON)
            await tx.outbox.add([alert("k")])
            raise ZeroDivisionError
    async with workers[1].reading() as tx:
        assert await tx.feeds.list() == ()
        assert await tx.outbox.get("k") is None
    await add(workers[1], "next")


async def test_a_task_that_is_cancelled_anywhere_leaves_all_or_nothing(
    workers: list[SqlStore],
) -> None:
    """Cancelled at every await in turn: no transaction stays open, the others go on."""
    whole = 0
    for steps in range(40):
        task = asyncio.ensure_future(add(workers[0], f"a{steps}", f"b{steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(5):
            found = {name for name in await names(workers[0]) if name[1:] == str(steps)}
            await add(workers[1], f"next{steps}")
        assert found in (set(), {f"a{steps}", f"b{steps}"})
        whole += bool(found)
    assert len(await names(workers[0])) == 40 + 2 * whole


WRITER = """
import asyncio, sys
from bot.adapters.store.database import SqlStore
from tests.contract.rows import NOON, alert, feed
async def main():
    store = await SqlStore.open(sys.argv[1])
    for number in range(100_000):
        async with store.transaction() as tx:
            await tx.feeds.add(feed(f"a{number}"), NOON)
            await tx.outbox.add([alert(f"a{number}")])
        print(number, flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 7, 23])
async def test_a_killed_writer_leaves_whole_transactions_and_no_lock(
    url: str, workers: list[SqlStore], after: int
) -> None:
    """SIGKILL at any moment: what was said to be stored is there, half of one never is."""
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own interpreter and program
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        said = [int(await asyncio.to_thread(process.stdout.readline)) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout.read().split(b"\n") if line]
    process.wait()
    async with asyncio.timeout(5):
        await add(workers[0], "next")
    found = set(await names(workers[0])) - {"next"}
    async with workers[0].reading() as tx:
        alerts = {name for name in found if await tx.outbox.get(name) is not None}
        more = await tx.outbox.get(f"a{len(found)}")
    assert alerts == found
    assert more is None
    assert {f"a{number}" for number in said} <= found
