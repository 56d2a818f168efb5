"""Faults on demand, as the real slack_sdk meets them."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import async_default_handlers
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

from tests.integration.slack_desk import until
from tests.twins.slack import SlackTwin
from tests.twins.slack.limits import Limits
from tests.twins.slack.state import Channel

POST = "chat.postMessage"


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running(limits=Limits(enabled=False)) as running:
        yield running


@pytest.fixture
def client(twin: SlackTwin) -> AsyncWebClient:
    return AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])


@pytest.fixture
def channel(twin: SlackTwin) -> Channel:
    return twin.channel("deportations")


async def failed(asked: Any) -> SlackApiError:
    """Return the client's error."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    return caught.value


@pytest.mark.parametrize("taken", [False, True])
async def test_an_error_of_slacks_own_does_not_say_whether_the_message_was_taken(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel, *, taken: bool
) -> None:
    for error in ("internal_error", "fatal_error"):
        twin.faults.add("error", POST, error=error, taken=taken)
        answer = (await failed(client.chat_postMessage(channel=channel.id, text="a"))).response
        assert (answer.status_code, answer["error"]) == (200, error)
    assert len(twin.messages()) == 2 * int(taken)
    assert [f["fault"] for f in twin.journal.of("fault")] == ["error", "error"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("taken", [False, True])
async def test_a_servers_failure_does_neither(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel, status: int, *, taken: bool
) -> None:
    twin.faults.add("status", POST, status=status, taken=taken)
    caught = await failed(client.chat_postMessage(channel=channel.id, text="a"))
    assert caught.response.status_code == status
    assert len(twin.messages()) == int(taken)


async def test_html_is_no_answer(twin: SlackTwin, client: AsyncWebClient, channel: Channel) -> None:
    twin.faults.add("html", POST, status=200)
    await failed(client.chat_postMessage(channel=channel.id, text="a"))
    assert not twin.messages()


async def test_a_planned_429_says_any_wait(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    for wait in (1, 3600):
        twin.faults.add("rate limit", POST, retry_after=wait)
        caught = await failed(client.chat_postMessage(channel=channel.id, text="a"))
        assert caught.response.status_code == 429
        assert caught.response.headers["Retry-After"] == str(wait)
    assert not twin.messages()


@pytest.mark.parametrize("kind", ["drop", "reset"])
@pytest.mark.parametrize("taken", [False, True])
async def test_a_broken_connection_is_an_error_and_the_journal_knows_what_was_taken(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel, kind: str, *, taken: bool
) -> None:
    twin.faults.add(kind, POST, taken=taken)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await client.chat_postMessage(channel=channel.id, text="a")
    assert len(twin.messages()) == int(taken)


async def test_the_default_retries_post_twice_what_was_taken_and_not_answered(
    twin: SlackTwin, channel: Channel
) -> None:
    """The journal must be able to say "twice"; and this is why the bot has no retries."""
    handlers = async_default_handlers()
    for handler in handlers:
        handler.interval_calculator = FixedValueRetryIntervalCalculator(0)
    client = AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=handlers)
    twin.faults.add("drop", POST, taken=True)
    key = {"event_type": "x", "event_payload": {"key": "k"}}
    await client.chat_postMessage(channel=channel.id, text="a", metadata=key)
    assert twin.journal.times("k") == 2


@pytest.mark.parametrize(
    ("kind", "taken"), [("delay", False), ("delay", True), ("slow body", True)]
)
async def test_a_late_answer_is_late(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel, kind: str, *, taken: bool
) -> None:
    twin.faults.add(kind, POST, seconds=1.0, taken=taken)
    began = monotonic()
    sending = asyncio.create_task(_sent(client, channel))
    await asyncio.sleep(0.2)
    if taken:
        await until(lambda: bool(twin.messages()) or sending.done())
    assert not sending.done()
    assert len(twin.messages()) == int(taken)
    assert await sending is True
    assert monotonic() - began >= 1.0


async def _sent(client: AsyncWebClient, channel: Channel) -> bool:
    return bool((await client.chat_postMessage(channel=channel.id, text="a"))["ok"])


async def test_faults_strike_one_method_in_one_channel_so_many_times(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    other = twin.channel("other")
    twin.faults.add("error", "chat.*", channel=channel.id, nth=2, times=2)

    async def tried(place: Channel) -> bool:
        try:
            return await _sent(client, place)
        except SlackApiError:
            return False

    assert await tried(other)
    assert [await tried(channel) for _ in range(4)] == [True, False, False, True]
    assert await tried(other)
    assert (await client.team_info())["ok"]


async def test_faults_at_a_rate_are_the_same_each_run(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    async def outcomes() -> list[bool]:
        twin.faults.add("error", rate=0.5, seed=7, times=None)
        found = []
        for _ in range(20):
            try:
                found.append(bool((await client.auth_test())["ok"]))
            except SlackApiError:
                found.append(False)
        twin.faults.clear()
        return found

    first = await outcomes()
    assert set(first) == {True, False}
    assert await outcomes() == first
