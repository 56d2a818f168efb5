"""Commands as Discord takes them, and what comes back as verbs with arguments."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from bot.adapters.chat.discord.commands import (
    MENUS,
    attachments,
    called,
    focused,
    form_line,
    registered,
)
from bot.adapters.chat.discord.locales import SPANISH, spanish
from bot.commands.dispatch import COMMANDS
from bot.domain.calls import Kind, Param, Role, Usage
from bot.domain.errors import CallError
from tests.unit.discord_rules import units

USAGES = tuple(command.usage for command in COMMANDS if not command.button)
ALL = registered(USAGES, spanish())
EDITORS, ADMINS = str(1 << 4), str(1 << 5)  # Manage Channels, Manage Server


def by_name(name: str) -> dict[str, Any]:
    return next(command for command in ALL if command["name"] == name)


def nodes(commands: list[dict[str, Any]] = ALL) -> Iterator[list[dict[str, Any]]]:
    """Yield every list of siblings: commands, subcommands, options."""
    yield commands
    for command in commands:
        if command.get("options"):
            yield from nodes(command["options"])


def test_every_command_is_there_once() -> None:
    found = set()
    for command in ALL:
        subs = [one["name"] for one in command.get("options", []) if one["type"] == 1]
        found |= {f"{command['name']} {sub}" for sub in subs} or {command["name"]}
    assert found == {usage.verb for usage in USAGES} | {menu.name for menu in MENUS}


def test_names_are_what_discord_allows() -> None:
    """Source: Application Command Naming; a name must differ from its siblings' in each locale."""
    for siblings in nodes():
        for locale in ("", *SPANISH):
            seen: set[tuple[bool, str]] = set()
            for one in siblings:
                name = one.get("name_localizations", {}).get(locale, one["name"])
                menu = one["type"] == 3 and "options" not in one and "description" not in one
                if not menu:
                    assert re.fullmatch(r"[-_\w]{1,32}", name), name
                    assert name == name.lower()
                assert units(name) <= 32
                assert unicodedata.normalize("NFC", name) == name
                assert (menu, name) not in seen
                seen.add((menu, name))


def test_a_command_holds_no_more_than_8000_signs() -> None:
    """Source: Discord counts names, descriptions and values, of each the longest translation."""

    def longest(node: dict[str, Any], key: str) -> int:
        given = (node.get(key, ""), *node.get(f"{key}_localizations", {}).values())
        return max(map(units, given))

    def size(node: dict[str, Any]) -> int:
        own = longest(node, "name") + longest(node, "description")
        below = (*node.get("options", ()), *node.get("choices", ()))
        return own + len(str(node.get("value", ""))) + sum(map(size, below))

    assert max(map(size, ALL)) <= 8_000


def test_counts_stay_within_discords() -> None:
    assert len([one for one in ALL if one["type"] == 1]) <= 100
    assert len([one for one in ALL if one["type"] == 3]) <= 15
    assert all(len(siblings) <= 25 for siblings in nodes() if siblings is not ALL)


def test_required_options_come_first() -> None:
    for siblings in nodes():
        needed = [one["required"] for one in siblings if "required" in one]
        assert needed == sorted(needed, reverse=True)


def test_options_have_the_inputs_of_their_kind() -> None:
    options = {one["name"]: one for one in by_name("watch")["options"][0]["options"]}
    assert (options["query"]["type"], options["pack"].get("autocomplete")) == (3, True)
    assert options["min_outlets"] | {"min_value": 1, "max_value": 10} == options["min_outlets"]
    assert (options["channel"]["type"], options["channel"]["channel_types"]) == (7, [0, 5, 15])
    assert (options["ping"]["type"], options["urgent"]["type"]) == (8, 5)
    assert [one["value"] for one in options["mode"]["choices"]] == [
        *("thread", "forum", "digest", "silent")
    ]
    file = Usage(verb="x", summary="X.", params=(Param(name="f", help="F", kind=Kind.FILE),))
    assert registered([file], spanish())[0]["options"][0]["type"] == 11


def test_an_option_has_choices_or_autocomplete_never_both() -> None:
    assert not [
        one
        for siblings in nodes()
        for one in siblings
        if "choices" in one and "autocomplete" in one
    ]


def test_discord_hides_commands_by_the_least_role_of_their_verbs() -> None:
    assert by_name("summary")["default_member_permissions"] is None
    assert by_name("story")["default_member_permissions"] is None  # show is for all
    assert by_name("mute")["default_member_permissions"] == EDITORS
    assert by_name("settings")["default_member_permissions"] == ADMINS
    assert by_name("Not relevant")["default_member_permissions"] == EDITORS
    assert by_name("Why this alert?")["default_member_permissions"] is None


