"""Slack is asked once, with the workspace's own token; what came of it is said in our words."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.chat.slack.client import SlackChat
from bot.adapters.chat.slack.places import SlackPlaces
from bot.adapters.chat.slack.tokens import OneToken
from bot.adapters.chat.slack.web import Web
from bot.adapters.chat.slack.wire import Wire
from bot.domain.errors import (
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
)
from bot.domain.messages import File, say
from bot.domain.watches import Channel

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ME = {
    "ok": True,
    "url": "https://newsroom.slack.com/",
    "team": "Newsroom",
    "team_id": "T1",
    "user_id": "U1",
    "bot_id": "B1",
}


class Server:
    """A tiny Slack: it says who the bot is, and then what a test wants."""

    def __init__(self) -> None:
        self.handle: Handler = always({"ok": True, "ts": "1.000001"})
        self.test: Handler = always(ME, headers={"X-OAuth-Scopes": "chat:write, users:read,"})
        self.asked: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.tokens: list[str | None] = []
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        method = request.path.removeprefix("/api/")
        self.asked.append(method)
        self.tokens.append(request.headers.get("Authorization"))
        if method == "auth.test":
            return await self.test(request)
        self.bodies.append(await request.read())
        self.forms.append(dict(await request.post()))
        return await self.handle(request)


def always(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return handle


def text(body: str, kind: str, status: int = 200) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(text=body, content_type=kind, status=status)

    return handle


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    yield made
    await runner.cleanup()


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Wire]:
    made = Wire(server.url)
    yield made
    await made.close()


@pytest.fixture
def slack(wire: Wire) -> Web:
    return Web(OneToken("xoxb-1", wire), wire)


class Some:
    """Tokens of several workspaces, which may change."""

    def __init__(self, **tokens: str) -> None:
        self.tokens = tokens

    async def of(self, team: str) -> str | None:
        return self.tokens.get(team)

    async def teams(self) -> Sequence[str]:
        return tuple(self.tokens)


async def post(slack: Web, team: str = "T1", channel: str = "C1") -> str:
    return str((await slack.call(team, "chat.postMessage", channel=channel, text="a"))["ts"])


async def test_a_call_is_one_form_with_json_where_there_is_structure(
    server: Server, slack: Web
) -> None:
    """Every method takes a form; only some take JSON."""
    blocks = [{"type": "divider"}]
    await slack.call("T1", "chat.postMessage", text="é", blocks=blocks, thread_ts=None, mrkdwn=True)
    (form,) = server.forms
    assert form.keys() == {"text", "blocks", "mrkdwn"}
    assert (form["text"], json.loads(form["blocks"]), form["mrkdwn"]) == ("é", blocks, "true")
    assert set(server.tokens) == {"Bearer xoxb-1"}


async def test_who_the_bot_is_is_asked_once(server: Server, slack: Web) -> None:
    me = await slack.identity("T1")
    assert await slack.identity("T1") is me
    assert (me.user, me.bot, me.name) == ("U1", "B1", "Newsroom")
    assert me.url == "https://newsroom.slack.com/"
    assert me.scopes == {"chat:write", "users:read"}
    assert server.asked == ["auth.test"] * 2  # whose token it is, and who the bot is there


async def test_what_many_want_to_know_at_once_is_asked_once(server: Server, slack: Web) -> None:
    """Fifty sends begin at the same moment; whoever gives up stops nobody else."""
    asking = [asyncio.create_task(slack.identity("T1")) for _ in range(50)]
    await asyncio.sleep(0)
    asking.pop().cancel()
    assert len({me.user for me in await asyncio.gather(*asking)}) == 1
    assert server.asked == ["auth.test"] * 2


async def test_an_error_is_told_to_all_who_asked_and_asked_anew_by_who_comes_later(
    server: Server, slack: Web
) -> None:
    fine, server.test = server.test, always({"ok": False, "error": "internal_error"})
    asked = await asyncio.gather(*(slack.identity("T1") for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in asked] == [NotSentError] * 5
    assert server.asked == ["auth.test"]
    server.test = fine
    assert (await slack.identity("T1")).user == "U1"


async def test_no_token_is_used_for_another_workspace(server: Server, slack: Web) -> None:
    with pytest.raises(ForbiddenError, match="not installed"):
        await post(slack, "T2")
    assert server.asked == ["auth.test"]


async def test_a_token_whose_workspace_nobody_knows_has_sent_nothing(
    server: Server, slack: Web
) -> None:
    """Whatever becomes of that question, the message has not left."""
    server.test = always({"ok": False, "error": "internal_error"})
    with pytest.raises(NotSentError) as caught:
        await post(slack)
    assert type(caught.value) is NotSentError
    assert "chat.postMessage" not in server.asked


@pytest.mark.parametrize("status", [200, 404, 429, 500])
async def test_no_answer_leaves_its_connection_behind(
    server: Server, wire: Wire, status: int
) -> None:
    used: set[int] = set()

    async def handle(request: web.Request) -> web.StreamResponse:
        used.add(id(request.transport))
        return web.json_response({"ok": status == 200}, status=status)

    server.handle = handle
    for _ in range(10):
        assert (await wire.ask("t", "chat.postMessage", {})).status == status
    assert len(used) == 1


@pytest.mark.parametrize(
    "handler",
    [
        text("<html>", "text/html"),
        text("ok", "text/plain"),
        text("{", "application/json"),
        text("[1]", "application/json"),
        text("", "text/plain", 500),
        text("<html>", "text/html", 502),
        always({"ok": False, "error": "internal_error"}),
        always({"ok": False, "error": "fatal_error"}),
    ],
    ids=["HTML", "text", "half", "list", "500", "502", "internal_error", "fatal_error"],
)
async def test_what_proves_nothing_is_unknown_and_asked_once(
    server: Server, slack: Web, handler: Handler
) -> None:
    """slack_sdk's own handlers would ask again, and the message would stand there twice."""
    server.handle = handler
    with pytest.raises(DeliveryError) as caught:
        await post(slack)
    assert type(caught.value) is DeliveryError
    assert server.asked.count("chat.postMessage") == 1


