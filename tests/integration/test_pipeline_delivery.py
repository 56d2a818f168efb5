"""Delivery under load: slow channels, bounds, shutdown, what is lost under a worker's hands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.adapters.store.database import SqlStore
from bot.domain.messages import Alert, AlertState, Message, Part, Posted, say
from bot.domain.watches import Channel
from bot.pipeline.deliver import AT_ONCE, Deliverer, Patience
from tests.fakes.clock import FakeClock
from tests.fakes.store import fresh_store
from tests.integration.still_chat import StillChat


class SlowChat(StillChat):
    """Takes its time in the channels of `slow`, until the event is set."""

    def __init__(self) -> None:
        """Begin with no slow channel."""
        super().__init__()
        self.slow: dict[Channel, asyncio.Event] = {}
        self.begun = 0
        self.under_way = 0
        self.most = 0

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        """See `bot.ports.world.Chat.post`."""
        self.begun += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if to in self.slow:
                await self.slow[to].wait()
            return await super().post(message, to, thread, key)
        finally:
            self.under_way -= 1


@pytest.fixture
async def store() -> AsyncIterator[SqlStore]:
    """Return an empty store."""
    opened = await fresh_store()
    yield opened
    await opened.close()


def channel(number: int) -> Channel:
    """Return a channel."""
    return Channel.parse(f"sandbox:c{number}")


async def due(store: SqlStore, *places: int) -> None:
    """Put a notice into the outbox for each of these channels."""
    clock = FakeClock()
    async with store.transaction() as tx:
        totals = await tx.housekeeping.totals()
        first = totals.alerts_due + totals.alerts_sent
        await tx.outbox.add(
            [
                Alert(
                    key=f"k{first + number}",
                    channel=channel(place),
                    part=Part.NOTICE,
                    message=say("news"),
                    due_at=clock(),
                    created_at=clock(),
                )
                for number, place in enumerate(places)
            ]
        )


async def until(ready: Callable[[], bool]) -> None:
    """Wait until something is so; a test that waits in vain fails after ten seconds."""
    async with asyncio.timeout(10):
        while not ready():  # noqa: ASYNC110 - there is no event in the code under test
            await asyncio.sleep(0.005)


async def test_a_tick_sends_all_that_is_due_in_order(store: SqlStore) -> None:
    """One after another in a channel, and side by side in different ones."""
    chat = SlowChat()
    await due(store, 1, 1, 2, 1)
    done = await Deliverer(store, chat, FakeClock(), "w").tick()
    assert {alert.state for alert in done} == {AlertState.SENT}
    assert [kept.key for kept in chat.in_channel(channel(1))] == ["k0", "k1", "k3"]
    assert [kept.key for kept in chat.in_channel(channel(2))] == ["k2"]


async def test_a_slow_channel_holds_up_no_other_and_only_itself(store: SqlStore) -> None:
    """Sixty seconds of one are not sixty seconds of all; also for what comes in meanwhile."""
    chat = SlowChat()
    chat.slow[channel(1)] = asyncio.Event()
    await due(store, 1, 1, 2, 2, 2)
    working = asyncio.create_task(Deliverer(store, chat, FakeClock(), "w").work())
    await until(lambda: len(chat.in_channel(channel(2))) == 3)
    await due(store, 2, 3)
    await until(lambda: len(chat.in_channel(channel(2))) == 4)
    await until(lambda: len(chat.in_channel(channel(3))) == 1)
    assert (working.done(), chat.under_way) == (False, 1)
    chat.slow[channel(1)].set()
    await working
    assert [kept.key for kept in chat.in_channel(channel(1))] == ["k0", "k1"]


async def test_no_more_are_in_flight_than_allowed(store: SqlStore) -> None:
    """Each is a connection to the platform."""
    chat = SlowChat()
    go = asyncio.Event()
    chat.slow = {channel(number): go for number in range(AT_ONCE + 20)}
    await due(store, *range(AT_ONCE + 20))
    working = asyncio.create_task(Deliverer(store, chat, FakeClock(), "w").work())
    await until(lambda: chat.under_way == AT_ONCE)
    await asyncio.sleep(0.7)  # a further look for what is due
    assert chat.begun == AT_ONCE
    go.set()
    await working
    assert (len(chat.kept), chat.most) == (AT_ONCE + 20, AT_ONCE)


async def test_one_that_is_stopped_ends_what_is_in_flight_and_begins_nothing(
    store: SqlStore,
) -> None:
    """What was sent is settled, and what was not is left for the next worker."""
    chat = SlowChat()
    chat.slow[channel(1)] = asyncio.Event()
    await due(store, 1, 1)
    deliverer = Deliverer(store, chat, FakeClock(), "w")
    ticking = asyncio.create_task(deliverer.tick())
    await until(lambda: chat.under_way == 1)
    deliverer.stop()
    chat.slow[channel(1)].set()
    assert [(one.key, one.state) for one in await ticking] == [("k0", AlertState.SENT)]
    assert await deliverer.tick() == ()
    assert [one.key for one in await Deliverer(store, chat, FakeClock(), "w2").tick()] == ["k1"]


async def test_one_that_is_cancelled_leaves_its_sends_unknown(store: SqlStore) -> None:
    """Nobody knows whether they arrived: they are looked for when the lease has run out."""
    chat, clock = SlowChat(), FakeClock()
    chat.slow[channel(1)] = asyncio.Event()
    await due(store, 1)
    ticking = asyncio.create_task(Deliverer(store, chat, clock, "w").tick())
    await until(lambda: chat.under_way == 1)
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    assert chat.under_way == 0
    chat.slow.clear()
    clock.pass_("2m")
    (sent,) = await Deliverer(store, chat, clock, "w2").tick()
    assert (sent.state, chat.looks) == (AlertState.SENT, 1)


class Crash(BaseException):
    """Something that no code of ours expects."""


async def test_an_unexpected_error_lets_the_other_sends_end(store: SqlStore) -> None:
    """One channel's trouble must not leave another's message in doubt."""

    class Crashing(SlowChat):
        async def post(
            self, message: Message, to: Channel, thread: Posted | None, key: str
        ) -> Posted:
            if to == channel(2):
                raise Crash
            return await super().post(message, to, thread, key)

    chat = Crashing()
    chat.slow[channel(1)] = asyncio.Event()
    await due(store, 1, 2)
    ticking = asyncio.create_task(Deliverer(store, chat, FakeClock(), "w").tick())
    await until(lambda: chat.under_way == 1)
    await asyncio.sleep(0.05)
    chat.slow[channel(1)].set()
    with pytest.raises(Crash):
        await ticking
    async with store.reading() as tx:
        sent = await tx.outbox.get("k0")
    assert sent is not None
    assert sent.state is AlertState.SENT


async def test_a_send_without_an_answer_in_time_is_unknown(store: SqlStore) -> None:
    """It must end before its lease does."""
    chat = SlowChat()
    chat.slow[channel(1)] = asyncio.Event()
    await due(store, 1)
    patience = Patience(send_time=timedelta(seconds=0.01))
    (unknown,) = await Deliverer(store, chat, FakeClock(), "w", patience).tick()
    assert (unknown.state, unknown.reason) == (AlertState.UNKNOWN, "no answer in time")


async def test_a_send_whose_lease_was_lost_meanwhile_changes_nothing(store: SqlStore) -> None:
    """The fence: another worker has the alert by now, and knows better."""

    async def take_over(chat: StillChat) -> None:
        async with store.transaction() as tx:
            now = FakeClock()() + timedelta(minutes=9)
            (taken,) = await tx.outbox.claim("sandbox", "thief", now, now + timedelta(hours=1), 9)
            done = replace(taken, state=AlertState.FAILED, reason="the thief's")
            assert await tx.outbox.settle(done, "thief")

    class Robbed(StillChat):
        then: Callable[[StillChat], Awaitable[None]] = staticmethod(take_over)

        async def post(
            self, message: Message, to: Channel, thread: Posted | None, key: str
        ) -> Posted:
            await self.then(self)
            return await super().post(message, to, thread, key)

    await due(store, 1)
    (claimed,) = await Deliverer(store, Robbed(), FakeClock(), "w").tick()
    async with store.reading() as tx:
        kept = await tx.outbox.get("k0")
    assert claimed.state is AlertState.DUE
    assert kept is not None
    assert kept.reason == "the thief's"


class PacedChat(StillChat):
    """Wants messages to a channel to be apart, and notes when it was sent one."""

    gap = timedelta(seconds=0.1)

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.times: dict[Channel, list[float]] = {}

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        """See `bot.ports.world.Chat.post`."""
        self.times.setdefault(to, []).append(asyncio.get_running_loop().time())
        return await super().post(message, to, thread, key)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


async def test_messages_to_a_channel_are_as_far_apart_as_the_platform_wants(
    store: SqlStore,
) -> None:
    """In one run of the worker, and channels side by side."""
    chat = PacedChat()
    await due(store, 1, 1, 1, 2, 2)
    done = await Deliverer(store, chat, utc_now, "w").tick()
    assert len(done) == 5
    for times in chat.times.values():
        gaps = [later - before for before, later in pairwise(times)]
        assert min(gaps) >= chat.gap.total_seconds()


async def test_the_gap_is_kept_by_the_other_worker_too(store: SqlStore) -> None:
    """It is in the database, as the pause after a 429 is."""
    chat = PacedChat()
    chat.gap = timedelta(minutes=1)
    await due(store, 1, 1)
    first, other = (Deliverer(store, chat, utc_now, name) for name in ("a", "b"))
    working = asyncio.create_task(first.work())
    await until(lambda: len(chat.kept) == 1)
    await asyncio.sleep(0.05)
    assert await other.tick() == ()
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    assert len(chat.kept) == 1
