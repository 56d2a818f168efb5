"""What documents say: formats, encodings, dates, damage, attacks; and who reads them."""

import asyncio
import codecs
import os
import sys
import tarfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.feeds.discover import find_feeds
from bot.adapters.feeds.parse import ParseError, Parsers, _document
from bot.adapters.feeds.worker import answer, read_document
from tests.data_dir import data_dir
from tests.fakes.feed_server import rss

pytestmark = pytest.mark.asyncio(loop_scope="module")
BASE = "https://news.example/feeds/all.xml"
MIB = 1 << 20


def read(body: bytes | str, charset: str = "") -> dict[str, Any]:
    """What the child would say, without the child."""
    return read_document(body.encode() if isinstance(body, str) else body, BASE, charset)


def entry(item: str, **channel: str) -> dict[str, Any]:
    """The one entry of an RSS document."""
    head = "".join(f"<{name}>{text}</{name}>" for name, text in channel.items())
    said = read(f"<rss version='2.0'><channel>{head}<item>{item}</item></channel></rss>")
    one: dict[str, Any] = said["entries"][0]
    return one


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es-SV"
 xml:base="https://news.example/base/"><title type="html">Un &lt;b&gt;diario&lt;/b&gt;</title>
<link rel="self" href="/atom"/><link href="https://news.example/"/>
<entry><id>tag:news.example,2026:1</id><title type="xhtml"><div
 xmlns="http://www.w3.org/1999/xhtml">Uno &amp; <em>dos</em></div></title>
<link rel="enclosure" href="a.mp3"/><link rel="alternate" href="uno"/>
<author><name>Ana</name></author><author><name>Luis</name></author>
<published>2026-03-01T10:00:00-06:00</published><updated>2026-03-02T10:00:00Z</updated>
<category term="pol" label="Política"/><summary type="text">a &lt;b&gt; c</summary>
<content type="html">&lt;p&gt;Primero.&lt;/p&gt;&lt;p&gt;Segundo.&lt;/p&gt;</content>
</entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example/"><title>R</title></channel>
<item rdf:about="https://news.example/1"><title>One</title><link>https://news.example/1</link>
<dc:creator>Ana</dc:creator><dc:date>2026-03-01</dc:date><dc:subject>x</dc:subject></item>
</rdf:RDF>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "en-GB",
"home_page_url": "https://news.example/", "authors": [{"name": "Desk"}], "items": [
{"id": 7, "url": "/one", "title": "One <two>", "content_html": "<p>Body</p>", "summary": "S",
 "date_published": "2026-03-01T10:00:00Z", "tags": ["a", 3, null], "authors": [{"name": "Ana"}]},
{"id": "8", "external_url": "https://other.example/", "content_text": "a < b"}, null, "x"]}"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://news.example/1</loc>
<news:news><news:publication><news:name>The News</news:name><news:language>en</news:language>
</news:publication><news:publication_date>2026-03-01T10:00:00Z</news:publication_date>
<news:title>One &amp; two</news:title><news:keywords>a, b</news:keywords></news:news>
</url></urlset>"""


async def test_atom_is_read() -> None:
    """Text, HTML and XHTML each as it says; links against xml:base; the language; both dates."""
    said = read(ATOM)
    one = said["entries"][0]
    assert (said["title"], said["site"], said["lang"]) == (
        "Un diario", "https://news.example/", "es",
    )  # fmt: skip
    assert (one["id"], one["link"]) == ("tag:news.example,2026:1", "https://news.example/base/uno")
    assert (one["title"], one["summary"]) == ("Uno & dos", "a <b> c")
    assert (one["body"], one["author"], one["tags"]) == (
        "Primero.\nSegundo.", "Ana, Luis", ["Política"],
    )  # fmt: skip
    assert (one["published"], one["lang"]) == ("2026-03-01T16:00:00+00:00", "es")


async def test_rdf_is_read() -> None:
    """RSS 1.0, with Dublin Core."""
    one = read(RDF)["entries"][0]
    assert (one["title"], one["link"], one["author"], one["tags"]) == (
        "One", "https://news.example/1", "Ana", ["x"],
    )  # fmt: skip
    assert one["published"] == "2026-03-01T00:00:00+00:00"


async def test_json_feed_is_read() -> None:
    """Numbers as ids, plain titles, the feed's author where an item has none."""
    said = read(JSON)
    one, two = said["entries"]
    assert (said["lang"], one["id"], one["link"]) == ("en", "7", "https://news.example/one")
    assert (one["title"], one["body"], one["tags"]) == ("One <two>", "Body", ["a", "3"])
    assert (two["link"], two["body"], two["author"]) == ("https://other.example/", "a < b", "Desk")


