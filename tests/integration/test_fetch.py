"""How a poll ends for everything that a server can do: one row a behaviour."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.adapters.feeds.guard import networks
from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.source import HttpFeedSource
from bot.domain.polls import Outcome, PollRequest, PollResult, Validators
from bot.domain.standing import Standing
from tests.fakes.feed_server import (
    Exchange,
    FeedServer,
    Script,
    chunked,
    deflated,
    gzipped,
    redirects,
    rss,
    serves,
    slowly,
    validated,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

OK, LOOSE, SAME = Outcome.OK, Outcome.OK_LOOSE, Outcome.NOT_MODIFIED
MOVED, GONE, DEFERRED = Outcome.MOVED, Outcome.GONE, Outcome.DEFERRED
REFUSED, ERROR = Outcome.REFUSED, Outcome.ERROR
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GOOD = rss("One", "Two")
PAGE = b"<!DOCTYPE html><html><head><title>Hello</title></head><body><p>Hi</p></body></html>"
BIG = rss("Big", extra="<description>" + "x" * 3_000_000 + "</description>")


def settings(**changed: object) -> FetchSettings:
    quick: dict[str, object] = {
        "user_agent": "Newsthread/test (+https://example.org)",
        "allow_addresses": networks(["127.0.0.0/8"]),
        "gap": timedelta(0),
        "deadline": timedelta(seconds=1.5),
        "silence": timedelta(seconds=1),
        "max_wire": 300_000,
        "max_body": 1_000_000,
        "parsers": 1,
    }
    return FetchSettings(**{**quick, **changed})  # type: ignore[arg-type] # names are checked at run time


@dataclass(slots=True)
class World:
    """The server, the source under test, and a fresh path for each test."""

    server: FeedServer
    source: HttpFeedSource
    paths: int = 0

    def path(self) -> str:
        self.paths += 1
        return f"/{self.paths}"

    async def poll(
        self, script: Script, validators: Validators | None = None, path: str = ""
    ) -> PollResult:
        path = path or self.path()
        self.server.scripts[path] = script
        request = PollRequest(url=self.server.url(path), validators=validators or Validators())
        return await self.source.poll(request)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world() -> AsyncIterator[World]:
    async with FeedServer() as server, HttpFeedSource(settings(), lambda: NOW) as source:
        yield World(server, source)


@dataclass(frozen=True, slots=True)
class Case:
    """A behaviour, and how the poll must end."""

    name: str
    script: Script
    outcome: Outcome
    titles: tuple[str, ...] = ()
    says: str = ""  # a part of the reason
    ask: Validators = field(default_factory=Validators)


def raw(data: bytes, *, reset: bool = False) -> Script:
    """Script: bytes as they are, then the end, or an RST."""

    async def script(exchange: Exchange) -> None:
        await exchange.raw(data)
        if reset:
            await asyncio.sleep(0.05)
            exchange.reset()

    return script


def head(extra: str = "", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\n{extra}\r\n".encode()


async def _silent(exchange: Exchange) -> None:
    await asyncio.sleep(30)


async def _hanging(exchange: Exchange) -> None:
    await exchange.head(200)
    await exchange.raw(GOOD[:-80])
    await asyncio.sleep(30)


async def _endless(exchange: Exchange) -> None:
    await exchange.head(200)
    while True:
        await exchange.raw(b"<item><title>again</title></item>" * 500)


async def _endless_header(exchange: Exchange) -> None:
    await exchange.raw(b"HTTP/1.1 200 OK\r\n")
    for n in range(10_000):
        await exchange.raw(f"X-{n}: {'y' * 1_000}\r\n".encode())


def _status(status: int, body: bytes = b"") -> Case:
    outcome = {410: GONE, 429: DEFERRED}.get(status, ERROR)
    return Case(f"status {status}", serves(body, "text/plain", status), outcome)


THEIRS = Validators(etag='"v1"', last_modified="Sun, 01 Mar 2026 10:00:00 GMT")
CHALLENGE = (
    b"<html><head><title>Just a moment...</title></head>"
    b"<script src='/cdn-cgi/challenge-platform/x'></script></html>"
)
BOMB = gzipped(b"\0" * 50_000_000)
CASES = (
    # what is fine
    Case("a plain feed", serves(GOOD), OK, ("One", "Two")),
    Case("no content type", serves(GOOD, ""), OK, ("One", "Two")),
    Case("a feed as text/html", serves(GOOD, "text/html"), OK, ("One", "Two")),
    Case("a feed as text/plain", serves(GOOD, "text/plain"), OK, ("One", "Two")),
    Case("a feed as octet-stream", serves(GOOD, "application/octet-stream"), OK, ("One", "Two")),
    Case("a feed as an image", serves(GOOD, "image/png"), OK, ("One", "Two")),
    Case("a feed as JSON", serves(GOOD, "application/json"), OK, ("One", "Two")),
    Case("a feed with no items", serves(rss()), OK),
    Case("white space before the declaration", serves(b"\r\n\n  " + GOOD), OK, ("One", "Two")),
    Case("a body until the connection ends", raw(head() + GOOD), OK, ("One", "Two")),
    Case("HTTP/1.0", raw(b"HTTP/1.0 200 OK\r\n\r\n" + GOOD), OK, ("One", "Two")),
    Case(
        "chunks",
        raw(head("Transfer-Encoding: chunked\r\n") + chunked(GOOD[:40], GOOD[40:])),
        OK,
        ("One", "Two"),
    ),
    Case("cookies are not kept", serves(GOOD, Set_Cookie="a=b"), OK, ("One", "Two")),
    Case("a header of 20 kB", serves(GOOD, X_Policy="p" * 20_000), OK, ("One", "Two")),
    # codings
    Case("gzip", serves(gzipped(GOOD), Content_Encoding="gzip"), OK, ("One", "Two")),
    Case("x-gzip", serves(gzipped(GOOD), Content_Encoding="x-gzip"), OK, ("One", "Two")),
    Case(
        "two gzip members",
        serves(gzipped(GOOD[:99]) + gzipped(GOOD[99:]), Content_Encoding="gzip"),
        OK,
        ("One", "Two"),
    ),
    Case(
        "gzip and padding",
        serves(gzipped(GOOD) + b"\0" * 64, Content_Encoding="gzip"),
        OK,
        ("One", "Two"),
    ),
    Case(
        "deflate", serves(deflated(GOOD, raw=False), Content_Encoding="deflate"), OK, ("One", "Two")
    ),
    Case(
        "raw deflate",
        serves(deflated(GOOD, raw=True), Content_Encoding="deflate"),
        OK,
        ("One", "Two"),
    ),
    Case(
        "gzip over gzip",
        serves(gzipped(gzipped(GOOD)), Content_Encoding="gzip, gzip"),
        OK,
        ("One", "Two"),
    ),
    Case("gzip that is none", serves(GOOD, Content_Encoding="gzip"), OK, ("One", "Two")),
    Case("deflate that is none", serves(GOOD, Content_Encoding="deflate"), OK, ("One", "Two")),
    Case("gzip that is not said", serves(gzipped(GOOD)), OK, ("One", "Two")),
    Case("identity", serves(GOOD, Content_Encoding="identity"), OK, ("One", "Two")),
    Case("brotli unasked", serves(b"\x0b\x05", Content_Encoding="br"), ERROR, says="not asked for"),
    Case(
        "zstd unasked",
        serves(b"\x28\xb5\x2f\xfd", Content_Encoding="zstd"),
        ERROR,
        says="not asked for",
    ),
    Case("an unknown coding", serves(GOOD, Content_Encoding="rot13"), ERROR, says="not asked for"),
    Case(
        "three layers",
        serves(GOOD, Content_Encoding="gzip, gzip, gzip"),
        ERROR,
        says="several times",
    ),
    Case(
        "damaged gzip",
        serves(gzipped(GOOD)[:10] + b"\xff" * 99, Content_Encoding="gzip"),
        ERROR,
        says="damaged",
    ),
    Case("cut gzip", serves(gzipped(GOOD)[:-12], Content_Encoding="gzip"), LOOSE, ("One", "Two")),
    Case("a bomb", serves(BOMB, Content_Encoding="gzip"), ERROR, says="larger"),
    Case(
        "a bomb in a bomb",
        serves(gzipped(BOMB), Content_Encoding="gzip, gzip"),
        ERROR,
        says="larger",
    ),
    Case("a bomb that is not said", serves(BOMB), ERROR, says="larger"),
    # lengths, cuts
    Case("too large as sent", serves(BIG), ERROR, says="larger"),
    Case("too large unpacked", serves(gzipped(BIG), Content_Encoding="gzip"), ERROR, says="larger"),
    Case("a length too long", lambda e: e.send(GOOD, length=len(GOOD) + 10), LOOSE, ("One", "Two")),
    Case("a length too short", lambda e: e.send(GOOD, length=len(GOOD) - 60), ERROR, says="HTTP"),
    Case(
        "a length that is no number",
        raw(head("Content-Length: many\r\n") + GOOD),
        ERROR,
        says="HTTP",
    ),
    Case("a negative length", raw(head("Content-Length: -1\r\n") + GOOD), ERROR, says="HTTP"),
    Case(
        "no last chunk",
        raw(head("Transfer-Encoding: chunked\r\n") + chunked(GOOD, last=False)),
        LOOSE,
        ("One", "Two"),
    ),
    Case("cut in an item", raw(head() + GOOD[:-80]), LOOSE, ("One",)),
    Case("cut in the first item", raw(head() + GOOD[:160]), ERROR, says="damaged"),
    Case("reset before the head", raw(b"", reset=True), ERROR, says="broke off"),
    Case(
        "reset in the body",
        raw(head(f"Content-Length: {len(GOOD)}\r\n") + GOOD[:-80], reset=True),
        LOOSE,
        ("One",),
    ),
    Case("no answer at all", raw(b""), ERROR, says="broke off"),
    Case("not HTTP", raw(b"SSH-2.0-OpenSSH_9.6\r\n"), ERROR, says="HTTP"),
    Case(
        "garbage in the head",
        raw(b"HTTP/1.1 200 OK\r\n\xff\x00: \x01\r\n\r\n" + GOOD),
        ERROR,
        says="HTTP",
    ),
    Case("an endless head", _endless_header, ERROR),
    Case("an endless body", _endless, ERROR, says="larger"),
    Case("silence", _silent, ERROR, says="time"),
    Case("silence in the body", _hanging, ERROR, says="time"),
    Case(
        "a byte at a time",
        slowly([GOOD[n : n + 1] for n in range(99)], 0.1),
        ERROR,
        says="longer than",
    ),
    Case("an empty body", serves(b""), ERROR, says="empty"),
    Case("white space only", serves(b" \n\t "), ERROR, says="empty"),
    Case("null bytes only", serves(b"\0" * 100), ERROR, says="empty"),
    # statuses
    _status(204),
    _status(205),
    _status(206, GOOD),
    _status(300),
    _status(301),
    _status(305),
    _status(400),
    _status(401),
    _status(403),
    _status(404),
    _status(410),
    _status(418),
    _status(429),
    _status(451),
    _status(500),
    _status(502),
    _status(503),
    _status(504),
    Case(
        "503 with Retry-After", serves(b"", status=503, Retry_After="120"), DEFERRED, says="120 s"
    ),
    Case(
        "429 with a date",
        serves(b"", status=429, Retry_After="Sun, 01 Mar 2026 12:10:00 GMT"),
        DEFERRED,
        says="600 s",
    ),
    Case(
        "an odd status", raw(b"HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"), ERROR, says="999"
    ),
    Case("a feed under 404", serves(GOOD, status=404), ERROR, says="404"),
    Case("a feed under 500", serves(GOOD, status=500), ERROR, says="500"),
    # validators
    Case("304 to an ETag", validated(GOOD, '"v1"'), SAME, ask=THEIRS),
    Case("304 to a weak ETag", validated(GOOD, 'W/"v 1"'), SAME, ask=Validators(etag='W/"v 1"')),
    Case("304 to an ETag without quotes", validated(GOOD, "v1"), SAME, ask=Validators(etag="v1")),
    Case(
        "304 to an odd date",
        validated(GOOD, "", "yesterday"),
        SAME,
        ask=Validators(last_modified="yesterday"),
    ),
    Case("304 unasked", serves(b"", status=304), ERROR, says="304"),
    Case("a new ETag", validated(GOOD, '"v2"'), OK, ("One", "Two"), ask=THEIRS),
    # what is no feed
    Case("a web page", serves(PAGE, "text/html"), ERROR, says="web page"),
    Case("a web page as RSS", serves(PAGE), ERROR, says="web page"),
    Case("a challenge", serves(CHALLENGE, "text/html", 403), ERROR, says="Cloudflare"),
    Case("a challenge as 200", serves(CHALLENGE, "text/html"), ERROR, says="Cloudflare"),
    Case("plain text", serves(b"hello", "text/plain"), ERROR, says="not a feed"),
    Case("JSON of another kind", serves(b'{"a": 1}', "application/json"), ERROR, says="JSON"),
    Case("a JSON list", serves(b"[1, 2]", "application/json"), ERROR, says="JSON"),
    Case("XML of another kind", serves(b"<catalog><book/></catalog>"), ERROR, says="XML"),
    Case(
        "a PNG",
        serves(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "image/png"),
        ERROR,
        says="not a feed",
    ),
    Case(
        "a PDF",
        serves(b"%PDF-1.7\n" + bytes(range(256)) * 9, "application/pdf"),
        ERROR,
        says="not a feed",
    ),
    Case(
        "OPML",
        serves(b"<opml version='2.0'><body><outline xmlUrl='http://a.example/'/></body></opml>"),
        ERROR,
        says="OPML",
    ),
    Case("a feed's name in a text", serves(b"use <rss version=2> for that"), ERROR),
    # redirects that lead nowhere
    Case("a redirect without a target", serves(b"", status=302), ERROR, says="where"),
    Case(
        "a redirect to a file",
        redirects("file:///etc/passwd", 302),
        REFUSED,
        says="not a web address",
    ),
    Case(
        "a redirect to ftp",
        redirects("ftp://ftp.example/x", 301),
        REFUSED,
        says="not a web address",
    ),
    Case("a redirect to javascript", redirects("javascript:alert(1)", 302), REFUSED),
    Case("a redirect to data", redirects("data:text/xml,<rss/>", 302), REFUSED),
    Case(
        "a redirect to a private address",
        redirects("http://10.0.0.1/feed", 302),
        REFUSED,
        says="private",
    ),
    Case(
        "a redirect to the metadata address",
        redirects("http://169.254.169.254/latest", 302),
        REFUSED,
        says="private",
    ),
    Case(
        "a redirect to a bad port", redirects("http://127.0.0.1:25/", 302), REFUSED, says="Port 25"
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_poll_ends_as_it_should(world: World, case: Case) -> None:
    """Whatever a server does is an outcome with a reason: no exception, no wrong item."""
    result = await world.poll(case.script, case.ask)
    assert result.outcome is case.outcome, result
    assert tuple(entry.title for entry in result.entries) == case.titles
    assert case.says in result.reason
    assert bool(result.reason) == (result.outcome is not OK)
    if result.outcome in (LOOSE, ERROR, REFUSED, DEFERRED, GONE):
        kept = replace(result.validators, standing=Standing())
        assert kept == Validators(), "a poll that is not whole must be repeated"
