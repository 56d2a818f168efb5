"""Article pages from a server on the loopback: read politely, in a child, or left with a reason."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.adapters.feeds import pages as module
from bot.adapters.feeds.http import Fetcher
from bot.adapters.feeds.page_worker import answer
from bot.adapters.feeds.pages import HttpPages
from bot.domain.pages import LONGEST
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import Exchange, FeedServer, in_turn, redirects, serves
from tests.integration.test_fetch import settings

STORY = "The court in San Salvador asked the ministry on Friday for a report about the detainees."


def _paragraphs(count: int) -> str:
    more = (f"Witness {n} told the hearing that case {n * 7} stays open." for n in range(count))
    return "".join(f"<p>{STORY} {one}</p>" for one in more)


PAGE = (
    "<!doctype html><html><head><title>News</title></head><body><nav><a href='/'>Home</a></nav>"
    "<article><h1>Judge orders</h1>" + _paragraphs(6) + "</article></body></html>"
).encode()


@dataclass(slots=True)
class Site:
    """A server, what reads from it, and the time."""

    server: FeedServer
    pages: HttpPages
    clock: FakeClock


@asynccontextmanager
async def _site(**changes: object) -> AsyncIterator[Site]:
    clock = FakeClock()
    async with (
        FeedServer() as server,
        Fetcher(settings(deadline=timedelta(seconds=10), **changes)) as fetcher,
        HttpPages(fetcher, clock) as pages,
    ):
        server.scripts["/x"] = serves(PAGE, "text/html; charset=utf-8")
        yield Site(server, pages, clock)


async def test_a_page_gives_its_article() -> None:
    """Without the site's navigation; asked for as what it is, by our name, after the rules."""
    async with _site() as site:
        page = await site.pages.read(site.server.url("/x"))
    assert STORY in page.text
    assert "Home" not in page.text
    assert page.reason == ""
    assert [one.path for one in site.server.journal] == ["/robots.txt", "/x"]
    asked = site.server.journal[1].headers
    assert asked["user-agent"].startswith("Newsthread/")
    assert asked["accept"].startswith("text/html")


async def test_rules_are_read_once_a_day_and_obeyed() -> None:
    """What they forbid is never asked for."""
    async with _site() as site:
        site.server.scripts["/robots.txt"] = in_turn(
            serves(b"User-agent: *\nDisallow: /x", "text/plain"),
            serves(b"User-agent: *\nDisallow:", "text/plain"),
        )
        url = site.server.url("/x")
        refused = [await site.pages.read(url) for _ in range(2)]
        site.clock.pass_("25h")
        page = await site.pages.read(url)
    assert {one.reason for one in refused} == {"The site's robots.txt keeps us from the page."}
    assert page.text
    assert [one.path for one in site.server.journal] == ["/robots.txt", "/robots.txt", "/x"]


@pytest.mark.parametrize(
    ("status", "read"),
    [(404, True), (410, True), (401, False), (403, False), (429, False), (500, False)],
)
async def test_without_rules_a_page_is_read_only_where_there_are_none(
    status: int,
    read: bool,  # noqa: FBT001 - a column
) -> None:
    """A server in trouble, or one that keeps its rules from us, is left alone."""
    async with _site() as site:
        site.server.scripts["/robots.txt"] = serves(b"", "text/plain", status)
        page = await site.pages.read(site.server.url("/x"))
    assert bool(page.text) is read
    assert bool(site.server.asked("/x")) is read


async def test_a_server_that_breaks_off_has_given_no_rules() -> None:
    """And they are asked for again an hour later, not a day."""

    async def breaks(exchange: Exchange) -> None:
        exchange.reset()

    async with _site() as site:
        site.server.scripts["/robots.txt"] = in_turn(breaks, breaks, serves(b""))
        url = site.server.url("/x")
        first = await site.pages.read(url)
        site.clock.pass_("61m")
        second = await site.pages.read(url)
    assert (first.text, bool(second.text)) == ("", True)


async def test_the_rules_of_each_hop_are_obeyed() -> None:
    """A redirect does not lead round what another origin forbids."""
    async with FeedServer(address="127.0.0.2") as other, _site() as site:
        other.scripts["/robots.txt"] = serves(b"User-agent: *\nDisallow: /", "text/plain")
        other.scripts["/x"] = serves(PAGE, "text/html")
        site.server.scripts["/old"] = redirects(other.url("/x"), 302)
        site.server.scripts["/older"] = redirects("/x", 301)
        refused = await site.pages.read(site.server.url("/old"))
        page = await site.pages.read(site.server.url("/older"))
    assert "robots.txt" in refused.reason
    assert page.text
    assert [one.path for one in other.journal] == ["/robots.txt"]


