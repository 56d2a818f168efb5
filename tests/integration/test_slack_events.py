"""Slack's requests over HTTP: what is let in, what is refused, and how workspaces are added."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from slack_bolt.async_app import AsyncAck

from bot.adapters.chat.slack import events
from bot.adapters.chat.slack.check import SCOPES
from bot.adapters.chat.slack.events import EVENTS, INSTALL, MOST_BYTES, REDIRECT, slack_app
from bot.adapters.chat.slack.installs import Installed
from bot.adapters.store.database import make_engine, migrate
from tests.fakes.serving import serving
from tests.integration.slack_bolt_bot import bolt_app
from tests.twins.slack import SlackTwin
from tests.twins.slack.deliveries import Kind
from tests.twins.slack.events import Sent

# slack_sdk asks so for a token
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
JSON = "application/json"
COMMAND: dict[str, Any] = {
    "command": "/news",
    "text": "help",
    "team_id": "T1",
    "user_id": "U1",
    "channel_id": "C1",
    "trigger_id": "1",
}


class Desk:
    """Slack's own paths on a loopback port, a bolt app behind them, and the twin that asks."""

    def __init__(self, twin: SlackTwin, address: str, installed: Installed) -> None:
        self.twin = twin
        self.address = address
        self.installed = installed
        self.heard: list[str] = []

    async def post(self, request: Sent, path: str = EVENTS) -> int:
        """Send a request as it is; return the status."""
        async with httpx.AsyncClient() as http:
            answer = await http.post(
                self.address + path, content=request.body, headers=dict(request.headers)
            )
        return answer.status_code


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'a.db'}"
    await migrate(url)
    engine = make_engine(url)
    async with SlackTwin.running() as twin:
        twin.workspace()
        installed = Installed(twin.state.client_id, twin.state.client_secret, engine)
        app, heard = bolt_app(twin), []

        async def command(ack: AsyncAck, command: dict[str, Any]) -> None:
            heard.append(command["text"])
            await ack()

        app.command("/news")(command)
        flow = installed.flow(twin.api_base, SCOPES)
        async with serving(slack_app(app, twin.signing_secret, flow)) as address:
            made = Desk(twin, address, installed)
            made.heard = heard
            twin.ways.http.url = address + EVENTS
            yield made
    await engine.dispose()


async def test_a_signed_command_is_heard_and_acknowledged(desk: Desk) -> None:
    outcome = await desk.twin.ways.deliveries.ask(Kind.SLASH, COMMAND, answers=True, id_="1")
    assert outcome.acked
    assert desk.heard == ["help"]


async def test_the_address_can_be_entered_at_slack(desk: Desk) -> None:
    """It sends back the challenge."""
    assert await desk.twin.ways.http.verify(desk.address + EVENTS)


@pytest.mark.parametrize("age", [310, -310, 10_000_000])
async def test_an_old_request_is_refused(desk: Desk, age: int) -> None:
    """A replay of what somebody recorded."""
    assert await desk.post(desk.twin.ways.http.signed(b"{}", JSON, age=age)) == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=00"},
        {"X-Slack-Signature": "v0=\u00e9"},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "now"},
        {"X-Slack-Request-Timestamp": "9" * 400},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "\u00b2"},
    ],
)
async def test_what_is_not_signed_is_refused_before_it_is_read(
    desk: Desk, headers: dict[str, str]
) -> None:
    """The library raises on some of these."""
    request = desk.twin.ways.http.signed(b"{ no JSON", JSON)
    spoilt = {**request.headers, **headers}
    async with httpx.AsyncClient() as http:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in spoilt.items()]
        answer = await http.post(desk.address + EVENTS, content=request.body, headers=raw)
    assert answer.status_code == 401
    assert not desk.heard


async def test_a_forged_signature_is_refused(desk: Desk) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "x"}).encode()
    forged = desk.twin.ways.http.signed(body, JSON, secret="another")  # noqa: S106
    assert await desk.post(forged) == 401


async def test_a_check_of_the_certificate_cannot_be_used_to_get_past_the_signature(
    desk: Desk,
) -> None:
    """bolt answers `ssl_check=1` without one."""
    form = "application/x-www-form-urlencoded"
    request = Sent(body=b"ssl_check=1&command=/news&text=x", headers={"Content-Type": form})
    assert await desk.post(request) == 401


async def test_bytes_that_are_no_text_are_refused(desk: Desk) -> None:
    at = desk.twin.ways.http.signed(b"", JSON).headers["X-Slack-Request-Timestamp"]
    headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": "v0=00"}
    assert await desk.post(Sent(body=b"\xff\xfe", headers=headers)) == 401


