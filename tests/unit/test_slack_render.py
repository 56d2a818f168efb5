"""Messages as Slack's wire format: each kind as a golden file, and within all limits.

After a wanted change: `NEWSTHREAD_UPDATE_GOLDEN=1 pytest tests/unit/test_slack_render.py`, then
read the difference, and look at the pictures that `python -m tests.eye.slack FOLDER` makes.
"""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.chat.slack.escape import weight
from bot.adapters.chat.slack.parts import MOST_BYTES, uploads
from bot.adapters.chat.slack.render import answer, blocks, changed, group_id, payload
from bot.adapters.chat.slack.runs import elements, small
from bot.domain.messages import (
    Block,
    Bullets,
    Button,
    Code,
    Fact,
    File,
    Look,
    Message,
    Paragraph,
    Run,
    Style,
    Text,
    Tone,
    say,
    text,
)
from tests.unit.chat_messages import (
    BURST,
    CARD,
    CHART,
    CLOSED,
    COPIES,
    DRAFT,
    EDITED,
    MISREAD,
    NOTICE,
    REPLY,
)
from tests.unit.slack_messages import EVERY, GONE, GREETING, GROUP, SUMMARY
from tests.unit.slack_mrkdwn import read
from tests.unit.slack_rules import refusals, units
from tests.unit.summary_articles import START

GOLDEN = Path(__file__).parent / "golden" / "slack"
KEY = "k" * 24


def bodies(name: str) -> dict[str, Any]:
    """Return all that is made of a message: posted, edited, answered."""
    message = EVERY[name]
    return {
        "posted": payload(message, key=KEY, ping_group=GROUP),
        "edited": changed(message),
        "answered": answer(message),
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
def test_a_message_breaks_no_rule(name: str) -> None:
    for body in bodies(name).values():
        assert refusals(body) == []


def kinds(message: Message) -> list[str]:
    return [block["type"] for block in blocks(message)]


def part(message: Message, kind: str, number: int = 0) -> dict[str, Any]:
    """Return the block of a kind, the first unless another is asked for."""
    return [block for block in blocks(message) if block["type"] == kind][number]


def words(block: dict[str, Any]) -> str:
    """Return the text of a context block."""
    (element,) = block["elements"]
    return str(element["text"])


def said(message: Message) -> list[str]:
    """Return the lines of a message's body, as read; items of lists with a sign."""
    found: list[str] = []
    for group in part(message, "rich_text")["elements"]:
        listed = group["type"] == "rich_text_list"
        for section in group["elements"] if listed else [group]:
            written = "".join(one.get("text", "") for one in section["elements"])
            found += [("• " if listed else "") + written] if listed else written.split("\n")
    return found


def test_a_card_is_laid_out_as_in_the_product() -> None:
    """Header, summary, state, what matched, sources, how it was made, buttons."""
    assert kinds(CARD) == ["header", "rich_text", "context", "context", "actions"]
    assert part(CARD, "header")["text"]["text"] == CARD.title
    assert said(CARD)[:2] == [
        "• A ferry with 212 people on board ran aground. [1][2]",
        "• Prosecutors in Venn have opened an inquiry. [3]",
    ]
    state = read(words(part(CARD, "context")))
    assert state.shown.startswith("🟠 Developing · 5 outlets, 4 independent · en, es · first 09:00")
    matched, sources, made = words(part(CARD, "context", 1)).split("\n")
    assert matched == "Matched *Ferry* (title)"
    assert sources.startswith("<https://outlet0.example/a|[1]\u00a0Outlet 0> · <https://outlet1")
    assert made.startswith("extractive · watch ferries · story K7Q2 · updated <!date^1772443800^")


def test_the_headline_leads_to_the_best_source() -> None:
    """A header cannot link: the line of the state does."""
    assert read(words(part(CARD, "context"))).links == [("read at outlet0.example", CARD.url)]


def test_the_state_is_a_word_as_well_as_a_colour() -> None:
    assert words(part(CARD, "context")).startswith("🟠 *Developing* ·")
    assert words(part(CLOSED, "context")).startswith("⚪ *Closed* ·")
    assert said(NOTICE) == [f"🔴 {NOTICE.notice}"]
    assert part(MISREAD, "header")["text"]["text"] == f"🔴 {MISREAD.title}"
    assert part(GREETING, "header")["text"]["text"] == f"🟢 {GREETING.title}"


def test_times_are_shown_in_the_readers_zone_with_words_where_that_fails() -> None:
    assert "first <!date^1772442000^{date_short_pretty} {time}|09:00 UTC>" in words(
        part(CARD, "context")
    )
    moment = text("at ", Run("09:00 UTC", at=START))
    (section,) = part(Message(title="", notice="x", blocks=(Paragraph(moment),)), "rich_text")[
        "elements"
    ]
    assert section["elements"][1] == {
        "type": "date",
        "timestamp": 1772442000,
        "format": "{date_short_pretty} {time}",
        "fallback": "09:00 UTC",
    }


def test_the_notification_is_the_headline_with_outlets_behind_the_ping() -> None:
    body = payload(CARD, key=KEY, ping_group=GROUP)
    assert body["text"] == f"<!subteam^{GROUP}> {CARD.notice}"
    assert body["blocks"][1] == {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"<!subteam^{GROUP}>", "verbatim": True},
    }


