"""The child process that reads documents: bytes in, plain values out, nothing else.

`python -m bot.adapters.feeds.worker MEMORY_BYTES`, spoken to as `frames` says. It holds no secret,
opens nothing, and may be killed at any time.
"""

import re
import sys
from collections.abc import Set
from contextlib import suppress
from typing import Any

from bot.adapters.feeds.charset import to_text
from bot.adapters.feeds.discover import feeds_in, page_title, wall
from bot.adapters.feeds.documents import plain_feed
from bot.adapters.feeds.frames import limit, serve
from bot.adapters.feeds.jsonfeed import read_json
from bot.adapters.feeds.wellformed import prepared
from bot.adapters.feeds.xmlfeed import read_xml

_DAMAGED = {"kind": "error", "why": "The document is damaged before the end of its first item."}
_PAGE = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|script|div|p|h1)\b", re.IGNORECASE
)


def read_document(
    body: bytes,
    base: str,
    charset: str,
    headers: str = "",
    seen: Set[str] = frozenset(),
) -> dict[str, Any]:
    """Return what a document is and says.

    Args:
        body: The whole document, decoded.
        base: The address it came from.
        charset: From the Content-Type header, or "".
        headers: The response's headers as one text, by which a wall may be known.
        seen: Names of items that may be left out, see `bot.adapters.feeds.trim`.

    Returns:
        `kind` is "feed" (see `plain_feed`), or "page" with `why` and the `feeds` that it links.
    """
    text = to_text(body, charset)
    start = text.lstrip("\ufeff \t\r\n\x00")
    if not start:
        return _page("The document is empty.")
    if start[0] in "{[":
        feed = read_json(start)
        if feed is not None:
            return plain_feed(feed, base) if feed.entries or not feed.loose else dict(_DAMAGED)
        return _page("This is JSON, but not a JSON Feed.")
    if start[:16].lower().startswith(("<!doctype html", "<html")):
        return _web_page(text, base, headers)
    xml = prepared(text)
    if xml.root in ("html", "opml", "sitemapindex"):
        return _web_page(text, base, headers, xml.root)
    if not xml.root and not start.startswith("<?xml") and _PAGE.search(text[:5_000]):
        return _web_page(text, base, headers)
    feed = read_xml(xml, base, seen) if "<" in xml.text else None
    if feed is not None and xml.cut and not feed.entries:
        return dict(_DAMAGED)
    if feed is not None and (feed.entries or (xml.sound and xml.root in ("rss", "feed", "rdf"))):
        return plain_feed(feed, base)
    return _web_page(text, base, headers, xml.root or "none")


def _web_page(text: str, base: str, headers: str, root: str = "html") -> dict[str, Any]:
    """Return the answer for what is not a feed, with what it is as far as we know."""
    if root == "opml":
        return _page("This is a list of feeds (OPML): add it with `feeds import`.")
    if root in ("sitemapindex", "urlset"):
        return _page("This is a sitemap, but not of news.")
    if root != "html" and not _PAGE.search(text[:20_000]):
        kind = "an XML document" if text.lstrip("\ufeff \t\r\n").startswith("<") else "a text"
        return _page(f"This is {kind}, but not a feed.")
    feeds = feeds_in(text, base)
    blocked = wall(text, headers)
    title = page_title(text)
    named = f" (“{title}”)" if title else ""
    if blocked:
        why = f"This is a web page, not a feed: {blocked}{named}."
    else:
        why = f"This is a web page, not a feed{named}."
    if feeds:
        why += " It links these feeds: add one of them."
    elif not blocked:
        why += " It links no feed."
    return _page(why, [{"url": feed.url, "title": feed.title} for feed in feeds])


def _page(why: str, feeds: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"kind": "page", "why": why, "feeds": feeds or []}


def answer(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the answer to one request; whatever goes wrong is an answer, too."""
    try:
        return read_document(
            body,
            str(request["base"]),
            str(request["charset"]),
            str(request["headers"]),
            frozenset(request.get("seen", ())),
        )
    except MemoryError:
        return {"kind": "error", "why": "Reading the document takes more memory than is allowed."}
    except Exception as error:  # noqa: BLE001 - feedparser lets anything out; the child must live
        name = type(error).__name__
        return {"kind": "error", "why": f"The document cannot be read ({name})."}


if __name__ == "__main__":
    limit(int(sys.argv[1]))
    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve(answer, sys.stdin.buffer, sys.stdout.buffer)
