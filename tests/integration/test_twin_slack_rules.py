"""Blocks that Slack would refuse, refused in its words; and what of a text is live."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.twins.slack import SlackTwin
from tests.twins.slack.errors import ApiError
from tests.twins.slack.limits import Limits
from tests.twins.slack.mrkdwn import links, live, mentions, plain
from tests.twins.slack.rules import EACH, WHOLE, check_blocks, checked_view, weight

Json = dict[str, Any]


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running(limits=Limits(enabled=False)) as running:
        yield running


@pytest.fixture
def client(twin: SlackTwin) -> AsyncWebClient:
    return AsyncWebClient(twin.bot_token, base_url=twin.api_base, retry_handlers=[])


def text(words: str, kind: str = "plain_text", **more: Any) -> Json:
    return {"type": kind, "text": words, **more}


def section(words: str = "a", **more: Any) -> Json:
    return {"type": "section", "text": text(words, "mrkdwn"), **more}


def button(words: str = "Mute", **more: Any) -> Json:
    return {"type": "button", "text": text(words), **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def option(n: int = 0, **more: Any) -> Json:
    return {"text": text(f"Option {n}"), "value": f"v{n}", **more}


def overflow(count: int, **more: Any) -> Json:
    return {"type": "overflow", "options": [option(n) for n in range(count)], **more}


def menu(kind: str = "static_select", **more: Any) -> Json:
    return {"type": kind, "placeholder": text("Choose"), **more}


def rich(*elements: Json, kind: str = "rich_text_section", **more: Any) -> Json:
    group = {"type": kind, "elements": list(elements), **more}
    return {"type": "rich_text", "elements": [group]}


def said(words: str = "a", **more: Any) -> Json:
    return {"type": "text", "text": words, **more}


def entered(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": text("Name"), "element": element, **more}


CONFIRM = {"title": text("Sure?"), "text": text("Gone"), "confirm": text("Yes"), "deny": text("No")}

SOUND: list[list[Json]] = [
    [],
    [section()],
    [{"type": "header", "text": text("x" * 150, emoji=True)}, {"type": "divider"}],
    [section("x" * 3000), {"type": "context", "elements": [text("a")] * 10}],
    [{"type": "section", "fields": [text("x" * 2000, "mrkdwn")] * 10}],
    [section(accessory=overflow(1)), section(accessory=button(url="https://example.org/a?b=c"))],
    [actions(*[button(action_id=f"do/{n}") for n in range(25)])],
    [actions(button("x" * 75, value="x" * 2000, style="danger", confirm=CONFIRM), overflow(5))],
    [actions(menu(options=[option()], initial_option=option()), menu("users_select"))],
    [actions(menu(option_groups=[{"label": text("A"), "options": [option()]}]))],
    [actions(menu("multi_static_select", options=[option()], max_selected_items=2))],
    [actions(menu("external_select", min_query_length=0, initial_option=option(9)))],
    [actions(menu("conversations_select"), menu("channels_select"))],
    [actions({"type": "datepicker", "initial_date": "2026-01-01"}, {"type": "timepicker"})],
    [actions({"type": "checkboxes", "options": [option()], "initial_options": [option()]})],
    [actions({"type": "radio_buttons", "options": [option()]})],
    [entered({"type": "plain_text_input", "initial_value": "", "max_length": 10})],
    [entered({"type": "file_input", "filetypes": ["opml"], "max_files": 1}, optional=True)],
    [entered({"type": "number_input", "is_decimal_allowed": False})],
    [section(block_id="a"), section(block_id="b")],
    [{"type": "image", "image_url": "https://example.org/a.png", "alt_text": "A chart"}],
    [{"type": "image", "slack_file": {"id": "F1"}, "alt_text": "A", "title": text("T")}],
    [
        {
            "type": "context",
            "elements": [{"type": "image", "alt_text": "A", "image_url": "http://a.b"}],
        }
    ],
    [{"type": "markdown", "text": "x" * 12_000}],
    [rich(said(style={"bold": True}), {"type": "link", "url": "https://a.b", "text": "a"})],
    [rich({"type": "date", "timestamp": 1, "format": "{date}", "fallback": "then"})],
    [rich({"type": "user", "user_id": "U1"}, {"type": "broadcast", "range": "here"})],
    [rich(said(), kind="rich_text_preformatted"), rich(said(), kind="rich_text_quote")],
    [
        rich(
            {"type": "rich_text_section", "elements": [said()]},
            kind="rich_text_list",
            style="bullet",
            indent=1,
        )
    ],
    [section()] * 50,
]


@pytest.mark.parametrize("blocks", SOUND)
def test_what_slack_takes_is_taken(blocks: list[Json]) -> None:
    assert check_blocks(blocks) == []


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        (["a"], "unsupported type: None [json-pointer:/blocks/0]"),
        ([{"type": "fancy"}], "unsupported type: fancy"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section("x" * 3001)], "must be less than 3001 characters"),
        ([section("🙂" * 1501)], "must be less than 3001 characters"),
        ([section(colour="red")], "invalid additional property: colour"),
        ([section(block_id="x" * 256)], "/blocks/0/block_id"),
        ([section(block_id="a"), section(block_id="a")], "block_id `a` already exists"),
        ([section(expand="yes")], "must be a boolean"),
        ([{"type": "section"}], "one of text and fields is required"),
        ([{"type": "section", "text": "a"}], "must be an object"),
        ([{"type": "section", "text": text("a", "html")}], "must be one of: plain_text, mrkdwn"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": 1}}], "must be a string"),
        ([{"type": "section", "text": {"type": "mrkdwn"}}], "missing required field: text"),
        ([{"type": "section", "fields": []}], "no fewer than 1 items allowed"),
        ([{"type": "section", "fields": [text("a")] * 11}], "no more than 10 items allowed"),
        ([{"type": "section", "fields": [text("x" * 2001)]}], "less than 2001 characters"),
        ([{"type": "section", "fields": "a"}], "must be an array"),
        ([section(accessory={"type": "plain_text_input"})], "unsupported type: plain_text_input"),
        ([{"type": "header", "text": text("x" * 151)}], "must be less than 151 characters"),
        ([{"type": "header", "text": text("a", "mrkdwn")}], "must be one of: plain_text"),
        ([{"type": "header"}], "missing required field: text"),
        ([{"type": "header", "text": text("a", verbatim=True)}], "property: verbatim"),
        ([{"type": "section", "text": text("a", "mrkdwn", emoji=True)}], "property: emoji"),
        ([{"type": "divider", "text": text("a")}], "invalid additional property: text"),
        ([{"type": "context", "elements": [text("a")] * 11}], "no more than 10 items"),
        ([{"type": "context", "elements": []}], "no fewer than 1 items"),
        ([{"type": "context", "elements": [button()]}], "must be one of: plain_text, mrkdwn"),
        ([actions()], "no fewer than 1 items"),
        ([actions(*[button()] * 26)], "no more than 25 items"),
        ([actions(button(action_id="a"), button(action_id="a"))], "action_id `a` already exists"),
        ([actions(button(action_id="x" * 256))], "/elements/0/action_id"),
        ([actions(button("x" * 76))], "must be less than 76 characters"),
        ([actions(button(""))], "must be more than 0 characters"),
        ([actions(button(value="x" * 2001))], "must be less than 2001 characters"),
        ([actions(button(style="loud"))], "failed to match any of: danger, primary"),
        ([actions(button(url="x"))], "must be a valid URL"),
        ([actions(button(url="javascript:alert(1)"))], "must be a valid URL"),
        ([actions(button(url="https://localhost/a"))], "must be a valid URL"),
        ([actions(button(url="https://example.org/" + "x" * 3000))], "less than 3001"),
        ([actions(button(confirm=CONFIRM | {"deny": text("x" * 31)}))], "/confirm/deny"),
        ([actions(button(confirm={"title": text("a")}))], "missing required field: text"),
        ([actions(button(accessibility_label="x" * 76))], "/accessibility_label"),
        ([actions(button(disabled=True))], "invalid additional property: disabled"),
        ([actions({"type": "button", "text": text("a", "mrkdwn")})], "one of: plain_text"),
        ([actions(text("a"))], "unsupported type: plain_text"),
        ([actions(overflow(0))], "no fewer than 1 items"),
        ([actions(overflow(6))], "no more than 5 items allowed"),
        ([actions({"type": "overflow", "options": [option(url="x")]})], "must be a valid URL"),
        ([actions({"type": "overflow", "options": [option(value="x" * 151)]})], "less than 151"),
        ([actions({"type": "overflow", "options": [option(text=text("x" * 76))]})], "than 76"),
        ([actions({"type": "overflow", "options": [{"text": text("a")}]})], "field: value"),
        ([actions(menu())], "one of options and option_groups is required"),
        ([actions(menu(options=[option(n) for n in range(101)]))], "no more than 100 items"),
        ([actions(menu(options=[option(url="https://a.b")]))], "additional property: url"),
        ([actions(menu(options=[option(description=text("x" * 76))]))], "/description"),
        ([actions(menu(options=[option()], initial_option=option(7)))], "must match one of"),
        (
            [actions(menu(option_groups=[{"label": text("x" * 76), "options": [option()]}]))],
            "label",
        ),
        ([actions(menu(options=[option()], placeholder=text("x" * 151)))], "/placeholder"),
        ([actions(menu("multi_users_select", max_selected_items=0))], "between 1 and 1000"),
        ([actions({"type": "checkboxes", "options": [option(n) for n in range(11)]})], "than 10"),
        ([actions({"type": "datepicker", "initial_time": "a"})], "property: initial_time"),
        ([actions({"type": "plain_text_input"})], "unsupported type: plain_text_input"),
        ([entered(button())], "unsupported type: button"),
        ([entered({"type": "plain_text_input", "max_length": 3001})], "between 1 and 3000"),
        ([entered({"type": "plain_text_input", "max_length": "3"})], "must be an integer"),
        ([entered({"type": "plain_text_input", "initial_value": "x" * 3001})], "than 3001"),
        ([entered({"type": "file_input", "max_files": 11})], "between 1 and 10"),
        ([entered({"type": "number_input"})], "missing required field: is_decimal_allowed"),
        ([entered({"type": "plain_text_input"}, label=text("x" * 2001))], "less than 2001"),
        ([entered({"type": "plain_text_input"}, hint=text(""))], "/hint/text"),
        ([{"type": "input", "label": text("a")}], "missing required field: element"),
        ([{"type": "image", "alt_text": "a"}], "one of image_url and slack_file is required"),
        ([{"type": "image", "image_url": "https://a.b"}], "missing required field: alt_text"),
        ([{"type": "markdown", "text": "x" * 12_001}], "less than 12001"),
        ([{"type": "rich_text", "elements": "a"}], "must be an array"),
        ([{"type": "rich_text", "elements": []}], "no fewer than 1 items"),
        ([{"type": "rich_text", "elements": [said()]}], "unsupported type: text"),
        ([rich()], "no fewer than 1 items"),
        ([rich(said(""))], "must be more than 0 characters"),
        ([rich(said("x" * 3001))], "must be less than 3001"),
        ([rich(said(colour="red"))], "invalid additional property: colour"),
        ([rich(said(style={"loud": True}))], "invalid additional property: loud"),
        ([rich(said(style={"bold": "yes"}))], "must be a boolean"),
        ([rich({"type": "link", "text": "a"})], "missing required field: url"),
        ([rich({"type": "link", "url": "javascript:a"})], "must be a valid URL"),
        ([rich({"type": "broadcast", "range": "all"})], "failed to match any of"),
        ([rich({"type": "date", "timestamp": "1", "format": "a"})], "must be an integer"),
        ([rich(button())], "unsupported type: button"),
        (
            [rich({"type": "user", "user_id": "U1"}, kind="rich_text_preformatted")],
            "unsupported type: user",
        ),
        ([rich(said(), kind="rich_text_list", style="bullet")], "unsupported type: text"),
        ([rich(kind="rich_text_list")], "missing required field: style"),
        ([rich(kind="rich_text_list", style="stars")], "failed to match any of"),
    ],
)
def test_what_slack_refuses_is_refused_with_its_place(blocks: list[Any], told: str) -> None:
    faults = check_blocks(blocks)
    assert any(told in fault for fault in faults), faults


def test_what_only_slack_sdks_models_know_is_refused_as_well() -> None:
    """The models are asked of all blocks; of those that the bot has no use for, only they are."""
    video = {
        "type": "video",
        "alt_text": "a",
        "title": text("a"),
        "thumbnail_url": "https://example.org/a.png",
        "video_url": "https://example.org/a",
    }
    assert check_blocks([video]) == []
    [fault] = check_blocks([section(), video | {"title": text("x" * 201)}])
    assert fault == "title attribute cannot exceed 200 characters [json-pointer:/blocks/1]"
    assert "alt_text" in check_blocks([{"type": "video", "title": text("a")}])[0]


NAMES = st.sampled_from(
    [
        *("type", "text", "blocks", "elements", "element", "accessory", "fields", "label"),
        *("options", "option_groups", "initial_option", "initial_options", "value", "url"),
        *("title", "submit", "confirm", "alt_text", "image_url"),
    ]
)
WORDS = st.sampled_from(
    [
        *("section", "header", "context", "actions", "input", "image", "video", "rich_text"),
        *("button", "overflow", "static_select", "plain_text_input", "checkboxes", "datepicker"),
        *("radio_buttons", "plain_text", "mrkdwn", "modal", "home", "a"),
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
BLOCK = st.fixed_dictionaries({"type": WORDS}, optional={"elements": ANYTHING, "text": ANYTHING})


@given(ANYTHING | st.lists(BLOCK, max_size=3), ANYTHING)
def test_nothing_that_is_sent_breaks_the_rules_themselves(blocks: Any, title: Any) -> None:
    """A fault of the twin's own would look like one of Slack's."""
    assert isinstance(check_blocks(blocks), list)
    for view in (blocks, {"type": "modal", "title": title, "blocks": blocks}):
        with contextlib.suppress(ApiError):
            checked_view(view)


async def test_an_invalid_block_is_answered_as_slack_does_and_is_a_violation(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    channel = twin.channel().id
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=channel, text="a", blocks=[actions(overflow(6))])
    answer = caught.value.response
    where = "[json-pointer:/blocks/0/elements/0/options]"
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == [f"no more than 5 items allowed {where}"]
    assert answer["response_metadata"]["messages"] == [
        f"[ERROR] no more than 5 items allowed {where}"
    ]
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=channel, text="a", blocks='{"type":"divider"}')
    assert caught.value.response["error"] == "invalid_blocks_format"
    assert [v["what"] for v in twin.journal.violations] == [
        "invalid_blocks",
        "invalid_blocks_format",
    ]
    assert not twin.messages()


async def test_all_blocks_together_have_a_limit_that_no_document_names(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    channel = twin.channel().id
    fits = [section("x" * 2500) for _ in range(5)]
    assert weight(fits) <= WHOLE
    await client.chat_postMessage(channel=channel, text="a", blocks=fits)
    longer = [*fits, {"type": "divider"}]
    assert weight(longer) == weight(fits) + len(',{"type":"divider"}') + EACH
    longer += [{"type": "divider"}]
    assert weight(longer) > WHOLE
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=channel, text="a", blocks=longer)
    assert caught.value.response["error"] == "msg_blocks_too_long"


async def test_ids_that_were_not_given_are_filled_in(
    twin: SlackTwin, client: AsyncWebClient
) -> None:
    blocks = [section(accessory=button()), actions(button(), button(action_id="do/1"))]
    await client.chat_postMessage(channel=twin.channel().id, text="a", blocks=blocks)
    first, second = twin.messages()[0]["blocks"]
    assert first["block_id"] != second["block_id"]
    assert first["accessory"]["action_id"]
    assert second["elements"][0]["action_id"]
    assert second["elements"][1]["action_id"] == "do/1"
    assert "block_id" not in blocks[0], "what was sent is left alone"


def kinds(words: str, **about: Any) -> list[tuple[str, str]]:
    """Return what is live in a section's text that Slack leaves as it is (`verbatim`)."""
    block = {"type": "section", "text": text(words, "mrkdwn", verbatim=True, **about)}
    return [(each.kind, each.target) for each in live({"blocks": [block]})]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("<@U1>", [("user", "U1")]),
        ("<@U1|ann>", [("user", "U1")]),
        (
            "<!channel> <!here|here> <!everyone>",
            [("special", n) for n in ("channel", "here", "everyone")],
        ),
        ("<!subteam^S1|@desk>", [("group", "S1")]),
        ("<#C1>", [("channel", "C1")]),
        ("<https://example.org|a>", [("link", "https://example.org")]),
        ("<mailto:a@example.org|a>", [("link", "mailto:a@example.org")]),
        (
            "<!date^1^{date}^https://example.org|then>",
            [("date", "1"), ("link", "https://example.org")],
        ),
        ("<!date^1^{date}|then>", [("date", "1")]),
        ("&lt;@U1&gt; &lt;!channel&gt; &lt;https://example.org&gt;", []),
        ("@channel #general https://example.org", []),
        (":tada: at 10:30:00", [("emoji", "tada")]),
        ("< @U1>", [("link", " @U1")]),
        ("*a* _b_ ~c~ `d`", []),
    ],
)
def test_what_is_live_is_found_and_what_is_escaped_is_not(
    words: str, found: list[tuple[str, str]]
) -> None:
    assert kinds(words) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("see https://example.org/a", [("bare link", "https://example.org/a")]),
        ("write to a@example.org", [("bare link", "a@example.org")]),
        ("Amazon.com grows", [("bare link", "Amazon.com")]),
        ("@here and @ann", [("bare mention", "here"), ("bare mention", "ann")]),
        ("in #general", [("bare channel", "general")]),
        ("U.S. v. Smith, no. 5", []),
    ],
)
def test_what_slack_would_make_of_plain_text_is_found_too(
    words: str, found: list[tuple[str, str]]
) -> None:
    blocks = [{"type": "section", "text": text(words, "mrkdwn")}]
    assert [(e.kind, e.target) for e in live({"blocks": blocks})] == found
    assert [(e.kind, e.target) for e in live({"text": words})] == found
    assert live({"text": words, "parse": "none"}) == []


