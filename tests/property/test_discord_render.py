"""Whatever outlets write: Discord refuses no payload, and nothing in it lives that is not ours."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.chat.discord.escape import escaped, spoken
from bot.adapters.chat.discord.render import answer, edit, forum_post, payload
from bot.adapters.chat.harmless import clean, safe_url
from bot.domain.messages import Message
from tests.property.wild_messages import WILD, long_text, moments_of, told, urls_of
from tests.unit.discord_markdown import Read, read
from tests.unit.discord_rules import SPEC, Document, message_refusals

ROLE = "123456789012345678"
UNSEEN = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff\x00-\x09\x0b-\x1f]"
)


def texts(body: dict[str, Any]) -> Iterator[str]:
    """Yield every text of a message that Discord reads as markdown."""
    yield str(body.get("content") or "")
    for embed in body.get("embeds", []):
        yield from (embed.get("title", ""), embed.get("description", ""))
        for one in embed.get("fields", []):
            yield from (one["name"], one["value"])


def wrong_with(body: dict[str, Any], message: Message) -> list[str]:
    """Return what is refused or alive in a message's body, and is not ours."""
    found = message_refusals(body)
    ours = {safe_url(url) for url in urls_of(message)} - {""}
    allowed = {"mentions": {f"<@&{ROLE}>"} if message.ping else set(), "emoji": set()}
    for text_ in texts(body):
        seen = read(text_)
        found += [f"link {link}" for link in seen.links if link[1] not in ours]
        found += [f"mention {one}" for one in seen.mentions if one not in allowed["mentions"]]
        found += [f"emoji {one}" for one in seen.emoji]
        found += [f"time {one}" for one in seen.times if one not in _times(message)]
        found += [f"format {one}" for one in seen.formats if one not in ("**", "~~", "code", "-#")]
    for embed in body.get("embeds", []):
        if embed.get("url", "") not in ours | {""}:
            found.append(f"url {embed['url']}")
        if "**" in read(embed.get("title", "")).formats:
            found.append("format in a title")
    if read(str(body.get("content") or "")).formats:
        found.append("format in the content")
    if unseen := UNSEEN.findall(json.dumps(body, ensure_ascii=False)):
        found.append(f"unseen {unseen[:3]!r}")
    return found


def _times(message: Message) -> set[str]:
    return {f"<t:{one}:{form}>" for one in moments_of(message) for form in "Rf"}


def bodies(message: Message) -> tuple[dict[str, Any], ...]:
    post = forum_post(message, tags=("1",), ping_role=ROLE)
    return (
        payload(message, key="k" * 24, ping_role=ROLE),
        answer(message),
        edit(message, ping_role=ROLE),
        post["message"],  # type: ignore[return-value]  # a JSON object
    )


@given(strings=st.lists(WILD, min_size=1, max_size=6), seed=st.integers(0, 1 << 30))
@settings(deadline=None, max_examples=25)
def test_no_message_is_refused_and_nothing_lives_but_what_is_ours(
    strings: list[str], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret is made of it
    for message in told(lambda: chance.choice(strings), chance):
        for body in bodies(message):
            assert wrong_with(body, message) == []


def _refusals_of(count: int, seed: int) -> list[str]:
    """Return what is wrong with messages made of at least `count` random texts."""
    chance = random.Random(seed)  # noqa: S311 - no secret is made of it
    document = Document() if SPEC.is_file() else None
    found: list[str] = []
    used = 0

    def fresh() -> str:
        nonlocal used
        used += 1
        return long_text(chance)

    while used < count:
        for message in told(fresh, chance):
            for body in bodies(message):
                found += wrong_with(body, message)
            if document is not None:
                found += document.refusals("MessageCreateRequest", payload(message))
    return found


def test_texts_of_all_planes_and_any_length_are_taken() -> None:
    assert _refusals_of(300, seed=1) == []


@pytest.mark.slow
def test_ten_thousand_texts_are_taken() -> None:
    assert _refusals_of(10_000, seed=2) == []


def _awake(seen: Read) -> list[object]:
    return [*seen.links, *seen.mentions, *seen.times, *seen.emoji, *seen.formats]


@given(first=WILD, then=WILD)
@settings(deadline=None, max_examples=150)
def test_an_escaped_text_shows_what_was_given_and_nothing_lives_in_it(
    first: str, then: str
) -> None:
    """Also where another text follows at once, and after a line break."""
    for write in (escaped, spoken):
        for between in ("", "\n"):
            seen = read(write(first, 10**6) + between + write(then, 10**6))
            assert _awake(seen) == []
            wanted = "".join(clean(one) for one in (first, between, then))
            assert seen.shown.split() == wanted.split()


@given(given=WILD, most=st.integers(0, 80))
@settings(deadline=None, max_examples=150)
def test_a_cut_text_is_as_harmless_as_a_whole_one(given: str, most: int) -> None:
    for write in (escaped, spoken):
        cut = write(given, most)
        assert len(cut.encode("utf-16-le")) // 2 <= most
        for then in ("everyone", "//e.example", escaped("(https://e.example)", 99), " a"):
            assert _awake(read(cut + then)) == []


def test_the_reader_finds_what_is_alive() -> None:
    """What the tests above rely on: unescaped, each of these is seen."""
    for alive in (
        *("@everyone", "@here", "<@1>", "<@&3>", "<#4>", "</mute:5>", "<t:1:R>", "<:a:7>", ":a:"),
        *("https://e.example", "<https://e.example>", "[x](https://e.example)", "discord.gg/abc"),
        *("**a**", "__a__", "*a*", "_a_", "~~a~~", "||a||", "`a`", "```a```"),
        *("# a", "-# a", "- a", "> a", ">>> a", "1. a", "a\n# b"),
    ):
        assert _awake(read(alive)), alive


def test_a_message_that_is_not_escaped_is_caught() -> None:
    message = Message(title="t", notice="see https://e.example @everyone")
    body: dict[str, Any] = payload(message)
    assert wrong_with(body, message) == []
    assert len(wrong_with(body | {"content": message.notice}, message)) == 2
