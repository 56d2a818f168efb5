"""The words of the tables of behaviours, and the bot that is put through them.

A behaviour is a list of steps: what the server does at one poll, how that poll must end, and how
many articles the channel was told of since the beginning. Before the first step the feed is read
once, with the item `BASE` in it, which seeds it. All is real but the chat and the clock.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_network

from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.store.database import SqlStore
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.domain.articles import Feed, FeedId
from bot.domain.polls import Outcome
from bot.domain.records import Fate
from bot.domain.schedule import MIN_EVERY
from bot.domain.watches import Channel, Watch, WatchId
from bot.pipeline.collect import Collector, Poll
from bot.pipeline.compose import Composer
from bot.pipeline.deliver import Deliverer
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import synchronise
from tests.fakes.clock import FakeClock
from tests.fakes.feed_server import FeedServer, Script, serves
from tests.fakes.shipped import new_window, shipped_detector, shipped_packs
from tests.fakes.store import fresh_store
from tests.integration.still_chat import StillChat
from tests.integration.test_guard import Names

CHANNEL = Channel.parse("sandbox:deportations")
OK, LOOSE, SAME = Outcome.OK, Outcome.OK_LOOSE, Outcome.NOT_MODIFIED
MOVED, GONE, DEFERRED = Outcome.MOVED, Outcome.GONE, Outcome.DEFERRED
REFUSED, ERROR = Outcome.REFUSED, Outcome.ERROR

NAMES: dict[str, list[list[str]]] = {  # what each leads to
    "inside.example": [["10.1.2.3"]],
    "mixed.example": [["127.0.0.1", "::1"]],
    "unknown.example": [[]],
}
STORIES = (  # each another event: what is said of two has no word in common but CECOT
    ("Harvest of coffee begins early", "Growers in Brazil's highlands expect fewer sacks."),
    ("Stadium roof collapses at a derby", "Football supporters escaped with bruises."),
    ("Volcano ash shuts an Icelandic airport", "Flights resume once wind turns."),
    ("Railway crews vote for strikes", "Pensions are why trains will stand still Monday."),
    ("Museum recovers a stolen Dutch painting", "Detectives found it behind wallpaper."),
    ("Orchestra appoints a Finnish conductor", "Musicians cheered her audition."),
    ("Vaccine trial enrols infants", "Nurses visit remote malaria clinics weekly."),
    ("Glacier lake drains overnight", "Herders in Andean valleys moved llamas uphill."),
    ("Parliament passes a fishing law", "Trawlers must register nets under quotas."),
    ("Bakers protest over flour prices", "Baguettes became unaffordable throughout Lyon."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of a feed; each text stands in the document as it is, so that it can be damaged."""

    title: str
    text: str
    guid: str
    link: str
    date: str = ""
    more: str = ""

    def rss(self) -> str:
        """Return it as RSS 2.0, without what is empty."""
        parts = {
            "title": self.title,
            "link": self.link,
            "description": self.text,
            "pubDate": self.date,
        }
        inside = "".join(f"<{name}>{text}</{name}>" for name, text in parts.items() if text)
        guid = f"<guid isPermaLink='false'>{self.guid}</guid>" if self.guid else ""
        return f"<item>{inside}{guid}{self.more}</item>"

    def atom(self) -> str:
        """Return it as Atom."""
        return (
            f"<entry><id>{self.guid}</id><title>{self.title}</title><link href='{self.link}'/>"
            f"<updated>2026-03-02T10:00:00Z</updated><summary>{self.text}</summary></entry>"
        )


def item(n: int, **changes: str) -> Item:
    """Return the item on story `n`, from 0; a watch for CECOT finds it."""
    title, text = STORIES[n]
    made = Item(
        title=f"{title} (CECOT)",
        text=text,
        guid=f"id-{n}",
        link=f"https://outlet.example/news/{n}",
        date=f"Mon, 02 Mar 2026 {10 - n:02}:00:00 GMT",
    )
    return replace(made, **changes)


BASE = item(0)
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def rss(*items: Item, channel: str = "", head: str = DECLARATION, tail: str = "") -> str:
    """Return an RSS 2.0 document: `head`, the items, `tail` after the document's end."""
    inside = "".join(one.rss() for one in items)
    return (
        f'{head}<rss version="2.0"><channel><title>Outlet</title>{channel}{inside}'
        f"</channel></rss>{tail}"
    )


def atom(*items: Item) -> str:
    """Return an Atom document."""
    inside = "".join(one.atom() for one in items)
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Outlet</title>{inside}</feed>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One poll."""

    script: Script
    outcome: Outcome
    told: int  # articles that the channel was told of, since the beginning
    says: str = ""  # a part of the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """A server's behaviour over polls, and what must come of it."""

    name: str
    steps: tuple[Step, ...]
    edits: int = 0  # replies that say EDITED, in all
    shows: str = ""  # stands in what the channel was told
    hides: str = ""  # stands nowhere in it
    also: tuple[tuple[str, Script], ...] = ()  # what else the server has, by path
    before: str = field(default_factory=lambda: rss(BASE))  # the document that seeds the feed


