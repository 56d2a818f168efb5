"""What other parsers' own test documents expect, as far as a reader would see it.

Reads the archives of recorded data; a wish is an item's title, link, id, date or text.
"""

import ast
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BASE = "https://news.example/feeds/all.xml"
_EXPECT = re.compile(r"Expect:\s*(.*?)-->", re.DOTALL)
_EQUALS = re.compile(
    r"""entries\[(\d)\](?:\.get\()?[\[.]?['"](\w+)['"][\])]?(\[0\]\['value'\])?\s*==\s*(.+)""",
    re.DOTALL,
)
_KINDS = {
    "title": "title", "link": "link", "id": "id", "guid": "id", "summary": "text",
    "description": "text", "content": "text", "published_parsed": "date",
    "updated_parsed": "date", "created_parsed": "date", "date_parsed": "date",
    "publishedParsed": "date", "updatedParsed": "date", "published": "date", "isoDate": "date",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a parser's authors expect of one item's field."""

    name: str  # of the document
    body: bytes
    items: int  # of the document, as they expect; -1 where they do not say
    item: int
    kind: str  # title, link, id, date or text
    value: str | datetime


def wishes(folder: Path) -> Iterator[Wish]:
    """Yield every wish of every archive, in order."""
    for parser, read in (
        ("feedparser", _of_feedparser),
        ("gofeed", _beside),
        ("podcastparser", _beside),
        ("rss-parser", _beside),
    ):
        with tarfile.open(folder / f"fixtures_{parser}.tar.xz") as tar:
            files = {
                one.name: file.read()
                for one in tar
                if one.isfile() and (file := tar.extractfile(one)) is not None
            }
        yield from read(files)


def _of_feedparser(files: dict[str, bytes]) -> Iterator[Wish]:
    for name, body in sorted(files.items()):
        found = _EXPECT.search(body.decode("utf-8", "replace"))
        if found is None or "/illformed/" in name:
            continue
        for clause in re.split(r"\s+and\s+", found.group(1)):
            match = _EQUALS.fullmatch(clause.strip())
            if match is None or (match.group(2) == "content") != bool(match.group(3)):
                continue
            value = _literal(match.group(4))
            if value is not None and match.group(2) in _KINDS:
                yield Wish(
                    name=name,
                    body=body,
                    items=-1,
                    item=int(match.group(1)),
                    kind=_KINDS[match.group(2)],
                    value=value,
                )


def _literal(text: str) -> str | datetime | None:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return None
    if isinstance(value, tuple) and len(value) == 9:
        year, month, day, hour, minute, second = value[:6]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return value if isinstance(value, str) else None


def _beside(files: dict[str, bytes]) -> Iterator[Wish]:
    """Yield the wishes of documents whose expectation is a JSON file beside them."""
    for name, text in sorted(files.items()):
        stem = name.removesuffix(".json").replace("/output/", "/input/")
        body = next(
            (files[stem + end] for end in (".xml", ".rss", ".atom") if stem + end in files), None
        )
        if not name.endswith(".json") or body is None or "/parser/" in name:
            continue
        said = json.loads(text.decode("utf-8", "replace"))
        said = said.get("feed", said) if isinstance(said, dict) else {}
        listed = said.get("items", said.get("episodes")) or []
        for at, item in enumerate(listed):
            for kind, value in _of_item(item):
                yield Wish(name=name, body=body, items=len(listed), item=at, kind=kind, value=value)


def _of_item(item: dict[str, Any]) -> Iterator[tuple[str, str | datetime]]:
    dated = False
    for key, kind in _KINDS.items():
        value = item.get(key)
        if kind == "date":
            when = _moment(value)
            if when is not None and not dated:
                dated = True
                yield kind, when
        elif isinstance(value, str) and value.strip():
            yield kind, value


def _moment(value: object) -> datetime | None:
    if isinstance(value, int) and value > 0:
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str) or not re.match(r"\d{4}-", value):
        return None
    when = datetime.fromisoformat(value)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
