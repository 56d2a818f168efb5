"""What Discord says, sorted into what follows for delivery; and that it is asked only once."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.chat.discord.refusals import (
    BANNED_WAIT,
    DEFAULT_WAIT,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    Answer,
    AnswerError,
    code_of,
    limited,
    refusal,
    seconds,
)
from bot.adapters.chat.discord.rest import Rest
from bot.domain.errors import (
    CardGoneError,
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
    RefusedError,
    ThreadLockedError,
)
from bot.domain.messages import File

JSON = {"Content-Type": "application/json"}
POST = "/channels/111111111111111111/messages"


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, JSON | (headers or {}), json.dumps(body).encode())


def said(status: int, code: int) -> DeliveryError:
    return refusal(answer(status, {"code": code, "message": "no"}), "here")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 10003, ChannelGoneError),
        (404, 10004, ChannelGoneError),
        (404, 10008, CardGoneError),
        (404, 10062, RefusedError),
        (404, 0, RefusedError),
        (403, 50001, ForbiddenError),
        (403, 50013, ForbiddenError),
        (403, 160002, ForbiddenError),
        (403, 0, ForbiddenError),
        (403, 160005, ThreadLockedError),
        (400, 160005, ThreadLockedError),
        (400, 50035, RefusedError),
        (400, 50006, RefusedError),
        (400, 50109, RefusedError),
        (400, 200000, RefusedError),
        (400, 240000, RefusedError),
        (400, 0, RefusedError),
        (413, 40005, RefusedError),
        (400, 50083, NotSentError),
        (400, 160004, NotSentError),
        (400, 160006, NotSentError),
        (400, 20016, NotSentError),
        (400, 30046, NotSentError),
        (400, 40067, ForbiddenError),
        (401, 0, NotSentError),
        (401, 50027, RefusedError),
        (409, 0, NotSentError),
        (302, 0, DeliveryError),
        (500, 0, DeliveryError),
        (502, 0, DeliveryError),
        (503, 0, DeliveryError),
        (504, 0, DeliveryError),
        (524, 0, DeliveryError),
    ],
)
def test_each_code_has_one_meaning(status: int, code: int, kind: type[DeliveryError]) -> None:
    assert type(said(status, code)) is kind


def test_a_code_can_be_asked_for_by_who_knows_what_to_do_about_it() -> None:
    found = refusal(answer(400, {"code": 160004}), "here")
    found.__cause__ = AnswerError(answer(400, {"code": 160004}))
    assert code_of(found) == 160004
    assert code_of(DeliveryError("here", "reset")) == 0


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_proxys_word_says_nothing_for_good(status: int) -> None:
    """Whoever stands before Discord refuses with HTML; the channel is not gone for that."""
    page = Answer(status, {"Content-Type": "text/html"}, b"<html>")
    assert type(refusal(page, "here")) is NotSentError


def test_the_reason_names_the_place_of_an_invalid_form() -> None:
    tree = {"embeds": {"0": {"title": {"_errors": [{"code": "X", "message": "too long"}]}}}}
    found = refusal(answer(400, {"code": 50035, "message": "Invalid", "errors": tree}), "here")
    assert found.reason == "HTTP 400 code 50035: Invalid: embeds.0.title: too long"


@pytest.mark.parametrize(
    ("headers", "body", "everywhere"),
    [
        ({"X-RateLimit-Scope": "user"}, {"retry_after": 2, "global": False}, False),
        ({"X-RateLimit-Scope": "shared"}, {"retry_after": 2, "global": False}, False),
        ({"X-RateLimit-Scope": "global"}, {"retry_after": 2, "global": True}, True),
        ({"X-RateLimit-Global": "true"}, {"retry_after": 2}, True),
        ({}, {"retry_after": 2, "global": True}, True),
    ],
)
def test_a_rate_limit_says_where_it_holds(
    headers: dict[str, str], body: dict[str, object], *, everywhere: bool
) -> None:
    found = limited(answer(429, body, headers), "here")
    assert (found.wait, found.everywhere) == (timedelta(seconds=2), everywhere)


def test_a_rate_limit_that_is_not_discords_holds_everywhere() -> None:
    """Cloudflare has shut our address out; each further request makes it worse."""
    page = Answer(429, {"Content-Type": "text/html"}, b"<html>")
    assert (limited(page, "x").wait, limited(page, "x").everywhere) == (BANNED_WAIT, True)


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        (0.65, timedelta(seconds=0.65)),
        ("7", timedelta(seconds=7)),
        (7_200, timedelta(hours=2)),
        (0, SHORTEST_WAIT),
        (-5, SHORTEST_WAIT),
        (10**9, LONGEST_WAIT),
        ("inf", LONGEST_WAIT),
        (10**400, DEFAULT_WAIT),
        ("nan", DEFAULT_WAIT),
        ("Wed, 21 Oct 2026 07:28:00 GMT", DEFAULT_WAIT),
        (None, DEFAULT_WAIT),
        ([1], DEFAULT_WAIT),
    ],
)
def test_any_retry_after_is_read_as_a_sane_wait(given: object, wait: timedelta) -> None:
    assert seconds(given, DEFAULT_WAIT) == wait


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A tiny Discord: it says who the bot is, and then what a test wants."""

    def __init__(self) -> None:
        self.handle: Handler = _fine
        self.log_in: Handler = _me
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/api/v10/users/@me":
            return await self.log_in(request)
        self.asked.append(f"{request.method} {request.raw_path.removeprefix('/api/v10')}")
        self.bodies.append(await request.read())
        return await self.handle(request)


