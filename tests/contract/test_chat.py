"""The promises of the `Chat` port, on every platform and on the fake, so that it cannot lie."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.adapters.chat.sandbox.client import SandboxChat
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.server import SandboxServer
from bot.domain.errors import ChannelGoneError
from bot.domain.messages import Message, Posted, say
from bot.domain.watches import LOCAL, Channel, Scope
from bot.ports.world import Chat
from tests.fakes.chat import FakeChat
from tests.fakes.dispatcher import FakeDispatcher
from tests.fakes.serving import serving

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCOPE = Scope("sandbox", LOCAL)
HERE = Channel(SCOPE, "deportations")
THERE = Channel(SCOPE, "el-salvador")
NOWHERE = Channel(SCOPE, "nowhere")


@dataclass
class World:
    """A platform with two channels, and its clock."""

    chat: Chat
    now: datetime
    texts: Callable[[Channel], Awaitable[list[str]]]  # what stands there, the top level only


@asynccontextmanager
async def fake() -> AsyncIterator[World]:
    world = World(FakeChat(lambda: NOON), NOON, _nothing)
    chat = FakeChat(lambda: world.now, {HERE, THERE})

    async def texts(channel: Channel) -> list[str]:
        return [
            kept.message.as_text()
            for kept in chat.taken
            if kept.thread is None and kept.posted.channel == channel
        ]

    world.chat, world.texts = chat, texts
    yield world


@asynccontextmanager
async def sandbox(*, over_a_socket: bool) -> AsyncIterator[World]:
    async with Rooms.at(None) as rooms:
        world = World(FakeChat(lambda: NOON), NOON, _nothing)
        server = SandboxServer(rooms, FakeDispatcher(), lambda: world.now, token="t")  # noqa: S106 -- a test's
        async with serving(server.app) if over_a_socket else _nowhere() as url:
            transport = None if over_a_socket else server.transport()
            async with httpx.AsyncClient(
                transport=transport, base_url=url, trust_env=False
            ) as http:
                chat = SandboxChat(http, "t", lambda: world.now)
                await chat.open(HERE)
                await chat.open(THERE)

                async def texts(channel: Channel) -> list[str]:
                    return [post.message.as_text() for post in await rooms.read(channel.id)]

                world.chat, world.texts = chat, texts
                yield world


@pytest.fixture(params=["fake", "sandbox", "sandbox over a socket"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    kind = str(request.param)
    async with fake() if kind == "fake" else sandbox(over_a_socket="socket" in kind) as made:
        yield made


async def test_a_posted_message_stands_in_its_channel(world: World) -> None:
    await world.chat.post(say("news"), HERE, None, "k1")
    assert await world.texts(HERE) == ["news"]
    assert await world.texts(THERE) == []


async def test_a_repeated_key_returns_the_earlier_post(world: World) -> None:
    """A retry right after an unknown outcome must not post twice."""
    first = await world.chat.post(say("news"), HERE, None, "k1")
    world.now += timedelta(seconds=110)
    assert (await world.chat.post(say("news"), HERE, None, "k1")).id == first.id
    assert await world.texts(HERE) == ["news"]


async def test_a_key_is_forgotten_after_two_minutes(world: World) -> None:
    """As on Discord: whoever retries later has to look first, or posts twice."""
    await world.chat.post(say("news"), HERE, None, "k1")
    world.now += timedelta(minutes=3)
    await world.chat.post(say("news"), HERE, None, "k1")
    assert await world.texts(HERE) == ["news", "news"]


async def test_a_key_counts_in_its_channel_only(world: World) -> None:
    await world.chat.post(say("a"), HERE, None, "k1")
    await world.chat.post(say("b"), THERE, None, "k1")
    assert await world.texts(THERE) == ["b"]


async def test_a_reply_stands_in_its_thread(world: World) -> None:
    card = await world.chat.post(say("card"), HERE, None, "k1")
    await world.chat.post(say("reply"), HERE, card, "k2")
    assert await world.texts(HERE) == ["card"]


async def test_a_message_is_found_by_its_key_however_late(world: World) -> None:
    card = await world.chat.post(say("card"), HERE, None, "k1")
    reply = await world.chat.post(say("reply"), HERE, card, "k2")
    world.now += timedelta(hours=30)
    found = await world.chat.find(say("card"), HERE, None, "k1", NOON)
    below = await world.chat.find(say("reply"), HERE, card, "k2", NOON)
    assert (found and found.id, below and below.id) == (card.id, reply.id)


@pytest.mark.parametrize(
    ("where", "key", "since"),
    [(HERE, "k2", NOON), (THERE, "k1", NOON), (HERE, "k1", NOON + timedelta(hours=1))],
    ids=["another key", "another channel", "posted before"],
)
async def test_what_was_not_posted_is_not_found(
    world: World, where: Channel, key: str, since: datetime
) -> None:
    await world.chat.post(say("card"), HERE, None, "k1")
    assert await world.chat.find(say("card"), where, None, key, since) is None


async def test_an_edit_changes_the_message_in_place_and_may_be_repeated(world: World) -> None:
    card = await world.chat.post(say("old"), HERE, None, "k1")
    for _ in range(2):
        await world.chat.edit(card, say("new"))
    assert await world.texts(HERE) == ["new"]


Deed = Callable[[Chat, Posted], Awaitable[object]]


@pytest.mark.parametrize(
    "deed",
    [
        lambda chat, card: chat.post(say("x"), NOWHERE, None, "k"),
        lambda chat, card: chat.post(say("x"), HERE, Posted(HERE, "999"), "k"),
        lambda chat, card: chat.post(say("x"), THERE, card, "k"),
        lambda chat, card: chat.edit(Posted(HERE, "999"), say("x")),
        lambda chat, card: chat.edit(Posted(THERE, card.id), say("x")),
        lambda chat, card: chat.edit(Posted(HERE, "no id of ours"), say("x")),
        lambda chat, card: chat.find(say("x"), NOWHERE, None, "k", NOON),
    ],
    ids=["channel", "thread", "thread elsewhere", "message", "elsewhere", "odd id", "find"],
)
async def test_what_does_not_exist_is_gone_for_good(world: World, deed: Deed) -> None:
    """The outbox must give such an alert up, not try it again for a day."""
    card = await world.chat.post(say("card"), HERE, None, "k1")
    with pytest.raises(ChannelGoneError) as caught:
        await deed(world.chat, card)
    assert not caught.value.reason.endswith("HTTP")


async def test_two_posts_of_one_key_at_once_are_one_message(world: World) -> None:
    """Two workers may hold the same alert for a moment."""
    posts = await asyncio.gather(
        *(world.chat.post(say("news"), HERE, None, "k1") for _ in range(5))
    )
    assert len({posted.id for posted in posts}) == 1
    assert await world.texts(HERE) == ["news"]


async def test_nothing_is_too_long_to_post(world: World) -> None:
    message = Message(title="t" * 5_000, notice="n" * 5_000, blocks=say("w " * 50_000).blocks)
    await world.chat.post(message, HERE, None, "k1")
    assert len(await world.texts(HERE)) == 1


async def _nothing(channel: Channel) -> list[str]:
    return []


@asynccontextmanager
async def _nowhere() -> AsyncIterator[str]:
    yield "http://127.0.0.1"