def behaviour(name: str, *steps: Step, **more: object) -> Behaviour:
    """Return a behaviour of several polls."""
    return Behaviour(name=name, steps=steps, **more)  # type: ignore[arg-type] # a table names real fields


def step(what: Script | str | bytes, outcome: Outcome, told: int, says: str = "") -> Step:
    """Return a poll: a script, or a document that is served as a feed should be."""
    if not callable(what):
        body = what.encode() if isinstance(what, str) else what
        what = serves(body)
    return Step(script=what, outcome=outcome, told=told, says=says)


def one(
    name: str,
    what: Script | str | bytes,
    outcome: Outcome,
    told: int,
    says: str = "",
    **more: object,
) -> Behaviour:
    """Return a behaviour of one poll; a good poll after it shows that nothing was spoilt.

    What follows is the feed as it was and one more item, on story 9: one more article is told of.
    """
    after = step(rss(BASE, item(9)), OK, told + 1)
    return behaviour(name, step(what, outcome, told, says), after, **more)


@dataclass(slots=True)
class Bot:
    """A bot that watches one feed."""

    clock: FakeClock
    store: SqlStore
    chat: StillChat
    collector: Collector
    composer: Composer
    deliverer: Deliverer

    async def poll(self) -> Poll:
        """Poll the feed, however long it was to wait; compose and deliver what comes of it."""
        self.clock.pass_("30m")
        async with self.store.transaction() as tx:
            (line,) = await tx.feeds.list()
            await tx.feeds.make_due(line.feed.id, self.clock())
        (poll,) = await self.collector.once()
        if (poll.new and not poll.seeded) or poll.edited:
            while await self.composer.tick() or await self.deliverer.tick():
                pass
        return poll

    async def told(self) -> int:
        """Return how many articles the channel was told of."""
        trails = []
        async with self.store.reading() as tx:
            for article in await tx.articles.since(self.clock() - timedelta(days=999), 9_999):
                trails.append(await tx.decisions.of(article.id))
        fates = [trail[-1].fate for trail in trails if trail]
        return sum(fate in (Fate.POSTED, Fate.MERGED) for fate in fates)

    def said(self) -> str:
        """Return all that the channel was told, as text."""
        return "\n".join(kept.message.as_text() for kept in self.chat.kept.values())

    def edits(self) -> int:
        """Return how many edited articles the threads were told of."""
        return sum(kept.message.as_text().count("EDITED") for kept in self.chat.replies())


@dataclass(slots=True)
class Hall:
    """What the behaviours share, since it is dear to make: the server and the source."""

    server: FeedServer
    source: HttpFeedSource
    names: Names
    paths: int = 0

    async def play(self, one: Behaviour) -> None:
        """Put a new bot through a behaviour; assert all that must come of it."""
        self.paths += 1
        path = f"/{self.paths}"
        self.server.scripts |= dict(one.also)
        async with self._bot(self.server.url(path)) as bot:
            for at, now in enumerate((step(one.before, OK, 0), *one.steps)):
                self.server.scripts[path] = now.script
                poll = await bot.poll()
                titles = [entry.title[:60] for entry in poll.result.entries]
                where = f"poll {at}: {poll.result.outcome}, {poll.result.reason} {titles[:9]}"
                assert poll.result.outcome is now.outcome, where
                assert now.says in poll.result.reason, where
                assert await bot.told() == now.told, f"{where}, told {await bot.told()}"
            said = bot.said()
            assert one.shows in said, said
            assert not one.hides or one.hides not in said, said
            assert bot.edits() == one.edits, said

    @asynccontextmanager
    async def _bot(self, url: str) -> AsyncIterator[Bot]:
        clock = FakeClock()
        store = await fresh_store(clock=clock)
        sorter = Sorter(shipped_packs(), new_window, shipped_detector())
        feed = Feed(id=FeedId(0), url=url, name="Outlet", every=MIN_EVERY, lang="en")
        watch = Watch(
            id=WatchId(0),
            scope=None,
            name="cecot",
            query="cecot",
            channels=(CHANNEL,),
            created_at=clock(),
        )
        async with store.transaction() as tx:
            await synchronise(tx, [feed], [watch], [], lambda _every, _url: clock(), clock())
        chat = StillChat()
        try:
            yield Bot(
                clock=clock,
                store=store,
                chat=chat,
                collector=Collector(store, self.source, sorter, clock, lambda: 0.5, "w1"),
                composer=Composer(store, ExtractiveSummariser(), clock, "w1"),
                deliverer=Deliverer(store, chat, clock, "w1"),
            )
        finally:
            await store.close()


@asynccontextmanager
async def hall() -> AsyncIterator[Hall]:
    """Open the server and the source."""
    settings = FetchSettings(
        user_agent="Newsthread/test (+https://example.org)",
        allow_addresses=(ip_network("127.0.0.1/32"),),
        gap=timedelta(0),
        deadline=timedelta(seconds=2),
        silence=timedelta(seconds=1),
        max_wire=400_000,
        max_body=2_000_000,
        parsers=1,
    )
    names = Names(NAMES)
    async with (
        FeedServer() as server,
        HttpFeedSource(settings, FakeClock(), names) as source,
    ):
        yield Hall(server=server, source=source, names=names)