async def test_a_news_sitemap_is_read_as_a_feed() -> None:
    """Some outlets have no other."""
    one = read(SITEMAP)["entries"][0]
    assert (one["title"], one["outlet"], one["tags"]) == ("One & two", "The News", ["a", "b"])
    assert read("<urlset><url><loc>https://news.example/</loc></url></urlset>")["kind"] == "page"


@pytest.mark.parametrize(
    ("item", "field", "value"),
    [
        ("<title>Tom &amp;amp; Jerry</title>", "title", "Tom & Jerry"),
        ("<title><![CDATA[<b>Bold</b> &amp; more]]></title>", "title", "Bold & more"),
        ("<title>I &lt;3 you &lt;script&gt;x()&lt;/script&gt;</title>", "title", "I <3 you"),
        ("<title>a\n  b\tc</title>", "title", "a b c"),
        ("<title>\u202eevil\u200b</title>", "title", "evil"),
        ("<title>A</title><media:title>B</media:title>", "title", "A"),
        ("<description>&lt;p&gt;a&lt;br&gt;b&lt;/p&gt;</description>", "summary", "a\nb"),
        ("<title>x</title><link>/rel?a=1&amp;b=2</link>", "link", "https://news.example/rel?a=1&b=2"),
        ("<title>x</title><link>javascript:x()</link>", "link", ""),
        ("<title>x</title><guid>https://news.example/g</guid>", "link", "https://news.example/g"),
        ("<title>x</title><guid isPermaLink='false'>g 1</guid>", "id", "g 1"),
        ("<title>x</title><guid>relative</guid>", "id", "relative"),
        ("<title>x</title><author>a@b.example (Ana Paz)</author>", "author", "Ana Paz"),
        ("<title>x</title><author>a@b.example</author>", "author", ""),
        ("<title>x</title><source url='https://o.example/'>Other</source>", "outlet", "Other"),
        ("<title>x</title><category>a</category><category>a</category>", "tags", ["a"]),
    ],
)  # fmt: skip
async def test_an_item_is_read_as_a_reader_would(item: str, field: str, value: object) -> None:
    """Plain text, absolute links, names without addresses."""
    assert entry(item)[field] == value


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Sun, 01 Mar 2026 10:00:00 GMT", "2026-03-01T10:00:00"),
        ("Sun, 1 Mar 26 10:00 EST", "2026-03-01T15:00:00"),
        ("01 Mar 2026 10:00:00 +0530", "2026-03-01T04:30:00"),
        ("Sun Mar  1 10:00:00 2026", "2026-03-01T10:00:00"),
        ("Sun Mar 1 10:00:00 UTC 2026", "2026-03-01T10:00:00"),
        ("2026-03-01T10:00:00.123456Z", "2026-03-01T10:00:00"),
        ("2026-03-01 10:00:00 -0600", "2026-03-01T16:00:00"),
        ("2026-03-01", "2026-03-01T00:00:00"),
        ("2026-03", "2026-03-01T00:00:00"),
        ("20260301T100000Z", "2026-03-01T10:00:00"),
        ("20260301", "2026-03-01T00:00:00"),
        ("1772359200", "2026-03-01T10:00:00"),
        ("1772359200000", "2026-03-01T10:00:00"),
        ("1 de marzo de 2026 10:00", "2026-03-01T10:00:00"),
        ("dom, 01 mar 2026 10:00:00 -0600", "2026-03-01T16:00:00"),
        ("mar., 5 août 2025 08:00:00 +0200", "2025-08-05T06:00:00"),
        ("So, 1. März 2026 10:00", "2026-03-01T10:00:00"),
        ("1 de março de 2026", "2026-03-01T00:00:00"),
        ("March 1, 2026, 3:15 p.m. ET", "2026-03-01T20:15:00"),
        ("10:05, 3 May 2025", "2025-05-03T10:05:00"),
        ("13/04/2026 5:06 PM", "2026-04-13T17:06:00"),
        ("04/13/2026", "2026-04-13T00:00:00"),
        ("05.04.2026 10:00", "2026-04-05T10:00:00"),
        ("04/04/2026", "2026-04-04T00:00:00"),
        ("Sun, 01 Mar 2026 24:00:00 GMT", "2026-03-02T00:00:00"),
        ("Sun, 01 Mar 2026 10:00:60 (CET)", "2026-03-01T09:00:59"),
        ("Sun, 01 Mar 2099 10:00:00 GMT", "2099-03-01T10:00:00"),
        ("March 2026", ""),
        ("Mar 45 2026 99", ""),
        ("3/4/2026", ""),
        ("31/31/2026", ""),
        ("31 Feb 2026 10:00", ""),
        ("0001-01-01T00:00:00Z", ""),
        ("yesterday", ""),
        ("10", ""),
        ("9" * 400, ""),
    ],
)
async def test_dates_are_read_in_every_shape_and_never_invented(text: str, iso: str) -> None:
    """What cannot be read, or in two ways, is no date."""
    published = entry(f"<title>x</title><pubDate>{text}</pubDate>")["published"]
    assert published == (f"{iso}+00:00" if iso else "")


