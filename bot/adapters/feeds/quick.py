"""Reads the common run of feed documents as feedparser does, in a tenth of its time.

Runs in the child process. It knows a list of elements and what feedparser makes of each where they
stand as they usually do, oddities included. At anything else it stands aside (`None`), and
feedparser reads the document: so it may know little, but what it says is what feedparser says. That
it does is proved over recorded and generated documents in `tests/integration/test_quick.py`.
"""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree as ET

from bot.adapters.feeds.elements import (
    TEXT_TYPES,
    XML_BASE,
    XML_LANG,
    AsideError,
    Elements,
    bare,
    is_known,
    stored,
)

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_RSS: Final = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_DEEPEST: Final = 5  # of media elements in media elements
_REFERENCE: Final = re.compile("&([A-Za-z0-9_]+);")

# Elements that say nothing we use, whatever they hold, as long as they hold no elements.
_IDLE: Final = frozenset(
    [
        *("generator", "cloud", "copyright", "rights", "dc_rights", "subtitle", "tagline"),
        *("itunes_subtitle", "webmaster", "dc_publisher", "dc_contributor", "expirationdate"),
        *("media_rating", "media_credit", "media_restriction", "media_license", "media_content"),
        *("media_thumbnail", "media_player", "media_group", "itunes_image", "itunes_block"),
        *("itunes_explicit", "creativecommons_license"),
    ]
)
_PEOPLE: Final = frozenset({"name", "email", "uri", "url"})
_PICTURE: Final = frozenset({"url", "title", "link", "width", "height", "description"})
_MEDIA: Final = frozenset({"media_content", "media_group"})
_PUBLISHED: Final = ("pubdate", "published", "issued", "dcterms_issued")
_UPDATED: Final = ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified")
_KEPT: Final = {
    **dict.fromkeys(_PUBLISHED, "published"),
    **dict.fromkeys(_UPDATED, "updated"),
    **dict.fromkeys(("created", "dcterms_created"), "created"),
    **dict.fromkeys(("language", "dc_language"), "language"),
}
_PLAIN: Final = frozenset(
    {"ttl", "sy_updateperiod", "sy_updatefrequency", "feedburner_origlink", "pheedo_origlink"}
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document as feedparser would give it, as far as it is used."""

    version: str
    feed: dict[str, Any]
    entries: list[dict[str, Any]]


def read_quickly(text: str, base: str) -> Parsed | None:
    """Return what a document says, or None where feedparser must be asked.

    Args:
        text: A well-formed document without a document type.
        base: The address it came from.
    """
    events = ET.iterparse(io.BytesIO(text.encode("utf-8", "replace")), events=("start-ns",))  # noqa: S314 - see above
    try:
        declared = [space for _, space in events]
        return _Reader(declared, base).read(events.root)  # type: ignore[attr-defined]
    except (AsideError, ET.ParseError):
        return None


@dataclass(slots=True)
class _Holder:
    """A feed or an entry, with what feedparser remembers while it reads one."""

    said: dict[str, Any] = field(default_factory=dict)
    is_entry: bool = True
    guarded: bool = False  # its title is in, and later ones are passed over
    emails: bool = False  # an author was given with an address
    depth: int | None = None  # of the element that its summary is from, below the holder's own

    def authors(self) -> list[dict[str, str]]:
        authors: list[dict[str, str]] = self.said.setdefault("authors", [])
        return authors

    def links(self) -> list[dict[str, str]]:
        links: list[dict[str, str]] = self.said.setdefault("links", [])
        return links


class _Reader:
    """Reads one document."""

    def __init__(self, declared: list[tuple[str, str]], base: str) -> None:
        self._elements = Elements(declared, base)
        self._has_content = False  # feedparser's `hasContent`, which outlives the feed's own part
        self._feed = _Holder(is_entry=False)
        self._entries: list[dict[str, Any]] = []
        self._handlers: Mapping[str, Callable[[_Holder, Any, str, str | None], None]] = {
            "title": self._title,
            "link": self._link,
            "guid": self._id,
            "id": self._id,
            "category": self._category,
            "keywords": self._category,
            "dc_subject": self._category,
            "media_category": self._category,
            "media_keywords": self._keywords,
            "author": self._author,
            "managingeditor": self._author,
            "dc_creator": self._author,
            "dc_author": self._author,
            "itunes_author": self._author,
            "contributor": self._people,
            "itunes_owner": self._people,
            "description": self._description,
            "dc_description": self._description,
            "media_description": self._description,
            "summary": self._description,
            "itunes_summary": self._description,
            "content": self._content,
            "content_encoded": self._content,
            "source": self._source,
            "enclosure": self._enclosure,
            "image": self._image,
            "media_title": self._media_title,
        }

    def read(self, root: Any) -> Parsed:
        name = self._elements.name(root)
        if base := root.attrib.pop(XML_BASE, ""):
            self._elements.based(base)
        lang = self._elements.lang(root, None)
        version = self._version(name, root)
        if name in ("feed", "rss") and lang:
            self._feed.said["language"] = lang.replace("_", "-")
        if name == "feed":
            self._children(root, lang, entry="entry")
        else:
            for child in root:
                inner = self._elements.name(child)
                if inner == "channel":
                    if not child.attrib.keys() <= {_ABOUT, XML_LANG}:
                        raise AsideError
                    self._children(child, self._elements.lang(child, lang), entry="item")
                elif inner == "item" and name == "rdf_rdf":
                    self._entry(child, lang)
                elif inner in ("image", "textinput") and name == "rdf_rdf":
                    self._picture(child)
                else:
                    raise AsideError
        return Parsed(version, self._feed.said, self._entries)

    def _version(self, name: str, root: Any) -> str:
        spaces = self._elements.spaces
        if name == "rss":
            said = root.get("version", "")
            known = _RSS.get(said)
            rss10 = "http://purl.org/rss/1.0/" in spaces
            if rss10 or any("netscape" in space for space in spaces):
                raise AsideError
            return known or ("rss20" if said.startswith("2.") else "rss")
        if name == "feed" and root.tag == "{http://www.w3.org/2005/Atom}feed":
            if any("/rss/1.0/" in one and "modules" not in one for one in spaces):
                raise AsideError
            return "atom10"
        others = ("http://www.w3.org/2005/atom", "http://my.netscape.com/rdf/simple/0.9/")
        if name != "rdf_rdf" or "http://purl.org/rss/1.0/" not in spaces:
            raise AsideError
        if any(other in spaces for other in others):
            raise AsideError
        return "rss10"

    def _children(self, parent: Any, lang: str | None, entry: str) -> None:
        for child in parent:
            name = self._elements.name(child)
            if name == entry:
                self._entry(child, lang)
            else:
                self._element(self._feed, child, name, lang)

    def _entry(self, element: Any, lang: str | None) -> None:
        about = ""
        for key, value in element.attrib.items():
            if key == _ABOUT:
                about = value
            elif key != XML_LANG:
                raise AsideError
        holder = _Holder()
        if about:
            holder.said["id"] = about
        lang = self._elements.lang(element, lang)
        for child in element:
            self._element(holder, child, self._elements.name(child), lang)
        self._has_content = False
        self._entries.append(holder.said)

    def _element(self, holder: _Holder, element: Any, name: str, lang: str | None) -> None:
        inner = self._elements.lang(element, lang)
        handler = self._handlers.get(name)
        if handler is not None:
            handler(holder, element, name, inner)
        elif name in _KEPT:
            self._elements.attributes(element)
            holder.said[_KEPT[name]] = self._elements.value(element)
        elif name in _PLAIN:
            bare(element)
            holder.said[name] = self._elements.value(element)
        elif name in _MEDIA and len(element):
            for child in element:
                self._in_media(holder, child, inner, depth=1)
        elif len(element):
            if is_known(name) or any(map(is_known, self._elements.below(element))):
                raise AsideError
        elif name not in _IDLE and is_known(name):
            raise AsideError

    def _in_media(self, holder: _Holder, element: Any, lang: str | None, depth: int) -> None:
        name, inner = self._elements.name(element), self._elements.lang(element, lang)
        if name in _MEDIA and depth < _DEEPEST:
            for child in element:
                self._in_media(holder, child, inner, depth + 1)
        elif name == "media_title":
            self._media_title(holder, element, name, inner)
        elif name == "media_description":
            self._description(holder, element, name, inner, depth)
        elif (
            name in _MEDIA
            or (name not in _IDLE and is_known(name))
            or any(map(is_known, self._elements.below(element)))
        ):
            raise AsideError

    # What feedparser makes of each element.

    def _title(self, holder: _Holder, element: Any, _: str, lang: str | None) -> None:
        said = holder.said
        value, kind = self._elements.value(element), self._elements.kind(element, "text/plain")
        if "title" in said:
            raise AsideError
        said["title"] = value
        said["title_detail"] = {"type": kind, "language": _dashed(lang)}
        holder.guarded = bool(value)

    def _media_title(self, holder: _Holder, element: Any, _: str, __: str | None) -> None:
        if not holder.guarded or len(element):
            raise AsideError

    def _link(self, holder: _Holder, element: Any, _: str, __: str | None) -> None:
        attributes = self._elements.attributes(element)
        if "url" in attributes or "uri" in attributes:
            raise AsideError
        rel = attributes.setdefault("rel", "alternate")
        kind = attributes.setdefault(
            "type", "application/atom+xml" if rel == "self" else "text/html"
        )
        links = holder.links()
        links.append(attributes)
        href = attributes.get("href")
        if href is not None:
            attributes["href"] = self._elements.absolute(href)
            if rel == "alternate" and TEXT_TYPES.get(kind, kind) in _HTML:
                holder.said["link"] = attributes["href"]
            return
        value = self._elements.text(element)
        value = stored(self._elements.absolute(value) if value else "")
        if holder.is_entry:
            value = value.replace("&amp;", "&")
        value = _REFERENCE.sub(r"&\1", value)
        holder.said["link"] = value
        if value or not holder.is_entry:
            attributes["href"] = value

    def _id(self, holder: _Holder, element: Any, _: str, __: str | None) -> None:
        attributes = self._elements.attributes(element)
        holder.said["id"] = self._elements.value(element)
        if attributes.get("ispermalink", "true") == "true":
            holder.said.setdefault("link", holder.said["id"])

    def _category(self, holder: _Holder, element: Any, name: str, __: str | None) -> None:
        attributes = self._elements.attributes(element)
        term, label = attributes.get("term"), attributes.get("label")
        scheme = attributes.get("scheme", attributes.get("domain"))
        if name == "media_category" and "scheme" not in attributes:
            scheme = "http://search.yahoo.com/mrss/category_schema"
        tags = _tagged(holder, term, scheme, label)
        value = self._elements.value(element)
        if value and tags and not tags[-1]["term"]:
            tags[-1]["term"] = value
        elif value:
            _tagged(holder, value, None, None)

    def _keywords(self, holder: _Holder, element: Any, _: str, __: str | None) -> None:
        bare(element)
        for term in self._elements.value(element).split(","):
            if term.strip():
                _tagged(holder, term.strip(), None, None)

    def _author(self, holder: _Holder, element: Any, _: str, __: str | None) -> None:
        authors = holder.authors()
        author: dict[str, str] = {}
        said = {}
        for child in element:
            name = self._elements.name(child)
            if name not in _PEOPLE or name in said or len(child):
                raise AsideError
            said[name] = (child.text or "").strip()
        if not said:
            value = self._elements.value(element)
            holder.emails |= "@" in value
            holder.said["author"] = value
            if value:
                author["name"] = value
        else:
            if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
                raise AsideError
            name, email = said.get("name", ""), said.get("email", "")
            holder.emails |= "@" in name or "email" in said
            holder.said["author"] = f"{name} ({email})" if name and email else name or email
            if "name" in said:
                author["name"] = name
        authors.append(author)
        if holder.emails and len(authors) > 1:
            raise AsideError  # feedparser takes one author's address for the other's

    def _people(self, holder: _Holder, element: Any, name: str, _: str | None) -> None:
        if holder.is_entry and name == "itunes_owner":
            raise AsideError  # feedparser makes an author of it
        for below in self._elements.below(element):
            if below not in _PEOPLE and not below.startswith("itunes_"):
                raise AsideError

    def _description(
        self, holder: _Holder, element: Any, name: str, lang: str | None, depth: int = 0
    ) -> None:
        if "summary" in holder.said and not self._has_content:
            self._content(holder, element, name, lang)
            return
        kind = self._elements.kind(
            element, "text/plain" if name.endswith("summary") else "text/html"
        )
        value = self._elements.value(element)
        if holder.depth is None or depth <= holder.depth:
            holder.depth = depth
            holder.said["summary"] = value
        holder.said["summary_detail"] = {"type": kind, "language": _dashed(lang)}

    def _content(self, holder: _Holder, element: Any, name: str, lang: str | None) -> None:
        if not holder.is_entry:
            raise AsideError
        default = "text/html" if name == "content_encoded" else "text/plain"
        kind, value = self._elements.kind(element, default), self._elements.value(element)
        self._has_content = True
        contents = holder.said.setdefault("content", [])
        contents.append({"type": kind, "language": _dashed(lang), "value": value})
        holder.said.setdefault("summary", value)

    def _source(self, holder: _Holder, element: Any, _: str, __: str | None) -> None:
        self._elements.attributes(element)
        value = self._elements.value(element)
        holder.said["source"] = {"title": value} if value else {}
        holder.guarded = False

    def _enclosure(self, holder: _Holder, element: Any, _: str, __: str | None) -> None:
        attributes = self._elements.attributes(element)
        href = attributes.get("url", attributes.get("uri", attributes.get("href")))
        link = {"rel": "enclosure"}
        if href is not None:
            link["href"] = href
        if "type" in attributes:
            link["type"] = attributes["type"]
        holder.links().append(link)
        if len(element):
            raise AsideError

    def _image(self, holder: _Holder, element: Any, _: str, __: str | None) -> None:
        self._elements.attributes(element)
        if holder.is_entry and any(below != "url" for below in self._elements.below(element)):
            raise AsideError
        if not holder.is_entry:
            self._picture(element)
        holder.guarded = False  # feedparser forgets at what depth the title stood

    def _picture(self, element: Any) -> None:
        for child in element:
            if self._elements.name(child) not in _PICTURE or len(child):
                raise AsideError
            self._elements.attributes(child)


def _tagged(
    holder: _Holder, term: str | None, scheme: str | None, label: str | None
) -> list[dict[str, str | None]]:
    tags: list[dict[str, str | None]] = holder.said.setdefault("tags", [])
    tag = {"term": term, "scheme": scheme, "label": label}
    if (term or scheme or label) and tag not in tags:
        tags.append(tag)
    return tags


def _dashed(lang: str | None) -> str | None:
    return lang.replace("_", "-") if lang else lang
