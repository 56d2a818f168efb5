"""The documents of the sample wire: RSS 2.0, Atom, RDF (RSS 1.0) and JSON Feed.

Owns how a feed's state is written down, and the mark on each item that says it is a sample. Pure:
the same state and the same clock give the same bytes, so that an ETag can be made of them.

Source: rssboard.org/rss-specification, RFC 4287 (Atom), web.resource.org/rss/1.0/spec,
jsonfeed.org/version/1.1.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from bot.adapters.demo.wire import FeedState, Format, Item, Minute

When = Callable[[Minute], datetime]  # when a minute of the script is, UTC

MEDIA_TYPES = {
    Format.RSS: "application/rss+xml; charset=utf-8",
    Format.ATOM: "application/atom+xml; charset=utf-8",
    Format.RDF: "application/rdf+xml; charset=utf-8",
    Format.JSON: "application/feed+json; charset=utf-8",
}
RIGHTS = "Sample news of the Newsthread demo. The outlet is fictional."
AUTHOR = "Newsthread sample desk"


def document(state: FeedState, when: When) -> bytes:
    """Return the feed's document in its outlet's format, UTF-8."""
    write = {Format.RSS: _rss, Format.ATOM: _atom, Format.RDF: _rdf, Format.JSON: _json}
    return write[state.outlet.format](state, when).encode()


def page(state: FeedState, item: Item) -> str:
    """Return the HTML page of one item, for people who follow a link by hand."""
    text = "".join(f"<p>{escape(part)}</p>" for part in item.paragraphs)
    return (
        f'<!doctype html><html lang="{state.outlet.lang}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(item.title)}</title><article><p><small>{RIGHTS}</small></p>"
        f"<h1>{escape(item.title)}</h1><p>{escape(state.outlet.name)}</p>{text}</article></html>"
    )


def _rfc822(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _markup(item: Item) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in item.paragraphs)


def _rss(state: FeedState, when: When) -> str:
    outlet = state.outlet
    items = "".join(
        f"""
    <item>
      <title>{escape(item.title)}</title>
      <link>{escape(item.link)}</link>
      <guid isPermaLink="false">{escape(item.id)}</guid>
      <pubDate>{_rfc822(when(item.minute))}</pubDate>
      <dc:creator>{AUTHOR}</dc:creator>
      {"".join(f"<category>{escape(tag)}</category>" for tag in item.tags)}
      <description>{escape(item.paragraphs[0])}</description>
      <content:encoded>{escape(_markup(item))}</content:encoded>
    </item>"""
        for item in state.items
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel>
    <title>{escape(outlet.name)}</title>
    <link>{escape(state.home)}/</link>
    <description>{escape(outlet.about)}</description>
    <language>{outlet.lang}</language>
    <copyright>{RIGHTS}</copyright>
    <lastBuildDate>{_rfc822(when(state.changed))}</lastBuildDate>{items}
  </channel>
</rss>
"""


def _atom(state: FeedState, when: When) -> str:
    outlet = state.outlet
    entries = "".join(
        f"""
  <entry>
    <title>{escape(item.title)}</title>
    <id>{escape(_uri(item.id))}</id>
    <link rel="alternate" href="{escape(item.link)}"/>
    <published>{_rfc3339(when(item.minute))}</published>
    <updated>{_rfc3339(when(item.updated))}</updated>
    {"".join(f'<category term="{escape(tag)}"/>' for tag in item.tags)}
    <summary>{escape(item.paragraphs[0])}</summary>
    <content type="html">{escape(_markup(item))}</content>
  </entry>"""
        for item in state.items
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">
  <title>{escape(outlet.name)}</title>
  <subtitle>{escape(outlet.about)}</subtitle>
  <id>urn:sample:{outlet.slug}</id>
  <link rel="alternate" href="{escape(state.home)}/"/>
  <author><name>{AUTHOR}</name></author>
  <rights>{RIGHTS}</rights>
  <updated>{_rfc3339(when(state.changed))}</updated>{entries}
</feed>
"""


def _rdf(state: FeedState, when: When) -> str:
    outlet = state.outlet
    listed = "".join(f'<rdf:li rdf:resource="{escape(_uri(item.id))}"/>' for item in state.items)
    items = "".join(
        f"""
  <item rdf:about="{escape(_uri(item.id))}">
    <title>{escape(item.title)}</title>
    <link>{escape(item.link)}</link>
    <description>{escape(" ".join(item.paragraphs))}</description>
    <dc:creator>{AUTHOR}</dc:creator>
    <dc:date>{_rfc3339(when(item.minute))}</dc:date>
    {"".join(f"<dc:subject>{escape(tag)}</dc:subject>" for tag in item.tags)}
  </item>"""
        for item in state.items
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
         xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel rdf:about="{escape(state.home)}/">
    <title>{escape(outlet.name)}</title>
    <link>{escape(state.home)}/</link>
    <description>{escape(outlet.about)}</description>
    <dc:language>{outlet.lang}</dc:language>
    <dc:rights>{RIGHTS}</dc:rights>
    <dc:date>{_rfc3339(when(state.changed))}</dc:date>
    <items><rdf:Seq>{listed}</rdf:Seq></items>
  </channel>{items}
</rdf:RDF>
"""


def _json(state: FeedState, when: When) -> str:
    outlet = state.outlet
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": f"{state.home}/",
        "description": f"{outlet.about} {RIGHTS}",
        "language": outlet.lang,
        "authors": [{"name": AUTHOR}],
        "items": [
            {
                "id": item.id,
                "url": item.link,
                "title": item.title,
                "summary": item.paragraphs[0],
                "content_html": _markup(item),
                "date_published": _rfc3339(when(item.minute)),
                "date_modified": _rfc3339(when(item.updated)),
                "tags": list(item.tags),
            }
            for item in state.items
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def _uri(name: str) -> str:
    """Return an id as Atom and RDF want it: an absolute URI."""
    return name if name.startswith("urn:") else f"urn:sample:{name}"
