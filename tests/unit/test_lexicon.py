"""How the lexicon's files are read, and that the shipped ones can be."""

from pathlib import Path

import pytest

from bot.domain.lexicon import background_from_lines, lexicon_from_lines
from bot.domain.textforms import fold_marks
from tests.unit.filing_articles import TIERS, small_lexicon

SHIPPED = Path(__file__).parents[2] / "config" / "lexicon"


def test_a_gloss_is_found_whatever_gender_and_number() -> None:
    """The files give one form of a Spanish word."""
    lexicon = small_lexicon()
    assert lexicon.gloss("es", "deportadas") == ("deport",)
    assert lexicon.gloss("es", "estados unidos") == ("united", "state")
    assert lexicon.gloss("es", "gato") is None


def test_countries_come_from_unicode_data() -> None:
    """Nobody writes two hundred names in nine languages by hand."""
    assert lexicon_from_lines((), {"es": ()}).gloss("es", "alemania") == ("germany",)
    assert small_lexicon().gloss("es", "alemania") is None


def test_words_in_tiers_have_their_share_and_glosses_a_small_one() -> None:
    """A word that the lexicon calls news is not rare, even where no tier has it."""
    background = background_from_lines(TIERS, small_lexicon())
    assert background.shares["judge"] == 0.03
    assert background.shares["deport"] == 0.03  # by its family
    assert 0 < background.shares["million"] < 0.03
    assert background.names == {"trump", "salvador"}


def test_traditional_characters_must_pair_with_simplified_ones() -> None:
    """A lost character would shift every pair after it."""
    with pytest.raises(ValueError, match="shorter"):
        lexicon_from_lines((), {}, ("學國\t学",))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.tsv")), ids=lambda path: path.stem)
def test_shipped_lines_have_their_columns(path: Path) -> None:
    """A line without a tab would be passed over in silence."""
    columns = 3 if path.stem == "background" else 2
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            assert len(line.split("\t")) == columns, line
            assert all(line.split("\t")), line


def test_a_shipped_english_word_is_in_one_family() -> None:
    """The second family would never be seen."""
    seen: set[str] = set()
    for line in (SHIPPED / "en.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            for word in fold_marks(line.split("\t")[1]).lower().split():
                assert word not in seen, word
                seen.add(word)
