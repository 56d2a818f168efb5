"""Packs: reusable, named lists of terms in several languages, for `pack:NAME` in a query.

Owns what a pack is and how its table is read; the files are read by `bot.config`, and what a
term means is the query language's (see `bot.domain.query`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

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
        ValueError: A key is unknown or missing, or a term is empty or too long; it says which,
            and how to mend it. The file's name is the reader's to add.
    """
    name = table.get("name")
    if not isinstance(name, str) or re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name) is None:
        raise ValueError(f"name = {name!r} is no pack's name: use a-z, 0-9, - and _, at most 40")
    if unknown := sorted(set(table) - _KEYS):
        raise ValueError(f"{unknown[0]!r} is not a key of a pack: use {', '.join(sorted(_KEYS))}")
    title, lists = table.get("title", name), table.get("terms")
    if not isinstance(title, str):
        raise ValueError(f"title = {title!r} is not text: put it in quotation marks")  # noqa: TRY004 -- read_packs awaits one kind
    if not isinstance(lists, Mapping) or not lists:
        raise ValueError('there are no terms: add [terms] with names = ["..."]')
    terms = tuple(term for lang in lists for term in _terms(lang, lists[lang]))
    if not 0 < len(terms) <= MAX_TERMS:
        raise ValueError(f"there are {len(terms)} terms: give from 1 to {MAX_TERMS}")
    return Pack(name, title, terms)


def _terms(lang: str, texts: object) -> tuple[Term, ...]:
    if lang != NAMES and lang not in STEMMERS:
        raise ValueError(f"terms.{lang}: no such language: use {', '.join((NAMES, *STEMMERS))}")
    if not isinstance(texts, (list, tuple)):
        raise ValueError(f'terms.{lang} is not a list: write it as ["one", "two"]')  # noqa: TRY004 -- as above
    for text in texts:
        if not isinstance(text, str) or len(text) > MAX_TERM or not _sound(text):
            problem = f"terms.{lang}: {text!r} is not a term"
            raise ValueError(f"{problem}: give words, at most {MAX_TERM} characters")
    return tuple(Term(text, "" if lang == NAMES else lang) for text in texts)


def pieces(text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the runs of words of a term, and the gaps of the NEAR/n between them, in words."""
    parts = re.split(r"\s+NEAR/([1-9][0-9]?)\s+", text)
    return tuple(parts[::2]), tuple(map(int, parts[1::2]))


def _sound(text: str) -> bool:
    """Return whether each run of a term has words; a lone letter with * would match too much."""
    return all(words(run) and not re.search(r"(?:^|\W)\w?\*", run) for run in pieces(text)[0])
