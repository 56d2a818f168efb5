"""robots.txt: what it allows us, and how far apart it wants requests."""

from datetime import timedelta

import pytest

from bot.adapters.feeds.robots import EVERYTHING, NOTHING, read_robots

SITE = "https://a.example"


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: *\nDisallow: /", "/x", False),
        ("\ufeffUSER-AGENT: *\r\nDISALLOW: /private # not ours\r\n", "/private/x", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/news", "/a/news/1", True),
        ("User-agent: *\nAllow: /\nDisallow: /a", "/a/1", False),  # the longer holds, not the first
        ("User-agent: *\nDisallow: /x\nAllow: /x", "/x", True),  # of two as long, the kinder
        ("User-agent: *\nDisallow: /*?print", "/x?print=1", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf.html", True),
        ("User-agent: *\nDisallow: /x$", "/x", False),
        ("User-agent: *\nDisallow: /x$", "/xy", True),
        ("User-agent: *\nDisallow: /a*b*c", "/a-b-c-d", False),
        ("User-agent: *\nDisallow: /a*b*c", "/a-c-b", True),
        ("User-agent: *\nDisallow: /a*b*c", "/a-c", True),
        ("User-agent: *\nDisallow: /a*ba$", "/aba", False),
        ("User-agent: *\nDisallow: /ab*ba$", "/aba", True),  # a character counts once
        ("User-agent: *\nDisallow: /ñ", "/%C3%B1andu", False),
        ("User-agent: *\nDisallow: /a%2fb", "/a/b", True),
        ("User-agent: Newsthread/1.0\nDisallow: /\n\nUser-agent: *\nAllow: /", "/x", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: newsthread\nDisallow: /y", "/x", True),
        ("User-agent: a\nUser-agent: newsthread\nDisallow: /", "/x", False),
        ("User-agent: a\nDisallow: /\nUser-agent: b\nDisallow: /", "/x", True),
        ("Disallow: /\nnonsense\n:::\nUser-agent", "/x", True),
        ("User-agent: *\nDisallow: /" + "*a" * 999 + "b", "/" + "a" * 4_000, True),
    ],
)  # fmt: skip
def test_a_file_allows_what_it_says(text: str, path: str, allowed: bool) -> None:  # noqa: FBT001 - a column
    """As RFC 9309 reads it, and for us where it names us."""
    assert read_robots(text.encode()).allows(f"{SITE}{path}") is allowed


def test_without_an_answer_nothing_is_allowed_and_without_a_file_everything() -> None:
    """The two that are known without reading."""
    assert EVERYTHING.allows(f"{SITE}/x")
    assert EVERYTHING.allows(SITE)
    assert not NOTHING.allows(f"{SITE}/x")
    assert not NOTHING.allows(SITE)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10", 10), ("0.5", 0.5), ("", 0), ("soon", 0), ("-3", 0), ("nan", 0), ("9e99", 86_400)],
)
def test_a_delay_is_read_within_bounds(text: str, seconds: float) -> None:
    """In seconds; what is no number is none."""
    said = read_robots(f"User-agent: *\nCrawl-delay: {text}\nDisallow: /x".encode())
    assert said.delay == timedelta(seconds=seconds)


def test_what_is_too_long_is_not_read() -> None:
    """A file without an end costs no more than one of 500 KiB."""
    endless = b"User-agent: *\n" + b"#" * (600 << 10) + b"\nDisallow: /"
    assert read_robots(endless).allows(f"{SITE}/x")
