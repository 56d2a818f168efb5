"""The real slack-bolt is told over HTTP: signatures, challenges, retries, forms."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from tests.integration.slack_bolt_bot import QUIET, Bot
from tests.twins.slack import SlackTwin
from tests.twins.slack.asking import CannotAskError
from tests.twins.slack.deliveries import Deliveries, Kind
from tests.twins.slack.events import HttpEvents


def authorize_as(twin: SlackTwin) -> Callable[[], Awaitable[AuthorizeResult]]:
    """Return what tells bolt which token to use, without asking Slack."""

    async def authorize() -> AuthorizeResult:
        bot = twin.workspace().bot
        return AuthorizeResult(
            enterprise_id=None,
            team_id=bot.team,
            bot_token=twin.bot_token,
            bot_id=bot.bot_id,
            bot_user_id=bot.id,
        )

    return authorize


class Desk:
    """A bolt app behind an address, and what it heard."""

    def __init__(self, twin: SlackTwin) -> None:
        self.twin = twin
        self.heard: list[tuple[str, str | None]] = []
        self.hold: asyncio.Event | None = None
        self.bolt = AsyncApp(signing_secret=twin.signing_secret, authorize=authorize_as(twin))
        self.bolt.event("app_mention")(self._mentioned)
        self.bolt.command("/news")(self._news)
        self.bolt.action("press")(self._pressed)

    async def _mentioned(self, event: dict[str, Any], request: AsyncBoltRequest) -> None:
        number = request.headers.get("x-slack-retry-num", [None])[0]
        self.heard.append((event["text"], number))

    async def _news(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        self.heard.append((command["text"], None))
        await ack(f"news of {command['text']}")

    async def _pressed(self, ack: AsyncAck, action: dict[str, Any]) -> None:
        if self.hold is not None:
            await self.hold.wait()
        self.heard.append((action["value"], None))
        await ack()


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """Serve an application at an address until the block ends."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running(speed=4) as running:  # 3 s last 0.75
        running.workspace()
        yield running


@pytest.fixture
async def desk(twin: SlackTwin) -> Desk:
    return Desk(twin)


@pytest.fixture
async def http(twin: SlackTwin, desk: Desk) -> AsyncIterator[HttpEvents]:
    async with served(desk.bolt.web_app(path="/slack/events")) as address:
        made = HttpEvents(core=twin.core, url=f"{address}/slack/events")
        yield made
        await made.stop()


@pytest.fixture
async def deliveries(twin: SlackTwin, http: HttpEvents) -> AsyncIterator[Deliveries]:
    made = Deliveries(core=twin.core, way=http, retries=(0.0, 1.0, 2.0))
    yield made
    await made.stop()


def mention(text: str) -> dict[str, Any]:
    """Return an event."""
    return {"type": "app_mention", "text": text, "user": "U1", "channel": "C1", "ts": "1.1"}


async def test_a_request_url_is_taken_once_it_echoes_the_challenge(
    twin: SlackTwin, http: HttpEvents
) -> None:
    url, http.url = http.url, ""
    assert await http.verify(url)
    assert http.url == url
    assert not await http.verify(url.replace("/slack/events", "/nothing"))
    assert not await http.verify("http://127.0.0.1:9/")
    assert http.url == url
    assert [e["good"] for e in twin.journal.of("url verification")] == [True, False, False]


async def test_an_event_is_signed_told_once_and_acknowledged(
    twin: SlackTwin, desk: Desk, deliveries: Deliveries
) -> None:
    deliveries.tell(twin.workspace().id, mention("hello"))
    await deliveries.settled()
    assert desk.heard == [("hello", None)]
    [told], [ack] = twin.journal.of("delivery"), twin.journal.of("ack")
    assert told["delivery"] == ack["delivery"]
    assert told["by"] == "http"
    assert not twin.journal.of("unanswered")


@pytest.mark.parametrize(
    ("secret", "age", "status"),
    [(None, 0, 200), ("forged", 0, 401), (None, 299, 200), (None, 310, 401), (None, -310, 401)],
)
async def test_the_app_refuses_what_is_forged_or_over_5_min_old(
    http: HttpEvents, secret: str | None, age: int, status: int
) -> None:
    body = json.dumps({"type": "event_callback", "event": mention("again"), "team_id": "T1"})
    request = http.signed(body.encode(), "application/json", secret=secret, age=age)
    assert (await http.post(request)).status == status


