"""Whatever outlets write: Slack refuses no message, and nothing in it lives that is not ours."""

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.chat.harmless import clean, safe_url
from bot.adapters.chat.slack.escape import label, mrkdwn
from bot.adapters.chat.slack.render import answer, changed, payload
from bot.domain.messages import Message
from tests.property.wild_messages import WILD, long_text, moments_of, told, urls_of
from tests.twins.slack.mrkdwn import live
from tests.unit.slack_messages import GROUP
from tests.unit.slack_mrkdwn import Read, read, seen
from tests.unit.slack_rules import refusals

UNSEEN = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2061-\u206f\ufeff\ud800-\udfff\x00-\x09\x0b-\x1f]"
)
CODE = re.compile(r":[\w+'-]+:")
KEY = "k" * 24


def texts(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every text object of a message's blocks."""
    for block in body["blocks"]:
        if block["type"] != "rich_text":
            yield from _texts(block)


def _texts(given: object) -> Iterator[dict[str, Any]]:
    if isinstance(given, dict):
        if given.get("type") in ("mrkdwn", "plain_text"):
            yield given
        for one in given.values():
            yield from _texts(one)
    elif isinstance(given, list):
        for one in given:
            yield from _texts(one)


def parts(given: object) -> Iterator[dict[str, Any]]:
    """Yield the smallest elements of a message's rich text."""
    if isinstance(given, list):
        for one in given:
            yield from parts(one)
    elif isinstance(given, dict) and str(given.get("type")).startswith("rich_text"):
        yield from parts(given["elements"])
    elif isinstance(given, dict) and given.get("type") in ("text", "link", "date", "channel"):
        yield given


def wrong_with(body: dict[str, Any], message: Message) -> list[str]:
    """Return what is refused or alive in a message, and is not ours."""
    found = refusals(body)
    ours = {safe_url(url) for url in urls_of(message)} - {""}
    moments = {str(one) for one in moments_of(message)}
    pinged = {f"!subteam^{GROUP}"} if message.ping else set()
    for one in texts(body):
        if one["type"] == "plain_text":
            found += [f"emoji {code}" for code in CODE.findall(one["text"])]
        else:
            found += _alive(read(one["text"]), ours, moments, pinged)
    for part in parts(body["blocks"]):
        if part["type"] == "link" and part["url"] not in ours:
            found.append(f"link {part['url']}")
        if part["type"] == "date" and str(part["timestamp"]) not in moments:
            found.append(f"time {part}")
        if part["type"] == "channel":
            found.append(f"channel {part}")
    allowed = {("link", url) for url in ours} | {("date", one) for one in moments}
    allowed |= {("group", GROUP)} if message.ping else set()
    # Of an answer, which has no `parse`, people see the blocks alone.
    shown = live(body | {"parse": "none"})
    found += [f"alive {one}" for one in shown if (one.kind, one.target) not in allowed]
    notified = read(body["text"])
    found += _alive(notified, set(), set(), pinged)
    found += [f"format {one} in the text" for one in notified.formats]
    if unseen := UNSEEN.findall(json.dumps(body, ensure_ascii=False)):
        found.append(f"unseen {unseen[:3]!r}")
    return found


def _alive(found: Read, ours: set[str], moments: set[str], pinged: set[str]) -> Iterator[str]:
    yield from (f"link {link}" for link in found.links if link[1] not in ours)
    yield from (f"mention {one}" for one in found.mentions if one not in pinged)
    yield from (f"time {one}" for one in found.dates if one not in moments)
    yield from (f"emoji {one}" for one in found.emoji)
    yield from (f"format {one}" for one in found.formats if one not in ("*", "~", "code"))


def bodies(message: Message) -> tuple[dict[str, Any], ...]:
    return (
        payload(message, key=KEY, ping_group=GROUP),
        answer(message),
        changed(message),
    )


def _refusals_of(some: Callable[[], str], chance: random.Random) -> list[str]:
    return [
        wrong
        for message in told(some, chance)
        for body in bodies(message)
        for wrong in wrong_with(body, message)
    ]


@given(strings=st.lists(WILD, min_size=1, max_size=6), seed=st.integers(0, 1 << 30))
@settings(deadline=None, max_examples=25)
def test_no_message_is_refused_and_nothing_lives_but_what_is_ours(
    strings: list[str], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret is made of it
    assert _refusals_of(lambda: chance.choice(strings), chance) == []


def _told_of(count: int, seed: int) -> list[str]:
    """Return what is wrong with messages made of at least `count` random texts."""
    chance = random.Random(seed)  # noqa: S311 - no secret is made of it
    found: list[str] = []
    used = 0

    def fresh() -> str:
        nonlocal used
        used += 1
        return long_text(chance)

    while used < count:
        found += _refusals_of(fresh, chance)
    return found


def test_texts_of_all_planes_and_any_length_are_taken() -> None:
    assert _told_of(300, seed=1) == []


@pytest.mark.soak
def test_ten_thousand_texts_are_taken() -> None:
    assert _told_of(10_000, seed=2) == []


@given(first=WILD, then=WILD)
@settings(deadline=None, max_examples=150)
def test_an_escaped_text_shows_what_was_given_and_nothing_lives_in_it(
    first: str, then: str
) -> None:
    """Also where another text follows at once, and after a line break."""
    for between in ("", "\n"):
        found = read(mrkdwn(first, 10**6) + between + mrkdwn(then, 10**6))
        assert found.alive() == []
        wanted = "".join(clean(one) for one in (first, between, then))
        assert seen(found.shown).split() == seen(wanted).split()


@given(given=WILD, most=st.integers(0, 80))
@settings(deadline=None, max_examples=150)
def test_a_cut_text_is_as_harmless_as_a_whole_one(given: str, most: int) -> None:
    cut = mrkdwn(given, most)
    assert len(cut.encode("utf-16-le")) // 2 <= most
    for then in (mrkdwn("channel //e.example smile: b* > a", 99), " a"):
        assert read(cut + then).alive() == []


@given(given=WILD)
@settings(deadline=None, max_examples=150)
def test_the_words_of_a_link_stay_inside_it(given: str) -> None:
    words = label(given, 200)
    found = read(f"<https://e.example|{words}>")
    assert len(found.links) == 1
    assert found.alive() == found.links[:1]


def test_the_reader_finds_what_is_alive() -> None:
    """What the tests above rely on: unescaped, each of these is seen."""
    for alive in (
        *("<!channel>", "<!here|x>", "<@U1>", "<#C1>", "<!subteam^S1>", "@channel", "#general"),
        *("<https://e.example|x>", "https://e.example", "www.e.example", "a@b.example"),
        *(
            "<!date^1^{time}|x>",
            ":smile:",
            "*a*",
            "_a_",
            "~a~",
            "`a`",
            "```a```",
            "> a",
            "b\n&gt; a",
        ),
    ):
        assert read(alive).alive(), alive


def test_a_message_that_is_not_escaped_is_caught() -> None:
    message = Message(title="t", notice="see https://e.example @channel")
    body = answer(message)
    assert wrong_with(body, message) == []
    assert len(wrong_with(body | {"text": message.notice}, message)) == 2
    assert wrong_with(body | {"blocks": [{"type": "divider"}] * 51, "text": "x"}, message)
