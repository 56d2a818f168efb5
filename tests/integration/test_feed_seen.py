"""What a poll tells beside the items: the way there, what was sent, how it was read, the hub."""

import pytest

from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.feeds.worker import read_document
from bot.domain.polls import Outcome, PollRequest
from tests.fakes.feed_server import Exchange, FeedServer, redirects, rss
from tests.integration.test_fetch import NOW, settings

BASE = "https://example.org/feed"


async def test_the_way_the_type_the_form_and_the_hub_are_seen() -> None:
    """So that `feed check` needs nobody to guess."""

    async def feed(exchange: Exchange) -> None:
        headers = {
            "Content-Type": "text/xml;\tcharset=utf-8",
            "Link": '</self>; rel="self", </hub?a=1>; rel="hub"',
        }
        await exchange.send(rss("One"), 200, headers)

    async with FeedServer() as server, HttpFeedSource(settings(), lambda: NOW) as source:
        server.scripts["/old"] = redirects("/new", 301)
        server.scripts["/new"] = redirects("/feed", 302)
        server.scripts["/feed"] = feed
        result = await source.poll(PollRequest(url=server.url("/old")))
        url = server.url
    assert result.outcome is Outcome.MOVED
    assert result.seen.hops == ((301, url("/new")), (302, url("/feed")))
    assert (result.seen.content_type, result.seen.encoding) == ("text/xml; charset=utf-8", "")
    assert result.seen.form == "RSS 2.0, by our own reader"
    assert result.seen.hub == url("/hub?a=1")


@pytest.mark.parametrize(
    ("document", "form", "hub"),
    [
        (
            '<rss version="2.0"><channel><item><title>a</title><title>b</title></item></channel>'
            "</rss>",
            "RSS 2.0, by feedparser",
            "",
        ),
        (
            '<rss version="0.91"><channel><title>A</title><item><title>a</title></item>'
            "</channel></rss>",
            "RSS 0.91, by our own reader",
            "",
        ),
        (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>'
            '<link rel="hub" href="/hub"/><entry><id>1</id><title>a</title></entry></feed>',
            "Atom 1.0, by our own reader",
            "https://example.org/hub",
        ),
        (
            "<rss><channel><item><title>a</title></item></channel></rss>",
            "a feed of no known version (rss), by our own reader",
            "",
        ),
        (
            '{"version":"https://jsonfeed.org/version/1.1","title":"A","items":[{"id":"1"}],'
            '"hubs":[1,{"type":"rssCloud"},{"type":"WebSub","url":"https://hub.example/"}]}',
            "JSON Feed 1.1, by our own reader",
            "https://hub.example/",
        ),
        (
            '{"title":"A","hubs":{},"items":[{"id":"1","url":"/1"}]}',
            "JSON Feed of no version, by our own reader",
            "",
        ),
        (
            '<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>'
            "<loc>https://example.org/1</loc><news:news><news:title>a</news:title></news:news>"
            "</url></urlset>",
            "a news sitemap, by our own reader",
            "",
        ),
    ],
)
def test_each_form_is_named(document: str, form: str, hub: str) -> None:
    """With what reads it."""
    said = read_document(document.encode(), BASE, "utf-8")
    assert (said["kind"], said["form"], said["hub"]) == ("feed", form, hub)
