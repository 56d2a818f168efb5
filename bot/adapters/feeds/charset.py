"""What the bytes of a document say in text, whoever mislabelled them.

Runs in the child process. Order: byte order mark; UTF-8, if the bytes are valid UTF-8 with at least
one character beyond ASCII (no other encoding's text is, but by accident); the HTTP header; the
document's own declaration; the rest by rule. A label is believed only if the bytes fit it.
"""

import codecs
import re

_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{2,40})\s*["']"""
    rb"""|<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{2,40})""",
    re.IGNORECASE,
)
# Labels whose bytes are in practice a larger set. Source: WHATWG Encoding Standard, labels.
_WIDER = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso_8859-1": "cp1252",
    "windows-1252": "cp1252",
    "x-cp1252": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "koi8-u": "koi8_u",
    "unicode": "utf-8",
    "utf8mb4": "utf-8",
    "x-user-defined": "cp1252",
}
_NEVER = frozenset({"utf-7", "utf7", "unicode_escape", "raw_unicode_escape", "idna", "punycode"})
_SURROGATES = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # halves of characters, in UTF-8
_STATEFUL = (b"\x1b$", b"\x1b(", b"~{")  # ISO-2022 and HZ write other scripts in ASCII bytes
_BY_ACCIDENT = 4  # wrong bytes for each character that is rightly UTF-8, at most
# The control range of windows-1252 that Python leaves undefined.
_HOLES = {0x81: "\x81", 0x8D: "\x8d", 0x8F: "\x8f", 0x90: "\x90", 0x9D: "\x9d"}


def to_text(body: bytes, header: str = "") -> str:
    """Return the text of a document.

    Args:
        body: The whole document.
        header: The charset that the Content-Type header names, or "".
    """
    marked = _by_mark(body)
    if marked is not None:
        return marked
    if body.isascii() and not any(sign in body for sign in _STATEFUL):
        return body.decode("ascii")
    text = _exact(body, "utf-8")
    if text is not None and not body.isascii():
        return text
    for name in _labels(body, header):
        text = _exact(body, name)
        if text is not None:
            return text
    return _mostly(body)


def _by_mark(body: bytes) -> str | None:
    """Return the text of a document that begins with a byte order mark, or is UTF-16 without."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            inner = body[len(mark) :]
            if name == "utf-8":
                text = _exact(inner, "utf-8")
                return _mostly(inner) if text is None else text
            return inner.decode(name, "replace")
    for start, name in (
        (b"<\x00\x00\x00", "utf-32-le"),
        (b"\x00\x00\x00<", "utf-32-be"),
        (b"<\x00", "utf-16-le"),
        (b"\x00<", "utf-16-be"),
        (b"\x4c\x6f\xa7\x94", "cp037"),
    ):
        if body.startswith(start):
            return body.decode(name, "replace")
    return None


def _labels(body: bytes, header: str) -> list[str]:
    """Return the encodings to try, best first."""
    declared = _DECLARED.search(body[:2_000])
    own = (declared.group(1) or declared.group(2)).decode("ascii") if declared else ""
    names = [_WIDER.get(name.lower(), name.lower()) for name in (header.strip(" \"'"), own)]
    if len(set(names)) == 2 and names[0] == "cp1252" and names[1]:
        names.reverse()  # a server's default says less than what the author wrote
    return [name for name in names if name and name not in _NEVER]


def _exact(body: bytes, name: str) -> str | None:
    try:
        info = codecs.lookup(name)
        if not getattr(info, "_is_text_encoding", True):
            return None
        if info.name == "cp1252":
            return _windows(body)
        return body.decode(name)
    except (LookupError, UnicodeError, ValueError):
        return None


def _windows(body: bytes) -> str:
    text = body.decode("cp1252", "surrogateescape")
    return text.translate({0xDC00 + byte: char for byte, char in _HOLES.items()})


def _mostly(body: bytes) -> str:
    """Return the text of bytes that fit no label.

    As UTF-8, if enough of what is not ASCII in it is (other text has such sequences by accident
    only): then the bytes that are not are read as windows-1252, since that is what is pasted into
    it. Else the whole as windows-1252.
    """
    body = _SURROGATES.sub(b"\xef\xbf\xbd", body)
    text = body.decode("utf-8", "surrogateescape")
    broken = sum("\udc80" <= char <= "\udcff" for char in text)
    beyond = sum(char > "\x7f" for char in text) - broken
    if _BY_ACCIDENT * beyond >= broken:
        return re.sub(
            "[\udc80-\udcff]+",
            lambda match: _windows(match.group().encode("utf-8", "surrogateescape")),
            text,
        )
    return _windows(body)
