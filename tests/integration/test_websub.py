"""Hubs that tell of changes, against a twin of one: subscribed, verified, renewed, left; pushed.

The hub is on a socket and is asked as any stranger is; what it asks and sends goes into the very
application that is served, without one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bot.adapters.feeds import websub
from bot.adapters.feeds.guard import networks
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.feeds.websub import HttpHubs, beside, websub_app
from bot.adapters.store.database import SqlStore
from bot.adapters.store.transaction import SqlTransaction
from bot.app import opened
from bot.config import read_config
from bot.domain.articles import Feed, FeedId
from bot.domain.errors import StoreError
from bot.domain.polls import PollResult
from bot.domain.records import DueFeed
from bot.domain.schedule import MIN_EVERY
from bot.domain.subscriptions import Subscription
from bot.environment import read_environment
from bot.pipeline.collect import Collector, Poll
from bot.pipeline.sorter import Sorter
from bot.pipeline.subscribe import PushedReader, Subscriber
from bot.ports.store import Transaction
from tests.e2e.cli import environment
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer, in_turn, rss, serves
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.fakes.store import memory_store
from tests.integration.test_fetch import settings
from tests.integration.test_guard import SPELLINGS, Names, dials
from tests.twins.websub import Hub

__all__ = ["dials"]  # a fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUBLIC = "https://news.example"


@dataclass(slots=True)
class World:
    """A feed, its hub, and us."""

    clock: FakeClock
    store: SqlStore
    server: FeedServer
    hub: Hub
    client: httpx.AsyncClient
    collector: Collector
    subscriber: Subscriber
    reader: PushedReader
    polls: list[Poll]
    topic: str = ""

    async def feed(self, *titles: str, extra: str = "") -> Feed:
        """Add a feed that names the hub, and poll it."""
        path = f"/{len(self.server.scripts)}"
        self.topic = self.server.url(path)
        self.hub.topics.add(self.topic)
        self.server.scripts[path] = serves(self.document(*titles, extra=extra))
        made = Feed(id=FeedId(0), url=self.topic, name="a", every=MIN_EVERY)
        async with self.store.transaction() as tx:
            added = await tx.feeds.add(made, self.clock())
        await self.collector.once()
        return added

    def document(self, *titles: str, hub: bool = True, extra: str = "") -> bytes:
        """Return the feed's document, which names its hub unless it does not."""
        atom = "xmlns:atom='http://www.w3.org/2005/Atom'"
        links = f"<atom:link {atom} rel='self' href='{self.topic}'/>"
        if hub:
            links += f"<atom:link {atom} rel='hub' href='{self.hub.url}'/>"
        return rss(*titles, channel=links + extra)

    async def live(self, *titles: str) -> Feed:
        """Add a feed whose hub tells us of changes."""
        added = await self.feed(*titles)
        await self.tick()
        return added

    async def tick(self, span: str = "0s") -> None:
        """Let a span pass, ask hubs, let them ask back, take note, and read what they sent."""
        self.clock.pass_(span)
        await self.subscriber.tick()
        await self.hub.settled()
        await self.subscriber.tick()
        await self.reader.tick()

    async def of(self, feed: Feed) -> Subscription | None:
        async with self.store.reading() as tx:
            return await tx.subscriptions.of(feed.id)

    async def titles(self) -> list[str]:
        async with self.store.reading() as tx:
            found = await tx.articles.since(self.clock() - timedelta(days=30), 99)
        return [article.title for article in found]

    async def wait(self, feed: Feed) -> timedelta:
        """Poll a feed that is due, and return after which time it is polled again."""
        async with self.store.transaction() as tx:
            await tx.feeds.make_due(feed.id, self.clock())
        await self.collector.once()
        async with self.store.reading() as tx:
            line = await tx.feeds.get(feed.id)
        assert line is not None
        return line.state.due_at - self.clock()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def outside() -> AsyncIterator[tuple[FeedServer, HttpFeedSource, Sorter]]:
    clock = FakeClock()
    sorter = Sorter(shipped_packs(), new_window, shipped_detector())
    async with FeedServer() as server, HttpFeedSource(settings(), clock) as source:
        yield server, source, sorter


