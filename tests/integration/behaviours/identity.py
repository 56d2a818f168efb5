"""Which items are one article and which are two; dates and letters of every kind."""

from tests.integration.behaviours.world import (
    BASE,
    LOOSE,
    OK,
    SAME,
    atom,
    behaviour,
    item,
    one,
    rss,
    step,
)

ONE, TWO, THREE = item(1), item(2), item(3)


def link(path: str) -> str:
    """Return an address of the outlet."""
    return f"https://outlet.example/{path}"


WITHOUT = (
    one("no guid", rss(item(1, guid=""), BASE), OK, 1),
    one("no link", rss(item(1, link=""), BASE), OK, 1),
    one("no guid and no link", rss(item(1, guid="", link=""), BASE), OK, 1),
    one("no title", rss(item(1, title="", text="CECOT: supporters escaped."), BASE), OK, 1),
    one("no text", rss(item(1, text=""), BASE), OK, 1),
    one("a title alone", rss(item(1, text="", guid="", link="", date=""), BASE), OK, 1),
    one("a link alone", rss(item(1, text="", guid="", title="", date=""), BASE), OK, 0),
    one("an empty guid", rss(item(1, more="<guid/>", guid=""), BASE), OK, 1),
    one("the guid as link",
        rss(item(1, guid="", link="", more=f"<guid>{link('news/1')}</guid>"), BASE), OK, 1),
    one("two guids", rss(item(1, more="<guid>second</guid>"), BASE), OK, 1),
    one("no dates", rss(item(1, date=""), item(0, date="")), OK, 1),
)  # fmt: skip

SAME_TWICE = (
    one("an item twice in a document", rss(ONE, ONE, BASE), OK, 1),
    one("an item ten times", rss(*[ONE] * 10, BASE), OK, 1),
    one("the old item twice", rss(BASE, BASE), OK, 0),
    one("a guid that all items share", rss(item(1, guid="x"), item(2, guid="x"), BASE), OK, 2),
    behaviour("a guid that all items share, over polls",
              step(rss(item(1, guid="x"), item(0, guid="x")), OK, 1),
              step(rss(item(2, guid="x"), item(1, guid="x"), item(0, guid="x")), OK, 2),
              step(rss(item(3, guid="x"), item(2, guid="x"), item(1, guid="x")), OK, 3),
              before=rss(item(0, guid="x"))),
    behaviour("a link that all items share",
              step(rss(item(1, guid="", link=link("live")), item(2, guid="", link=link("live")),
                       item(0, link=link("live"))), OK, 2),
              step(rss(item(3, guid="", link=link("live")), item(1, guid="", link=link("live")),
                       item(2, guid="", link=link("live"))), OK, 3)),
    behaviour("the front page as every link",
              step(rss(item(1, guid="", link=link("")), item(0, guid="", link=link(""))), OK, 1),
              step(rss(item(2, guid="", link=link("")), item(1, guid="", link=link(""))), OK, 2),
              before=rss(item(0, guid="", link=link("")))),
    one("one text at two addresses",
        rss(ONE, item(1, guid="b", link=link("other/1")), BASE), OK, 2),
    one("one address with two texts",
        rss(ONE, item(2, link=ONE.link), BASE), OK, 2),
)  # fmt: skip

ADDRESSES = (
    *(
        behaviour(
            f"an address that gets {name}",
            step(rss(item(1, guid="", link=link("news/1"))), OK, 1),
            step(rss(item(1, guid="", link=changed)), OK, 1),
        )
        for name, changed in (
            ("tracking", link("news/1?utm_source=rss&amp;utm_medium=feed")),
            ("a fragment", link("news/1#comments")),
            ("a slash", link("news/1/")),
            ("www", "https://www.outlet.example/news/1"),
            ("http", "http://outlet.example/news/1"),
            ("a port", "https://outlet.example:443/news/1"),
            ("AMP", link("news/1/amp")),
            ("a mobile host", "https://m.outlet.example/news/1"),
            ("capitals in its host", "https://OUTLET.example/news/1"),
            ("white space", f"\n   {link('news/1')}\n  "),
            ("a carrier", "https://www.google.com/url?url=https://outlet.example/news/1"),
            ("escapes", link("ne%77s/1")),
        )
    ),
    behaviour("addresses that a parameter tells apart",
              step(rss(item(1, guid="", link=link("?id=1")), item(2, guid="", link=link("?id=2"))),
                   OK, 2),
              step(rss(item(3, guid="", link=link("?id=3"))), OK, 3)),
    behaviour("a redirector's address that the item names the origin of",
              step(rss(item(1, more="<feedburner:origLink xmlns:feedburner="
                            f"'http://rssnamespace.org/feedburner/ext/1.0'>{link('news/1')}"
                            "</feedburner:origLink>", link="https://feeds.example/~r/1", guid="")),
                   OK, 1),
              step(rss(item(1, guid="")), OK, 1)),
)  # fmt: skip

