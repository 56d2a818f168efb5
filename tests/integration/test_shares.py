"""Processes share a work out: on PostgreSQL by locks that go with their owner."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.adapters.store.database import make_engine
from bot.adapters.store.shares import OwnShares, ServerShares, shares_of
from bot.domain.errors import StoreError
from tests.fakes import postgresql

SOON = timedelta(seconds=0.3)
LONG = timedelta(minutes=1)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    borrowed = await postgresql.borrowed()
    yield borrowed
    await asyncio.to_thread(postgresql.give_back, borrowed)


@pytest.fixture
async def shares(url: str) -> AsyncIterator[list[ServerShares]]:
    """Return the shares of three processes."""
    engines = [make_engine(url) for _ in range(3)]
    made = [ServerShares(engine) for engine in engines]
    yield made
    for one, engine in zip(made, engines, strict=True):
        await one.leave()
        await engine.dispose()


async def takes(shares: ServerShares, work: str, parts: int) -> None:
    """Wait until one has all parts of a work: a session that ends takes a moment."""
    async with asyncio.timeout(20):
        while await shares.of(work, parts) != set(range(parts)):  # noqa: ASYNC110 - rings no bell
            await asyncio.sleep(0.02)


async def looks(shares: list[ServerShares]) -> list[frozenset[int]]:
    """Have each look until nothing moves; return what each has."""
    for _ in range(2):
        for one in shares:
            await one.of("work", 4)
    return [await one.of("work", 4) for one in shares]


async def test_who_comes_gets_a_share_and_who_goes_leaves_it(shares: list[ServerShares]) -> None:
    one, two, three = shares
    assert await one.of("work", 4) == {0, 1, 2, 3}
    assert await two.of("work", 4) == frozenset()  # what another has is not taken from it
    assert await one.of("work", 4) == {0, 1}
    assert await two.of("work", 4) == {2, 3}
    assert await three.of("other", 2) == {0, 1}  # another work has its own parts
    await one.leave()
    await takes(two, "work", 4)
    has = await looks([one, two])
    assert sorted(map(len, has)) == [2, 2]


async def test_who_dies_or_is_cut_off_loses_its_parts_and_comes_again(
    shares: list[ServerShares], url: str
) -> None:
    """The server ends the session, by itself or because the other side is gone."""
    one, two, _ = shares
    assert await one.of("work", 2) == {0, 1}
    await asyncio.to_thread(
        postgresql.execute,
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    await takes(two, "work", 2)
    with pytest.raises(StoreError):
        await one.of("work", 2)
    assert await one.of("work", 2) == frozenset()
    assert await two.of("work", 2) == {0}
    assert await one.of("work", 2) == {1}


async def test_who_is_not_heard_of_for_too_long_loses_its_parts(
    shares: list[ServerShares], url: str
) -> None:
    """It was stopped, or is too busy: here for longer than 0.2 s, else 10."""
    engine = make_engine(f"{url}?options=-c%20idle_in_transaction_session_timeout=200")
    stalled = ServerShares(engine)
    assert await stalled.of("work", 1) == {0}
    assert await shares[0].of("work", 1) == frozenset()
    await takes(shares[0], "work", 1)
    with pytest.raises(StoreError):
        await stalled.turn("turns", 0, SOON)
    assert await stalled.of("work", 1) == frozenset()
    await stalled.leave()
    await stalled.leave()  # which may be said twice
    await engine.dispose()


async def test_two_that_look_at_once_never_have_the_same(shares: list[ServerShares]) -> None:
    sizes = []
    for _ in range(5):
        has = await asyncio.gather(*(one.of("work", 7) for one in shares))
        sizes.append(len(frozenset().union(*has)))
        assert sum(map(len, has)) == sizes[-1]
    assert sizes[-1] == 7


async def test_a_turn_is_one_processs_for_as_long_as_it_lasts(shares: list[ServerShares]) -> None:
    one, two, _ = shares
    assert await one.turn("turns", 0, SOON)
    assert not await two.turn("turns", 0, SOON)
    assert not await one.turn("turns", 0, SOON)  # nor has the same process a second one
    assert await two.turn("turns", 1, LONG)
    await asyncio.sleep(SOON.total_seconds())
    await one.of("work", 1)
    assert await two.turn("turns", 0, LONG)
    await two.leave()
    async with asyncio.timeout(20):
        while not await one.turn("turns", 1, LONG):  # noqa: ASYNC110 - rings no bell
            await asyncio.sleep(0.02)
    assert await one.turn("turns", 0, LONG)


async def test_it_holds_no_other_work_up(shares: list[ServerShares], url: str) -> None:
    """It is inside a transaction all the time: one that has no snapshot and writes nothing."""
    await shares[0].of("work", 4)
    engine = make_engine(url)
    async with engine.connect() as connection:
        row = (
            await connection.execute(
                text(
                    "SELECT backend_xmin, backend_xid FROM pg_stat_activity"
                    " WHERE state = 'idle in transaction' AND datname = current_database()"
                )
            )
        ).one()
    await engine.dispose()
    assert tuple(row) == (None, None)


async def test_a_server_that_is_away_is_said(url: str) -> None:
    engine = make_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    with pytest.raises(StoreError, match="is away"):
        await ServerShares(engine).of("work", 1)
    await engine.dispose()


async def test_on_sqlite_a_process_has_it_all(tmp_path: object) -> None:
    engine = make_engine(":memory:")
    shares = shares_of(engine)
    assert isinstance(shares, OwnShares)
    assert await shares.of("work", 3) == {0, 1, 2}
    assert await shares.turn("turns", 0, SOON)
    assert not await shares.turn("turns", 0, SOON)
    assert await shares.turn("turns", 1, LONG)
    await asyncio.sleep(SOON.total_seconds())
    assert await shares.turn("turns", 0, SOON)
    await shares.leave()
    assert await shares.turn("turns", 1, LONG)
    await engine.dispose()


async def test_on_postgresql_processes_share(url: str) -> None:
    engine = make_engine(url)
    assert isinstance(shares_of(engine), ServerShares)
    await engine.dispose()