async def _me(request: web.Request) -> web.StreamResponse:
    assert request.headers["Authorization"] == "Bot t"
    return web.json_response({"id": "1", "username": "newsthread"})


async def _fine(request: web.Request) -> web.StreamResponse:
    return web.json_response({"id": "9"})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10"
    yield made
    await runner.cleanup()


@asynccontextmanager
async def resting(server: Server, **limits: Any) -> AsyncIterator[Rest]:
    rest = Rest("t", server.url, **limits)
    try:
        yield rest
    finally:
        await rest.close()


@pytest.fixture
async def rest(server: Server) -> AsyncIterator[Rest]:
    async with resting(server) as made:
        yield made


def always(status: int, body: object = None, headers: dict[str, str] | None = None) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.json_response(body or {}, status=status, headers=headers)

    return handle


async def test_an_answer_comes_back_as_it_was_written(server: Server, rest: Rest) -> None:
    assert await rest.request("POST", POST, json={"content": "é"}) == {"id": "9"}
    assert (server.asked, json.loads(server.bodies[0])) == ([f"POST {POST}"], {"content": "é"})


async def test_nothing_comes_back_from_no_content(server: Server, rest: Rest) -> None:
    async def empty(request: web.Request) -> web.StreamResponse:
        return web.Response(status=204)

    server.handle = empty
    assert await rest.request("DELETE", POST) is None


async def test_files_go_with_what_is_said_of_them(server: Server, rest: Rest) -> None:
    chart = File("chart.png", "image/png", b"\x89PNG")
    await rest.request("POST", POST, json={"content": "a"}, files=(chart,))
    assert b'name="payload_json"' in server.bodies[0]
    assert b'name="files[0]"; filename="chart.png"' in server.bodies[0]
    assert b"\x89PNG" in server.bodies[0]


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500])
async def test_no_answer_leaves_its_connection_behind(
    server: Server, rest: Rest, status: int
) -> None:
    """An error that is raised out of the client's own hook must not leak what it came on."""
    used: set[int] = set()

    async def handle(request: web.Request) -> web.StreamResponse:
        used.add(id(request.transport))
        return web.json_response({"code": 0, "retry_after": 0}, status=status)

    await rest.me()
    server.handle = handle
    for channel in range(10):
        with nullcontext() if status == 200 else pytest.raises(DeliveryError):
            await rest.request("POST", f"/channels/{channel}/messages", json={})
    assert len(used) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 524])
