"""Forms on Slack: what is sent back unchanged calls the same, and Slack takes every one."""

from typing import Any

import pytest

from bot.adapters.chat.slack import modals
from bot.adapters.chat.slack.asked import Where
from bot.commands.dispatch import COMMANDS
from bot.domain.calls import Kind, Param, Usage
from bot.domain.lines import parse_line, write_line
from tests.twins.slack.asking import initial, interactive

USAGES = tuple(command.usage for command in COMMANDS if not command.button)
BY_VERB = {usage.verb: usage for usage in USAGES}
HERE = Where(channel="C0NEWS0001", about="1700000000.000100")


def state(view: dict[str, Any], **typed: dict[str, Any]) -> dict[str, Any]:
    """Return what Slack sends when a form is sent, with some inputs changed."""
    values: dict[str, Any] = {}
    for found in interactive(view["blocks"]):
        first = initial(found)
        if first is not None:
            block, action = found.place
            values.setdefault(block, {})[action] = typed.get(block.removeprefix("param/"), first)
    return {**view, "state": {"values": values}}


def form_of(line: str) -> dict[str, Any]:
    """Return the form of a line, which there is."""
    view = modals.form_of(line, USAGES, HERE)
    assert view is not None
    return view


def inputs(view: dict[str, Any]) -> dict[str, str]:
    """Return the types of a form's inputs by their option."""
    return {
        block["block_id"].removeprefix("param/"): block["element"]["type"]
        for block in view["blocks"]
        if block["type"] == "input"
    }


def test_a_form_sent_unchanged_calls_what_the_line_said() -> None:
    given = "name:cecot mode:forum min_outlets:2 urgent:true lang:es ping:<!subteam^S0TWIN0001>"
    line = f'/watch add cecot OR "terrorism center" channel:slack:T1/C0NEWS0002 {given}'
    sent = modals.sent(state(form_of(line)))
    verb, args = parse_line(line, USAGES)
    assert sent.verb == verb
    assert sent.args == args | {"channel": "C0NEWS0002"}


def test_each_kind_of_option_has_its_own_input() -> None:
    """Nobody has to know an id, or how a number is written."""
    kinds = inputs(modals.form(BY_VERB["watch add"], {}, HERE))
    assert kinds == {
        "query": "plain_text_input",
        "name": "plain_text_input",
        "pack": "external_select",
        "channel": "conversations_select",
        "mode": "static_select",
        "ping": "plain_text_input",
        "min_outlets": "number_input",
        "lang": "plain_text_input",
        "feeds": "external_select",
        "urgent": "static_select",
    }
    assert inputs(modals.form(BY_VERB["settings"], {}, HERE))["editor"] == "users_select"
    assert inputs(modals.form(BY_VERB["feed import"], {}, HERE))["file"] == "file_input"


def test_a_form_says_how_it_is_typed_on_slack() -> None:
    said = str(form_of("/watch add")["blocks"][0])
    assert "Typed: /news watch add cecot" in said


def test_what_a_menu_cannot_show_stands_in_words() -> None:
    """It may be a channel's name, or come from an older version: it is not lost."""
    line = "/watch add cecot channel:#news mode:shout min_outlets:70"
    view = form_of(line)
    kinds = inputs(view)
    assert {kinds[name] for name in ("channel", "mode", "min_outlets")} == {"plain_text_input"}
    assert modals.sent(state(view)).args == parse_line(line, USAGES)[1]
    person = form_of("/settings editor:anna no_editor:<@U0ANNA0001|anna>")
    assert modals.sent(state(person)).args == {"editor": "anna", "no_editor": "U0ANNA0001"}


def test_what_is_chosen_and_given_in_a_form_is_in_the_call() -> None:
    view = modals.form(BY_VERB["settings"], {}, HERE)
    sent = modals.sent(
        state(
            view,
            channel={"type": "conversations_select", "selected_conversation": "C0NEWS0009"},
            editor={"type": "users_select", "selected_user": "U0ANNA0001"},
            tz={"type": "external_select", "selected_option": {"value": "Europe/Madrid"}},
            quiet={"type": "plain_text_input", "value": " off "},
        )
    )
    assert sent.args == {
        "channel": "C0NEWS0009",
        "editor": "U0ANNA0001",
        "tz": "Europe/Madrid",
        "quiet": "off",
    }
    files = {"type": "file_input", "files": [{"id": "F1", "name": "a.opml"}]}
    given = modals.sent(state(modals.form(BY_VERB["feed import"], {}, HERE), file=files))
    assert given.files == {"file": {"id": "F1", "name": "a.opml"}}
    assert given.args == {}


def test_there_is_no_form_for_what_it_cannot_hold() -> None:
    assert modals.form_of("", USAGES, HERE) is None
    assert modals.form_of("/no such command", USAGES, HERE) is None
    long = write_line(BY_VERB["watch add"], {"query": "x" * 2_001})
    assert modals.form_of(long, USAGES, HERE) is None
    assert form_of("/health")["blocks"][0]["type"] == "context"  # takes nothing, and can be sent


