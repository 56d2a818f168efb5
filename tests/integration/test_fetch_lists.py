"""Documents that are fetched for their own sake: a list of feeds at an address."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.feeds.guard import networks
from bot.adapters.feeds.http import FetchError, FetchSettings
from bot.adapters.feeds.lists import OpmlLists
from bot.adapters.feeds.opml import read_opml, unusable
from bot.adapters.feeds.source import HttpFeedSource
from tests.fakes.feed_server import FeedServer, Script, redirects, serves

LIST = b"<opml version='2.0'><body><outline xmlUrl='http://a.example/'/></body></opml>"


async def fetched(script: Script) -> bytes:
    """Return what is fetched from a server that behaves so."""
    settings = FetchSettings(
        user_agent="Newsthread/test",
        allow_addresses=networks(["127.0.0.0/8"]),
        gap=timedelta(0),
        max_body=1 << 20,
    )
    now = datetime(2026, 3, 1, tzinfo=UTC)
    async with FeedServer() as server, HttpFeedSource(settings, lambda: now) as source:
        server.scripts["/list"] = script
        return await OpmlLists(source.document).fetch(server.url("/list"))


async def test_a_list_is_fetched_whole_and_read() -> None:
    """Byte for byte; which encoding it has is read from it."""
    body = await fetched(serves(LIST))
    listed, broken = read_opml(body), unusable(body)
    assert body == LIST
    assert ([one.url for one in listed], broken) == (["http://a.example/"], ())


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (serves(b"", status=404), "nothing at this address"),
        (serves(b"x" * (3 << 20)), "larger than is read"),
        (redirects("http://10.0.0.1/list", 302), "private"),
    ],
)
async def test_what_cannot_be_fetched_says_why(script: Script, words: str) -> None:
    """The same guard and the same bounds as for a feed."""
    with pytest.raises(FetchError, match=words):
        await fetched(script)
