"""From poll to poll, only what is new of a feed's document is read; and all of it now and then."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.adapters.feeds.source import HttpFeedSource
from bot.domain.polls import Outcome, PollRequest, PollResult, Validators
from bot.domain.standing import Standing
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer, Script, rss, serves, validated
from tests.integration.test_fetch import settings

pytestmark = pytest.mark.asyncio(loop_scope="module")
CLOCK = FakeClock()


class Feed:
    """A feed that is polled as the bot does: with what the last poll gave."""

    def __init__(self, server: FeedServer, source: HttpFeedSource) -> None:
        self.server, self.source = server, source
        self.path = f"/trim-{len(server.scripts)}"
        self.last = Validators()

    async def poll(self, script: Script) -> PollResult:
        self.server.scripts[self.path] = script
        result = await self.source.poll(
            PollRequest(url=self.server.url(self.path), validators=self.last)
        )
        self.last = result.validators
        return result


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def opened() -> AsyncIterator[tuple[FeedServer, HttpFeedSource]]:
    async with FeedServer() as server, HttpFeedSource(settings(), CLOCK) as source:
        yield server, source


@pytest.fixture
def feed(opened: tuple[FeedServer, HttpFeedSource]) -> Feed:
    return Feed(*opened)


def titles(result: PollResult) -> list[str]:
    return [entry.title for entry in result.entries]


async def test_only_what_is_new_is_read(feed: Feed) -> None:
    """And edited; the rest is named."""
    assert titles(await feed.poll(serves(rss("A", "B", "C")))) == ["A", "B", "C"]
    later = await feed.poll(serves(rss("A", "B2", "C", "D")))
    assert (titles(later), len(later.standing)) == (["B2", "D"], 2)
    assert later.report()["items"] == 4
    last = await feed.poll(serves(rss("A", "B2", "C", "D", channel="<ttl>60</ttl>")))
    assert (last.outcome, last.entries, len(last.standing)) == (Outcome.OK, (), 4)
    assert last.hints.ttl == timedelta(hours=1)


async def test_what_went_and_comes_back_is_read_again(feed: Feed) -> None:
    """Only the last document is remembered here; the store knows the article for longer."""
    await feed.poll(serves(rss("A", "B")))
    await feed.poll(serves(rss("A")))
    assert titles(await feed.poll(serves(rss("A", "B")))) == ["B"]


async def test_nothing_new_leaves_what_is_known(feed: Feed) -> None:
    """Neither 304 nor the same body forget it."""
    await feed.poll(validated(rss("A", "B"), '"1"'))
    known = feed.last.standing
    assert known.marks
    assert (await feed.poll(validated(rss("A", "B"), '"1"'))).reason == "Nothing new (304)."
    assert feed.last.standing == known
    assert (await feed.poll(validated(rss("A", "B"), '"2"'))).reason.startswith("The same")
    assert feed.last.standing == known
    assert titles(await feed.poll(validated(rss("A", "B", "C"), '"3"'))) == ["C"]


async def test_a_document_is_read_whole_once_a_week(feed: Feed) -> None:
    """So that what the store knows of its items is kept alive."""
    await feed.poll(serves(rss("A", "B")))
    CLOCK.pass_("6d")
    assert titles(await feed.poll(serves(rss("A", "B", "C")))) == ["C"]
    CLOCK.pass_("2d")
    assert titles(await feed.poll(serves(rss("A", "B", "C", "D")))) == ["A", "B", "C", "D"]
    assert titles(await feed.poll(serves(rss("A", "B", "C", "D", "E")))) == ["E"]


async def test_a_feed_that_is_always_damaged_is_not_read_whole_each_time(feed: Feed) -> None:
    """Its ETag is not kept, what its complete items are is."""
    await feed.poll(serves(rss("A & co", "B"), ETag='"1"'))
    assert replace(feed.last, standing=Standing()) == Validators()
    again = await feed.poll(serves(rss("A & co", "B", "C")))
    assert (again.outcome, titles(again)) == (Outcome.OK_LOOSE, ["C"])


async def test_a_cut_document_leaves_nothing_to_leave_out(feed: Feed) -> None:
    """What it had is read again with the whole."""
    await feed.poll(serves(rss("A", "B")[:-60]))
    assert feed.last == Validators(standing=Standing(whole_at=CLOCK()))
    assert titles(await feed.poll(serves(rss("A", "B")))) == ["A", "B"]
