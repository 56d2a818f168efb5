"""What is kept of a document's items, so that those that stay as they are need not be read again.

Marks are made by `bot.domain.sift.mark` and used by `sift`; the items themselves are told apart by
whoever reads the document. They are stored with the feed's validators, and bounded as those are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

MAX_MARKS = 500  # of a document
DIGITS = 10  # hexadecimal, of each part: two of 500 are alike by accident once in ten million times
ITEM_DIGITS = 16
NOTHING = "-" * DIGITS  # there is no such part
_WIDTH = ITEM_DIGITS + 4 * DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An item of a document, by what tells it from others; each part has its fixed width."""

    item: str  # changes whenever anything in the item does
    guid: str
    link: str  # of the canonical address
    title: str
    text: str  # of title and text


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The items of the document that a feed was last read from."""

    marks: str = ""  # as `packed` gives them; "" if the next document is to be read whole
    whole_at: datetime | None = None  # UTC; when a document was last read whole


def packed(marks: Iterable[Mark]) -> str:
    """Return marks as one text; "" if there are more than `MAX_MARKS`."""
    parts = [f"{one.item}{one.guid}{one.link}{one.title}{one.text}" for one in marks]
    return "".join(parts) if len(parts) <= MAX_MARKS else ""


def unpacked(text: str) -> tuple[Mark, ...]:
    """Return the marks that `packed` gave; none for a text of another shape."""
    if len(text) % _WIDTH:
        return ()
    return tuple(_mark(text[at : at + _WIDTH]) for at in range(0, len(text), _WIDTH))


def _mark(text: str) -> Mark:
    guid, link, title, last = (text[at : at + DIGITS] for at in range(ITEM_DIGITS, _WIDTH, DIGITS))
    return Mark(item=text[:ITEM_DIGITS], guid=guid, link=link, title=title, text=last)
