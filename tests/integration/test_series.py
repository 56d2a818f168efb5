"""Recorded feeds, replayed poll by poll through the real fetching, parsing and collecting.

The short form polls every hundredth document of each series; `make soak` polls them all.
"""

import tarfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path

import feedparser
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.store.transaction import SqlTransaction
from bot.domain.articles import Entry, Feed, FeedId
from bot.domain.filing import Window
from bot.domain.polls import Outcome
from bot.domain.schedule import MIN_EVERY
from bot.domain.sift import identities, lookup_keys
from bot.domain.text import LanguageDetector
from bot.pipeline.collect import Collector, Poll
from bot.pipeline.sorter import Sorter
from bot.shipped import SHIPPED, read_lexicon, read_packs
from tests.data_dir import data_dir
from tests.fakes.clock import FakeClock
from tests.fakes.serving import serving
from tests.fakes.store import fresh_store


def series() -> list[Path]:
    folder = data_dir()
    return sorted(folder.glob("feeds/series_*/*.tar.xz")) if folder else []


def documents(archive: Path) -> Iterator[bytes]:
    """Yield a series' documents in order of time."""
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda one: one.name):
            file = tar.extractfile(member)
            if file is not None:
                yield file.read()


class Replayed:
    """A server that gives one document after another, as `now` says."""

    def __init__(self) -> None:
        self.now = b""
        self.app = Starlette(routes=[Route("/feed", self.feed)])

    async def feed(self, _: Request) -> Response:
        return Response(self.now, media_type="application/xml")


async def replay(archive: Path, step: int) -> None:
    """Poll every `step`-th document; assert that nothing was lost and nothing is there twice."""
    clock, server = FakeClock(), Replayed()
    store = await fresh_store(clock=clock)
    sorter = Sorter(
        read_packs(SHIPPED / "packs"), lambda: Window(*read_lexicon()), LanguageDetector()
    )
    settings = FetchSettings(
        user_agent="test", allow_addresses=(ip_network("127.0.0.0/8"),), gap=timedelta(0)
    )
    lost: list[str] = []
    async with serving(server.app) as base, HttpFeedSource(settings, clock) as source:
        feed = Feed(id=FeedId(0), url=f"{base}/feed", name=archive.name[:-7], every=MIN_EVERY)
        collector = Collector(store, source, sorter, clock, lambda: 0.5, "w1")
        async with store.transaction() as tx:
            stored = await tx.feeds.add(feed, clock())
        for document in list(documents(archive))[::step]:
            server.now = document
            clock.pass_("25h")  # also past what a failure adds
            async with store.transaction() as tx:
                await tx.feeds.make_due(stored.id, clock())
            (poll,) = await collector.once()
            assert_told(poll, document)
            async with store.reading() as tx:
                lost += await unknown(tx, stored.id, document, poll)
        async with store.reading() as tx:
            articles = await tx.articles.since(clock() - timedelta(days=9_999), 100_000)
    await store.close()
    assert lost == []
    # Told again later: the same text of the same time. A column without a date may run again, and
    # an outlet may run one text at two addresses in one document: neither is a repeat of ours.
    polls: dict[tuple[str, str, datetime], set[datetime]] = {}
    for article in articles:
        if article.published is not None:
            what = (article.title, article.summary, article.published)
            polls.setdefault(what, set()).add(article.first_seen)
    assert [what for what, times in polls.items() if len(times) > 1] == []


async def unknown(tx: SqlTransaction, feed: FeedId, document: bytes, poll: Poll) -> list[str]:
    """Return the items of a document that the store does not know after its poll.

    Which items there are is asked of feedparser alone, whatever our own reading made of them. Where
    it makes another address of a damaged document than we do, the item's title finds it.
    """
    if not poll.result.outcome.read:
        return []
    entries = tuple(
        Entry(id=item.get("id", ""), link=item.get("link", ""), title=item.get("title", ""))
        for item in feedparser.parse(BytesIO(document), sanitize_html=False).entries
        if item.get("title") or item.get("summary")
    )
    if poll.result.outcome is Outcome.OK_LOOSE:
        entries = entries[:-1]  # half an item where the document was cut: it comes with the next
    ours = {entry.title: entry for entry in poll.result.entries}
    # One entry at a time: what two of them share would be no key.
    keys = [
        key for entry in (*entries, *ours.values()) for key in lookup_keys(identities((entry,)))
    ]
    known = await tx.articles.known(feed, keys)

    def stored(entry: Entry) -> bool:
        return any(key in known.by_key for key in lookup_keys(identities((entry,))))

    return [
        entry.link or entry.title
        for entry in entries
        if not stored(entry) and not (entry.title in ours and stored(ours[entry.title]))
    ]


def assert_told(poll: Poll, document: bytes) -> None:
    """A web page instead of a feed is an error that says so; anything else was read."""
    head = document[:2_000].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        assert poll.result.outcome is Outcome.ERROR
        assert poll.result.reason
    elif document.strip():
        assert poll.result.outcome.healthy, poll.result.reason


@pytest.mark.slow
@pytest.mark.skipif(not series(), reason="no recorded data beside the checkout")
@pytest.mark.parametrize("archive", series(), ids=lambda path: path.name[:-7])
async def test_a_recorded_series_loses_nothing_and_brings_nothing_twice(archive: Path) -> None:
    """Years of edits, re-dated items, error pages and damaged documents, as they came."""
    await replay(archive, step=100)


@pytest.mark.soak
@pytest.mark.skipif(not series(), reason="no recorded data beside the checkout")
@pytest.mark.parametrize("archive", series(), ids=lambda path: path.name[:-7])
async def test_a_whole_recorded_series_loses_nothing(archive: Path) -> None:
    """Each of its documents."""
    await replay(archive, step=1)
