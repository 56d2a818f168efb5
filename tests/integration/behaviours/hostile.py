"""XML that attacks, crashes or deceives its parser, and text in every encoding."""

import codecs
from itertools import pairwise

from tests.integration.behaviours.world import (
    BASE,
    DECLARATION,
    ERROR,
    LOOSE,
    OK,
    atom,
    behaviour,
    item,
    one,
    rss,
    step,
)


def doctype(*entities: str) -> str:
    """Return a declaration and a document type with these entities."""
    return f"{DECLARATION}<!DOCTYPE r [{''.join(f'<!ENTITY {text}>' for text in entities)}]>"


def with_text(text: str) -> str:
    """Return a feed whose new item has a text."""
    return rss(item(1, text=text), BASE)


LAUGHS = doctype("a 'lol'", *(f"{b} '{f'&{a};' * 20}'" for a, b in pairwise("abcdefghij")))
QUADRATIC = doctype(f"a '{'x' * 60_000}'")
FILE = doctype("x SYSTEM 'file:///etc/passwd'")
NET = doctype("x SYSTEM 'http://127.0.0.1:9/x'")
ATTRIBUTES = " ".join(f"a{n}='1'" for n in range(5_000))
NEW = item(1)
TWO = rss(NEW, BASE)

ATTACKS = (
    one("an external entity of a file", rss(item(1, text="a&x;b"), BASE, head=FILE), LOOSE, 1,
        hides="root:"),
    one("an external entity of the net", rss(item(1, text="a&x;b"), BASE, head=NET), LOOSE, 1),
    one("an external entity in an attribute",
        rss(item(1, more="<enclosure url='&x;'/>"), BASE, head=FILE), LOOSE, 1, hides="root:"),
    one("a parameter entity",
        rss(NEW, BASE, head="<!DOCTYPE r [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/'> %p;]>"),
        OK, 1),
    one("an external subset", rss(NEW, BASE, head="<!DOCTYPE rss SYSTEM 'file:///etc/x'>"), OK, 1),
    one("a public document type",
        rss(NEW, BASE, head="<!DOCTYPE rss PUBLIC '-//Netscape//DTD RSS 0.91//EN'"
            " 'http://my.netscape.com/publish/formats/rss-0.91.dtd'>"), OK, 1),
    one("a billion laughs", rss(item(1, text="&j;"), BASE, head=LAUGHS), LOOSE, 1),
    one("a quadratic blow-up", rss(item(1, text="&a;" * 5_000), BASE, head=QUADRATIC), LOOSE, 1),
    one("an entity that holds itself",
        rss(item(1, text="&a;"), BASE, head=doctype("a '&b;'", "b '&a;'")), LOOSE, 1),
    one("an entity that is harmless",
        rss(item(1, title="&co; (CECOT)"), BASE, head=doctype("co 'The Company'")), OK, 1,
        shows="The Company"),
    one("an entity that holds markup",
        rss(item(1, text="&m;"), BASE, head=doctype("m '<script>x()</script>'")), LOOSE, 1,
        hides="x()"),
    one("a document type in the middle", rss(NEW, BASE, channel="<!DOCTYPE x>"), LOOSE, 1),
    one("an inclusion",
        with_text("<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd'"
                  " parse='text'/>"), OK, 1, hides="root:"),
    one("a style sheet of a file",
        rss(NEW, BASE, head=f"{DECLARATION}<?xml-stylesheet href='file:///etc/passwd'?>"), OK, 1),
    one("many document types", "<!DOCTYPE " * 20_000 + TWO, LOOSE, 1),
    one("many instructions", "<?x " * 20_000 + TWO, LOOSE, 1),
    one("elements a thousand deep", with_text("<b>" * 1_000 + "x" + "</b>" * 1_000), OK, 1),
    one("elements fifty thousand deep", with_text("<b>" * 50_000 + "</b>" * 50_000), OK, 1),
    one("an element that never closes", with_text("<b>" * 5_000), LOOSE, 1),
    one("many attributes",
        rss(NEW, BASE, channel=f"<x {ATTRIBUTES}/>"), OK, 1),
    one("the same attribute twice", rss(NEW, BASE, channel="<x a='1' a='2'/>"), LOOSE, 1),
    one("a large attribute", rss(NEW, BASE, channel=f"<x a='{'y' * 200_000}'/>"), OK, 1),
    one("a large name", rss(NEW, BASE, channel=f"<{'y' * 50_000}/>"), OK, 1),
    one("many prefixes",
        rss(NEW, BASE, channel="".join(f"<p{n}:x/>" for n in range(2_000))), LOOSE, 1),
    one("an author without end",
        rss(item(1, more=f"<author>{'a' * 131_072}</author>"), BASE), OK, 1),
    one("an author of dots", rss(item(1, more=f"<author>{'a.' * 65_536}</author>"), BASE), OK, 1),
    one("an author of at signs",
        rss(item(1, more=f"<author>{'a@' * 65_536}</author>"), BASE), OK, 1),
    one("a creator in pieces",
        rss(item(1, more="<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>"
                 + "<b>x</b>y@" * 9_000 + "</dc:creator>"), BASE), OK, 1),
    one("a date without end", rss(item(1, date="1 " * 50_000), BASE), OK, 1),
    one("a date of nines", rss(item(1, date="9" * 50_000), BASE), OK, 1),
    one("a number as an entity without end", with_text(f"&#{'9' * 50_000};"), LOOSE, 1),
    one("a named entity without end", with_text(f"&{'a' * 50_000};"), LOOSE, 1),
    one("many open angles", with_text(f"<![CDATA[{'<' * 200_000}]]>"), OK, 1),
    one("many open quotes", with_text("<![CDATA[" + "<a \"" * 60_000 + "]]>"), OK, 1),
    one("many open comments", with_text(f"<![CDATA[{'<!--' * 60_000}]]>"), OK, 1),
    one("many open marked sections", with_text(f"<![CDATA[{'<![CDATA[' * 40_000}]]>"), OK, 1),
    one("many declarations in a text", with_text(f"<![CDATA[{'<!DOCTYPE x ' * 30_000}]]>"), OK, 1),
    one("many categories", rss(item(1, more="<category>x</category>" * 9_000), BASE), OK, 1),
    one("many enclosures", rss(item(1, more="<enclosure url='u'/>" * 9_000), BASE), OK, 1),
    one("many titles", rss(item(1, more="<title>CECOT again</title>" * 5_000), BASE), OK, 1),
    one("a comment that never ends", rss(NEW, BASE, channel="<!-- open"), ERROR, 0),
    one("a marked section that never ends",
        rss(NEW, BASE).replace("</channel>", "<item><title><![CDATA[x</channel>"), LOOSE, 1),
    one("an item in a comment", rss(NEW, BASE, channel=f"<!-- {item(2).rss()} -->"), OK, 1),
    one("an item in a marked section",
        rss(item(1, text=f"<![CDATA[{item(2).rss()}]]>"), BASE), OK, 1),
    one("an item in an item", rss(item(1, more=item(2).rss()), BASE), OK, 2),
    one("a feed in a feed", rss(item(1, text=f"<![CDATA[{rss(item(2))}]]>"), BASE), OK, 1),
    one("a path as a document", "/etc/passwd", ERROR, 0, "not a feed"),
    one("an address as a document", "http://127.0.0.1:9/feed.xml", ERROR, 0, "not a feed"),
    one("an empty element as a document", "<rss/>", OK, 0),
    one("names in capitals", TWO.replace("<rss", "<RSS").replace("</rss", "</RSS"), OK, 1),
    one("white space in tags", TWO.replace("<item>", "<item\n\t >").replace("</item>", "</item >"),
        OK, 1),
    one("a prefix for everything",
        TWO.replace("<item", "<r:item").replace("</item", "</r:item")
        .replace("<rss", "<rss xmlns:r='http://backend.userland.com/rss2'"), OK, 1),
    one("Atom with a prefix",
        atom(NEW, BASE).replace("xmlns=", "xmlns:a=").replace("</", "</a:")
        .replace("<", "<a:").replace("<a:/a:", "</a:"), OK, 1),
    one("XML 1.1", rss(NEW, BASE, head='<?xml version="1.1"?>'), OK, 1),
    one("XML of no version", rss(NEW, BASE, head="<?xml ?>"), OK, 1),
    one("two declarations", rss(NEW, BASE, head=DECLARATION * 2), OK, 1),
    one("a declaration after a line", "\n\n" + TWO, OK, 1),
    one("a warning before the document", "<br />\n<b>Warning</b>: in x.php\n" + TWO, LOOSE, 1),
    one("a script after the document", TWO + "<script>x()</script>", LOOSE, 1),
    one("the document twice", TWO + TWO, LOOSE, 1),
)  # fmt: skip