async def test_the_language_tells_day_from_month() -> None:
    """4/3 is April in English, March elsewhere."""
    item = "<title>x</title><pubDate>4/3/2026</pubDate>"
    assert entry(item, language="en-us")["published"].startswith("2026-04-03")
    assert entry(item, language="es")["published"].startswith("2026-03-04")


WORD = "Añejo Москва 東京"
DECLARED = (
    "<?xml version='1.0' encoding='{}'?><rss version='2.0'><channel>"
    "<item><title>{}</title></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("encoding", "text", "label", "charset"),
    [
        ("utf-8", WORD, "utf-8", ""),
        ("utf-8", WORD, "utf-8", "iso-8859-1"),
        ("utf-8", WORD, "iso-8859-1", ""),
        ("utf-8", WORD, "klingon", ""),
        ("utf-8-sig", WORD, "utf-16", ""),
        ("utf-16", WORD, "utf-16", ""),
        ("utf-16-le", WORD, "utf-16", ""),
        ("utf-16-be", WORD, "utf-16", ""),
        ("utf-32", WORD, "utf-32", ""),
        ("cp037", "Hello", "cp037", ""),
        ("cp1251", "Москва", "windows-1251", ""),
        ("cp1251", "Москва", "windows-1251", "iso-8859-1"),
        ("cp1251", "Москва", "utf-8", "windows-1251"),
        ("koi8-r", "Москва", "koi8-r", ""),
        ("iso-8859-1", "Añejo", "iso-8859-1", ""),
        ("cp1252", "“Añejo” – €", "iso-8859-1", ""),
        ("cp1252", "Añejo “sí”", "utf-8", ""),
        ("iso-8859-15", "Añejo €", "iso-8859-15", ""),
        ("shift_jis", "東京", "Shift_JIS", ""),
        ("euc-jp", "東京", "euc-jp", ""),
        ("iso-2022-jp", "東京", "iso-2022-jp", ""),
        ("gb2312", "北京", "gb2312", ""),
        ("big5", "臺北", "big5", ""),
        ("euc-kr", "서울", "euc-kr", ""),
        ("ascii", "+ADw-x+AD4-", "utf-7", ""),
        ("ascii", "plain", "zlib_codec", "base64"),
    ],
)
async def test_bytes_are_read_as_they_are_meant(
    encoding: str, text: str, label: str, charset: str
) -> None:
    """Whatever the header and the declaration say."""
    assert (
        read(DECLARED.format(label, text).encode(encoding), charset)["entries"][0]["title"] == text
    )


