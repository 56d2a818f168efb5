"""What the project ships that is costly to read, read once a test run: constants, all of them."""

from functools import cache

from bot.domain.filing import Window
from bot.domain.lexicon import Background, Lexicon
from bot.domain.packs import Packs
from bot.domain.text import LanguageDetector
from bot.shipped import SHIPPED, read_lexicon, read_packs


@cache
def shipped_words() -> tuple[Lexicon, Background]:
    """Return the word lists that filing uses."""
    return read_lexicon()


@cache
def shipped_packs() -> Packs:
    """Return the packs of `config/packs`."""
    return read_packs(SHIPPED / "packs")


@cache
def shipped_detector() -> LanguageDetector:
    """Return a detector, whose model is then loaded once."""
    return LanguageDetector()


def new_window() -> Window:
    """Return an empty window of stories."""
    return Window(*shipped_words())
