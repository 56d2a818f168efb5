"""The watch language, as the rest of the bot sees it: parse, explain, match one article.

Owns the face of the language; its grammar is in `query_grammar`, its parser in `query_parse`, its
operators in `query_nodes`. Matching thousands of queries at once is `bot.domain.matching`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from bot.domain.errors import QueryError
from bot.domain.packs import Packs
from bot.domain.query_nodes import MAX_HITS, AllOf, Node, Run
from bot.domain.query_parse import alternatives, tokens, tree
from bot.domain.query_subject import FIELDS, SEARCHED, Hit, Subject

__all__ = [
    "OPERATORS", "Hit", "Operator", "Query", "Subject", "parse", "with_terms", "without_terms",
]  # fmt: skip


class Operator(NamedTuple):
    """An operator of the language, for its documentation."""

    name: str
    example: str
    meaning: str


OPERATORS = (
    Operator("word", "deportation", "the word and its inflections, whatever the case and accents"),
    Operator('"phrase"', '"terrorism confinement center"', "these words in a row, exactly"),
    Operator("=word", "=deportation", "this form of the word only"),
    Operator("word*", "deport*", "every word that begins so"),
    Operator("OR", "cecot OR bukele", "at least one of them"),
    Operator("AND", "bukele AND deport*", "both; a space means the same"),
    Operator("-", "cecot -football", "the second is not there"),
    Operator("NOT", "cecot NOT football", "the same, in a word"),
    Operator("( )", "(bukele OR cecot) prison", "what belongs together"),
    Operator("NEAR/n", "judge NEAR/10 cecot", "at most n words apart, in either order"),
    Operator("title:", "title:cecot", "in the headline"),
    Operator("body:", "body:cecot", "in the text under the headline: summary or body"),
    Operator("body:full", "cecot body:full", "the same, and in the full text of its page"),
    Operator("author:", 'author:"ana lopez"', "among the authors"),
    Operator("url:", "url:el-salvador", "in the address of the article"),
    Operator("tag:", "tag:migration", "among the tags"),
    Operator("site:", "bukele site:example.org", "from this site or one below it"),
    Operator("feed:", 'bukele feed:"Example News"', "from the feed of this name"),
    Operator("lang:", "bukele lang:es", "written in this language"),
    Operator("pack:", "pack:cecot", "any term of this pack"),
    Operator("/regex/", r"/\bCECOT-?\d+\b/i", "what this regular expression (RE2) describes"),
)

_FULL = ("body:", "WORD", "full")
_MEANT_AS_OPERATORS = frozenset(("or", "and", "not", "near"))


@dataclass(frozen=True, slots=True)
class Query:
    """A query that has been parsed. Equal queries are of one text, read with the same packs."""

    source: str  # as it was written
    root: Node = field(hash=False, repr=False)

    def could_match(self, subject: Subject) -> bool:
        """Say whether only its page keeps an article from matching, or may: it is worth reading."""
        missed = self.root.hits(subject, SEARCHED) is None
        return missed and self.root.certain(subject, SEARCHED) is None

    @property
    def reads_pages(self) -> bool:
        """Whether it asks for the full text of articles' pages (`body:full`)."""
        if "full" not in self.source.lower():  # of a hundred thousand queries, few
            return False
        found = pairwise(tokens(self.source))
        return any((sign.lower(), word.type, word.lower()) == _FULL for sign, word in found)

    def match(self, subject: Subject) -> tuple[Hit, ...] | None:
        """Return what matched, in the order of reading, or None.

        At most `MAX_HITS`, none overlapping: of two that would, the earlier, longer one. Empty
        where the query matched by what an article is (`site:`, `feed:`, `lang:`) and not by a
        word in it.
        """
        hits = self.root.hits(subject, SEARCHED)
        return None if hits is None else _tidy(hits)

    def explained(self) -> str:
        """Return the query as understood, in plain words."""
        notes = [
            f" “{word}” in small letters is a word to look for; the operator is {word.upper()}."
            for word in dict.fromkeys(t for t in tokens(self.source) if t in _MEANT_AS_OPERATORS)
        ]
        return f"Matches: {self.root.said()}.{''.join(notes)}"

    def near_miss(self, subject: Subject) -> str:
        """Return which part of the query failed on `subject`, in plain words; "" if none did."""
        if self.root.hits(subject, SEARCHED) is not None:
            return ""
        return self.root.missing(subject, SEARCHED)

    def terms(self) -> tuple[str, ...]:
        """Return what it looks for (not what it excludes), as written, each once."""
        return tuple(dict.fromkeys(self.root.terms()))


def parse(text: str, packs: Packs) -> Query:
    """Return the query that `text` is.

    Raises:
        QueryError: It does not parse: the place, and where sensible a query that does.
    """
    return Query(text, tree(text, packs))


def with_terms(source: str, words: Sequence[str], packs: Packs) -> str:
    """Return the query with `words` as further alternatives (`OR`); those it has stay single.

    Several words in one string are a phrase. Any term of the language will do.

    Raises:
        QueryError: The query or a term does not parse, or there would be too many.
    """
    parse(source, packs)
    present = [tree(part, packs) for part in alternatives(source)]
    parts = [source.strip()]
    for word in words:
        term = _term(word, packs)
        node = tree(term, packs)
        if node not in present:
            present.append(node)
            parts.append(term)
    result = " OR ".join(parts)
    parse(result, packs)
    return result


def without_terms(source: str, words: Sequence[str], packs: Packs) -> str:
    """Return the query without the alternatives `words`.

    Raises:
        QueryError: One is not an alternative of its own, or nothing would be left.
    """
    parse(source, packs)
    unwanted = [(word, tree(_term(word, packs), packs)) for word in words]
    parts = [(part, tree(part, packs)) for part in alternatives(source)]
    for word, node in unwanted:
        if all(node != other for _, other in parts):
            known = ", ".join(part for part, _ in parts[:10])
            problem = f"“{word}” is not an OR term of this query, which has: {known}"
            raise QueryError(source, 0, problem)
    nodes = [node for _, node in unwanted]
    kept = [part for part, node in parts if node not in nodes]
    if not kept:
        raise QueryError(source, 0, "nothing would be left; remove the watch instead")
    return " OR ".join(kept)


def _term(word: str, packs: Packs) -> str:
    """Return `word` as a term: several bare words as a phrase."""
    node = parse(word, packs).root
    bare = isinstance(node, AllOf) and all(isinstance(part, Run) for part in node.nodes)
    return f'"{" ".join(word.split())}"' if bare and '"' not in word else word.strip()


def _tidy(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Return `hits` in the order of reading, without those that overlap one, at most MAX_HITS."""
    # A dictionary keeps the order of the query, so equal spans have the same term in every run.
    unique = dict.fromkeys(hits)
    ordered = sorted(unique, key=lambda hit: (FIELDS.index(hit.field), hit.start, -hit.end))
    kept: list[Hit] = []
    for hit in ordered:
        if not kept or kept[-1].field != hit.field or hit.start >= kept[-1].end:
            kept.append(hit)
    return tuple(kept[:MAX_HITS])