def test_a_group_is_pinged_only_where_the_message_asks_for_it() -> None:
    for body in (
        payload(CARD, key=KEY),
        payload(replace(CARD, ping=""), key=KEY, ping_group=GROUP),
        payload(CARD.quietly(), key=KEY, ping_group=GROUP),
        payload(replace(CARD, silent=True), key=KEY, ping_group=GROUP),
        payload(CARD, key=KEY, ping_group="!channel"),
        changed(CARD),
        answer(CARD),
    ):
        assert "<!" not in body["text"]
        assert "subteam" not in json.dumps(body)


def test_a_message_carries_the_key_by_which_it_is_found_again() -> None:
    assert payload(CARD, key=KEY)["metadata"] == {
        "event_type": "newsthread_alert",
        "event_payload": {"key": KEY, "story": "K7Q2", "version": 1},
    }
    assert payload(NOTICE, key=KEY)["metadata"]["event_payload"]["story"] == ""
    assert "metadata" not in changed(CARD)


def test_slack_makes_no_link_preview_or_mention_of_its_own() -> None:
    for body in (payload(CARD, key=KEY), changed(CARD)):
        assert (body["parse"], body["link_names"]) == ("none", False)
        assert "reply_broadcast" not in body
    posted = payload(CARD, key=KEY)
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)


def test_up_to_four_buttons_stand_in_a_row() -> None:
    few = say("x", buttons=tuple(Button(f"B{n}", f"a:n={n}") for n in range(4)))
    drawn = part(few, "actions")["elements"]
    assert [one["action_id"] for one in drawn] == ["do/0", "do/1", "do/2", "do/3"]
    assert [one["value"] for one in drawn] == ["a:n=0", "a:n=1", "a:n=2", "a:n=3"]


def test_of_more_buttons_three_stand_in_the_row_and_the_others_in_a_menu() -> None:
    *row, menu = part(CARD, "actions")["elements"]
    assert [one["text"]["text"] for one in row] == ["Summary", "Sources 5", "What's new"]
    assert (menu["type"], menu["action_id"]) == ("overflow", "more")
    assert [one["text"]["text"] for one in menu["options"]] == ["Mute", "Why"]
    assert [one["value"] for one in menu["options"]] == ["mute:target=K7Q2", "why:target=K7Q2"]


def test_what_the_menu_cannot_hold_stands_in_the_row() -> None:
    many = say("x", buttons=tuple(Button(f"B{n}", f"a:n={n}") for n in range(40)))
    drawn = part(many, "actions")["elements"]
    assert (len(drawn), len(drawn[-1]["options"])) == (25, 5)
    ten = say("x", buttons=tuple(Button(f"B{n}", f"a:n={n}") for n in range(10)))
    assert len(part(ten, "actions")["elements"]) == 6


def test_a_button_is_there_once_and_has_its_look() -> None:
    message = say(
        "x",
        buttons=(
            Button("A", "a", Look.PRIMARY),
            Button("B", "b", Look.DANGER),
            Button("A again", "a"),
            Button("nothing", ""),
            Button("too long", "x" * 151),
        ),
    )
    drawn = part(message, "actions")["elements"]
    assert [(one["value"], one["style"]) for one in drawn] == [("a", "primary"), ("b", "danger")]


