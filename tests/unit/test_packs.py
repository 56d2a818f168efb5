"""What `bot.domain.packs` promises, and that the packs of the project keep it."""

import tomllib
from pathlib import Path

import pytest

from bot.domain.packs import Pack, Term, pack_from_table, pieces

SHIPPED = sorted((Path(__file__).parents[2] / "config" / "packs").glob("*.toml"))


def test_a_table_becomes_a_pack() -> None:
    """Names have no language: they are not inflected."""
    table = {"name": "p", "title": "T", "terms": {"names": ["CECOT"], "es": ["cárcel"]}}
    assert pack_from_table(table) == Pack("p", "T", (Term("CECOT", ""), Term("cárcel", "es")))


def test_a_pack_without_a_title_has_its_name_for_one() -> None:
    """A pack of three lines is enough to begin with."""
    assert pack_from_table({"name": "p", "terms": {"names": ["x"]}}).title == "p"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "name"),
        ({"name": "No Spaces"}, "No Spaces"),
        ({"name": "p", "words": []}, "'words'"),
        ({"name": "p", "title": 3}, "title"),
        ({"name": "p"}, "no terms"),
        ({"name": "p", "terms": {}}, "no terms"),
        ({"name": "p", "terms": {"names": []}}, "0 terms"),
        ({"name": "p", "terms": {"names": ["x"] * 501}}, "501 terms"),
        ({"name": "p", "terms": {"xx": ["x"]}}, "terms.xx"),
        ({"name": "p", "terms": {"en": "x"}}, "terms.en"),
        ({"name": "p", "terms": {"en": [3]}}, "terms.en"),
        ({"name": "p", "terms": {"en": ["…"]}}, "'…'"),
        ({"name": "p", "terms": {"en": ["a NEAR/3 …"]}}, "NEAR"),
        ({"name": "p", "terms": {"en": ["a*"]}}, "'a*'"),
        ({"name": "p", "terms": {"en": ["x" * 121]}}, "120"),
    ],
)
def test_a_bad_table_is_refused_and_named(table: dict[str, object], said: str) -> None:
    """The start stops with what is wrong; the file's name is the reader's to add."""
    with pytest.raises(ValueError, match=r".") as caught:
        pack_from_table(table)
    assert said in str(caught.value)


def test_a_term_may_measure_the_way_between_words() -> None:
    """Press names of a prison are seldom one fixed phrase."""
    assert pieces("salvador* NEAR/8 mega prison") == (("salvador*", "mega prison"), (8,))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_pack_is_sound_and_called_like_its_file(path: Path) -> None:
    """A person looks for `pack:cecot` in cecot.toml; terms are there in every language."""
    table = tomllib.loads(path.read_text("utf-8"))
    assert pack_from_table(table).name == path.stem
    assert {"en", "es", "pt", "fr", "de", "it"} <= table["terms"].keys()