def _cut(request: web.Request, *, reset: bool) -> None:
    transport = request.transport
    assert transport is not None
    if reset:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.close()


@pytest.mark.parametrize("reset", [False, True])
async def test_a_broken_connection_is_unknown_and_asked_once(
    server: Server, slack: Web, *, reset: bool
) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        _cut(request, reset=reset)
        return web.Response()

    server.handle = handle
    with pytest.raises(DeliveryError) as caught:
        await post(slack)
    assert type(caught.value) is DeliveryError
    assert server.asked.count("chat.postMessage") == 1


async def test_an_answer_that_comes_too_late_is_unknown(server: Server) -> None:
    released = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.json_response({"ok": True})

    server.handle = handle
    wire = Wire(server.url, deadline=0.1)
    with pytest.raises(DeliveryError) as caught:
        await wire.ask("t", "chat.postMessage", {})
    assert type(caught.value) is DeliveryError
    released.set()
    await wire.close()


async def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        wire = Wire(f"http://127.0.0.1:{taken.getsockname()[1]}/api/")
        with pytest.raises(NotSentError, match="not connected"):
            await wire.ask("t", "chat.postMessage", {})
        await wire.close()


async def test_a_question_whose_answer_is_lost_has_sent_nothing(server: Server, slack: Web) -> None:
    server.handle = always({}, 500)
    with pytest.raises(NotSentError):
        await slack.call("T1", "conversations.history", channel="C1")


async def test_an_error_names_the_channel(server: Server, slack: Web) -> None:
    server.handle = always({"ok": False, "error": "is_archived"})
    with pytest.raises(ChannelGoneError) as caught:
        await post(slack)
    assert caught.value.channel == "slack:T1/C1"


async def test_a_rate_limit_is_told_at_once_and_then_obeyed_without_asking(
    server: Server, slack: Web
) -> None:
    """Of messages it holds for one channel."""
    server.handle = always({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "20"})
    for _ in range(3):
        with pytest.raises(RateLimitError) as caught:
            await post(slack)
        assert 19 < caught.value.wait.total_seconds() <= 20
        assert not caught.value.everywhere
    server.handle = always({"ok": True, "ts": "2.000001"})
    assert await post(slack, channel="C2") == "2.000001"
    assert server.asked.count("chat.postMessage") == 2


