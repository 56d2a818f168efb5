"""Messages as Discord's wire format: each kind as a golden file, and within all limits.

After a wanted change: `NEWSTHREAD_UPDATE_GOLDEN=1 pytest tests/unit/test_discord_render.py`, then
read the difference.
"""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.chat.discord.parts import MOST_BYTES, uploads
from bot.adapters.chat.discord.render import (
    answer,
    changed_answer,
    choices,
    edit,
    forum_post,
    payload,
    role_id,
    thread_name,
)
from bot.domain.messages import (
    Block,
    Bullets,
    Button,
    Code,
    Fact,
    File,
    Message,
    Paragraph,
    Run,
    Style,
    say,
    text,
)
from tests.unit.chat_messages import CARD, CHART, COPIES, DRAFT, EDITED, EVERY, NOTICE, REPLY
from tests.unit.discord_markdown import read
from tests.unit.discord_rules import message_refusals, units

GOLDEN = Path(__file__).parent / "golden" / "discord"
KEY = "k" * 24
ROLE = "123456789012345678"


def bodies(name: str) -> dict[str, Any]:
    """Return all that is made of a message: posted, edited, answered, as a forum post."""
    message = EVERY[name]
    return {
        "posted": payload(message, key=KEY, ping_role=ROLE),
        "edited": edit(message, ping_role=ROLE),
        "answered": answer(message),
        "answer changed": changed_answer(message),
        "forum post": forum_post(message, tags=("11", "12"), ping_role=ROLE),
    }