async def test_a_request_that_is_too_large_is_refused(desk: Desk) -> None:
    assert await desk.post(desk.twin.ways.http.signed(b"x" * (MOST_BYTES + 1), JSON)) == 413


async def test_a_request_that_does_not_arrive_is_given_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reaches the port could hold it open."""
    monkeypatch.setattr(events, "SLOWEST", 0.1)
    parts = urlsplit(desk.address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"POST {EVENTS} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab".encode())
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_other_paths_and_methods_lead_nowhere(desk: Desk) -> None:
    async with httpx.AsyncClient(base_url=desk.address) as http:
        assert (await http.get(EVENTS)).status_code == 405
        assert (await http.post("/slack/other")).status_code == 404
        assert (await http.get("/")).status_code == 404


async def test_without_a_secret_or_an_app_nothing_is_served() -> None:
    async with SlackTwin.running() as twin:
        twin.workspace()
        async with (
            serving(slack_app(bolt_app(twin), "", None)) as address,
            httpx.AsyncClient(base_url=address) as http,
        ):
            for path in (EVENTS, INSTALL, REDIRECT):
                assert (await http.post(path)).status_code == 404


# Adding a workspace


async def consent(desk: Desk, page: httpx.Response, *, allow: bool = True) -> str:
    """Press the button, agree at Slack as an admin does, and return where Slack sends one back."""
    link = re.search(r'href="([^"]+/oauth/v2/authorize[^"]+)"', page.text)
    assert link is not None
    asked = link[1].replace("&amp;", "&")
    desk.twin.consent.redirects = (desk.address + REDIRECT,)
    form = {"user": desk.twin.member("admin").id, "allow": "yes" if allow else "no"}
    async with httpx.AsyncClient() as browser:
        back = await browser.post(asked, data=form)
    assert back.status_code == 302, back.text
    return str(back.headers["location"])


async def returned(desk: Desk, page: httpx.Response, address: str) -> httpx.Response:
    """Come back with the cookie of the page; over TLS, a browser keeps it."""
    cookie = SimpleCookie(page.headers["set-cookie"])
    name, value = next((name, one.value) for name, one in cookie.items())
    async with httpx.AsyncClient() as browser:
        return await browser.get(address, headers={"cookie": f"{name}={value}"})


async def test_a_workspace_is_added_by_its_admin(desk: Desk) -> None:
    async with httpx.AsyncClient() as browser:
        page = await browser.get(desk.address + INSTALL)
    assert page.status_code == 200
    assert "Secure" in page.headers["set-cookie"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    back = await returned(desk, page, await consent(desk, page))
    assert back.status_code == 200, back.text
    team = desk.twin.workspace().id
    assert await desk.installed.of(team) == desk.twin.bot_token
    assert sorted(desk.twin.token_of(desk.twin.workspace()).scopes) == sorted(SCOPES)


async def test_who_says_no_adds_nothing(desk: Desk) -> None:
    async with httpx.AsyncClient() as browser:
        page = await browser.get(desk.address + INSTALL)
    back = await returned(desk, page, await consent(desk, page, allow=False))
    assert "access_denied" in back.text
    assert await desk.installed.teams() == []


async def test_a_code_from_another_browser_is_refused(desk: Desk) -> None:
    """Else a stranger's workspace could be added by a link that one follows."""
    async with httpx.AsyncClient() as browser:
        page = await browser.get(desk.address + INSTALL)
        back = await browser.get(await consent(desk, page))
    assert back.status_code == 400
    assert await desk.installed.teams() == []


async def test_a_state_is_not_taken_twice(desk: Desk) -> None:
    async with httpx.AsyncClient() as browser:
        page = await browser.get(desk.address + INSTALL)
    address = await consent(desk, page)
    assert (await returned(desk, page, address)).status_code == 200
    assert (await returned(desk, page, address)).status_code == 401


async def test_what_slack_says_of_an_error_is_shown_as_text(desk: Desk) -> None:
    async with httpx.AsyncClient() as browser:
        page = await browser.get(desk.address + REDIRECT, params={"error": "<script>x</script>"})
    assert "<script>" not in page.text


async def test_slack_that_does_not_answer_is_no_crash(desk: Desk) -> None:
    async with httpx.AsyncClient() as browser:
        page = await browser.get(desk.address + INSTALL)
    address = await consent(desk, page)
    desk.twin.faults.add("drop", method="oauth.v2.access")
    back = await returned(desk, page, address)
    assert back.status_code == 503
    assert "begin again" in back.text
