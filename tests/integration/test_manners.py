"""Redirects, validators, secrets and politeness: what a server sees of us."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest
import pytest_asyncio

from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.feeds.turns import Turns
from bot.domain.polls import Outcome, PollRequest, Validators
from tests.fakes.feed_server import FeedServer, in_turn, redirects, rss, serves, validated
from tests.integration.test_fetch import NOW, World, settings

pytestmark = pytest.mark.asyncio(loop_scope="module")
GOOD = rss("One")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world() -> AsyncIterator[World]:
    async with FeedServer() as server, HttpFeedSource(settings(), lambda: NOW) as source:
        yield World(server, source)


@pytest_asyncio.fixture(loop_scope="module")
async def elsewhere() -> AsyncIterator[FeedServer]:
    async with FeedServer(address="127.0.0.2") as server:
        yield server


@pytest.mark.parametrize("status", [301, 308])
async def test_a_permanent_redirect_is_a_move(world: World, status: int) -> None:
    """It is reported with where to, and read; storing it is the pipeline's decision."""
    target = world.path()
    world.server.scripts[target] = serves(GOOD)
    result = await world.poll(redirects(target, status))
    assert (result.outcome, result.moved_to) == (Outcome.MOVED, world.server.url(target))
    assert [entry.title for entry in result.entries] == ["One"]


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_a_temporary_redirect_is_no_move(world: World, status: int) -> None:
    """The address that was configured stays the one to ask."""
    target = world.path()
    world.server.scripts[target] = serves(GOOD)
    result = await world.poll(redirects(target, status))
    assert (result.outcome, result.moved_to) == (Outcome.OK, "")
    assert result.final_url == world.server.url(target)


async def test_a_move_ends_where_a_temporary_redirect_begins(world: World) -> None:
    """Moved for good to B, which for now leads to C: B is the new address."""
    b, c = world.path(), world.path()
    world.server.scripts |= {b: redirects(c, 302), c: serves(GOOD)}
    result = await world.poll(redirects(b, 301))
    assert (result.moved_to, result.final_url) == (world.server.url(b), world.server.url(c))


async def test_a_move_behind_a_temporary_redirect_is_none(world: World) -> None:
    """Only what leads from the configured address itself counts."""
    b, c = world.path(), world.path()
    world.server.scripts |= {b: redirects(c, 301), c: serves(GOOD)}
    assert (await world.poll(redirects(b, 302))).moved_to == ""


async def test_a_move_to_a_web_page_is_an_error(world: World) -> None:
    """A closed site redirects everything to its front page."""
    target = world.path()
    world.server.scripts[target] = serves(b"<html><body>bye</body></html>", "text/html")
    result = await world.poll(redirects(target, 301))
    assert (result.outcome, result.entries) == (Outcome.ERROR, ())


async def test_a_circle_is_found(world: World) -> None:
    """A page that sends us to itself until we take a cookie never ends otherwise."""
    path = world.path()
    result = await world.poll(redirects(path, 302), path=path)
    assert (result.outcome, "circle" in result.reason) == (Outcome.ERROR, True)
    assert len(world.server.asked(path)) == 1


async def test_ten_redirects_are_followed_and_no_more(world: World) -> None:
    """The bound of the documentation."""
    paths = [world.path() for _ in range(12)]
    world.server.scripts |= {a: redirects(b, 302) for a, b in pairwise(paths)}
    world.server.scripts[paths[-1]] = serves(GOOD)
    ten = await world.source.poll(PollRequest(url=world.server.url(paths[1])))
    eleven = await world.source.poll(PollRequest(url=world.server.url(paths[0])))
    assert ten.outcome is Outcome.OK
    assert (eleven.outcome, "more than 10" in eleven.reason) == (Outcome.ERROR, True)


