"""Elements of a feed's document as feedparser sees them: their names, attributes and texts.

Runs in the child process. Where it would see one in a way that is not sure, `AsideError` says so.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urljoin

XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
XML_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
# feedparser's own names for the namespaces that it knows, by address in lower case.
SPACES: Final = {
    "": "",
    "http://backend.userland.com/rss": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://example.com/necho": "",
    "http://example.com/newformat#": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/echo/": "",
    "http://purl.org/pie/": "",
    "http://purl.org/rss/1.0/": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    "http://www.w3.org/2005/atom": "",
    "uri/of/echo/namespace#": "",
    "http://webns.net/mvcb/": "admin",
    "http://purl.org/rss/1.0/modules/aggregation/": "ag",
    "http://purl.org/rss/1.0/modules/annotate/": "annotate",
    "http://media.tangent.org/rss/1.0/": "audio",
    "http://backend.userland.com/blogchannelmodule": "blogChannel",
    "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://purl.org/rss/1.0/modules/company": "co",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://my.theinfo.org/changed/1.0/rss/": "cp",
    "http://backend.userland.com/creativecommonsrssmodule": "creativeCommons",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativeCommons",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/email/": "email",
    "http://purl.org/rss/1.0/modules/event/": "ev",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://freshmeat.net/rss/fm/": "fm",
    "http://xmlns.com/foaf/0.1/": "foaf",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://postneo.com/icbm/": "icbm",
    "http://purl.org/rss/1.0/modules/image/": "image",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://purl.org/rss/1.0/modules/link/": "l",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://madskills.com/public/xml/rss/module/pingback/": "pingback",
    "http://prismstandard.org/namespaces/1.2/basic/": "prism",
    "http://podlove.org/simple-chapters": "psc",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://purl.org/rss/1.0/modules/reference/": "ref",
    "http://purl.org/rss/1.0/modules/richequiv/": "reqv",
    "http://purl.org/rss/1.0/modules/search/": "search",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap",
    "http://purl.org/rss/1.0/modules/servicestatus/": "ss",
    "http://hacks.benhammersley.com/rss/streaming/": "str",
    "http://purl.org/rss/1.0/modules/subscription/": "sub",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://schemas.pocketsoap.com/rss/mydescmodule/": "szf",
    "http://purl.org/rss/1.0/modules/taxonomy/": "taxo",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://purl.org/rss/1.0/modules/textinput/": "ti",
    "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
    "http://wellformedweb.org/commentapi/": "wfw",
    "http://purl.org/rss/1.0/modules/wiki/": "wiki",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/xml/1998/namespace": "xml",
}
_USERLAND: Final = "backend.userland.com/rss"  # any address that holds this
_PREFIXES: Final = frozenset(SPACES.values())
TEXT_TYPES: Final = {
    "text": "text/plain",
    "plain": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
}
# What feedparser takes for windows-1252 in a text.
_CP1252: Final = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_PLAIN_ADDRESS: Final = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[\w-][\w.-]*)*/?", re.ASCII
)
_SLASHES: Final = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)(/*)(.*?)")
# Keys that are read of what feedparser gives: an unknown element must not be named like one.
_USED: Final = frozenset(
    [
        *("author", "authors", "channel", "content", "created", "date", "div", "entries", "entry"),
        *("feed", "href", "id", "item", "language", "link", "links", "math", "published"),
        *("source", "summary", "summary_detail", "svg", "sy_updatefrequency", "sy_updateperiod"),
        *("tags", "title", "title_detail", "ttl", "updated", "url", "xhtml"),
    ]
)
_USED_PREFIXES: Final = ("title_", "summary_", "pheedo_", "xhtml_")
# The elements that feedparser has a method for.
HANDLED: Final = frozenset(
    [
        *("abstract", "author", "body", "category", "cc_license", "channel", "cloud", "content"),
        *("content_encoded", "contributor", "copyright", "created", "creativecommons_license"),
        *("dc_author", "dc_contributor", "dc_creator", "dc_date", "dc_description", "dc_language"),
        *("dc_publisher", "dc_rights", "dc_subject", "dc_title", "dcterms_created"),
        *("dcterms_issued", "dcterms_modified", "dcterms_valid", "description", "email"),
        *("enclosure", "entry", "expirationdate", "feed", "feedburner_browserfriendly"),
        *("fullitem", "generator", "geom", "georss_box", "georss_line", "georss_point"),
        *("georss_polygon", "georss_where", "georssgeom", "gml_exterior", "gml_linearring"),
        *("gml_linestring", "gml_point", "gml_polygon", "gml_pos", "gml_poslist", "guid"),
        *("height", "homepage", "id", "image", "info", "issued", "item", "itunes_author"),
        *("itunes_block", "itunes_category", "itunes_email", "itunes_explicit", "itunes_image"),
        *("itunes_keywords", "itunes_link", "itunes_name", "itunes_owner", "itunes_subtitle"),
        *("itunes_summary", "keywords", "language", "lastbuilddate", "link", "managingeditor"),
        *("media_category", "media_content", "media_credit", "media_description", "media_group"),
        *("media_keywords", "media_license", "media_player", "media_rating", "media_restriction"),
        *("media_thumbnail", "media_title", "modified", "name", "newlocation", "psc_chapter"),
        *("psc_chapters", "pubdate", "published", "rights", "rss", "source", "subtitle"),
        *("summary", "tagline", "tags", "textinput", "title", "updated", "uri", "url"),
        *("webmaster", "where", "width", "xhtml_body"),
    ]
)
# What an attribute must not be called if its namespace could be forgotten.
_ATTRIBUTES: Final = frozenset(
    [
        *("rel", "href", "url", "uri", "type", "term", "scheme", "label", "domain", "ispermalink"),
        *("src", "mode", "lang", "base", "version", "about", "lastmod"),
    ]
)


class AsideError(Exception):
    """The document holds something that is feedparser's business."""