DATES = (
    *(
        one(f"a date that is {name}", rss(item(1, date=date), BASE), OK, 1)
        for name, date in (
            ("RFC 822", "Mon, 02 Mar 2026 09:00:00 GMT"),
            ("ISO", "2026-03-02T09:00:00Z"),
            ("Spanish", "lun, 02 mar 2026 09:00:00 -0600"),
            ("French", "lundi 2 mars 2026 à 09:00"),
            ("German", "Mo, 2. März 2026 09:00"),
            ("Portuguese", "2 de março de 2026"),
            ("in words", "yesterday"),
            ("in the far future", "Mon, 02 Mar 2099 09:00:00 GMT"),
            ("in the year 9999", "9999-12-31T23:59:59Z"),
            ("in 1970", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("in the year 1", "0001-01-01T00:00:00Z"),
            ("before all", "-0044-03-15"),
            ("the 31st of February", "31 Feb 2026 09:00"),
            ("at 25:61", "Mon, 02 Mar 2026 25:61:00 GMT"),
            ("a leap second", "Mon, 02 Mar 2026 23:59:60 GMT"),
            ("a number", "1772442000"),
            ("a large number", "9" * 18),
            ("in no zone", "Mon, 02 Mar 2026 09:00:00"),
            ("in an unknown zone", "Mon, 02 Mar 2026 09:00:00 XYZ"),
            ("in an impossible zone", "Mon, 02 Mar 2026 09:00:00 +9900"),
            ("in Arabic figures", "٢ مارس ٢٠٢٦"),
            ("a template", "{{ post.date }}"),
        )
    ),
    behaviour("a date that changes", step(rss(ONE, BASE), OK, 1),
              step(rss(item(1, date="Mon, 02 Mar 2026 11:59:00 GMT"), BASE), OK, 1),
              step(rss(item(1, date=""), BASE), OK, 1)),
    behaviour("a date that is always now",
              *(step(rss(item(1, date=f"Mon, 02 Mar 2026 12:{n:02}:00 GMT"),
                         item(0, date=f"Mon, 02 Mar 2026 12:{n:02}:00 GMT")), OK, 1)
                for n in range(4))),
    behaviour("an old date on a new item", step(rss(BASE, item(1, date="1 Jan 2001")), OK, 1),
              step(rss(BASE, item(1, date="1 Jan 2001")), SAME, 1)),
)  # fmt: skip

UNICODE = (
    *(
        one(name, rss(item(1, title=f"{text} CECOT"), BASE), OK, 1, shows=text)
        for name, text in (
            ("Spanish", "Deportación de salvadoreños: «¿qué pasó?»"),
            ("Arabic", "أخبار السلفادور"),
            ("Hebrew", "חדשות"),
            ("Chinese", "萨尔瓦多监狱"),
            ("Japanese", "エルサルバドルの刑務所"),
            ("Korean", "엘살바도르 교도소"),
            ("Hindi", "अल साल्वाडोर जेल"),
            ("Thai", "เอลซัลวาดอร์"),
            ("letters beyond the first plane", "𝕮𝖊𝖈𝖔𝖙 𐍈"),
            ("a flag", "🇸🇻 El Salvador"),
        )
    ),
    one("CECOT in full width", rss(item(1, title="ＣＥＣＯＴ news"), BASE), OK, 1),
    one("CECOT with accents", rss(item(1, title="CÉCOT news"), BASE), OK, 1),
    one("CECOT in another alphabet", rss(item(1, title="СЕСОТ news"), BASE), OK, 0),
    one("CECOT in another word", rss(item(1, title="Cecotec news"), BASE), OK, 0),
    one("CECOT in pieces of markup", rss(item(1, title="CE&lt;b&gt;CO&lt;/b&gt;T news"), BASE), OK,
        1),
    one("CECOT in an entity", rss(item(1, title="&#67;&#69;CO&#x54; news"), BASE), OK, 1),
    one("CECOT escaped twice", rss(item(1, title="&amp;#67;ECOT news"), BASE), OK, 1),
    one("entities of HTML", rss(item(1, title="CECOT &mdash; qu&eacute;&nbsp;pas&oacute;"), BASE),
        OK, 1, shows="CECOT — qué pasó"),
    one("an entity that nobody knows", rss(item(1, title="CECOT &wrong; news"), BASE), LOOSE, 1,
        shows="CECOT &wrong; news"),
    one("a bare ampersand", rss(item(1, title="CECOT & more"), BASE), LOOSE, 1,
        shows="CECOT & more"),
    one("a bare angle", rss(item(1, title="CECOT 1 < 2"), BASE), LOOSE, 1, shows="CECOT 1 < 2"),
    behaviour("a title in another normal form",
              step(rss(item(1, title="Adiós CECOT"), BASE), OK, 1),
              step(rss(item(1, title="Adio\u0301s CECOT"), BASE), OK, 1)),
    behaviour("a guid in another normal form", step(rss(item(1, guid="Adiós")), OK, 1),
              step(rss(item(1, guid="Adio\u0301s")), OK, 1)),
    one("Atom with text, HTML and XHTML", atom(item(1, title="<div xmlns='http://www.w3.org/1999/"
        "xhtml'>CECOT &amp; <b>more</b></div>"), BASE).replace("<title><div",
        "<title type='xhtml'><div"), OK, 1, shows="CECOT & more"),
)  # fmt: skip

BEHAVIOURS = (*WITHOUT, *SAME_TWICE, *ADDRESSES, *DATES, *UNICODE)
