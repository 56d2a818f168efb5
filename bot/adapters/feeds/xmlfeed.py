"""RSS, RDF, Atom and news sitemaps, by feedparser, or by `quick` where that says the same.

Runs in the child process: feedparser raises on some input, and can take minutes over other.
"""

import io
import re
from collections.abc import Set
from typing import Any

from bot.adapters.feeds.documents import RawEntry, RawFeed
from bot.adapters.feeds.quick import Parsed, read_quickly
from bot.adapters.feeds.trim import trimmed
from bot.adapters.feeds.wellformed import Xml

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_EMAIL_NAME = re.compile(r"^\s*\S+@\S+\s*\((.{1,200})\)\s*$|^(.{1,200}?)\s*[<(]\S+@\S+[>)]\s*$")
_EMAIL = re.compile(r"^\s*\S+@\S+\s*$")
_PERIODS = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 604_800,
    "monthly": 2_592_000,
    "yearly": 31_536_000,
}
_DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_ROOTS = frozenset({"rss", "feed", "rdf"})
_VERSION = re.compile(r"(rss|atom)(\d)(\d{1,2})[a-z]?", re.ASCII)
_SKIPS = re.compile(r"<(hour|day)>\s*([A-Za-z0-9]{1,9})\s*</\1>", re.IGNORECASE)
_SITEMAP_URL = re.compile(r"<url\b[^>]*>(.*?)</url\s*>", re.DOTALL | re.IGNORECASE)


def read_xml(xml: Xml, base: str, seen: Set[str] = frozenset()) -> RawFeed | None:
    """Return the feed in an XML document, or None if it is a document of another kind.

    Args:
        xml: As `bot.adapters.feeds.wellformed.prepared` gave it.
        base: The address it came from.
        seen: Names of items that may be left out, where that is sure to change nothing else.
    """
    if xml.root == "urlset":
        return _sitemap(xml)
    cut = trimmed(xml.text, seen) if xml.sound and not xml.cut and xml.root in _ROOTS else None
    if cut is not None:
        feed = _read(xml, cut.text, base)
        if feed is not None and len(feed.entries) == len(cut.read):
            for entry, name in zip(feed.entries, cut.read, strict=True):
                entry.item = name
            feed.standing = cut.standing
            return feed
        if feed is not None and not cut.standing:
            return feed
    return _read(xml, xml.text, base)


def _read(xml: Xml, text: str, base: str) -> RawFeed | None:
    """Return the feed in `text`, which is all of `xml` or as much of it as is new."""
    return by_ourselves(xml, text, base) or by_feedparser(xml, text, base)


def by_ourselves(xml: Xml, text: str, base: str) -> RawFeed | None:
    """Return the feed as our own reader gives it, or None where it stands aside."""
    parsed = read_quickly(text, base) if xml.sound and xml.root in _ROOTS else None
    return None if parsed is None else _raw(xml, parsed, "by our own reader")


def by_feedparser(xml: Xml, text: str, base: str) -> RawFeed | None:
    """Return the feed as feedparser gives it."""
    import feedparser  # 0.1 s and 10 MiB: most children never need it

    # A guid is an id, not a link: resolved against the feed's address it would change with it.
    feedparser.api.StrictFeedParser.can_be_relative_uri.discard("id")
    parsed = feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": base,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    version = _string(parsed.get("version"))
    if not version and not parsed["entries"] and xml.root not in _ROOTS:
        return None
    return _raw(xml, Parsed(version, parsed["feed"], parsed["entries"]), "by feedparser")


def _raw(xml: Xml, parsed: Parsed, reader: str) -> RawFeed:
    """Return what a parser read of `xml`, in one shape."""
    atom = parsed.version.startswith("atom")
    channel = parsed.feed
    entries = [_entry(entry, atom=atom) for entry in parsed.entries]
    if not xml.sound and xml.cut and len(entries) > 1:
        entries.pop()  # the one that the cut went through
    skips = _SKIPS.findall(xml.text[:20_000])
    return RawFeed(
        title=_text(channel, "title"),
        title_markup=_is_markup(channel, "title", atom=atom),
        site=_link(channel),
        lang=_text(channel, "language"),
        entries=entries,
        form=f"{_form(parsed.version, xml.root)}, {reader}",
        hub=_related(channel, "hub"),
        topic=_related(channel, "self"),
        loose=not xml.whole or not xml.sound,
        ttl=max(_minutes(_text(channel, "ttl")), _period(channel)),
        skip_hours=[
            int(value) % 24 for kind, value in skips if kind.lower() == "hour" and value.isdigit()
        ],
        skip_days=[
            _DAYS[value[:3].lower()]
            for kind, value in skips
            if kind.lower() == "day" and value[:3].lower() in _DAYS
        ],
    )


