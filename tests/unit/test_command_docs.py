"""The commands, as documented and as registered: what is there is said, and fits platforms."""

import re
from pathlib import Path

import pytest

from bot.commands.command import Command
from bot.commands.dispatch import COMMANDS
from bot.domain.calls import Kind, Role
from bot.domain.lines import parse_line

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
TYPED = [command for command in COMMANDS if not command.button]
COMPLETED = ("watch", "story", "feed", "channel", "target", "pack", "topic", "tz")
WHO = {Role.READER: "all", Role.EDITOR: "editors", Role.ADMIN: "admins"}


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without its first row."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def options(command: Command) -> str:
    """Return a command's options as its row shows them."""
    said = []
    for param in command.usage.params:
        name = param.name if param.rest else f"{param.name}:{'/'.join(param.choices)}"
        said.append(f"**{name}**" if param.required else name)
    return ", ".join(said) or "—"


def test_each_typed_command_has_its_row_with_options_role_and_example() -> None:
    """A command that nobody can look up is not there; a row that lies is worse."""
    wanted = [
        [
            f"`{command.usage.verb}`",
            options(command),
            command.usage.summary,
            WHO[command.usage.role],
            f"`{command.usage.example}`",
        ]
        for command in TYPED
    ]
    assert rows("What can be typed") == wanted


def test_each_command_of_buttons_has_its_row() -> None:
    """Who reads a log line or a stored button must be able to look its verb up."""
    wanted = [
        [f"`{one.usage.verb}`", ", ".join(p.name for p in one.usage.params), one.usage.summary]
        for one in COMMANDS
        if one.button
    ]
    assert [row[:3] for row in rows("What buttons do")] == wanted


@pytest.mark.parametrize("command", TYPED, ids=lambda command: command.usage.verb)
def test_the_example_of_a_command_is_a_line_that_it_can_read(command: Command) -> None:
    """People copy examples."""
    usages = [one.usage for one in TYPED]
    verb, args = parse_line(command.usage.example, usages)
    needed = {param.name for param in command.usage.params if param.required}
    assert (verb, needed - args.keys()) == (command.usage.verb, set())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.usage.verb)
def test_a_command_can_be_registered_where_names_and_texts_are_bounded(command: Command) -> None:
    """Discord: 1 to 2 words of a-z, texts of 1 to 100 characters, 25 options, 25 choices."""
    usage = command.usage
    texts = [usage.summary, *(param.help for param in usage.params)]
    assert re.fullmatch(r"[a-z]{1,32}( [a-z]{1,32})?", usage.verb)
    assert all(re.fullmatch(r"[a-z_]{1,32}", param.name) for param in usage.params)
    assert all(1 <= len(text) <= 100 for text in texts)
    assert len(usage.params) <= 25
    assert all(len(param.choices) <= 25 for param in usage.params)
    assert all(1 <= len(choice) <= 100 for param in usage.params for choice in param.choices)
    assert sum(param.rest for param in usage.params) <= 1


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.usage.verb)
def test_the_kind_of_each_option_is_told_as_data(command: Command) -> None:
    """A platform registers an option by it: bounds belong to numbers, yes and no to flags."""
    for param in command.usage.params:
        bounded = (param.least, param.most) != (0, 0)
        assert bounded == (param.kind is Kind.NUMBER)
        assert (param.choices == ("true", "false")) == (param.kind is Kind.FLAG)
        assert param.default in ("", *param.choices) or not param.choices
        assert param.complete in ("", *COMPLETED)


def test_verbs_make_two_levels_of_at_most_25_each() -> None:
    """Discord: what has subcommands cannot be called itself; 25 in a group, 100 in all."""
    groups: dict[str, list[str]] = {}
    for command in TYPED:
        first, _, second = command.usage.verb.partition(" ")
        groups.setdefault(first, []).append(second)
    assert len(groups) <= 100
    assert all(len(seconds) <= 25 for seconds in groups.values())
    assert all("" not in seconds or seconds == [""] for seconds in groups.values())


def test_the_texts_of_a_group_stay_below_what_a_platform_takes_of_them() -> None:
    """Discord: 8,000 characters of names, descriptions and choices in a command with all in it."""
    sizes: dict[str, int] = {}
    for command in TYPED:
        usage = command.usage
        texts = [usage.verb, usage.summary]
        for param in usage.params:
            texts += [param.name, param.help, *param.choices, *param.choices]
        first = usage.verb.partition(" ")[0]
        sizes[first] = sizes.get(first, 0) + sum(map(len, texts))
    assert max(sizes.values()) <= 8_000


def test_no_two_commands_share_a_verb() -> None:
    """The second would never be called."""
    verbs = [command.usage.verb for command in COMMANDS]
    assert len(verbs) == len(set(verbs))
