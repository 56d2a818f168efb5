"""A desk on the whole pipeline: people type lines and press buttons, and read the answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.adapters.chart.png import PngCharts
from bot.adapters.feeds.lists import OpmlLists
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.commands.desk import Desk
from bot.commands.dispatch import DeskDispatcher
from bot.domain.calls import Call, Person, Reply, Role
from bot.domain.errors import FeedError
from bot.domain.lines import parse_line, read_action
from bot.domain.messages import Posted
from bot.domain.watches import Channel, Scope
from tests.fakes.places import FakePlaces
from tests.fakes.shipped import new_window, shipped_packs
from tests.integration.pipeline_world import CHANNEL, World, entry, world

ELSEWHERE = Channel(Scope("sandbox", "elsewhere"), "deportations")
"""A channel of another workspace, of the same name."""

HERE = ("bot-health", "deportations", "news", "other")
"""The channels of the workspace."""

JUDGE = "Judge orders update on transfers to the CECOT prison"
COURT = (
    "A federal judge ordered the government on Monday to report by Friday on the 252 men held at"
    " the CECOT prison. Lawyers said that 12 clients could not be reached. The government said"
    " that it would appeal the order."
)
FAMILIES = (
    "Families of the men held at the CECOT prison asked the judge for news of them. A federal"
    " judge ordered the government to report by Friday. Relatives said that they had not heard"
    " from 40 of the men since March."
)
FIRE = "Fire destroys a market hall in the old town of Santa Ana, near CECOT"


@dataclass(slots=True)
class Office:
    """The pipeline, with a dispatcher beside it and the last answer at hand."""

    world: World
    desk: Desk
    places: FakePlaces
    dispatcher: DeskDispatcher
    role: Role = Role.EDITOR
    channel: Channel = CHANNEL
    thread: Posted | None = None
    answers: list[Reply] = field(default_factory=list)

    @property
    def last(self) -> Reply:
        """The last answer."""
        return self.answers[-1]

    async def type_(self, line: str) -> str:
        """Type a line; return the words of the answer."""
        verb, args = parse_line(line, self.dispatcher.usages)
        return await self.call(verb, **args)

    async def press(self, label: str) -> str:
        """Press a button of the last answer by the beginning of its label."""
        return await self.act(self.button(label))

    async def act(self, action: str) -> str:
        """Carry out a button's action."""
        verb, args = read_action(action)
        return await self.call(verb, **args)

    async def call(self, verb: str, **args: str) -> str:
        """Carry out a command; return the words of the answer."""
        self.answers.append(await self.dispatcher.answer(self.made(verb, **args)))
        return self.last.message.as_text()

    def made(self, verb: str, **args: str) -> Call:
        """Return a call, as a platform would make it."""
        person = Person(scope=self.channel.scope, id="u1", name="Ana", role=self.role)
        return Call(
            verb=verb,
            args=args,
            person=person,
            channel=self.channel,
            thread=self.thread,
            at=self.world.clock(),
        )

    def button(self, label: str) -> str:
        """Return the action of a button of the last answer."""
        found = [one for one in self.last.message.buttons if one.label.startswith(label)]
        assert found, f"no {label!r} among {[one.label for one in self.last.message.buttons]}"
        return found[0].action

    def labels(self) -> list[str]:
        """Return the labels of the last answer's buttons."""
        return [one.label for one in self.last.message.buttons]

    async def publish(self, *items: tuple[str, str, str, str]) -> None:
        """Have feeds bring items: outlet, slug, title, summary; then let everything happen."""
        for outlet, slug, title, summary in items:
            url = f"https://{outlet}.example/feed"
            there = self.world.source.entries.get(url, ())
            self.world.source.entries[url] = (entry(outlet, slug, title, summary), *there)
        await self.world.pass_("10m")
        await self.world.pass_("10m")

    async def code(self, slug: str = "judge", outlet: str = "one") -> str:
        """Return the code of the story that an article is in."""
        async with self.world.store.reading() as tx:
            article = await tx.articles.find(f"https://{outlet}.example/{slug}")
            assert article is not None
            return (await tx.stories.of([article.id]))[article.id]

    async def card(self, code: str) -> Posted:
        """Return a story's card in the channel."""
        async with self.world.store.reading() as tx:
            threads = await tx.threads.of_story(code)  # type: ignore[arg-type] # a code is a story's id
        posted = [thread.posted for thread in threads if thread.posted is not None]
        assert posted
        return posted[0]


async def _never(url: str) -> bytes:
    raise FeedError(f"There is nothing at {url}.")


def places() -> FakePlaces:
    """Return where the bot can post: in all channels of here, and in the one of elsewhere."""
    return FakePlaces(
        {
            CHANNEL.scope: {name: name for name in HERE},
            ELSEWHERE.scope: {ELSEWHERE.id: ELSEWHERE.id},
        }
    )


@asynccontextmanager
async def office(*feeds: str, backfill: int = 0, **changes: object) -> AsyncIterator[Office]:
    """Open an office whose feeds (two, if none are named) have been seeded and are empty."""
    async with world(*(feeds or ("one", "two")), **changes) as place:
        here = places()
        desk = Desk(
            store=place.store,
            source=place.source,
            summariser=ExtractiveSummariser(),
            lists=OpmlLists(_never),
            charts=PngCharts(),
            places={"sandbox": here},
            packs=shipped_packs(),
            clock=place.clock,
            new_window=new_window,
            new_error_id=lambda: "e1",
            version="0.1.0",
            every=timedelta(minutes=15),
            backfill=backfill,
        )
        await place.pass_("0s")
        yield Office(world=place, desk=desk, places=here, dispatcher=DeskDispatcher(desk))


async def with_a_story(place: Office) -> str:
    """Have two outlets tell the story of the judge's order; return its code."""
    await place.publish(("one", "judge", JUDGE, COURT))
    await place.publish(("two", "families", f"Families ask: {JUDGE}", FAMILIES))
    return await place.code()