async def test_a_few_wrong_bytes_spoil_nothing_else() -> None:
    """A quotation pasted from another encoding, in the middle of UTF-8."""
    body = rss("Añejo Móstoles X").replace(b"X", b"\x93si\x94 \xed\xa0\x80")
    assert read(body)["entries"][0]["title"] == "Añejo Móstoles “si” \ufffd"
    assert read(codecs.BOM_UTF8 + body)["entries"][0]["title"].startswith("Añejo")
    assert read(rss("X").replace(b"X", b"\x81\xff"))["entries"][0]["title"] == "ÿ"


TWO = "<item><title>A</title></item><item><title>B</title></item>"


def channel(inside: str, *, head: str = "", tail: str = "</channel></rss>") -> str:
    return f"{head}<rss version='2.0'><channel><title>T</title>{inside}{tail}"


@pytest.mark.parametrize(
    ("document", "loose", "titles"),
    [
        (channel(TWO), False, ["A", "B"]),
        (channel("<item><title>a &nbsp; b &eacute;</title></item>"), False, ["a b é"]),
        (channel(TWO, head="\ufeff\n <!-- hi --><?xml-stylesheet href='x'?>"), False, ["A", "B"]),
        (channel("<item><title>a & b</title></item>"), True, ["a & b"]),
        (channel("<item><title>a &wrong; b</title></item>"), True, ["a &wrong; b"]),
        (channel("<item><title>1 < 2</title></item>"), True, ["1 < 2"]),
        (channel("<item><title>a\x00\x0b b</title></item>"), True, ["a b"]),
        (channel("<item><title>a&#0;&#xFFFF;&#x1F600;b</title></item>"), True, ["a😀b"]),
        (channel("<item><title>A</title><media:x url='u'/></item>"), True, ["A"]),
        (channel(TWO, head="<br />\n<b>Warning</b>: x.php\n"), True, ["A", "B"]),
        (channel(TWO) + "<script>x()</script>", True, ["A", "B"]),
        (channel(TWO) + channel(TWO), True, ["A", "B"]),
        (channel(TWO, tail=""), True, ["A", "B"]),
        (channel(TWO, tail="<item><title>C"), True, ["A", "B"]),
        (channel(TWO, tail="<item><title><![CDATA[C"), True, ["A", "B"]),
        (channel(TWO, tail="<item><title>C</titl"), True, ["A", "B"]),
        (channel("<item><title>A</title></wrong>" + TWO), True, ["A", "A", "B"]),
        ("<rss version=2.0><channel>" + TWO + "</channel></rss>", True, ["A", "B"]),
        (JSON[:-30], True, ["One <two>"]),
    ],
)
async def test_damage_is_read_as_far_as_it_goes(
    document: str,
    loose: object,
    titles: list[str],
) -> None:
    """And is marked; half an item at a cut end is left for the next poll."""
    said = read(document)
    assert [one["title"] for one in said["entries"]] == titles
    assert said["loose"] is loose


def _entities(*lines: str) -> str:
    return "<?xml version='1.0'?><!DOCTYPE r [" + "".join(f"<!ENTITY {x}>" for x in lines) + "]>"


def _item(inside: str) -> str:
    return channel(f"<item><title>A</title>{inside}</item>")