def test_a_reply_of_one_line_has_no_sign_before_it_several_have() -> None:
    assert kinds(REPLY) == kinds(COPIES) == ["rich_text"]
    assert said(REPLY)[0].startswith("Outlet 3")
    assert [one[:2] for one in said(COPIES)] == ["• ", "• "]


def test_an_edit_is_shown_word_by_word() -> None:
    (section,) = part(EDITED, "rich_text")["elements"]
    parts = section["elements"]
    assert parts[0] == {"type": "text", "text": "EDITED", "style": {"code": True}}
    assert {"type": "text", "text": "“runs aground”", "style": {"strike": True}} in parts
    assert {"type": "text", "text": "“pulled free”", "style": {"bold": True}} in parts


def test_code_keeps_its_columns() -> None:
    code = part(MISREAD, "rich_text")["elements"][0]
    assert code["type"] == "rich_text_preformatted"
    assert code["elements"] == [{"type": "text", "text": MISREAD.blocks[0].text}]  # type: ignore[union-attr]  # it is code


def test_the_order_of_blocks_is_kept_and_a_hint_at_the_end_is_small_print() -> None:
    assert said(DRAFT) == [
        "ferry OR pack:harbours",
        "ferry, or any term of the pack harbours",
        "Posts to #news",
        "In the last 14 days: 12 articles, 3 stories, about 0.2 alerts a day.",
        "• Ferry aground · Outlet 0",
    ]
    assert words(part(DRAFT, "context")) == "Nothing is saved yet."


def test_what_an_answer_is_about_stands_under_its_headline() -> None:
    """Only how a story stands is said below: an answer's lead says what it answers."""
    assert kinds(SUMMARY)[:3] == ["header", "context", "rich_text"]
    assert words(part(SUMMARY, "context")).startswith("5 outlets, 4 independent · en, es · <https")


def test_a_channel_is_named_by_its_id() -> None:
    assert {"type": "channel", "channel_id": "C0123456789"} in part(GONE, "rich_text")["elements"][
        0
    ]["elements"]
    assert small(text("in ", Run("#C0123456789", Style.CHANNEL)), 99) == "in <#C0123456789>"
    assert small(text(Run("#C0123456789", Style.CHANNEL)), 9) == "…"
    other = text(Run("#123456789012345678", Style.CHANNEL))
    assert read(small(other, 99)).mentions == []
    body = part(Message(title="", notice="x", blocks=(Paragraph(other),)), "rich_text")
    assert body["elements"][0]["elements"][0]["type"] == "text"


def test_a_notice_names_commands_and_channels_as_people_on_slack_know_them() -> None:
    body = payload(GONE, key=KEY)
    assert body["text"].startswith("<#C0123456789> cannot be reached any more: it is archived")
    assert "with /news watch edit" in body["text"]
    assert "with /news watch edit" in json.dumps(body["blocks"])


@pytest.mark.parametrize("message", [CARD, CLOSED, REPLY, BURST])
def test_what_outlets_wrote_keeps_its_words(message: Message) -> None:
    wrote = replace(message, title="Open /help to see more", notice="Open /help, #C0123456789")
    body = payload(wrote, key=KEY)
    assert "/help" in body["text"]
    assert "/news" not in json.dumps(body)
    assert "<#" not in body["text"]


def test_a_mark_stands_only_where_slack_reads_it() -> None:
    """`a*b*` is shown with its asterisks."""
    bold = Run("b", Style.BOLD)
    assert small(text("a ", bold, ", c"), 99) == "a *b*, c"
    assert small(text("a", bold, " c"), 99) == "ab c"
    assert small(text("a ", bold, "c"), 99) == "a bc"
    assert small(text(Run("b\nb", Style.BOLD)), 99) == "b\nb"
    assert small(text(Run("x", Style.TAG), " ", Run("y", Style.DELETED)), 99) == "`x` ~y~"


def test_runs_of_a_body_weigh_no_more_than_they_may() -> None:
    url = f"https://e.example/{'x' * 500}"
    runs = text(Run('a "word" ' * 30, url=url), Run("b " * 400, Style.BOLD), Run("c", url=url))
    named = text(Run("09:00 UTC", at=START), Run("#C0123456789", Style.CHANNEL))
    for most in (2, 30, 60, 100, 400, 800, 2_000):
        for given in (runs, named):
            assert weight(elements(given, most)) <= most


