"""A feed that lives: its items come, change and go, its server has moods, and its reader dies.

The world of `test_feed_life`: the real fetching, parsing, collecting, composing and delivering over
a loopback server. `Outlet` is the model: what stands in the document, and what a channel is owed.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from ipaddress import ip_network
from typing import cast

from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.store.database import SqlStore
from bot.adapters.store.transaction import SqlTransaction
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.articles import Feed, FeedId
from bot.domain.schedule import MIN_EVERY
from bot.domain.watches import Channel, Watch, WatchId
from bot.pipeline.collect import Collector, Poll
from bot.pipeline.compose import Composer
from bot.pipeline.deliver import Deliverer
from bot.pipeline.prune import KEEP_ARTICLES, prune
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import Exchange, FeedServer
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.fakes.store import fresh_store
from tests.integration.still_chat import StillChat

CHANNEL = Channel.parse("sandbox:deportations")
PATHS = ("/feed", "/moved", "/moved-again")  # where the one document may be
EVENTS = (  # each another event: what is said of two has no word in common but CECOT
    ("Harvest", "of coffee begins early in Brazil's highlands", "Growers expect fewer sacks"),
    ("Stadium", "roof collapses during a football derby", "Supporters escaped with bruises"),
    ("Volcano", "ash shuts an Icelandic airport", "Flights resume once wind turns"),
    ("Railway", "crews vote for strikes over pensions", "Trains will stand still Monday"),
    ("Museum", "recovers a stolen Dutch painting", "Detectives found it behind wallpaper"),
    ("Orchestra", "appoints a Finnish conductor", "Musicians cheered her audition"),
    ("Vaccine", "trial against malaria enrols infants", "Nurses visit remote clinics weekly"),
    ("Glacier", "lake drains overnight in the Andes", "Herders moved llamas uphill"),
    ("Parliament", "passes a law on fishing quotas", "Trawlers must register nets"),
    ("Bakers", "protest against flour prices in Lyon", "Baguettes became unaffordable"),
    ("Satellite", "loses contact beyond the moon", "Engineers blame its antenna"),
    ("Bridge", "of rope reopens for hikers in Nepal", "Sherpas tested its planks"),
    ("Beekeepers", "count record losses after winter", "Mites destroyed whole colonies"),
    ("Chess", "prodigy beats grandmaster in Reykjavik", "Her rooks were sacrificed"),
)


@dataclass(slots=True)
class Item:
    """One item of the feed; `word` stands in its headline whatever happens to it."""

    word: str
    headline: str
    lead: str
    guid: str
    link: str
    date: datetime
    edits: int = 0
    pending: set[str] = field(default_factory=set)  # what was done to it since it was last read

    def rss(self) -> str:
        """Return it as RSS."""
        revised = f" {self.word[::-1].lower()}" * self.edits
        return (
            f"<item><title>{self.word} {self.headline} (CECOT){revised}</title>"
            f"<link>{self.link}</link>"
            f"<guid isPermaLink='false'>{self.guid}</guid>"
            f"<pubDate>{format_datetime(self.date)}</pubDate>"
            f"<description>{self.word}: {self.lead}.</description></item>"
        )


@dataclass(slots=True)
class Outlet:
    """The model: a document, the server's mood for the next poll, and what is owed."""

    clock: FakeClock
    at: str  # the path of the document; those where it was before lead there
    items: list[Item] = field(default_factory=list)
    gone: list[Item] = field(default_factory=list)
    mood: str = "well"
    twice: bool = False  # the first item stands at the end of the document, too
    kept: float = 1.0  # how much of the document is sent, when it breaks off
    served: set[str] = field(
        default_factory=set
    )  # words that were in any answer since the baseline
    seeded: set[str] = field(default_factory=set)
    aged: set[str] = field(default_factory=set)  # what was published so long ago is known no more

    def new(self) -> Item:
        """Return the next event's item, which is in the feed from now on."""
        number = len(self.items) + len(self.gone)
        word, headline, lead = EVENTS[number]
        item = Item(
            word=word,
            headline=headline,
            lead=lead,
            guid=f"id-{number}",
            link=f"https://outlet.example/{number}-{word.lower()}",
            date=self.clock() - timedelta(minutes=number),
        )
        self.items.insert(0, item)
        item.pending.add("new")
        return item

    def document(self) -> bytes:
        """Return the feed."""
        items = self.items + (self.items[:1] if self.twice else [])
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>Outlet</title>{''.join(item.rss() for item in items)}</channel></rss>"
        ).encode()

    async def answer(self, exchange: Exchange) -> None:
        """Serve the document as the mood has it."""
        body = self.document()
        tag = {"ETag": f'"{sha256(body).hexdigest()[:16]}"', "Content-Type": "application/rss+xml"}
        path, _, detoured = exchange.path.partition("?")
        if path != self.at:
            await exchange.send(b"", 301, {"Location": self.at})
        elif self.mood == "detour" and not detoured:
            await exchange.send(b"", 302, {"Location": f"{self.at}?detour"})
        elif self.mood == "reset":
            exchange.reset()
        elif self.mood == "wait":
            await exchange.send(b"", 429, {"Retry-After": "60"})
        elif self.mood == "trouble":
            await exchange.send(b"<html><h1>Bad gateway</h1>", 502, tag)
        elif self.mood == "page":
            page = b"<!doctype html><title>Maintenance</title><p>We are back soon."
            await exchange.send(page, 200, tag | {"Content-Type": "text/html"})
        elif self.mood in ("cut", "damaged"):
            part = body[: int(len(body) * self.kept)]
            self.served |= {item.word for item in self.items if item.word.encode() in part}
            whole = len(body) if self.mood == "cut" else len(part)
            await exchange.send(part, 200, tag, length=whole)
        elif exchange.headers.get("if-none-match") == tag["ETag"]:
            await exchange.send(b"", 304, tag)
        else:
            self.served |= {item.word for item in self.items}
            await exchange.send(body, 200, tag)


