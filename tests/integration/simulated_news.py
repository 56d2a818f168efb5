"""What happens in a simulated week: outlets that report, servers and a chat that fail.

All of it follows from a seed, so that it is known to the unit what has to come of it. A fault is a
function of what it befalls, never of an order: the same week can be had on two databases.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from bot.domain.articles import Entry
from bot.domain.errors import (
    ChannelGoneError,
    DeliveryError,
    ForbiddenError,
    NotSentError,
    RateLimitError,
)
from bot.domain.messages import Message, Posted
from bot.domain.polls import Hints, Outcome, PollRequest, PollResult, Validators
from bot.domain.watches import Channel, Watch, WatchId
from tests.fakes.clock import FakeClock
from tests.integration.still_chat import StillChat

GONE_EVERY = 50  # one channel of so many is deleted half-way through


class Died(BaseException):
    """The process dies here: what it had not committed is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much happens."""

    feeds: int
    channels: int
    days: int
    events: int  # a day; a third of them is what some channel watches for
    every: timedelta  # how often a feed is polled
    step: str  # the span between two looks at what is due
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What an outlet publishes about an event, and when."""

    event: int
    watched: int | None  # the watch whose word it has
    at: datetime
    entry: Entry


class News:
    """All that is published, made from a seed."""

    def __init__(self, size: Size, start: datetime) -> None:
        """Write the week's news."""
        self.size = size
        self.start = start
        self.by_url: dict[str, list[Item]] = {url(n): [] for n in range(size.feeds)}
        chance = random.Random(size.seed)  # noqa: S311 - to be repeatable is its point
        words = new_words(chance)
        self.watched = [next(words) for _ in range(size.channels)]
        for event in range(size.events * size.days):
            watch = chance.randrange(size.channels) if chance.random() < 1 / 3 else None
            about = [next(words) for _ in range(8)]
            begins = start + chance.random() * timedelta(days=size.days)
            outlets = chance.sample(range(size.feeds), chance.choice((1, 1, 2, 3, 6)))
            for nth, outlet in enumerate(outlets):
                at = begins + nth * chance.random() * timedelta(hours=4)
                self._publish(event, outlet, about, watch, at)
        for items in self.by_url.values():
            items.sort(key=lambda item: item.at)

    def _publish(
        self, event: int, outlet: int, about: list[str], watch: int | None, at: datetime
    ) -> None:
        first, *rest = about
        word = "" if watch is None else f" {self.watched[watch]}"
        entry = Entry(
            id=f"{event}",
            link=f"https://outlet{outlet}.example/{event}",
            title=f"{first.title()} {' '.join(rest[:4])}{word}",
            summary=f"Outlet {outlet} says: {' '.join(rest)} {first}.",
        )
        item = Item(event=event, watched=watch, at=at, entry=entry)
        self.by_url[url(outlet)].append(item)

    @cached_property
    def items(self) -> list[Item]:
        """All of it."""
        return [item for items in self.by_url.values() for item in items]

    def watches(self) -> list[Watch]:
        """Return a watch a channel; every fifth tells the next channel, too."""
        return [
            Watch(
                id=WatchId(0),
                scope=None,
                name=f"w{n}",
                query=word,
                channels=tuple(map(channel, self.channels_of(n))),
                created_at=self.start,
            )
            for n, word in enumerate(self.watched)
        ]

    def channels_of(self, watch: int) -> tuple[int, ...]:
        """Return the channels of a watch."""
        return (watch,) if watch % 5 else (watch, (watch + 1) % self.size.channels)


def url(feed: int) -> str:
    return f"https://outlet{feed}.example/feed"


def channel(number: int) -> Channel:
    return Channel.parse(f"sandbox:c{number}")


def new_words(chance: random.Random) -> Iterator[str]:
    """Yield words that there are not, each once."""
    given = set[str]()
    while True:
        word = "".join(chance.choice("bdgklmnprtvz") + chance.choice("aeiou") for _ in range(4))
        if word not in given:
            given.add(word)
            yield f"{word}k"