@pytest_asyncio.fixture(loop_scope="module")
async def world(
    outside: tuple[FeedServer, HttpFeedSource, Sorter],
) -> AsyncIterator[World]:
    async with _world(*outside) as made:
        yield made


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("the page")(scope, receive, send)


@asynccontextmanager
async def _world(
    server: FeedServer, source: HttpFeedSource, sorter: Sorter
) -> AsyncIterator[World]:
    clock, polls, codes = FakeClock(), list[Poll](), iter(range(10_000))
    store = await memory_store(clock)
    sorter.forget()
    subscriber = Subscriber(
        store, HttpHubs(source.fetcher), clock, PUBLIC, lambda: f"code-{next(codes)}"
    )

    def told(poll: Poll) -> None:
        polls.append(poll)
        subscriber.heard(poll)

    collector = Collector(
        store, source, sorter, clock, lambda: 0.5, "w", MIN_EVERY, told, subscriber.every
    )
    page = httpx.AsyncClient(
        transport=httpx.ASGITransport(beside(_page, websub_app(store, clock))),
        base_url=PUBLIC,
    )
    async with page as client, Hub(client) as hub:
        yield World(
            clock=clock,
            store=store,
            server=server,
            hub=hub,
            client=client,
            collector=collector,
            subscriber=subscriber,
            reader=PushedReader(store, source, collector),
            polls=polls,
        )
    await store.close()


async def test_a_hub_is_subscribed_to_verified_and_what_it_sends_is_told_once(
    world: World,
) -> None:
    """Whichever comes first, the push or the poll; and a document that comes again is not read."""
    feed = await world.live("One")
    one = await world.of(feed)
    assert one is not None
    (asked,) = world.hub.journal
    assert asked.topic == world.topic
    assert asked.callback == f"{PUBLIC}/websub/{one.code}"
    assert asked.secret == one.secret
    assert one.live(world.clock())
    pushed = world.document("One", "Two")
    assert await world.hub.publish(world.topic, pushed) == [202]
    await world.tick()
    assert (world.polls[-1].new, await world.titles()) == (1, ["One", "Two"])
    world.server.scripts["/" + world.topic.rpartition("/")[2]] = serves(pushed)
    await world.wait(feed)
    assert (world.polls[-1].result.status, world.polls[-1].new) == (200, 0)
    assert await world.hub.publish(world.topic, pushed, "sha1") == [202]
    before = len(world.polls)
    await world.tick()
    assert (len(world.polls), await world.titles()) == (before, ["One", "Two"])


async def test_an_old_document_that_is_sent_again_undoes_no_edit(world: World) -> None:
    """It is signed as well as it ever was."""
    await world.live("One")
    first, second = world.document("One", "Two"), world.document("One", "Two, corrected at noon")
    for body in (first, second, first):
        assert await world.hub.publish(world.topic, body) == [202]
        await world.tick()
    assert await world.titles() == ["One", "Two, corrected at noon"]


async def test_what_is_not_signed_is_taken_and_thrown_away(world: World) -> None:
    """The hub is told nothing, as the specification says; nothing of it is stored."""
    await world.live("One")
    body = world.document("One", "Forged")
    forged = (
        {"X_Hub_Signature": "sha256=00"},
        {"X_Hub_Signature": "md5=00"},
        {"X_Hub_Signature": ""},
        {"Content_Encoding": "gzip"},
    )
    for headers in forged:
        assert await world.hub.publish(world.topic, body, **headers) == [202]
    await world.tick()
    async with world.store.reading() as tx:
        assert await tx.subscriptions.pushes(9) == ()
    assert await world.titles() == ["One"]