class Died(BaseException):
    """The process dies here: what it had not committed is lost."""


class MortalStore:
    """The store of a process that dies just before its `dies_in`-th commit from now."""

    def __init__(self, store: SqlStore) -> None:
        """Stand before `store`; immortal until told."""
        self._store = store
        self.dies_in = 0  # 0: it lives
        self.reading = store.reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """See `bot.ports.store.Store.transaction`."""
        async with self._store.transaction() as tx:
            yield tx
            self.dies_in -= 1
            if self.dies_in == 0:
                raise Died


@dataclass(slots=True)
class Reader:
    """The bot: reads the outlet's feed into a channel."""

    clock: FakeClock
    outlet: Outlet
    store: SqlStore
    source: HttpFeedSource
    chat: StillChat
    url: str  # of the feed, as the configuration has it
    starts: int = 0
    mortal: MortalStore = field(init=False)
    collector: Collector = field(init=False)
    composer: Composer = field(init=False)
    deliverer: Deliverer = field(init=False)

    async def start(self) -> None:
        """Begin as a new process: nothing is known but what is in the store."""
        self.starts += 1
        self.mortal = MortalStore(self.store)
        store = cast("SqlStore", self.mortal)  # whatever the steps ask of a store, it has
        owner = f"w{self.starts}"
        sorter = Sorter(shipped_packs(), new_window, shipped_detector())
        self.collector = Collector(store, self.source, sorter, self.clock, lambda: 0.5, owner)
        self.composer = Composer(store, ExtractiveSummariser(), self.clock, owner)
        self.deliverer = Deliverer(store, self.chat, self.clock, owner)
        feed = Feed(id=FeedId(0), url=self.url, name="Outlet", every=MIN_EVERY, lang="en")
        watch = Watch(
            id=WatchId(0),
            scope=None,
            name="cecot",
            query="cecot",
            channels=(CHANNEL,),
            created_at=self.clock(),
        )
        async with self.store.transaction() as tx:
            await synchronise(
                tx, [feed], [watch], [], lambda _every, _url: self.clock(), self.clock()
            )

    async def poll(self, dies_in: int = 0) -> Poll | None:
        """Poll, compose and deliver; None if the process died on the way, and was started anew."""
        self.clock.pass_("10m")  # also past every lease
        async with self.store.transaction() as tx:
            (line,) = await tx.feeds.list()
            await tx.feeds.make_due(line.feed.id, self.clock())
        self.mortal.dies_in = dies_in
        poll = None
        try:
            (poll,) = await self.collector.once()
            while await self.composer.tick() or await self.deliverer.tick():
                pass
        except Died:
            await self.start()
            return None
        self.mortal.dies_in = 0
        return poll

    async def age(self) -> None:
        """Let so much time pass that articles of no posted story are deleted."""
        self.clock.now += KEEP_ARTICLES + timedelta(days=1)
        await prune(self.store, self.clock())

    def told(self) -> Counter[str]:
        """Return how many messages of the channel have each item's word in what they were about."""
        texts = [kept.message.as_text() for kept in self.chat.in_channel(CHANNEL)]
        return Counter(word for word, _, _ in EVENTS for text in texts if f"{word} " in text)

    async def hits(self) -> Counter[str]:
        """Return how many matched articles have each item's word in their headline."""
        async with self.store.reading() as tx:
            articles = await tx.articles.since(self.clock() - timedelta(days=999), 10_000)
            hits = await tx.hits.of([article.id for article in articles])
        matched = {hit.article for hit in hits}
        return Counter(article.title.split()[0] for article in articles if article.id in matched)


@dataclass(slots=True)
class Nursery:
    """What the lives share, since it is dear to make: the server and the source."""

    server: FeedServer
    source: HttpFeedSource
    born: int = 0

    async def reader(self) -> Reader:
        """Return a reader of a feed of its own, which has three items and was never read."""
        self.born += 1
        clock = FakeClock()
        paths = tuple(f"/{self.born}{path}" for path in PATHS)
        outlet = Outlet(clock=clock, at=paths[0])
        for path in paths:
            self.server.scripts |= {path: outlet.answer, f"{path}?detour": outlet.answer}
        for _ in range(3):
            outlet.new()
        reader = Reader(
            clock=clock,
            outlet=outlet,
            store=await fresh_store(clock=clock),
            source=self.source,
            chat=StillChat(),
            url=self.server.url(outlet.at),
        )
        await reader.start()
        return reader


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Open the server and the source."""
    allowed = (ip_network("127.0.0.0/8"),)
    settings = FetchSettings(
        user_agent="test", allow_addresses=allowed, gap=timedelta(0), parsers=1
    )
    async with FeedServer() as server, HttpFeedSource(settings, FakeClock()) as source:
        yield Nursery(
            server=server,
            source=source,
        )
