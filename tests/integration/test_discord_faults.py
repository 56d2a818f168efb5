"""Each fault of Discord's times each thing that is sent: the outcome, and exactly once after it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.chat.discord.client import DiscordChat
from bot.adapters.chat.discord.rest import Rest
from bot.adapters.store.database import SqlStore
from bot.domain.messages import Alert, AlertState, Message, Part, alert_key
from bot.domain.records import Access
from bot.domain.watches import Channel
from bot.pipeline.deliver import Deliverer, Patience
from tests.fakes.store import fresh_store
from tests.integration.discord_cases import CASES
from tests.integration.discord_delivery import Desk, card, desk, reply

pytestmark = pytest.mark.slow

DUE, UNKNOWN, SENT = AlertState.DUE, AlertState.UNKNOWN, AlertState.SENT
FAILED, DROPPED = AlertState.FAILED, AlertState.DROPPED
ENDS = (SENT, FAILED, DROPPED)

KINDS = ("card", "reply", "edit", "thread create", "forum post")

PATIENCE = Patience(
    lease=timedelta(minutes=2),
    send_time=timedelta(seconds=60),
    quiet=timedelta(seconds=1),
    first_retry=timedelta(seconds=1),
    longest_retry=timedelta(seconds=2),
)


class Clock:
    """Real time, moved on by jumps: Discord's ids have real time in them."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(kw_only=True)
class Bench:
    """A store and a worker in front of a twin."""

    world: Desk
    store: SqlStore
    clock: Clock
    worker: Deliverer

    async def add(
        self, message: Message, part: Part, to: Channel, about: str, under: str | None = None
    ) -> Alert:
        now = self.clock()
        alert = Alert(
            key=alert_key(to, "K7Q2", about),
            channel=to,
            part=part,
            message=message,
            card=under,
            due_at=now,
            created_at=now,
        )
        async with self.store.transaction() as tx:
            await tx.outbox.add([alert])
        return alert

    async def state(self, alert: Alert) -> Alert:
        async with self.store.reading() as tx:
            found = await tx.outbox.get(alert.key)
        assert found is not None
        return found

    async def one_send(self, alert: Alert) -> Alert:
        """Let what is due be sent, once; return the alert after it."""
        await self.worker.tick()
        return await self.state(alert)

    async def settle(self, alert: Alert) -> Alert:
        """Let time pass until the alert has ended."""
        for _ in range(40):
            await self.worker.tick()
            if (await self.state(alert)).state in ENDS:
                break
            self.clock.ahead += timedelta(seconds=90)
            await asyncio.sleep(0.02)
        return await self.state(alert)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    clock = Clock()
    store = await fresh_store(clock=clock)
    async with desk() as world:
        rest = Rest(world.twin.token, world.twin.api_base, token_pause=0.05)
        worker = Deliverer(store, DiscordChat(rest), clock, "w", PATIENCE)
        yield Bench(world=world, store=store, clock=clock, worker=worker)
        await rest.close()
    await store.close()


async def prepared(bench: Bench, kind: str) -> tuple[Alert, str, str]:
    """Return an alert of a kind that is due, and which request it is that goes wrong."""
    news, forum = bench.world.channel(), bench.world.channel(bench.world.forum)
    if kind == "forum post":
        alert = await bench.add(card(), Part.CARD, forum, "card")
        return alert, "POST", f"/channels/{forum.id}/threads"
    first = await bench.add(card("First"), Part.CARD, news, "card")
    if kind == "card":
        await bench.settle(first)
        alert = await bench.add(card("Second"), Part.CARD, news, "card2")
        return alert, "POST", f"/channels/{news.id}/messages"
    opened = (await bench.settle(first)).posted
    assert opened is not None
    if kind == "edit":
        alert = await bench.add(card("Changed"), Part.EDIT, news, "edit/1", first.key)
        return alert, "PATCH", f"/channels/{news.id}/messages/{opened.id}"
    if kind == "reply":
        await bench.settle(await bench.add(reply("one"), Part.REPLY, news, "reply/1", first.key))
        alert = await bench.add(reply("two"), Part.REPLY, news, "reply/2", first.key)
        return alert, "POST", f"/channels/{opened.id}/messages"
    alert = await bench.add(reply("one"), Part.REPLY, news, "reply/1", first.key)
    return alert, "POST", f"/channels/{news.id}/messages/{opened.id}/threads"


def times_shown(bench: Bench, alert: Alert) -> int:
    """Return how often an alert was really taken, as the twin's journal has it."""
    twin = bench.world.twin
    if alert.part is Part.EDIT:
        return len({one["content"] for one in twin.journal.of("edit")})
    notice = alert.message.notice
    return len([one for one in twin.messages() if one["content"].startswith(notice[:20])])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