async def test_only_what_we_asked_for_is_confirmed(world: World) -> None:
    """Nobody can sign us up, sign us off, or have us repeat what they say."""
    world.hub.silent = True
    feed = await world.live("One")
    one = await world.of(feed)
    assert one is not None
    ask = world.hub.ask_back
    good: dict[str, str | int] = {
        "mode": "subscribe",
        "topic": one.topic,
        "challenge": "echo",
        "lease_seconds": 60,
    }
    for wrong in (
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"topic": "https://other.example/"},
        {"challenge": ""},
        {"challenge": "x" * 5_000},
        {"mode": "denied", "topic": "https://other.example/"},
    ):
        assert (await ask(one.callback, **{**good, **wrong})).status_code == 404
    assert (await ask(f"{PUBLIC}/websub/guess", **good)).status_code == 404
    twice = await world.client.get(f"{one.callback}?hub.mode=subscribe&hub.mode=subscribe")
    assert twice.status_code == 404
    assert await world.of(feed) == one
    said = await ask(one.callback, **good)
    assert (said.status_code, said.text) == (200, "echo")
    assert said.headers["content-type"] == "text/plain; charset=utf-8"
    assert said.headers["x-content-type-options"] == "nosniff"
    world.clock.pass_("2h")
    assert (await ask(one.callback, **good)).status_code == 404  # asked for too long ago


async def test_a_hub_may_ask_back_before_it_answers(world: World) -> None:
    world.hub.early = True
    feed = await world.live("One")
    one = await world.of(feed)
    assert one is not None
    assert one.live(world.clock())


async def test_a_lease_is_renewed_before_its_end_and_polls_are_slower_meanwhile(
    world: World,
) -> None:
    """With the same address and secret, so that nothing is missed in between."""
    feed = await world.live("One")
    assert await world.wait(feed) == 4 * MIN_EVERY
    await world.tick("47m")
    assert len(world.hub.journal) == 1
    await world.tick("2m")
    first, again = world.hub.journal
    assert again == first
    await world.tick("50m")  # past the end of the first lease
    one = await world.of(feed)
    assert one is not None
    assert one.live(world.clock())
    assert await world.wait(feed) == 4 * MIN_EVERY


async def test_when_a_lease_ends_the_feed_is_polled_as_before(world: World) -> None:
    """At once, and then in its own interval; what is still sent is refused."""
    feed = await world.live("One")
    await world.wait(feed)
    world.hub.silent = True
    await world.tick("61m")
    before = len(world.polls)
    await world.collector.once()
    assert len(world.polls) == before + 1
    assert await world.wait(feed) == MIN_EVERY
    assert await world.hub.publish(world.topic, world.document("Late")) == [410]
    one = await world.of(feed)
    assert one is not None
    assert not one.live(world.clock())
    world.hub.silent = False
    await world.tick("1d")
    one = await world.of(feed)
    assert one is not None
    assert one.live(world.clock())


async def test_a_removed_feeds_hub_is_told_so(world: World) -> None:
    """And confirms it; one that was never heard of again is forgotten at once."""
    feed = await world.live("One")
    async with world.store.transaction() as tx:
        await tx.feeds.remove(feed.id)
        await tx.subscriptions.push(feed.id, "", b"sent just before")
    await world.tick()
    assert [one.mode for one in world.hub.journal] == ["subscribe", "unsubscribe"]
    assert world.hub.subscribers == {}
    assert await world.of(feed) is None
    async with world.store.reading() as tx:
        assert await tx.subscriptions.pushes(9) == ()
    world.hub.silent = True
    other = await world.live("Two")
    async with world.store.transaction() as tx:
        await tx.feeds.remove(other.id)
    await world.tick()
    assert await world.of(other) is None


async def test_a_hub_that_will_not_let_go_is_left_to_its_lease(world: World) -> None:
    feed = await world.live("One")
    world.hub.silent = True
    async with world.store.transaction() as tx:
        await tx.feeds.remove(feed.id)
    for span in ("0s", "11m", "21m", "41m"):
        await world.tick(span)
    assert [one.mode for one in world.hub.journal].count("unsubscribe") == 3
    assert await world.of(feed) is None


async def test_a_feed_that_names_its_hub_no_more_leaves_it(world: World) -> None:
    feed = await world.live("One")
    path = "/" + world.topic.rpartition("/")[2]
    world.server.scripts[path] = serves(world.document("One", "Two", hub=False))
    await world.wait(feed)
    await world.tick()
    assert await world.of(feed) is None
    assert world.hub.subscribers == {}


