"""How a message of ours is known again on Discord, when its nonce is forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.adapters.chat.discord.history import SKEW, is_it, snowflake, words
from bot.adapters.chat.discord.render import payload
from bot.domain.messages import Fact, Message, Paragraph, say, text

ME = "1"
MESSAGE = Message(
    title="Judge *orders* update",
    url="https://outlet.example/a",
    lead=text("DEVELOPING"),
    blocks=(Paragraph(text("Court asked. ")), Fact("Matched", text("CECOT"))),
    footer=text("story K7Q2"),
    notice="Judge *orders* update — Outlet A",
)
SENT = payload(MESSAGE, key="k1")


def found(**changes: Any) -> dict[str, Any]:
    """Return the message as Discord's history might show it."""
    return {"author": {"id": ME}, "content": SENT["content"], "embeds": SENT["embeds"]} | changes


def test_it_is_known_though_discord_trims_it_and_adds_a_preview() -> None:
    embeds: Any = SENT["embeds"]
    trimmed = {**embeds[0], "type": "rich", "description": embeds[0]["description"].strip()}
    preview = {"type": "article", "title": "Outlet A", "description": "A page"}
    content = f"  {SENT['content']}\n"
    assert is_it(found(content=content, embeds=[trimmed, preview]), SENT, ME)


@pytest.mark.parametrize(
    "other",
    [
        found(author={"id": "2"}),
        found(content="Judge orders another update"),
        found(embeds=[]),
        found(nonce="k2"),
        {"content": "nobody wrote this"},
    ],
    ids=["somebody else's", "other words", "half of it", "another nonce", "no author"],
)
def test_what_is_not_it_is_not_taken_for_it(other: dict[str, Any]) -> None:
    assert not is_it(other, SENT, ME)


def test_its_nonce_decides_where_discord_shows_it() -> None:
    assert is_it(found(nonce="k1", content="words that were edited since"), SENT, ME)


def test_each_part_of_an_embed_counts() -> None:
    embeds: Any = SENT["embeds"]
    whole = words(found())
    for part in ("title", "description", "author", "footer", "fields"):
        less = {name: value for name, value in embeds[0].items() if name != part}
        assert words(found(embeds=[less])) != whole, part


def test_a_message_without_a_letter_is_known_by_its_signs() -> None:
    assert words(payload(say("!?"))) != words(payload(say("…")))


def test_an_id_is_as_old_as_its_instant_and_what_clocks_may_differ() -> None:
    """Source of the example: Discord, Snowflakes (id 175928847299117063)."""
    at = datetime.fromtimestamp(1_462_015_105.796, UTC)
    assert snowflake(at + SKEW) >> 22 == 175_928_847_299_117_063 >> 22
    assert snowflake(datetime(1990, 1, 1, tzinfo=UTC)) == 0
    assert snowflake(at) < snowflake(at + timedelta(milliseconds=1))
