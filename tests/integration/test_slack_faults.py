"""Each fault of Slack's times each thing that is sent: the outcome, and exactly once after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.chat.slack.client import SlackChat
from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.tokens import OneToken
from bot.adapters.chat.slack.web import Web
from bot.adapters.chat.slack.wire import Wire
from bot.adapters.store.database import SqlStore
from bot.domain.messages import Alert, AlertState, Message, Part, alert_key
from bot.domain.records import Access
from bot.domain.watches import Channel, ChannelSettings
from bot.pipeline.deliver import Deliverer, Patience
from tests.fakes.store import fresh_store
from tests.integration.slack_cases import CASES, DROPPED, DUE, FAILED, SENT, UNKNOWN
from tests.integration.slack_delivery import Desk, RetryingWire, card, desk, reply, slack
from tests.twins.slack.limits import Limits
from tests.twins.slack.posting import Draft, post
from tests.twins.slack.twin import SlackTwin

pytestmark = pytest.mark.slow

ENDS = (SENT, FAILED, DROPPED)

METHODS = {"card": "chat.postMessage", "reply": "chat.postMessage", "edit": "chat.update"}
"""The request of each kind that goes wrong."""

PATIENCE = Patience(
    lease=timedelta(minutes=2),
    send_time=timedelta(seconds=60),
    quiet=timedelta(seconds=1),
    first_retry=timedelta(seconds=1),
    longest_retry=timedelta(seconds=2),
)


class Clock:
    """Real time, moved on by jumps, and the twin's with it."""

    def __init__(self, world: Desk) -> None:
        self.ahead = timedelta(0)
        self._world = world

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_(self, span: timedelta) -> None:
        self.ahead += span
        self._world.twin.advance(span.total_seconds())


@dataclass(kw_only=True)
class Bench:
    """A store and a worker in front of a twin."""

    world: Desk
    store: SqlStore
    clock: Clock
    stack: AsyncExitStack

    async def worker(self, owner: str = "w") -> Deliverer:
        """Return a worker of a new process: it remembers nothing."""
        twin = self.world.twin
        parts = await self.stack.enter_async_context(slack(twin.bot_token, twin.api_base))
        return Deliverer(self.store, parts.chat, self.clock, owner, PATIENCE)

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
        await (await self.worker()).tick()
        return await self.state(alert)

    async def settle(self, alert: Alert) -> Alert:
        """Let time pass until the alert has ended."""
        for _ in range(40):
            after = await self.one_send(alert)
            if after.state in ENDS:
                break
            self.clock.pass_(timedelta(seconds=90))
        return await self.state(alert)

    async def access(self, channel: Channel) -> Access:
        async with self.store.reading() as tx:
            return (await tx.channels.standing(channel)).access

    async def prepared(self, kind: str) -> Alert:
        """Return an alert of a kind that is due, with nothing else to be sent."""
        news = self.world.channel()
        first = await self.add(card("First"), Part.CARD, news, "card")
        await self.settle(first)
        if kind == "card":
            return await self.add(card("Second"), Part.CARD, news, "card2")
        if kind == "edit":
            return await self.add(card("Changed"), Part.EDIT, news, "edit/1", first.key)
        await self.settle(await self.add(reply("one"), Part.REPLY, news, "reply/1", first.key))
        return await self.add(reply("two"), Part.REPLY, news, "reply/2", first.key)

    def times_shown(self, alert: Alert) -> int:
        """Return how often an alert was really taken, as the twin's journal has it."""
        journal = self.world.twin.journal
        if alert.part is Part.EDIT:
            return len({one["text"] for one in journal.of("edit")})
        return journal.times(alert.key)


