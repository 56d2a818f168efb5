"""The parser's child, without a process: frames in and out, and its words for odd documents."""

import json
from io import BytesIO
from typing import Any

import pytest

from bot.adapters.feeds import worker
from bot.adapters.feeds.frames import MAX_FRAME, serve
from bot.adapters.feeds.worker import answer

REQUEST = {"base": "https://news.example/feed", "charset": "", "headers": ""}


def framed(*bodies: bytes) -> bytes:
    return b"".join(len(body).to_bytes(4, "big") + body for body in bodies)


def served(stream: bytes) -> list[dict[str, Any]]:
    """Return the answers to a stream of requests."""
    out = BytesIO()
    serve(answer, BytesIO(stream), out)
    answers, left = [], out.getvalue()
    while left:
        size = int.from_bytes(left[:4], "big")
        answers.append(json.loads(left[4 : 4 + size]))
        left = left[4 + size :]
    return answers


def said(body: bytes) -> dict[str, Any]:
    return answer(REQUEST, body)


def test_each_request_has_its_answer_until_the_parent_hangs_up() -> None:
    """One after the other, whatever stands in them."""
    head = json.dumps(REQUEST).encode()
    feed = b"<rss><channel><item><title>One</title></item></channel></rss>"
    one, two = served(framed(head, feed, head, b""))
    assert (one["kind"], two["kind"]) == ("feed", "page")


@pytest.mark.parametrize(
    "rest", [b"\x00\x00", b"\x00\x00\x00\x09short", (MAX_FRAME + 1).to_bytes(4, "big") + b"x"]
)
def test_a_frame_that_breaks_off_or_is_too_large_ends_it(rest: bytes) -> None:
    """The parent has died, or is not the parent."""
    assert served(framed(json.dumps(REQUEST).encode()) + rest) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b" \n", "The document is empty."),
        (b'{"a": 1}', "This is JSON, but not a JSON Feed."),
        (b"<opml version='2.0'><body/></opml>", "a list of feeds (OPML)"),
        (b"<?xml version='1.0'?><sitemapindex/>", "a sitemap, but not of news"),
        (b"<?xml version='1.0'?><note>hello</note>", "an XML document, but not a feed"),
        (b"hello there", "This is a text, but not a feed."),
        (b"<p>hello", "It links no feed."),
        (b"<html><link rel=alternate type=application/rss+xml href=/f>", "It links these feeds"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, why: str) -> None:
    """People read this when they add a feed."""
    told = said(body)
    assert told["kind"] == "page"
    assert why in told["why"]


@pytest.mark.parametrize("body", [b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"i',
                                  b"<rss><channel><item><title>Hal"])  # fmt: skip
def test_a_document_cut_before_its_first_item_says_so(body: bytes) -> None:
    """Else it would count as a feed without items."""
    assert said(body)["kind"] == "error"


@pytest.mark.parametrize(
    ("error", "why"),
    [(MemoryError(), "takes more memory"), (RecursionError(), "cannot be read (RecursionError)")],
)
def test_what_goes_wrong_is_an_answer(
    error: BaseException, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child lives on."""

    def broken(*_: object) -> dict[str, Any]:
        raise error

    monkeypatch.setattr(worker, "read_document", broken)
    told = said(b"<rss/>")
    assert told["kind"] == "error"
    assert why in told["why"]