class Fate:
    """Draws what befalls something, by its name and how often it was drawn for."""

    def __init__(self, seed: int) -> None:
        """Begin; nothing befalls once `off`."""
        self.off = False
        self._seed = seed
        self._drawn: Counter[str] = Counter()

    def of(self, name: str, share: float, kinds: tuple[str, ...]) -> str:
        """Return one of `kinds`, each with a probability of `share`; else ""."""
        self._drawn[name] += 1
        if self.off:
            return ""
        drawn = random.Random(f"{self._seed} {name} {self._drawn[name]}").random()  # noqa: S311
        return kinds[int(drawn / share)] if drawn < share * len(kinds) else ""


class Outlets:
    """The servers of the feeds; see `bot.ports.world.FeedSource`."""

    def __init__(self, news: News, clock: FakeClock, fate: Fate) -> None:
        """Serve `news` as it is published."""
        self._news = news
        self._clock = clock
        self._fate = fate

    async def poll(self, request: PollRequest) -> PollResult:
        """See `bot.ports.world.FeedSource.poll`."""
        now = self._clock()
        entries = [item.entry for item in self._news.by_url[request.url] if item.at <= now]
        well = PollResult(
            url=request.url,
            final_url=request.url,
            status=200,
            outcome=Outcome.OK,
            entries=tuple(reversed(entries)),
            validators=Validators(etag=f'"{len(entries)}"'),
        )
        kind = self._fate.of(request.url, 0.04, ("error", "wait", "cut"))
        if kind == "error":
            return replace(well, status=500, outcome=Outcome.ERROR, entries=(), reason="500")
        if kind == "wait":
            hints = Hints(retry_after=timedelta(hours=1))
            return replace(well, status=429, outcome=Outcome.DEFERRED, entries=(), hints=hints)
        if kind == "cut":
            some = well.entries[: len(entries) // 2]
            none = Validators()
            return replace(well, outcome=Outcome.OK_LOOSE, entries=some, validators=none)
        if request.validators.etag == well.validators.etag:
            return replace(well, status=304, outcome=Outcome.NOT_MODIFIED, entries=())
        return well


class Platform(StillChat):
    """A chat that fails, and in whose requests processes die; it takes each repeated key twice."""

    def __init__(self, clock: FakeClock, fate: Fate, gone_from: datetime) -> None:
        """Delete some channels at `gone_from`."""
        super().__init__()
        self._clock = clock
        self._fate = fate
        self._gone_from = gone_from

    def gone(self, to: Channel) -> bool:
        """Say whether a channel is one that is deleted some day."""
        return int(to.id[1:]) % GONE_EVERY == GONE_EVERY - 1

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        """See `bot.ports.world.Chat.post`."""
        self._check(to)
        kinds = ("not sent", "limit", "forbidden", "dropped", "lost", "dies", "dies after")
        kind = self._fate.of(key, 0.03, kinds)
        errors = {
            "not sent": NotSentError(str(to), "refused"),
            "limit": RateLimitError(str(to), timedelta(seconds=30)),
            "forbidden": ForbiddenError(str(to), "a right is missing"),
            "dropped": DeliveryError(str(to), "no answer"),
            "dies": Died(),
        }
        if kind in errors:
            raise errors[kind]
        posted = await super().post(message, to, thread, key)
        if kind == "lost":
            raise DeliveryError(str(to), "the connection broke")
        if kind == "dies after":
            raise Died
        return posted

    async def find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        """See `bot.ports.world.Chat.find`."""
        self._check(to)
        return await super().find(message, to, thread, key, since)

    async def edit(self, posted: Posted, message: Message) -> None:
        """See `bot.ports.world.Chat.edit`."""
        self._check(posted.channel)
        name = f"edit {posted.channel} {posted.id}"
        if kind := self._fate.of(name, 0.03, ("not sent", "dies")):
            raise Died if kind == "dies" else NotSentError(str(posted.channel), "refused")
        await super().edit(posted, message)

    def _check(self, to: Channel) -> None:
        if self.gone(to) and self._clock() >= self._gone_from:
            raise ChannelGoneError(str(to), "deleted")
