"""The bot's words in the languages that Discord shows its commands in.

Owns where translations are found: `words_es.toml`, by the English word or sentence. A word that
is not translated stays English. Source: https://discord.com/developers/docs/reference#locales
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

SPANISH = ("es-ES", "es-419")
"""Discord's locales of Spanish: of Spain, of Latin America."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Translations into one language, for all locales that speak it."""

    locales: tuple[str, ...]
    names: Mapping[str, str]  # of verbs and params: lower case, one word
    choices: Mapping[str, str]
    menus: Mapping[str, str]  # of the menus on messages
    texts: Mapping[str, str]  # sentences of at most 100 characters

    def localised(self, table: Mapping[str, str], english: str) -> dict[str, str]:
        """Return what Discord shows in each locale, or nothing where there is no translation."""
        word = table.get(english)
        return dict.fromkeys(self.locales, word) if word else {}


def spanish() -> Words:
    """Return the Spanish words, read from the file beside this module."""
    raw = (files(__package__) / "words_es.toml").read_text(encoding="utf-8")
    return Words(locales=SPANISH, **tomllib.loads(raw))
