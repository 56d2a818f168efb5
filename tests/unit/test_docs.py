"""What the documents must mention, read from the code: a key without its row is a failure."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.core import TyperArgument, TyperGroup
from typer.main import get_command

from bot import config_tables
from bot.cli import cli
from bot.domain import errors
from bot.domain.query import OPERATORS
from bot.environment import Environment

ROOT = Path(__file__).parents[2]
OPERATIONS = ROOT / "docs" / "operations.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
QUERIES = ROOT / "docs" / "queries.md"

TABLES: Mapping[str, type[BaseModel]] = {
    "[defaults]": config_tables.DefaultsTable,
    "[model]": config_tables.ModelTable,
    "[[feeds]]": config_tables.FeedTable,
    "[[watches]]": config_tables.WatchTable,
    "[[channels]]": config_tables.ChannelTable,
}
ERRORS = sorted(
    name
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.BotError)
)
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda page: page.as_posix()
)


def rows(text: str) -> list[str]:
    """Return the first cell of each row of the tables in `text`, in order, without its backticks.

    A bar inside a cell is written `\\|`, as Markdown wants it.
    """
    cells = (re.match(r"\|\s*(.*?)\s*(?<!\\)\|", line) for line in text.splitlines())
    firsts = [cell[1].strip("`").replace("\\|", "|") for cell in cells if cell]
    return [first for first in firsts if first.strip("-: ")]


def section(page: Path, heading: str) -> str:
    """Return what stands under `heading`, up to the next heading of any level."""
    text = page.read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, f"{page.name} has no heading {heading!r}"
    return re.split(r"\n#{1,6} ", rest, maxsplit=1)[0]


@pytest.mark.parametrize("table", TABLES)
def test_each_configuration_table_lists_exactly_its_keys(table: str) -> None:
    """A key that nobody can look up is not there; a row without its key misleads."""
    listed = rows(section(OPERATIONS, f"### `{table}`"))

    assert listed == ["key", *TABLES[table].model_fields]


def test_each_part_of_the_configuration_file_has_its_section() -> None:
    """A new table of the file needs an entry in TABLES, and so its own section."""
    documented = {name.strip("[]") for name in TABLES}

    assert documented == set(config_tables.ConfigTable.model_fields)


def test_the_environment_section_lists_exactly_the_variables() -> None:
    """What is read from the environment is said in one place."""
    listed = rows(section(OPERATIONS, "## Environment variables"))

    names = [str(field.alias) for field in Environment.model_fields.values()]
    assert listed == ["variable", *names]


@pytest.mark.skipif(not QUERIES.exists(), reason="docs/queries.md is not written yet")
def test_each_operator_of_the_language_is_shown_by_its_example() -> None:
    """The language is documented from its own list of operators."""
    text = QUERIES.read_text(encoding="utf-8").replace("\\|", "|")

    assert [one.name for one in OPERATORS if one.example not in text] == []


@pytest.mark.parametrize("name", ERRORS)
def test_each_error_has_its_row(name: str) -> None:
    """Which error is raised decides what follows: a new one must say what."""
    listed = rows(section(ARCHITECTURE, "## When something goes wrong"))

    assert name in listed


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    """Scripts rely on them; the command line's own docstring is the source."""
    source = (ROOT / "bot" / "__main__.py").read_text(encoding="utf-8")
    said = re.search(r"Exit codes: (.*?)\.\n", source, re.DOTALL)
    assert said is not None

    codes = re.findall(r"(?:^|· )(\d+) ", said[1].replace("\n", " "))
    assert rows(section(OPERATIONS, "## Exit codes")) == ["code", *codes]


def commands(group: TyperGroup, before: str = "") -> Mapping[str, set[str]]:
    """Return what can be typed, each command with its options and arguments, as documented."""
    found: dict[str, set[str]] = {}
    for name, command in group.commands.items():
        full = f"{before}{name}"
        if isinstance(command, TyperGroup):
            found |= commands(command, f"{full} ")
        else:
            found[full] = {
                str(param.name).upper()
                if isinstance(param, TyperArgument)
                else max(param.opts, key=len)
                for param in command.params
            }
    return found


def test_the_command_line_section_lists_exactly_what_can_be_typed() -> None:
    """Each command, with each of its options and arguments, and none that is not there."""
    listed = rows(section(OPERATIONS, "## Command line"))
    documented = {}
    for row in listed[1:]:
        typed = re.sub(r"(--[a-z-]+) [A-Z][A-Z=]*", r"\1", row)  # an option's value is no argument
        words = re.findall(r"--[a-z-]+|\b[A-Z]+\b", typed)
        documented[re.split(r" [\[A-Z]", typed, maxsplit=1)[0]] = set(words)
    there = get_command(cli)
    assert isinstance(there, TyperGroup)
    assert documented == commands(there)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    """A link that is followed in vain costs a reader's trust."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]

    assert [link for link in local if not (page.parent / link).exists()] == []
