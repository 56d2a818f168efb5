"""Leaves out of a document the items that stand in it as they stood before.

Runs in the child process, on a document that is known to be well-formed. expat says where the items
begin and end, so that marked sections, comments and prefixes deceive nobody; where an item cannot
be cut out for sure, the document is read whole. The bytes of an item name it: any change in it is
another name. What stands around the items is always read.
"""

from collections.abc import Set
from dataclasses import dataclass
from hashlib import blake2b
from xml.parsers import expat

from bot.adapters.feeds.documents import MAX_ENTRIES

NAME_DIGITS = 16
"""Hexadecimal digits of an item's name."""
_ITEMS = frozenset({"item", "entry"})
_PARENTS = frozenset({"rss", "channel", "rdf", "feed"})
_DEEPEST = 3  # rss, channel, item


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A document that is to be read, and what was left out."""

    text: str
    read: tuple[str, ...]  # names of the items in `text`, in order
    standing: tuple[str, ...]  # names of the items that are left out, in order


def trimmed(text: str, seen: Set[str]) -> Trimmed | None:
    """Return a document without the items that were seen; None if it must be read whole.

    Args:
        text: A well-formed document.
        seen: Names of items.
    """
    data = text.encode("utf-8", "surrogatepass")
    spans = _spans(data)
    if spans is None or not 0 < len(spans) <= MAX_ENTRIES:
        return None
    names = [_name(data[begin:end]) for begin, end in spans]
    kept = [name not in seen for name in names]
    parts, at = [], 0
    for (begin, end), keep in zip(spans, kept, strict=True):
        if not keep:
            parts.append(data[at:begin])
            at = end
    parts.append(data[at:])
    return Trimmed(
        text=b"".join(parts).decode("utf-8", "surrogatepass"),
        read=tuple(name for name, keep in zip(names, kept, strict=True) if keep),
        standing=tuple(name for name, keep in zip(names, kept, strict=True) if not keep),
    )


def _name(item: bytes) -> str:
    return blake2b(item, digest_size=NAME_DIGITS // 2).hexdigest()


class _Cutter:
    """What expat calls: notes where the outermost items of a feed begin and end."""

    def __init__(self, data: bytes) -> None:
        self.spans: list[tuple[int, int]] = []
        self.sure = True
        self._data = data
        self._path: list[str] = []
        self._begin = -1  # of the item that is open; -1: none is
        self._inside = 0  # elements open in it
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def run(self) -> None:
        self._parser.Parse(self._data, True)  # noqa: FBT003 - expat takes it by position

    def _start(self, tag: str, _: dict[str, str]) -> None:
        if self._begin >= 0:
            self._inside += 1
            return
        name = tag.rpartition(":")[2].lower()
        if name in _ITEMS and self._path:
            self.sure &= len(self._path) < _DEEPEST and _PARENTS.issuperset(self._path)
            self._begin = self._parser.CurrentByteIndex
            return
        self._path.append(name)

    def _end(self, tag: str) -> None:
        if self._inside:
            self._inside -= 1
        elif self._begin >= 0:
            at = self._parser.CurrentByteIndex
            self.sure &= self._data.startswith(f"</{tag}".encode(), at)  # `<item/>` has no end
            self.spans.append((self._begin, self._data.find(b">", at) + 1))
            self._begin = -1
        else:
            self._path.pop()


def _spans(data: bytes) -> list[tuple[int, int]] | None:
    """Return where the items begin and end, in bytes; None where that is not sure."""
    cutter = _Cutter(data)
    try:
        cutter.run()
    except expat.ExpatError:  # a prefix without a namespace is an error to one reading only
        return None
    return cutter.spans if cutter.sure else None
