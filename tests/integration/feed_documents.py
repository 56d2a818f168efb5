"""Documents as feeds might write them, made from a number; and a way to damage them."""

import random
from collections.abc import Iterator

_WORDS = (
    *("court", "strike", "border", "storm", "mayor", "bridge"),
    *("vaccine", "prison", "appeal", "harvest", "museum", "derby"),
)
_ODD = (
    "Tom &amp; Jerry", "a &lt;b&gt; c", "<![CDATA[<b>bold</b> & more]]>", "Añejo Москва 東京",
    "<![CDATA[</item><item><title>not one</title></item>]]>", "<!-- </item> -->said", "&#x1F600;",
    "<![CDATA[a]]>b<![CDATA[c]]>", "", "   ", "&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;",
    "<b>in markup</b>", "&amp;amp; twice", "line\nbreak", "'quotes\" and ]]&gt;",
)  # fmt: skip
_NAMESPACES = (
    " xmlns:media='http://search.yahoo.com/mrss/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
    " xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    " xmlns:atom='http://www.w3.org/2005/Atom'"
    " xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
)


class Maker:
    """Makes one document; the same number makes the same one."""

    def __init__(self, number: int) -> None:
        """Make document `number`."""
        self._chance = random.Random(number)  # noqa: S311 - test data
        self._kind = self._chance.choice(("rss", "rss", "rss", "atom", "rdf", "outside"))
        self.items = [self._item(n) for n in range(self._chance.randint(1, 12))]

    def document(self, without: frozenset[int] = frozenset()) -> bytes:
        """Return the document, without some of its items."""
        body = "".join(text for n, text in enumerate(self.items) if n not in without)
        if self._kind == "atom":
            text = (
                "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='es'"
                f" xml:base='https://a.example/x/'{_NAMESPACES}><title>T</title>{body}</feed>"
            )
        elif self._kind == "rdf":
            text = (
                "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
                f" xmlns='http://purl.org/rss/1.0/'{_NAMESPACES}><channel rdf:about='x'>"
                f"<title>T</title><items><rdf:Seq/></items></channel>{body}</rdf:RDF>"
            )
        elif self._kind == "outside":
            text = (
                f"<rss version='0.9'{_NAMESPACES}><channel><title>T</title></channel>{body}</rss>"
            )
        else:
            text = (
                f"<rss version='2.0'{_NAMESPACES}><channel><title>T</title><language>fr</language>"
                f"<!-- <item> -->{body}<copyright>x</copyright></channel></rss>"
            )
        return f"<?xml version='1.0' encoding='utf-8'?>\n{text}".encode()

    def _text(self) -> str:
        if self._chance.random() < 0.3:
            return self._chance.choice(_ODD)
        return " ".join(self._chance.choices(_WORDS, k=self._chance.randint(1, 20)))

    def _item(self, n: int) -> str:
        parts = list(self._atom(n) if self._kind == "atom" else self._rss(n))
        self._chance.shuffle(parts)
        name = "entry" if self._kind == "atom" else "item"
        about = f" rdf:about='https://a.example/{n}'" if self._kind == "rdf" else ""
        space = self._chance.choice(("", "\n  ", " "))
        kept = "".join(part for part in parts if self._chance.random() < 0.85)
        return f"<{name}{about}{space}>{kept}{space}</{name}>{space}"

    def _rss(self, n: int) -> Iterator[str]:
        yield f"<title>{self._text()}</title>"
        start = self._chance.choice(("https://a.example/", "/", "../"))
        yield f"<link>{start}{n}?a=1&amp;b=2</link>"
        yield f"<description>{self._text()}</description>"
        yield f"<guid isPermaLink='{self._chance.choice(('true', 'false'))}'>g{n}</guid>"
        yield f"<pubDate>{n + 1} Mar 2026 10:0{n % 10}:00 +0100</pubDate>"
        yield f"<dc:creator>{self._text()}</dc:creator>"
        yield f"<author>{n}@a.example ({self._text()})</author>"
        yield f"<category domain='x'>{self._text()}</category><category>{self._text()}</category>"
        yield f"<content:encoded>{self._text()}</content:encoded>"
        yield (
            f"<media:content url='https://a.example/{n}.jpg'><media:title>{self._text()}"
            "</media:title></media:content>"
        )
        yield f"<source url='https://o.example/'>{self._text()}</source>"
        yield f"<enclosure url='https://a.example/{n}.mp3' type='audio/mpeg'/>"
        yield f"<atom:link rel='alternate' href='https://a.example/alt/{n}'/>"
        yield f"<odd:thing xmlns:odd='urn:odd' at='>'>{self._text()}</odd:thing>"

    def _atom(self, n: int) -> Iterator[str]:
        kind = self._chance.choice(("", " type='html'", " type='text'"))
        yield f"<title{kind}>{self._text()}</title>"
        yield f"<id>tag:a.example,2026:{n}</id>"
        yield f"<link href='{self._chance.choice(('/a/', 'https://a.example/'))}{n}'/>"
        yield f"<link rel='enclosure' href='{n}.mp3'/>"
        yield f"<published>2026-03-{n + 1:02}T10:00:00Z</published>"
        yield f"<updated>2026-03-{n + 1:02}T11:00:00-06:00</updated>"
        yield f"<summary{kind}>{self._text()}</summary>"
        yield (
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>One</p></div>"
            "</content>"
        )
        yield f"<author><name>{self._text()}</name></author>"
        yield f"<category term='t{n}' label='l{n}'/>"
        yield f"<source><title>{self._text()}</title><id>s</id></source>"


def damaged(body: bytes, chance: random.Random) -> bytes:
    """Return a document after a few blows: bytes changed, cut out, doubled, swapped, inserted."""
    data = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice((1, 2, 8, 64, 700)))
        match chance.randrange(6):
            case 0:
                data[at:to] = b""
            case 1:
                data[at:at] = data[at:to] * chance.choice((1, 2, 40))
            case 2:
                data[at:at] = chance.choice(_BLOWS)
            case 3:
                data[at:to] = bytes(chance.randrange(256) for _ in range(to - at))
            case 4:
                data[at:to] = data[at:to].upper()
            case _:
                del data[to:]
        if not data:
            return b""
    return bytes(data)


_BLOWS = (
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"\0", b"\xff\xfe", b"\xef\xbb\xbf",
    b"</item>", b"<item>", b"</channel>", b"&#0;", b"&nbsp;", b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"<?x ?>", b"'", b'"', b"xmlns:a='b'", b"<a:b>", b"\x1b$B", b"{", b"<html>", b"&#xD800;",
    b"<rss>", b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"\xc3", b" encoding='utf-16'",
)  # fmt: skip