@asynccontextmanager
async def benched(limits: Limits | None = None) -> AsyncIterator[Bench]:
    """Put a store and a worker in front of a twin."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(desk(limits))
        clock = Clock(world)
        store = await fresh_store(clock=clock)
        stack.push_async_callback(store.close)
        yield Bench(world=world, store=store, clock=clock, stack=stack)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with benched() as made:
        yield made


@pytest.mark.parametrize("kind", METHODS)
@pytest.mark.parametrize("name", CASES)
async def test_every_fault_is_understood_and_nothing_is_lost_or_twice(
    bench: Bench, name: str, kind: str
) -> None:
    case = CASES[name]
    alert = await bench.prepared(kind)
    bench.world.twin.faults.add(case.fault, METHODS[kind], **case.about)
    after = await bench.one_send(alert)
    assert (after.state, after.attempt) == (case.first, 1), after.reason
    assert case.says in after.reason
    ended = await bench.settle(alert)
    assert ended.state is case.last, ended.reason
    assert bench.times_shown(alert) == (1 if case.last is SENT else 0)
    assert await bench.access(alert.channel) is Access.OPEN
    assert bench.world.twin.journal.violations == []


@pytest.mark.parametrize("name", ["429", "internal_error", "500", "HTML", "drop", "reset"])
async def test_a_card_that_cannot_be_looked_at_has_sent_no_reply(bench: Bench, name: str) -> None:
    """A reply begins with a look whether its card is there: nothing is in doubt if that fails."""
    alert, case = await bench.prepared("reply"), CASES[name]
    bench.world.twin.faults.add(case.fault, "chat.getPermalink", **case.about)
    after = await bench.one_send(alert)
    assert after.state is DUE, after.reason
    assert (await bench.settle(alert)).state is SENT
    assert bench.times_shown(alert) == 1


@pytest.mark.parametrize("name", ["429", "internal_error", "500", "HTML", "drop", "reset"])
@pytest.mark.parametrize("kind", ["card", "reply"])
async def test_a_look_that_goes_wrong_is_no_proof_and_is_repeated(
    bench: Bench, name: str, kind: str
) -> None:
    alert, case = await bench.prepared(kind), CASES[name]
    twin = bench.world.twin
    twin.faults.add("drop", "chat.postMessage", taken=True)
    twin.faults.add(case.fault, "conversations.*", **case.about)
    assert (await bench.one_send(alert)).state is UNKNOWN
    bench.clock.pass_(timedelta(seconds=90))
    assert (await bench.one_send(alert)).state is UNKNOWN
    assert (await bench.settle(alert)).state is SENT
    assert bench.times_shown(alert) == 1


@pytest.mark.parametrize(
    ("kind", "word", "state"),
    [
        ("card", "channel_not_found", FAILED),
        ("card", "is_archived", FAILED),
        ("reply", "channel_not_found", FAILED),
        ("reply", "is_archived", FAILED),
        ("reply", "thread_not_found", DROPPED),
        ("edit", "channel_not_found", FAILED),
        ("edit", "is_inactive", FAILED),
        ("edit", "message_not_found", DROPPED),
    ],
)
async def test_what_is_gone_is_given_up_at_once(
    bench: Bench, kind: str, word: str, state: AlertState
) -> None:
    """And told to the admin channel once: no channel is asked again and again."""
    admin = bench.world.channel(bench.world.twin.channel("bot-health"))
    async with bench.store.transaction() as tx:
        await tx.channels.save(ChannelSettings(channel=admin, admin=True))
    alert = await bench.prepared(kind)
    news = bench.world.news.id
    bench.world.twin.faults.add("error", METHODS[kind], channel=news, error=word, times=None)
    after = await bench.one_send(alert)
    assert after.state is state, after.reason
    assert await bench.access(alert.channel) is (Access.GONE if state is FAILED else Access.OPEN)
    assert bench.times_shown(alert) == 0
    for _ in range(3):
        bench.clock.pass_(timedelta(seconds=90))
        await (await bench.worker()).tick()
    assert len(bench.world.twin.journal.of("fault")) == 1
    assert len(bench.world.twin.messages(channel=admin.id)) == 1


@pytest.mark.parametrize("word", ["missing_scope", "not_in_channel", "restricted_action"])
@pytest.mark.parametrize("kind", METHODS)
async def test_a_refused_right_leaves_the_channel_alone_for_a_while_and_is_told(
    bench: Bench, kind: str, word: str
) -> None:
    """The alert waits for the right to come back; it is not lost."""
    admin = bench.world.channel(bench.world.twin.channel("bot-health"))
    async with bench.store.transaction() as tx:
        await tx.channels.save(ChannelSettings(channel=admin, admin=True))
    alert = await bench.prepared(kind)
    news, faults = bench.world.news.id, bench.world.twin.faults
    faults.add("error", METHODS[kind], channel=news, error=word, times=None)
    for _ in range(3):
        await (await bench.worker()).tick()
    assert await bench.access(alert.channel) is Access.FORBIDDEN
    assert len(bench.world.twin.journal.of("fault")) == 1
    assert len(bench.world.twin.messages(channel=admin.id)) == 1
    faults.clear()
    assert (await bench.settle(alert)).state is SENT
    assert bench.times_shown(alert) == 1
    await (await bench.worker()).tick()
    assert len(bench.world.twin.messages(channel=admin.id)) == 2  # that it works again


async def test_a_revoked_token_stops_its_workspace_alone(bench: Bench) -> None:
    """Its alerts wait, and what the bot may not do is in each channel's standing, for /health."""
    twin = bench.world.twin
    other = twin.channel("news", twin.workspace("Elsewhere"))
    mine = await bench.add(card("First"), Part.CARD, bench.world.channel(), "card")
    theirs = await bench.add(card("Second"), Part.CARD, bench.world.channel(other), "card")
    twin.token_of(twin.workspace()).revoked = True
    wire = Wire(twin.api_base)
    bench.stack.push_async_callback(wire.close)
    home = twin.workspace("Elsewhere")
    tokens = Installed({mine.channel.scope.workspace: twin.bot_token, home.id: home_token(twin)})
    web = Web(tokens, wire)
    worker = Deliverer(
        bench.store, SlackChat(web, SlackPlaces(web), timedelta(0)), bench.clock, "w", PATIENCE
    )
    await worker.tick()
    assert (await bench.state(theirs)).state is SENT
    waits = await bench.state(mine)
    assert waits.state is DUE
    assert "install the app there again" in waits.reason
    assert await bench.access(mine.channel) is Access.FORBIDDEN
    tokens.tokens[mine.channel.scope.workspace] = twin.install(twin.workspace()).value
    bench.clock.pass_(timedelta(minutes=2))
    await worker.tick()
    assert (await bench.state(mine)).state is SENT


