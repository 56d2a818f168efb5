"""What feeds do over time: items come, change and go, in every order; each is told of once."""

from dataclasses import replace

from tests.fakes.feed_server import serves
from tests.integration.behaviours.world import (
    BASE,
    ERROR,
    LOOSE,
    OK,
    SAME,
    Item,
    atom,
    behaviour,
    item,
    rss,
    step,
)

ALL = [item(n) for n in range(9)]
FOUR = rss(*ALL[1:5], BASE)
DOWN = serves(b"", "text/plain", 502)


def reid(one: Item, mark: str = "new") -> Item:
    """Return an item with another guid."""
    return replace(one, guid=f"{mark}-{one.guid}")


def moved(one: Item) -> Item:
    """Return an item at another address."""
    return replace(one, link=one.link.replace("/news/", "/archive/2026/"))


def dated(one: Item, minute: int) -> Item:
    """Return an item with the time of now."""
    return replace(one, date=f"Mon, 02 Mar 2026 12:{minute:02}:00 GMT")


def edited(one: Item, title: str = "", text: str = "") -> Item:
    """Return an item with another title or text."""
    return replace(one, title=title or one.title, text=text or one.text)


RETITLED = edited(ALL[1], title="Stadium roof falls: twelve hurt (CECOT)")
REWRITTEN = edited(ALL[1], text="Firemen say that the beams had rusted for years.")

EDITS = (
    behaviour("a title is edited", step(rss(ALL[1], BASE), OK, 1), step(rss(RETITLED, BASE), OK, 1),
              edits=1, shows="twelve hurt"),
    behaviour("a lead is edited", step(rss(ALL[1], BASE), OK, 1), step(rss(REWRITTEN, BASE), OK, 1),
              edits=1),
    behaviour("a title is edited and edited back", step(rss(ALL[1], BASE), OK, 1),
              step(rss(RETITLED, BASE), OK, 1), step(rss(ALL[1], BASE), OK, 1), edits=2),
    behaviour("an edit that only changes case and marks", step(rss(ALL[1], BASE), OK, 1),
              step(rss(edited(ALL[1], title=ALL[1].title.upper() + "!"), BASE), OK, 1)),
    behaviour("an edit of an item that was there before us",
              step(rss(edited(BASE, title="Coffee rots on its trees (CECOT)")), OK, 0)),
    behaviour("an edit that brings the watched word",
              step(rss(edited(ALL[1], title="Stadium roof collapses"), BASE), OK, 0),
              step(rss(ALL[1], BASE), OK, 1)),
    behaviour("an edit that takes the watched word away", step(rss(ALL[1], BASE), OK, 1),
              step(rss(edited(ALL[1], title="Stadium roof collapses at a derby"), BASE), OK, 1),
              edits=1),
    behaviour("an edit together with a new date", step(rss(ALL[1], BASE), OK, 1),
              step(rss(dated(RETITLED, 5), BASE), OK, 1), edits=1),
    behaviour("an edit together with new items", step(rss(ALL[1], BASE), OK, 1),
              step(rss(ALL[3], RETITLED, ALL[2], BASE), OK, 3), edits=1),
    behaviour("an edit of one copy of two", step(rss(ALL[1], ALL[1], BASE), OK, 1),
              step(rss(RETITLED, ALL[1], BASE), OK, 1)),
    behaviour("two items that exchange their titles", step(rss(ALL[1], ALL[2], BASE), OK, 2),
              step(rss(edited(ALL[1], title=ALL[2].title), edited(ALL[2], title=ALL[1].title)),
                   OK, 2), edits=2),
)  # fmt: skip

IDS = (
    behaviour("one item gets a new guid", step(FOUR, OK, 4),
              step(rss(reid(ALL[1]), *ALL[2:5], BASE), OK, 4)),
    behaviour("all items get new guids", step(FOUR, OK, 4),
              step(rss(*map(reid, ALL[1:5]), reid(BASE)), OK, 4)),
    behaviour("all items get new guids at each poll", step(FOUR, OK, 4),
              *(step(rss(*(reid(one, str(n)) for one in ALL[1:5])), OK, 4) for n in range(3))),
    behaviour("all items get new guids, and one is new", step(FOUR, OK, 4),
              step(rss(ALL[6], *map(reid, ALL[1:5]), reid(BASE)), OK, 5)),
    behaviour("all items get new guids and dates", step(FOUR, OK, 4),
              step(rss(*(dated(reid(one), 5) for one in ALL[1:5])), OK, 4)),
    behaviour("all items move", step(FOUR, OK, 4), step(rss(*map(moved, ALL[1:5])), OK, 4)),
    behaviour("all items get new guids and move", step(FOUR, OK, 4),
              step(rss(*(moved(reid(one)) for one in ALL[1:5]), moved(reid(BASE))), OK, 4)),
    behaviour("all items lose their guids", step(FOUR, OK, 4),
              step(rss(*(replace(one, guid="") for one in ALL[1:5])), OK, 4)),
    behaviour("all items lose their links", step(FOUR, OK, 4),
              step(rss(*(replace(one, link="") for one in ALL[1:5])), OK, 4)),
    behaviour("all items get https", step(rss(*(replace(one, guid="", link=one.link.replace(
        "https", "http")) for one in ALL[:5])), OK, 4),
        step(rss(*(replace(one, guid="") for one in ALL[:5])), OK, 4)),
    behaviour("two versions of a document in turn",
              *[step(FOUR, OK, 4), step(rss(*map(reid, ALL[1:5])), OK, 4)] * 3),
    behaviour("a guid that is used again for another story", step(rss(ALL[1], BASE), OK, 1),
              step(rss(item(2, guid=ALL[1].guid), BASE), OK, 2)),
    behaviour("guids that are places", step(rss(item(1, guid="1"), item(0, guid="2")), OK, 1),
              step(rss(item(2, guid="1"), item(1, guid="2"), item(0, guid="3")), OK, 2)),
    behaviour("RSS becomes Atom and comes back", step(FOUR, OK, 4),
              step(atom(*ALL[1:5], BASE), OK, 4), step(FOUR, OK, 4)),
)  # fmt: skip