def test_commands_are_for_servers_only() -> None:
    assert {json.dumps([one["contexts"], one["integration_types"]]) for one in ALL} == {
        "[[0], [0]]"
    }


def test_everything_has_its_spanish() -> None:
    words = spanish()
    for usage in USAGES:
        for name in (*usage.verb.split(), *(param.name for param in usage.params)):
            assert name in words.names, name
        for text in (usage.summary, *(param.help for param in usage.params)):
            assert text in words.texts, text
        for param in usage.params:
            if param.kind is Kind.TEXT:
                assert not set(param.choices) - set(words.choices), param.choices
    assert {menu.name for menu in MENUS} == set(words.menus)


def test_spanish_fits() -> None:
    words = spanish()
    assert not [text for text in words.texts.values() if units(text) > 100]
    assert by_name("watch")["name_localizations"] == dict.fromkeys(SPANISH, "vigilancia")


def slash(name: str, *options: dict[str, Any], **resolved: Any) -> dict[str, Any]:
    return {"type": 1, "name": name, "options": list(options), "resolved": resolved}


def option(name: str, value: object, kind: int = 3, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "value": value, **more}


def test_a_slash_command_is_a_verb_with_arguments() -> None:
    given = (option("target", "cecot"), option("new", value=True, kind=5))
    assert called(slash("summary", *given)) == ("summary", {"target": "cecot", "new": "true"})
    assert called(slash("health")) == ("health", {})


def test_a_subcommand_is_a_verb_of_two_words() -> None:
    sub = {
        "type": 1,
        "name": "add",
        "options": [
            option("query", "a OR b"),
            option("min_outlets", 2, 4),
            option("channel", "111222333444555666", 7),
            option("ping", "222333444555666777", 8),
            option("file", "9", 11),
        ],
    }
    data = slash("watch", sub, attachments={"9": {"filename": "a.opml", "size": 3, "url": "u"}})
    assert called(data) == (
        "watch add",
        {
            "query": "a OR b",
            "min_outlets": "2",
            "channel": "111222333444555666",
            "ping": "<@&222333444555666777>",
        },
    )
    assert attachments(data) == {"file": {"filename": "a.opml", "size": 3, "url": "u"}}


def test_everyone_is_no_role_to_ping() -> None:
    data = slash("x", option("ping", "1", 8), roles={"1": {"name": "@everyone"}})
    with pytest.raises(CallError, match="never pings @everyone"):
        called(data)


def test_autocomplete_knows_what_is_being_typed() -> None:
    sub = {
        "type": 1,
        "name": "edit",
        "options": [option("query", "x"), option("name", "ce", focused=True)],
    }
    assert focused(slash("watch", sub)) == ("watch edit", {"query": "x", "name": "ce"}, "name")


def test_a_button_calls_its_action() -> None:
    data = {"component_type": 2, "custom_id": "story sources:id=K7Q2&page=2"}
    assert called(data) == ("story sources", {"id": "K7Q2", "page": "2"})


@pytest.mark.parametrize(
    ("name", "verb"),
    [("Summarise story", "summary"), ("Why this alert?", "why"), ("Not relevant", "irrelevant")],
)
def test_a_messages_menu_calls_a_verb_about_that_message(name: str, verb: str) -> None:
    assert called({"type": 3, "name": name, "target_id": "1"}) == (verb, {})


def test_adding_a_link_takes_the_messages_first_one() -> None:
    def menu(message: dict[str, Any]) -> dict[str, Any]:
        resolved = {"messages": {"5": message}}
        return {"type": 3, "name": "Add link to story", "target_id": "5", "resolved": resolved}

    said = menu({"content": "Look: <https://example.org/a?b=1> and https://example.org/c."})
    assert called(said) == ("story add", {"url": "https://example.org/a?b=1"})
    embedded = menu({"content": "", "embeds": [{}, {"url": "https://example.org/e"}]})
    assert called(embedded) == ("story add", {"url": "https://example.org/e"})
    with pytest.raises(CallError, match="no link in that message"):
        called(menu({"content": "none"}))
    assert form_line(said, USAGES, in_thread=False) == "/story add https://example.org/a?b=1"
    assert form_line(said, USAGES, in_thread=True) == ""
    assert form_line(slash("summary"), USAGES, in_thread=False) == ""


def test_a_menu_entry_of_an_older_version_is_refused_in_words() -> None:
    with pytest.raises(CallError, match="restart Discord"):
        called({"type": 3, "name": "Old entry", "target_id": "1"})


def test_a_word_without_translation_stays_english() -> None:
    usage = Usage(verb="frobnicate", summary="Frobnicate it.", role=Role.READER)
    assert "name_localizations" not in registered([usage], spanish())[0]
