"""Lists of feeds: OPML in, however malformed, and OPML out.

Most lists in the wild are not well-formed XML (bare ampersands in addresses, unescaped quotes in
titles, a cut end), so a list is read tag by tag, not as a tree.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from bot.adapters.feeds.charset import to_text
from bot.adapters.feeds.plain import one_line
from bot.domain.urls import feed_address

MAX_LIST = 20_000_000  # bytes
MAX_FEEDS = 50_000
_OUTLINE = re.compile(r"<(/?)(?:[A-Za-z]+:)?outline\b", re.IGNORECASE)
_END = re.compile(r"</(?:body|opml)\s*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""([A-Za-z_:][\w:.-]*)\s*=\s*(?:"(.*?)"(?=\s|/|>|\Z)|'(.*?)'(?=\s|/|>|\Z)|([^\s"'>]+))""",
    re.DOTALL,
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ADDRESSES = ("xmlurl", "feedurl", "url", "href")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlFeed:
    """One feed of a list."""

    url: str
    title: str = ""
    folder: str = ""  # the folders it lies in, outermost first, " / " between them


def read_opml(body: bytes) -> tuple[OpmlFeed, ...]:
    """Return the feeds of a list in its order, each address once; none if it lists none.

    Args:
        body: An OPML document; of one larger than `MAX_LIST` bytes only the beginning.
    """
    text = _COMMENT.sub("", to_text(body[:MAX_LIST]))
    folders: list[str] = []
    feeds: dict[str, OpmlFeed] = {}
    for closing, inside in _tags(text):
        if closing:
            if folders:
                folders.pop()
            continue
        attributes = _attributes(inside)
        url = _address(attributes)
        title = one_line(attributes.get("title") or attributes.get("text", ""), 200, markup=False)
        if url:
            folder = " / ".join(name for name in folders if name)
            name = "" if title in (url, attributes.get("xmlurl")) else title
            feeds.setdefault(url, OpmlFeed(url=url, title=name, folder=folder))
        if len(feeds) >= MAX_FEEDS:
            break
        if not inside.rpartition(">")[0].endswith("/") and len(folders) < 100:
            folders.append("" if url else title)
    return tuple(feeds.values())


def unusable(body: bytes) -> tuple[str, ...]:
    """Return what a list gives as feeds' addresses but is none, as it stands there, in order."""
    text = _COMMENT.sub("", to_text(body[:MAX_LIST]))
    found: dict[str, None] = {}
    for closing, inside in _tags(text):
        attributes = {} if closing else _attributes(inside)
        given = [one_line(attributes.get(name, ""), 200, markup=False) for name in _ADDRESSES[:2]]
        if any(given) and not _address(attributes):
            found[next(one for one in given if one)] = None
        if len(found) >= MAX_FEEDS:
            break
    return tuple(found)


def _tags(text: str) -> Iterator[tuple[bool, str]]:
    """Yield each outline tag: whether it closes, and what stands before the next one.

    Values may hold `<`, `>` and quotes as they are, so only the next tag tells where one ends.
    """
    marks = [*_OUTLINE.finditer(text)]
    if not marks:
        return
    end = _END.search(text, marks[-1].end())
    starts = [mark.start() for mark in marks[1:]] + [end.start() if end else len(text)]
    for mark, start in zip(marks, starts, strict=True):
        yield bool(mark.group(1)), text[mark.end() : start]


def _attributes(inside: str) -> dict[str, str]:
    found = _ATTRIBUTE.findall(inside[:20_000])
    return {name.lower(): html.unescape(a or b or c) for name, a, b, c in found}


def _address(attributes: dict[str, str]) -> str:
    """Return the feed's address; only of a feed, not of a page that an outline links."""
    linked = attributes.get("type", "").lower() in ("link", "include")
    for name in _ADDRESSES[:2] if linked else _ADDRESSES:
        if name in attributes and (address := feed_address(attributes[name])):
            return address
    return ""


def write_opml(feeds: Iterable[OpmlFeed], title: str = "Newsthread feeds") -> str:
    """Return a list of feeds as an OPML 2.0 document, one level of folders, in the given order."""
    by_folder: dict[str, list[OpmlFeed]] = {}
    for feed in feeds:
        by_folder.setdefault(feed.folder, []).append(feed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head><title>{_escaped(title)}</title></head>",
        "  <body>",
    ]
    for folder, members in by_folder.items():
        indent = "    "
        if folder:
            lines.append(f"{indent}<outline text={_quoted(folder)} title={_quoted(folder)}>")
            indent = "      "
        lines += [f"{indent}{_line(feed)}" for feed in members]
        if folder:
            lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _line(feed: OpmlFeed) -> str:
    name = _quoted(feed.title or feed.url)
    return f'<outline type="rss" text={name} title={name} xmlUrl={_quoted(feed.url)}/>'


def _quoted(text: str) -> str:
    return quoteattr(one_line(text, 4_096, markup=False))


def _escaped(text: str) -> str:
    return html.escape(one_line(text, 200, markup=False), quote=False)
