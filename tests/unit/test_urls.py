"""Addresses: canonical forms, sameness, sites, and what may be shown."""

import base64

import pytest

from bot.domain.sites import ascii_host, host_address, plain_host, shown_host, site_of_host
from bot.domain.urls import (
    absolute_url,
    article_key,
    canonical_url,
    feed_address,
    host_key,
    masked,
    site_name,
    site_of,
    url_key,
)


def google_news(url: str, *, long: bool = False) -> str:
    """An old-style id: a protobuf with the address as a length-prefixed string."""
    size = bytes([len(url) & 0x7F | 0x80, len(url) >> 7]) if long else bytes([len(url)])
    raw = b"\x08\x13\x22" + size + url.encode() + b"\xd2\x01\x00"
    token = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return f"https://news.google.com/rss/articles/{token}?oc=5"


LONG = "https://example.org/" + "a" * 150


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("HTTPS://Example.ORG:443/A?b=1#c", "https://example.org/A?b=1"),
        ("http://example.org:80", "http://example.org/"),
        ("http://example.org:8080/x", "http://example.org:8080/x"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://user:word@example.org/x", "https://example.org/x"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://example.org/%7euser/%e2%82%ac", "https://example.org/~user/%E2%82%AC"),
        ("https://example.org//a///b", "https://example.org/a/b"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/a;jsessionid=1F2E?b=1", "https://example.org/a?b=1"),
        ("https://example.org/x?utm_source=rss&id=7&fbclid=abc", "https://example.org/x?id=7"),
        ("https://example.org/x?UTM_Medium=a&at_campaign=b", "https://example.org/x"),
        ("https://example.org/x?source=rss&id=1", "https://example.org/x?id=1"),
        ("https://example.org/x?source=12", "https://example.org/x?source=12"),
        ("https://example.org/x?amp=1", "https://example.org/x"),
        ("https://example.org/x?type=1", "https://example.org/x?type=1"),
        ("https://example.org/x?at_id=5", "https://example.org/x?at_id=5"),
        ("https://example.org/story/amp/", "https://example.org/story"),
        ("https://example.org/amp/story", "https://example.org/story"),
        ("https://example.org/story.amp.html", "https://example.org/story.html"),
        ("https://amp.example.org/story", "https://example.org/story"),
        ("https://m.example.org/x", "https://example.org/x"),
        ("https://mobile.example.co.uk/x", "https://example.co.uk/x"),
        ("https://en.m.wikipedia.org/wiki/X", "https://en.wikipedia.org/wiki/X"),
        ("https://m.org/x", "https://m.org/x"),
        (
            "https://www.google.com/url?sa=t&url=https://example.org/a%3Fb%3D1%26utm_term%3Dx",
            "https://example.org/a?b=1",
        ),
        ("https://www.google.com/url?sa=t", "https://www.google.com/url?sa=t"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa", "https://example.org/a"),
        ("https://www.google.com/amp/s/example.org/a.amp", "https://example.org/a"),
        ("https://www.google.com/amp/", "https://www.google.com/"),
        (
            "https://example-org.cdn.ampproject.org/c/example.org/a?b=1",
            "http://example.org/a?b=1",
        ),
        ("https://web.archive.org/web/20200101/https:/example.org/a?b=1", "https://example.org/a?b=1"),
        ("https://web.archive.org/about", "https://web.archive.org/about"),
        (google_news("https://example.org/news/1"), "https://example.org/news/1"),
        (google_news(LONG, long=True), LONG),
        ("https://news.google.com/topstories", "https://news.google.com/topstories"),
        (
            "https://news.google.com/rss/articles/CBMiQUFBQUFBQUFBQUFBQUFB",
            "https://news.google.com/rss/articles/CBMiQUFBQUFBQUFBQUFBQUFB",
        ),
        (
            "https://news.google.com/articles/AAAAAAAAAAAAAAAAA",
            "https://news.google.com/articles/AAAAAAAAAAAAAAAAA",
        ),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("javascript:alert(1)", ""),
        ("mailto:a@example.org", ""),
        ("https://exa mple.org/", ""),
        ("https://example.org:99999/", ""),
        ("https://[::1/", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_an_address_has_one_canonical_form(given: str, canonical: str) -> None:
    """Tracking, AMP, mobile hosts and redirectors say nothing about the article."""
    assert canonical_url(given) == canonical
    assert canonical_url(canonical) == canonical


def test_redirectors_in_redirectors_are_unwrapped_to_a_bound() -> None:
    """Each may wrap another; a chain without end must not hang us."""
    url = "https://example.org/a"
    for _ in range(9):
        url = f"https://out.reddit.com/t3?url={url}"
    assert canonical_url(url).startswith("https://out.reddit.com/")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org/a", "https://www.example.org/a/"),
        ("https://example.org/a?x=1&y=2", "https://example.org/a?y=2&x=1"),
        ("https://example.org/a/index.html", "https://example.org/a"),
        ("https://m.example.org/a", "https://www.example.org/a"),
    ],
)
def test_two_addresses_of_an_article_have_the_same_key(one: str, other: str) -> None:
    """What only the server knows does not make two articles."""
    assert url_key(one) == url_key(other) != ""


def test_what_is_no_web_address_has_no_key() -> None:
    """An empty key must never make two articles one."""
    assert url_key("ftp://example.org/a") == ""
    assert url_key("https://example.org:8443/a") == "example.org:8443/a"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.example.org/", ""),
        ("https://www.example.org", ""),
        ("https://example.org/index.html", ""),
        ("https://example.org:8443/#top", ""),
        ("x", ""),
        ("https://example.org/?p=1", "example.org?p=1"),
        ("https://www.example.org/a/", "example.org/a"),
        ("https://example.org/a#b", "example.org/a"),
    ],
)
def test_front_pages_are_no_article_s(url: str, key: str) -> None:
    """A feed may link each of its items to the outlet's front page."""
    assert article_key(url) == key


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/a", "https://example.org/a"),
        (" https://example.com/a\n b ", "https://example.com/a%20b"),
        ("//example.com/a", "https://example.com/a"),
        ("javascript:alert(1)", ""),
        ("https://[broken/", ""),
        ("", ""),
        ("https://example.com/" + "a" * 5_000, ""),
    ],
)
def test_links_become_absolute_or_nothing(link: str, url: str) -> None:
    """A link that cannot be opened is no link."""
    assert absolute_url(link, "https://example.org/feed") == url