def test_small_print_that_is_too_long_is_cut() -> None:
    long = text(Run("word " * 1_000, url="https://e.example/a"), Run("x " * 99), Run("y"))
    for most in (1, 2, 10, 50, 700, 2_000):
        assert units(small(long, most)) <= most
    assert small(text(Run("09:00 UTC", at=START)), 20) == "…"


def lines(count: int, words_: str, url: str = "") -> Bullets:
    return Bullets(tuple(text(Run(f"{number} {words_}", url=url)) for number in range(count)))


def test_what_does_not_fit_is_counted() -> None:
    message = Message(title="t", blocks=(lines(200, "word " * 60),), notice="n")
    *shown, last = said(message)
    assert 9_000 < weight(blocks(message)) <= 10_000
    # The line on the edge is cut, and is neither whole nor missing.
    assert shown[-1].endswith("…")
    assert last == f"… and {200 - len(shown)} more"


def test_a_line_with_no_room_for_its_beginning_is_left_out() -> None:
    message = Message(title="t", blocks=(lines(200, "word"),), notice="n")
    *shown, last = said(message)
    assert shown[-1].endswith("word")
    assert last == f"… and {200 - len(shown)} more"


def test_a_full_message_is_never_over_the_limit_by_its_last_line() -> None:
    for length in range(2_300, 2_500, 7):
        message = Message(title="t", blocks=(lines(9, "w " * (length // 2)),), notice="n")
        assert 9_500 < weight(blocks(message)) <= 10_000


def test_no_line_is_begun_that_would_be_a_few_letters() -> None:
    for length in range(0, 40, 3):
        message = Message(title="t", blocks=(lines(400, "w" * length),), notice="n")
        assert not said(message)[-2].endswith("…")


def test_links_go_before_lines_do() -> None:
    """All of many stories are named, even where not all can be linked."""
    message = Message(
        title="t", blocks=(lines(25, "headline", f"https://e.example/{'x' * 900}"),), notice="n"
    )
    assert said(message) == [f"• {number} headline" for number in range(25)]
    assert 5 < json.dumps(blocks(message)).count('"link"') < 25


def test_a_line_has_all_its_links_or_none() -> None:
    """`[1][2][3]` of which two can be followed would look as if the third were none."""
    cites = [Run(f"[{n}]", url=f"https://e.example/{'x' * 1_500}") for n in range(4)]
    message = Message(title="t", blocks=(Bullets((tuple(cites), tuple(cites))),), notice="n")
    first, second = part(message, "rich_text")["elements"][0]["elements"]
    assert [one["type"] for one in first["elements"]] == ["link"] * 4
    assert [one["type"] for one in second["elements"]] == ["text"]
    assert said(message)[1] == "• [0][1][2][3]"


def test_small_print_is_cut_after_its_links_are_gone() -> None:
    sources = text(*(Run(f"[{n}] Outlet", url=f"https://e.example/{'x' * 800}") for n in range(6)))
    written = small(sources, 3_000)
    assert written.count("<https") == 3
    assert written.endswith("[4] Outlet[5] Outlet")


def test_a_burst_names_all_its_stories() -> None:
    assert sum(one.startswith("• Story *") for one in said(BURST)) == 25
    assert said(BURST)[25].startswith("• and 5 more: S025, ")


def test_all_parts_at_their_longest_fit_together() -> None:
    long = "word " * 2_000
    facts: tuple[Block, ...] = tuple(Fact(f"{n} {long}", text(long)) for n in range(40))
    message = Message(
        title=long,
        url="https://e.example/" + "x" * 1_900,
        lead=text(long),
        blocks=(
            *(Paragraph(text(long)), Code(long), lines(50, long), *facts),
            *(Fact("Sources", text("[1] ", long)), *facts, Paragraph(text(Run(long, Style.QUIET)))),
        ),
        footer=text(long),
        notice=long,
        tone=Tone.DEVELOPING,
        ping=GROUP,
        buttons=tuple(Button(long, f"a:n={n}") for n in range(40)),
        files=tuple(File(long, "image/png", b"1", long) for _ in range(20)),
    )
    for body in (
        payload(message, key=KEY, ping_group=GROUP),
        answer(message),
        changed(message),
    ):
        assert refusals(body) == []
    assert units(payload(message, key=KEY)["text"]) > 1_900


def test_a_message_is_never_empty() -> None:
    nothing: Text = ()
    for notice in ("", " ", "\u200b", "\u3164\n"):
        for block in (Paragraph(nothing), Bullets((nothing,)), Code(" \n"), Fact("", nothing)):
            for given in ((), (block,)):
                message = Message(title=notice, blocks=given, notice=notice)
                for body in (payload(message, key=KEY), answer(message), changed(message)):
                    assert refusals(body) == []


def test_neighbours_of_one_style_are_one() -> None:
    runs = text(
        Run("a", Style.BOLD), Run("b", Style.HIT), "c", "d", Run(" t ", Style.TAG), Run("\u200b")
    )
    message = Message(title="t", blocks=(Paragraph(runs),), notice="n")
    assert part(message, "rich_text")["elements"][0]["elements"] == [
        {"type": "text", "text": "ab", "style": {"bold": True}},
        {"type": "text", "text": "cd"},
        {"type": "text", "text": "t", "style": {"code": True}},
    ]


def test_no_text_of_a_body_is_longer_than_slack_takes_in_a_section() -> None:
    long = Paragraph(text("word " * 500))
    message = Message(title="t", blocks=(long, long, Code("x" * 4_000)), notice="n")
    assert refusals(answer(message)) == []
    assert len(part(message, "rich_text")["elements"][0]["elements"]) == 2


def test_only_web_addresses_are_linked() -> None:
    runs = text(Run("a", url="javascript:alert(1)"), Run(" \u200b", url="https://e.example"))
    message = Message(title="t", url="ftp://e.example", blocks=(Paragraph(runs),), notice="n")
    assert "link" not in json.dumps(blocks(message))
    assert kinds(message) == ["header", "rich_text"]


def test_a_headline_without_a_lead_is_linked_all_the_same() -> None:
    message = Message(title="t", url="https://www.e.example/a?b=1&c=2", notice="n")
    assert kinds(message) == ["header", "context"]
    assert (
        words(part(message, "context")) == "<https://www.e.example/a?b=1&amp;c=2|read at e.example>"
    )


def test_a_date_without_words_has_some_all_the_same() -> None:
    """Slack refuses an empty fallback."""
    runs = text(Run("\u202e", at=START))
    assert small(runs, 99).endswith("|…>")
    (date,) = elements(runs, 999)
    assert date["fallback"] == "…"


def test_a_date_before_1970_is_said_in_words() -> None:
    old = text("seen ", Run("31 Dec 1969", at=START.replace(year=1969)))
    assert small(old, 99) == "seen 31 Dec 1969"
    message = Message(title="", blocks=(Paragraph(old),), notice="n")
    assert said(message) == ["seen 31 Dec 1969"]


def test_sources_with_something_else_behind_them_stay_where_they_are() -> None:
    message = Message(
        title="t",
        blocks=(Fact("Sources", text("[1] A")), Paragraph(text("more"))),
        notice="n",
    )
    assert said(message) == ["Sources [1] A", "more"]


def test_files_go_apart_with_safe_names_and_what_they_show_in_words() -> None:
    (file,) = uploads(CHART.files)
    assert (file.name, file.alt) == ("trend-ferries.png", "Articles a day; peak 2 March: 12")
    same = (File("../a b.csv", "text/csv", b"1"), File("a b.csv", "text/csv", b"2"))
    assert [one.name for one in uploads(same)] == ["a-b.csv", "1-a-b.csv"]


def test_files_that_are_too_large_are_said_to_be_left_out() -> None:
    files = (File("a.csv", "text/csv", b"1"), File("b.csv", "text/csv", b"x" * MOST_BYTES))
    assert said(replace(EVERY["export"], files=files))[-1] == (
        "Left out 1 of 2 files: too large for Slack."
    )


@pytest.mark.parametrize(
    ("ping", "group"),
    [
        ("<!subteam^S0123ABCD>", "S0123ABCD"),
        ("<!subteam^S0123ABCD|@desk>", "S0123ABCD"),
        ("S0123ABCD", "S0123ABCD"),
        ("<!channel>", None),
        ("@here", None),
        ("desk", None),
    ],
)
def test_a_group_is_known_by_its_id(ping: str, group: str | None) -> None:
    assert group_id(ping) == group
