"""Forms: what is sent back unchanged calls the same, and nothing is too long for Discord."""

from typing import Any

from bot.adapters.chat.discord.commands import called
from bot.adapters.chat.discord.modals import modal_for
from bot.commands.dispatch import COMMANDS
from bot.domain.lines import parse_line, write_line

USAGES = tuple(command.usage for command in COMMANDS if not command.button)
BY_VERB = {usage.verb: usage for usage in USAGES}


def sent(form: dict[str, Any], **typed: str) -> dict[str, Any]:
    """Return what Discord sends when a form is sent, with some inputs changed."""
    components = []
    for label in form["components"]:
        field = label["component"]
        value = typed.get(field["custom_id"], field.get("value", ""))
        answer = {"type": 4, "id": 2, "custom_id": field["custom_id"], "value": value}
        components.append({"type": 18, "id": 1, "component": answer})
    return {"custom_id": form["custom_id"], "components": components}


def test_a_form_sent_unchanged_calls_what_the_line_said() -> None:
    given = "name:cecot mode:forum min_outlets:2 urgent:true lang:es"
    line = f'/watch add cecot OR "terrorism center" {given}'
    form = modal_for(line, USAGES)
    assert form is not None
    assert called(sent(form)) == parse_line(line, USAGES)
    assert len(form["components"]) == 5


def test_what_is_changed_in_a_form_is_changed_in_the_call() -> None:
    form = modal_for("/watch edit cecot min_outlets:2", USAGES)
    assert form is not None
    verb, args = called(sent(form, query="cecot bukele", min_outlets=""))
    assert (verb, args) == ("watch edit", {"query": "cecot bukele"})


def test_a_form_in_rows_is_read_too() -> None:
    """Discord sends inputs in action rows where a form was made of them."""
    rows = [{"type": 1, "components": [{"type": 4, "custom_id": "query", "value": "a"}]}]
    assert called({"custom_id": "watch add", "components": rows}) == ("watch add", {"query": "a"})


def test_there_is_no_form_for_what_it_cannot_hold() -> None:
    assert modal_for("/no such command", USAGES) is None
    assert modal_for("/health", USAGES) is None  # takes nothing
    long = write_line(BY_VERB["watch add"], {"query": "a " * 1_200})
    assert modal_for(long, USAGES) is None
    many = {param.name: "x" * 60 for param in BY_VERB["watch add"].params}
    assert modal_for(write_line(BY_VERB["watch add"], many), USAGES) is None
