"""Our own reader of feed documents: it says what feedparser says, or stands aside."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from feedparser.api import StrictFeedParser

from bot.adapters.feeds.charset import to_text
from bot.adapters.feeds.elements import HANDLED, SPACES
from bot.adapters.feeds.wellformed import prepared
from bot.adapters.feeds.xmlfeed import by_feedparser, by_ourselves
from tests.integration.feed_documents import Maker
from tests.integration.odd_documents import Odd
from tests.integration.test_trim import ARCHIVES, BASE, documents


def assert_same(text: str) -> bool | None:
    """Assert that both readers say the same of a document.

    Returns:
        Whether ours read it; None if it is not a sound feed at all.
    """
    xml = prepared(text)
    if not xml.sound or xml.root not in ("rss", "feed", "rdf"):
        return None
    ours = by_ourselves(xml, xml.text, BASE)
    if ours is None:
        return False
    theirs = by_feedparser(xml, xml.text, BASE)
    assert theirs is not None
    assert ours == replace(theirs, form=ours.form), text
    assert ours.form.partition(",")[0] == theirs.form.partition(",")[0]
    return True


def share_read(texts: Iterable[str]) -> float:
    """Assert it of each; return which share of the sound ones ours has read."""
    read = [done for text in texts if (done := assert_same(text)) is not None]
    return sum(read) / max(1, len(read))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2_000, 500))
def test_of_odd_documents_both_say_the_same(start: int) -> None:
    """Elements in any mixture, order and nesting; ours reads a good part of them."""
    assert share_read(Odd(start + n).document() for n in range(500)) > 0.2


@pytest.mark.soak
@pytest.mark.parametrize("start", range(0, 40_000, 4_000))
def test_of_forty_thousand_odd_documents_both_say_the_same(start: int) -> None:
    """Of which ours reads more than ten thousand."""
    assert share_read(Odd(start + n).document() for n in range(4_000)) > 0.26


@pytest.mark.slow
def test_of_made_documents_both_say_the_same() -> None:
    """Those that the trim is tried on."""
    assert share_read(Maker(n).document().decode() for n in range(200)) > 0


@pytest.mark.slow
@pytest.mark.skipif(not ARCHIVES, reason="recorded feeds are not on this machine")
@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.partition(".")[0])
def test_of_recorded_documents_both_say_the_same(archive: Path) -> None:
    """Some of each archive; of outlets' own feeds ours reads nearly all."""
    series = "series" in archive.parent.name
    share = share_read(map(to_text, documents(archive, 100 if series else 20)))
    assert share > 0.9 or not series or archive.name.startswith(("nzherald", "wsj."))


@pytest.mark.soak
@pytest.mark.skipif(not ARCHIVES, reason="recorded feeds are not on this machine")
@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.partition(".")[0])
def test_of_every_recorded_document_both_say_the_same(archive: Path) -> None:
    """Dialects, and parsers' own test documents."""
    share_read(map(to_text, documents(archive, 1)))


def rss(inside: str, root: str = "") -> str:
    """Return an RSS document with one item."""
    return (
        f"<rss version='2.0'{root}><channel><title>T</title><item><title>A</title>{inside}"
        "</item></channel></rss>"
    )


@pytest.mark.parametrize(
    "document",
    [
        rss("<description>a<b>c</b></description>"),
        rss("<title>B</title>"),
        rss("<author>a@b.example (Ann)</author><author>Bea</author>"),
        rss("<guid base='/x/'>1</guid>"),
        rss("<media:x/>", " xmlns:media='http://purl.org/dc/elements/1.1/'"),
        rss("<dc:title>x</dc:title>", " xmlns:dc='http://purl.org/dc/elements/1.1/'"),
        rss("<content type='xhtml'>x</content>"),
        rss("<source><title>x</title></source>"),
        "<rss><wrap/></rss>",
        "<feed><entry><title>A</title></entry></feed>",
    ],
)
def test_what_is_not_common_is_left_to_feedparser(document: str) -> None:
    """Markup in place, what is said twice, odd bases, names that could mislead."""
    assert assert_same(document) is False


def test_a_common_document_is_read_whole() -> None:
    """And its form says by whom."""
    text = rss("<link>https://a.example/1</link><guid>1</guid><category>x</category>")
    xml = prepared(text)
    feed = by_ourselves(xml, xml.text, BASE)
    assert feed is not None
    assert feed.form == "RSS 2.0, by our own reader"
    assert [(one.title, one.id, one.tags) for one in feed.entries] == [("A", "1", ["x"])]


def test_no_character_that_xml_forbids_passes_for_a_whole_document() -> None:
    """expat names them, wherever they stand; so nothing else needs to look for them."""
    forbidden = [*range(9), 11, 12, *range(14, 32), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF]
    for code in forbidden:
        for place in ("<x>%s</x>", "<x><![CDATA[%s]]></x>", "<x><!-- %s --></x>"):
            xml = prepared(rss(place % chr(code)))
            assert (xml.sound, xml.whole, chr(code) in xml.text) == (True, False, False), code


def test_the_names_that_feedparser_has_something_for_are_all_known() -> None:
    """Another version of it may have others: then they are to be written down."""
    methods = (name.split("_", 2) for name in dir(StrictFeedParser))
    handled = {parts[2].lower() for parts in methods if parts[:2] in (["", "start"], ["", "end"])}
    assert handled == HANDLED
    assert {uri.lower(): name for uri, name in StrictFeedParser.namespaces.items()} == SPACES
