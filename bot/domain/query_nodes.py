"""The nodes of a query: what each operator matches, says of itself, and needs.

Owns the meaning of the operators; the way they are written is `bot.domain.query_parse`'s.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias

from bot.domain.query_subject import LONGEST_PREFIX, SEARCHED, FieldName, Hit, Passage, Subject

MAX_HITS = 50  # a query's; a card shows a few
_PLACES = {
    "title": "in the title", "summary": "in the summary", "body": "in the text",
    "page": "in its page",
    "author": "among the authors", "tag": "among the tags", "url": "in the address",
}  # fmt: skip

_UNREAD = "; its page was not read"

Fields: TypeAlias = tuple[FieldName, ...]
PAGE: FieldName = "page"
"""Searched where `Full` says so, and then the last of the fields."""

Need: TypeAlias = frozenset[str]  # keys of `Subject.keys`


class Span(NamedTuple):
    """Words of a passage that a term matched, from number `first` to `last`."""

    first: int
    last: int
    term: str


class Node(Protocol):
    """A part of a query."""

    def hits(self, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:
        """Return what matched in `fields`, () where that is no span of text, None if nothing."""

    def certain(self, subject: Subject, fields: Fields) -> bool | None:
        """Return whether it matches, whatever an article's page says; None where that decides."""

    def missing(self, subject: Subject, fields: Fields) -> str:
        """Return in plain words why it does not match; only asked where it does not."""

    def said(self) -> str:
        """Return what it asks for, in plain words."""

    def needs(self) -> tuple[Need, ...]:
        """Return what every subject that matches has: of each need, at least one key.

        Empty: nothing is needed, since it asks for what is not there.
        """

    def terms(self) -> Iterator[str]:
        """Yield what it looks for, as written."""


class Spanning(Node, Protocol):
    """A node that matches words, so that NEAR can measure from it."""

    def spans(self, passage: Passage) -> Iterable[Span]:
        """Return each match in a passage."""