def test_a_link_without_a_base_is_absolute_by_itself() -> None:
    """Some documents come without an address."""
    assert absolute_url("/a") == ""
    assert absolute_url("//example.org/a") == "https://example.org/a"
    assert absolute_url("https://example.org/a") == "https://example.org/a"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("example.org/rss", "https://example.org/rss"),
        (" <https://example.org/rss#top> ", "https://example.org/rss"),
        ("feed://example.org/rss", "http://example.org/rss"),
        ("feed:https://example.org/rss", "https://example.org/rss"),
        ("https://me:word@example.org/rss", "https://me:word@example.org/rss"),
        ("localhost:8080/rss", "https://localhost:8080/rss"),
        ("http://[::1]/rss", "http://[::1]/rss"),
        ("mailto:me@example.org", ""),
        ("http://[::1/rss", ""),
        ("ftp://example.org/rss", ""),
        ("hello", ""),
        ("https://example.org/" + "a" * 5_000, ""),
    ],
)
def test_a_feed_s_address_is_read_from_what_people_type(typed: str, address: str) -> None:
    """What is not an address is refused, not guessed at."""
    assert feed_address(typed) == address


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("news.bbc.co.uk", "bbc.co.uk"), ("www.example.org", "example.org"),
        ("example.org", "example.org"), ("prensa.gob.sv", "prensa.gob.sv"),
        ("www.diario.com.sv", "diario.com.sv"), ("someone.substack.com", "someone.substack.com"),
        ("a.b.blogspot.com", "b.blogspot.com"), ("b.blogspot.co.uk", "b.blogspot.co.uk"),
        ("x.blogspot.de", "x.blogspot.de"), ("www.lincoln.k12.ca.us", "lincoln.k12.ca.us"),
        ("127.0.0.1", "127.0.0.1"), ("", ""), ("localhost", "localhost"), ("co.uk", "co.uk"),
    ],
)  # fmt: skip
def test_a_host_belongs_to_a_site(host: str, site: str) -> None:
    """Sites tell outlets apart, so two blogs of one platform are two."""
    assert site_of_host(host) == site