async def test_every_fault_is_understood_and_nothing_is_lost_or_twice(
    bench: Bench, name: str, kind: str
) -> None:
    case = CASES[name]
    alert, method, path = await prepared(bench, kind)
    bench.world.twin.faults.add(case.fault, method=method, path=path, **case.about)
    after = await bench.one_send(alert)
    # A thread that may or may not have been opened: its reply was certainly not sent.
    expected = DUE if kind == "thread create" and case.first is UNKNOWN else case.first
    assert (after.state, after.attempt) == (expected, 1), after.reason
    assert case.says in after.reason
    ended = await bench.settle(alert)
    assert ended.state is case.last, ended.reason
    assert times_shown(bench, alert) == (1 if case.last is SENT else 0)
    assert bench.world.twin.journal.violations == []


@pytest.mark.parametrize(
    ("kind", "code", "state"),
    [
        ("card", 10003, FAILED),
        ("forum post", 10003, FAILED),
        ("reply", 10003, DROPPED),
        ("thread create", 10008, DROPPED),
        ("edit", 10008, DROPPED),
    ],
)
async def test_what_is_gone_is_given_up_at_once(
    bench: Bench, kind: str, code: int, state: AlertState
) -> None:
    """The first 404 ends it: no channel is asked again and again."""
    alert, method, path = await prepared(bench, kind)
    bench.world.twin.faults.add(
        "status", method=method, path=path, status=404, code=code, times=None
    )
    after = await bench.one_send(alert)
    assert after.state is state, after.reason
    async with bench.store.reading() as tx:
        standing = await tx.channels.standing(alert.channel)
    assert standing.access is (Access.GONE if state is FAILED else Access.OPEN)
    assert times_shown(bench, alert) == 0
    asked = len(bench.world.twin.journal.of("fault"))
    await bench.settle(alert)
    assert len(bench.world.twin.journal.of("fault")) == asked == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_refused_permission_leaves_the_channel_alone_for_a_while(
    bench: Bench, kind: str
) -> None:
    alert, method, path = await prepared(bench, kind)
    bench.world.twin.faults.add(
        "status", method=method, path=path, status=403, code=50013, times=None
    )
    await bench.one_send(alert)
    for _ in range(5):
        await bench.worker.tick()
    async with bench.store.reading() as tx:
        standing = await tx.channels.standing(alert.channel)
    assert standing.access is Access.FORBIDDEN
    assert len(bench.world.twin.journal.of("fault")) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_that_is_late_changes_nothing_and_the_other_looks_first(
    bench: Bench, kind: str
) -> None:
    """The answer comes when the lease has run out and another worker has the alert."""
    alert, method, path = await prepared(bench, kind)
    bench.world.twin.faults.add("delay", method=method, path=path, seconds=0.5, taken=True)
    late = asyncio.create_task(bench.worker.tick())
    await asyncio.sleep(0.2)
    bench.clock.ahead += timedelta(minutes=3)
    rest = Rest(bench.world.twin.token, bench.world.twin.api_base)
    other = Deliverer(bench.store, DiscordChat(rest), bench.clock, "other", PATIENCE)
    await other.tick()
    taken = await bench.state(alert)
    await late
    assert (taken.state, taken.attempt) == (SENT, 2)
    assert await bench.state(alert) == taken
    assert times_shown(bench, alert) == 1
    await rest.close()


@pytest.mark.parametrize(("scope", "others_wait"), [("user", False), ("global", True)])
async def test_a_limit_is_stored_and_obeyed_by_who_comes_after(
    bench: Bench, scope: str, *, others_wait: bool
) -> None:
    """A restart must not ask again what Discord has just asked us to leave."""
    twin = bench.world.twin
    other = bench.world.channel(twin.channel("el-salvador"))
    limited = await bench.add(card("First"), Part.CARD, bench.world.channel(), "card")
    twin.faults.add("rate limit", method="POST", path="*", scope=scope, retry_after=600)
    await bench.one_send(limited)
    elsewhere = await bench.add(card("Second"), Part.CARD, other, "card")
    rest = Rest(twin.token, twin.api_base)  # a new process: it remembers nothing
    restarted = Deliverer(bench.store, DiscordChat(rest), bench.clock, "next", PATIENCE)
    await restarted.tick()
    assert (await bench.state(limited)).attempt == 1
    assert (await bench.state(elsewhere)).state is (DUE if others_wait else SENT)
    bench.clock.ahead += timedelta(seconds=601)
    await restarted.tick()
    assert (await bench.state(limited)).state is SENT
    assert (await bench.state(elsewhere)).state is SENT
    await rest.close()


async def test_a_refused_token_loses_nothing_and_is_asked_about_once(bench: Bench) -> None:
    alert = await bench.add(card(), Part.CARD, bench.world.channel(), "card")
    twin = bench.world.twin
    wrong = Rest("not the token", twin.api_base)
    worker = Deliverer(bench.store, DiscordChat(wrong), bench.clock, "wrong", PATIENCE)
    for _ in range(10):
        await worker.tick()
        bench.clock.ahead += timedelta(seconds=5)
    await wrong.close()
    assert "DISCORD_TOKEN" in (await bench.state(alert)).reason
    assert len(twin.journal.of("request", status=401)) == 1
    assert (await bench.settle(alert)).state is SENT