async def test_a_server_error_is_told_at_once_and_asked_once(
    server: Server, rest: Rest, status: int
) -> None:
    """discord.py would ask five times: a forum post, that has no nonce, would stand there twice."""
    server.handle = always(status)
    with pytest.raises(DeliveryError) as caught:
        await rest.request("POST", POST, json={})
    assert type(caught.value) is DeliveryError
    assert len(server.asked) == 1


async def test_a_rate_limit_is_told_at_once_and_then_obeyed_without_asking(
    server: Server, rest: Rest
) -> None:
    """discord.py would sleep through it: the outbox would not know, nor the other worker."""
    limit = {"retry_after": 20, "global": False}
    server.handle = always(429, limit, {"Via": "1.1 google", "X-RateLimit-Scope": "user"})
    for _ in range(3):
        with pytest.raises(RateLimitError) as caught:
            await rest.request("POST", POST, json={})
        assert 19 < caught.value.wait.total_seconds() <= 20
        assert not caught.value.everywhere
    assert len(server.asked) == 1
    server.handle = _fine
    await rest.request("POST", "/channels/222222222222222222/messages", json={})


async def test_a_global_limit_stops_all_but_answers_to_people(server: Server, rest: Rest) -> None:
    server.handle = always(429, {"retry_after": 20, "global": True}, {"Via": "1.1 google"})
    with pytest.raises(RateLimitError):
        await rest.request("POST", POST, json={})
    server.handle = _fine
    with pytest.raises(RateLimitError) as caught:
        await rest.request("GET", "/channels/222222222222222222")
    assert caught.value.everywhere
    await rest.request("POST", "/interactions/333333333333333333/tok/callback", json={})
    assert len(server.asked) == 2


async def test_an_empty_bucket_is_told_before_it_is_asked(server: Server, rest: Rest) -> None:
    """And the answer that emptied it comes at once: discord.py would hold it back for 20 s."""
    server.handle = always(
        200,
        {"id": "9"},
        {
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": "20",
            "X-RateLimit-Bucket": "b",
        },
    )
    async with asyncio.timeout(5):
        assert await rest.request("POST", POST, json={}) == {"id": "9"}
    with pytest.raises(RateLimitError) as caught:
        await rest.request("POST", POST, json={})
    assert caught.value.wait.total_seconds() > 15
    assert len(server.asked) == 1


async def test_no_more_requests_are_made_than_a_window_allows(server: Server) -> None:
    """However they bunch up on their way: a place is free a window after its answer only."""
    async with resting(server, at_once=3, window=0.5) as rest:
        asking = [
            asyncio.create_task(rest.request("GET", f"/channels/{111111111111111111 + n}"))
            for n in range(8)
        ]
        await asyncio.sleep(0.3)
        first = len(server.asked)
        await asyncio.gather(*asking)
    assert (first, len(server.asked)) == (2, 8)  # the log-in was the third


async def test_a_refused_token_is_said_and_not_tried_again_at_once(
    server: Server, rest: Rest
) -> None:
    """10,000 of them in ten minutes have the address banned."""
    server.log_in = always(401, {"message": "401: Unauthorized", "code": 0})
    for _ in range(5):
        with pytest.raises(NotSentError, match="DISCORD_TOKEN"):
            await rest.request("POST", POST, json={})
    assert server.asked == []


async def test_a_token_that_is_taken_back_is_said_too(server: Server, rest: Rest) -> None:
    server.handle = always(401, {"message": "401: Unauthorized", "code": 0})
    for _ in range(3):
        with pytest.raises(NotSentError, match="DISCORD_TOKEN"):
            await rest.request("POST", POST, json={})
    assert len(server.asked) == 1


