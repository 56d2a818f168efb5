"""Which items of a feed's document need not be read again, and what is kept so that it stays so.

Pure. How items are named and cut out is `bot.adapters.feeds.trim`.
"""

from datetime import datetime, timedelta

from bot.adapters.feeds.parse import Document
from bot.domain.sift import mark
from bot.domain.standing import Mark, Standing, packed, unpacked

WHOLE_EVERY = timedelta(days=7)
"""So often a document is read whole all the same, which keeps what is known of its items alive."""


def left_out(standing: Standing, now: datetime) -> tuple[Mark, ...]:
    """Return the marks of the items that may be left out of the next document."""
    if standing.whole_at is None or now - standing.whole_at > WHOLE_EVERY:
        return ()
    return unpacked(standing.marks)


def standing_in(document: Document, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Return the marks of the items that were left out of a document, of those that might be."""
    by_item = {one.item: one for one in marks}
    return tuple(by_item[item] for item in document.standing if item in by_item)


def standing_after(document: Document, standing: tuple[Mark, ...], last: datetime) -> Standing:
    """Return what is to be kept of a document's items.

    Args:
        document: As it was read.
        standing: The marks of the items that were left out.
        last: When a document was last read whole: now, unless something was left out, UTC.
    """
    read = zip(document.entries, document.items, strict=True)
    new = [mark(entry, item) for entry, item in read if item]
    return Standing(marks=packed((*new, *standing)), whole_at=last)
