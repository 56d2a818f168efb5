"""Private addresses: what is masked of them, and what of it is taken out of what they bring."""

import pytest

from bot.domain.articles import Entry
from bot.domain.polls import Outcome, PollResult
from bot.domain.private import (
    is_masked,
    is_private,
    is_surely_private,
    scrubbed,
    secrets_of,
    without_secrets,
)
from bot.domain.urls import masked

LONG = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "url",
    [
        f"https://a.example/private/{LONG}.rss",
        f"https://a.example/{LONG[:8]}-{LONG[:4]}-{LONG[:4]}-{LONG[:4]}-{LONG[:12]}.xml?x=1",
        f"https://a.example/feed?feed={LONG}",
        "https://a.example/rss/eyJhbGciOi.eyJzdWIiOi.s-1g",
        "https://a.example/feed?x-api-key=a",
        "https://a.example/feed?%74oken=a",
        "https://onlyuser@a.example/feed",
    ],
)
def test_what_private_feeds_are_read_with_is_masked(url: str) -> None:
    """As podcast hosts, newsletters and repositories write it."""
    assert is_private(url)
    assert is_masked(masked(url))
    assert not is_private(masked(url))


def test_a_guess_is_told_from_what_is_certain() -> None:
    """What only looks like a secret may be a long id; of two sites that is known."""
    assert not is_surely_private(f"https://a.example/{LONG}")
    assert is_surely_private("https://a.example/?token=a")
    assert not is_private(f"https://news.google.com/rss/topics/{LONG}?hl=en")
    assert not is_private(f"https://www.youtube.com/feeds/videos.xml?playlist_id=PL{LONG}")


def test_the_secrets_of_an_address_are_told_in_every_form() -> None:
    """Also as an error page may repeat them: unescaped, or as the header has them."""
    found = secrets_of(f"https://ana:s%40fety@a.example/{LONG}?token=abcdef&key=ab")
    assert set(found) >= {"ana:s%40fety", "s%40fety", "s@fety", LONG, "abcdef"}
    assert "YW5hOnNAZmV0eQ==" in found
    assert "ab" not in found
    assert secrets_of("https://a.example/feed") == ()


def test_what_a_private_feed_says_of_its_own_secret_is_masked() -> None:
    """Its articles are posted where many read them."""
    entry = Entry(
        id="https://a.example/?token=abcdef#1", link="https://a.example/?token=abcdef#1",
        title="abcdef", summary="See abcdef", body="abcdef", tags=("abcdef",), author="abcdef",
    )  # fmt: skip
    url = "https://a.example/?token=abcdef"
    result = PollResult(
        url=url, final_url=url, status=200, outcome=Outcome.OK, entries=(entry,), title="abcdef"
    )
    done = scrubbed(result)
    assert "abcdef" not in str(done.entries) + done.title
    assert done.entries[0].link == "https://a.example/?token=***#1"
    assert done.final_url == url


def test_a_public_feed_is_left_as_it_is() -> None:
    url = "https://a.example/feed"
    result = PollResult(url=url, final_url=url, status=200, outcome=Outcome.OK)
    assert scrubbed(result) is result


def test_addresses_in_a_sentence_are_masked() -> None:
    """And what stands around them is not touched."""
    said = f"/feed add https://ana:pw@a.example/{LONG}, then http://b.example."
    assert without_secrets(said) == "/feed add https://***@a.example/***, then http://b.example."
    assert without_secrets("none") == "none"
