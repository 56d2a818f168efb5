"""The sample wire over HTTP: validators, outage and recovery, in process and on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import feedparser
import httpx
import pytest
import uvicorn

from bot.adapters.demo.server import minute_at, moment_of, wire_app
from bot.adapters.demo.wire import Wire

STARTED = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SPEED = 5.0
COURIER, RADIO = "/feeds/sample-courier", "/feeds/sample-public-radio"


class FakeClock:
    """A clock that stands at a minute of the wire until it is set."""

    def __init__(self) -> None:
        self.minute = 0.0

    def __call__(self) -> datetime:
        return STARTED + timedelta(minutes=self.minute / SPEED)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def http(clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
    app = wire_app(Wire.load(), STARTED, SPEED, clock)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://wire") as client:
        yield client


async def test_every_feed_is_served_with_its_own_type(http: httpx.AsyncClient) -> None:
    """A reader tells the formats apart by the type as well as by the text."""
    types = {}
    for outlet in Wire.load().outlets:
        answer = await http.get(f"/feeds/{outlet.slug}")
        assert answer.status_code == 200
        types[str(outlet.format)] = answer.headers["content-type"]
    assert types == {
        "rss": "application/rss+xml; charset=utf-8",
        "atom": "application/atom+xml; charset=utf-8",
        "rdf": "application/rdf+xml; charset=utf-8",
        "json": "application/feed+json; charset=utf-8",
    }


@pytest.mark.parametrize("weak", ["", "W/", '"other", W/'])
async def test_an_unchanged_feed_answers_304_to_its_tag(http: httpx.AsyncClient, weak: str) -> None:
    """A polite reader gets no body twice."""
    first = await http.get(COURIER)
    again = await http.get(COURIER, headers={"if-none-match": weak + first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_an_unchanged_feed_answers_304_to_its_date(http: httpx.AsyncClient) -> None:
    """Readers that know only dates are served as well."""
    first = await http.get(COURIER)
    again = await http.get(COURIER, headers={"if-modified-since": first.headers["last-modified"]})
    assert again.status_code == 304


async def test_a_changed_feed_answers_in_full(http: httpx.AsyncClient, clock: FakeClock) -> None:
    """New items come with a new tag and a later date; the tag decides where both are sent."""
    first = await http.get(COURIER)
    clock.minute = 1.0
    tag = {"if-none-match": first.headers["etag"]}
    date = {"if-modified-since": first.headers["last-modified"]}
    for headers in (tag, date, tag | {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}):
        second = await http.get(COURIER, headers=headers)
        assert second.status_code == 200
        assert second.headers["etag"] != first.headers["etag"]
        assert len(feedparser.parse(BytesIO(second.content)).entries) == 9


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026 00:00:00 GMT"])
async def test_a_date_that_is_none_is_ignored(http: httpx.AsyncClient, date: str) -> None:
    """RFC 9110 §13.1.3: an invalid If-Modified-Since is as good as none."""
    answer = await http.get(COURIER, headers={"if-modified-since": date})
    assert answer.status_code == 200


async def test_a_date_without_zone_is_taken_as_utc(http: httpx.AsyncClient) -> None:
    """“-0000” is how RFC 5322 says that the zone is unknown."""
    since = {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 -0000"}
    answer = await http.get(COURIER, headers=since)
    assert answer.status_code == 304


async def test_a_failing_feed_says_503_and_recovers(
    http: httpx.AsyncClient, clock: FakeClock
) -> None:
    """With Retry-After and no validators; afterwards all that came out meanwhile is there."""
    clock.minute = 6.9
    before = await http.get(RADIO)
    clock.minute = 7.5
    during = await http.get(RADIO, headers={"if-none-match": before.headers["etag"]})
    clock.minute = 11.0
    after = await http.get(RADIO, headers={"if-none-match": before.headers["etag"]})
    assert (during.status_code, during.headers["retry-after"]) == (503, "2")
    assert "etag" not in during.headers
    assert after.status_code == 200
    new = len(feedparser.parse(BytesIO(after.content)).entries)
    assert new > len(feedparser.parse(BytesIO(before.content)).entries)


async def test_an_article_has_a_page_at_its_outlet_once_it_is_out(
    http: httpx.AsyncClient, clock: FakeClock
) -> None:
    """Where links lead to this server, a click shows the article, and that it is a sample."""
    path = "/sample/judge-orders-government-to-account-for-men-deported-to-cecot"
    home = "http://sample-courier.localhost:8099"
    early = await http.get(home + path)
    clock.minute = 1.0
    out = await http.get(home + path)
    elsewhere = await http.get(f"http://sample-wire.localhost:8099{path}")
    assert early.status_code == elsewhere.status_code == 404
    assert out.status_code == 200
    assert "men deported to CECOT</h1>" in out.text
    assert "fictional" in out.text


async def test_unknown_paths_are_404(http: httpx.AsyncClient) -> None:
    """A wrong address must not look like an empty feed."""
    assert (await http.get("/feeds/daily-nothing")).status_code == 404
    assert (await http.get("http://daily-nothing.localhost/sample/x")).status_code == 404


async def test_the_front_page_lists_the_feeds(http: httpx.AsyncClient) -> None:
    """With the words that say what this is."""
    answer = await http.get("/")
    assert answer.text.count('href="/feeds/') == 8
    assert "fictional" in answer.text


async def test_it_plays_over_a_real_socket(clock: FakeClock) -> None:
    """The bot's own client will meet it there."""
    app = wire_app(Wire.load(), STARTED, SPEED, clock)
    config = uvicorn.Config(app, port=0, ws="none", log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 — uvicorn has no event for it
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(trust_env=False) as client:
            first = await client.get(f"http://127.0.0.1:{port}{COURIER}")
            same = {"if-none-match": first.headers["etag"]}
            again = await client.get(f"http://127.0.0.1:{port}{COURIER}", headers=same)
        assert (first.status_code, again.status_code) == (200, 304)
    finally:
        server.should_exit = True
        await serving


def test_minutes_and_moments_are_each_other_backwards() -> None:
    """So that what is shown as published at a time was published at that time."""
    for minute in (0.0, 0.2, 7.5, 20.0):
        moment = moment_of(minute, STARTED, SPEED)
        assert minute_at(moment, STARTED, SPEED) == pytest.approx(minute)
    assert minute_at(STARTED - timedelta(hours=1), STARTED, SPEED) == 0.0
    assert moment_of(-60.0, STARTED, SPEED) == STARTED - timedelta(hours=1)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_wire_that_would_not_move_is_refused(speed: float) -> None:
    """A demo that stands still would look like a bot that is broken."""
    with pytest.raises(ValueError, match="positive"):
        wire_app(Wire.load(), STARTED, speed, FakeClock())
