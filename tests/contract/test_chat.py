"""The promises of the `Chat` port, on every platform and on the fake, so that it cannot lie."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.adapters.chat.discord.client import DiscordChat
from bot.adapters.chat.discord.rest import Rest
from bot.adapters.chat.sandbox.client import SandboxChat
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.server import SandboxServer
from bot.domain.errors import CardGoneError, ChannelGoneError, DeliveryError
from bot.domain.messages import Message, Posted, say
from bot.domain.watches import LOCAL, Channel, Scope
from bot.ports.world import Chat
from tests.fakes.chat import FakeChat
from tests.fakes.dispatcher import FakeDispatcher
from tests.fakes.serving import serving
from tests.integration.slack_delivery import desk
from tests.twins.discord.limits import Limits
from tests.twins.discord.twin import DiscordTwin

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCOPE = Scope("sandbox", LOCAL)


@dataclass(kw_only=True)
class World:
    """A platform with two channels, and its clock."""

    chat: Chat
    here: Channel
    there: Channel
    nowhere: Channel
    start: datetime
    wait: Callable[[timedelta], None]  # lets time pass on the platform
    texts: Callable[[Channel], Awaitable[list[str]]]  # what stands there, the top level only


@dataclass
class Clock:
    """The clock of a platform of ours."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def wait(self, passed: timedelta) -> None:
        self.now += passed


def local(chat: Chat, clock: Clock, texts: Callable[[Channel], Awaitable[list[str]]]) -> World:
    here, there, nowhere = (Channel(SCOPE, name) for name in ("deportations", "es", "nowhere"))
    return World(
        chat=chat,
        here=here,
        there=there,
        nowhere=nowhere,
        start=NOON,
        wait=clock.wait,
        texts=texts,
    )


@asynccontextmanager
async def fake() -> AsyncIterator[World]:
    clock = Clock()
    chat = FakeChat(clock)

    async def texts(channel: Channel) -> list[str]:
        return [
            kept.message.as_text()
            for kept in chat.taken
            if kept.thread is None and kept.posted.channel == channel
        ]

    world = local(chat, clock, texts)
    chat.channels = {world.here, world.there}
    yield world


@asynccontextmanager
async def sandbox(*, over_a_socket: bool) -> AsyncIterator[World]:
    clock = Clock()
    async with Rooms.at(None) as rooms:
        server = SandboxServer(rooms, FakeDispatcher(), clock, token="t")  # noqa: S106 -- a test's
        async with serving(server.app) if over_a_socket else _nowhere() as url:
            transport = None if over_a_socket else server.transport()
            async with httpx.AsyncClient(
                transport=transport, base_url=url, trust_env=False
            ) as http:
                chat = SandboxChat(http, "t", clock)

                async def texts(channel: Channel) -> list[str]:
                    return [post.message.as_text() for post in await rooms.read(channel.id)]

                world = local(chat, clock, texts)
                await chat.open(world.here)
                await chat.open(world.there)
                yield world


@asynccontextmanager
async def discord(*, forum: bool) -> AsyncIterator[World]:
    async with DiscordTwin.running(limits=Limits(enabled=False)) as twin:
        make = twin.forum if forum else twin.channel
        home = Scope("discord", str(twin.guild().id))
        rest = Rest(twin.token, twin.api_base)

        async def texts(channel: Channel) -> list[str]:
            place = twin.world.channels[int(channel.id)]
            first = [
                next(iter(thread.messages.values()))
                for thread in twin.world.threads_of(place)
                if forum
            ]
            return [message.content for message in first or place.messages.values()]

        yield World(
            chat=DiscordChat(rest),
            here=Channel(home, str(make("here").id)),
            there=Channel(home, str(make("there").id)),
            nowhere=Channel(home, "123456789012345678"),
            start=datetime.now(UTC),
            wait=lambda passed: twin.advance(passed.total_seconds()),
            texts=texts,
        )
        await rest.close()


@asynccontextmanager
async def slack() -> AsyncIterator[World]:
    async with desk() as world:
        twin, home = world.twin, world.channel().scope

        async def texts(channel: Channel) -> list[str]:
            return world.said(twin.core.channel(home.workspace, channel.id))

        yield World(
            chat=world.chat,
            here=Channel(home, twin.channel("here").id),
            there=Channel(home, twin.channel("there").id),
            nowhere=Channel(home, "C0NOWHERE00"),
            start=world.start,
            wait=lambda passed: twin.advance(passed.total_seconds()),
            texts=texts,
        )


PLATFORMS: dict[str, Callable[[], AbstractAsyncContextManager[World]]] = {
    "fake": fake,
    "sandbox": lambda: sandbox(over_a_socket=False),
    "sandbox over a socket": lambda: sandbox(over_a_socket=True),
    "discord": lambda: discord(forum=False),
    "discord forum": lambda: discord(forum=True),
    "slack": slack,
}
NONCES = [name for name in PLATFORMS if name not in ("discord forum", "slack")]
"""Where a key is known for two minutes; elsewhere it is not, so whoever retries looks first."""


@pytest.fixture(params=list(PLATFORMS))
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with PLATFORMS[str(request.param)]() as made:
        yield made


keyed = pytest.mark.parametrize("world", NONCES, indirect=True)


