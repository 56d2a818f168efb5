"""Lists of feeds, well-formed or not."""

import pytest

from bot.adapters.feeds.opml import OpmlFeed, read_opml, unusable, write_opml


def urls(inside: str) -> list[str]:
    return [feed.url for feed in read_opml(f"<opml><body>{inside}</body></opml>".encode())]


def test_feeds_are_read_with_titles_and_folders() -> None:
    """Folders nest; a feed may have its own end tag."""
    body = b"""<?xml version="1.0"?><opml version="2.0"><body><outline text="News">
    <outline text="El Salvador"><outline title="Uno" type="rss" xmlUrl="https://a.example/1"/>
    <outline text="Dos" xmlUrl="https://a.example/2"></outline></outline>
    <outline text="Tres &amp; m&#225;s" xmlUrl="https://a.example/3"/></outline>
    </outline><outline text="Alone" xmlUrl="https://a.example/4"/></body></opml>"""
    assert read_opml(body) == (
        OpmlFeed(url="https://a.example/1", title="Uno", folder="News / El Salvador"),
        OpmlFeed(url="https://a.example/2", title="Dos", folder="News / El Salvador"),
        OpmlFeed(url="https://a.example/3", title="Tres & más", folder="News"),
        OpmlFeed(url="https://a.example/4", title="Alone"),
    )


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ('<outline xmlUrl="https://a.example/?a=1&b=2" />', ["https://a.example/?a=1&b=2"]),
        ('<outline text="a "b" c" xmlUrl="https://a.example/"/>', ["https://a.example/"]),
        ('<outline text="<p>1 > 0</p>" xmlUrl="https://a.example/"/>', ["https://a.example/"]),
        ("<outline text='it''s' xmlurl='https://a.example/'/>", ["https://a.example/"]),
        ("<OUTLINE XMLURL=https://a.example/x >", ["https://a.example/x"]),
        ('<outline xmlUrl="https://a.example/"/><outline xmlUr', ["https://a.example/"]),
        ('<outline url="https://a.example/" type="rss"/>', ["https://a.example/"]),
        ('<outline url="https://a.example/" type="link"/>', []),
        ('<outline xmlUrl="javascript:x()"/>', []),
        ('<outline xmlUrl="a.example/x"/><outline xmlUrl="https://a.example/x"/>', ["https://a.example/x"]),
        ('<!-- <outline xmlUrl="https://a.example/"/> -->', []),
        ("</outline></outline>", []),
        ("", []),
    ],
)  # fmt: skip
def test_malformed_lists_lose_nothing(inside: str, found: list[str]) -> None:
    """Two of three lists in the wild are not well-formed."""
    assert urls(inside) == found


def test_what_is_written_can_be_read() -> None:
    """Export and import are one another's inverse, whatever the titles hold."""
    feeds = (
        OpmlFeed(url="https://a.example/?a=1&b=2", title='A "quoted" <title>', folder="X & Y"),
        OpmlFeed(url="https://b.example/", title="", folder="X & Y"),
        OpmlFeed(url="https://c.example/", title="it's", folder=""),
    )
    assert read_opml(write_opml(feeds, "My <feeds>").encode()) == feeds


def test_what_is_no_address_is_named_as_it_stands_there() -> None:
    """Who imports a list wants to know what was left out; a page's link is no feed's address."""
    body = b"""<opml><body>
    <outline text="a" xmlUrl="https://a.example/1"/>
    <outline text="b" xmlUrl="ftp://b.example/1"/>
    <outline text="b" xmlUrl="ftp://b.example/1"/>
    <outline text="c" feedurl="no address"/>
    <outline text="d" type="link" url="gopher://d.example"/>
    </body></opml>"""
    assert unusable(body) == ("ftp://b.example/1", "no address")
