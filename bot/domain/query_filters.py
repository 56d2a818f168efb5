"""The nodes that match no word: site, feed and language of an article, and regular expressions.

Beside `bot.domain.query_nodes`, which has the rest and says what a node is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

import re2

from bot.domain.query_nodes import MAX_HITS, Fields, Need, certain_words
from bot.domain.query_subject import Hit, Subject

MAX_PATTERN = 200  # characters
MAX_PROGRAM = 1 << 20  # bytes that RE2 may use for one pattern


@dataclass(frozen=True, slots=True)
class Filter:
    """`site:example.org`, `feed:name`, `lang:es`: what an article is, whatever it says."""

    kind: str  # "site", "feed" or "lang"
    value: str  # folded; of a feed it may end in *

    def hits(self, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:  # noqa: ARG002 -- Node's
        """See `Node.hits`: it matches, but there is no word to show."""
        return () if self._fits(subject) else None

    def certain(self, subject: Subject, fields: Fields) -> bool | None:  # noqa: ARG002 -- Node's
        """See `Node.certain`."""
        return self._fits(subject)

    def _fits(self, subject: Subject) -> bool:
        if self.kind == "site":
            return self.value in subject.sites
        if self.kind == "lang":
            return self.value == subject.lang
        if self.value.endswith("*"):
            return subject.feed_name.startswith(self.value[:-1])
        return self.value == subject.feed_name

    def missing(self, subject: Subject, fields: Fields) -> str:  # noqa: ARG002 -- Node's
        """See `Node.missing`."""
        if self.kind == "site":
            return f"its site is {subject.article.site or 'unknown'}, not {self.value}"
        if self.kind == "lang":
            return f"its language is {subject.lang or 'unknown'}, not {self.value}"
        return f"it came from feed “{subject.feed_name}”, not “{self.value}”"

    def said(self) -> str:
        """See `Node.said`."""
        if self.kind == "site":
            return f"from the site {self.value}"
        if self.kind == "lang":
            return f"in the language {self.value}"
        if self.value.endswith("*"):
            return f"from a feed whose name begins with “{self.value[:-1]}”"
        return f"from the feed “{self.value}”"

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`."""
        return (frozenset((f"{self.kind}:{self.value}",)),)

    def terms(self) -> Iterator[str]:
        """See `Node.terms`: it looks for no word."""
        return iter(())


class Pattern(Protocol):
    """A compiled pattern of RE2, which ships no types."""

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match."""

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Yield each match."""


@dataclass(frozen=True, slots=True)
class Regex:
    """`/CECOT-[0-9]+/i`: a regular expression of RE2, on the text as it was written."""

    written: str  # with its slashes and flags
    pattern: str  # flags inside
    compiled: Pattern = field(compare=False, repr=False)

    def hits(self, subject: Subject, fields: Fields) -> tuple[Hit, ...] | None:
        """See `Node.hits`."""
        found = tuple(
            passage.span(match.start(), match.end(), self.written)
            for passage in subject.within(fields)
            for match in islice(self.compiled.finditer(passage.text), MAX_HITS)
        )
        return found or None

    def certain(self, subject: Subject, fields: Fields) -> bool | None:
        """See `Node.certain`."""
        return certain_words(self, subject, fields)

    def missing(self, subject: Subject, fields: Fields) -> str:  # noqa: ARG002 -- Node's
        """See `Node.missing`."""
        return f"{self.said()} was not found"

    def said(self) -> str:
        """See `Node.said`."""
        return f"text like {self.written}"

    def needs(self) -> tuple[Need, ...]:
        """See `Node.needs`; `bot.domain.matching` finds these keys with one set of patterns."""
        return (frozenset((f"/{self.pattern}",)),)

    def terms(self) -> Iterator[str]:
        """See `Node.terms`."""
        yield self.written


def re2_options(max_mem: int = MAX_PROGRAM) -> re2.Options:
    """Return how patterns are read: quietly (RE2 would write errors to stderr), within bounds."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = max_mem
    return options