async def test_a_request_can_be_replayed_as_it_was(
    twin: SlackTwin, desk: Desk, http: HttpEvents, deliveries: Deliveries
) -> None:
    deliveries.tell(twin.workspace().id, mention("hello"))
    await deliveries.settled()
    assert (await http.post(http.sent[0])).status == 200
    assert desk.heard == [("hello", None)] * 2  # bolt itself does not dedupe


async def test_an_event_whose_answer_is_lost_comes_again_with_its_number(
    twin: SlackTwin, desk: Desk, http: HttpEvents, deliveries: Deliveries
) -> None:
    http.lose = 1
    deliveries.tell(twin.workspace().id, mention("hello"))
    await deliveries.settled()
    assert desk.heard == [("hello", None), ("hello", "1")]
    told = twin.journal.of("delivery")
    assert [(t["attempt"], t["reason"]) for t in told] == [(0, ""), (1, "connection_failed")]
    assert len({t["delivery"] for t in told}) == 1


async def test_an_event_is_given_up_after_four_attempts(
    twin: SlackTwin, desk: Desk, http: HttpEvents, deliveries: Deliveries
) -> None:
    http.refuse = 4
    deliveries.tell(twin.workspace().id, mention("hello"))
    await deliveries.settled()
    assert desk.heard == []
    assert [t["attempt"] for t in twin.journal.of("delivery")] == [0, 1, 2, 3]
    [gone] = twin.journal.of("unanswered")
    assert gone["why"] == "connection_failed"


