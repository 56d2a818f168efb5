"""The composition root: builds the adapters, and hands them to the steps.

It and `bot.platforms` alone name concrete classes. Reads no configuration and no environment: those
are given. What a process does of it all is its roles; when it does so, is `bot.ticking`'s.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from bot import __version__
from bot.adapters.chart.png import PngCharts
from bot.adapters.chat.sandbox.client import SandboxChat
from bot.adapters.chat.sandbox.door import door
from bot.adapters.chat.sandbox.places import RoomPlaces
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.server import SandboxServer
from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.lists import OpmlLists
from bot.adapters.feeds.pages import HttpPages
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.feeds.websub import HttpHubs, beside, websub_app
from bot.adapters.jobs.local import LocalJobs
from bot.adapters.store.alone import alone
from bot.adapters.store.database import SqlStore
from bot.adapters.store.engine import file_of, is_server
from bot.adapters.store.migrate import Migrated, migrate
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.commands.desk import Desk
from bot.commands.dispatch import DeskDispatcher
from bot.config import Config
from bot.domain.errors import StoreError
from bot.domain.filing import Window
from bot.domain.hints import FEEDS, alerts_queue
from bot.domain.layout_parts import counted
from bot.domain.messages import Alert
from bot.domain.schedule import MIN_EVERY, first_poll
from bot.domain.text import LanguageDetector
from bot.domain.watches import Channel
from bot.environment import Environment
from bot.metrics import Metrics
from bot.pipeline.backfill import Backfiller
from bot.pipeline.collect import Collector, Poll
from bot.pipeline.compose import Composer, Manners
from bot.pipeline.deliver import Deliverer
from bot.pipeline.dispatch import Dispatcher
from bot.pipeline.fulltext import FullReader
from bot.pipeline.greet import greet
from bot.pipeline.lag import lags
from bot.pipeline.mutes import announce_ended
from bot.pipeline.pages import PageReader
from bot.pipeline.prune import Memory, prune, prune_messages
from bot.pipeline.sorter import Sorter
from bot.pipeline.subscribe import PushedReader, Subscriber
from bot.pipeline.sync import refuse_unreadable, synchronise
from bot.platforms import Listen, open_platforms
from bot.ports.jobs import Jobs
from bot.ports.world import Summariser
from bot.roles import ALL, Role
from bot.shipped import read_lexicon

if TYPE_CHECKING:
    from starlette.types import ASGIApp

TICK = timedelta(seconds=1)
PRUNE_EVERY = timedelta(hours=1)
MUTES_EVERY = timedelta(seconds=5)
HUBS_EVERY = timedelta(seconds=2)
MEASURE_EVERY = timedelta(seconds=5)
"""How often the lag of what was posted meanwhile is looked up."""
FEEDS_AT_ONCE = 32
"""Hints of feeds that a process follows at a time; the source limits how many feeds are asked."""
DEAD_COUNTED = 100
"""Jobs given up that are counted at most, for the sandbox's page."""
ALERTS_AT_ONCE = 50
"""Workspaces that a process posts to at a time, where hints are followed."""