class _Located:
    """What every spanning node has: its hits are its spans, and it is missed by its name."""

    __slots__ = ()

    def hits(self: Spanning, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:
        """See `Node.hits`."""
        found = tuple(
            passage.hit(*span)
            for passage in subject.within(fields)
            for span in sorted(self.spans(passage))[:MAX_HITS]
        )
        return found or None

    def certain(self: Spanning, subject: Subject, fields: Fields) -> bool | None:
        """See `Node.certain`."""
        return certain_words(self, subject, fields)

    def missing(self: Spanning, subject: Subject, fields: Fields) -> str:
        """See `Node.missing`."""
        return f"{self.said()} was not found{_where(subject, fields)}"


@dataclass(frozen=True, slots=True)
class Part:
    """One word of a run."""

    text: str  # folded
    kind: Literal["exact", "inflected", "prefix"]
    keys: tuple[str, ...]  # of its inflections; () unless inflected

    def at(self, passage: Passage) -> list[int]:
        """Return the numbers of the words that it matches, ascending."""
        places = passage.places
        if self.kind == "prefix":
            forms = passage.beginning(self.text)
        else:
            met = (passage.inflected.get(key, ()) for key in self.keys)
            forms = [self.text, *(form for found in met for form in found)]
        if len(forms) == 1:
            return places.get(forms[0], [])
        return sorted({at for form in forms for at in places.get(form, ())})

    def need(self) -> Need:
        """Return the keys of which a subject that has this word has at least one."""
        if self.kind == "prefix":
            return frozenset((f"{self.text[:LONGEST_PREFIX]}*",))
        return frozenset((self.text, *self.keys))


@dataclass(frozen=True, slots=True)
class Run(_Located):
    """Words one after another: a bare word, `=word`, `word*`, or a phrase."""

    written: str = field(compare=False)  # `CECOT` and `cecot` are one
    parts: tuple[Part, ...]  # never empty

    def spans(self, passage: Passage) -> list[Span]:
        """See `Spanning.spans`."""
        starts = self.parts[0].at(passage)
        for offset, part in enumerate(self.parts[1:], start=1):
            if not starts:
                return []
            there = set(part.at(passage))
            starts = [start for start in starts if start + offset in there]
        length = len(self.parts) - 1
        return [Span(start, start + length, self.written) for start in starts]

    def said(self) -> str:
        """See `Node.said`."""
        part = self.parts[0]
        shown = self.written.strip('="')
        if len(self.parts) > 1:
            return f"the phrase “{shown}”"
        if part.kind == "prefix":
            return f"a word that begins with “{part.text}”"
        return f"exactly “{shown}”" if self.written[0] in '="' else f"“{shown}”"

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`: the row of its first words where all are exact, else each word."""
        if len(self.parts) > 1 and all(part.kind == "exact" for part in self.parts):
            return (frozenset((" ".join(part.text for part in self.parts[:3]),)),)
        return tuple(part.need() for part in self.parts)

    def terms(self) -> Iterator[str]:
        """See `Node.terms`."""
        yield self.written


@dataclass(frozen=True, slots=True)
class Near(_Located):
    """`storm NEAR/5 warning`: both, in either order, at most `gap` words apart."""

    left: Spanning
    right: Spanning
    gap: int

    def spans(self, passage: Passage) -> list[Span]:
        """See `Spanning.spans`; of each left match, the nearest right ones."""
        left = sorted(self.left.spans(passage))
        if not left:
            return []
        right = sorted(self.right.spans(passage))
        return sorted({*self._pairs(left, right), *self._pairs(right, left)})

    def _pairs(self, left: list[Span], right: list[Span]) -> Iterator[Span]:
        firsts = [span.first for span in right]
        for span in left:
            at = bisect_left(firsts, span.last + 1)
            if at < len(right) and right[at].first - span.last <= self.gap:
                term = f"{span.term} NEAR/{self.gap} {right[at].term}"
                yield Span(span.first, right[at].last, term)

    def said(self) -> str:
        """See `Node.said`."""
        return f"{_inner(self.left)} within {self.gap} words of {_inner(self.right)}"

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`."""
        return (*self.left.needs(), *self.right.needs())

    def terms(self) -> Iterator[str]:
        """See `Node.terms`."""
        yield from self.left.terms()
        yield from self.right.terms()


@dataclass(frozen=True, slots=True)
class Listed(_Located):
    """`pack:cecot`: any term of a pack."""

    name: str
    title: str
    choices: tuple[Spanning, ...]

    def spans(self, passage: Passage) -> list[Span]:
        """See `Spanning.spans`; the term of each is the pack's own."""
        return [span for choice in self.choices for span in choice.spans(passage)]

    def said(self) -> str:
        """See `Node.said`."""
        return f"any of the {len(self.choices)} terms of pack {self.name} ({self.title})"

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`."""
        return _either(self.choices)

    def terms(self) -> Iterator[str]:
        """See `Node.terms`."""
        yield f"pack:{self.name}"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`a OR b`: at least one."""

    nodes: tuple[Node, ...]

    def hits(self, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:
        """See `Node.hits`: those of every alternative that matches."""
        found = [node.hits(subject, fields) for node in self.nodes]
        matched = [hits for hits in found if hits is not None]
        return tuple(hit for hits in matched for hit in hits) if matched else None

    def certain(self, subject: Subject, fields: Fields) -> bool | None:
        """See `Node.certain`."""
        found = {node.certain(subject, fields) for node in self.nodes}
        return True if True in found else None if None in found else False

    def missing(self, subject: Subject, fields: Fields) -> str:
        """See `Node.missing`."""
        said = _joined([_inner(node) for node in self.nodes[:8]], "nor")
        more = f" (and {len(self.nodes) - 8} more)" if len(self.nodes) > 8 else ""
        return f"neither {said}{more} was found{_where(subject, fields)}"

    def said(self) -> str:
        """See `Node.said`."""
        return _joined([_inner(node) for node in self.nodes], "or")

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`."""
        return _either(self.nodes)

    def terms(self) -> Iterator[str]:
        """See `Node.terms`."""
        for node in self.nodes:
            yield from node.terms()


@dataclass(frozen=True, slots=True)
class AnyNear(AnyOf):
    """`(a OR b)` of words only, so that NEAR can measure from it."""

    nodes: tuple[Spanning, ...]

    def spans(self, passage: Passage) -> list[Span]:
        """See `Spanning.spans`."""
        return [span for node in self.nodes for span in node.spans(passage)]


@dataclass(frozen=True, slots=True)
class AllOf:
    """`a b`, `a AND b`, `a -b`: every one of them."""

    nodes: tuple[Node, ...]

    def hits(self, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:
        """See `Node.hits`."""
        found: list[Hit] = []
        for node in self.nodes:
            hits = node.hits(subject, fields)
            if hits is None:
                return None
            found.extend(hits)
        return tuple(found)

    def certain(self, subject: Subject, fields: Fields) -> bool | None:
        """See `Node.certain`."""
        found = {node.certain(subject, fields) for node in self.nodes}
        return False if False in found else None if None in found else True

    def missing(self, subject: Subject, fields: Fields) -> str:
        """See `Node.missing`: the first part that fails."""
        failed = (node for node in self.nodes if node.hits(subject, fields) is None)
        return next(failed).missing(subject, fields)

    def said(self) -> str:
        """See `Node.said`."""
        wanted = [_inner(node) for node in self.nodes if node.needs()]
        unwanted = [node.said() for node in self.nodes if not node.needs()]
        return _joined(wanted, "and") + "".join(f", but {said}" for said in unwanted)

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`."""
        return tuple(need for node in self.nodes for need in node.needs())

    def terms(self) -> Iterator[str]:
        """See `Node.terms`."""
        for node in self.nodes:
            yield from node.terms()


@dataclass(frozen=True, slots=True)
class Not:
    """`-a`, `NOT a`: it is not there."""

    inner: Node

    def hits(self, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:
        """See `Node.hits`: nothing is to be shown of what is not there."""
        return () if self.inner.hits(subject, fields) is None else None

    def certain(self, subject: Subject, fields: Fields) -> bool | None:
        """See `Node.certain`."""
        found = self.inner.certain(subject, fields)
        return None if found is None else not found

    def missing(self, subject: Subject, fields: Fields) -> str:
        """See `Node.missing`."""
        hits = self.inner.hits(subject, fields)
        shown = f" (“{hits[0].text}” {_PLACES[hits[0].field]})" if hits else ""
        return f"{_inner(self.inner)} is excluded, and matched{shown}"

    def said(self) -> str:
        """See `Node.said`."""
        return f"not {_inner(self.inner)}"

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`: nothing."""
        return ()

    def terms(self) -> Iterator[str]:
        """See `Node.terms`: it looks for nothing that could be shown."""
        return iter(())


@dataclass(frozen=True, slots=True)
class In:
    """`title:a`, `url:(a OR b)`: only there."""

    field: Literal["title", "body", "author", "url", "tag"]
    inner: Node

    def _fields(self, fields: Fields) -> Fields:
        if self.field != "body":
            return (self.field,)
        return ("summary", "body", PAGE) if PAGE in fields else ("summary", "body")

    def hits(self, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:
        """See `Node.hits`."""
        return self.inner.hits(subject, self._fields(fields))

    def certain(self, subject: Subject, fields: Fields) -> bool | None:
        """See `Node.certain`."""
        return self.inner.certain(subject, self._fields(fields))

    def missing(self, subject: Subject, fields: Fields) -> str:
        """See `Node.missing`."""
        return self.inner.missing(subject, self._fields(fields))

    def said(self) -> str:
        """See `Node.said`."""
        return f"{_inner(self.inner)} {_PLACES[self.field]}"

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`."""
        return self.inner.needs()

    def terms(self) -> Iterator[str]:
        """See `Node.terms`."""
        yield from (f"{self.field}:{term}" for term in self.inner.terms())


@dataclass(frozen=True, slots=True)
class Full:
    """`cecot body:full`: what stands beside it is looked for in the article's page, too."""

    inner: Node

    def hits(self, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:
        """See `Node.hits`."""
        return self.inner.hits(subject, _with_page(fields))

    def certain(self, subject: Subject, fields: Fields) -> bool | None:
        """See `Node.certain`."""
        return self.inner.certain(subject, _with_page(fields))

    def missing(self, subject: Subject, fields: Fields) -> str:
        """See `Node.missing`."""
        return self.inner.missing(subject, _with_page(fields))

    def said(self) -> str:
        """See `Node.said`."""
        return f"{_inner(self.inner)}, also in the full text of the article's page"

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`."""
        return self.inner.needs()

    def terms(self) -> Iterator[str]:
        """See `Node.terms`."""
        yield from self.inner.terms()


def certain_words(node: Node, subject: Subject, fields: Fields) -> bool | None:
    """Return `Node.certain` of what looks for words: its page may have those not found so far."""
    if node.hits(subject, fields) is not None:
        return True
    return None if PAGE in fields else False


def rarest(needs: Iterable[Need]) -> Need:
    """Return that of `needs`, not none, which the fewest subjects are likely to meet.

    A guess from the form of its keys, the commonest deciding: long words are rarer than short,
    rows of words rarer than one. Only speed depends on it.
    """
    return max(needs, key=lambda need: (min(map(_rarity, need)), -len(need)))


def _either(nodes: Iterable[Node]) -> tuple[Need, ...]:
    """Return the one need of a choice: the rarest of each alternative."""
    return (frozenset[str]().union(*(rarest(node.needs()) for node in nodes)),)


def is_pattern(key: str) -> bool:
    """Return whether a key stands for a regular expression, which no subject can list."""
    return key.startswith("/")


def _rarity(key: str) -> int:
    if key.startswith("lang:"):
        return 1
    if key.startswith(("site:", "feed:")) or is_pattern(key):
        return 3
    return len(key) + 10 * key.count(" ")


def _with_page(fields: Fields) -> Fields:
    return fields if PAGE in fields or "body" not in fields else (*fields, PAGE)


def _where(subject: Subject, fields: Fields) -> str:
    if fields == SEARCHED:
        return ""
    if PAGE in fields:
        said = "" if fields[:-1] == SEARCHED else f" {_PLACES[fields[-2]]}"
        return f"{said}{', nor in its page' if subject.article.page else _UNREAD}"
    return f" {_PLACES[fields[-1]]}"


def _inner(node: Node) -> str:
    """Return what a node asks for, in parentheses where what surrounds it could be read into it."""
    return f"({node.said()})" if isinstance(node, (AllOf, AnyOf, Near, Full)) else node.said()


def _joined(said: list[str], word: str) -> str:
    """Return "a", "a or b", "a, b or c"."""
    head, last = said[:-1], said[-1]
    return f"{', '.join(head)} {word} {last}" if head else last
