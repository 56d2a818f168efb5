"""What comes with Newsthread: packs and word lists, and where they are."""

from pathlib import Path

from bot.domain.errors import ConfigError
from bot.domain.lexicon import (
    Background,
    Lexicon,
    background_from_lines,
    lexicon_from_lines,
)
from bot.domain.packs import Pack, Packs, pack_from_table
from bot.files import read_text, read_toml

SHIPPED = Path(__file__).parents[1] / "config"
"""The folder of packs, lexicon and starter configuration that comes with Newsthread."""


def pack_folders(path: Path) -> tuple[Path, Path]:
    """Return where the packs of a configuration file are: those that are shipped, and its own."""
    return SHIPPED / "packs", path.parent / "packs"


def read_packs(*folders: Path) -> Packs:
    """Read every `*.toml` in the folders that exist; a later folder's pack replaces an earlier's.

    Raises:
        ConfigError: A file is no pack.
    """
    packs: dict[str, Pack] = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        for path in sorted(folder.glob("*.toml")):
            try:
                pack = pack_from_table(read_toml(path))
            except ValueError as error:
                raise ConfigError(str(path), str(error), "See docs/queries.md, Packs") from error
            packs[pack.name] = pack
    return packs


def read_lexicon(folder: Path = SHIPPED / "lexicon") -> tuple[Lexicon, Background]:
    """Read the word lists that filing uses.

    Raises:
        ConfigError: A file is missing.
    """
    lines = {path.stem: read_text(path, "lexicon").splitlines() for path in folder.glob("*.tsv")}
    missing = {"stopwords", "background"} - lines.keys()
    if missing:
        raise ConfigError(
            str(folder), f"{min(missing)}.tsv is missing", "Restore config/lexicon from the release"
        )
    stop, tiers = lines.pop("stopwords"), lines.pop("background")
    simplified = lines.pop("traditional", [])
    lexicon = lexicon_from_lines(stop, lines, simplified)
    return lexicon, background_from_lines(tiers, lexicon)