Step = tuple[Callable[[], Awaitable[object]], timedelta]
"""What is done, and how often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast things go; the demo goes faster than the real thing."""

    least: timedelta = MIN_EVERY  # the shortest interval of a feed
    gap: timedelta = timedelta(seconds=1)  # between two requests to a host
    manners: Manners = field(default_factory=Manners)
    settle: timedelta = timedelta(seconds=20)  # how long a new watch's backfill waits for feeds
    at_once: bool = False  # poll all new feeds at once, instead of spreading them


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is served on the page's port."""

    app: "ASGIApp"  # the sandbox, and what platforms send to us
    close: Callable[[], None]  # ends live streams, so that the server can stop
    prune: Memory  # of the sandbox's messages


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a process with these roles runs, put together."""

    roles: frozenset[Role]
    store: SqlStore
    collector: Collector
    composer: Composer
    deliverers: Mapping[str, Deliverer]  # by platform, so that none holds up another
    backfiller: Backfiller
    reader: PageReader
    subscriber: Subscriber | None  # None: hubs are not asked in this process, or not at all
    pushed: PushedReader | None
    full: FullReader
    listeners: Mapping[str, Listen]  # of platforms that ask, by name
    page: Page | None  # None: of another process
    configure: Callable[[Config], Awaitable[None]]  # takes a changed configuration over
    metrics: Metrics
    jobs: Jobs
    summariser: Summariser
    dispatcher: Dispatcher | None  # None: this process claims what is due by itself

    def steps(self) -> Mapping[str, Step]:
        """Return what is done again and again in this process, by name."""
        steps: dict[str, Step] = {}
        if Role.COLLECT in self.roles:
            collect = self.collector.tick if self.dispatcher is None else self.dispatcher.tick
            steps["collect"] = (collect, TICK)
            steps["backfill"] = (self.backfiller.tick, TICK)
            steps["pages"] = (self.reader.tick, TICK)
        if self.subscriber is not None and self.pushed is not None:
            steps["hubs"] = (self.subscriber.tick, HUBS_EVERY)
            steps["pushes"] = (self.pushed.tick, TICK)
            steps["fulltext"] = (self.full.tick, TICK)
        if Role.COMPOSE in self.roles:
            steps["compose"] = (self._compose, TICK)
            steps["mutes"] = (lambda: announce_ended(self.store, utc_now), MUTES_EVERY)
            steps["prune"] = (lambda: prune(self.store, utc_now()), PRUNE_EVERY)
        for name, deliverer in self.deliverers.items():
            deliver = deliverer.work if self.dispatcher is None else deliverer.sweep
            steps[f"deliver_{name}"] = (deliver, TICK / 2)
        if self.deliverers:
            steps["measure"] = (self._measure, MEASURE_EVERY)
        if self.page is not None:
            forget = self.page.prune
            steps["prune_sandbox"] = (lambda: prune_messages(forget, utc_now()), PRUNE_EVERY)
        return steps

    def followers(self) -> Mapping[str, Listen]:
        """Return what follows hints in this process until `jobs` are stopped, by name."""
        followers: dict[str, Listen] = {}
        if Role.COLLECT in self.roles:
            feeds = {FEEDS: self.collector.follow}
            followers["follow_feeds"] = partial(self.jobs.work, feeds, FEEDS_AT_ONCE)
        if self.deliverers:
            alerts = {alerts_queue(name): one.follow for name, one in self.deliverers.items()}
            followers["follow_alerts"] = partial(self.jobs.work, alerts, ALERTS_AT_ONCE)
        return followers

    async def _compose(self) -> None:
        self.metrics.composed(await self.composer.tick())

    async def _measure(self) -> None:
        if alerts := self.metrics.to_measure():
            async with self.store.reading() as tx:
                self.metrics.lagged(await lags(tx, alerts))

    async def once(self, told: Callable[[], None] = lambda: None) -> tuple[list[Poll], list[Alert]]:
        """Do all that is due, in order, until nothing is; return the polls and the alerts.

        Args:
            told: Called whenever a poll is done.
        """
        polls = await self.collector.once(told)
        await self.full.once()
        await self.backfiller.tick()
        alerts: list[Alert] = []
        while True:
            composed = await self.composer.tick()
            settled = [alert for one in self.deliverers.values() for alert in await one.tick()]
            alerts += settled
            if not composed and not settled:
                return polls, alerts


def utc_now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(UTC)


async def prepare(database_url: str) -> Migrated:
    """Make the database's folder if there is none, and bring the database up to date.

    Raises:
        StoreError: It cannot be made or used.
    """
    _make_folder_of(database_url)
    return await migrate(database_url)


def _make_folder_of(database_url: str) -> None:
    file = file_of(database_url)
    if file is not None:
        _make_folder(file, "DATABASE_URL")


def _make_folder(file: Path, variable: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {file.parent} cannot be made ({error.strerror}): make it, or set "
            f"{variable} to a file that may be written."
        ) from error


@asynccontextmanager
async def opened(
    config: Config,
    environment: Environment,
    pace: Pace = Pace(),
    roles: frozenset[Role] = ALL,
) -> AsyncIterator[App]:
    """Build what these roles need, and take it down again.

    Raises:
        StoreError: The database cannot be used, or another process's work on it would damage it.
        ConfigError: The environment has a value that cannot be.
    """
    _make_folder_of(environment.database_url)
    async with AsyncExitStack() as stack:
        stack.enter_context(alone(environment.database_url))
        await prepare(environment.database_url)
        lexicon, background = await asyncio.to_thread(read_lexicon)

        def new_window() -> Window:
            return Window(lexicon, background)

        key = environment.key.get_secret_value()
        store = await SqlStore.open(environment.database_url, key=key)
        stack.push_async_callback(store.close)
        jobs = _jobs(environment.database_url)
        store.tell(jobs)
        async with store.transaction() as tx:
            await tx.feeds.reseal()
        source = await stack.enter_async_context(
            HttpFeedSource(
                FetchSettings(
                    user_agent=f"Newsthread/{__version__} (+{environment.contact_url})",
                    allow_addresses=environment.networks(),
                    gap=pace.gap,
                ),
                utc_now,
            )
        )
        public = environment.public()
        platforms = await open_platforms(environment, store, roles, stack)
        places = dict(platforms.places)
        rooms = await _rooms(environment, stack) if Role.WEB in roles else None
        if rooms is not None:
            places[SandboxChat.platform] = RoomPlaces(rooms)
        metrics = Metrics(roles)
        summariser = await _summariser(config, environment, store, metrics, stack)
        desk = Desk(
            store=store,
            source=source,
            lists=OpmlLists(source.document),
            summariser=summariser,
            charts=PngCharts(),
            places=places,
            packs=config.packs,
            clock=utc_now,
            new_window=new_window,
            new_error_id=lambda: secrets.token_hex(3),
            version=__version__,
            every=config.every,
            backfill=config.backfill,
            model=config.model,
        )
        dispatcher = DeskDispatcher(desk)
        chats = list(platforms.chats)
        listeners = platforms.attend(dispatcher, partial(_greet, store), utc_now)
        page: Page | None = None
        if rooms is not None:
            page, chat = await _page(environment, rooms, dispatcher, store, stack)
            page = replace(page, app=platforms.beside(page.app))
            if public:
                page = replace(page, app=beside(page.app, websub_app(store, utc_now)))
            chats.append(chat)
        owner = secrets.token_hex(8)
        sorter = Sorter(config.packs, new_window, LanguageDetector())

        pages = await stack.enter_async_context(HttpPages(source.fetcher, utc_now))
        reader = PageReader(store, pages, utc_now, on=config.pages)

        async def configure(changed: Config) -> None:
            async with store.transaction() as tx:
                if Role.COLLECT in roles:
                    await synchronise(
                        tx,
                        changed.feeds,
                        changed.watches,
                        changed.channels,
                        _first(pace),
                        utc_now(),
                    )
                await refuse_unreadable(tx, changed.packs)
                sorter.use(changed.packs)  # while nobody else can read the watches for matching
            for channel in changed.places():
                if rooms is not None and channel.scope.platform == SandboxChat.platform:
                    await rooms.open(channel.id)
            reader.use(on=changed.pages)
            dispatcher.use(
                replace(desk, packs=changed.packs, every=changed.every, backfill=changed.backfill)
            )

        await configure(config)
        subscriber: Subscriber | None = None
        if public and Role.COLLECT in roles:
            hubs = HttpHubs(source.fetcher)
            subscriber = Subscriber(
                store, hubs, utc_now, public, partial(secrets.token_urlsafe, 32)
            )

        def polled(poll: Poll) -> None:
            metrics.polled(poll)
            if subscriber is not None:
                subscriber.heard(poll)

        collector = Collector(
            store,
            source,
            sorter,
            utc_now,
            random.SystemRandom().random,
            owner,
            pace.least,
            polled,
            (lambda feed: feed.every) if subscriber is None else subscriber.every,
        )
        stack.push_async_callback(collector.stop)
        full = FullReader(store, pages, sorter, utc_now, owner)
        stack.push_async_callback(full.stop)
        yield App(
            roles=roles,
            store=store,
            collector=collector,
            composer=Composer(store, summariser, utc_now, owner, platforms.holding, pace.manners),
            deliverers={
                chat.platform: Deliverer(store, chat, utc_now, owner, told=metrics.settled)
                for chat in chats
            },
            backfiller=Backfiller(store, sorter, utc_now, pace.settle),
            reader=reader,
            subscriber=subscriber,
            pushed=PushedReader(store, source, collector) if subscriber is not None else None,
            full=full,
            listeners=listeners,
            page=page,
            configure=configure,
            metrics=metrics,
            jobs=jobs,
            summariser=summariser,
            dispatcher=Dispatcher(store, utc_now, lambda: secrets.token_hex(8))
            if is_server(environment.database_url)
            else None,
        )


async def _summariser(
    config: Config,
    environment: Environment,
    store: SqlStore,
    metrics: Metrics,
    stack: AsyncExitStack,
) -> Summariser:
    """Return what writes summaries: a model where one is configured."""
    if config.model is None:
        return ExtractiveSummariser()
    from bot.adapters.summary.endpoint import Endpoint  # it is not always needed
    from bot.adapters.summary.model import ModelSummariser

    key = environment.model_api_key.get_secret_value()
    endpoint = await stack.enter_async_context(Endpoint(config.model, key))
    made = ModelSummariser(config.model, endpoint, store, utc_now, metrics.modelled)
    stack.push_async_callback(made.stop)
    return made


def _jobs(database_url: str) -> Jobs:
    """Return the jobs that go with a database."""
    if not is_server(database_url):
        return LocalJobs(utc_now)
    from bot.adapters.jobs.pgqueuer import PgQueuerJobs  # it is not always needed

    return PgQueuerJobs(database_url)


async def _rooms(environment: Environment, stack: AsyncExitStack) -> Rooms:
    _make_folder(environment.sandbox_path, "NEWSTHREAD_SANDBOX")
    return await stack.enter_async_context(Rooms.at(environment.sandbox_path))


async def _page(
    environment: Environment,
    rooms: Rooms,
    dispatcher: DeskDispatcher,
    store: SqlStore,
    stack: AsyncExitStack,
) -> tuple[Page, SandboxChat]:
    """Return the sandbox's page, and what posts to it: where the page is, its messages are."""
    token = secrets.token_urlsafe(24)
    shown = environment.web_token.get_secret_value()
    sandbox = SandboxServer(
        rooms,
        dispatcher,
        utc_now,
        token=token,
        status=_status(store),
        door=door(environment.host, shown, environment.web_hosts),
    )
    stack.callback(sandbox.close)
    http = await stack.enter_async_context(
        httpx.AsyncClient(transport=sandbox.transport(), base_url="http://127.0.0.1")
    )
    chat = SandboxChat(http, token, utc_now, f"http://127.0.0.1:{environment.port}")
    return Page(app=sandbox.app, close=sandbox.close, prune=rooms.prune), chat


async def _greet(store: SqlStore, channel: Channel) -> None:
    await greet(store, channel, utc_now())


def _first(pace: Pace) -> Callable[[timedelta, str], datetime]:
    """Return when a new feed is polled first: spread over two minutes, or at once."""

    def due(every: timedelta, url: str) -> datetime:
        now = utc_now()
        if pace.at_once:
            return now
        share = (first_poll(now, every, url) - now) / max(every, MIN_EVERY)
        return now + share * timedelta(seconds=30)

    return due


def _status(store: SqlStore) -> Callable[[], Awaitable[Mapping[str, str]]]:
    async def status() -> Mapping[str, str]:
        async with store.reading() as tx:
            lines = await tx.feeds.list()
            dead = len(await tx.hints.dead(DEAD_COUNTED))
        following = min((line.state.due_at for line in lines), default=None)
        failing = sum(line.state.failures > 0 for line in lines)
        said = {
            "line": f"{len(lines)} feeds"
            + (f", {failing} failing" if failing else "")
            + (f", {counted(dead, 'job')} given up" if dead else ""),
            "state": "trouble" if failing or dead else "ok",
        }
        return said | ({"next_poll": following.isoformat()} if following else {})

    return status