async def test_an_answer_that_comes_too_late_stops_nothing_else(server: Server, rest: Rest) -> None:
    """An interaction's token is good for 15 minutes; the bot's own is another."""
    server.handle = always(401, {"message": "Invalid Webhook Token", "code": 50027})
    with pytest.raises(RefusedError):
        await rest.request("PATCH", "/webhooks/1/token/messages/@original", json={})
    server.handle = always(200, {})
    assert await rest.request("POST", POST, json={}) == {}


@pytest.mark.parametrize("status", [500, 503])
async def test_a_log_in_that_fails_sends_nothing_and_is_tried_again(
    server: Server, rest: Rest, status: int
) -> None:
    server.log_in = always(status)
    with pytest.raises(NotSentError):
        await rest.request("POST", POST, json={})
    server.log_in = _me
    await rest.request("POST", POST, json={})
    assert (await rest.me(), len(server.asked)) == ("1", 1)


async def test_many_first_requests_log_in_once(server: Server, rest: Rest) -> None:
    seen = 0

    async def count(request: web.Request) -> web.StreamResponse:
        nonlocal seen
        seen += 1
        return await _me(request)

    server.log_in = count
    await asyncio.gather(*(rest.request("GET", "/channels/1") for _ in range(10)))
    assert seen == 1


def cut(*, reset: bool) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        if reset:
            plug = request.transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.transport.abort()
        else:
            request.transport.close()
        return web.Response()

    return handle


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_broken_connection_leaves_a_send_unknown_and_a_question_harmless(
    server: Server, rest: Rest, *, reset: bool
) -> None:
    server.handle = cut(reset=reset)
    with pytest.raises(DeliveryError) as caught:
        await rest.request("POST", POST, json={})
    assert type(caught.value) is DeliveryError
    assert len(server.asked) == 1
    with pytest.raises(NotSentError):
        await rest.request("GET", POST)


async def test_a_page_instead_of_json_leaves_a_send_unknown(server: Server, rest: Rest) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>", content_type="text/html")

    server.handle = page
    with pytest.raises(DeliveryError, match="no JSON") as caught:
        await rest.request("POST", POST, json={})
    assert type(caught.value) is DeliveryError


async def test_a_redirect_is_not_followed(server: Server, rest: Rest) -> None:
    """It would send the message again, and the token to wherever it leads."""
    server.handle = always(307, {}, {"Location": "/api/v10/elsewhere"})
    with pytest.raises(DeliveryError):
        await rest.request("POST", POST, json={})
    assert len(server.asked) == 1


async def test_what_cannot_be_reached_was_not_sent(server: Server) -> None:
    rest = Rest("t", "http://127.0.0.1:1/api/v10")
    with pytest.raises(NotSentError):
        await rest.request("POST", POST, json={})
    await rest.close()


async def test_a_send_that_is_given_up_ends(server: Server, rest: Rest) -> None:
    """And leaves no connection behind on which its answer could be taken for another's."""
    gate = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return web.json_response({"id": "late"})

    await rest.me()
    server.handle = slow
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await rest.request("POST", POST, json={})
    gate.set()
    server.handle = _fine
    assert await rest.request("POST", POST, json={}) == {"id": "9"}


async def test_a_bucket_with_room_left_is_asked_however_late_it_comes_back(
    server: Server, rest: Rest
) -> None:
    """discord.py's `max_ratelimit_timeout` would refuse: threads are 50 in five minutes."""
    server.handle = always(
        200,
        {"id": "9"},
        {
            "X-RateLimit-Limit": "50",
            "X-RateLimit-Remaining": "49",
            "X-RateLimit-Reset-After": "300",
            "X-RateLimit-Bucket": "b",
        },
    )
    for _ in range(3):
        await rest.request("POST", POST, json={})
    assert len(server.asked) == 3