def _entry(entry: Any, *, atom: bool) -> RawEntry:
    content = _longest(entry.get("content"))
    return RawEntry(
        id=_text(entry, "id"),
        link=_text(entry, "feedburner_origlink") or _text(entry, "pheedo_origlink") or _link(entry),
        title=_text(entry, "title"),
        title_markup=_is_markup(entry, "title", atom=atom),
        summary=_text(entry, "summary"),
        summary_markup=_is_markup(entry, "summary", atom=atom),
        body=_string(content.get("value")),
        body_markup=not atom or content.get("type") in _HTML_TYPES,
        author=_author(entry),
        tags=[
            _string(tag.get("label")) or _string(tag.get("term")) for tag in _list(entry, "tags")
        ],
        dates=[_text(entry, key) for key in ("published", "updated", "created", "date")],
        lang=_lang(entry, content),
        outlet=_outlet(entry),
    )


def _form(version: str, root: str) -> str:
    """Return what a document is, by feedparser's name for it: `rss20` → `RSS 2.0`."""
    known = _VERSION.fullmatch(version)
    if known is None:
        return f"a feed of no known version ({root or 'no root'})"
    name = {"rss": "RSS", "atom": "Atom"}[known.group(1)]
    return f"{name} {known.group(2)}.{known.group(3)}"


def _related(channel: Any, rel: str) -> str:
    """Return the address of the first link of a relation that a feed names, or "".

    Of `hub` and `self` WebSub tells (§4).
    """
    found = (link for link in _list(channel, "links") if link.get("rel") == rel)
    return next((_string(link.get("href")) for link in found), "")


def _is_markup(holder: Any, key: str, *, atom: bool) -> bool:
    """Tell whether a text is HTML: as Atom says, and always in RSS, which cannot say."""
    if not atom:
        return True
    detail = dict.get(holder, f"{key}_detail") or {}
    return bool(detail.get("type", "text/html") in _HTML_TYPES)


def _link(holder: Any) -> str:
    """Return the address of what a holder is about: the alternate, else the next best."""
    links = [link for link in _list(holder, "links") if _string(link.get("href"))]
    for good in (("alternate", True), ("alternate", False), ("", False), ("self", False)):
        rel, html = good
        for link in links:
            fits = link.get("rel") == rel or (
                not rel
                and link.get("rel") not in ("self", "hub", "next", "replies", "edit", "search")
            )
            if fits and (not html or link.get("type", "text/html") in _HTML_TYPES):
                return _string(link["href"])
        if html and _text(holder, "link"):
            return _text(holder, "link")
    return _text(holder, "link")


def _longest(contents: Any) -> Any:
    usable = [one for one in contents or () if isinstance(one, dict)]
    return max(usable, key=lambda one: len(_string(one.get("value"))), default={})


def _author(entry: Any) -> str:
    """Return the names of those who wrote an entry; an e-mail address alone is nobody's name."""
    text = _text(entry, "author")[:1_000]
    if "@" not in text:
        names = [_string(author.get("name")) for author in _list(entry, "authors")]
        return ", ".join(dict.fromkeys(name for name in names[:10] if name)) or text
    inside = _EMAIL_NAME.match(text)
    if inside:
        return inside.group(1) or inside.group(2)
    return "" if _EMAIL.match(text) else text


def _lang(entry: Any, content: Any) -> str:
    for detail in (content, dict.get(entry, "title_detail"), dict.get(entry, "summary_detail")):
        lang = _string(detail.get("language")) if isinstance(detail, dict) else ""
        if lang:
            return lang
    return _text(entry, "language")


def _outlet(entry: Any) -> str:
    source = dict.get(entry, "source")
    return _string(source.get("title")) if isinstance(source, dict) else ""


def _period(channel: Any) -> int:
    """Return how often the syndication module says that the feed is updated, in seconds; or 0."""
    period = _PERIODS.get(_text(channel, "sy_updateperiod").strip().lower(), 0)
    frequency = _text(channel, "sy_updatefrequency").strip()
    return (
        period // max(1, int(frequency)) if frequency.isdecimal() and len(frequency) < 6 else period
    )


def _minutes(text: str) -> int:
    text = text.strip()
    return int(text) * 60 if text.isdecimal() and len(text) < 7 else 0


def _sitemap(xml: Xml) -> RawFeed | None:
    """Read a news sitemap. Source: Google's news sitemap protocol, version 0.9."""
    entries = []
    for match in _SITEMAP_URL.finditer(xml.text):
        block = match.group(1)
        title, link = _inner(block, "title"), _inner(block, "loc")
        if title and link:
            entries.append(
                RawEntry(
                    id=link,
                    link=link,
                    title=title,
                    tags=_inner(block, "keywords").split(","),
                    dates=[_inner(block, "publication_date")],
                    lang=_inner(block, "language"),
                    outlet=_inner(block, "name"),
                )
            )
    form = "a news sitemap, by our own reader"
    return RawFeed(entries=entries, form=form, loose=not xml.whole) if entries else None


def _inner(block: str, name: str) -> str:
    match = re.search(
        rf"<(?:news:)?{name}\b[^>]*>(?:\s*<!\[CDATA\[)?(.*?)(?:\]\]>\s*)?</(?:news:)?{name}",
        block,
        re.DOTALL,
    )
    return match.group(1).replace("&amp;", "&").strip() if match else ""


def _text(holder: Any, key: str) -> str:
    """Return a text of feedparser's; past its aliases, some of which warn or guess."""
    return _string(dict.get(holder, key))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(holder: Any, key: str) -> list[Any]:
    value = dict.get(holder, key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
