"""What a person on the Slack twin can choose and type, and what their client does not let them."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.integration.slack_bolt_bot import FORM, Body, Bot, button, option, plain, socket_of
from tests.twins.slack import SlackTwin
from tests.twins.slack.asking import CannotAskError, menu, pressed, value_of
from tests.twins.slack.limits import Limits
from tests.twins.slack.manifest import Manifest
from tests.twins.slack.modals import state_of
from tests.twins.slack.viewing import show


def an_input(label: str, kind: str, *, optional: bool = True, **more: Any) -> Body:
    """Return an input block with an element of a type."""
    element = {"type": kind, "action_id": "value", **more}
    return {
        "type": "input",
        "block_id": label.lower(),
        "label": plain(label),
        "optional": optional,
        "element": element,
    }


GROUPS = [{"label": plain("some"), "options": [option("a"), option("b")]}]
INPUTS = [
    an_input("Text", "plain_text_input", min_length=2, max_length=4),
    an_input("Number", "number_input", is_decimal_allowed=False, min_value="1", max_value="9"),
    an_input("Share", "number_input", is_decimal_allowed=True),
    an_input("Group", "static_select", option_groups=GROUPS),
    an_input("Many", "multi_static_select", options=[option("a"), option("b")]),
    an_input("Boxes", "checkboxes", options=[option("a")], initial_options=[option("a")]),
    an_input("Which", "radio_buttons", options=[option("a")]),
    an_input("Day", "datepicker", initial_date="2026-01-31"),
    an_input("Hour", "timepicker"),
    an_input("Channel", "conversations_select"),
    an_input("People", "multi_users_select"),
    an_input("Feed", "external_select", initial_option=option("first")),
    an_input("Feeds", "multi_external_select", initial_options=[option("first")]),
]


@pytest.mark.parametrize(
    ("what", "given", "state"),
    [
        ("Text", "abc", {"type": "plain_text_input", "value": "abc"}),
        ("Text", "", {"type": "plain_text_input", "value": None}),
        ("Number", 5, {"type": "number_input", "value": "5"}),
        ("Share", "0.5", {"type": "number_input", "value": "0.5"}),
        ("Group", "b", {"type": "static_select", "selected_option": option("b")}),
        ("Group", None, {"type": "static_select", "selected_option": None}),
        (
            "Many",
            ["a", "v-b"],
            {"type": "multi_static_select", "selected_options": [option("a"), option("b")]},
        ),
        ("Boxes", [], {"type": "checkboxes", "selected_options": []}),
        ("Which", "a", {"type": "radio_buttons", "selected_option": option("a")}),
        ("Day", "2026-02-01", {"type": "datepicker", "selected_date": "2026-02-01"}),
        ("Channel", "C1", {"type": "conversations_select", "selected_conversation": "C1"}),
        ("People", ["U1"], {"type": "multi_users_select", "selected_users": ["U1"]}),
    ],
)
def test_what_is_chosen_or_typed_is_sent_as_slack_sends_it(
    what: str, given: Any, state: Body
) -> None:
    assert value_of(menu(INPUTS, what), given, []) == state


@pytest.mark.parametrize(
    ("what", "given", "why"),
    [
        ("Text", "a", "lengths"),
        ("Text", "abcde", "lengths"),
        ("Number", "five", "no number"),
        ("Number", "0.5", "no number"),
        ("Number", 10, "not between"),
        ("Number", 0, "not between"),
        ("Group", "c", "'c' is not offered; there is 'a', 'b'"),
        ("Feed", "second", "nothing"),
    ],
)
def test_what_an_input_does_not_take_is_not_sent(what: str, given: Any, why: str) -> None:
    with pytest.raises(CannotAskError, match=why):
        value_of(menu(INPUTS, what), given, [])


def test_inputs_begin_with_what_the_view_gives_them() -> None:
    state = state_of([*INPUTS, {"type": "actions", "elements": [button("Go", "go")]}], {})
    assert state["day"]["value"]["selected_date"] == "2026-01-31"
    assert state["boxes"]["value"]["selected_options"] == [option("a")]
    assert state["people"]["value"] == {"type": "multi_users_select", "selected_users": []}
    assert state["hour"]["value"] == {"type": "timepicker", "selected_time": None}
    assert len(state) == len(INPUTS)


def test_what_is_filled_in_is_lost_when_an_input_becomes_another_one() -> None:
    filled = {("text", "value"): {"type": "plain_text_input", "value": "abc"}}
    assert state_of(INPUTS[:1], filled)["text"]["value"]["value"] == "abc"
    other = [an_input("Text", "number_input", is_decimal_allowed=True)]
    assert state_of(other, filled)["text"]["value"] == {"type": "number_input", "value": None}


def test_of_several_of_one_name_it_must_be_said_which() -> None:
    rows = [
        {"type": "actions", "block_id": name, "elements": [button("Edit", f"edit/{name}")]}
        for name in "ab"
    ]
    with pytest.raises(CannotAskError, match="2 are called 'Edit'"):
        pressed(rows, "Edit", None)
    assert pressed(rows, "Edit", 2)[0].place == ("b", "edit/b")
    assert pressed(rows, "edit/a", None)[0].place == ("a", "edit/a")
    with pytest.raises(CannotAskError, match="only 2"):
        pressed(rows, "Edit", 3)
    with pytest.raises(CannotAskError, match="there is Edit, Edit"):
        pressed(rows, "Mute", None)


@pytest.fixture
async def twin() -> AsyncIterator[SlackTwin]:
    async with SlackTwin.running(speed=0.2, limits=Limits(enabled=False)) as running:
        running.channel("alerts")
        yield running


@pytest.fixture
async def bot(twin: SlackTwin) -> AsyncIterator[Bot]:
    made = Bot(twin)
    async with socket_of(twin, made.app):
        yield made


async def test_a_menu_asks_the_bot_only_once_enough_is_typed(twin: SlackTwin, bot: Bot) -> None:
    editor = twin.user("editor")
    answer = await editor.slash("/news watch")
    with pytest.raises(CannotAskError, match="more than 1"):
        await editor.options(answer, "Feed", "d")
    with pytest.raises(CannotAskError, match="has its options"):
        await editor.options(answer, "Length", "long")
    with pytest.raises(CannotAskError, match="'delta' is not offered"):
        editor.fill(answer, {"Feed": "delta"})
    assert await editor.options(answer, "Feed", "x" * 75) == []  # too long for an option
    assert twin.journal.violations[0]["what"] == "invalid_options"


@pytest.mark.parametrize(
    "action",
    [
        {"response_action": "dance"},
        {"response_action": "errors", "errors": {"query": ""}},
        {"response_action": "update", "view": {"type": "modal"}},
    ],
)
async def test_an_answer_to_a_submission_that_slack_does_not_take_leaves_the_modal(
    twin: SlackTwin, bot: Bot, action: Body
) -> None:
    editor = twin.user("editor")
    answer = await editor.slash("/news watch")
    await editor.options(answer, "Feed", "de")
    editor.fill(answer, {"Feed": "delta"})
    bot.action = action
    sent = await editor.submit(answer)
    assert sent.failed is not None
    assert editor.view is answer.view
    assert twin.journal.violations


async def test_only_what_is_before_a_person_can_be_pressed(twin: SlackTwin, bot: Bot) -> None:
    editor, reader = twin.user("editor"), twin.user("reader")
    answer = await editor.slash("/news watch")
    below = answer.view
    assert below is not None
    with pytest.raises(CannotAskError, match="not before this person"):
        await reader.submit(below)
    show(twin.core, twin.workspace(), editor.user, FORM, below)
    with pytest.raises(CannotAskError, match="not before this person"):
        editor.fill(below, {})
    await editor.close(everything=True)
    nothing = await editor.slash("/news quick")
    with pytest.raises(CannotAskError, match="nothing is called"):
        await editor.click(nothing, "Mute")
    with pytest.raises(CannotAskError, match="shows nothing"):
        await editor.click(await reader.mention("x", channel="alerts", within=0), "Mute")
    with pytest.raises(CannotAskError, match="nothing to fill in"):
        editor.fill(await bot.card(), {})
    home = (await reader.open_home()).home
    assert home is not None
    with pytest.raises(CannotAskError, match="nothing to send it with"):
        await reader.submit(home)


async def test_nobody_is_where_they_cannot_be(twin: SlackTwin, bot: Bot) -> None:
    editor, admin = twin.user("editor"), twin.user("admin")
    with pytest.raises(CannotAskError, match="no channel"):
        editor.say("x", "nowhere")
    with pytest.raises(CannotAskError, match="somebody else's"):
        editor.say("x", admin.im)
    admin.archive("alerts")
    with pytest.raises(CannotAskError, match="archived"):
        await editor.slash("/news hello")
    with pytest.raises(CannotAskError, match="no modal"):
        await editor.close()
    twin.manifest = Manifest(interactive=False, home=False)
    with pytest.raises(CannotAskError, match="no Home"):
        await editor.open_home()
    with pytest.raises(CannotAskError, match="interactivity"):
        await editor.shortcut(None, "Ask Newsthread")


async def test_a_press_in_a_thread_says_in_which_and_who_joins_is_told_of(
    twin: SlackTwin, bot: Bot
) -> None:
    editor, message = twin.user("editor"), await bot.card()
    told = await bot.client.chat_postMessage(
        channel=message.channel, text="reply", blocks=message.blocks, thread_ts=message.ts
    )
    reply = twin.channel("alerts").messages[told["ts"]]
    await editor.click(reply, "Summary")
    assert bot.told[-1]["container"]["thread_ts"] == message.ts
    editor.join("alerts")
    await twin.ways.deliveries.settled()
    assert bot.told[-1]["user"] == editor.id


async def test_the_page_of_consent_says_what_is_asked_for(twin: SlackTwin) -> None:
    twin.consent.redirects = ("https://news.example.org/slack/oauth_redirect",)
    page = f"{twin.core.address}/oauth/v2/authorize"
    async with aiohttp.ClientSession() as session:
        asked = {"client_id": twin.state.client_id, "scope": "chat:write,commands"}
        async with session.get(page, params=asked) as shown:
            assert "<li>chat:write</li><li>commands</li>" in await shown.text()
        async with session.get(page) as refused:
            assert (refused.status, await refused.text()) == (400, "invalid_client_id")
        async with session.post(page, params=asked, data={"user": "U1"}) as nobody:
            assert await nobody.text() == "nobody is logged in"
