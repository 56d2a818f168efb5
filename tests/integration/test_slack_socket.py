"""Sockets end, stall and die in every way; people are answered, once, all the same."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.app.async_app import AsyncApp
from structlog.testing import capture_logs

from bot.adapters.chat.slack.events import EVENTS
from bot.adapters.chat.slack.socket import Socket
from bot.adapters.chat.slack.wire import Wire
from tests.fakes.dispatcher import FakeDispatcher
from tests.fakes.serving import serving
from tests.integration.slack_desk import until
from tests.integration.slack_platform import VIGIL, Forgetful, slack
from tests.twins.slack import SlackTwin
from tests.twins.slack.limits import Limits
from tests.twins.slack.socket_faults import Action, Moment

MOMENTS = (
    Moment.CONNECT,
    Moment.HELLO,
    Moment.SENT,
    Moment.ACK,
    Moment.ACKED,
    Moment.RECONNECT,
)
"""The moments of the protocol at which a connection is dropped."""
DROPS = (Action.CLOSE, Action.ABORT, Action.DISCONNECT)


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    # 3 s last 15, for slow machines
    async with SlackTwin.running(speed=0.2, limits=Limits(enabled=False)) as running:
        running.channel("alerts")
        running.ways.deliveries.retries = (0.0, 0.2, 0.2)
        yield running
        assert not running.journal.violations


@pytest.fixture
def dispatcher() -> FakeDispatcher:
    return FakeDispatcher()


def dropped(twin: SlackTwin, moment: Moment, action: Action) -> None:
    """Have the next connection, or the present one, end at a moment."""
    twin.sockets.faults.add(moment, action)
    if moment in (Moment.CONNECT, Moment.HELLO, Moment.RECONNECT):
        twin.sockets.abort_all()  # these come with the next connection


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("action", DROPS)
async def test_a_drop_around_a_command_loses_none_and_carries_none_out_twice(
    twin: SlackTwin, dispatcher: FakeDispatcher, moment: Moment, action: Action
) -> None:
    async with slack(twin, dispatcher):
        await twin.sockets.until_connected()
        dropped(twin, moment, action)
        answer = await twin.user("reader").slash("/news summary cecot", channel="alerts")
        assert "summary" in answer.text
        assert [call.verb for call in dispatcher.calls] == ["summary"]
        await twin.sockets.until_connected()


@pytest.mark.parametrize("action", DROPS)
async def test_a_drop_around_an_event_loses_none_and_hears_none_twice(
    twin: SlackTwin, dispatcher: FakeDispatcher, action: Action
) -> None:
    """Slack sends it again, with its number, to whatever connection there is then."""
    async with slack(twin, dispatcher):
        await twin.sockets.until_connected()
        for moment in (Moment.SENT, Moment.ACK):
            dropped(twin, moment, action)
            await twin.user("reader").mention("why cecot", channel="alerts")
        await twin.ways.deliveries.settled()
        assert [call.verb for call in dispatcher.calls] == ["why", "why"]


async def drops(twin: SlackTwin, dispatcher: FakeDispatcher, each: int) -> None:
    """Ask with a drop at each moment, so many times, and check that each was carried out once."""
    reader = twin.user("reader")
    async with slack(twin, dispatcher):
        await twin.sockets.until_connected()
        asked = []
        for number in range(each):
            for moment in MOMENTS:
                dropped(twin, moment, DROPS[number % len(DROPS)])
                asked.append(f"{moment} {number}")
                await reader.slash(f"/news summary {asked[-1]}", channel="alerts")
                await until(lambda: len(dispatcher.calls) >= len(asked))
        await twin.ways.deliveries.settled()
    assert [call.args["target"] for call in dispatcher.calls] == asked
    told = [one["delivery"] for one in twin.journal.of("ephemeral") if one.get("delivery")]
    assert len(told) == len(set(told))
    assert len(twin.journal.of("fault")) == len(asked)


async def test_drops_at_six_moments_lose_no_command_and_carry_none_out_twice(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    await drops(twin, dispatcher, 3)


@pytest.mark.soak
async def test_a_hundred_drops_at_each_moment_lose_no_command_and_carry_none_out_twice(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    await drops(twin, dispatcher, 100)


async def test_without_a_memory_commands_would_be_carried_out_twice(twin: SlackTwin) -> None:
    """So that the tests above are known to bite."""
    dispatcher = Forgetful()
    async with slack(twin, dispatcher):
        await twin.sockets.until_connected()
        dropped(twin, Moment.ACK, Action.ABORT)
        await twin.user("reader").slash("/news summary cecot", channel="alerts")
        await until(lambda: len(dispatcher.calls) == 2)


async def test_two_processes_carry_out_each_command_once(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    """Slack gives each envelope to one of them, and to the other one when the first is gone."""
    async with slack(twin, dispatcher), slack(twin, dispatcher):
        await twin.sockets.until_connected(2)
        for number in range(6):
            twin.sockets.faults.add(Moment.ACK, Action.ABORT)
            await twin.user("reader").slash(f"/news summary {number}", channel="alerts")
        await until(lambda: len(dispatcher.calls) == 6)
    assert len({one["socket"] for one in twin.journal.of("delivery")}) > 1


async def test_what_comes_both_ways_is_carried_out_once(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    """While somebody changes from one way to the other."""
    async with slack(twin, dispatcher, signing_secret=twin.signing_secret) as made:
        await twin.sockets.until_connected()
        async with serving(made.beside(nothing)) as address:
            await twin.user("reader").mention("why cecot", channel="alerts")
            delivered = twin.journal.of("event", type="app_mention")[-1]["delivery"]
            twin.http.url = address + EVENTS
            await twin.user("reader").mention("why bukele", channel="alerts")
            assert twin.journal.of("ack")[-1]["by"] == "http"
            assert twin.journal.of("ack", delivery=delivered)[0]["by"] == "socket"
            again = twin.http.sent[-1]
            assert (await twin.http.post(again)).status == 200
        assert [call.args["target"] for call in dispatcher.calls] == ["cecot", "bukele"]


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """Serve nobody else."""
    raise AssertionError("that was Slack's")


async def test_a_connection_on_which_nothing_is_heard_is_replaced(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    """TCP may not notice for hours; slack_sdk has been seen not to, either."""
    with capture_logs() as logs:
        async with slack(twin, dispatcher):
            await twin.sockets.until_connected()
            twin.sockets.fall_silent()
            await until(lambda: "nothing was heard for" in troubles(logs))
            await until(lambda: len(twin.journal.of("socket", what="open")) == 2)
            await twin.sockets.until_connected()
            assert (await twin.user("reader").slash("/news help", channel="alerts")).text


@asynccontextmanager
async def dead_line() -> AsyncIterator[str]:
    """Serve connections that say hello and nothing more, not even goodbye; give the API's base."""
    over = asyncio.Event()

    async def hello(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False, autoclose=False)
        await socket.prepare(request)
        await socket.send_json({"type": "hello"})
        await over.wait()
        return socket

    async def address(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "url": f"ws://{request.host}/line"})

    app = web.Application()
    app.add_routes([web.get("/line", hello), web.post("/apps.connections.open", address)])
    async with TestServer(app) as server:
        yield str(server.make_url("/"))
        over.set()


