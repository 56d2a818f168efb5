"""JSON Feed 1.0 and 1.1.

Source: https://www.jsonfeed.org/version/1.1/

Runs in the child process; gives what `bot.adapters.feeds.xmlfeed` gives.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.adapters.feeds.documents import RawEntry, RawFeed

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)  # a number of a million digits is text
_DAMAGE = (ValueError, RecursionError)


def read_json(text: str) -> RawFeed | None:
    """Return the feed in a JSON document, or None if it is JSON of another kind, or none at all."""
    loose = False
    try:
        document = _DECODER.decode(text)
    except _DAMAGE:
        document = _as_far_as_it_goes(text)
        loose = True
    if isinstance(document, list):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return None
    version = document.get("version")
    if not (isinstance(version, str) and "jsonfeed.org" in version) and not (
        "title" in document and any(_looks_like_item(item) for item in document["items"])
    ):
        return None
    lang = _text(document.get("language"))
    return RawFeed(
        title=_text(document.get("title")),
        title_markup=False,
        site=_text(document.get("home_page_url")),
        lang=lang,
        form=_form(version),
        hub=_hub(document.get("hubs")),
        topic=_text(document.get("feed_url")),
        loose=loose,
        entries=[
            _entry(item, document, lang) for item in document["items"] if isinstance(item, dict)
        ],
    )


def _form(version: Any) -> str:
    number = re.search(r"/version/(1(?:\.1)?)\b", version) if isinstance(version, str) else None
    return f"JSON Feed {number.group(1) if number else 'of no version'}, by our own reader"


def _hub(hubs: Any) -> str:
    """Return the address of the first WebSub hub that a feed names, or ""."""
    listed = hubs if isinstance(hubs, list) else []
    found = (hub for hub in listed if isinstance(hub, dict) and hub.get("type") == "WebSub")
    return next((_text(hub.get("url")) for hub in found), "")


def _looks_like_item(item: Any) -> bool:
    return isinstance(item, dict) and "id" in item and not {"url", "content_html"}.isdisjoint(item)


def _as_far_as_it_goes(text: str) -> Any:
    """Return a damaged document with those of its items that stand before the damage."""
    begin = _ITEMS.search(text)
    if begin is None:
        return None
    head = text[: begin.start()].rstrip().rstrip(",")
    try:
        document = _DECODER.decode(head + "}")
    except _DAMAGE:
        document = {"version": "https://jsonfeed.org/version/1" if "jsonfeed.org" in head else ""}
    if not isinstance(document, dict):
        return None
    document["items"] = list(_complete_items(text, begin.end()))
    return document


def _complete_items(text: str, at: int) -> Iterator[Any]:
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            item, at = _DECODER.raw_decode(text, at)
        except _DAMAGE:
            return
        yield item


def _entry(item: dict[str, Any], document: dict[str, Any], lang: str) -> RawEntry:
    html, plain = _text(item.get("content_html")), _text(item.get("content_text"))
    return RawEntry(
        id=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=_text(item.get("title")),
        title_markup=False,
        summary=_text(item.get("summary")),
        summary_markup=False,
        body=html or plain,
        body_markup=bool(html),
        author=_authors(item) or _authors(document),
        tags=[_text(tag) for tag in _list(item.get("tags"))],
        dates=[_text(item.get("date_published")), _text(item.get("date_modified"))],
        lang=_text(item.get("language")) or lang,
    )


def _authors(holder: dict[str, Any]) -> str:
    people = [*_list(holder.get("authors")), holder.get("author")]
    names = [_text(person.get("name")) for person in people if isinstance(person, dict)]
    return ", ".join(dict.fromkeys(name for name in names[:10] if name))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Return a JSON value as text: publishers write ids as numbers; anything else is ""."""
    return value if isinstance(value, str) else ""
