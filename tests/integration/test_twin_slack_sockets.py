"""The real slack-bolt over Socket Mode: envelopes, acknowledgements, and sockets that break."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.integration.slack_bolt_bot import bolt_app, socket_of
from tests.twins.slack import SlackTwin
from tests.twins.slack.deliveries import Kind
from tests.twins.slack.limits import Limits
from tests.twins.slack.socket_faults import Action, Moment

SIX = (
    Moment.CONNECT,
    Moment.HELLO,
    Moment.SENT,
    Moment.ACK,
    Moment.ACKED,
    Moment.RECONNECT,
)


class Ear:
    """A bolt app that keeps what it heard; `careful`: it handles an envelope or event once."""

    def __init__(self, twin: SlackTwin) -> None:
        self.twin = twin
        self.heard: list[str] = []
        self.retries: list[str | None] = []
        self.deaf = False
        self.app = bolt_app(twin)
        self.app.command("/news")(self._news)
        self.app.event("app_mention")(self._mentioned)

    async def _news(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        if self.deaf:
            return
        self.heard.append(command["text"])
        await ack(f"news of {command['text']}")

    async def _mentioned(self, event: dict[str, Any], request: AsyncBoltRequest) -> None:
        self.heard.append(event["text"])
        self.retries.append(request.headers.get("x-slack-retry-num", [None])[0])

    def careful(self, handler: AsyncSocketModeHandler) -> None:
        """Acknowledge what was handled already, and do not handle it again."""
        seen: set[str] = set()
        handle = handler.handle

        async def once(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            if request.payload.get("event_id", request.envelope_id) in seen:
                await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))
                return
            seen.add(request.payload.get("event_id", request.envelope_id))
            await handle(client, request)  # type: ignore[arg-type]

        handler.client.socket_mode_request_listeners[:] = [once]


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    # 3 s last 15, for slow machines
    async with SlackTwin.running(speed=0.2, limits=Limits(enabled=False)) as running:
        running.channel("alerts")
        running.ways.deliveries.retries = (0.0, 0.2, 0.2)
        yield running
        assert not running.journal.violations


@pytest.fixture
async def ear(twin: SlackTwin) -> Ear:
    return Ear(twin)


@pytest.fixture
async def handler(twin: SlackTwin, ear: Ear) -> AsyncIterator[AsyncSocketModeHandler]:
    async with socket_of(twin, ear.app) as made:
        yield made


def mention(twin: SlackTwin, text: str) -> None:
    """Tell the app of a mention."""
    event = {"type": "app_mention", "text": text, "user": "U1", "channel": "C1", "ts": "1.1"}
    twin.ways.deliveries.tell(twin.workspace().id, event)


async def raw(twin: SlackTwin, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """Open a socket without slack_sdk."""
    client = AsyncWebClient(base_url=twin.api_base, retry_handlers=[])
    answer = await client.apps_connections_open(app_token=twin.app_token)
    return await session.ws_connect(answer["url"])


async def test_hello_says_which_app_and_how_many_sockets(twin: SlackTwin) -> None:
    async with aiohttp.ClientSession() as session:
        first, second = await raw(twin, session), await raw(twin, session)
        assert (await first.receive_json())["num_connections"] == 1
        hello = await second.receive_json()
        assert hello["type"] == "hello"
        assert hello["num_connections"] == 2
        assert hello["connection_info"] == {"app_id": twin.state.app_id}
        assert hello["debug_info"]["approximate_connection_time"] > 0


async def test_only_an_app_token_gets_an_address_which_works_once_and_soon(
    twin: SlackTwin,
) -> None:
    client = AsyncWebClient(base_url=twin.api_base, retry_handlers=[])
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.apps_connections_open(app_token="xapp-wrong")  # noqa: S106 (of nobody)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=twin.bot_token)
    url = (await client.apps_connections_open(app_token=twin.app_token))["url"]
    late = (await client.apps_connections_open(app_token=twin.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        twin.advance(31)
        for used in (url, late, url.split("?")[0] + "?ticket=guessed"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(used)
            assert refused.value.status == 408
    assert len(twin.journal.of("socket", what="refused")) == 3


async def test_a_command_comes_in_an_envelope_and_its_acknowledgement_is_journaled(
    twin: SlackTwin, ear: Ear, handler: AsyncSocketModeHandler
) -> None:
    answer = await twin.user("editor").slash("/news cecot")
    assert answer.text == "news of cecot"
    [told], [ack] = twin.journal.of("delivery"), twin.journal.of("ack")
    assert told["type"] == "slash_commands"
    assert told["delivery"] == ack["delivery"] == answer.id
    assert told["envelope"] == ack["envelope"]
    assert ack["payload"] == {"text": "news of cecot"}


async def test_envelopes_say_what_they_are(twin: SlackTwin) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await raw(twin, session)
        await socket.receive_json()
        asked = asyncio.create_task(
            twin.ways.deliveries.ask(Kind.INTERACTIVE, {"type": "x"}, answers=True, id_="I1")
        )
        envelope = await socket.receive_json()
        assert envelope["type"] == "interactive"
        assert envelope["accepts_response_payload"] is True
        assert "retry_attempt" not in envelope
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"a": 1}})
        assert (await asked).payload == {"a": 1}
        mention(twin, "hello")
        envelope = await socket.receive_json()
        assert envelope["type"] == "events_api"
        assert envelope["accepts_response_payload"] is False
        assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
        assert envelope["payload"]["type"] == "event_callback"
        assert envelope["payload"]["authorizations"][0]["is_bot"]
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await twin.ways.deliveries.settled()


async def test_what_is_no_acknowledgement_or_comes_too_late_is_noted(twin: SlackTwin) -> None:
    twin.clock.speed = 20
    twin.ways.deliveries.retries = ()
    async with aiohttp.ClientSession() as session:
        socket = await raw(twin, session)
        await socket.receive_json()
        mention(twin, "hello")
        envelope = (await socket.receive_json())["envelope_id"]
        await twin.ways.deliveries.settled()
        await socket.send_json({"envelope_id": envelope})
        await twin.journal.until("late ack", envelope=envelope)
        for frame in ("no json", "[]", "{}"):
            await socket.send_str(frame)
        await socket.send_bytes(b"0")
        await twin.journal.when(lambda: len(twin.journal.violations) == 4)
        mention(twin, "again")
        envelope = (await socket.receive_json())["envelope_id"]
        await socket.send_json({"envelope_id": envelope, "payload": {"text": "unasked"}})
        await twin.journal.when(lambda: len(twin.journal.violations) == 5)
    assert twin.journal.of("unanswered")[0]["why"] == "timeout"
    twin.journal.entries[:] = [e for e in twin.journal.entries if e["kind"] != "violation"]


async def test_an_event_that_is_not_acknowledged_goes_to_another_socket_with_its_number(
    twin: SlackTwin,
) -> None:
    twin.clock.speed = 10
    async with aiohttp.ClientSession() as session:
        sockets = [await raw(twin, session) for _ in range(2)]
        for socket in sockets:
            await socket.receive_json()
        mention(twin, "hello")
        heard = []
        for _ in range(2):
            waiting = [asyncio.create_task(s.receive_json()) for s in sockets]
            done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            heard.append(done.pop().result())
        await sockets[0].send_json({"envelope_id": heard[1]["envelope_id"]})  # any socket will do
        await twin.ways.deliveries.settled()
    first, second = twin.journal.of("delivery")
    assert first["socket"] != second["socket"]
    assert [h["retry_attempt"] for h in heard] == [0, 1]
    assert heard[1]["retry_reason"] == "timeout"
    assert heard[0]["envelope_id"] != heard[1]["envelope_id"]
    assert heard[0]["payload"]["event_id"] == heard[1]["payload"]["event_id"]


async def test_an_event_is_given_up_after_four_attempts(twin: SlackTwin) -> None:
    twin.clock.speed = 60
    mention(twin, "nobody hears")
    await twin.ways.deliveries.settled()
    assert len(twin.journal.of("unanswered")) == 1
    async with aiohttp.ClientSession() as session:
        socket = await raw(twin, session)
        await socket.receive_json()
        mention(twin, "nobody answers")
        heard = [await socket.receive_json() for _ in range(4)]
        await twin.ways.deliveries.settled()
    assert [h["retry_attempt"] for h in heard] == [0, 1, 2, 3]
    assert len(twin.journal.of("unanswered")) == 2


async def test_each_event_goes_to_exactly_one_of_ten_sockets(twin: SlackTwin) -> None:
    ears = [Ear(twin) for _ in range(10)]
    async with asyncio.TaskGroup() as tasks:
        done = asyncio.Event()

        async def listen(ear: Ear) -> None:
            async with socket_of(twin, ear.app):
                await done.wait()

        for ear in ears:
            tasks.create_task(listen(ear))
        await twin.sockets.until_connected(10)
        for n in range(40):
            mention(twin, str(n))
        await twin.ways.deliveries.settled()
        done.set()
    heard = [text for ear in ears for text in ear.heard]
    assert sorted(heard, key=int) == [str(n) for n in range(40)]
    assert all(ear.heard for ear in ears)


async def test_the_eleventh_socket_is_turned_away(twin: SlackTwin) -> None:
    async with aiohttp.ClientSession() as session:
        ten = [await raw(twin, session) for _ in range(10)]
        for socket in ten:
            assert (await socket.receive_json())["type"] == "hello"
        socket = await raw(twin, session)
        assert (await socket.receive_json())["reason"] == "too_many_websockets"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert len(twin.sockets.connected()) == 10


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_the_client_comes_back_when_it_is_asked_to(
    twin: SlackTwin, ear: Ear, handler: AsyncSocketModeHandler, reason: str
) -> None:
    await twin.sockets.disconnect_all(reason)
    assert twin.sockets.connected() == []
    answer = await twin.user("editor").slash("/news cecot")
    assert answer.text == "news of cecot"
    assert len(twin.journal.of("socket", what="open")) == 2


async def test_a_socket_that_is_to_go_is_still_heard_for_10_s(twin: SlackTwin) -> None:
    twin.clock.speed = 10
    async with aiohttp.ClientSession() as session:
        socket = await raw(twin, session)
        await socket.receive_json()
        mention(twin, "hello")
        envelope = await socket.receive_json()
        await twin.sockets.disconnect_all("warning")
        told = await socket.receive_json()
        assert (told["type"], told["reason"]) == ("disconnect", "warning")
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await twin.ways.deliveries.settled()
        assert not twin.journal.of("unanswered")
        closed = await socket.receive()
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 1000)


async def test_nothing_connects_once_socket_mode_is_switched_off(twin: SlackTwin) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await raw(twin, session)
        await socket.receive_json()
        await twin.sockets.disconnect_all("link_disabled")
        assert (await socket.receive_json())["reason"] == "link_disabled"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        with pytest.raises(SlackApiError, match="socket_mode_not_enabled"):
            await raw(twin, session)


async def test_pings_are_answered_and_sent_until_the_twin_falls_silent(twin: SlackTwin) -> None:
    twin.sockets.ping_every = 0.02
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(base_url=twin.api_base, retry_handlers=[])
        url = (await client.apps_connections_open(app_token=twin.app_token))["url"]
        socket = await session.ws_connect(url, autoping=False)
        await socket.receive_json()
        await socket.ping(b"sdk-ping-pong:1")
        kinds: set[aiohttp.WSMsgType] = set()
        while kinds != {aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG}:
            said = await socket.receive()
            kinds.add(said.type)
        await socket.pong(b"Ping from twin-1")
        [wire] = twin.sockets.connected()
        await wait_for(lambda: wire.ponged == 1)
        twin.sockets.silent = True
        await socket.ping(b"sdk-ping-pong:2")
        assert (await socket.receive()).type is aiohttp.WSMsgType.PING  # it still pings
        twin.sockets.fall_silent()
        with pytest.raises(TimeoutError):
            await exhaust(socket)


async def test_the_real_client_leaves_a_socket_that_fell_silent(
    twin: SlackTwin, ear: Ear, handler: AsyncSocketModeHandler
) -> None:
    twin.sockets.fall_silent()
    began = time.monotonic()
    while len(twin.journal.of("socket", what="open")) < 2:
        assert time.monotonic() - began < 20
        await asyncio.sleep(0.05)
    assert (await twin.user("editor").slash("/news cecot")).text == "news of cecot"


@pytest.mark.parametrize("action", [Action.ABORT, Action.CLOSE, Action.DISCONNECT])
@pytest.mark.parametrize("moment", SIX)
async def test_no_command_is_lost_nor_handled_twice_by_a_careful_bot(
    twin: SlackTwin, ear: Ear, handler: AsyncSocketModeHandler, moment: Moment, action: Action
) -> None:
    ear.careful(handler)
    twin.sockets.faults.add(moment, action)
    if moment in (Moment.CONNECT, Moment.HELLO, Moment.RECONNECT):
        twin.sockets.abort_all()
    editor = twin.user("editor")
    first = await editor.slash("/news one", within=0)
    second = await editor.slash("/news two", within=0)
    assert (first.failed, second.failed) == (None, None)
    assert ear.heard == ["one", "two"]
    assert twin.ways.deliveries.lost() == []
    assert twin.journal.of("fault")


@pytest.mark.parametrize("moment", [Moment.SENT, Moment.ACK])
async def test_bolt_alone_handles_twice_what_it_could_not_acknowledge(
    twin: SlackTwin, ear: Ear, handler: AsyncSocketModeHandler, moment: Moment
) -> None:
    twin.sockets.faults.add(moment, Action.ABORT)
    answer = await twin.user("editor").slash("/news one")
    assert answer.failed is None
    assert ear.heard == ["one", "one"]
    told = twin.journal.of("delivery", delivery=answer.id)
    assert len(told) == 2
    assert len({t["envelope"] for t in told}) == 1


async def test_an_envelope_may_come_twice_on_one_socket(
    twin: SlackTwin, ear: Ear, handler: AsyncSocketModeHandler
) -> None:
    twin.sockets.faults.add(Moment.SENT, Action.REPEAT)
    await twin.user("editor").slash("/news one")
    await twin.journal.until("late ack")
    assert ear.heard == ["one", "one"]
    with pytest.raises(ValueError, match="repeated"):
        twin.sockets.faults.add(Moment.HELLO, Action.REPEAT)


async def test_without_another_way_a_command_whose_socket_broke_is_lost_and_the_person_told(
    twin: SlackTwin, ear: Ear, handler: AsyncSocketModeHandler
) -> None:
    twin.sockets.reroute = False
    twin.sockets.faults.add(Moment.ACK, Action.CLOSE, code=1012)
    answer = await twin.user("editor").slash("/news one")
    assert answer.failed is not None
    assert len(twin.journal.of("delivery")) == 1
    assert twin.ways.deliveries.lost() == [answer.id]
    await twin.journal.until("socket", what="closed", code=1012)


async def test_an_event_whose_socket_broke_comes_again_under_the_same_event_id(
    twin: SlackTwin, ear: Ear, handler: AsyncSocketModeHandler
) -> None:
    twin.sockets.faults.add(Moment.SENT, Action.ABORT)
    mention(twin, "hello")
    await twin.ways.deliveries.settled()
    assert ear.heard == ["hello", "hello"]
    assert ear.retries == ["0", "1"]
    assert len({e["delivery"] for e in twin.journal.of("ack")}) == 1


async def test_a_silent_moment_keeps_the_socket_open(twin: SlackTwin) -> None:
    twin.sockets.faults.add(Moment.HELLO, Action.SILENCE)
    async with aiohttp.ClientSession() as session:
        socket = await raw(twin, session)
        assert (await socket.receive_json())["type"] == "hello"
        assert twin.sockets.connected() == []
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.1)
        twin.sockets.faults.clear()


async def test_a_command_waits_3_s_for_a_socket(twin: SlackTwin, ear: Ear) -> None:
    asked = asyncio.create_task(twin.user("editor").slash("/news early"))
    await asyncio.sleep(0.05)
    async with socket_of(twin, ear.app):
        assert (await asked).text == "news of early"
    twin.clock.speed = 30
    assert (await twin.user("editor").slash("/news late")).failed is not None


async def test_every_socket_is_closed_with_the_code_that_is_given(twin: SlackTwin) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await raw(twin, session)
        await socket.receive_json()
        await twin.sockets.close_all(4321)
        assert (await socket.receive()).data == 4321
    assert json.dumps(twin.journal.entries)  # what is journaled is JSON


async def exhaust(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Read until nothing comes any more."""
    while True:
        await socket.receive(timeout=0.1)


async def wait_for(true: Any) -> None:
    """Wait until something is true that the journal does not tell of."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 (there is nothing to wait for)
            await asyncio.sleep(0.01)