@pytest.mark.parametrize(
    ("status", "headers", "attempts", "why"),
    [
        (500, {}, 4, "http_error"),
        (500, {"X-Slack-No-Retry": "1"}, 1, "http_error"),
        (302, {"Location": "/again"}, 4, "too_many_redirects"),
    ],
)
async def test_what_is_no_200_is_tried_again_unless_the_app_says_no(
    twin: SlackTwin, status: int, headers: dict[str, str], attempts: int, why: str
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", refuse)
    async with served(app) as address:
        http = HttpEvents(core=twin.core, url=address)
        deliveries = Deliveries(core=twin.core, way=http, retries=(0.0, 0.0, 0.0))
        deliveries.tell(twin.workspace().id, mention("hello"))
        await deliveries.settled()
        await http.stop()
    assert len(twin.journal.of("delivery")) == attempts
    assert [e["why"] for e in twin.journal.of("unanswered")] == [why]


async def test_a_command_is_a_form_and_its_answer_comes_back(
    twin: SlackTwin, http: HttpEvents, deliveries: Deliveries
) -> None:
    form = {"command": "/news", "text": "cecot & more", "team_id": twin.workspace().id}
    outcome = await deliveries.ask(Kind.SLASH, form, answers=True, id_="I1")
    assert outcome.payload == {"text": "news of cecot & more"}
    assert http.sent[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_a_press_that_is_not_acknowledged_in_3_s_fails_and_is_not_repeated(
    twin: SlackTwin, desk: Desk, deliveries: Deliveries
) -> None:
    desk.hold = asyncio.Event()
    action = {"type": "button", "action_id": "press", "block_id": "b", "value": "1"}
    team = {"id": twin.workspace().id}
    payload = {"type": "block_actions", "actions": [action], "team": team, "user": {"id": "U1"}}
    outcome = await deliveries.ask(Kind.INTERACTIVE, payload, answers=False, id_="I1")
    assert (outcome.acked, outcome.why) == (False, "http_timeout")
    desk.hold.set()
    assert len(twin.journal.of("delivery")) == 1
    assert twin.journal.of("unanswered")[0]["delivery"] == "I1"


async def test_events_that_were_not_subscribed_to_or_need_another_scope_are_not_sent(
    twin: SlackTwin, desk: Desk, deliveries: Deliveries
) -> None:
    team = twin.workspace()
    deliveries.tell(team.id, {"type": "reaction_added", "user": "U1"})
    twin.token_of(team).scopes = frozenset({"chat:write"})
    deliveries.tell(team.id, mention("unheard"))
    team.installed = False
    deliveries.tell(team.id, {"type": "app_uninstalled"})
    await deliveries.settled()
    assert [e["type"] for e in twin.journal.of("event")] == ["app_uninstalled"]
    assert desk.heard == []


async def test_people_reach_a_bot_that_is_told_over_http_as_well(twin: SlackTwin) -> None:
    twin.clock.speed = 0.2
    twin.limits.enabled = False
    twin.channel("alerts")
    bot, editor = Bot(twin), twin.user("editor")
    async with served(bot.app.web_app(path="/slack/events")) as address:
        assert await twin.http.verify(f"{address}/slack/events")
        quick = await editor.slash("/news quick")
        assert (quick.text, quick.private) == ("quick answer", True)
        pressed = await editor.click(await bot.card(), "Summary")
        assert pressed.text == "three sentences"
        answer = await editor.slash("/news watch")
        await editor.options(answer, "Feed", "de")
        bot.action = {"response_action": "errors", "errors": {"query": "no"}}
        assert (await editor.submit(answer, {"Feed": "delta"})).errors == {"query": "no"}
        assert (await editor.mention("hello")).text == "heard"
        assert (await editor.open_home()).text == "Your watches"
        await twin.ways.deliveries.settled()
    assert {e["by"] for e in twin.journal.of("delivery")} == {"http"}
    assert not twin.journal.violations


@pytest.fixture
def installer(twin: SlackTwin, tmp_path: Path) -> AsyncApp:
    """Return an app that people install by themselves."""
    settings = AsyncOAuthSettings(
        client_id=twin.state.client_id,
        client_secret=twin.state.client_secret,
        scopes=["chat:write", "commands"],
        installation_store=FileInstallationStore(base_dir=str(tmp_path / "installed")),
        state_store=FileOAuthStateStore(expiration_seconds=600, base_dir=str(tmp_path / "states")),
        logger=QUIET,
    )
    client = AsyncWebClient(base_url=twin.api_base, retry_handlers=[], logger=QUIET)
    flow = AsyncOAuthFlow(settings=settings, client=client, logger=QUIET)
    return AsyncApp(
        signing_secret=twin.signing_secret, oauth_flow=flow, client=client, logger=QUIET
    )


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # by slack_sdk
async def test_an_admin_installs_the_app_in_another_workspace(
    twin: SlackTwin, installer: AsyncApp
) -> None:
    other = twin.workspace("Second desk", installed=False)
    async with served(installer.web_app()) as address:
        twin.consent.redirects = (f"{address}/slack/oauth_redirect",)
        landed = await twin.user("admin", other).install(f"{address}/slack/install")
    assert landed.status == 200
    assert "Thank you" in landed.body
    assert other.installed
    assert twin.token_of(other).scopes == {"chat:write", "commands"}


async def test_nothing_is_installed_where_the_admin_refuses_or_the_app_asks_for_nothing(
    twin: SlackTwin, installer: AsyncApp
) -> None:
    other = twin.workspace("Second desk", installed=False)
    admin = twin.user("admin", other)
    async with served(installer.web_app()) as address:
        twin.consent.redirects = (f"{address}/slack/oauth_redirect",)
        landed = await admin.install(f"{address}/slack/install", allow=False)
        assert "access_denied" in landed.body
        with pytest.raises(CannotAskError, match="page of consent"):
            await admin.install(f"{address}/elsewhere")
        wanted = f"client_id={twin.state.client_id}&scope=commands&state=s"
        for query, why in (
            (wanted.replace("client_id=", "client_id=x"), "invalid_client_id"),
            (wanted.replace("scope=commands", ""), "invalid_scope"),
            (f"{wanted}&redirect_uri=https://evil.example/", "not among the configured"),
        ):
            async with served(leading_to(query)) as page:
                with pytest.raises(CannotAskError, match=why):
                    await admin.install(page)
        twin.consent.redirects = ()
        async with served(leading_to(wanted)) as page:
            with pytest.raises(CannotAskError, match="none is configured"):
                await admin.install(page)
    assert not other.installed


def leading_to(query: str) -> web.Application:
    """Return a page that leads to Slack's with this query."""

    async def lead(_: web.Request) -> web.Response:
        return web.Response(
            status=302, headers={"Location": f"https://slack.com/oauth/v2/authorize?{query}"}
        )

    app = web.Application()
    app.router.add_get("/", lead)
    return app
