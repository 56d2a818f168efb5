"""Reads files for whoever configures: a text, a TOML table; what is wrong is said with a remedy."""

import tomllib
from pathlib import Path
from typing import Any

from bot.domain.errors import ConfigError


def read_text(path: Path, key: str) -> str:
    """Return the text of a file.

    Args:
        path: The file.
        key: Which setting names it, for the error.

    Raises:
        ConfigError: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{key}: {path}",
            f"cannot be read ({error})",
            "Check the path and that it is a readable UTF-8 file",
        ) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return the table in a TOML file.

    Raises:
        ConfigError: It cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(read_text(path, "configuration"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            str(path), f"is not valid TOML: {error}", "Mend the line that it names"
        ) from error