class Installed:
    """The tokens of two workspaces, as an installation store has them."""

    def __init__(self, tokens: dict[str, str]) -> None:
        self.tokens = tokens

    async def of(self, team: str) -> str | None:
        return self.tokens.get(team)

    async def teams(self) -> tuple[str, ...]:
        return tuple(self.tokens)


def home_token(twin: SlackTwin) -> str:
    return twin.token_of(twin.workspace("Elsewhere")).value


@pytest.mark.parametrize("kind", METHODS)
async def test_a_worker_that_is_late_changes_nothing_and_the_other_looks_first(
    bench: Bench, kind: str
) -> None:
    """The answer comes when the lease has run out and another worker has the alert."""
    alert = await bench.prepared(kind)
    bench.world.twin.faults.add("delay", METHODS[kind], seconds=0.5, taken=True)
    first, other = await bench.worker(), await bench.worker("other")
    late = asyncio.create_task(first.tick())
    await bench.world.twin.journal.until("fault")
    bench.clock.pass_(timedelta(minutes=3))
    await other.tick()
    taken = await bench.state(alert)
    await late
    assert (taken.state, taken.attempt) == (SENT, 2)
    assert await bench.state(alert) == taken
    assert bench.times_shown(alert) == 1


async def test_a_limit_is_stored_and_obeyed_by_who_comes_after(bench: Bench) -> None:
    """A restart must not ask again what Slack has just asked us to leave; other channels go on."""
    twin = bench.world.twin
    elsewhere = bench.world.channel(twin.channel("el-salvador"))
    limited = await bench.add(card("First"), Part.CARD, bench.world.channel(), "card")
    twin.faults.add("rate limit", "chat.postMessage", retry_after=600)
    await bench.one_send(limited)
    other = await bench.add(card("Second"), Part.CARD, elsewhere, "card")
    await (await bench.worker()).tick()
    assert (await bench.state(limited)).attempt == 1
    assert (await bench.state(other)).state is SENT
    bench.clock.pass_(timedelta(seconds=601))
    assert (await bench.settle(limited)).state is SENT


async def test_a_limit_of_edits_holds_up_no_card(bench: Bench) -> None:
    """Slack counts chat.update apart, by workspace."""
    alert = await bench.prepared("edit")
    bench.world.twin.faults.add("rate limit", "chat.update", retry_after=600)
    assert (await bench.one_send(alert)).state is DUE
    second = await bench.add(card("Second"), Part.CARD, alert.channel, "card2")
    assert (await bench.one_send(second)).state is SENT
    assert (await bench.state(alert)).attempt == 1


async def test_under_the_small_limits_an_alert_is_held_and_says_so_until_all_was_seen() -> None:
    """One call a minute, 15 messages a call; never sent again before the look has ended."""
    quick = Limits(history_small=True, message=(1_000, 0.001))
    async with benched(quick) as bench:
        twin, news = bench.world.twin, bench.world.news
        alert = await bench.add(card(), Part.CARD, bench.world.channel(), "card")
        twin.faults.add("drop", "chat.postMessage", taken=True)
        parts = await bench.stack.enter_async_context(slack(twin.bot_token, twin.api_base))
        worker = Deliverer(bench.store, parts.chat, bench.clock, "w", PATIENCE)
        await worker.tick()
        person = twin.member("reader")
        for at in range(40):
            post(twin.core, twin.workspace(), news, Draft(user=person, text=f"m {at}"))
        reasons = set()
        for _ in range(10):
            bench.clock.pass_(timedelta(seconds=61))
            parts.web._shut.clear()  # noqa: SLF001 -- as if the loop's clock had jumped as well
            await worker.tick()
            if (after := await bench.state(alert)).state is SENT:
                break
            assert after.state is UNKNOWN
            reasons.add(after.reason)
        assert (await bench.state(alert)).state is SENT
        assert any("not among the" in reason for reason in reasons)
        assert bench.times_shown(alert) == 1


async def test_with_slack_sdks_own_retries_the_same_fault_posts_twice(bench: Bench) -> None:
    """So it is known that the tests above can bite, and why the retries are off."""
    twin = bench.world.twin
    alert = await bench.add(card(), Part.CARD, bench.world.channel(), "card")
    twin.faults.add("drop", "chat.postMessage", taken=True)
    wire = RetryingWire(twin.api_base)
    bench.stack.push_async_callback(wire.close)
    web = Web(OneToken(twin.bot_token, wire), wire)
    chat = SlackChat(web, SlackPlaces(web), timedelta(0))
    await Deliverer(bench.store, chat, bench.clock, "w", PATIENCE).tick()
    assert bench.times_shown(alert) == 2
