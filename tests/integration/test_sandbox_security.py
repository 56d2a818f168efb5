"""A page on this machine is within reach of every web page: what that must not allow."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.adapters.chat.sandbox.door import door
from tests.fakes.sandbox import CARD, HERE, TOKEN, Sandbox, sandbox

JSON = {"text": "hello", "user": "reader"}
FORMS = (
    "/c/deportations/say",
    "/c/deportations/seen",
    "/messages/1/press",
    "/messages/1/dismiss",
    "/user",
    "/channels",
)
POSTS = (*FORMS, "/api/channels/deportations/messages", "/api/messages/1/actions/mute")
GETS = (
    "/",
    "/c/deportations",
    "/m/1",
    "/api/channels",
    "/healthz",
    "/events?after=0",
    "/files/1/0",
)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox() as made:
        await made.chat.post(CARD, HERE, None, "k")
        yield made


@pytest.mark.parametrize("path", [*GETS, *POSTS])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.:80"])
async def test_another_host_name_is_refused_everywhere(box: Sandbox, path: str, host: str) -> None:
    """DNS rebinding: the attacker's name leads to this machine."""
    method = "POST" if path in POSTS else "GET"
    answer = await box.people.request(method, path, headers={"host": host})
    assert answer.status_code == 421
    assert not box.dispatcher.calls


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:1234", "LOCALHOST", "[::1]:8080"])
async def test_this_machines_names_are_served_on_any_port(box: Sandbox, host: str) -> None:
    assert (await box.people.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
    ],
    ids=["foreign", "null", "another port", "cross-site"],
)
async def test_another_origin_is_refused_everywhere(
    box: Sandbox, path: str, headers: dict[str, str]
) -> None:
    answer = await box.people.post(path, json=JSON, headers=headers)
    assert answer.status_code == 403
    assert not box.dispatcher.calls


async def test_the_own_origin_is_served(box: Sandbox) -> None:
    headers = {"origin": "http://127.0.0.1"}
    path = "/api/channels/deportations/messages"
    assert (await box.people.post(path, json=JSON, headers=headers)).status_code == 200


@pytest.mark.parametrize("path", POSTS[-2:])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_that_a_foreign_form_could_send_is_not_json(
    box: Sandbox, path: str, kind: str
) -> None:
    answer = await box.people.post(
        path, content=b'{"text":"/mute"}', headers={"content-type": kind}
    )
    assert answer.status_code == 400
    assert not box.dispatcher.calls


async def session(box: Sandbox) -> tuple[str, str]:
    """Return the cookie and the form token of a new visitor."""
    answer = await box.people.get("/c/deportations")
    csrf = answer.text.split('data-csrf="')[1].split('"')[0]
    cookie = answer.cookies["newsthread_session"]
    box.people.cookies.clear()
    return cookie, csrf


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_without_its_sessions_token_is_refused(box: Sandbox, path: str) -> None:
    cookie, csrf = await session(box)
    _, foreign = await session(box)
    for sent, shown in (("", csrf), (cookie, ""), (cookie, foreign), (cookie, "ü")):
        answer = await box.people.post(
            path,
            data={"csrf": shown, "text": "/mute", "action": "mute:target=K7Q2", "name": "x"},
            headers={"cookie": f"newsthread_session={sent}"},
        )
        assert answer.status_code == 403
    assert not box.dispatcher.calls


async def test_a_form_with_its_token_works_without_a_script(box: Sandbox) -> None:
    cookie, csrf = await session(box)
    headers = {"cookie": f"newsthread_session={cookie}"}
    said = await box.people.post(
        "/c/deportations/say", data={"csrf": csrf, "text": "/why x"}, headers=headers
    )
    pressed = await box.people.post(
        "/messages/1/press", data={"csrf": csrf, "action": "mute:target=K7Q2"}, headers=headers
    )
    page = await box.people.get("/c/deportations")
    dismissed = await box.people.post("/messages/3/dismiss", data={"csrf": csrf}, headers=headers)
    after = (await box.people.get("/c/deportations")).text
    became = await box.people.post("/user", data={"csrf": csrf, "user": "ana"}, headers=headers)
    made = await box.people.post("/channels", data={"csrf": csrf, "name": "new"}, headers=headers)
    answers = (said, pressed, dismissed, became, made)
    assert [answer.status_code for answer in answers] == [303] * 5
    assert [call.verb for call in box.dispatcher.calls] == ["why", "mute"]
    assert page.text.count("Only you can see this") == 2
    assert after.count("Only you can see this") == 1
    assert ">/why x<" not in after  # its command went with the answer


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/c/x", "/\\evil.example"])
async def test_no_form_leads_away(box: Sandbox, back: str) -> None:
    cookie, csrf = await session(box)
    answer = await box.people.post(
        "/user",
        data={"csrf": csrf, "user": "ana", "back": back},
        headers={"cookie": f"newsthread_session={cookie}"},
    )
    assert answer.headers["location"] in ("/", "/c/x")


