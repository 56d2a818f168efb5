"""Rate limits of the twin: tiers, messages a channel, and the small limit of history."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.twins.slack import SlackTwin
from tests.twins.slack.limits import Limits
from tests.twins.slack.state import Channel


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running() as running:
        running.clock.speed = 0.001  # so that time passes only where a test says so
        yield running


@pytest.fixture
def client(twin: SlackTwin) -> AsyncWebClient:
    return AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])


@pytest.fixture
def channel(twin: SlackTwin) -> Channel:
    return twin.channel("deportations")


async def waits(asked: Any) -> int:
    """Return the seconds that a 429 says."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    return int(caught.value.response.headers["Retry-After"])


async def test_a_channel_takes_about_a_message_a_second_and_others_are_not_held_up(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    for _ in range(2):
        await client.chat_postMessage(channel=channel.id, text="a")
    twin.clock.speed = 1
    assert await waits(client.chat_postMessage(channel=channel.id, text="a")) == 1
    twin.clock.speed = 0.001
    await client.chat_postMessage(channel=twin.channel("other").id, text="a")
    twin.advance(1)
    await client.chat_postMessage(channel=channel.id, text="a")
    assert len(twin.messages(channel=channel.id)) == 3
    assert [e["channel"] for e in twin.journal.of("rate limited")] == [channel.id]


async def test_a_message_that_was_refused_is_not_taken(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    twin.limits.message = (1, 1.0)
    key = {"event_type": "x", "event_payload": {"key": "k"}}
    await client.chat_postMessage(channel=channel.id, text="a")
    await waits(client.chat_postMessage(channel=channel.id, text="b", metadata=key))
    assert twin.journal.times("k") == 0


@pytest.mark.parametrize(
    ("method", "arguments", "allowed"),
    [
        ("conversations.list", {}, 20),
        ("conversations.info", {"channel": "C"}, 50),
        ("users.info", {"user": "U"}, 100),
    ],
)
async def test_a_method_is_limited_by_its_tier(
    twin: SlackTwin, client: AsyncWebClient, method: str, arguments: dict[str, str], allowed: int
) -> None:
    def ask() -> Any:
        return client.api_call(method, params=arguments)

    refused = 0
    for _ in range(allowed):
        try:
            await ask()
        except SlackApiError as error:
            refused += error.response.status_code == 429
    assert refused == 0
    assert await waits(ask()) > 0
    await client.team_info()
    twin.advance(60)
    assert len(twin.journal.of("rate limited", method=method)) == 1


async def test_workspaces_do_not_share_a_limit(twin: SlackTwin, client: AsyncWebClient) -> None:
    twin.limits.tiers[3] = (1, 60.0)
    other = twin.token_of(twin.workspace("Other")).value
    await client.team_info()
    await waits(client.team_info())
    await AsyncWebClient(other, base_url=twin.api_base, retry_handlers=[]).team_info()


async def test_an_app_outside_the_marketplace_reads_15_messages_once_a_minute(
    twin: SlackTwin, client: AsyncWebClient, channel: Channel
) -> None:
    twin.limits.message = (100, 1.0)
    for n in range(20):
        await client.chat_postMessage(channel=channel.id, text=str(n))
    twin.limits.history_small = True
    told = await client.conversations_history(channel=channel.id, limit=100)
    assert len(told["messages"]) == 15
    assert told["has_more"] is True
    await waits(client.conversations_history(channel=channel.id))
    replies = await client.conversations_replies(channel=channel.id, ts=told["messages"][0]["ts"])
    assert len(replies["messages"]) == 1, "each of the two methods has a minute of its own"
    twin.advance(60)
    told = await client.conversations_history(channel=channel.id)
    assert len(told["messages"]) == 15


async def test_limits_can_be_switched_off() -> None:
    async with SlackTwin.running(limits=Limits(enabled=False)) as twin:
        client = AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])
        there = twin.channel().id
        for _ in range(10):
            await client.chat_postMessage(channel=there, text="a")
        assert len(twin.messages()) == 10


async def test_twin_time_can_run_faster() -> None:
    limits = Limits(message=(1, 60.0))
    async with SlackTwin.running(limits=limits, speed=1200) as twin:
        client = AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])
        there = twin.channel().id
        for _ in range(2):
            await client.chat_postMessage(channel=there, text="a")
            await asyncio.sleep(0.06)
        assert len(twin.messages()) == 2
