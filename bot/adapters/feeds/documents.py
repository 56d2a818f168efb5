"""What a feed document says, before and after it is made plain and bounded.

Runs in the child process, and is the wire form between it and its parent: plain values only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.adapters.feeds.dates import parse_date
from bot.adapters.feeds.plain import one_line, paragraphs
from bot.domain.urls import absolute_url

MAX_ENTRIES = 500
MAX_TITLE, MAX_SUMMARY, MAX_BODY = 1_000, 20_000, 200_000
MAX_TAGS, MAX_TAG, MAX_NAME, MAX_ID = 50, 100, 300, 2_000
MAX_TEXT_IN_ALL = 12_000_000  # characters over all entries; bodies are cut to keep to it


@dataclass(slots=True)
class RawEntry:
    """An item as its format gives it; `…_markup` says that the text is HTML."""

    id: str = ""
    link: str = ""
    title: str = ""
    title_markup: bool = True
    summary: str = ""
    summary_markup: bool = True
    body: str = ""
    body_markup: bool = True
    author: str = ""
    tags: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)  # best first
    lang: str = ""
    outlet: str = ""
    item: str = ""  # its name, see `bot.adapters.feeds.trim`; "" where it has none


@dataclass(slots=True)
class RawFeed:
    """A document as its format gives it."""

    title: str = ""
    title_markup: bool = True
    site: str = ""
    lang: str = ""
    entries: list[RawEntry] = field(default_factory=list)
    form: str = ""  # "RSS 2.0", and by what it was read
    hub: str = ""
    topic: str = ""  # its own address, as it gives it
    loose: bool = False  # damaged, read as far as it goes
    ttl: int = 0  # seconds; 0 where it asks for nothing
    skip_hours: list[int] = field(default_factory=list)
    skip_days: list[int] = field(default_factory=list)
    standing: tuple[str, ...] = ()  # the names of items that are left out


def plain_feed(feed: RawFeed, base: str) -> dict[str, Any]:
    """Return a document in plain, bounded values that JSON can carry.

    Args:
        feed: As its format gives it.
        base: The address it came from, for relative links.
    """
    lang = primary_subtag(feed.lang)
    entries = [plain_entry(entry, base, lang) for entry in feed.entries]
    room = MAX_TEXT_IN_ALL
    kept = newest([entry for entry in entries if says_something(entry)])
    for entry in kept:
        room -= len(entry["body"]) + len(entry["summary"]) + len(entry["title"])
        if room < 0:
            entry["body"] = ""
            entry["summary"] = entry["summary"][:500]
    return {
        "kind": "feed",
        "title": one_line(feed.title, MAX_NAME, markup=feed.title_markup),
        "site": absolute_url(feed.site, base),
        "lang": lang,
        "form": feed.form,
        "hub": absolute_url(feed.hub, base),
        "topic": absolute_url(feed.topic, base),
        "loose": feed.loose,
        "ttl": max(0, min(feed.ttl, 86_400)),
        "skip_hours": sorted({hour for hour in feed.skip_hours if 0 <= hour <= 23}),
        "skip_days": sorted({day for day in feed.skip_days if 0 <= day <= 6}),
        "entries": kept,
        "dropped": len(entries) - len(kept),
        "standing": feed.standing,
    }


def plain_entry(entry: RawEntry, base: str, feed_lang: str) -> dict[str, Any]:
    """Return an item in plain, bounded values."""
    lang = primary_subtag(entry.lang) or feed_lang
    summary = paragraphs(entry.summary, MAX_SUMMARY, markup=entry.summary_markup)
    body = paragraphs(entry.body, MAX_BODY, markup=entry.body_markup)
    if body and body.startswith(summary.rstrip("…")) and len(summary) > len(body) * 0.9:
        summary = ""  # the same text under two names
    when = first_date(entry.dates, lang)
    tags = [one_line(tag, MAX_TAG) for tag in entry.tags[: 4 * MAX_TAGS]]
    return {
        "id": " ".join(entry.id.split())[:MAX_ID],
        "link": absolute_url(entry.link, base),
        "title": one_line(entry.title, MAX_TITLE, markup=entry.title_markup),
        "summary": summary,
        "body": body,
        "author": one_line(entry.author, MAX_NAME),
        "tags": [tag for tag in dict.fromkeys(tags) if tag][:MAX_TAGS],
        "published": when.isoformat() if when else "",
        "lang": lang,
        "outlet": one_line(entry.outlet, MAX_NAME),
        "item": entry.item,
    }


def says_something(entry: dict[str, Any]) -> bool:
    """Tell whether there is anything in an item that could be shown."""
    return bool(entry["title"] or entry["summary"] or entry["body"] or entry["link"])


def newest(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newest `MAX_ENTRIES`, in the document's order.

    By date where nearly all have one; else the first of the document, where news stands.
    """
    if len(entries) <= MAX_ENTRIES:
        return entries
    dated = [entry for entry in entries if entry["published"]]
    if len(dated) < 0.9 * len(entries):
        return entries[:MAX_ENTRIES]
    by_date = sorted(range(len(entries)), key=lambda i: entries[i]["published"], reverse=True)
    return [entries[i] for i in sorted(by_date[:MAX_ENTRIES])]


def first_date(dates: Iterable[str], lang: str) -> datetime | None:
    """Return the first of several dates that can be read."""
    read = (parse_date(date, lang) for date in dates if date)
    return next((date for date in read if date), None)


def primary_subtag(lang: str) -> str:
    """Return a language's primary subtag in lower case (`en-US`, `es_419` → `en`, `es`), or ""."""
    head = lang.strip().replace("_", "-").partition("-")[0].lower()
    return head if 2 <= len(head) <= 3 and head.isascii() and head.isalpha() else ""
