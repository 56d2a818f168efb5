"""Elements of a feed's document as feedparser sees them: their names, attributes and texts.

Runs in the child process. Where it would see one in a way that is not sure, `AsideError` says so.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urljoin

from feedparser.api import StrictFeedParser
from feedparser.urls import make_safe_absolute_uri

XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
XML_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
_SPACES: Final = {uri.lower(): prefix for uri, prefix in StrictFeedParser.namespaces.items()}
_USERLAND: Final = "backend.userland.com/rss"  # any address that holds this
_PREFIXES: Final = frozenset(_SPACES.values())
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
            prefix = "" if _USERLAND in uri else _SPACES.get(uri)
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


@lru_cache(maxsize=1_000)  # a memo of a pure function
def is_known(name: str) -> bool:
    """Tell whether feedparser makes more of an element than a key of its own that we do not use."""
    if name in _USED or name.startswith(("title_", "summary_", "pheedo_", "xhtml_")):
        return True
    return hasattr(StrictFeedParser, f"_start_{name}") or hasattr(StrictFeedParser, f"_end_{name}")


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
    known = {one: "" if _USERLAND in uri else _SPACES.get(uri) for one, uri in meant.items()}
    if any(prefix in _PREFIXES and said not in (None, prefix) for prefix, said in known.items()):
        raise AsideError
    foreign = {meant[prefix]: prefix for prefix, said in known.items() if said is None}
    for prefix in foreign.values():
        if not prefix.isalnum() or prefix in _USED or prefix in known.values():
            raise AsideError
    if len(foreign) < sum(said is None for said in known.values()):
        raise AsideError  # two prefixes for one namespace
    return foreign
