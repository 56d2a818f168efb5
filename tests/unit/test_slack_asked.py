"""What people type, press and write on Slack, read as calls: pure."""

from typing import Any

import pytest

from bot.adapters.chat.slack.asked import Where, of_command, of_event, of_interaction
from bot.adapters.chat.slack.typed import links, spoken, typed
from bot.adapters.chat.slack.wording import (
    FIRST_WORDS,
    names_channels,
    people_named,
    worded,
)
from bot.commands.dispatch import COMMANDS
from bot.domain.calls import Person
from bot.domain.messages import Bullets, Code, Fact, Message, Paragraph, Run, Style, say, text
from tests.fakes.clock import FakeClock

TEAM = "T0TEAM0001"
BOT = "U0BOT00001"


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ("summary cecot", "summary cecot"),
        ("search a &lt;b&gt; &amp;amp;", "search a <b> &amp;"),
        ("why <https://example.org/a?b=1&amp;c=2>", "why https://example.org/a?b=1&c=2"),
        ("watch add site:<http://example.org|example.org>", "watch add site:example.org"),
        ("feed add <https://example.org/|the site>", "feed add https://example.org/"),
        ("search <mailto:a@example.org|a@example.org>", "search a@example.org"),
        ("settings editor:<@U0ANNA0001|anna>", "settings editor:<@U0ANNA0001>"),
        ("watch add x channel:<#C0NEWS0001|news>", "watch add x channel:<#C0NEWS0001>"),
        ("watch add x ping:<!subteam^S0DESK0001|@desk>", "watch add x ping:<!subteam^S0DESK0001>"),
        ("settings editor: <@U0ANNA0001|anna>", "settings editor:<@U0ANNA0001>"),
        ("watch add <!here|here>", "watch add <!here|here>"),
    ],
)
def test_what_slack_marks_up_is_read_as_it_was_typed(sent: str, line: str) -> None:
    assert typed(sent) == line


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (f"<@{BOT}> summary cecot", "summary cecot"),
        (f"<@{BOT}|newsthread>: summary cecot", "summary cecot"),
        (f"summary cecot <@{BOT}>", "summary cecot"),
        (f"<@{BOT}>", ""),
        ("summary <@U0ANNA0001>", "summary <@U0ANNA0001>"),
    ],
)
def test_the_bot_s_own_name_is_no_word_of_the_line(sent: str, line: str) -> None:
    assert spoken(sent, BOT) == line


def test_the_links_of_a_message_are_found_in_its_words_then_in_its_blocks() -> None:
    deep: Any = {"url": "https://example.org/deep"}
    for _ in range(20):
        deep = {"elements": [deep]}
    message = {
        "text": "see <https://example.org/a?x&amp;y|it> and <@U1> <mailto:a@b.c>",
        "blocks": [
            {"type": "rich_text", "elements": [{"type": "link", "url": "https://b.example"}]}
        ],
        "attachments": [{"from_url": "https://c.example"}, {"title_link": "slack://x"}, deep],
    }
    assert list(links(message)) == [
        "https://example.org/a?x&y",
        "https://b.example",
        "https://c.example",
    ]
    assert list(links({})) == []


def test_the_conversation_with_the_bot_has_no_name() -> None:
    said = say("Nothing new in #D0123456789 since the digest of #C0123456789.")
    assert worded(said, {"C0123456789": "news"}).as_text() == (
        "Nothing new in our direct messages since the digest of #news."
    )


def test_a_command_names_its_channel_and_no_story() -> None:
    body = {
        "team_id": TEAM,
        "user_id": "U1",
        "user_name": "ana",
        "channel_id": "C1",
        "trigger_id": "t1",
        "response_url": "https://hooks.slack.com/x",
    }
    asked = of_command(body, TEAM)
    assert (asked.id, asked.user, asked.name) == ("t1", "U1", "ana")
    assert asked.where == Where(channel="C1")
    assert not asked.direct
    assert not of_command(body | {"channel_id": "D1"}, TEAM).direct  # of two people, perhaps


def interaction(**more: Any) -> dict[str, Any]:
    """Return a press, as Slack sends it."""
    return {
        "type": "block_actions",
        "user": {"id": "U1", "name": "ana", "team_id": TEAM},
        "trigger_id": "t1",
        "response_url": "https://hooks.slack.com/x",
        "channel": {"id": "C1", "name": "news"},
        **more,
    }


