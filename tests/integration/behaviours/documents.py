"""What is no feed, says that it is one, or does not: types, formats, pages in the way."""

import json

from tests.fakes.feed_server import serves
from tests.integration.behaviours.world import (
    BASE,
    ERROR,
    LOOSE,
    OK,
    Item,
    atom,
    item,
    one,
    rss,
)

NEW = item(1)
TWO = rss(NEW, BASE).encode()


def page(title: str, inside: str = "") -> str:
    """Return a web page."""
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{inside}</body></html>"


def json_feed(*items: Item, version: str = "1.1", **more: object) -> str:
    """Return a JSON Feed."""
    listed = [
        {"id": one.guid, "url": one.link, "title": one.title, "content_text": one.text}
        for one in items
    ]
    head = {"version": f"https://jsonfeed.org/version/{version}", "title": "Outlet"}
    return json.dumps({**head, **more, "items": listed})


def rdf(*items: Item) -> str:
    """Return an RSS 1.0 document."""
    inside = "".join(
        f"<item rdf:about='{one.link}'><title>{one.title}</title><link>{one.link}</link>"
        f"<description>{one.text}</description></item>"
        for one in items
    )
    return (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
        " xmlns='http://purl.org/rss/1.0/'><channel rdf:about='https://outlet.example/'>"
        f"<title>Outlet</title></channel>{inside}</rdf:RDF>"
    )


def sitemap(*items: Item) -> str:
    """Return a news sitemap."""
    inside = "".join(
        f"<url><loc>{one.link}</loc><news:news><news:title>{one.title}</news:title>"
        "<news:publication_date>2026-03-02T10:00:00Z</news:publication_date></news:news></url>"
        for one in items
    )
    return (
        "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
        f" xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>{inside}</urlset>"
    )


TYPES = tuple(
    one(f"a feed as {kind or 'nothing'}", serves(TWO, kind), OK, 1)
    for kind in (
        "application/rss+xml", "application/xml; charset=utf-8", "text/xml", "text/html",
        "text/plain; charset=iso-8859-1", "application/octet-stream", "application/json",
        "image/png", "application/rss+xml; charset=\"utf-8", "nonsense", "",
        "text/html; charset=klingon", "application/atom+xml, text/html",
    )
)  # fmt: skip

FORMATS = (
    one("Atom after RSS, the ids the same", atom(NEW, BASE), OK, 1),
    one("RSS 1.0 after RSS 2.0", rdf(NEW, BASE), OK, 1),
    one("JSON Feed after RSS", json_feed(NEW, BASE), OK, 1),
    one("JSON Feed 1.0", json_feed(NEW, BASE, version="1"), OK, 1),
    one("a JSON Feed as XML", serves(json_feed(NEW, BASE).encode()), OK, 1),
    one("a JSON Feed that breaks off", json_feed(NEW, BASE)[:-60], LOOSE, 1),
    one("a JSON Feed with comments", "// hello\n" + json_feed(NEW, BASE), ERROR, 0),
    one("a JSON Feed with a byte order mark", "\ufeff" + json_feed(NEW, BASE), OK, 1),
    one("a JSON Feed whose items are odd",
        json_feed(NEW, BASE).replace("[{", "[null, 5, \"x\", {}, [], {", 1), OK, 1),
    one("a JSON Feed that is deep", '{"version":"https://jsonfeed.org/version/1","items":'
        + "[" * 50_000, ERROR, 0),
    one("a news sitemap after RSS", sitemap(NEW, BASE), OK, 1),
    one("RSS 0.91", TWO.decode().replace('version="2.0"', 'version="0.91"'), OK, 1),
    one("RSS of no version", TWO.decode().replace(' version="2.0"', ""), OK, 1),
    one("RSS of version 7", TWO.decode().replace('version="2.0"', 'version="7"'), OK, 1),
    one("RSS whose items stand outside",
        TWO.decode().replace("<item>", "</channel><item>", 1).replace("</channel></rss>", "</rss>"),
        OK, 1),
    one("RSS without a channel",
        f"<rss version='2.0'>{NEW.rss()}{BASE.rss()}</rss>", OK, 1),
    one("a channel alone", f"<channel>{NEW.rss()}{BASE.rss()}</channel>", OK, 1),
    one("Atom 0.3",
        atom(NEW, BASE).replace("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"), OK, 1),
    one("Atom without its namespace",
        atom(NEW, BASE).replace(" xmlns='http://www.w3.org/2005/Atom'", ""), OK, 1),
    one("Atom in another's namespace",
        atom(NEW, BASE).replace("http://www.w3.org/2005/Atom", "https://www.w3.org/2005/Atom/"),
        OK, 1),
    one("a feed with no items", rss(), OK, 0),
    one("a feed with nothing in its items", rss().replace("</channel>", "<item/><item></item>"
        "</channel>"), OK, 0),
)  # fmt: skip

