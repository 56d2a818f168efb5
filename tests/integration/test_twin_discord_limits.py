"""Rate limits of the twin as the real discord.py meets them, and faults on demand."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest

from tests.twins.discord import DiscordTwin
from tests.twins.discord.limits import Limits
from tests.twins.discord.pointing import SwiftClient, pointed_at

POST = {"method": "POST", "path": "/channels/*/messages"}


@pytest.fixture
async def twin() -> AsyncIterator[DiscordTwin]:
    async with DiscordTwin.running() as running:
        running.channel("deportations")
        with pointed_at(running):
            yield running


@pytest.fixture
async def client(twin: DiscordTwin) -> AsyncIterator[SwiftClient]:
    async with SwiftClient(intents=discord.Intents(guilds=True), max_ratelimit_timeout=30) as made:
        await made.login(twin.token)
        yield made


@pytest.fixture
async def there(twin: DiscordTwin, client: SwiftClient) -> discord.PartialMessageable:
    return client.get_partial_messageable(twin.channel().id)


@pytest.fixture
async def http(twin: DiscordTwin) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bot {twin.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield session


def messages_url(twin: DiscordTwin) -> str:
    return f"{twin.api_base}/channels/{twin.channel().id}/messages"


async def test_the_client_waits_as_the_headers_say_and_is_never_refused(
    twin: DiscordTwin, there: discord.PartialMessageable
) -> None:
    twin.limits.messages = (2, 0.3)
    began = time.monotonic()
    for n in range(5):
        await there.send(str(n))
    assert time.monotonic() - began >= 0.5
    assert not twin.journal.of("rate limited")
    assert len(twin.messages()) == 5


async def test_the_sixth_message_in_5_seconds_is_a_429(
    twin: DiscordTwin, http: aiohttp.ClientSession
) -> None:
    twin.clock.speed = 0.1  # so that a slow machine is in time
    for left in (4, 3, 2, 1, 0):
        async with http.post(messages_url(twin), json={"content": "a"}) as answer:
            assert answer.status == 200
            assert answer.headers["X-RateLimit-Remaining"] == str(left)
    async with http.post(messages_url(twin), json={"content": "a"}) as answer:
        assert answer.status == 429
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-RateLimit-Scope"] == "user"
        assert answer.headers["Via"]
        assert 0 < float(answer.headers["X-RateLimit-Reset-After"]) <= 50  # real seconds
        body = await answer.json()
    assert body["global"] is False
    assert 0 < body["retry_after"] <= 50
    twin.advance(5)
    async with http.post(messages_url(twin), json={"content": "a"}) as answer:
        assert answer.status == 200


async def test_edits_and_other_channels_have_buckets_of_their_own(
    twin: DiscordTwin, http: aiohttp.ClientSession
) -> None:
    twin.limits.messages = (1, 60)
    async with http.post(messages_url(twin), json={"content": "a"}) as answer:
        sent = await answer.json()
    async with http.patch(f"{messages_url(twin)}/{sent['id']}", json={"content": "b"}) as answer:
        assert answer.status == 200
    other = f"{twin.api_base}/channels/{twin.channel('b').id}/messages"
    async with http.post(other, json={"content": "a"}) as answer:
        assert answer.status == 200


async def test_threads_have_a_bucket_of_their_own(
    twin: DiscordTwin, http: aiohttp.ClientSession
) -> None:
    twin.limits.threads = (1, 300)
    for status in (201, 429):
        async with http.post(messages_url(twin), json={"content": "a"}) as answer:
            sent = await answer.json()
        url = f"{messages_url(twin)}/{sent['id']}/threads"
        async with http.post(url, json={"name": "story"}) as answer:
            assert answer.status == status


async def test_the_global_limit_counts_all_routes(
    twin: DiscordTwin, http: aiohttp.ClientSession
) -> None:
    twin.limits.everything = (2, 60)
    for _ in range(2):
        async with http.get(f"{twin.api_base}/users/@me") as answer:
            assert answer.status == 200
    async with http.post(messages_url(twin), json={"content": "a"}) as answer:
        assert (answer.status, answer.headers["X-RateLimit-Global"]) == (429, "true")
        assert (await answer.json())["global"] is True


async def test_too_many_refusals_bring_the_ban(
    twin: DiscordTwin, http: aiohttp.ClientSession
) -> None:
    twin.limits.ban = (3, 600)
    for _ in range(3):
        async with http.get(f"{twin.api_base}/users/@me", headers={"Authorization": "x"}) as answer:
            assert answer.status == 401
    async with http.get(f"{twin.api_base}/users/@me") as answer:
        assert answer.status == 429
        assert "Via" not in answer.headers
    twin.advance(600)
    async with http.get(f"{twin.api_base}/users/@me") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("scope", ["user", "shared", "global"])
async def test_a_planned_429_of_any_scope_is_waited_for(
    twin: DiscordTwin, there: discord.PartialMessageable, scope: str
) -> None:
    twin.faults.add("rate limit", **POST, scope=scope, retry_after=0.05)
    await there.send("a")
    assert len(twin.messages()) == 1
    assert len(twin.journal.of("fault")) == 1


async def test_a_429_of_hours_or_without_via_is_an_error_at_once(
    twin: DiscordTwin, there: discord.PartialMessageable
) -> None:
    twin.faults.add("rate limit", **POST, retry_after=7200)
    with pytest.raises(discord.RateLimited):
        await there.send("a")
    twin.faults.add("rate limit", **POST, retry_after=0.1, via=False)
    with pytest.raises(discord.HTTPException):
        await there.send("a")
    assert not twin.messages()


@pytest.mark.parametrize("status", [500, 502, 504, 524])
async def test_an_error_after_the_message_was_taken_is_retried_with_its_nonce(
    twin: DiscordTwin, there: discord.PartialMessageable, status: int
) -> None:
    twin.faults.add("status", **POST, status=status, taken=True)
    await there.send("a", nonce="K7Q2")
    assert len(twin.messages()) == 1
    assert len(twin.journal.of("repeat")) == 1


async def test_a_forum_post_has_no_nonce_so_the_same_error_posts_it_twice(
    twin: DiscordTwin, client: SwiftClient
) -> None:
    """The journal must be able to say "twice"; and this is why forum posts are looked for first."""
    forum = twin.forum()
    twin.faults.add("status", path="/channels/*/threads", status=502, taken=True)
    route = discord.http.Route("POST", "/channels/{channel_id}/threads", channel_id=forum.id)
    await client.http.request(route, json={"name": "story", "message": {"content": "card"}})
    assert len(twin.messages(via="forum")) == 2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 0, discord.HTTPException),
        (403, 50013, discord.Forbidden),
        (404, 10003, discord.NotFound),
        (400, 50035, discord.HTTPException),
        (503, 0, discord.DiscordServerError),
    ],
)
async def test_a_planned_refusal_takes_nothing(
    twin: DiscordTwin,
    there: discord.PartialMessageable,
    status: int,
    code: int,
    kind: type[discord.HTTPException],
) -> None:
    twin.faults.add("status", **POST, status=status, code=code)
    with pytest.raises(kind) as caught:
        await there.send("a")
    assert (caught.value.status, caught.value.code) == (status, code)
    assert not twin.messages()
    await there.send("a")


@pytest.mark.parametrize("kind", ["drop", "reset"])
@pytest.mark.parametrize("taken", [False, True])
async def test_a_broken_connection_is_an_error_and_the_journal_knows_what_was_taken(
    twin: DiscordTwin, there: discord.PartialMessageable, kind: str, *, taken: bool
) -> None:
    twin.faults.add(kind, **POST, taken=taken)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await there.send("a")
    assert len(twin.messages()) == int(taken)


async def test_html_with_200_is_not_a_message(
    twin: DiscordTwin, http: aiohttp.ClientSession
) -> None:
    twin.faults.add("html", **POST, status=200)
    async with http.post(messages_url(twin), json={"content": "a"}) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    assert not twin.messages()


@pytest.mark.parametrize(
    ("kind", "taken"), [("delay", False), ("delay", True), ("slow body", True)]
)
async def test_a_late_answer_is_late(
    twin: DiscordTwin, http: aiohttp.ClientSession, kind: str, *, taken: bool
) -> None:
    twin.faults.add(kind, **POST, seconds=0.6, taken=taken)
    sending = asyncio.create_task(_sent(http, messages_url(twin)))
    await asyncio.sleep(0.3)
    assert not sending.done()
    assert len(twin.messages()) == int(taken)
    assert await sending == 200


async def _sent(http: aiohttp.ClientSession, url: str) -> int:
    async with http.post(url, json={"content": "a"}) as answer:
        await answer.json()
        return answer.status


async def test_faults_strike_the_nth_so_many_times_or_at_a_seeded_rate(
    twin: DiscordTwin, http: aiohttp.ClientSession
) -> None:
    twin.limits.enabled = False

    async def statuses(count: int) -> list[int]:
        found = []
        for _ in range(count):
            async with http.get(f"{twin.api_base}/users/@me") as answer:
                found.append(answer.status)
        return found

    twin.faults.add("status", path="/users/@me", status=503, nth=2, times=2)
    assert await statuses(4) == [200, 503, 503, 200]
    twin.faults.clear()
    rolled = []
    for _ in range(2):
        twin.faults.add("status", status=503, rate=0.5, seed=7, times=None)
        rolled.append(await statuses(20))
        twin.faults.clear()
    assert rolled[0] == rolled[1]
    assert {200, 503} == set(rolled[0])


async def test_what_is_not_a_route_is_404_and_written_down(
    twin: DiscordTwin, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{twin.api_base}/no/such/route") as answer:
        assert answer.status == 404
    assert len(twin.journal.violations) == 1


async def test_twin_time_can_run_faster() -> None:
    limits = Limits(messages=(1, 60.0))
    async with DiscordTwin.running(limits=limits, speed=600) as twin, aiohttp.ClientSession() as s:
        headers = {"Authorization": f"Bot {twin.token}"}
        for _ in range(2):
            url = messages_url(twin)
            async with s.post(url, json={"content": "a"}, headers=headers) as answer:
                assert answer.status == 200
                assert float(answer.headers["X-RateLimit-Reset-After"]) <= 0.1
            await asyncio.sleep(0.11)