WORD = "Añejo Москва 東京"


def says(word: str, label: str, coding: str = "") -> bytes:
    """Return a feed with a word in its new title, under a label, in a coding."""
    new = item(1, title=f"{word} (CECOT)")
    text = rss(new, BASE, head=f"<?xml version='1.0' encoding='{label}'?>")
    return text.encode(coding or label)


def wrong_bytes(data: bytes) -> bytes:
    """Return a feed with some bytes in its new title."""
    return rss(item(1, title="X says (CECOT)"), BASE).encode().replace(b"X says", data)


ENCODINGS = (
    *(
        one(f"{word} as {coding} that says {label}", says(word, label, coding), OK, 1, shows=word)
        for word, label, coding in (
            (WORD, "utf-8", "utf-8"),
            (WORD, "utf-8", "utf-8-sig"),
            (WORD, "utf-16", "utf-8-sig"),
            (WORD, "iso-8859-1", "utf-8"),
            (WORD, "klingon", "utf-8"),
            (WORD, "utf-16", "utf-16"),
            (WORD, "utf-16", "utf-16-le"),
            (WORD, "utf-16", "utf-16-be"),
            (WORD, "utf-8", "utf-16"),
            (WORD, "utf-32", "utf-32"),
            ("Москва", "windows-1251", "cp1251"),
            ("Москва", "koi8-r", "koi8-r"),
            ("Añejo", "iso-8859-1", "iso-8859-1"),
            ("“Añejo” – €", "iso-8859-1", "cp1252"),
            ("Añejo", "utf-8", "cp1252"),
            ("東京", "Shift_JIS", "shift_jis"),
            ("東京", "euc-jp", "euc-jp"),
            ("東京", "iso-2022-jp", "iso-2022-jp"),
            ("北京", "gb2312", "gb2312"),
            ("臺北", "big5", "big5"),
            ("서울", "euc-kr", "euc-kr"),
        )
    ),
    one("two byte order marks", codecs.BOM_UTF8 * 2 + TWO.encode(), OK, 1),
    one("a byte order mark after a line", b"\n" + codecs.BOM_UTF8 + TWO.encode(), OK, 1),
    one("a quotation in another encoding", wrong_bytes("Añejo".encode() + b" \x93si\x94"), OK, 1,
        shows="Añejo “si”"),
    one("half a character", wrong_bytes(b"\xed\xa0\x80 x"), OK, 1),
    one("half a character as a number", rss(item(1, title="a&#xD800;b (CECOT)"), BASE), LOOSE, 1,
        shows="ab (CECOT)"),
    one("overlong bytes", wrong_bytes(b"\xc0\xaf x"), OK, 1),
    one("null bytes between", rss(item(1, title="a\0b (CECOT)"), BASE), LOOSE, 1,
        shows="ab (CECOT)"),
    one("control characters", rss(item(1, title="a\x07\x1b[31mb (CECOT)"), BASE), LOOSE, 1,
        hides="\x1b"),
    one("UTF-7", rss(item(1, title="+ADw-b+AD4- (CECOT)"), BASE,
                     head="<?xml version='1.0' encoding='utf-7'?>"), OK, 1, shows="+ADw-b"),
    one("a compressing codec as encoding",
        rss(NEW, BASE, head="<?xml version='1.0' encoding='zlib_codec'?>"), OK, 1),
    behaviour("an encoding that changes between polls",
              step(says(WORD, "utf-8"), OK, 1),
              step(says(WORD, "utf-16"), OK, 1),
              step(says(WORD, "utf-8", "utf-8-sig"), OK, 1)),
)  # fmt: skip

BEHAVIOURS = (*ATTACKS, *ENCODINGS)