ORDERS = (
    behaviour("the order turns round", step(FOUR, OK, 4), step(rss(BASE, *ALL[4:0:-1]), OK, 4)),
    behaviour("new items at the end", step(rss(BASE, ALL[1]), OK, 1),
              step(rss(BASE, ALL[1], ALL[2]), OK, 2)),
    behaviour("new items in the middle", step(rss(ALL[1], BASE), OK, 1),
              step(rss(ALL[1], ALL[2], BASE), OK, 2)),
    behaviour("all items are dated now", step(FOUR, OK, 4),
              *(step(rss(*(dated(one, n) for one in ALL[1:5])), OK, 4) for n in range(3))),
    behaviour("a window that slides", *(step(rss(*ALL[n : n - 3 if n > 2 else None : -1]), OK, n)
                                        for n in range(1, 9))),
    behaviour("an item goes and comes back", step(FOUR, OK, 4),
              step(rss(*ALL[2:5], BASE), OK, 4), step(FOUR, OK, 4)),
    behaviour("all items go and come back", step(FOUR, OK, 4), step(rss(), OK, 4),
              step(FOUR, OK, 4)),
    behaviour("all items go and others come", step(FOUR, OK, 4), step(rss(*ALL[5:7]), OK, 6)),
    behaviour("an item goes and comes back edited", step(rss(ALL[1], BASE), OK, 1),
              step(rss(BASE), OK, 1), step(rss(RETITLED, BASE), OK, 1), edits=1),
    behaviour("an item goes and comes back with another guid and date",
              step(rss(ALL[1], BASE), OK, 1), step(rss(BASE), OK, 1),
              step(rss(dated(reid(ALL[1]), 9), BASE), OK, 1)),
    behaviour("a document that shrinks to its newest item", step(FOUR, OK, 4),
              step(rss(ALL[1]), OK, 4), step(FOUR, OK, 4)),
    behaviour("an archive of six hundred items appears",
              step(rss(ALL[1], BASE, *(
                  item(2, title=f"Old {n}", text=f"Old words {n}.", guid=f"old-{n}",
                       link=f"https://outlet.example/old/{n}", date=f"{1 + n % 28} Jan 2001")
                  for n in range(600))), OK, 1)),
    behaviour("only what is around the items changes", step(FOUR, OK, 4),
              *(step(rss(*ALL[1:5], BASE, channel=f"<lastBuildDate>{n}</lastBuildDate>"), OK, 4)
                for n in range(3))),
    behaviour("only white space changes", step(FOUR, OK, 4),
              step(FOUR.replace("<item>", "\n  <item>\n"), OK, 4)),
    behaviour("a counter in each item", step(FOUR, OK, 4),
              *(step(rss(*(replace(one, more=f"<slash:comments xmlns:slash='x'>{n}</slash:comments>"
                                   ) for one in ALL[1:5])), OK, 4) for n in range(3))),
    behaviour("a signature in each picture's address", step(FOUR, OK, 4),
              *(step(rss(*(replace(one, more=f"<enclosure url='https://cdn.example/{n}'/>")
                           for one in ALL[1:5])), OK, 4) for n in range(3))),
)  # fmt: skip

TROUBLE = (
    behaviour("a day of trouble", step(rss(ALL[1], BASE), OK, 1), *[step(DOWN, ERROR, 1)] * 5,
              step(FOUR, OK, 4)),
    behaviour("a page in between", step(rss(ALL[1], BASE), OK, 1),
              step("<html><title>CECOT</title><p>We are back soon.", ERROR, 1),
              step(rss(ALL[1], BASE), SAME, 1), step(FOUR, OK, 4)),
    behaviour("a cut in between", step(rss(ALL[1], BASE), OK, 1),
              step(FOUR[: FOUR.index("Museum")], LOOSE, 3), step(FOUR, OK, 4)),
    behaviour("damage in between", step(rss(ALL[1], BASE), OK, 1),
              step(FOUR.replace("derby", "derby & co"), LOOSE, 4), step(FOUR, OK, 4), edits=2),
    behaviour("damage that stays", *[step(rss(ALL[1], BASE) + "<x>", LOOSE, 1)] * 3,
              step(FOUR + "<x>", LOOSE, 4)),
    behaviour("another feed in between", step(FOUR, OK, 4),
              step(rss(*(item(n, guid=f"z{n}", link=f"https://z.example/{n}", title=f"Z {n}",
                              text=f"Z words {n}.") for n in range(4))), OK, 4),
              step(FOUR, OK, 4)),
    behaviour("an empty feed first", step(FOUR, OK, 5), before=rss()),
    behaviour("the same story told by two items",
              step(rss(ALL[1], item(1, guid="second", link="https://outlet.example/second",
                                    title="Derby: stadium roof collapses (CECOT)"), BASE), OK, 2)),
)  # fmt: skip

BEHAVIOURS = (*EDITS, *IDS, *ORDERS, *TROUBLE)