@pytest.mark.parametrize("path", [*GETS[:5], "/static/sandbox.js", "/nothing", "/c/nowhere"])
async def test_nothing_runs_inline_or_in_a_frame(box: Sandbox, path: str) -> None:
    answer = await box.people.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    for inline in ("<script>", "<style", " style=", " onclick=", " onload="):
        assert inline not in answer.text or path.endswith(".js")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/bot/v1/channels/x"),
        ("POST", "/bot/v1/channels/deportations/messages"),
        ("GET", "/bot/v1/channels/deportations/messages?key=k&since=2026-01-01T00:00:00Z"),
        ("PATCH", "/bot/v1/channels/deportations/messages/1"),
    ],
)
@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
async def test_the_bots_side_is_closed_without_its_token(
    box: Sandbox, method: str, path: str, shown: str
) -> None:
    headers = {"authorization": shown} if shown else {}
    assert (await box.people.request(method, path, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"key": 1}', b'{"key": "k", "message": 3}', b'{"key":"k","thread":4}'],
)
async def test_a_malformed_request_of_the_bot_is_refused(box: Sandbox, body: bytes) -> None:
    answer = await box.people.post(
        "/bot/v1/channels/deportations/messages",
        content=body,
        headers={"authorization": f"Bearer {TOKEN}"},
    )
    assert answer.status_code == 400
    assert (await box.people.get("/api/channels")).json()["channels"][0]["messages"] == 1


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/api/channels/deportations/messages", 1_600_000, 413), ("/user", 70_000, 413)],
)
async def test_a_large_body_is_refused_also_when_it_hides_its_length(
    box: Sandbox, path: str, size: int, status: int
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size // 1_000):
            yield b"a" * 1_000

    answer: httpx.Response = await box.people.post(path, content=chunks())
    assert answer.status_code == status


async def test_a_server_without_a_token_is_not_made(box: Sandbox) -> None:
    """An empty token would let everybody in."""
    with pytest.raises(ValueError, match="token"):
        type(box.server)(box.rooms, box.dispatcher, box.clock, token="")


async def test_a_crash_is_an_answer_without_its_innards(box: Sandbox) -> None:
    box.dispatcher.usages = None  # type: ignore[assignment]  # whatever breaks
    answer = await box.people.get("/api/commands")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", [*GETS, *POSTS])
async def test_a_published_page_shows_nothing_without_the_token(path: str) -> None:
    """Neither pages nor the JSON, streams, files and the state; and it asks for it."""
    async with sandbox(door=door("0.0.0.0", "t" * 16, "")) as box:  # noqa: S104 -- what is tested
        method = "POST" if path in POSTS else "GET"
        for headers in ({}, {"authorization": "Bearer wrong"}):
            answer = await box.people.request(
                method, path, headers={"host": "192.0.2.7", **headers}
            )
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic ")
        assert not box.dispatcher.calls


async def test_a_published_page_lets_in_who_shows_the_token_and_checks_the_origin() -> None:
    """The token is no leave for another site's page to act in its reader's name."""
    async with sandbox(door=door("0.0.0.0", "t" * 16, "")) as box:  # noqa: S104 -- what is tested
        shown = {"host": "192.0.2.7", "authorization": f"Bearer {'t' * 16}"}
        assert (await box.people.get("/api/channels", headers=shown)).status_code == 200
        path = "/api/channels/deportations/messages"
        foreign = {**shown, "origin": "https://evil.example"}
        assert (await box.people.post(path, json=JSON, headers=foreign)).status_code == 403
        named = {**shown, "host": "evil.example"}
        assert (await box.people.post(path, json=JSON, headers=named)).status_code == 421
        assert (await box.people.post(path, json=JSON, headers=shown)).status_code in (200, 201)


async def test_the_bot_needs_no_second_token_on_a_published_page() -> None:
    """It shows its own."""
    async with sandbox(door=door("0.0.0.0", "t" * 16, "")) as box:  # noqa: S104 -- what is tested
        assert (await box.chat.post(CARD, HERE, None, "k")).id
