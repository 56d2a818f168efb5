"""Watches, the channels they post to, and what holds an alert back: mutes and quiet hours.

Owns who wants to see what. What a query means is in `bot.domain.query`.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NewType, Self
from zoneinfo import ZoneInfo

from bot.domain.articles import Article
from bot.domain.errors import CallError
from bot.domain.stories import StoryId

WatchId = NewType("WatchId", int)
MuteId = NewType("MuteId", int)

LOCAL = "local"
"""The sandbox's only workspace."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of the week, as people write them; their numbers begin with 0."""


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """A Discord guild or a Slack workspace: what is set up in one is never seen from another."""

    platform: str  # "sandbox", "discord", "slack"
    workspace: str  # the platform's own id of it


@dataclass(frozen=True, slots=True, order=True)
class Channel:
    """Where alerts go, on a platform."""

    scope: Scope
    id: str  # the platform's own id; in the sandbox its name

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sandbox:deportations`, `discord:GUILD/CHANNEL` or `slack:TEAM/CHANNEL`.

        Raises:
            ValueError: The text has another form.
        """
        platform, colon, rest = text.partition(":")
        workspace, slash, channel = rest.partition("/")
        if platform == "sandbox" and not slash:
            workspace, channel = LOCAL, workspace
        if not (platform and colon and workspace and channel):
            raise ValueError(f"{text!r} is no channel: write platform:workspace/channel")
        return cls(Scope(platform, workspace), channel)

    def __str__(self) -> str:
        """Return the form that `parse` reads."""
        if self.scope == Scope("sandbox", LOCAL):
            return f"sandbox:{self.id}"
        return f"{self.scope.platform}:{self.scope.workspace}/{self.id}"


class Mode(StrEnum):
    """How a watch's alerts are shown."""

    THREAD = "thread"  # a card in the channel, replies in its thread
    FORUM = "forum"  # a forum post a story, where the platform has forums; else as THREAD
    DIGEST = "digest"  # no cards at once: a list at the channel's digest times
    SILENT = "silent"  # cards without a push notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A named query, with where its alerts go and how."""

    id: WatchId
    scope: Scope | None  # None for a watch of the configuration file, which is not edited in chat
    name: str  # unique in a scope; lower case, [a-z0-9-]
    query: str  # the source text; it parses
    channels: tuple[Channel, ...]
    mode: Mode = Mode.THREAD
    ping: str = ""  # the role or group to ping for a new story, as the platform writes it
    min_outlets: int = 1  # independent outlets that a story needs before its card is posted
    lang: tuple[str, ...] = ()  # only articles in these languages; empty: all
    feeds: tuple[str, ...] = ()  # only feeds of these names; empty: all
    urgent: bool = False  # exempt from quiet hours
    paused: bool = False
    backfill: int = 0  # stories of the last day to post once when the watch is new, 0 to 10
    version: int = 1  # grows with every edit
    created_at: datetime  # UTC

    def wants(self, article: Article, feed: str) -> bool:
        """Say whether an article is of the languages and feeds that the watch is limited to."""
        return (not self.lang or article.lang in self.lang) and (
            not self.feeds or feed.casefold() in (name.casefold() for name in self.feeds)
        )

    def visible_in(self, scope: Scope) -> bool:
        """Say whether people in `scope` may see the watch: it was made there or posts there."""
        return self.scope == scope or any(channel.scope == scope for channel in self.channels)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when to when a channel is not to be disturbed, each day, in the channel's zone."""

    start: time
    end: time  # before `start`: the next morning

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `22:00-07:00`.

        Raises:
            ValueError: The text has another form, or both ends are the same.
        """
        start, _, end = text.replace("–", "-").partition("-")
        quiet = cls(time.fromisoformat(start.strip()), time.fromisoformat(end.strip()))
        if quiet.start == quiet.end:
            raise ValueError("quiet hours need two different times")
        return quiet

    def __str__(self) -> str:
        """Return the form that `parse` reads."""
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def covers(self, at: time) -> bool:
        """Say whether a local time of day lies in the quiet hours; the end does not."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def ends_after(self, at: datetime) -> datetime:
        """Return the next end after `at`, which is in the channel's zone and so is the result."""
        end = at.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return end if end > at else end + timedelta(days=1)


PINGS_AN_HOUR = 6
"""Cards that ping within an hour, where a channel has not said otherwise: what comes faster is
better read than rung for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """How a channel wants its alerts."""

    channel: Channel
    tz: str = "UTC"  # an IANA name
    lang: str = "en"  # for summaries: sentences in this language first
    quiet: QuietHours | None = None
    digest: tuple[time, ...] = ()  # the times of day of its digest, in its zone
    digest_days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)  # Monday is 0
    admin: bool = False  # the scope's channel for what goes wrong
    model: bool = True  # a model may write its summaries, where one is configured
    pings: int | None = PINGS_AN_HOUR  # cards that may ping within an hour; None: all of them
    digest_next: datetime | None = None  # UTC; when the next digest is due
    digest_last: datetime | None = None  # UTC; when the last one was made
    configured: str = ""  # what the configuration file said of it when it was last taken over

    def local(self, now: datetime) -> datetime:
        """Return `now` (UTC) in the channel's zone."""
        return now.astimezone(ZoneInfo(self.tz))

    def quiet_until(self, now: datetime) -> datetime | None:
        """Return when the quiet hours that cover `now` end, or None if it is not quiet (UTC)."""
        local = self.local(now)
        if self.quiet is None or not self.quiet.covers(local.time()):
            return None
        return self.quiet.ends_after(local).astimezone(now.tzinfo)

    def next_digest(self, now: datetime) -> datetime | None:
        """Return the first digest time after `now` (both UTC), or None where there are none."""
        local = self.local(now)
        times = (
            (local + timedelta(days=day)).replace(
                hour=at.hour, minute=at.minute, second=0, microsecond=0
            )
            for day in range(8)
            for at in sorted(self.digest)
            if (local.weekday() + day) % 7 in self.digest_days
        )
        return next((at.astimezone(now.tzinfo) for at in times if at > local), None)


class MuteKind(StrEnum):
    """What a mute is about."""

    STORY = "story"
    OUTLET = "outlet"
    WORD = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Someone in a scope wants no alerts about something, for a time."""

    id: MuteId
    scope: Scope
    kind: MuteKind
    value: str  # a story's code, an outlet's name, or words
    until: datetime | None  # UTC; None: for good
    by: str  # the name of the person
    channel: Channel | None = None  # where it was made: there its end is announced
    here: bool = False  # it holds in `channel` only, not in the whole scope
    created_at: datetime  # UTC

    def holds_in(self, channel: Channel) -> bool:
        """Say whether the mute is for a channel of its scope."""
        return not self.here or channel == self.channel

    def covers(self, article: Article, story: StoryId | None, folded: str) -> bool:
        """Say whether the mute is about an article.

        Args:
            article: The article.
            story: The story it is in.
            folded: The words of its title and text (`bot.domain.text.words`), one space between
                them; a word mute's value is stored in that form.
        """
        match self.kind:
            case MuteKind.STORY:
                return story is not None and self.value == story
            case MuteKind.OUTLET:
                return self.value.casefold() in (article.outlet.casefold(), article.site.casefold())
            case MuteKind.WORD:  # pragma: no branch - there is no other kind
                return f" {self.value} " in f" {folded} "


def watch_name(text: str) -> str:
    """Return `text` as a watch's name: lower case, digits and hyphens, 1 to 40 characters.

    Raises:
        CallError: Nothing is left of it.
    """
    kept = "".join(c if c.isalnum() else "-" for c in text.casefold())
    name = "-".join(part for part in kept.split("-") if part)[:40].strip("-")
    if not name:
        raise CallError(f"“{text[:40]}” cannot be a watch's name: use letters, digits and hyphens.")
    return name
