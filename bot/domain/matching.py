"""Thousands of watches against one article at once.

Owns which watches are looked at for an article; whether one matches is decided by its query's own
`match`, so the answer is that of a loop over all of them, at a cost that does not grow with their
number.
"""

from collections import defaultdict
from collections.abc import Hashable
from typing import Generic, TypeVar

import re2

from bot.domain.query import Hit, Query, Subject
from bot.domain.query_filters import re2_options

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
        self._queries: dict[Key, tuple[int, Query]] = {}
        self._owners: defaultdict[Query, set[Key]] = defaultdict(set)
        self._hanging: defaultdict[str, set[Query]] = defaultdict(set)
        self._patterns = _Patterns()

    def __len__(self) -> int:
        """Return how many watches there are."""
        return len(self._queries)

    def add(self, key: Key, query: Query) -> None:
        """Add a watch, in place of the one that has its key."""
        self.remove(key)
        self._added += 1
        self._queries[key] = (self._added, query)
        owners = self._owners[query]
        owners.add(key)
        if len(owners) == 1:
            needs = query.root.needs()
            self._needs[query] = needs
            for key in rarest(needs):
                self._hanging[key].add(query)
            for key in frozenset().union(*needs):
                self._patterns.add(key)

    def remove(self, key: Key) -> None:
        """Remove a watch, if it is there."""
        _, query = self._queries.pop(key, (0, None))
        if query is None:
            return
        owners = self._owners[query]
        owners.remove(key)
        if owners:
            return
        del self._owners[query]
        for need in query.root.needs():
            hanging = self._hanging[need]
            hanging.remove(query)
            if not hanging:
                del self._hanging[need]
                self._patterns.remove(need)

    def match(self, subject: Subject) -> dict[Key, tuple[Hit, ...]]:
        """Return the watches that match `subject`, each with its hits, in the order of adding."""
        hanging = self._hanging
        met = {key for key in subject.keys() if key in hanging}  # noqa: SIM118 -- not a dict
        met.update(self._patterns.found(subject))
        candidates = {query for key in met for query in hanging[key]}
        found = {query: query.match(subject) for query in candidates}
        matched = {
            owner: hits
            for query, hits in found.items()
            if hits is not None
            for owner in self._owners[query]
        }
        return {key: matched[key] for key in sorted(matched, key=lambda key: self._queries[key][0])}


class _Patterns:
    """The regular expressions that watches hang on, in sets that read a text once for all."""

    def __init__(self) -> None:
        self._sets: list[_Set] = []
        self._home: dict[str, _Set] = {}

    def add(self, key: str) -> None:
        """Add a key, if it is a pattern's."""
        if not key.startswith("/") or key in self._home:
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

    def change(self, keys: set[str]) -> None:
        """Hold `keys` from now on."""
        self.keys = sorted(keys)
        self._compiled = None

    def found(self, text: str) -> list[str]:
        """Return the keys of the patterns that occur in `text`, and perhaps more.

        A set that runs out of memory says "none" without a word. So it holds one pattern that
        every text matches: where even that is not found, each query must look for itself.
        """
        if self._compiled is None:
            self._compiled = re2.Set.SearchSet(re2_options(_SET_MEMORY))
            self._compiled.Add("")
            for key in self.keys:
                self._compiled.Add(key[1:])
            self._compiled.Compile()
        numbers = self._compiled.Match(text)
        if not numbers:
            return self.keys
        return [self.keys[number - 1] for number in numbers if number > 0]