async def test_validators_are_echoed_byte_for_byte(world: World) -> None:
    """Reformatted, they would match nothing, and each poll would cost the whole document."""
    path, etag, modified = world.path(), 'W/"a, b\'c"', "Sun, 1 Mar 2026 1:00:00 +0000"
    first = await world.poll(serves(GOOD, ETag=etag, Last_Modified=modified), path=path)
    await world.poll(serves(GOOD), first.validators, path=path)
    asked = world.server.asked(path)[-1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == (etag, modified)


async def test_a_304_keeps_the_validators(world: World) -> None:
    """It may bring new ones; where it brings none, the old ones stay."""
    path = world.path()
    first = await world.poll(validated(GOOD, '"v1"'), path=path)
    second = await world.poll(validated(GOOD, '"v1"'), first.validators, path=path)
    assert (second.outcome, second.validators) == (Outcome.NOT_MODIFIED, first.validators)


async def test_the_same_bytes_are_not_parsed_again(world: World) -> None:
    """Most servers send no validators; the hash of the body serves as well."""
    path = world.path()
    first = await world.poll(serves(GOOD), path=path)
    second = await world.poll(serves(GOOD, ETag='"new"'), first.validators, path=path)
    assert (second.outcome, second.entries) == (Outcome.NOT_MODIFIED, ())
    assert second.validators.etag == '"new"'


async def test_no_cookie_is_ever_sent(world: World) -> None:
    """They would tie polls together, and change what we are shown."""
    path = world.path()
    script = in_turn(serves(GOOD, Set_Cookie="id=1; Path=/"), serves(GOOD))
    await world.poll(script, path=path)
    await world.poll(script, path=path)
    assert all("cookie" not in one.headers for one in world.server.asked(path))


async def test_we_say_who_we_are(world: World) -> None:
    """A name and an address to complain to; nothing that we cannot read is asked for."""
    path = world.path()
    await world.poll(serves(GOOD), path=path)
    asked = world.server.asked(path)[0].headers
    assert asked["user-agent"] == "Newsthread/test (+https://example.org)"
    assert asked["accept-encoding"] == "gzip, deflate"


async def test_user_and_password_go_to_their_own_server_only(
    world: World, elsewhere: FeedServer
) -> None:
    """A redirect must not carry them away, nor may an answer show them."""
    path = world.path()
    world.server.scripts[path] = redirects(elsewhere.url("/there"), 301)
    elsewhere.scripts["/there"] = serves(GOOD)
    url = world.server.url(path).replace("http://", "http://me:s3cret@")
    result = await world.source.poll(PollRequest(url=url))
    assert world.server.asked(path)[0].headers["authorization"] == "Basic bWU6czNjcmV0"
    assert "authorization" not in elsewhere.asked("/there")[0].headers
    assert "s3cret" not in str(result.report())
    assert result.moved_to == ""


async def test_hints_come_from_headers_and_document(world: World) -> None:
    """Each may slow us down."""
    channel = (
        "<ttl>30</ttl><skipHours><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
    )
    body = rss("One", channel=channel)
    result = await world.poll(serves(body, Cache_Control="public, max-age=900", Age="300"))
    assert result.hints.max_age == timedelta(minutes=10)
    assert result.hints.ttl == timedelta(minutes=30)
    assert (result.hints.skip_hours, result.hints.skip_days) == (frozenset({3}), frozenset({6}))


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({"Expires": "Sun, 01 Mar 2026 12:20:00 GMT"}, 20),
        ({"Expires": "Sun, 01 Mar 2026 12:20:00 GMT", "Date": "Sun, 01 Mar 2026 12:10:00 GMT"}, 10),
        ({"Expires": "0"}, 0),
        ({"Expires": "Sun, 99 Mar 2026"}, 0),
        ({"Cache-Control": "no-cache, max-age=600"}, 0),
        ({"Cache-Control": "max-age=soon"}, 0),
        ({"Cache-Control": "max-age=999999999999"}, 1440),
        ({"Cache-Control": "max-age=-5"}, 0),
    ],
    ids=str,
)
async def test_freshness_is_read_within_bounds(
    world: World, headers: dict[str, str], minutes: int
) -> None:
    """From zero to a day, whatever stands there."""
    result = await world.poll(serves(GOOD, headers=headers))
    assert result.hints.max_age == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), ("-1", 0), ("soon", 0), ("9" * 30, 86_400)]
)
async def test_retry_after_is_read_within_bounds(world: World, text: str, seconds: int) -> None:
    """A wrong one is no reason to ask at once, and no reason to stay away for a year."""
    result = await world.poll(serves(b"", status=429, Retry_After=text))
    assert result.outcome is Outcome.DEFERRED
    assert result.hints.retry_after == timedelta(seconds=seconds)


async def test_a_host_has_one_request_in_flight_and_a_pause_between_two() -> None:
    """Ten feeds of one host, all due at once, come one after another."""
    gap = timedelta(seconds=0.1)
    async with FeedServer() as server, HttpFeedSource(settings(gap=gap), lambda: NOW) as source:
        server.scripts |= {f"/{n}": serves(GOOD) for n in range(5)}
        urls = [server.url(f"/{n}") for n in range(5)]
        await asyncio.gather(*(source.poll(PollRequest(url=url)) for url in urls))
        times = sorted(one.at for one in server.journal)
    assert server.most_in_flight == 1
    assert min(b - a for a, b in pairwise(times)) >= 0.099


async def test_a_slow_host_keeps_no_other_waiting(elsewhere: FeedServer) -> None:
    """Its queue waits for it alone, and takes no place among the twenty."""
    turns = Turns(at_once=2, gap=0)
    order: list[str] = []

    async def ask(host: str, seconds: float) -> None:
        async with turns.of(host):
            await asyncio.sleep(seconds)
            order.append(host)

    await asyncio.gather(
        *(ask("slow", 0.1) for _ in range(3)), *(ask(f"h{n}", 0) for n in range(5))
    )
    assert order[:5] == [f"h{n}" for n in range(5)]


async def test_hosts_that_are_idle_are_forgotten() -> None:
    """A bot that runs for a year must not remember every host it ever asked."""
    turns = Turns(at_once=5, gap=0)
    for n in range(2_100):
        async with turns.of(f"h{n}"):
            pass
    assert len(turns._hosts) < 2_100  # noqa: SLF001 - memory is not to be seen from outside


async def test_a_cancelled_poll_leaves_its_host_free(world: World) -> None:
    """A shutdown in the middle must not hold anything."""
    path = world.path()
    world.server.scripts[path] = serves(GOOD)
    task = asyncio.create_task(world.source.poll(PollRequest(url=world.server.url(path))))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await world.poll(serves(GOOD), Validators())).outcome is Outcome.OK