def _html(text: str) -> str:
    return _item(f"<description><![CDATA[{text}]]></description>")


JSON_HEAD = '{"version":"https://jsonfeed.org/version/1","items":'
LAUGHS = _entities("a 'lol'", *(f"{b} '{f'&{a};' * 20}'" for a, b in pairwise("abcdefg")))
LONG = _entities(f"a '{'x' * 50_000}'")
FILE = _entities("x SYSTEM 'file:///etc/passwd'")
PARAMETER = "<!DOCTYPE r [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/'> %p;]>"
ATTACKS = {
    "external entity": channel("<item><title>a&x;b</title></item>", head=FILE),
    "external subset": channel(TWO, head="<!DOCTYPE rss SYSTEM 'http://127.0.0.1:9/x.dtd'>"),
    "parameter entity": channel(TWO, head=PARAMETER),
    "a billion laughs": channel("<item><title>&g;</title></item>", head=LAUGHS),
    "a long entity": channel(f"<item><title>{'&a;' * 5_000}</title></item>", head=LONG),
    "a doctype within": channel("<!DOCTYPE x>" + TWO),
    "a path": "/etc/passwd",
    "an address": "http://127.0.0.1:9/feed.xml",
    "an author without end": _item(f"<author>{'a' * 131_072}</author>"),
    "an author of dots": _item(f"<author>{'a.' * 65_536}</author>"),
    "an entity without end": _item(f"<b>&{'a' * 500_000};</b>"),
    "many doctypes": "<!DOCTYPE " * 100_000 + channel(TWO),
    "many instructions": "<?x " * 100_000 + channel(TWO),
    "many prefixes": _item("".join(f"<p{n}:x/>" for n in range(5_000))),
    "many angles": _html("<" * 900_000),
    "many open quotes": _html("<a '\"" * 200_000),
    "many scripts": _html("<script " * 150_000),
    "many comments": _html("<!--" * 250_000),
    "a number without end": _item(f"<b>&#{'9' * 100_000};</b>"),
    "deep JSON": JSON_HEAD + "[" * 100_000,
    "a large number": f'{JSON_HEAD}[{{"id":{"9" * 100_000},"title":"A"}}]}}',
    "a large title": _item(f"<title>{'word ' * 500_000}</title>"),
    "a large link": _item(f"<link>https://x.example/{'a' * 100_000}</link>"),
    "many tags": _item("<category>x</category>" * 5_000),
}


@pytest.fixture(scope="module")
def touched() -> Iterator[list[str]]:
    """Files opened, sockets connected and processes started by this thread, by name of event."""
    seen: list[str] = []
    on = [False]
    ours = threading.get_ident()

    def hook(event: str, args: tuple[object, ...]) -> None:
        if (
            on[0]
            and threading.get_ident() == ours
            and event in ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen")
        ):
            seen.append(f"{event} {args[0]!r}")

    sys.addaudithook(hook)
    seen.append("")
    on[0] = True
    yield seen
    on[0] = False  # a hook cannot be taken off


@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_opens_nothing_and_ends_soon(name: str, touched: list[str]) -> None:
    """No file, no connection, no process; no text of a file; within a second or two."""
    read(channel(TWO))  # by our own reader
    read(_item("<b>&"))  # by feedparser: whatever is imported late is imported now
    touched.clear()
    start = time.process_time()
    said = answer({"base": BASE, "charset": "", "headers": ""}, ATTACKS[name].encode())
    assert touched == []
    assert time.process_time() - start < 5
    assert "root:" not in str(said)
    assert len(str(said)) < 300_000


async def test_texts_are_bounded() -> None:
    """Nothing that a feed says can fill a disk."""
    long = "word " * 100_000
    one = entry(
        f"<title>{long}</title><description>{long}</description><category>{long}</category>"
    )
    assert (len(one["title"]) <= 1_000, len(one["summary"]) <= 20_000) == (True, True)
    assert one["title"].endswith("word…")
    assert len(one["tags"][0]) <= 100