NO_FEEDS = (
    one("a web page", serves(page("Hello").encode(), "text/html"), ERROR, 0, "web page"),
    one("a web page as RSS", page("Hello"), ERROR, 0, "web page"),
    one("a web page that speaks of CECOT", page("CECOT", "<item><title>CECOT</title></item>"),
        ERROR, 0, "web page"),
    one("a web page without a document type", "<html><body>CECOT</body></html>", ERROR, 0, "page"),
    one("a fragment of a page", "<div><p>CECOT</p></div>", ERROR, 0, "page"),
    one("XHTML", "<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0//EN' 'x'>"
        "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head></html>",
        ERROR, 0, "web page"),
    one("a page that links a feed", page("x", "") .replace("</head>",
        "<link rel='alternate' type='application/rss+xml' href='/rss'></head>"), ERROR, 0,
        "links these feeds"),
    one("a page with a feed inside", page("x", "<pre>" + TWO.decode().replace("<", "&lt;")),
        ERROR, 0, "web page"),
    one("a viewer's page around a feed", page("x", "<div id='webkit-xml-viewer-source-xml'>"
        + TWO.decode().partition("?>")[2] + "</div>"), ERROR, 0, "web page"),
    one("a Cloudflare challenge",
        page("Just a moment...", "<script src='/cdn-cgi/challenge-platform/x'></script>"),
        ERROR, 0, "Cloudflare challenge"),
    one("a DataDome challenge", page("x", "<script src='https://ct.captcha-delivery.com/c.js'>"),
        ERROR, 0, "DataDome"),
    one("an Imperva challenge", page("x", "<iframe src='/_Incapsula_Resource?x'>"), ERROR, 0,
        "Imperva"),
    one("an Anubis challenge", page("Making sure you're not a bot!"), ERROR, 0, "Anubis"),
    one("a consent page", page("Before you continue to YouTube"), ERROR, 0, "consent page"),
    one("a login page", page("Sign in", "<form><input type='password'></form>"), ERROR, 0, "login"),
    one("a captcha page", page("x", "<div class='g-recaptcha'></div>"), ERROR, 0, "captcha"),
    one("a maintenance page", page("Maintenance"), ERROR, 0, "maintenance"),
    one("a “not found” page as 200", page("404 Not Found"), ERROR, 0, "not found"),
    one("a parked domain", page("x", "This domain is for sale. Buy this domain."), ERROR, 0,
        "parked"),
    one("a text", "CECOT is in the news", ERROR, 0, "a text"),
    one("one letter", "x", ERROR, 0),
    one("nothing", "", ERROR, 0, "empty"),
    one("white space", " \n\t ", ERROR, 0, "empty"),
    one("null bytes", b"\0" * 1_000, ERROR, 0, "empty"),
    one("JSON of another kind", '{"error": "CECOT"}', ERROR, 0, "JSON"),
    one("a list in JSON", '[{"title": "CECOT"}]', ERROR, 0, "JSON"),
    one("JSON that is none", '{"version": ', ERROR, 0, "JSON"),
    one("a number", "12345", ERROR, 0),
    one("XML of another kind", "<catalog><book>CECOT</book></catalog>", ERROR, 0, "XML"),
    one("an SVG", "<svg xmlns='http://www.w3.org/2000/svg'><title>CECOT</title></svg>", ERROR, 0),
    one("an S3 error", "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", ERROR, 0),
    one("a SOAP fault", "<soap:Envelope xmlns:soap='x'><soap:Body/></soap:Envelope>", ERROR, 0),
    one("an OPML list", "<opml version='2.0'><body><outline text='CECOT' xmlUrl='http://a.example/'"
        "/></body></opml>", ERROR, 0, "OPML"),
    one("a plain sitemap", "<urlset><url><loc>https://a.example/</loc></url></urlset>", ERROR, 0,
        "sitemap"),
    one("an index of sitemaps", "<sitemapindex><sitemap><loc>https://a.example/</loc></sitemap>"
        "</sitemapindex>", ERROR, 0, "sitemap"),
    one("a PNG", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, ERROR, 0, "not a feed"),
    one("a PDF", b"%PDF-1.7\n" + bytes(range(256)) * 9, ERROR, 0, "not a feed"),
    one("a ZIP", b"PK\x03\x04" + bytes(range(256)) * 9, ERROR, 0, "not a feed"),
    one("an e-mail", "From: a@b.example\r\nSubject: CECOT\r\n\r\nHello", ERROR, 0, "not a feed"),
    one("a calendar", "BEGIN:VCALENDAR\r\nSUMMARY:CECOT\r\nEND:VCALENDAR", ERROR, 0, "not a feed"),
    one("a script of PHP", "<?php echo 'CECOT'; ?>", ERROR, 0),
    one("Markdown that speaks of a feed", "Use `<rss version=2>` or <feed> for it", ERROR, 0),
    one("a document that breaks off in its first item", TWO[:180], ERROR, 0, "damaged"),
)  # fmt: skip

BEHAVIOURS = (*TYPES, *FORMATS, *NO_FEEDS)