async def test_a_hub_that_refuses_is_asked_again_and_its_reason_kept(world: World) -> None:
    """By its answer, by asking back with `denied`, or by a redirect that is none for a form."""
    world.hub.status = 503
    feed = await world.live("One")
    one = await world.of(feed)
    assert one is not None
    assert one.reason == "The hub does not accept the request (503)."
    world.hub.status, world.hub.location = 302, f"{world.hub.url}/there"
    await world.tick("11m")
    one = await world.of(feed)
    assert one is not None
    assert "redirects a form" in one.reason
    world.hub.status, world.hub.silent = 202, True
    world.hub.location = ""
    await world.tick("21m")
    await world.hub.ask_back(one.callback, mode="denied", topic=one.topic, reason="too many")
    one = await world.of(feed)
    assert one is not None
    assert (one.reason, one.asked_at) == ("The hub refuses: too many.", None)
    assert [asked.mode for asked in world.hub.journal] == ["subscribe"] * 3


async def test_a_form_is_sent_on_where_a_redirect_says_so(world: World) -> None:
    """307 and 308 alone keep what was asked."""
    async with Hub(world.client) as other:
        world.hub.status, world.hub.location = 307, other.url
        feed = await world.feed("One")
        other.topics.add(world.topic)
        await world.subscriber.tick()
        await other.settled()
    one = await world.of(feed)
    assert one is not None
    assert one.live(world.clock())


async def test_what_a_hub_may_send_is_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In size, in time, and in what waits; it sends again what was not taken."""
    monkeypatch.setattr(websub, "MOST_BYTES", 2_000)
    monkeypatch.setattr(websub, "MOST_WAITING", 1)
    monkeypatch.setattr(websub, "SLOWEST", 0.05)
    await world.live("One")
    (callback,) = world.hub.subscribers

    async def slow() -> AsyncIterator[bytes]:
        yield b"<rss>"
        await asyncio.sleep(5)

    assert await world.hub.publish(world.topic, b"x" * 3_000) == [413]
    assert (await world.client.post(callback, content=slow())).status_code == 408
    assert (await world.client.post(f"{PUBLIC}/websub/guess", content=b"")).status_code == 404
    assert (await world.client.put(callback, content=b"")).status_code == 405
    assert (await world.client.get("/websubs")).text == "the page"
    assert await world.hub.publish(world.topic, b"one") == [202]
    assert await world.hub.publish(world.topic, b"two") == [503]
    await world.tick()
    assert world.polls[-1].result.outcome == "error"
    assert await world.hub.publish(world.topic, b"two") == [202]


async def test_before_its_first_poll_a_feed_is_told_nothing(world: World) -> None:
    """That poll tells what is old; and what another process has read already is not read again."""
    feed = await world.live("One")
    async with world.store.transaction() as tx:
        await tx.subscriptions.push(feed.id, "", world.document("One", "Two"))
        (push,) = await tx.subscriptions.pushes(9)
        await tx.feeds.remove(feed.id)
        fresh = await tx.feeds.add(replace(feed, name="b"), world.clock() + timedelta(days=1))
    result = world.polls[0].result
    poll = await world.collector.pushed(replace(push, feed=fresh.id), fresh, result)
    assert poll is not None
    assert poll.new == 0
    assert await world.collector.pushed(push, fresh, result) is None


class _Broken:
    """A store that is away, a reader that cannot read."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        raise StoreError("The database is away.")

    async def pushed(self, url: str, kind: str, body: bytes) -> PollResult:
        raise StoreError("The database is away.")


class _Leaving:
    """A hub whose subscription is gone by the time that it refuses."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def ask(self, one: Subscription) -> str:
        async with self._store.transaction() as tx:
            await tx.subscriptions.remove(one.feed)
        return "no"


async def test_what_a_poll_found_outlives_a_database_that_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As does what a hub sent: both are taken up when it is back."""
    feed = await world.feed("One")
    with monkeypatch.context() as patch:
        patch.setattr(world.subscriber, "_store", _Broken())
        with pytest.raises(StoreError):
            await world.subscriber.tick()
    await world.tick()
    assert await world.hub.publish(world.topic, world.document("One", "Two")) == [202]
    with monkeypatch.context() as patch:
        patch.setattr(world.reader, "_reader", _Broken())
        assert await world.reader.tick() == 1
    with monkeypatch.context() as patch:
        patch.setattr(world.collector, "_store", _Broken())
        assert await world.reader.tick() == 1
    await world.tick()
    assert await world.titles() == ["One", "Two"]
    assert await world.of(feed) is not None