async def test_the_newest_500_items_are_kept() -> None:
    """By date, wherever they stand; without dates, the first."""
    day = "<item><title>{0}</title><pubDate>2026-03-01T{1:02}:{2:02}:00Z</pubDate></item>"
    dated = "".join(day.format(n, n // 60, n % 60) for n in range(600))
    bare = "".join(f"<item><title>{n}</title></item>" for n in range(600))
    assert [one["title"] for one in read(channel(dated))["entries"]] == [
        str(n) for n in range(100, 600)
    ]
    assert [one["title"] for one in read(channel(bare))["entries"]] == [str(n) for n in range(500)]


async def test_a_page_is_named_with_the_feeds_that_it_links() -> None:
    """Declared ones first, each once, programming interfaces left out."""
    page = b"""<html><head><base href="https://other.example/x/"><title>News &amp; more</title>
    <link rel="alternate" type="application/rss+xml" title="All" href="rss?a=1&amp;b=2">
    <link rel='alternate' type='application/json' href='/wp-json/wp/v2/posts'>
    <link rel=alternate type=application/atom+xml href=/atom>
    <link rel="stylesheet alternate" type="text/xml" href="/style">
    <!-- <link rel="alternate" type="application/rss+xml" href="/hidden"> --></head>
    <a href="/feed/">Feed</a> <a href="/atom">again</a> <a href="/feedback">no</a>
    <a href="feed:https://third.example/rss">RSS</a><a href="javascript:feed">no</a></html>"""
    said = read(page)
    assert [one["url"] for one in said["feeds"]] == [
        "https://other.example/x/rss?a=1&b=2", "https://other.example/atom",
        "https://other.example/feed/", "https://third.example/rss",
    ]  # fmt: skip
    assert "“News & more”" in said["why"]
    assert next(one.title for one in find_feeds(page, BASE)) == "All"


@pytest_asyncio.fixture(loop_scope="module")
async def parsers() -> AsyncIterator[Parsers]:
    pool = Parsers(count=1, seconds=2, memory=400 * MIB)
    yield pool
    await pool.close()


async def _read(parsers: Parsers, body: bytes) -> list[str]:
    document = await parsers.read(body, base=BASE, charset="", headers="")
    return [one.title for one in document.entries]


def pids(parsers: Parsers) -> set[int]:
    """Return the processes that live; they are not to be seen outside."""
    return {child._process.pid for child in parsers._children._live}  # noqa: SLF001


async def test_a_child_is_reused(parsers: Parsers) -> None:
    """A process a document would cost ten times what the document does."""
    await _read(parsers, rss("One"))
    first = pids(parsers)
    await asyncio.gather(*(_read(parsers, rss(f"T{n}")) for n in range(5)))
    assert pids(parsers) == first


async def test_a_child_that_takes_too_long_is_replaced_and_the_loop_never_stalls(
    parsers: Parsers,
) -> None:
    """One feed's document must not hold up the others, let alone the bot."""
    slow = channel(
        "<item " + " ".join(f"a{n}='1'" for n in range(90_000)) + "><title>A</title></item>"
    )
    task = asyncio.create_task(_read(parsers, slow.encode()))
    lag = 0.0
    while not task.done():
        start = time.monotonic()
        await asyncio.sleep(0.01)
        lag = max(lag, time.monotonic() - start)
    with pytest.raises(ParseError, match="longer than 2 s"):
        await task
    assert lag < 0.5
    assert await _read(parsers, rss("Next")) == ["Next"]


async def test_a_child_that_dies_is_replaced(parsers: Parsers) -> None:
    """Killed by the system for its memory, say."""
    await _read(parsers, rss("One"))
    for child in list(parsers._children._live):  # noqa: SLF001 - there is no polite way to kill it
        os.kill(child._process.pid, 9)  # noqa: SLF001
        await child.gone()
    with pytest.raises(ParseError, match="brings the parser down"):
        await _read(parsers, rss("Two"))
    assert await _read(parsers, rss("Three")) == ["Three"]


async def test_a_child_s_memory_is_bounded(parsers: Parsers) -> None:
    """A document that unfolds in memory ends the reading, not the machine."""
    pool = Parsers(count=1, seconds=5, memory=60 * MIB)
    with pytest.raises(ParseError, match="memory"):
        await _read(pool, rss("x" * 20 * MIB))
    await pool.close()


@pytest.mark.parametrize(
    "said", [None, [], {}, {"kind": "root"}, {"kind": "error", "why": 5}, {"kind": "error"}]
)  # fmt: skip
async def test_a_child_that_talks_nonsense_is_not_believed(said: object) -> None:
    """It has read hostile input; nothing it says is trusted."""
    with pytest.raises(ParseError):
        _document(said, BASE)


async def test_a_child_s_answer_is_checked_field_by_field() -> None:
    """Wrong types become empty, long texts are cut, other schemes are no links."""
    bad = {
        "kind": "feed", "title": 5, "site": "file:///x", "lang": "english", "ttl": "x",
        "skip_hours": [1, 99, "x", True], "skip_days": None,
        "entries": [
            {"title": "x" * 5_000, "link": "javascript:x()", "tags": "abc", "published": "soon"},
            {"published": "2026-03-01T10:00:00+00:00", "tags": ["a", 1]}, None,
        ],
    }  # fmt: skip
    document = _document(bad, BASE)
    one, two = document.entries
    assert (document.title, document.site_url, document.lang) == ("", "", "")
    assert document.hints.skip_hours == frozenset({1})
    assert (len(one.title), one.link, one.tags, one.published) == (1_000, "", (), None)
    assert (two.published, two.tags) == (datetime(2026, 3, 1, 10, tzinfo=UTC), ("a", ""))
    page = _document(
        {"kind": "page", "why": "w", "feeds": [{"url": "ftp://x"}, {"url": "/a"}]}, BASE
    )
    assert [feed.url for feed in page.feeds] == ["https://news.example/a"]


def _documents(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)) is not None:
                yield member.name, file.read()


FEEDS = data_dir()
ARCHIVES = sorted((FEEDS / "feeds").glob("**/*.tar.xz")) if FEEDS else []


def _check_recorded(archive: Path, every: int) -> None:
    for number, (name, body) in enumerate(_documents(archive)):
        if number % every or not name.endswith((".xml", ".rss", ".atom", ".json")):
            continue
        said = answer({"base": BASE, "charset": "", "headers": ""}, body)
        assert said["kind"] in ("feed", "page") or "damaged" in said["why"], (name, said)
        if said["kind"] != "error":
            _document(said, BASE)
        if "series" in archive.parent.name:
            page = body.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))
            assert said["kind"] == ("page" if page else "feed"), (name, said.get("why"))
            items = body.count(b"<item>") + body.count(b"<item ") + body.count(b"<entry>")
            half = int(said["kind"] == "feed" and said["loose"])  # where the recording was cut
            assert page or len(said["entries"]) in (min(items, 500), items - half), name


@pytest.mark.slow
@pytest.mark.skipif(not ARCHIVES, reason="recorded feeds are not on this machine")
@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.partition(".")[0])
async def test_recorded_documents_are_read(archive: Path) -> None:
    """None brings the parser down; what was recorded from feeds is a feed, or a named page."""
    _check_recorded(archive, every=100 if "series" in archive.parent.name else 25)


@pytest.mark.soak
@pytest.mark.skipif(not ARCHIVES, reason="recorded feeds are not on this machine")
@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.partition(".")[0])
async def test_every_recorded_document_is_read(archive: Path) -> None:
    """The same, for each of them."""
    _check_recorded(archive, every=1)