def test_links_and_mentions_of_all_sorts_are_told_with_their_place() -> None:
    message = {
        "text": "<@U1>",
        "blocks": [
            actions(button(url="https://example.org/b"), overflow(1)),
            {"type": "image", "image_url": "https://example.org/i.png", "alt_text": ":a:"},
            {"type": "context", "elements": [text(":tada: <@U9>")]},
            {"type": "markdown", "text": "www.example.org"},
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "user", "user_id": "U2"},
                            {"type": "broadcast", "range": "here"},
                            {"type": "link", "url": "https://example.org/r", "text": "r"},
                            {"type": "date", "timestamp": 1, "url": "https://example.org/d"},
                            {"type": "text", "text": "<@U9> https://example.org @here"},
                        ],
                    }
                ],
            },
        ],
        "attachments": [
            {"text": "<!here>", "title_link": "https://example.org/t", "blocks": [section("<@U3>")]}
        ],
    }
    assert [(e.kind, e.target) for e in mentions(message)] == [
        ("user", "U1"),
        ("user", "U2"),
        ("special", "here"),
        ("special", "here"),
        ("user", "U3"),
    ]
    assert [(e.kind, e.target) for e in links(message)] == [
        ("button", "https://example.org/b"),
        ("image", "https://example.org/i.png"),
        ("bare link", "www.example.org"),
        ("link", "https://example.org/r"),
        ("button", "https://example.org/d"),
        ("link", "https://example.org/t"),
    ]
    assert live(message)[1].where == "blocks/0/elements/0"
    assert ("emoji", "tada") in [(e.kind, e.target) for e in live(message)]


def test_a_text_reads_as_a_person_reads_it() -> None:
    words = (
        "<https://example.org|Judge> &amp; <!here> &lt;b&gt; <!date^1^{date}|then> <https://a.b>"
    )
    assert plain(words) == "Judge & @here <b> then https://a.b"