async def test_what_ends_while_it_is_under_way_is_left_alone(world: World) -> None:
    """A subscription may be removed at any time, a feed stop, or never have had a hub."""
    feed = await world.live("One")
    path = "/" + world.topic.rpartition("/")[2]
    world.server.scripts[path] = serves(world.document("One", "Two", hub=False))
    async with world.store.transaction() as tx:
        await tx.subscriptions.remove(feed.id)
    await world.wait(feed)  # it was live when it was last looked
    await world.tick()
    await world.wait(feed)
    world.server.scripts[path] = serves(world.document("One", "Three", hub=False))
    await world.wait(feed)
    await world.tick()
    assert await world.of(feed) is None
    leaving = Subscriber(world.store, _Leaving(world.store), world.clock, PUBLIC, lambda: "c")
    world.server.scripts[path] = serves(world.document("One", "Four"))
    await world.wait(feed)
    leaving.heard(world.polls[-1])
    await leaving.tick()
    assert await world.of(feed) is None


async def test_a_lease_of_a_feed_that_is_gone_brings_no_poll(world: World) -> None:
    """410 stops a feed; a removed one cannot be polled."""
    stopped = await world.live("One")
    removed = await world.live("Two")
    world.hub.silent = True
    async with world.store.transaction() as tx:
        (due,) = [one for one in await _claimed(tx, world.clock()) if one.feed == stopped]
        await tx.feeds.settle(stopped.id, "w", replace(due.state, stopped=True))
        await tx.feeds.remove(removed.id)
    before = len(world.polls)
    await world.tick("61m")
    await world.collector.once()
    assert len(world.polls) == before


async def _claimed(tx: SqlTransaction, now: datetime) -> tuple[DueFeed, ...]:
    for line in await tx.feeds.list():
        await tx.feeds.make_due(line.feed.id, now)
    return await tx.feeds.claim("w", now, now + timedelta(minutes=3), 9)


async def test_the_program_serves_hubs_beside_its_page_where_it_has_a_public_address(
    tmp_path: Path,
) -> None:
    """Outside the page's door; without the address, none is asked and nothing is served."""
    for public, served in (({"NEWSTHREAD_PUBLIC_URL": PUBLIC}, True), ({}, False)):
        environ = read_environment(environment(tmp_path, **public))
        async with opened(read_config(environ.config), environ) as app:
            assert app.page is not None
            transport = httpx.ASGITransport(app.page.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1"
            ) as client:
                said = await client.get("/websub/guess")
            assert ({"hubs", "pushes"} <= app.steps().keys()) is served
            assert (said.text == "There is no such subscription.") is served


async def test_a_hub_at_a_private_address_is_never_dialled(dials: list[str]) -> None:
    """In any spelling, and by a redirect as well."""
    ours = "127.8.8.8"
    allowed = settings(allow_addresses=networks([f"{ours}/32"]))
    bad = []
    async with (
        FeedServer(address=ours) as server,
        HttpFeedSource(allowed, FakeClock(), Names({})) as source,
    ):
        hubs = HttpHubs(source.fetcher)
        plain = Subscription(
            feed=FeedId(1), hub="", topic="https://a.example/", code="c", callback=PUBLIC,
            secret="s", due_at=FakeClock()(),  # noqa: S106
        )  # fmt: skip
        for number, host in enumerate(one for one in SPELLINGS if one != ours):
            target = f"http://{host}:8080/hub"

            async def sent_on(exchange: object, target: str = target) -> None:
                await exchange.send(b"", 307, {"Location": target})  # type: ignore[attr-defined]

            server.scripts[f"/{number}"] = in_turn(sent_on)
            dials.clear()
            reasons = [
                await hubs.ask(replace(plain, hub=hub))
                for hub in (target, server.url(f"/{number}"))
            ]
            if not set(dials) <= {ours} or not all("private or reserved" in one for one in reasons):
                bad.append((host, reasons, [*dials]))
    assert len(SPELLINGS) >= 13
    assert bad == []