async def test_a_limit_of_questions_holds_for_the_whole_workspace(
    server: Server, slack: Web
) -> None:
    server.handle = always({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "60"})
    for channel in ("C1", "C2"):
        with pytest.raises(RateLimitError):
            await slack.call("T1", "conversations.history", channel=channel)
    assert server.asked.count("conversations.history") == 1


async def test_a_revoked_token_stops_its_workspace_alone(server: Server, wire: Wire) -> None:
    """And a new one is used at once."""
    tokens = Some(T1="old", T2="other")
    slack = Web(tokens, wire)

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.headers["Authorization"] == "Bearer old":
            return web.json_response({"ok": False, "error": "token_revoked"})
        return web.json_response({"ok": True, "ts": "1.000001"})

    server.handle = handle
    for _ in range(3):
        with pytest.raises(ForbiddenError, match="install the app there again"):
            await post(slack)
    assert server.asked.count("chat.postMessage") == 1
    await post(slack, "T2")
    tokens.tokens["T1"] = "new"
    await post(slack)


async def test_a_refused_token_is_tried_again_after_a_while(server: Server, wire: Wire) -> None:
    slack = Web(Some(T1="t"), wire, token_pause=0.05)
    server.handle = always({"ok": False, "error": "invalid_auth"})
    with pytest.raises(ForbiddenError):
        await post(slack)
    await asyncio.sleep(0.1)
    server.handle = always({"ok": True, "ts": "1.000001"})
    await post(slack)


async def test_what_is_remembered_of_limits_does_not_grow(server: Server, wire: Wire) -> None:
    slack = Web(Some(T1="t"), wire, token_pause=0)
    server.handle = always({"ok": False, "error": "invalid_auth"})
    for number in range(1_010):
        slack._tokens.tokens["T1"] = f"t{number}"  # type: ignore[attr-defined]  # noqa: SLF001
        with pytest.raises(ForbiddenError):
            await post(slack)
    assert len(slack._shut) < 1_010  # noqa: SLF001 -- its size is not to be seen otherwise


async def test_an_answer_that_names_no_message_proves_nothing(server: Server, slack: Web) -> None:
    server.handle = always({"ok": True})
    chat = SlackChat(slack, SlackPlaces(slack))
    with pytest.raises(DeliveryError, match="names no message") as caught:
        await chat.post(say("news"), Channel.parse("slack:T1/C1"), None, "k")
    assert type(caught.value) is DeliveryError


FILE = File("chart.png", "image/png", b"\x89PNG", "A chart")


async def test_a_file_goes_up_in_three_steps(server: Server, slack: Web) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        up = server.url + "upload"
        return web.json_response({"ok": True, "upload_url": up, "file_id": "F1"})

    server.handle = handle
    assert await slack.upload("T1", FILE, "C1", "1.000001") == "F1"
    assert server.asked[1:] == [
        "files.getUploadURLExternal",
        "upload",
        "files.completeUploadExternal",
    ]
    assert server.forms[0] == {"filename": "chart.png", "length": "4", "alt_txt": "A chart"}
    assert server.bodies[1] == b"\x89PNG"
    assert server.forms[2] == {
        "files": '[{"id": "F1", "title": "A chart"}]',
        "channel_id": "C1",
        "thread_ts": "1.000001",
    }
    assert server.tokens[2] is None  # the address is its own secret


@pytest.mark.parametrize("wrong", ["500", "broken"])
async def test_an_upload_that_fails_says_so(server: Server, slack: Web, wrong: str) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        if not request.path.endswith("upload"):
            up = server.url + "upload"
            return web.json_response({"ok": True, "upload_url": up, "file_id": "F1"})
        if wrong == "broken":
            _cut(request, reset=True)
        return web.Response(status=500)

    server.handle = handle
    with pytest.raises(DeliveryError, match="the upload"):
        await slack.upload("T1", FILE, "C1")
    assert "files.completeUploadExternal" not in server.asked
