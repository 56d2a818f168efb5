"""People ask on Discord by HTTP: the twin signs, and is answered as it is by the gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from bot.adapters.chat.discord import interactions
from bot.adapters.chat.discord.asked import Asked
from bot.adapters.chat.discord.gateway import Gateway, Joined
from bot.adapters.chat.discord.interactions import INTERACTIONS, MOST_BYTES, Interactions
from bot.adapters.chat.discord.platform import Discord, Keys
from bot.adapters.chat.discord.shards import Shard
from bot.adapters.store.shares import OwnShares
from bot.domain.watches import Channel
from tests.fakes.serving import serving
from tests.integration.discord_desk import SlowDispatcher, until
from tests.twins.discord.interactions import Reply
from tests.twins.discord.journal import Journal
from tests.twins.discord.outgoing import Outgoing
from tests.twins.discord.pointing import pointed_at
from tests.twins.discord.state import PUBLIC_THREAD
from tests.twins.discord.state import Channel as Place
from tests.twins.discord.twin import DiscordTwin


class Desk:
    """The bot with an address that Discord knows, and the twin that asks."""

    def __init__(self, twin: DiscordTwin, dispatcher: SlowDispatcher) -> None:
        self.twin = twin
        self.dispatcher = dispatcher
        self.reader = twin.user("reader")

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        """Make a request, signed unless headers are given; return the status."""
        outgoing = self.twin.outgoing
        status, _ = await outgoing.post(body, headers or outgoing.signed(body))
        return status

    @property
    def verbs(self) -> list[str]:
        return [call.verb for call in self.dispatcher.calls]


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"the page"})


async def nobody(_: Channel | Joined) -> None:
    raise AssertionError("nobody is greeted")


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def office(twin: DiscordTwin) -> AsyncIterator[Desk]:
    """Answer people by HTTP until the block ends; no gateway is open."""
    twin.channel("deportations")
    dispatcher = SlowDispatcher()
    keys = Keys(
        token=twin.token,
        api_base=twin.api_base,
        gateway_url=twin.gateway_url,
        public_key=twin.outgoing.public_key,
    )
    with pointed_at(twin):
        async with Discord.opened(keys, OwnShares(), now) as discord:
            discord.attend(dispatcher, nobody)
            async with serving(discord.beside(page)) as address:
                registering = asyncio.create_task(discord.register())
                await until(lambda: bool(twin.world.commands))
                assert await twin.outgoing.verify(address + INTERACTIONS)
                try:
                    yield Desk(twin, dispatcher)
                finally:
                    registering.cancel()
                    await asyncio.wait({registering})


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with DiscordTwin.running() as twin, office(twin) as made:
        yield made


async def ask_everything(desk: Desk) -> None:
    """Ask each kind of interaction once: command, button, form, completion, menu."""
    first = await desk.reader.slash("/summary", target="cecot")
    assert "{'target': 'cecot'} by reader" in first.text
    assert first.private
    longer = await desk.reader.click(first, "Longer")
    assert longer.reply is Reply.UPDATE
    public = await desk.reader.click(first, "Post publicly")
    assert not public.private
    editor = desk.twin.user("editor")
    form = await editor.slash("/watch add", target="cecot")
    sent = await editor.submit(form, {"target": "bukele"})
    assert "'target': 'bukele'" in sent.text
    offered = await desk.reader.autocomplete("/summary", target="ce")
    assert [one["value"] for one in offered] == ["cecot"]
    said = desk.reader.say("What is this about?")
    why = await desk.reader.context_menu("Why this alert?", said)
    assert why.private
    files = await desk.reader.slash("/export")
    assert files.message is not None
    assert len(files.message.attachments) == 2


async def test_each_kind_of_interaction_is_answered_without_a_gateway(desk: Desk) -> None:
    await ask_everything(desk)
    assert desk.twin.journal.of("identify") == []
    assert desk.twin.journal.violations == []
    statuses = {one["status"] for one in desk.twin.journal.of("delivered")}
    assert statuses == {202}


async def test_both_ways_bring_the_same(desk: Desk) -> None:
    """What comes by HTTP is read by us, what comes by the gateway by discord.py."""
    await ask_everything(desk)
    world, home = desk.twin.world, desk.reader.home
    number, guild = world.snowflake(), desk.reader.guild.id
    thread = Place(id=number, guild_id=guild, name="a", kind=PUBLIC_THREAD, parent_id=home.id)
    await desk.reader.slash("/summary", channel=world.add(thread))
    payloads = list(desk.twin.outgoing.sent)
    heard: list[Asked] = []

    async def hear(asked: Asked) -> None:
        heard.append(asked)

    async def greet(_: Joined) -> None:
        """Joins nothing new."""

    async def turn() -> None:
        """Nobody else begins."""

    gateway = Gateway(desk.twin.token, hear, greet, turn, Shard(0, 1))
    with pointed_at(desk.twin):
        running = asyncio.create_task(gateway.run())
        await until(lambda: bool(desk.twin.journal.of("ready")))
        for payload in payloads:
            desk.twin.core.emit(desk.reader.guild.id, "INTERACTION_CREATE", payload)
        await until(lambda: len(heard) == len(payloads))
        running.cancel()
        await asyncio.wait({running})
    assert heard == [interactions.asked_from(payload) for payload in payloads]
    assert heard[-1].parent == str(home.id)


async def test_a_slow_command_is_acknowledged_within_3_s(desk: Desk) -> None:
    desk.dispatcher.takes = 1.4
    answer = await desk.reader.slash("/summary", target="cecot")
    assert answer.reply is Reply.DEFERRED
    assert "summary {'target': 'cecot'}" in answer.text


async def test_a_request_that_is_sent_again_is_carried_out_once(desk: Desk) -> None:
    """By Discord, or by somebody who recorded it a moment ago; also by another process."""
    await desk.reader.slash("/summary", target="cecot")
    body = json.dumps(desk.twin.outgoing.sent[0]).encode()
    assert await desk.post(body) == 202
    await asyncio.sleep(0.05)
    assert desk.verbs == ["summary"]


COMMAND = json.dumps({"type": 2, "guild_id": "1"}).encode()


@pytest.mark.parametrize("age", [310, -310, 10_000_000])
async def test_a_recorded_request_is_refused_once_it_is_old(desk: Desk, age: int) -> None:
    headers = desk.twin.outgoing.signed(COMMAND, age=age)
    assert await desk.post(COMMAND, headers) == 401


async def test_what_discord_did_not_sign_is_refused_before_it_is_read(desk: Desk) -> None:
    """Discord itself sends such requests from time to time, to see that they are."""
    good = desk.twin.outgoing.signed(COMMAND)
    name, at = "X-Signature-Ed25519", "X-Signature-Timestamp"
    other = Outgoing(desk.twin.journal)
    later = str(int(good[at]) + 1)
    spoilt = [
        good | {name: ""},
        good | {name: "00"},
        good | {name: "x" * 128},
        good | {name: good[name][:-2] + "zz"},
        good | {name: good[name].replace(good[name][0], "0" if good[name][0] != "0" else "1")},
        good | {at: later},  # it is signed, too
        good | {at: ""},
        good | {at: "now"},
        good | {at: "9" * 400},
        good | {at: "-1"},
        {key: value for key, value in good.items() if key != name},
        {key: value for key, value in good.items() if key != at},
        other.signed(COMMAND),
    ]
    assert [await desk.post(COMMAND, headers) for headers in spoilt] == [401] * len(spoilt)
    assert await desk.post(COMMAND + b" ", good) == 401
    assert await desk.post(b"{ no JSON", good) == 401


async def test_a_request_that_is_too_large_is_refused(desk: Desk) -> None:
    assert await desk.post(b" " * (MOST_BYTES + 1)) == 413


async def test_a_request_that_does_not_arrive_is_given_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interactions, "SLOWEST", 0.1)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.3)

    async with httpx.AsyncClient() as http:
        answer = await http.post(desk.twin.outgoing.url, content=slowly())
    assert answer.status_code == 408


UNKNOWN: tuple[Any, ...] = (
    [],
    None,
    "type",
    {},
    {"type": [1]},
    {"type": 2, "guild_id": "1"},
    {"type": 2, "guild_id": "1", "channel": [], "member": []},
)


async def test_what_is_no_interaction_is_refused(desk: Desk) -> None:
    """Signed, but nothing that Discord sends."""
    for told in UNKNOWN:
        assert await desk.post(json.dumps(told).encode()) == 400
    assert await desk.post(b"{ no JSON") == 400
    assert await desk.post(b"\xff") == 400
    assert await desk.post(b"[" * 200_000) == 400


async def test_what_is_asked_outside_a_server_is_taken_and_left(desk: Desk) -> None:
    """As by the gateway: there is nothing to say in a private conversation."""
    assert await desk.post(b'{"type": 2, "channel": {"id": "1", "type": 1}}') == 202
    assert await desk.post(b'{"type": 99, "guild_id": "1"}') == 202
    assert desk.verbs == []


async def test_other_paths_and_methods_lead_nowhere(desk: Desk) -> None:
    base = desk.twin.outgoing.url
    async with httpx.AsyncClient() as http:
        assert (await http.get(base)).status_code == 405
        assert (await http.post(f"{base}/more")).status_code == 404
        assert (await http.get(base.replace(INTERACTIONS, "/"))).status_code == 418


async def test_an_answer_under_way_has_a_moment_when_the_program_ends() -> None:
    """A slower one is given up; what fails is logged."""
    ended: list[str] = []

    async def hear(asked: Asked) -> None:
        if asked.id == "3":
            raise RuntimeError("a bug")
        await asyncio.sleep(0.05 if asked.id == "1" else 60)
        ended.append(asked.id)

    outgoing = Outgoing(Journal())
    door = Interactions(outgoing.public_key, hear, now)
    await door.stop()  # with nothing under way
    asked = {
        "type": 2,
        "token": "t",
        "application_id": "1",
        "guild_id": "1",
        "data": {},
        "channel": {"id": "1", "type": 0},
        "member": {"user": {"id": "1", "username": "a"}, "permissions": "0"},
    }
    with capture_logs() as logs:
        async with serving(door.app) as address:
            outgoing.url = address + INTERACTIONS
            for number in "123":
                await outgoing.deliver({**asked, "id": number})
            await door.stop(0.5)
    assert ended == ["1"]
    assert [one["event"] for one in logs] == ["discord_event_failed"]


async def test_without_a_key_nothing_is_served() -> None:
    keys = Keys(token="t", api_base="http://127.0.0.1:9", gateway_url="ws://127.0.0.1:9")  # noqa: S106
    async with DiscordTwin.running() as twin:
        with pointed_at(twin):
            async with Discord.opened(keys, OwnShares(), now) as discord:
                discord.attend(SlowDispatcher(), nobody)
                assert not discord.by_http
                assert discord.beside(page) is page


@pytest.mark.parametrize("key", ["", "0" * 63, "g" * 64, "0" * 65])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    async def hear(_: Asked) -> None:
        """Nobody."""

    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Interactions(key, hear, now)
