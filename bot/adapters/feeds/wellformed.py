"""Makes an XML document safe and, where it can, well-formed, before a feed parser sees it.

Runs in the child process. No document type declaration, and so no entity, external or nested, ever
reaches a parser. Damage that feeds show in the wild is mended by rule: stray ampersands, unknown
entities, control characters, undeclared prefixes, junk around the document, a cut end.
"""

import html.entities
import re
from dataclasses import dataclass
from xml.parsers import expat

# Prefixes that feeds use without declaring them.
_NAMESPACES = {
    "media": "http://search.yahoo.com/mrss/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "atom": "http://www.w3.org/2005/Atom",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "georss": "http://www.georss.org/georss",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "dcterms": "http://purl.org/dc/terms/",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
_XML_FIVE = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DECLARATION = re.compile(r"<\?xml\b[^>]{0,300}\?>")
_ROOT = re.compile(
    r"<(?:[A-Za-z][\w.-]{0,40}:)?(rss|feed|RDF|channel|urlset|sitemapindex|opml|html)\b",
    re.IGNORECASE,
)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ILLEGAL_REF = re.compile(r"&#(?:x([0-9a-fA-F]{1,9})|(\d{1,10}));")
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_ENTITY = re.compile(
    r"""<!ENTITY\s+([A-Za-z][\w.-]{0,60})\s+(?:"([^"%&<]{0,500})"|'([^'%&<]{0,500})')\s*>"""
)
_TOKEN = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
    r"|&(?:([A-Za-z][\w.-]{0,60});|(\#\d{1,10};|\#[xX][0-9a-fA-F]{1,9};))?"
    r"|<(?![A-Za-z/!?_])|<(?=!(?:DOCTYPE|ENTITY)\b)",
    re.DOTALL,
)
_PREFIX = re.compile(r"[<\s]/?([A-Za-z_][\w.-]{0,40}):[A-Za-z_]")
_DECLARED_PREFIX = re.compile(r"xmlns:([A-Za-z_][\w.-]{0,40})\s*=")
_ITEM_END = re.compile(r"</(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry|url)\s*>", re.IGNORECASE)
_ITEM = re.compile(r"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry|url)\b", re.IGNORECASE)
_PROLOGUE = 30_000  # characters before the root that are looked at
# feedparser looks for an e-mail address in these in quadratic time.
_NAMES = re.compile(
    r"(<(?:[\w.-]{1,40}:)?(?:author|creator|managingeditor|webmaster|publisher|owner|name|email"
    r"|contributor)\b[^<>]{0,500}>(?:\s*<!\[CDATA\[)?[^<\]]{600})[^<\]]+",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"""<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"""
    r"""|<(/?)([A-Za-z_][\w.:-]{0,100})(?:[^<>"']|"[^"<]*"|'[^'<]*')*?(/?)>""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Xml:
    """A document that a feed parser may see."""

    text: str  # without declaration and document type
    root: str  # local name of the outermost element, lower case; "" if there is none
    whole: bool  # as it was sent it was well-formed (named HTML entities forgiven)
    sound: bool  # it is well-formed now
    cut: bool = False  # its end is missing; what remains ends with a complete item


def prepared(text: str) -> Xml:
    """Return the document in `text`, mended as far as the rules go."""
    start = _ROOT.search(text)
    before = text[: start.start()] if start else ""
    entities = _entities(before) if _DOCTYPE.search(before) else {}
    whole = not _stray(before)
    root = start.group(1).lower() if start else ""
    body = text[start.start() :].rstrip() if start else text.strip()
    body = _NAMES.sub(r"\1", body)
    if _error(body) is None:  # so there is no illegal character either, and no need to look
        return Xml(body, root, whole=whole, sound=True)
    if _ILLEGAL.search(body):
        body, whole = _NAMES.sub(r"\1", _ILLEGAL.sub("", body)), False
        if _error(body) is None:
            return Xml(body, root, whole=whole, sound=True)
    mended, exact = _mended(body, entities)
    error = _error(mended)
    if error is None:
        return Xml(mended, root, whole=whole and exact, sound=True)
    return _rescued(mended, root, error)


def _stray(before: str) -> bool:
    """Tell whether something stands before the root that does not belong there."""
    if len(before) > _PROLOGUE:
        return True
    rest = _DECLARATION.sub("", before.replace("\ufeff", ""))
    rest = re.sub(r"<!--.*?-->|<\?.*?\?>", "", rest, flags=re.DOTALL)
    rest = re.sub(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", "", rest, flags=re.DOTALL | re.IGNORECASE)
    return bool(rest.strip())


def _entities(before: str) -> dict[str, str]:
    """Return the plain entities that a document type declares: text without markup, bounded."""
    found = _ENTITY.findall(before[:_PROLOGUE])[:200]
    return {name: double or single for name, double, single in found}


def _error(text: str) -> tuple[int, int] | None:
    """Return None if `text` is well-formed, else the kind of the error and its byte offset."""
    parser = expat.ParserCreate("utf-8", " ")
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError as error:
        return error.code, parser.ErrorByteIndex
    return None


def _mended(text: str, entities: dict[str, str]) -> tuple[str, bool]:
    """Return `text` with ampersands, stray `<` and prefixes mended, and whether all had meaning."""
    exact = True

    def token(match: re.Match[str]) -> str:
        nonlocal exact
        whole, name, number = match.group(), match.group(1), match.group(2)
        if whole == "<":
            exact = False
            return "&lt;"
        if not whole.startswith("&"):
            return whole
        if name in _XML_FIVE:
            return whole
        if name is not None:
            value = entities.get(name, html.entities.html5.get(f"{name};"))
            if value is not None:
                return value.replace("&", "&amp;").replace("<", "&lt;")
            exact = False
            return f"&amp;{name};"
        if number is not None and _legal(number):
            return whole
        exact = False
        return "" if number is not None else "&amp;"

    text = _TOKEN.sub(token, text)
    missing = sorted(
        set(_PREFIX.findall(text)) - set(_DECLARED_PREFIX.findall(text)) - {"xml", "xmlns"}
    )
    if missing and _error(text) is not None:
        declared = "".join(
            f' xmlns:{prefix}="{_NAMESPACES.get(prefix.lower(), "urn:undeclared:" + prefix)}"'
            for prefix in missing[:100]
        )
        with_them = re.sub(r"(<[A-Za-z_][\w.:-]*)", lambda m: m.group(1) + declared, text, count=1)
        if with_them != text:
            text, exact = with_them, False
    return text, exact


def _legal(number: str) -> bool:
    """Tell whether XML allows the character that `#…;` names. Source: XML 1.0 §2.2."""
    code = int(number[2:-1], 16) if number[1] in "xX" else int(number[1:-1])
    if code < 0x20:
        return code in (9, 10, 13)
    return code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _rescued(text: str, root: str, error: tuple[int, int]) -> Xml:
    """Return what can be read of a document that stays damaged.

    Up to the error, it ends after its last complete item, and the elements that are still open are
    closed: a half item is worse than none, for it comes whole with the next poll.
    """
    sent = text.encode("utf-8", "surrogatepass")
    head = sent[: error[1]].decode("utf-8", "ignore")
    at_end = error[1] >= len(sent) - 1 or error[0] in (
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    )
    junk = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
    if error[0] == junk and _error(head) is None:
        return Xml(head, root, whole=False, sound=True)
    ends = list(_ITEM_END.finditer(text if at_end else head))
    if at_end and ends:
        closed = _closed(text[: ends[-1].end()])
        if _error(closed) is None:
            return Xml(closed, root, whole=False, sound=True, cut=True)
    if at_end and not ends:
        first = _ITEM.search(head)
        closed = _closed(head[: first.start()] if first else head)
        if _error(closed) is None:
            return Xml(closed, root, whole=False, sound=True, cut=True)
    return Xml(text, root, whole=False, sound=False, cut=at_end)


def _closed(text: str) -> str:
    """Return `text` with an end tag for every element that is open at its end."""
    depth: list[str] = []
    for match in _TAG.finditer(text):
        closing, name, empty = match.groups()
        if name is None or empty:
            continue
        if not closing:
            depth.append(name)
        elif name in depth[-50:]:
            while depth.pop() != name:
                pass
    return text + "".join(f"</{name}>" for name in reversed(depth))