async def test_a_posted_message_stands_in_its_channel(world: World) -> None:
    await world.chat.post(say("news"), world.here, None, "k1")
    assert await world.texts(world.here) == ["news"]
    assert await world.texts(world.there) == []


@keyed
async def test_a_repeated_key_returns_the_earlier_post(world: World) -> None:
    """A retry right after an unknown outcome must not post twice."""
    first = await world.chat.post(say("news"), world.here, None, "k1")
    world.wait(timedelta(seconds=110))
    assert (await world.chat.post(say("news"), world.here, None, "k1")).id == first.id
    assert await world.texts(world.here) == ["news"]


async def test_a_key_is_forgotten_after_two_minutes(world: World) -> None:
    """As on Discord: whoever retries later has to look first, or posts twice."""
    await world.chat.post(say("news"), world.here, None, "k1")
    world.wait(timedelta(minutes=3))
    await world.chat.post(say("news"), world.here, None, "k1")
    assert await world.texts(world.here) == ["news", "news"]


@pytest.mark.parametrize("world", ["fake", "sandbox", "sandbox over a socket"], indirect=True)
async def test_a_key_counts_in_its_channel_only(world: World) -> None:
    """On Discord it counts everywhere; ours have the channel in them."""
    await world.chat.post(say("a"), world.here, None, "k1")
    await world.chat.post(say("b"), world.there, None, "k1")
    assert await world.texts(world.there) == ["b"]


async def test_a_reply_stands_in_its_thread(world: World) -> None:
    card = await world.chat.post(say("card"), world.here, None, "k1")
    await world.chat.post(say("reply"), world.here, card, "k2")
    assert await world.texts(world.here) == ["card"]


async def test_a_message_is_found_by_its_key_however_late(world: World) -> None:
    card = await world.chat.post(say("card"), world.here, None, "k1")
    reply = await world.chat.post(say("reply"), world.here, card, "k2")
    world.wait(timedelta(hours=30))
    found = await world.chat.find(say("card"), world.here, None, "k1", world.start)
    below = await world.chat.find(say("reply"), world.here, card, "k2", world.start)
    assert (found and found.id, below and below.id) == (card.id, reply.id)


Look = Callable[[World], Awaitable[Posted | None]]


@pytest.mark.parametrize(
    "look",
    [
        lambda w: w.chat.find(say("another"), w.here, None, "k2", w.start),
        lambda w: w.chat.find(say("card"), w.there, None, "k1", w.start),
        lambda w: w.chat.find(say("card"), w.here, None, "k1", w.start + timedelta(hours=1)),
    ],
    ids=["another message", "another channel", "posted before"],
)
async def test_what_was_not_posted_is_not_found(world: World, look: Look) -> None:
    await world.chat.post(say("card"), world.here, None, "k1")
    assert await look(world) is None


async def test_an_edit_changes_the_message_in_place_and_may_be_repeated(world: World) -> None:
    card = await world.chat.post(say("old"), world.here, None, "k1")
    for _ in range(2):
        await world.chat.edit(card, say("new"))
    assert await world.texts(world.here) == ["new"]


Deed = Callable[[World, Posted], Awaitable[object]]


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        (lambda w, _: w.chat.post(say("x"), w.nowhere, None, "k"), ChannelGoneError),
        (lambda w, _: w.chat.find(say("x"), w.nowhere, None, "k", w.start), ChannelGoneError),
        (lambda w, _: w.chat.post(say("x"), w.here, Posted(w.here, "999"), "k"), CardGoneError),
        (lambda w, card: w.chat.post(say("x"), w.there, card, "k"), CardGoneError),
        (lambda w, _: w.chat.edit(Posted(w.here, "999"), say("x")), CardGoneError),
        (lambda w, card: w.chat.edit(Posted(w.there, card.id), say("x")), CardGoneError),
        (lambda w, _: w.chat.edit(Posted(w.here, "no id of ours"), say("x")), CardGoneError),
    ],
    ids=["channel", "find", "thread", "thread elsewhere", "message", "elsewhere", "odd id"],
)
async def test_what_does_not_exist_is_gone_for_good(
    world: World, deed: Deed, error: type[DeliveryError]
) -> None:
    """The outbox gives up all that waits there: for the channel, or for the one card."""
    card = await world.chat.post(say("card"), world.here, None, "k1")
    with pytest.raises(DeliveryError) as caught:
        await deed(world, card)
    assert type(caught.value) is error
    assert not caught.value.reason.endswith("HTTP")


@keyed
async def test_two_posts_of_one_key_at_once_are_one_message(world: World) -> None:
    """Two workers may hold the same alert for a moment."""
    posts = await asyncio.gather(
        *(world.chat.post(say("news"), world.here, None, "k1") for _ in range(5))
    )
    assert len({posted.id for posted in posts}) == 1
    assert await world.texts(world.here) == ["news"]


async def test_nothing_is_too_long_to_post(world: World) -> None:
    message = Message(title="t" * 5_000, notice="n" * 5_000, blocks=say("w " * 50_000).blocks)
    await world.chat.post(message, world.here, None, "k1")
    assert len(await world.texts(world.here)) == 1


@asynccontextmanager
async def _nowhere() -> AsyncIterator[str]:
    yield "http://127.0.0.1"
