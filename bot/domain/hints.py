"""Hints: what says where something is due, so that nobody has to look everywhere.

The database is the truth. A hint that is lost, late or told twice changes nothing: whoever follows
it looks at the rows, and a sweep finds what no hint covers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.articles import FeedId
from bot.domain.watches import Scope

FEEDS = "feeds"
"""The queue of feeds that are to be polled."""
LEAST, MOST = 20, 50
"""Feeds of a hint: so many, where as many are due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Where to look. Two that are equal are one, until somebody has looked."""

    queue: str  # who looks: `FEEDS`, or `alerts_queue` of a platform
    about: str  # where; 2,000 bytes at most


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadHint:
    """A hint that was given up: whoever followed it failed again and again."""

    hint: Hint
    at: datetime  # UTC
    reason: str  # of the last failure


@dataclass(frozen=True, slots=True, kw_only=True)
class HintCount:
    """How many hints of a queue there are."""

    queue: str
    waiting: int  # nobody follows them yet
    dead: int  # given up, and not forgotten yet


def alerts_queue(platform: str) -> str:
    """Return the queue of alerts that are to be posted on a platform."""
    return f"alerts {platform}"


def alert_hints(scopes: Iterable[Scope]) -> tuple[Hint, ...]:
    """Return a hint for each workspace where alerts are due."""
    return tuple(
        Hint(queue=alerts_queue(scope.platform), about=scope.workspace) for scope in scopes
    )


def feed_hints(due: Iterable[tuple[FeedId, str]], holder: str = "") -> tuple[Hint, ...]:
    """Return hints of 20 to 50 feeds for what is due; fewer in the last one.

    Feeds of one host are together, as far as they fit, so that one worker keeps them apart.

    Args:
        due: The feeds, with their addresses.
        holder: Who holds the feeds for whoever follows the hint, one word; "": nobody.
    """
    hosts: dict[str, list[FeedId]] = {}
    for feed, url in due:
        hosts.setdefault(_server(url), []).append(feed)
    return tuple(
        Hint(queue=FEEDS, about=" ".join([holder, *map(str, feeds)]))
        for feeds in _batches(list(hosts.values()))
    )


def feeds_of(hint: Hint) -> tuple[str, tuple[FeedId, ...]]:
    """Return the holder and the feeds of a hint that `feed_hints` made."""
    holder, *feeds = hint.about.split(" ")
    return holder, tuple(FeedId(int(feed)) for feed in feeds)


def _server(url: str) -> str:
    """Return who is asked; fast, since addresses of feeds are stored in one form."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]


def _batches(groups: Sequence[Sequence[FeedId]]) -> list[list[FeedId]]:
    batches: list[list[FeedId]] = []
    few: list[FeedId] = []
    for group in groups:
        parts = -(-len(group) // MOST)
        for number in range(parts):
            part = group[number::parts]  # of the same size, so that none is too small
            if len(part) >= LEAST:
                batches.append([*part])
                continue
            if len(few) + len(part) > MOST:  # which has more than MOST - LEAST
                batches.append(few)
                few = []
            few += part
    return [*batches, few] if few else batches
