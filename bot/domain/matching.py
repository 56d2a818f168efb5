"""Thousands of watches against one article at once.

Owns which watches are looked at for an article; whether one matches is decided by its query's own
`match`, so the answer is that of a loop over all of them, at a cost that does not grow with their
number.
"""

from collections.abc import Hashable
from operator import itemgetter
from typing import Generic, TypeVar

import re2

from bot.domain.query import Hit, Query, Subject
from bot.domain.query_filters import re2_options
from bot.domain.query_nodes import is_pattern, rarest

Key = TypeVar("Key", bound=Hashable)

_SET_SIZE = 500  # patterns in one set, so that adding one compiles few of many
_SET_MEMORY = 64 << 20  # bytes


class Matcher(Generic[Key]):
    """An index of watches: each hangs on keys of which an article that matches has at least one.

    Equal queries, such as `pack:cecot` in a thousand channels, are matched once. Adding and
    removing cost O(1). Not safe to change while it matches; one task owns it.
    """

    def __init__(self) -> None:
        """Begin with no watches."""
        self._added = 0
        self._of: dict[Key, _Entry[Key]] = {}
        self._entries: dict[Query, _Entry[Key]] = {}
        self._hanging: dict[str, list[_Entry[Key]]] = {}
        self._patterns = _Patterns()

    def __len__(self) -> int:
        """Return how many watches there are."""
        return len(self._of)

    def add(self, key: Key, query: Query) -> None:
        """Add a watch, in place of the one that has its key."""
        self.remove(key)
        entry = self._entries.get(query)
        if entry is None:
            entry = self._entries[query] = _Entry(query)
            for need in entry.hangs_on:
                self._hanging.setdefault(need, []).append(entry)
                self._patterns.add(need)
        self._added += 1
        self._of[key] = entry
        entry.owners[key] = self._added

    def remove(self, key: Key) -> None:
        """Remove a watch, if it is there."""
        entry = self._of.pop(key, None)
        if entry is None:
            return
        del entry.owners[key]
        if entry.owners:
            return
        del self._entries[entry.query]
        for need in entry.hangs_on:
            hanging = self._hanging[need]
            hanging.remove(entry)
            if not hanging:
                del self._hanging[need]
                self._patterns.remove(need)

    def match(self, subject: Subject) -> dict[Key, tuple[Hit, ...]]:
        """Return the watches that match `subject`, each with its hits, in the order of adding."""
        if not self._of:
            return {}
        keys = subject.keys
        met = [key for key in keys if key in self._hanging]
        met.extend(self._patterns.found(subject))
        found: list[tuple[int, Key, tuple[Hit, ...]]] = []
        for entry in {entry: None for key in met for entry in self._hanging[key]}:
            if any(need.isdisjoint(keys) for need in entry.needs):
                continue
            hits = entry.query.match(subject)
            if hits is not None:
                found.extend((added, key, hits) for key, added in entry.owners.items())
        found.sort(key=itemgetter(0))
        return {key: hits for _, key, hits in found}


class _Entry(Generic[Key]):
    """A query, and who asks it."""

    __slots__ = ("hangs_on", "needs", "owners", "query")

    def __init__(self, query: Query) -> None:
        needs = query.root.needs()
        self.query = query
        self.owners: dict[Key, int] = {}  # each with the number of its adding
        self.hangs_on = rarest(needs)
        self.needs = tuple(  # the rest that is cheap to look up
            need for need in needs if need is not self.hangs_on and not any(map(is_pattern, need))
        )


class _Patterns:
    """The regular expressions that watches hang on, in sets that read a text once for all."""

    def __init__(self) -> None:
        self._sets: list[_Set] = []
        self._home: dict[str, _Set] = {}

    def add(self, key: str) -> None:
        """Add a key, if it is a pattern's."""
        if not is_pattern(key) or key in self._home:
            return
        if not self._sets or len(self._sets[-1].keys) >= _SET_SIZE:
            self._sets.append(_Set())
        self._home[key] = self._sets[-1]
        self._sets[-1].change({*self._sets[-1].keys, key})

    def remove(self, key: str) -> None:
        """Remove a key, if it is there."""
        if key in self._home:
            home = self._home.pop(key)
            home.change({*home.keys} - {key})
            self._sets = [some for some in self._sets if some.keys]

    def found(self, subject: Subject) -> set[str]:
        """Return the keys of the patterns that occur in `subject`, and perhaps more."""
        texts = [passage.text for passage in subject.passages]
        return {key for some in self._sets for text in texts for key in some.found(text)}


class _Set:
    """Some patterns, compiled when they are first asked about."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self._compiled: re2.Set | None = None
        self._stale = True

    def change(self, keys: set[str]) -> None:
        """Hold `keys` from now on."""
        self.keys = sorted(keys)
        self._stale = True

    def found(self, text: str) -> list[str]:
        """Return the keys of the patterns that occur in `text`, and perhaps more.

        A set that runs out of memory says "none" without a word. So it holds one pattern that
        every text matches: where even that is not found, each query must look for itself.
        """
        if self._stale:
            self._compiled, self._stale = _compiled(self.keys), False
        numbers = self._compiled.Match(text) if self._compiled is not None else None
        if not numbers:
            return self.keys
        return [self.keys[number - 1] for number in numbers if number > 0]


def _compiled(keys: list[str]) -> re2.Set | None:
    """Return the patterns of `keys` after one that all texts match; None if it is too much."""
    patterns = re2.Set.SearchSet(re2_options(_SET_MEMORY))
    patterns.Add("")
    for key in keys:
        patterns.Add(key[1:])
    try:
        patterns.Compile()
    except re2.error:
        return None
    return patterns
