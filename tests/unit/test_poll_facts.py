"""What a poll saw, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.articles import Entry
from bot.domain.poll_facts import facts
from bot.domain.polls import Hints, Outcome, PollResult, Seen, Validators
from bot.domain.standing import Mark

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
URL = "https://example.org/feed?token=s3cr3t-0f-all"


def told(every: str = "15m", **changes: object) -> dict[str, str]:
    """Return the facts of a poll that went well, but for these changes."""
    made: dict[str, object] = {
        "url": URL, "final_url": URL, "status": 200, "outcome": Outcome.OK, "size": 1_234,
        "took": timedelta(seconds=0.25),
    }  # fmt: skip
    spans = {"15m": timedelta(minutes=15), "2d": timedelta(days=2)}
    return dict(facts(PollResult(**made | changes), spans[every], NOW))  # type: ignore[arg-type] # real fields


def item(id_: str = "1", **changes: object) -> Entry:
    made: dict[str, object] = {"id": id_, "link": "https://example.org/1", "title": "One"}
    return Entry(**made | changes)  # type: ignore[arg-type] # real fields


def test_a_good_poll_tells_all_in_the_order_of_reading() -> None:
    """And no secret."""
    found = told(
        outcome=Outcome.MOVED,
        title="Example",
        lang="es",
        moved_to="https://example.org/new",
        entries=(
            item(published=datetime(2026, 3, 1, 8, 30, tzinfo=UTC), body="All of it."),
            item("", link="", published=datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
            item("3", title=""),
        ),
        validators=Validators(etag='"a"', last_modified="Mon, 02 Mar 2026 11:00:00 GMT"),
        hints=Hints(
            ttl=timedelta(hours=1), skip_hours=frozenset((3, 2)), skip_days=frozenset((6,))
        ),
        seen=Seen(
            hops=(
                (301, "https://example.org/new?token=s3cr3t-0f-all"),
                (302, "https://b.example/"),
            ),
            content_type="application/rss+xml",
            encoding="gzip",
            form="RSS 2.0, by feedparser",
            hub="https://hub.example/",
        ),
    )
    assert found == {
        "Answer": "HTTP 200, moved",
        "Redirected": "301 → https://example.org/new?token=***, 302 → https://b.example/"
        " (for good: believed after three polls)",
        "Sent as": "application/rss+xml, packed with gzip",
        "Read as": "RSS 2.0, by feedparser",
        "Feed": "Example",
        "Language": "es",
        "Items": "3, 1 without an id, 1 without a link, 1 without a title, 1 with full text",
        "Dates": "2026-03-01 08:30 UTC to 2026-03-02 09:00 UTC, 1 without",
        "Validators": 'ETag "a", Last-Modified Mon, 02 Mar 2026 11:00:00 GMT',
        "Hub": "https://hub.example/",
        "Asks for": "ttl 1h, no polls in the hours 2, 3 UTC, no polls on Sun",
        "Next poll": "in 1h: the feed says so (ttl or sy:updatePeriod)",
        "Took": "0.2 s, 1,234 bytes",
    }


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"status": None, "outcome": Outcome.ERROR}, "Answer", "no answer, error"),
        ({"final_url": "https://b.example/"}, "Redirected", "→ https://b.example/"),
        ({"seen": Seen(encoding="br")}, "Sent as", "packed with br"),
        ({"seen": Seen(content_type="text/html")}, "Sent as", "text/html"),
        ({"entries": (item(),)}, "Dates", "none: items count from when they are first seen"),
        ({"entries": (item(published=NOW),)}, "Dates", "2026-03-02 12:00 UTC"),
        (
            {"validators": Validators(body_hash="a")},
            "Validators",
            "none: the document is fetched whole each time, and compared",
        ),
        (
            {"outcome": Outcome.OK_LOOSE},
            "Validators",
            "none are kept of a damaged document",
        ),
        ({"standing": (Mark, Mark)}, "Items", "2, 2 of them unchanged"),
    ],
)
def test_what_is_odd_is_said(changes: dict[str, object], name: str, words: str) -> None:
    """A fact in words that need no manual."""
    assert told(**changes)[name] == words  # type: ignore[arg-type] # real fields


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "in 15m: as set"),
        ({"every": "2d"}, "in 1d: as set"),
        ({"outcome": Outcome.ERROR}, "in 30m: twice the interval after a failure"),
        (
            {"hints": Hints(retry_after=timedelta(hours=2)), "outcome": Outcome.DEFERRED},
            "in 2h: the server asks us to wait (Retry-After)",
        ),
        (
            {"hints": Hints(max_age=timedelta(hours=3))},
            "in 3h: the server says for how long its answer stays fresh",
        ),
        ({"hints": Hints(max_age=timedelta(minutes=1))}, "in 15m: as set"),
        (
            {"hints": Hints(skip_hours=frozenset((12, 13)))},
            "in 2h: it skips the hours or days that the feed names",
        ),
        (
            {"hints": Hints(ttl=timedelta(hours=1), skip_hours=frozenset((13, 14)))},
            "in 3h: the feed says so (ttl or sy:updatePeriod), and skips the hours that it names",
        ),
    ],
)
def test_the_next_poll_is_said_with_its_reason(changes: dict[str, object], words: str) -> None:
    """Why a feed is not polled as often as somebody set."""
    assert told(**changes)["Next poll"].startswith(words)  # type: ignore[arg-type] # real fields


def test_where_nothing_was_read_nothing_is_said_of_it() -> None:
    """A refused address has no items, dates or validators."""
    found = told(status=None, outcome=Outcome.REFUSED, reason="It is private.")
    assert {*found} == {"Answer", "Reason", "Next poll", "Took"}
