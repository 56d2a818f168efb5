"""Discord's shards, shared out among processes: each heard by one, and taken over when it dies."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.adapters.chat.discord.asked import Asked
from bot.adapters.chat.discord.gateway import Gateway, Joined
from bot.adapters.chat.discord.rest import Rest
from bot.adapters.chat.discord.shards import Rhythm, Shard, Shards, TooFewShardsError, Turn
from bot.adapters.store.database import make_engine
from bot.adapters.store.shares import OwnShares, ServerShares
from bot.domain.errors import DeliveryError, StoreError
from bot.ports.shares import Shares
from tests.fakes import postgresql
from tests.integration.discord_desk import VIGIL, until
from tests.twins.discord.limits import Limits
from tests.twins.discord.payloads import member_json
from tests.twins.discord.pointing import pointed_at
from tests.twins.discord.twin import DiscordTwin

QUICK = Rhythm(look=0.05, linger=0.2, again=0.05, turn=0.02, between=0.15)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    borrowed = await postgresql.borrowed()
    yield borrowed
    await asyncio.to_thread(postgresql.give_back, borrowed)


@pytest.fixture
async def twin() -> AsyncIterator[DiscordTwin]:
    """Return a twin that lets a session of a bucket begin every 0.1 s."""
    async with DiscordTwin.running(limits=Limits(identify=(1, 0.1))) as made:
        with pointed_at(made):
            yield made


class Process:
    """What one process hears of the twin."""

    def __init__(self, twin: DiscordTwin, shares: Shares, count: int = 0) -> None:
        self.guilds: Counter[str] = Counter()
        self.joined: set[str] = set()
        self.listening: dict[int, Gateway] = {}
        self._twin = twin
        self._rest = Rest(twin.token, twin.api_base)
        self._shards = Shards(self._rest, shares, self._gateway, count, QUICK)
        self._task = asyncio.create_task(self._shards.run())

    def _gateway(self, shard: Shard, turn: Turn) -> Gateway:
        async def hear(asked: Asked) -> None:
            self.guilds[asked.guild] += 1

        async def greet(joined: Joined) -> None:
            self.joined.add(joined.guild)

        made = Gateway(self._twin.token, hear, greet, turn, shard, VIGIL)
        self.listening[shard.id] = made
        return made

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})
        assert self._task.cancelled()
        await self._rest.close()


@asynccontextmanager
async def process(twin: DiscordTwin, url: str) -> AsyncIterator[Process]:
    engine = make_engine(url)
    made = Process(twin, ServerShares(engine))
    try:
        yield made
    finally:
        await made.stop()
        await engine.dispose()


def ask(twin: DiscordTwin) -> None:
    """Have somebody ask something in each server; who hears it is all that counts."""
    for guild in twin.world.guilds.values():
        reader = twin.user("reader", guild)
        payload = {
            "id": str(twin.world.snowflake()),
            "application_id": "1",
            "type": 2,
            "token": "t",
            "version": 1,
            "attachment_size_limit": 1_000,
            "entitlements": [],
            "authorizing_integration_owners": {},
            "guild_id": str(guild.id),
            "channel_id": str(reader.home.id),
            "channel": twin.core.channel_json(reader.home),
            "data": {"id": "1", "name": "help", "type": 1},
            "member": member_json(guild.members[reader.user.id]) | {"permissions": "0"},
        }
        twin.core.emit(guild.id, "INTERACTION_CREATE", payload)


async def test_processes_share_the_shards_and_take_a_dead_ones_over(
    twin: DiscordTwin, url: str
) -> None:
    """Each server is heard by one of them, whoever comes and goes; no session begins too early."""
    twin.sharding.shards, twin.sharding.at_once = 4, 2
    guilds = [str(twin.guild(f"g{n}", shard=(n, 4)).id) for n in range(4)]
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(process(twin, url))
        two = await stack.enter_async_context(process(twin, url))
        await until(lambda: len(one.joined) == len(two.joined) == 2)
        assert one.joined | two.joined == set(guilds)
        assert set(one.listening).isdisjoint(two.listening)
        ask(twin)
        await until(lambda: one.guilds.total() + two.guilds.total() == 4)
        assert one.guilds + two.guilds == Counter(guilds)
        await one.stop()
        await until(lambda: two.joined == set(guilds))
        ask(twin)
        await until(lambda: two.guilds.total() == 6)
        assert set(two.guilds) == set(guilds)
    assert twin.journal.of("refused") == []
    shards = [entry["shard"] for entry in twin.journal.of("ready")]
    assert sorted(shards) == sorted([[0, 4], [1, 4], [2, 4], [3, 4], *shards[4:]])
    assert len(shards) == 6


async def test_who_comes_later_gets_a_share_without_a_gap(twin: DiscordTwin, url: str) -> None:
    """The one that had it all listens on until the other does; both hear it meanwhile."""
    twin.sharding.shards = 2
    guilds = [str(twin.guild(f"g{n}", shard=(n, 2)).id) for n in range(2)]
    async with process(twin, url) as one:
        await until(lambda: len(one.joined) == 2)
        async with process(twin, url) as two:
            await until(lambda: len(two.joined) == 1)
            ask(twin)
            await until(lambda: two.guilds.total() == 1)
            assert set((one.guilds + two.guilds).elements()) == set(guilds)
            await until(lambda: len(twin.gateway.connected()) == 2)
        await until(lambda: twin.journal.of("ready")[-1]["shard"] == [1, 2])


async def test_a_bot_that_has_grown_is_shared_out_among_more_shards(twin: DiscordTwin) -> None:
    """Discord closes a session with too many servers for good."""
    for number in range(2):
        twin.guild(f"g{number}", shard=(number, 2))
    twin.sharding.most_guilds = 1
    with capture_logs() as logs:
        made = Process(twin, OwnShares())
        await until(lambda: any(one["event"] == "discord_too_few_shards" for one in logs))
        twin.sharding.shards = 2
        await until(lambda: len(made.joined) == 2)
        await made.stop()


async def test_a_number_of_ones_own_goes_before_discords(twin: DiscordTwin) -> None:
    twin.guild()
    made = Process(twin, OwnShares(), count=3)
    await until(lambda: len(twin.journal.of("ready")) == 3)
    await made.stop()
    assert {entry["shard"][1] for entry in twin.journal.of("ready")} == {3}


async def test_two_sessions_of_a_bucket_at_once_are_refused_by_discord(twin: DiscordTwin) -> None:
    """The twin bites: who does not wait is told so, and comes again."""
    twin.limits.identify = (1, 0.5)
    twin.guild()
    rest, begun = Rest(twin.token, twin.api_base), []

    async def nothing(_: object) -> None:
        """Hear nothing."""

    async def at_once() -> None:
        begun.append(1)

    made = [
        Gateway(twin.token, nothing, nothing, at_once, Shard(number, 2), VIGIL)
        for number in range(2)
    ]
    tasks = [asyncio.create_task(one.run()) for one in made]
    await until(lambda: all(one.state == "connected" for one in made))
    assert twin.journal.of("refused")
    await until(lambda: len(twin.journal.of("ready")) == 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await rest.close()


class FakeShares:
    """Says what the test says."""

    def __init__(self) -> None:
        self.ours: frozenset[int] | StoreError = frozenset()
        self.free: bool | StoreError = True
        self.left = False

    async def of(self, work: str, parts: int) -> frozenset[int]:
        assert work == f"discord shards of {parts}"
        if isinstance(self.ours, StoreError):
            raise self.ours
        return self.ours

    async def turn(self, work: str, part: int, lasts: timedelta) -> bool:
        if isinstance(self.free, StoreError):
            raise self.free
        return self.free

    async def leave(self) -> None:
        self.left = True


class FakeListener:
    """Listens to nothing, and says so."""

    def __init__(self, shard: Shard, turn: Turn) -> None:
        self.shard = shard
        self.turn = turn
        self.began = False
        self.ended = False
        self.grown = asyncio.Event()
        self.broken = asyncio.Event()

    async def run(self) -> None:
        waits: list[asyncio.Task[bool]] = []
        try:
            await self.turn()
            self.began = True
            waits = [asyncio.create_task(one.wait()) for one in (self.grown, self.broken)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            raise TooFewShardsError if self.grown.is_set() else RuntimeError("a bug")
        finally:
            self.ended = True
            for wait in waits:
                wait.cancel()


class FakeRest(Rest):
    """Says how many shards there are, or what the test says."""

    def __init__(self, *said: Any) -> None:
        super().__init__("token")
        self.said = list(said)

    async def request(self, method: str, path: str, **_: Any) -> Any:
        assert (method, path) == ("GET", "/gateway/bot")
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, DeliveryError):
            raise said
        return said


def says(shards: int, at_once: int = 1) -> dict[str, Any]:
    return {"shards": shards, "session_start_limit": {"max_concurrency": at_once}}


@asynccontextmanager
async def shards(
    shares: FakeShares, *said: Any
) -> AsyncIterator[tuple[list[FakeListener], "asyncio.Task[None]"]]:
    listeners: list[FakeListener] = []

    def listener(shard: Shard, turn: Turn) -> FakeListener:
        listeners.append(FakeListener(shard, turn))
        return listeners[-1]

    task = asyncio.create_task(Shards(FakeRest(*said), shares, listener, 0, QUICK).run())
    yield listeners, task
    task.cancel()
    await asyncio.wait({task})


def numbers(listeners: list[FakeListener], true: Callable[[FakeListener], bool]) -> list[int]:
    return [one.shard.id for one in listeners if true(one)]


async def test_a_database_that_is_away_takes_no_shard_from_us() -> None:
    """What is heard meanwhile cannot be answered, but it is not away for long."""
    shares = FakeShares()
    shares.ours = frozenset({0})
    async with shards(shares, says(1)) as (listeners, _):
        await until(lambda: bool(numbers(listeners, lambda one: one.began)))
        shares.ours = StoreError("away")
        await asyncio.sleep(2 * QUICK.linger)
        assert not listeners[0].ended
        shares.ours = frozenset()
        await until(lambda: listeners[0].ended)
    assert shares.left


async def test_a_shard_that_comes_back_soon_was_never_left() -> None:
    shares = FakeShares()
    shares.ours = frozenset({0})
    async with shards(shares, says(1)) as (listeners, _):
        await until(lambda: bool(listeners))
        shares.ours = frozenset()
        await asyncio.sleep(2 * QUICK.look)
        shares.ours = frozenset({0})
        await asyncio.sleep(2 * QUICK.linger)
    assert len(listeners) == 1


async def test_no_more_begin_than_may_at_once() -> None:
    """Whoever waits for a turn for a minute is taken for dead."""
    shares = FakeShares()
    shares.ours, shares.free = frozenset(range(5)), False
    async with shards(shares, says(5, at_once=2)) as (listeners, _):
        await asyncio.sleep(4 * QUICK.look)
        assert numbers(listeners, lambda _: True) == [0, 1]
        shares.free = True
        await until(lambda: len(numbers(listeners, lambda one: one.began)) == 5)


async def test_where_nobody_can_say_whose_turn_it_is_one_waits_as_long_as_discord_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.adapters.chat.discord.shards._UNSURE", 0.1)
    shares = FakeShares()
    shares.ours, shares.free = frozenset({0}), StoreError("away")
    async with shards(shares, says(1)) as (listeners, _):
        await until(lambda: bool(numbers(listeners, lambda one: one.began)))


async def test_discord_is_asked_again_until_it_says_how_many_there_are() -> None:
    shares = FakeShares()
    shares.ours = frozenset({0, 1})
    unknown: tuple[Any, ...] = (DeliveryError("discord", "HTTP 502"), {}, None, {"shards": "x"})
    with capture_logs() as logs:
        async with shards(shares, *unknown, says(2, at_once=2)) as (listeners, _):
            await until(lambda: len(listeners) == 2)
    assert [one["event"] for one in logs].count("discord_shards_unknown") == 4
    assert {one.shard.count for one in listeners} == {2}


async def test_all_shards_are_left_and_counted_anew_where_one_is_too_large() -> None:
    shares = FakeShares()
    shares.ours = frozenset({0, 1})
    async with shards(shares, says(2, at_once=4), says(4, at_once=4)) as (listeners, _):
        await until(lambda: len(numbers(listeners, lambda one: one.began)) == 2)
        listeners[1].grown.set()
        await until(lambda: len(listeners) == 4)
        assert [one.ended for one in listeners] == [True, True, False, False]
        assert {one.shard.count for one in listeners[2:]} == {4}


async def test_a_bug_ends_one_shard_alone_which_is_begun_anew_and_not_hidden() -> None:
    """An event of a shape that the library does not know would else end all."""
    shares = FakeShares()
    shares.ours = frozenset({0, 1})
    with capture_logs() as logs:
        async with shards(shares, says(2, at_once=2)) as (listeners, _):
            await until(lambda: len(listeners) == 2)
            listeners[1].broken.set()
            await until(lambda: len(listeners) == 3)
            assert listeners[2].shard == Shard(1, 2)
            assert not listeners[0].ended
    (failed,) = [one for one in logs if one["event"] == "discord_shard_failed"]
    assert isinstance(failed["exc_info"], RuntimeError)