def message_of(ts: str, thread: str = "", *, ephemeral: bool = False) -> dict[str, Any]:
    """Return where a press happened: on a message."""
    container = {"type": "message", "message_ts": ts, "channel_id": "C1", "is_ephemeral": ephemeral}
    if thread:
        container["thread_ts"] = thread
    if ephemeral:
        return {"container": container}
    message = {"ts": ts} | ({"thread_ts": thread} if thread else {})
    return {"container": container, "message": message}


@pytest.mark.parametrize(
    ("place", "about", "thread", "private"),
    [
        (message_of("1.1"), "1.1", "", False),  # a card without replies
        (message_of("1.1", "1.1"), "1.1", "", False),  # a card with replies
        (message_of("1.2", "1.1"), "1.1", "1.1", False),  # a reply
        (message_of("1.2", ephemeral=True), "", "", True),  # an answer in the channel
        (message_of("1.2", "1.1", ephemeral=True), "1.1", "1.1", True),  # an answer in a thread
    ],
)
def test_a_button_names_the_story_that_its_message_is_of(
    place: dict[str, Any], about: str, thread: str, *, private: bool
) -> None:
    asked = of_interaction(interaction(**place), TEAM)
    assert asked.where == Where(channel="C1", about=about)
    assert (asked.thread, asked.private) == (thread, private)


def test_in_a_view_the_place_is_the_one_it_was_opened_from() -> None:
    where = Where(channel="C9", about="1.1")
    view = {"id": "V1", "type": "modal", "private_metadata": where.written(verb="mute")}
    asked = of_interaction(interaction(view=view, channel=None), TEAM)
    assert (asked.where, asked.view) == (where, "V1")
    home = of_interaction(interaction(view={"id": "V2", "type": "home"}), TEAM)
    assert (home.where, home.view) == (Where(home=True), "")


def test_a_form_without_a_trigger_is_known_by_its_view() -> None:
    body = interaction(view={"id": "V1", "hash": "h1", "type": "modal"}) | {"trigger_id": None}
    body.pop("trigger_id")
    assert of_interaction(body, TEAM).id == "V1/h1"


def test_a_mention_in_a_thread_names_its_story_and_is_answered_there() -> None:
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "thread_ts": "1.1", "team": TEAM}
    asked = of_event({"event_id": "Ev1", "event": event}, TEAM)
    assert (asked.id, asked.user_team, asked.thread) == ("Ev1", TEAM, "1.1")
    call = asked.call("why", {}, Person(scope=asked.scope, id="U1", name="ana"), FakeClock()())
    assert call.thread is not None
    assert (call.channel.id, call.thread.id) == ("C1", "1.1")
    opened = of_event({"event": {"type": "app_home_opened", "user": "U1", "channel": "D1"}}, TEAM)
    assert (opened.where, opened.direct) == (Where(home=True), False)


def test_commands_are_called_as_slack_knows_them() -> None:
    said = say("Type /watch add cecot, (/help) or “/why” https://a.org/help /summary x/mute")
    assert worded(said).as_text() == (
        "Type /news watch add cecot, (/news help) or “/news why” https://a.org/help /summary x/mute"
    )
    assert worded(say("/health/x and /helper and and/mute")).as_text() == (
        "/health/x and /helper and and/mute"
    )


def test_every_command_is_known_by_its_first_word() -> None:
    firsts = {one.usage.verb.split()[0] for one in COMMANDS if not one.button} - {"summary"}
    assert set(FIRST_WORDS) == firsts


def test_ids_are_read_as_names_but_in_what_is_copied() -> None:
    message = Message(
        title="Settings of #C0NEWS0001",
        lead=text("by <@U0ANNA0001>"),
        blocks=(
            Paragraph(text("to ", Run("#C0NEWS0001", Style.CHANNEL))),
            Bullets((text("#C0NEWS0002 and #C0NEWS0003"),)),
            Fact("Editors", text("@U0ANNA0001, @U0BEN00001")),
            Code("/watch add x channel:#C0NEWS0001"),
        ),
        footer=text("@U0ANNA0001"),
        notice="Settings of #C0NEWS0001",
    )
    assert people_named(message) == {"U0ANNA0001", "U0BEN00001"}
    assert names_channels(message)
    assert not names_channels(say("#news"))
    said = worded(message, {"C0NEWS0001": "news", "C0NEWS0002": "other"}, {"U0ANNA0001": "Anna"})
    assert said.as_text().splitlines() == [
        "by @Anna",
        "Settings of #news",
        "to #C0NEWS0001",
        "• #other and #C0NEWS0003",
        "Editors @Anna, @U0BEN00001",
        "/news watch add x channel:#C0NEWS0001",
        "@Anna",
    ]
    assert said.notice == "Settings of #news"