class Elements:
    """The elements of one document."""

    def __init__(self, declared: Sequence[tuple[str, str]], base: str) -> None:
        """Begin with the namespaces that the document declares, and the address it came from.

        Raises:
            AsideError: A prefix could be taken for another namespace.
        """
        self.spaces = frozenset(uri.lower() for _, uri in declared)
        self._base = base
        self._names: dict[str, str] = {}
        self._foreign = _foreign(declared)

    def based(self, base: str) -> None:
        """Resolve addresses against `base` from now on, itself resolved."""
        from feedparser.urls import make_safe_absolute_uri  # 0.1 s, and seldom needed

        self._base = make_safe_absolute_uri(self._base, base) or self._base

    def value(self, element: Any) -> str:
        """Return an element's text as feedparser stores it."""
        return stored(self.text(element))

    def text(self, element: Any) -> str:
        """Return the text of an element that holds nothing else.

        Raises:
            AsideError: It does.
        """
        if len(element):
            raise AsideError
        text: str | None = element.text
        return text.strip() if text else ""

    def kind(self, element: Any, default: str) -> str:
        """Return of what type an element's text is: `text/plain` or `text/html`.

        Raises:
            AsideError: Of another.
        """
        attributes = self.attributes(element)
        kind = TEXT_TYPES.get(attributes.get("type", default))
        if kind is None or "mode" in attributes or "src" in attributes:
            raise AsideError
        return kind

    def attributes(self, element: Any) -> dict[str, str]:
        """Return an element's attributes as feedparser names them.

        Of those that have a namespace it makes nothing that is used, unless it forgets that.
        """
        found: dict[str, str] = {}
        for key, value in element.attrib.items():
            name = key.lower()
            if key != XML_LANG and name.rpartition("}")[2] in found:
                raise AsideError
            if name[0] == "{":
                if key != XML_LANG and name.rpartition("}")[2] in _ATTRIBUTES:
                    raise AsideError
                continue
            found[name] = value.lower() if name in ("rel", "type") else value
        return found

    def lang(self, element: Any, lang: str | None) -> str | None:
        """Return the language of an element, which may be its own."""
        attributes = element.attrib
        if not attributes:
            return lang
        own = attributes.get(XML_LANG)
        for key in attributes:
            if key.lower().rpartition("}")[2] in ("lang", "base") and key != XML_LANG:
                raise AsideError
        return lang if own is None else own or None

    def name(self, element: Any) -> str:
        """Return an element's name as feedparser's methods have it: `dc_creator`, `title`."""
        tag: str = element.tag
        name = self._names.get(tag)
        if name is None:
            uri, _, local = tag.rpartition("}")
            uri = uri[1:].lower()
            prefix = "" if _USERLAND in uri else SPACES.get(uri)
            if prefix is None:
                prefix = self._foreign.get(uri, "")
                if not prefix:
                    raise AsideError
            local = local.lower()
            name = self._names[tag] = f"{prefix}_{local}".lower() if prefix else local
        return name

    def absolute(self, address: str) -> str:
        """Return an address resolved against the document's."""
        if _PLAIN_ADDRESS.fullmatch(address):
            return address
        try:
            return urljoin(self._base, _SLASHES.sub(r"\1\3", address))
        except ValueError:
            return ""

    def below(self, element: Any) -> Iterator[str]:
        """Yield the names of all elements in an element."""
        for one in element.iter():
            if one is not element:
                self.lang(one, None)
                yield self.name(one)


def bare(element: Any) -> None:
    """Make sure that an element has no attributes: with one, feedparser keeps those, not its text.

    Raises:
        AsideError: It has.
    """
    if element.attrib:
        raise AsideError


def is_known(name: str) -> bool:
    """Tell whether feedparser makes more of an element than a key of its own that we do not use."""
    return name in HANDLED or name in _USED or name.startswith(_USED_PREFIXES)


def stored(text: str) -> str:
    """Return a text as feedparser stores it: what was encoded twice is decoded."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_CP1252)


def _foreign(declared: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the prefixes of namespaces that feedparser does not know, by address, lower case.

    Raises:
        AsideError: A prefix could be taken for another namespace.
    """
    meant: dict[str, str] = {}
    for prefix, uri in declared:
        if meant.setdefault(prefix.lower(), uri.lower()) != uri.lower():
            raise AsideError
    known = {one: "" if _USERLAND in uri else SPACES.get(uri) for one, uri in meant.items()}
    if any(prefix in _PREFIXES and said not in (None, prefix) for prefix, said in known.items()):
        raise AsideError
    foreign = {meant[prefix]: prefix for prefix, said in known.items() if said is None}
    for prefix in foreign.values():
        if not prefix.isalnum() or prefix in _USED or prefix in known.values():
            raise AsideError
    if len(foreign) < sum(said is None for said in known.values()):
        raise AsideError  # two prefixes for one namespace
    return foreign
