"""Subscriptions to hubs: which hub is asked, when, and what of its answers is believed."""

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.feeds.websub import linked, signed
from bot.domain.articles import Feed, FeedId
from bot.domain.subscriptions import (
    ANSWER,
    LONGEST,
    REMEMBERED,
    SELDOM,
    SHORTEST,
    Intent,
    Subscription,
    asked,
    confirmed,
    denied,
    interval,
    leaving,
    remembered,
    same,
    usable,
)
from tests.contract.rows import NOON, at

HUB, TOPIC = "https://hub.example/", "https://a.example/feed"
FEED = Feed(id=FeedId(1), url=TOPIC, name="a", every=timedelta(minutes=15))
ONE = Subscription(
    feed=FEED.id,
    hub=HUB,
    topic=TOPIC,
    code="c",
    callback="https://news.example/websub/c",
    secret="s",  # noqa: S106 - a value of the test
    due_at=NOON,
)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("one", "fails"),
    [
        (replace(ONE, tries=1, asked_at=NOON), False),  # it may be about to answer
        (replace(ONE, tries=2), True),
        (replace(ONE, reason="no"), True),
        (replace(ONE, tries=2, lease_until=at(60)), False),
        (replace(ONE, tries=2, lease_until=NOON), True),
        (replace(ONE, tries=2, intent=Intent.UNSUBSCRIBE), False),
    ],
)
def test_a_hub_fails_that_was_asked_and_does_not_tell_of_changes(
    one: Subscription, fails: object
) -> None:
    assert one.failing(NOON) is fails


@pytest.mark.parametrize(
    ("url", "hub", "topic", "may"),
    [
        (TOPIC, HUB, TOPIC, True),
        (TOPIC, "", TOPIC, False),
        (TOPIC, HUB, "", False),
        (TOPIC, "http://hub.example/", TOPIC, False),
        ("http://a.example/feed", "http://hub.example/", TOPIC, True),
        ("https://ana:pw@a.example/feed", HUB, TOPIC, False),
        (TOPIC, HUB, f"{TOPIC}?token=abcdef", False),
        (TOPIC, "https://hub.example/?key=abcdef", TOPIC, False),
        (TOPIC, HUB, f"{TOPIC}?{'x' * 2_000}", False),
    ],
)
def test_a_hub_is_asked_only_about_what_anyone_may_know(
    url: str, hub: str, topic: str, *, may: bool
) -> None:
    """A hub is somebody else; and it must not be easier to forge than the feed."""
    assert usable(replace(FEED, url=url), hub, topic) is may


def test_only_what_was_asked_for_is_confirmed_and_only_in_time() -> None:
    """Else anyone could sign us up; a second question about the same is answered the same."""
    one = asked(ONE, NOON)
    assert confirmed(ONE, "subscribe", TOPIC, HOUR, NOON) is None
    assert confirmed(one, "unsubscribe", TOPIC, HOUR, NOON) is None
    assert confirmed(one, "subscribe", f"{TOPIC}2", HOUR, NOON) is None
    assert confirmed(one, "subscribe", TOPIC, HOUR, NOON + ANSWER + HOUR) is None
    after = confirmed(one, "subscribe", TOPIC, HOUR, at(1))
    assert after is not None
    assert after.live(at(60))
    assert not after.live(at(61))
    assert (after.due_at, after.tries) == (at(49), 0)  # renewed when a fifth is left
    assert confirmed(after, "subscribe", TOPIC, HOUR, at(2)) is not None


def test_a_lease_is_believed_within_bounds() -> None:
    """One of no time would have us ask on and on, one of ages would never be renewed."""
    for given, kept in ((timedelta(0), SHORTEST), (timedelta(days=9_999), LONGEST)):
        after = confirmed(asked(ONE, NOON), "subscribe", TOPIC, given, NOON)
        assert after is not None
        assert after.lease_until == NOON + kept