def test_on_the_app_home_the_channel_has_to_be_chosen() -> None:
    """It is in no channel that could be meant."""

    def optional(where: Where) -> bool:
        view = modals.form(BY_VERB["watch add"], {}, where)
        found = next(one for one in view["blocks"] if one.get("block_id") == "param/channel")
        return bool(found["optional"])

    assert optional(HERE)
    assert not optional(Where(home=True))


def test_a_form_remembers_from_where_it_was_opened() -> None:
    view = modals.form(BY_VERB["watch add"], {}, HERE, among=USAGES)
    assert Where.read(view)[0] == HERE
    assert modals.chosen_from(view)
    assert not modals.chosen_from(modals.form(BY_VERB["watch add"], {}, HERE))
    assert Where.read({"type": "home"})[0] == Where(home=True)


def test_each_form_calls_its_inputs_by_its_own_names_and_by_the_same_when_it_is_the_same() -> None:
    """Slack would show what stood in the last one instead of what this one is given."""

    def names(view: dict[str, Any]) -> set[str]:
        return {one["element"]["action_id"] for one in view["blocks"] if one["type"] == "input"}

    empty = modals.form(BY_VERB["watch edit"], {}, HERE)
    filled = modals.form(BY_VERB["watch edit"], {"query": "cecot"}, HERE)
    other = modals.form(BY_VERB["watch add"], {}, HERE)
    turn = modals.turn_of(empty)
    again = modals.form(BY_VERB["watch edit"], {"query": "cecot"}, HERE, turn=turn)
    assert names(empty) == names(again) == {f"value/{turn}"}
    assert len(names(empty) | names(filled) | names(other)) == 3


def test_a_query_is_tried_with_its_pack() -> None:
    sent = modals.Sent(verb="watch add", args={"query": "cecot", "pack": "bukele"})
    assert modals.tried(sent) == ("watch test", {"query": "cecot OR pack:bukele"})
    only = modals.Sent(verb="watch edit", args={"pack": "bukele"})
    assert modals.tried(only) == ("watch test", {"query": "pack:bukele"})


def test_a_watch_can_be_tried_and_what_it_brings_stands_in_the_form() -> None:
    told = [{"type": "section", "text": {"type": "plain_text", "text": "3 a day"}}]
    view = modals.form(BY_VERB["watch edit"], {"name": "cecot"}, HERE, said=told)
    assert view["blocks"][-1] == told[0]
    assert view["blocks"][-2]["block_id"] == modals.TRY
    assert modals.TRY not in [
        block.get("block_id") for block in modals.form(BY_VERB["mute"], {}, HERE)["blocks"]
    ]


def test_what_is_wrong_stands_at_its_input() -> None:
    view = modals.form(BY_VERB["settings"], {}, HERE)
    assert modals.wrong(view, "tz", "tz: there\nis none") == {"param/tz": "tz: there is none"}
    assert modals.wrong(view, "", "no") == {"param/quiet": "no"}
    assert modals.wrong(view, "nothing", "x" * 400) == {"param/quiet": "x" * 299 + "…"}
    assert modals.wrong(modals.form(BY_VERB["health"], {}, HERE), "", "no") is None


def test_what_is_typed_can_always_be_chosen() -> None:
    """Several feeds with commas between them are in no list."""
    offered = [one["value"] for one in modals.options(("one", "two"), "one, two")]
    assert offered == ["one", "two", "one, two"]
    assert modals.options((), "  ") == []
    assert modals.options(("x" * 151,), "x" * 151) == []
    assert len(modals.options([str(number) for number in range(200)], "a")) == 100


@pytest.mark.parametrize(
    ("written", "id_"),
    [("<@U0ANNA0001|anna>", "U0ANNA0001"), ("W0ANNA0001", "W0ANNA0001"), ("@anna", "")],
)
def test_a_person_is_known_by_an_id_alone(written: str, id_: str) -> None:
    assert modals.person_id(written) == id_


@pytest.mark.parametrize("given", ["slack:T1", "news", "D0TWIN0001", "<#C1"])
def test_what_is_no_channel_s_id_is_not_shown_as_one(given: str) -> None:
    usage = Usage(
        verb="x",
        summary="X.",
        params=(Param(name="where", help="A channel", kind=Kind.CHANNEL),),
    )
    assert inputs(modals.form(usage, {"where": given}, HERE)) == {"where": "plain_text_input"}


def test_the_menu_of_all_commands_has_them_all() -> None:
    menu = modals.everything(USAGES, HERE)["blocks"][0]["elements"][0]
    assert [one["value"] for one in menu["options"]] == [usage.verb for usage in USAGES]