def test_there_is_a_golden_file_for_every_message_and_no_other() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_a_message_looks_as_its_golden_file_says(name: str) -> None:
    path = GOLDEN / f"{name}.json"
    written = json.dumps(bodies(name), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("NEWSTHREAD_UPDATE_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EVERY)
def test_a_message_breaks_no_written_limit(name: str) -> None:
    said = bodies(name)
    for body in (*(said[one] for one in list(said)[:4]), said["forum post"]["message"]):
        assert message_refusals(body) == []
    assert 1 <= units(said["forum post"]["name"]) <= 100


def embed_of(body: dict[str, Any]) -> dict[str, Any]:
    (embed,) = body["embeds"]
    return dict(embed)


def test_a_card_says_state_headline_summary_sources_and_how_it_was_made() -> None:
    embed = embed_of(payload(CARD))
    assert embed["author"]["name"] == "● DEVELOPING · 5 outlets, 4 independent · en, es"
    assert (embed["title"], embed["url"]) == (CARD.title, CARD.url)
    assert read(embed["description"]).shown.startswith("• A ferry with 212 people on board")
    assert [one["name"] for one in embed["fields"]] == [
        *("Reports differ", "Sources", "Matched", "Seen")
    ]
    assert embed["footer"]["text"] == "extractive · watch ferries · story K7Q2 · updated"
    assert embed["timestamp"] == "2026-03-02T09:30:00Z"


def test_the_push_notification_is_the_headline_with_outlets_behind_the_ping() -> None:
    pinging = payload(CARD, ping_role=ROLE)
    assert pinging["content"] == f"<@&{ROLE}> {CARD.notice}"
    assert pinging["allowed_mentions"] == {"parse": [], "roles": [ROLE]}


def test_a_role_is_pinged_only_where_the_message_asks_for_it() -> None:
    other = "223456789012345678"
    by_name = payload(replace(CARD, ping="desk"), ping_role=other)
    assert by_name["allowed_mentions"] == {"parse": [], "roles": [other]}
    for body in (
        payload(replace(CARD, ping=""), ping_role=other),
        payload(CARD),
        payload(CARD.quietly(), ping_role=other),
        payload(replace(CARD, silent=True), ping_role=other),
        answer(CARD),
    ):
        assert body["allowed_mentions"] == {"parse": []}
        assert "<@&" not in str(body.get("content"))
    assert edit(CARD)["allowed_mentions"] == {"parse": []}


def test_an_edited_card_keeps_the_mention_that_stands_in_it() -> None:
    assert str(edit(CARD, ping_role=ROLE)["content"]).startswith(f"<@&{ROLE}> ")


def test_quiet_messages_are_posted_without_a_notification() -> None:
    assert payload(CARD.quietly())["flags"] == 1 << 12
    assert "flags" not in payload(CARD)


def test_private_answers_are_seen_by_one_person() -> None:
    assert answer(CARD)["flags"] == 1 << 6
    assert payload(CARD, private=True) == answer(CARD)
    assert "flags" not in answer(CARD, private=False)


def test_the_same_key_is_taken_once() -> None:
    body = payload(CARD, key=KEY)
    assert (body["nonce"], body["enforce_nonce"]) == (KEY, True)
    assert "nonce" not in payload(CARD)
    with pytest.raises(ValueError, match="a nonce holds 25"):
        payload(CARD, key="k" * 26)


def test_a_reply_of_one_line_has_no_sign_before_it_several_have() -> None:
    assert not embed_of(payload(REPLY))["description"].startswith("•")
    assert embed_of(payload(COPIES))["description"].count("• ") == 2


def test_an_edit_is_shown_word_by_word() -> None:
    assert "~~“runs aground”~~ → **“pulled free”**" in embed_of(payload(EDITED))["description"]


def test_an_answer_that_is_one_sentence_is_said_once() -> None:
    body = answer(NOTICE)
    assert "embeds" not in body
    assert body["content"] == NOTICE.notice
    assert "content" not in answer(CARD)


def test_the_order_of_blocks_is_kept_and_code_keeps_its_columns() -> None:
    lines = embed_of(answer(DRAFT))["description"].split("\n")
    assert lines[:4] == [
        "```",
        "ferry OR pack:harbours",
        "```",
        "ferry, or any term of the pack harbours",
    ]
    assert lines[4] == "**Posts to** #news"
    assert lines[-1] == "-# Nothing is saved yet."


def test_a_picture_is_shown_with_what_it_shows_in_words() -> None:
    body: dict[str, Any] = answer(CHART)
    (file,) = uploads(CHART.files)
    assert file.name == "trend-ferries.png"
    assert body["attachments"] == [
        {"id": "0", "filename": file.name, "description": "Articles a day; peak 2 March: 12"}
    ]
    assert embed_of(body)["image"] == {"url": f"attachment://{file.name}"}


def test_files_that_are_too_large_are_said_to_be_left_out() -> None:
    files = (File("a.csv", "text/csv", b"1"), File("a.csv", "text/csv", b"x" * MOST_BYTES))
    body: dict[str, Any] = answer(replace(EVERY["export"], files=files))
    assert len(body["attachments"]) == 1
    assert "Left out 1 of 2 files" in embed_of(body)["description"]


def test_files_of_one_name_get_different_ones() -> None:
    files = (File("../a b.csv", "text/csv", b"1"), File("a b.csv", "text/csv", b"2"))
    assert [one.name for one in uploads(files)] == ["a-b.csv", "1-a-b.csv"]


def lines(count: int, words: str) -> Bullets:
    return Bullets(tuple(text(f"{number} {words}") for number in range(count)))


def test_what_does_not_fit_is_counted() -> None:
    message = Message(title="t", blocks=(lines(100, "word " * 20),), notice="n")
    description = embed_of(payload(message))["description"]
    *shown, last = description.split("\n")
    assert 3_500 < units(description) <= 4_096
    # The line on the edge is cut, and is neither whole nor missing.
    assert shown[-1].endswith("…")
    assert last == f"… and {100 - len(shown)} more"


def test_all_parts_at_their_longest_fit_together() -> None:
    long = "word " * 2_000
    facts: tuple[Block, ...] = tuple(Fact(f"{n} {long}", text(long)) for n in range(40))
    message = Message(
        title=long,
        lead=text(long),
        blocks=(Paragraph(text(long)), Code(long), lines(50, long), *facts),
        footer=text(long),
        notice=long,
        ping=ROLE,
        buttons=tuple(Button(long, f"a:n={n}") for n in range(40)),
        files=tuple(File(long, "image/png", b"1", long) for _ in range(20)),
    )
    for said in (payload(message), answer(message), edit(message)):
        assert message_refusals(said) == []
    body: dict[str, Any] = payload(message)
    assert units(body["content"]) > 1_900
    embed = embed_of(body)
    assert embed["fields"][-1]["name"] == "…"
    assert units(embed["description"]) > 2_500
    assert [len(row["components"]) for row in body["components"]] == [5] * 5


def test_a_message_is_never_empty() -> None:
    for notice in ("", " ", "\u200b", "\u3164\n"):
        for blocks in ((), (Paragraph(()),), (Bullets(((),)),), (Code(" \n"),), (Fact("", ()),)):
            message = Message(title=notice, blocks=blocks, notice=notice)
            for body in (payload(message), answer(message), edit(message)):
                assert message_refusals(body) == []


def test_a_button_is_there_once() -> None:
    """Discord refuses a message in which two components share a `custom_id`."""
    message = say("x", buttons=(Button("A", "a"), Button("B", "b"), Button("A again", "a")))
    body: dict[str, Any] = payload(message)
    (row,) = body["components"]
    assert [one["custom_id"] for one in row["components"]] == ["a", "b"]


def test_marks_of_neighbours_do_not_run_together() -> None:
    runs = text(
        Run("a", Style.BOLD),
        Run("b", Style.HIT),
        Run("c~", Style.DELETED),
        Run("_d", Style.DELETED),
        Run("**e", Style.INSERTED),
        "*f",
        Run("g`", Style.TAG),
        Run("h", Style.TAG),
    )
    embed = embed_of(payload(Message(title="t", blocks=(Paragraph(runs),), notice="n")))
    found = read(embed["description"])
    assert found.shown == "abc∼_d**e*fgˋ h"
    assert found.formats == ["**", "~~", "**", "code", "code"]


def test_a_thread_is_named_after_the_story() -> None:
    assert thread_name(CARD) == CARD.topic
    assert thread_name(Message(title="", notice="\u200b")) == "Story"
    assert units(thread_name(Message(title="😀" * 200, notice=""))) <= 100


def test_a_forum_post_has_at_most_five_tags_and_no_nonce() -> None:
    body: dict[str, Any] = forum_post(CARD, tags=[*"1123456789"])
    assert body["applied_tags"] == [*"12345"]
    assert "nonce" not in body["message"]


def test_autocomplete_offers_only_what_can_be_taken_as_it_is() -> None:
    values = ["a\u202eb", "x" * 101, "", "a\u202eb", *(str(n) for n in range(40))]
    offered = choices(values)
    assert offered[0] == {"name": "ab", "value": "a\u202eb"}
    assert len(offered) == 25
    assert "x" * 101 not in [one["value"] for one in offered]


@pytest.mark.parametrize(
    ("ping", "role"),
    [(f"<@&{ROLE}>", ROLE), (ROLE, ROLE), ("@everyone", None), ("desk", None), ("<@1>", None)],
)
def test_a_role_is_known_by_its_id(ping: str, role: str | None) -> None:
    assert role_id(ping) == role


def test_a_headline_of_nothing_that_shows_is_none() -> None:
    unseen = Message(title="\u202e\n\u202e", footer=text("by hand"), notice="x")
    assert "title" not in embed_of(payload(unseen))
