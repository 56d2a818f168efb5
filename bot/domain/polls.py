"""What a poll of a feed asks and what it gives, whatever fetched it.

Owns the words for how a poll ended. When to poll again is decided in `bot.domain.schedule`, which
of the entries are new in `bot.domain.sift`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.articles import Entry
from bot.domain.standing import Mark, Standing
from bot.domain.urls import masked

ZERO = timedelta(0)


class Outcome(StrEnum):
    """How a poll ended."""

    OK = "ok"  # read whole
    OK_LOOSE = "ok_loose"  # damaged, read as far as it goes; its validators must not be stored
    NOT_MODIFIED = "not_modified"  # 304, or the same bytes as last time
    MOVED = "moved"  # read whole, at an address that it has moved to for good
    GONE = "gone"  # 410: stop polling, and tell
    DEFERRED = "deferred"  # the server asked us to wait
    REFUSED = "refused"  # not asked: scheme, port or address is not allowed
    ERROR = "error"  # anything else; the reason says what

    @property
    def read(self) -> bool:
        """Whether the poll brought a document whose entries can be sifted."""
        return self in (Outcome.OK, Outcome.OK_LOOSE, Outcome.MOVED)

    @property
    def healthy(self) -> bool:
        """Whether the feed works: it was read, or has nothing new."""
        return self.read or self is Outcome.NOT_MODIFIED

    @property
    def failed(self) -> bool:
        """Whether this counts as a failure in a row; a server that asks to wait has not failed."""
        return self in (Outcome.GONE, Outcome.REFUSED, Outcome.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What lets the next poll be answered with "nothing new"; empty strings where unknown."""

    etag: str = ""  # byte for byte as the server sent it
    last_modified: str = ""  # byte for byte, never reformatted
    body_hash: str = ""  # of the decoded body
    standing: Standing = field(default_factory=Standing)  # its items


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the server or the document asks for; zero where it asks for nothing.

    Source: RFC 9110 §10.2.3 (Retry-After), RFC 9111 §5.2.2.1 and §5.3 (max-age, Expires), RSS 2.0
    (ttl, skipHours, skipDays), RSS 1.0 module syndication (updatePeriod, updateFrequency).
    """

    retry_after: timedelta = ZERO
    max_age: timedelta = ZERO
    ttl: timedelta = ZERO
    skip_hours: frozenset[int] = frozenset()  # 0 to 23, UTC
    skip_days: frozenset[int] = frozenset()  # 0 is Monday, UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that a web page links."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """One poll to make."""

    url: str
    validators: Validators = field(default_factory=Validators)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a poll saw beside what it was for; only told by `feed check`."""

    hops: tuple[tuple[int, str], ...] = ()  # redirects followed: the status, and where it led
    content_type: str = ""  # as the server says, one line
    encoding: str = ""  # Content-Encoding, one line
    form: str = ""  # "RSS 2.0", and how it was read
    topic: str = ""  # the feed's address, as its hub knows it
    hub: str = ""  # that tells of changes (WebSub), "" where the feed names none


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What one poll gave."""

    url: str  # as it was asked for
    final_url: str  # where the redirects led; `url` when there were none
    status: int | None  # of the last response; None when there was none
    outcome: Outcome
    reason: str = ""  # one plain sentence for people; "" when all is well
    entries: tuple[Entry, ...] = ()  # in the document's order
    standing: tuple[Mark, ...] = ()  # those items that are left out: they stand as they stood
    title: str = ""  # the feed's own
    site_url: str = ""  # of the web site that the feed says it belongs to
    lang: str = ""  # of the feed, BCP 47 primary subtag in lower case
    validators: Validators = field(default_factory=Validators)  # to store with the entries
    hints: Hints = field(default_factory=Hints)
    moved_to: str = ""  # where permanent redirects alone lead; "" when there are none
    feeds: tuple[FoundFeed, ...] = ()  # linked by the web page that was found instead of a feed
    took: timedelta = ZERO
    size: int = 0  # of the decoded body, bytes
    at: datetime | None = None  # UTC; when the poll began
    seen: Seen = field(default_factory=Seen)

    def report(self) -> dict[str, object]:
        """Return what `feeds check --json` prints; secrets in addresses are masked."""
        return {
            "url": masked(self.url),
            "final_url": masked(self.final_url),
            "status": self.status,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "items": len(self.entries) + len(self.standing),
            "titles": [entry.title for entry in self.entries],
            "feeds": [{"url": masked(feed.url), "title": feed.title} for feed in self.feeds],
        }
