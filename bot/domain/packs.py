"""Packs: reusable, named lists of terms in several languages, for `pack:NAME` in a query.

Owns what a pack is and how its table is read; the files are read by `bot.config`, and what a
term means is the query language's (see `bot.domain.query`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.domain.errors import ConfigError
from bot.domain.text import STEMMERS, words

MAX_TERMS = 500
MAX_TERM = 120  # characters
NAMES = "names"  # the key of the terms that are spelt alike in every language
_KEYS = frozenset(("name", "title", "terms"))


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a pack: words, `word*`, or two of these with NEAR/n between them."""

    text: str
    lang: str  # its inflections count in articles of this language; "" for a name: as it stands


@dataclass(frozen=True, slots=True)
class Pack:
    """A named list of terms; an article matches if one of them does."""

    name: str  # as in `pack:NAME`: lower-case letters, digits, - and _
    title: str  # for people
    terms: tuple[Term, ...]  # never empty


Packs: TypeAlias = Mapping[str, Pack]


def pack_from_table(table: Mapping[str, object]) -> Pack:
    """Return the pack that the table of a config/packs/*.toml file describes.

    Args:
        table: `name`, `title`, and `terms`: a table of lists, one for each language (two letters)
            and one, `names`, for what is spelt alike in all of them.

    Raises:
        ConfigError: A key is unknown or missing, or a term is empty or too long.
    """
    name = table.get("name")
    if not isinstance(name, str) or re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name) is None:
        raise ConfigError(
            "packs: name", f"{name!r} is not a pack's name", "Use a-z, 0-9, - and _, at most 40."
        )
    where = f"pack {name}"
    if unknown := sorted(set(table) - _KEYS):
        remedy = f"Use {', '.join(sorted(_KEYS))}."
        raise ConfigError(where, f"{unknown[0]!r} is not a key of a pack", remedy)
    title, lists = table.get("title", name), table.get("terms")
    if not isinstance(title, str):
        raise ConfigError(f"{where}: title", f"{title!r} is not text", "Put it in quotes.")
    if not isinstance(lists, Mapping) or not lists:
        raise ConfigError(f"{where}: terms", "there are none", 'Add [terms] with names = ["..."].')
    terms = tuple(term for lang in lists for term in _terms(f"{where}: terms.{lang}", lang, lists))
    if not 0 < len(terms) <= MAX_TERMS:
        problem = f"{len(terms)} terms"
        raise ConfigError(f"{where}: terms", problem, f"Give from 1 to {MAX_TERMS}.")
    return Pack(name, title, terms)


def _terms(where: str, lang: str, lists: Mapping[str, object]) -> tuple[Term, ...]:
    if lang != NAMES and lang not in STEMMERS:
        known = ", ".join((NAMES, *STEMMERS))
        raise ConfigError(where, f"{lang!r} is not a language of packs", f"Use {known}.")
    texts = lists[lang]
    if not isinstance(texts, (list, tuple)):
        raise ConfigError(where, "it is not a list", 'Write it as ["one", "two"].')
    for text in texts:
        if not isinstance(text, str) or not words(text) or len(text) > MAX_TERM:
            remedy = f"Give words, at most {MAX_TERM} characters."
            raise ConfigError(where, f"{text!r} is not a term", remedy)
    return tuple(Term(text, "" if lang == NAMES else lang) for text in texts)