def test_addresses_have_sites_and_names() -> None:
    """For counting outlets, and for people."""
    assert site_of("https://news.bbc.co.uk/a") == "bbc.co.uk"
    assert site_name("https://www.example.org/a") == "example.org"
    assert host_key("http://EXAMPLE.org:81/") == "example.org"
    assert plain_host("www2.example.org") == "example.org"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("xn--bcher-kva.example", "bücher.example"),
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),  # all Cyrillic, reads "apple"
        ("xn--pypal-4ve.com", "xn--pypal-4ve.com"),  # one Cyrillic letter among Latin
        ("www.xn--e1afmkfd.xn--p1ai", "пример.рф"),
        ("xn--r8jz45g.xn--zckzah", "例え.テスト"),
        ("xn--99999999.com", "xn--99999999.com"),
        ("xn--strae-oqa.de", "xn--strae-oqa.de"),
    ],
)
def test_an_international_host_is_shown_only_where_it_cannot_deceive(host: str, shown: str) -> None:
    """A look-alike of a known site must not pass for it."""
    assert shown_host(host) == shown


@pytest.mark.parametrize(
    ("host", "form"),
    [
        ("EXAMPLE.org.", "example.org"), ("[::1]", "::1"), ("ⓔxample.org", "example.org"),
        ("a。example", "a.example"), ("-bad.example", ""), ("a..b", ""), ("a" * 300, ""),
        ("ü" * 70 + ".example", ""), ("ＬＯＣＡＬＨＯＳＴ", "localhost"),
    ],
)  # fmt: skip
def test_a_host_has_one_ascii_form(host: str, form: str) -> None:
    """So that a rule about a host sees the host."""
    assert ascii_host(host) == form


LOOPBACKS = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "0x7f.0x0.0x0.0x1", "017700000001", "127.0.0.1.",
)  # fmt: skip


@pytest.mark.parametrize("spelling", LOOPBACKS)
def test_every_spelling_of_an_address_is_that_address(spelling: str) -> None:
    """C libraries dial them all."""
    assert str(host_address(spelling)) == "127.0.0.1"


@pytest.mark.parametrize(
    "text",
    [
        "example.org",
        "1.2.3.4.5",
        "256.0.0.1",
        "1.2.3.256",
        "0x_1",
        "08.1",
        "a.1",
        "²",
        "9" * 50,
        "",
    ],
)
def test_what_is_no_address_is_a_name(text: str) -> None:
    """Names go to the resolver, and through its guard."""
    assert host_address(text) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:word@example.org/a", "https://***@example.org/a"),
        ("https://example.org/a?token=abc&x=1", "https://example.org/a?token=***&x=1"),
        ("https://example.org/a?access_token=abc", "https://example.org/a?access_token=***"),
        ("https://example.org/f/9f8e7d6c5b4a39281706f5e4d3c2b1a0/rss", "https://example.org/f/***/rss"),
        ("https://example.org?key=abc", "https://example.org?key=***"),
        ("https://example.org/a?key=", "https://example.org/a?key="),
        ("https://example.org/a", "https://example.org/a"),
        ("not an address", "not an address"),
    ],
)  # fmt: skip
def test_secrets_in_addresses_are_masked(url: str, shown: str) -> None:
    """A private feed's address is a password; logs and answers are public."""
    assert masked(url) == shown
