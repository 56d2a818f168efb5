"""What a private feed's address holds stays with its server: never in logs, reasons or reports."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from bot.adapters.feeds.pages import HttpPages
from bot.adapters.feeds.source import HttpFeedSource
from bot.domain.articles import ArticleId
from bot.domain.pages import PageToRead
from bot.domain.polls import PollRequest
from bot.logs import configure_logs
from bot.pipeline.pages import PageReader
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer, Script, redirects, rss, serves
from tests.fakes.store import memory_store
from tests.integration.test_fetch import NOW, settings

USER, WORD, TOKEN, PATH = "canaryuser", "canaryword", "canarytoken", "canary0canary1canary2canary3"
CANARIES = (USER, WORD, TOKEN, PATH)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged."""
    stream = io.StringIO()
    configure_logs("debug", stream)
    yield stream
    structlog.reset_defaults()


def _private(server: FeedServer) -> str:
    base = server.url(f"/{PATH}/feed?token={TOKEN}")
    return base.replace("http://", f"http://{USER}:{WORD}@")


SCRIPTS: dict[str, Script] = {
    "read": serves(rss("One")),
    "missing": serves(b"", "text/plain", 404),
    "a page": serves(b"<html><title>x</title></html>", "text/html"),
    "a circle": redirects(f"/{PATH}/feed?token={TOKEN}", 302),
    "nowhere": redirects(f"ftp://{USER}:{WORD}@a.example/?token={TOKEN}", 302),
    "a private address": redirects(f"http://{USER}:{WORD}@10.0.0.1/?token={TOKEN}", 302),
    "too large": serves(b"x" * 400_000),
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
async def test_no_outcome_of_a_poll_tells_a_secret(logged: io.StringIO, script: Script) -> None:
    """Neither its report nor its reason, however the poll ends; the server alone is told."""
    async with FeedServer() as server, HttpFeedSource(settings(), lambda: NOW) as source:
        path = f"/{PATH}/feed?token={TOKEN}"
        server.scripts[path] = script
        result = await source.poll(PollRequest(url=_private(server)))
        structlog.get_logger().warning("polled", reason=result.reason, url=_private(server))
    assert server.asked(path)
    told = json.dumps(result.report()) + result.reason
    assert [one for one in CANARIES if one in told] == []
    assert [one for one in (WORD, TOKEN) if one in logged.getvalue()] == []


async def test_reading_a_page_logs_no_secret_of_its_address(logged: io.StringIO) -> None:
    """An article's link may carry a reader's own token."""
    store = await memory_store()
    async with (
        FeedServer() as server,
        HttpFeedSource(settings(), lambda: NOW) as source,
        HttpPages(source.fetcher, FakeClock()) as pages,
    ):
        reader = PageReader(store, pages, FakeClock(), on=True)
        one = PageToRead(article=ArticleId(1), url=_private(server))
        await reader._read(one)  # noqa: SLF001 - what a tick does with one
    await store.close()
    assert "page_read" in logged.getvalue()
    assert [one for one in CANARIES if one in logged.getvalue()] == []