def test_a_hub_that_does_not_ask_back_is_asked_less_and_less() -> None:
    waits = []
    one = ONE
    for _ in range(12):
        one = asked(one, NOON)
        waits.append((one.due_at - NOON) / timedelta(minutes=1))
    assert waits[:3] == [10, 20, 40]
    assert waits[-1] == SELDOM / timedelta(minutes=1)


def test_a_hub_may_refuse_what_it_was_asked_for_and_nothing_else() -> None:
    live = confirmed(asked(ONE, NOON), "subscribe", TOPIC, HOUR, NOON)
    assert live is not None
    assert denied(live, "https://other.example/", "no", NOON) is None
    refused = denied(live, TOPIC, "no", NOON)
    assert refused is not None
    assert not refused.live(NOON)
    assert (refused.reason, refused.due_at) == ("no", NOON + SELDOM)
    assert confirmed(refused, "subscribe", TOPIC, HOUR, NOON) is None


def test_leaving_is_confirmed_too() -> None:
    gone = confirmed(asked(leaving(ONE, NOON), NOON), "unsubscribe", TOPIC, HOUR, NOON)
    assert gone is not None
    assert (gone.intent, gone.lease_until) == (Intent.UNSUBSCRIBE, None)


def test_a_feed_with_another_hub_topic_or_public_address_wants_another_subscription() -> None:
    assert same(ONE, HUB, TOPIC, "https://news.example")
    assert not same(ONE, f"{HUB}2", TOPIC, "https://news.example")
    assert not same(ONE, HUB, f"{TOPIC}2", "https://news.example")
    assert not same(ONE, HUB, TOPIC, "https://news.example.org")


def test_what_is_remembered_is_bounded() -> None:
    one = ONE
    for n in range(REMEMBERED + 5):
        one = remembered(one, str(n))
    assert (len(one.seen), one.seen[-1]) == (REMEMBERED, str(REMEMBERED + 4))


def test_polling_goes_on_more_slowly_and_never_faster() -> None:
    """A hub may be silent without ever saying so."""
    assert interval(FEED, {FEED.id}) == 4 * FEED.every
    assert interval(FEED, ()) == FEED.every
    for every, slower in ((timedelta(hours=2), timedelta(hours=6)), (SELDOM, SELDOM)):
        assert interval(replace(FEED, every=every), {FEED.id}) == slower


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_is_over_the_bytes_as_they_came(method: str) -> None:
    """By any of the four methods, and by no other."""
    body = b"\xff\r\n<rss/>"
    made = hmac.new(b"s3cret", body, getattr(hashlib, method)).hexdigest()
    assert signed("s3cret", body, f"{method}={made}")
    assert signed("s3cret", body, f"{method.upper()}={made.upper()}")
    for shown in (made, f"{method}=", f"md5={made}", "", f"{method}={made[:-1]}é", f"sha3={made}"):
        assert not signed("s3cret", body, shown)
    assert not signed("other", body, f"{method}={made}")
    assert not signed("s3cret", body.strip(b"\r\n") + b"\n", f"{method}={made}")


@pytest.mark.parametrize(
    ("header", "hub", "topic"),
    [
        ('<https://h.example/>; rel="hub", <https://a.example/f>; rel=self', True, True),
        ('<https://h.example/>; title="a, b"; rel="next HUB"', True, False),
        ("</f>; rel=self", False, True),
        ('<https://h.example/>; rel="hubs", nonsense; rel=hub, <a', False, False),
        ("<javascript:x>; rel=hub", False, False),
        ("<" * 9_999, False, False),
        ("", False, False),
    ],
)
def test_links_of_a_response_name_hub_and_topic(header: str, *, hub: bool, topic: bool) -> None:
    """As RFC 8288 writes them; what is none is passed over."""
    found = linked({"link": header}, "https://a.example/feed")
    assert (found.get("hub") == "https://h.example/") is hub
    assert (found.get("self") == "https://a.example/f") is topic