async def test_a_delay_is_kept_between_two_pages_and_one_too_long_is_not_waited_for() -> None:
    """The gap is what the site asks for, whoever waits; a minute is the most."""
    async with _site() as site:
        site.server.scripts["/robots.txt"] = serves(b"User-agent: *\nCrawl-delay: 0.6")
        urls = [site.server.url(f"/x?{n}") for n in range(3)]
        for n in range(3):
            site.server.scripts[f"/x?{n}"] = serves(PAGE, "text/html")
        await site.pages.read(urls[0])
        await asyncio.gather(*map(site.pages.read, urls[1:]))
        times = sorted(one.at for one in site.server.journal if one.path.startswith("/x"))
        site.clock.pass_("25h")
        site.server.scripts["/robots.txt"] = serves(b"User-agent: *\nCrawl-delay: 90")
        allowed = await site.pages.read(urls[0])
        late = await site.pages.read(urls[1])
    assert min(b - a for a, b in pairwise(times)) > 0.3  # a busy server may hear of the first late
    assert allowed.text
    assert late.reason == "The site's robots.txt asks for 90 s between two pages."


async def test_one_request_is_in_flight_a_host() -> None:
    """Over pages and rules, and feeds, which take their turns at the same fetcher."""
    async with _site() as site:
        for n in range(4):
            site.server.scripts[f"/x?{n}"] = serves(PAGE, "text/html")
        await asyncio.gather(*(site.pages.read(site.server.url(f"/x?{n}")) for n in range(4)))
    assert site.server.most_in_flight == 1


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (serves(b"", "text/html", 500), "The server did not send the page (500)."),
        (serves(b"%PDF", "application/pdf"), "no web page (application/pdf)."),
        (serves(b"<html><p>Short.</p></html>", "text/html"), "No article is found on the page."),
        (serves(b"<title>Just a moment...</title>", "text/html"), "a Cloudflare challenge"),
        (serves(b"x" * 400_000, "text/html"), "larger than is read"),
        (redirects("file:///etc/passwd", 302), "not a web address"),
    ],
)  # fmt: skip
async def test_what_is_no_article_is_left_with_a_reason(script: object, reason: str) -> None:
    """Each in a plain sentence; nothing is raised."""
    async with _site() as site:
        site.server.scripts["/x"] = script  # type: ignore[assignment] # a column
        page = await site.pages.read(site.server.url("/x"))
    assert page.text == ""
    assert reason in page.reason


async def test_an_answer_that_breaks_off_is_no_page() -> None:
    """Half an article may say the opposite of the whole."""

    async def cut(exchange: Exchange) -> None:
        await exchange.send(PAGE[:300], 200, {"Content-Type": "text/html"}, length=len(PAGE))

    async with _site() as site:
        site.server.scripts["/x"] = cut
        page = await site.pages.read(site.server.url("/x"))
    assert page.reason == "The answer broke off."


async def test_a_child_that_is_late_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a page makes of the library, it costs no more than its time."""
    monkeypatch.setattr(module, "_SECONDS", 0.01)
    async with _site() as site:
        page = await site.pages.read(site.server.url("/x"))
    assert "takes longer than 0.01 s" in page.reason


async def test_a_bug_of_ours_stops_no_other_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The port's promise: an outcome, never an error."""

    def broken(_body: bytes) -> None:
        raise RuntimeError

    monkeypatch.setattr(module, "read_robots", broken)
    async with _site() as site:
        site.server.scripts["/robots.txt"] = serves(b"x", "text/plain")
        page = await site.pages.read(site.server.url("/x"))
    assert page.reason == "Reading the page failed in a way that is our bug (RuntimeError)."


async def test_only_so_many_origins_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest unused is forgotten, and its rules are read again."""
    monkeypatch.setattr(module, "_ORIGINS", 1)
    async with FeedServer(address="127.0.0.2") as other, _site() as site:
        other.scripts["/x"] = serves(PAGE, "text/html")
        for server in (site.server, other, site.server):
            assert (await site.pages.read(server.url("/x"))).text
    assert len(site.server.asked("/robots.txt")) == 2


async def test_a_page_is_cut_to_its_bound_and_a_bad_question_is_answered() -> None:
    """In the child itself; the parent cuts once more."""
    body = b"<html><body><article>" + _paragraphs(900).encode() + b"</article></body></html>"
    said = await asyncio.to_thread(answer, {"charset": "", "headers": ""}, body)
    assert STORY in said["text"]
    assert len(said["text"]) <= LONGEST
    assert "KeyError" in answer({}, b"")["why"]