async def test_a_stop_while_a_dead_connection_is_being_closed_leaves_nothing_open() -> None:
    """Closing takes a second where Slack says no goodbye; a stop meanwhile has to end it, too."""
    vigil = replace(VIGIL, silence=timedelta(seconds=0.1), look_every=timedelta(seconds=0.02))
    with warnings.catch_warnings(record=True) as said, capture_logs() as logs:
        warnings.simplefilter("always")
        async with dead_line() as base:
            wire, app = Wire(base), AsyncApp(signing_secret="unused", token="unused")  # noqa: S106
            listening = asyncio.create_task(Socket("unused", wire, app, vigil).run())
            await until(lambda: "nothing was heard for" in troubles(logs))
            listening.cancel()
            await asyncio.wait({listening})
            await wire.close()
        await until(lambda: len(asyncio.all_tasks()) == 1, 5)  # which hold on to what they use
        del listening
        gc.collect()
    assert [str(one.message) for one in said if one.category is ResourceWarning] == []


async def test_pings_that_are_answered_keep_a_quiet_connection(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    """Nobody may ask anything for hours."""
    async with slack(twin, dispatcher):
        await twin.sockets.until_connected()
        await asyncio.sleep(VIGIL.silence.total_seconds() * 1.5)
    assert len(twin.journal.of("socket", what="open")) == 1


async def test_pings_that_are_not_answered_end_a_connection_that_still_speaks(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    """Where only one way is broken, answers to people would be lost."""
    with capture_logs() as logs:
        async with slack(twin, dispatcher):
            await twin.sockets.until_connected()
            twin.sockets.silent = True
            await until(lambda: "nothing was heard for" in troubles(logs))
            twin.sockets.silent = False
            await until(lambda: len(twin.journal.of("socket", what="open")) >= 2)


async def test_a_connection_without_a_hello_is_given_up(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    with capture_logs() as logs:
        twin.sockets.faults.add(Moment.CONNECT, Action.SILENCE)
        async with slack(twin, dispatcher):
            await twin.sockets.until_connected(within=20)
    assert "Slack did not say hello in time" in troubles(logs)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_connection_that_slack_wants_replaced_is_read_until_the_new_one_is_there(
    twin: SlackTwin, dispatcher: FakeDispatcher, reason: str
) -> None:
    """So that there is no moment without one."""
    async with slack(twin, dispatcher):
        await twin.sockets.until_connected()
        await asyncio.sleep(0.3)  # until it counts as steady
        await twin.sockets.disconnect_all(reason)
        await until(lambda: bool(twin.journal.of("socket", what="closed")))
        assert (await twin.user("reader").slash("/news help", channel="alerts")).text
    changes = [(one["what"], one["socket"]) for one in twin.journal.of("socket")]
    assert changes[:3] == [("open", 1), ("open", 2), ("closed", 1)]


async def test_slack_that_wants_another_connection_at_once_is_not_stormed(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    twin.sockets.faults.add(Moment.HELLO, Action.DISCONNECT, times=1_000)
    async with slack(twin, dispatcher):
        await asyncio.sleep(1)
    assert len(twin.journal.of("socket", what="open")) < 40


async def test_socket_mode_that_is_switched_off_is_named_and_comes_back(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    with capture_logs() as logs:
        async with slack(twin, dispatcher):
            await twin.sockets.until_connected()
            await twin.sockets.disconnect_all("link_disabled")
            await until(lambda: "switch it on in the app's settings" in troubles(logs))
            twin.sockets.disabled = False
            await twin.sockets.until_connected()


async def test_too_many_connections_are_no_reason_to_give_up(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    with capture_logs() as logs:
        async with slack(twin, dispatcher):
            await twin.sockets.until_connected()
            await twin.sockets.disconnect_all("too_many_websockets")
            await until(lambda: "too_many_websockets" in troubles(logs))
            await twin.sockets.until_connected()


async def test_a_refused_token_is_named_and_tried_seldom(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    with capture_logs() as logs:
        async with slack(twin, dispatcher, app_token="xapp-not-the-token"):  # noqa: S106
            await until(lambda: "SLACK_APP_TOKEN is refused" in troubles(logs))
    assert "(invalid_auth)" in troubles(logs)
    assert "xapp" not in troubles(logs)
    assert {one["log_level"] for one in logs if one["event"] == "slack_socket_down"} == {"error"}


async def test_the_bots_token_is_no_app_level_token(
    twin: SlackTwin, dispatcher: FakeDispatcher
) -> None:
    """They are easily mixed up."""
    with capture_logs() as logs:
        async with slack(twin, dispatcher, app_token=twin.bot_token):
            await until(lambda: "(not_allowed_token_type)" in troubles(logs))


@pytest.mark.parametrize(
    ("fault", "more", "said"),
    [
        ("status", {"status": 503}, "HTTP 503"),
        ("html", {}, "no JSON"),
        ("drop", {}, "ServerDisconnectedError"),
        ("error", {"error": "internal_error"}, "internal_error"),
        ("rate limit", {"retry_after": 1}, "rate limited for 1 s"),
    ],
)
async def test_an_address_that_slack_does_not_give_is_asked_for_again(
    twin: SlackTwin, dispatcher: FakeDispatcher, fault: str, more: dict[str, Any], said: str
) -> None:
    with capture_logs() as logs:
        twin.faults.add(fault, "apps.connections.open", **more)
        async with slack(twin, dispatcher):
            await twin.sockets.until_connected(within=20)
    assert said in troubles(logs)


async def test_a_server_that_is_not_there_is_waited_for(dispatcher: FakeDispatcher) -> None:
    async with SlackTwin.running() as gone:
        gone.workspace()
        port = int(gone.api_base.split(":")[2].split("/")[0])
    with capture_logs() as logs:
        async with slack(gone, dispatcher):
            await until(lambda: "not connected" in troubles(logs))
            async with SlackTwin.running(port=port) as back:
                back.workspace()
                await back.sockets.until_connected(within=20)


async def test_nothing_goes_on_after_the_end(twin: SlackTwin, dispatcher: FakeDispatcher) -> None:
    """Neither pings nor readers of a connection that is gone."""
    before = asyncio.all_tasks()
    async with slack(twin, dispatcher):
        await twin.sockets.until_connected()
        for _ in range(3):
            opened = len(twin.journal.of("socket", what="open"))
            twin.sockets.abort_all()
            await until(lambda: len(twin.journal.of("socket", what="open")) > opened)  # noqa: B023
            await twin.sockets.until_connected()
    await asyncio.sleep(0.1)
    ours = [
        task
        for task in asyncio.all_tasks() - before
        if "slack_sdk" in repr(task) or "bot/adapters" in repr(task)
    ]
    assert ours == []


def troubles(logs: list[MutableMapping[str, Any]]) -> str:
    """Return why the connection went down, all times."""
    return "; ".join(str(one["reason"]) for one in logs if one["event"] == "slack_socket_down")
