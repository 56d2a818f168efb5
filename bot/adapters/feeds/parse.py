"""What documents say: read by killable children, whose answers are made domain types.

Nothing that a child says is trusted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.adapters.feeds import documents as bounds
from bot.adapters.feeds.children import Children, UnreadableError
from bot.adapters.feeds.trim import NAME_DIGITS
from bot.domain.articles import Entry
from bot.domain.errors import FeedError
from bot.domain.polls import FoundFeed, Hints
from bot.domain.urls import absolute_url

_CHILD = "bot.adapters.feeds.worker"


class ParseError(FeedError):
    """A document could not be read; the text is a plain sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a document says."""

    is_feed: bool
    why: str = ""  # it is no feed: what it is
    loose: bool = False
    form: str = ""  # "RSS 2.0", and by what it was read
    hub: str = ""
    topic: str = ""
    title: str = ""
    site_url: str = ""
    lang: str = ""
    entries: tuple[Entry, ...] = ()
    items: tuple[str, ...] = ()  # the name of each entry's item; "" where it has none
    standing: tuple[str, ...] = ()  # the names of the items that were left out
    hints: Hints = field(default_factory=Hints)
    feeds: tuple[FoundFeed, ...] = ()


class Parsers:
    """A pool of children that read documents."""

    def __init__(self, *, count: int, seconds: float, memory: int) -> None:
        """Keep `count` children, started when they are first needed.

        Args:
            count: Documents that are read at the same time.
            seconds: A child that takes longer over one is killed.
            memory: Address space of a child, bytes.
        """
        self._children = Children(_CHILD, count=count, seconds=seconds, memory=memory)

    async def read(
        self, body: bytes, *, base: str, charset: str, headers: str, seen: Sequence[str] = ()
    ) -> Document:
        """Return what a document says.

        Args:
            body: The whole document, decoded.
            base: The address it came from.
            charset: From the Content-Type header, or "".
            headers: The response's headers as one text, by which a challenge may be known.
            seen: Names of items that may be left out, see `bot.adapters.feeds.trim`.

        Raises:
            ParseError: It cannot be read, or not within the bounds of time and memory.
        """
        asked = {"base": base, "charset": charset, "headers": headers, "seen": list(seen)}
        try:
            said = await self._children.ask(asked, body)
        except UnreadableError as error:
            raise ParseError(str(error)) from error
        return _document(said, base)

    async def close(self) -> None:
        """Kill every child, and wait until they are gone."""
        await self._children.close()


def _document(said: Any, base: str) -> Document:
    """Return a child's answer as domain types, every bound checked once more.

    Raises:
        ParseError: It could not read the document, or its answer makes no sense.
    """
    if not isinstance(said, dict) or said.get("kind") not in ("feed", "page"):
        why = said.get("why") if isinstance(said, dict) else None
        raise ParseError(_text(why, 300) or "The document cannot be read.")
    if said["kind"] == "page":
        return Document(
            is_feed=False,
            why=_text(said.get("why"), 600),
            feeds=tuple(
                FoundFeed(url=url, title=_text(one.get("title"), bounds.MAX_NAME))
                for one in _dicts(said.get("feeds"))[:50]
                if (url := absolute_url(_text(one.get("url"), 5_000), base))
            ),
        )
    listed = _dicts(said.get("entries"))[: bounds.MAX_ENTRIES]
    standing = said.get("standing")
    return Document(
        is_feed=True,
        loose=said.get("loose") is True,
        form=_text(said.get("form"), 60),
        hub=absolute_url(_text(said.get("hub"), 5_000)),
        topic=absolute_url(_text(said.get("topic"), 5_000)),
        title=_text(said.get("title"), bounds.MAX_NAME),
        site_url=absolute_url(_text(said.get("site"), 5_000)),
        lang=bounds.primary_subtag(_text(said.get("lang"), 20)),
        entries=tuple(_entry(one) for one in listed),
        items=tuple(_name(one.get("item")) for one in listed),
        standing=tuple(map(_name, standing)) if isinstance(standing, list) else (),
        hints=Hints(
            ttl=timedelta(seconds=_number(said.get("ttl"))),
            skip_hours=frozenset(_numbers(said.get("skip_hours"), 23)),
            skip_days=frozenset(_numbers(said.get("skip_days"), 6)),
        ),
    )


def _entry(said: dict[str, Any]) -> Entry:
    tags = said.get("tags")
    return Entry(
        id=_text(said.get("id"), bounds.MAX_ID),
        link=absolute_url(_text(said.get("link"), 5_000)),
        title=_text(said.get("title"), bounds.MAX_TITLE),
        summary=_text(said.get("summary"), bounds.MAX_SUMMARY),
        body=_text(said.get("body"), bounds.MAX_BODY),
        author=_text(said.get("author"), bounds.MAX_NAME),
        tags=tuple(_text(tag, bounds.MAX_TAG) for tag in tags[: bounds.MAX_TAGS])
        if isinstance(tags, list)
        else (),
        published=_time(said.get("published")),
        lang=bounds.primary_subtag(_text(said.get("lang"), 20)),
        outlet=_text(said.get("outlet"), bounds.MAX_NAME),
    )


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""


def _name(value: Any) -> str:
    """Return an item's name, "" for anything else."""
    good = isinstance(value, str) and len(value) == NAME_DIGITS and value.isalnum()
    return value if good else ""


def _number(value: Any) -> int:
    return min(max(value, 0), 86_400) if type(value) is int else 0


def _numbers(value: Any, top: int) -> list[int]:
    listed = value if isinstance(value, list) else []
    return [one for one in listed if type(one) is int and 0 <= one <= top]


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
