"""Slack put together: several workspaces, those that leave, and what nobody listens to."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Send
from starlette.types import Scope as Asked
from structlog.testing import capture_logs

from bot.adapters.chat.slack.events import EVENTS, INSTALL, REDIRECT
from bot.adapters.chat.slack.platform import Keys, Slack
from bot.adapters.store.database import make_engine, migrate
from bot.domain.errors import DeliveryError
from bot.domain.messages import Message, say
from bot.domain.watches import Channel, Scope
from tests.fakes.dispatcher import FakeDispatcher
from tests.fakes.serving import serving
from tests.integration.slack_desk import manifest, until
from tests.integration.slack_platform import slack
from tests.integration.test_slack_socket import nothing
from tests.twins.slack import SlackTwin
from tests.twins.slack.state import Workspace

# slack_sdk asks so for a token
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
NEWS: Message = say("News")


class Office:
    """The bot with an address, and workspaces that add it."""

    def __init__(self, twin: SlackTwin, slack: Slack, address: str) -> None:
        self.twin = twin
        self.slack = slack
        self.address = address
        self.greeted: list[Channel] = []

    async def add(self, name: str) -> Workspace:
        """Have a workspace add the bot, as its admin does."""
        workspace = self.twin.workspace(name, installed=False)
        self.twin.channel("alerts", workspace, member=False)
        self.twin.consent.redirects = (self.address + REDIRECT,)
        admin = self.twin.user("admin", workspace)
        seen = await admin.install(self.address + INSTALL)
        assert seen.status == 200, seen.body
        return workspace

    async def post(self, workspace: Workspace, key: str) -> str:
        """Post to a workspace's channel; return its message's id."""
        channel = self.twin.channel("alerts", workspace)
        to = Channel(Scope("slack", workspace.id), channel.id)
        return (await self.slack.chat.post(NEWS, to, None, key)).id

    async def forgets(self, workspace: Workspace) -> None:
        """Wait until the bot knows that a workspace has not installed it; it posts nothing there.

        An event is acknowledged before it is carried out.
        """
        reason = ""
        for _ in range(200):
            with pytest.raises(DeliveryError) as refused:
                await self.post(workspace, "key")
            reason = refused.value.reason
            if "not installed" in reason:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(reason)


@asynccontextmanager
async def office(
    twin: SlackTwin, folder: Path, dispatcher: FakeDispatcher, bot_token: str = ""
) -> AsyncIterator[Office]:
    """Run the bot for whoever adds it, by HTTP, until the block ends."""
    twin.manifest = manifest()
    url = f"sqlite+aiosqlite:///{folder / 'a.db'}"
    await migrate(url)
    engine = make_engine(url)
    keys = Keys(
        api_base=twin.api_base,
        bot_token=bot_token,
        signing_secret=twin.signing_secret,
        client_id=twin.state.client_id,
        client_secret=twin.state.client_secret,
    )
    greeted: list[Channel] = []

    async def greet(channel: Channel) -> None:
        greeted.append(channel)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        made = await stack.enter_async_context(Slack.opened(keys, engine))
        made.attend(dispatcher, greet, lambda: datetime.now(UTC))
        assert not made.by_socket
        address = await stack.enter_async_context(serving(made.beside(nothing)))
        twin.http.url = address + EVENTS
        place = Office(twin, made, address)
        place.greeted = greeted
        yield place
        await twin.ways.deliveries.settled()


async def test_each_workspace_is_answered_and_posted_to_with_its_own_token(tmp_path: Path) -> None:
    dispatcher = FakeDispatcher()
    async with SlackTwin.running() as twin, office(twin, tmp_path, dispatcher) as place:
        one, two = await place.add("One"), await place.add("Two")
        for workspace in (one, two):
            reader = twin.user("reader", workspace)
            reader.invite_bot("alerts")
            assert (await reader.slash("/news summary cecot", channel="alerts")).private
            await place.post(workspace, f"key-{workspace.id}")
        assert [call.person.scope.workspace for call in dispatcher.calls] == [one.id, two.id]
        assert [entry["team"] for entry in twin.messages()] == [one.id, two.id]
        await until(lambda: len(place.greeted) == 2)
        assert {channel.scope.workspace for channel in place.greeted} == {one.id, two.id}
        assert not twin.journal.violations


async def test_a_workspace_that_removes_the_app_is_left_alone_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    dispatcher = FakeDispatcher()
    async with SlackTwin.running() as twin, office(twin, tmp_path, dispatcher) as place:
        one, two = await place.add("One"), await place.add("Two")
        for workspace in (one, two):
            twin.user("reader", workspace).invite_bot("alerts")
        twin.user("admin", one).uninstall()
        await place.forgets(one)
        assert await place.post(two, "k2")
        await place.add("One")  # they think again
        twin.user("reader", one).invite_bot("alerts")
        assert await place.post(one, "k3")


async def test_a_token_that_is_taken_back_stops_its_workspace_only(tmp_path: Path) -> None:
    dispatcher = FakeDispatcher()
    async with SlackTwin.running() as twin, office(twin, tmp_path, dispatcher) as place:
        one, two = await place.add("One"), await place.add("Two")
        for workspace in (one, two):
            twin.user("reader", workspace).invite_bot("alerts")
        twin.user("admin", one).revoke()
        await place.forgets(one)
        assert await place.post(two, "k2")
        assert (await twin.user("reader", two).slash("/news help", channel="alerts")).text


async def test_who_asks_where_the_app_is_not_is_told_so(tmp_path: Path) -> None:
    """Slack may deliver what was asked before the app was removed."""
    dispatcher = FakeDispatcher()
    async with SlackTwin.running() as twin, office(twin, tmp_path, dispatcher):
        workspace = twin.workspace("Elsewhere")
        twin.channel("alerts", workspace)
        answer = await twin.user("reader", workspace).slash("/news help", channel="alerts")
        assert "cannot answer in this workspace" in answer.text
        assert not dispatcher.calls


async def test_over_http_what_is_lost_comes_again_and_is_heard_once(tmp_path: Path) -> None:
    """A request that did not arrive, and an answer that did not."""
    dispatcher = FakeDispatcher()
    async with SlackTwin.running() as twin:
        twin.channel("alerts")
        async with office(twin, tmp_path, dispatcher, twin.bot_token):
            twin.ways.deliveries.retries = (0.0, 0.1, 0.1)
            reader = twin.user("reader")
            twin.http.refuse = 1
            assert "cecot" in (await reader.mention("why cecot", channel="alerts")).text
            twin.http.lose = 2
            assert "bukele" in (await reader.mention("why bukele", channel="alerts")).text
            await twin.ways.deliveries.settled()
    assert [call.args["target"] for call in dispatcher.calls] == ["cecot", "bukele"]


async def test_the_workspace_of_the_environments_token_is_served_beside(tmp_path: Path) -> None:
    dispatcher = FakeDispatcher()
    async with SlackTwin.running() as twin:
        home = twin.workspace()
        twin.channel("alerts")
        async with office(twin, tmp_path, dispatcher, twin.bot_token) as place:
            other = await place.add("Other")
            twin.user("reader", other).invite_bot("alerts")
            assert await place.post(home, "k1")
            assert await place.post(other, "k2")


async def test_slack_that_does_not_say_who_the_bot_is_is_logged_and_not_guessed() -> None:
    """The next time it may."""
    dispatcher = FakeDispatcher()
    async with SlackTwin.running() as twin:
        twin.channel("alerts")
        with capture_logs() as logs:
            async with slack(twin, dispatcher):
                await twin.sockets.until_connected()
                twin.faults.add("status", "auth.test", status=503)
                reader = twin.user("reader")
                answer = await reader.slash("/news help", channel="alerts")
                assert "cannot answer in this workspace" in answer.text
                assert (await reader.slash("/news help", channel="alerts")).text
    assert [one["event"] for one in logs if one["event"] == "slack_not_authorised"]
    assert len(dispatcher.calls) == 1


async def test_a_bot_that_nobody_can_ask_says_so(tmp_path: Path) -> None:
    async with SlackTwin.running() as twin:
        twin.workspace()
        with capture_logs() as logs:
            async with slack(twin, FakeDispatcher(), app_token=""):
                pass
    (said,) = [one for one in logs if one["event"] == "slack_not_listened_to"]
    assert "SLACK_APP_TOKEN" in said["reason"]


async def test_what_is_not_for_slack_goes_to_the_page() -> None:
    async def page(_scope: Asked, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with SlackTwin.running() as twin:
        twin.workspace()
        async with (
            slack(twin, FakeDispatcher(), signing_secret=twin.signing_secret) as made,
            serving(made.beside(page)) as address,
            httpx.AsyncClient(base_url=address) as http,
        ):
            statuses = [(await http.post(path)).status_code for path in ("/", "/slackers", EVENTS)]
    assert statuses == [204, 204, 401]


def test_keys_do_not_show_what_they_hold() -> None:
    """They may end up in a traceback."""
    keys = Keys(api_base="a", bot_token="s3cr3t", app_token="s3cr3t", client_secret="s3cr3t")  # noqa: S106
    assert re.search("s3cr3t", repr(keys)) is None
