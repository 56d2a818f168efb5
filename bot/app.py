"""The composition root: builds the adapters, hands them to the steps, sets the ticks.

Alone names concrete classes. Reads no configuration and no environment: those are given.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot import __version__
from bot.adapters.chart.png import PngCharts
from bot.adapters.chat.sandbox.client import SandboxChat
from bot.adapters.chat.sandbox.door import door
from bot.adapters.chat.sandbox.places import RoomPlaces
from bot.adapters.chat.sandbox.rooms import Rooms
from bot.adapters.chat.sandbox.server import SandboxServer
from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.lists import OpmlLists
from bot.adapters.feeds.source import HttpFeedSource
from bot.adapters.store.database import SqlStore
from bot.adapters.store.engine import file_of
from bot.adapters.store.migrate import Migrated, migrate
from bot.adapters.summary.extractive import ExtractiveSummariser
from bot.commands.desk import Desk
from bot.commands.dispatch import DeskDispatcher
from bot.config import Config, Environment, read_lexicon
from bot.domain.errors import BotError, ConfigError, StoreError
from bot.domain.filing import Window
from bot.domain.messages import Alert
from bot.domain.schedule import MIN_EVERY, first_poll
from bot.domain.text import LanguageDetector
from bot.domain.watches import Channel
from bot.pipeline.backfill import Backfiller
from bot.pipeline.collect import Collector, Poll
from bot.pipeline.compose import Composer, Manners
from bot.pipeline.deliver import Deliverer
from bot.pipeline.greet import greet
from bot.pipeline.mutes import announce_ended
from bot.pipeline.prune import prune
from bot.pipeline.sorter import Sorter
from bot.pipeline.sync import refuse_unreadable, synchronise
from bot.ports.world import Chat, Places

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from bot.adapters.chat.discord.platform import Discord
    from bot.adapters.chat.slack.platform import Slack

log = structlog.get_logger()

TICK = timedelta(seconds=1)
PRUNE_EVERY = timedelta(hours=1)
MUTES_EVERY = timedelta(seconds=5)
LISTEN_AGAIN = 5.0
"""Seconds until a platform is listened to again, after listening to it failed."""


Listen = Callable[[], Coroutine[Any, Any, None]]
"""Listens to a platform until it is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast things go; the demo goes faster than the real thing."""

    least: timedelta = MIN_EVERY  # the shortest interval of a feed
    gap: timedelta = timedelta(seconds=1)  # between two requests to a host
    manners: Manners = field(default_factory=Manners)
    settle: timedelta = timedelta(seconds=20)  # how long a new watch's backfill waits for feeds
    at_once: bool = False  # poll all new feeds at once, instead of spreading them


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that runs, put together."""

    store: SqlStore
    collector: Collector
    composer: Composer
    deliverers: Mapping[str, Deliverer]  # by platform, so that none holds up another
    backfiller: Backfiller
    listeners: tuple[Listen, ...]  # of platforms that ask
    sandbox: SandboxServer
    web: "ASGIApp"  # what is served: the sandbox, and what platforms send to us
    configure: Callable[[Config], Awaitable[None]]  # takes a changed configuration over
    rooms: Rooms  # what the sandbox keeps

    async def once(self, told: Callable[[], None] = lambda: None) -> tuple[list[Poll], list[Alert]]:
        """Do all that is due, in order, until nothing is; return the polls and the alerts.

        Args:
            told: Called whenever a poll is done.
        """
        polls = await self.collector.once(told)
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
    file = file_of(database_url)
    if file is not None:
        _make_folder(file, "DATABASE_URL")
    return await migrate(database_url)


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
    config: Config, environment: Environment, pace: Pace = Pace()
) -> AsyncIterator[App]:
    """Build everything, and take it down again.

    Raises:
        StoreError: The database cannot be used.
        ConfigError: The environment has a value that cannot be.
    """
    await prepare(environment.database_url)
    lexicon, background = await asyncio.to_thread(read_lexicon)

    def new_window() -> Window:
        return Window(lexicon, background)

    async with AsyncExitStack() as stack:
        store = await SqlStore.open(environment.database_url)
        stack.push_async_callback(store.close)
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
        _make_folder(environment.sandbox_path, "NEWSTHREAD_SANDBOX")
        rooms = await stack.enter_async_context(Rooms.at(environment.sandbox_path))
        discord = await _discord(environment, stack)
        slack = await _slack(environment, store, stack)
        places: dict[str, Places] = {"sandbox": RoomPlaces(rooms)}
        if discord is not None:
            places[discord.chat.platform] = discord.places
        if slack is not None:
            places[slack.chat.platform] = slack.places
        summariser = ExtractiveSummariser()
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
        )
        token = secrets.token_urlsafe(24)
        dispatcher = DeskDispatcher(desk)
        sandbox = SandboxServer(
            rooms,
            dispatcher,
            utc_now,
            token=token,
            status=_status(store),
            door=door(
                environment.host, environment.web_token.get_secret_value(), environment.web_hosts
            ),
        )
        stack.callback(sandbox.close)
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=sandbox.transport(), base_url="http://127.0.0.1")
        )
        chats: list[Chat] = [
            SandboxChat(http, token, utc_now, f"http://127.0.0.1:{environment.port}")
        ]
        listeners: list[Listen] = []
        if discord is not None:
            chats.append(discord.chat)
            listeners.append(partial(discord.listen, dispatcher, partial(_greet, store)))
        if slack is not None:
            chats.append(slack.chat)
            slack.attend(dispatcher, partial(_greet, store), utc_now)
            if slack.by_socket:
                listeners.append(slack.listen)
        owner = secrets.token_hex(8)
        sorter = Sorter(config.packs, new_window, LanguageDetector())

        async def configure(changed: Config) -> None:
            async with store.transaction() as tx:
                await synchronise(
                    tx, changed.feeds, changed.watches, changed.channels, _first(pace)
                )
                await refuse_unreadable(tx, changed.packs)
                sorter.use(changed.packs)  # while nobody else can read the watches for matching
            for channel in changed.places():
                if channel.scope.platform == SandboxChat.platform:
                    await rooms.open(channel.id)
            dispatcher.use(
                replace(desk, packs=changed.packs, every=changed.every, backfill=changed.backfill)
            )

        await configure(config)
        collector = Collector(
            store, source, sorter, utc_now, random.SystemRandom().random, owner, pace.least
        )
        stack.push_async_callback(collector.stop)
        yield App(
            store=store,
            collector=collector,
            composer=Composer(
                store,
                summariser,
                utc_now,
                owner,
                frozenset(chat.platform for chat in chats if chat.holds_in_quiet_hours),
                pace.manners,
            ),
            deliverers={chat.platform: Deliverer(store, chat, utc_now, owner) for chat in chats},
            backfiller=Backfiller(store, sorter, utc_now, pace.settle),
            listeners=tuple(listeners),
            sandbox=sandbox,
            web=sandbox.app if slack is None else slack.beside(sandbox.app),
            configure=configure,
            rooms=rooms,
        )


Step = tuple[Callable[[], Awaitable[object]], timedelta]
"""What is done, and how often."""


@asynccontextmanager
async def ticking(app: App, **more: Step) -> AsyncIterator[None]:
    """Run the steps, one tick a step, until the block ends; then let what is in flight end.

    Args:
        app: What runs.
        more: Further steps, by name.
    """
    scheduler = AsyncIOScheduler(
        timezone=UTC,
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    steps: Mapping[str, Step] = {
        **more,
        "collect": (app.collector.tick, TICK),
        "backfill": (app.backfiller.tick, TICK),
        "compose": (app.composer.tick, TICK),
        **{f"deliver_{name}": (one.work, TICK / 2) for name, one in app.deliverers.items()},
        "mutes": (lambda: announce_ended(app.store, utc_now), MUTES_EVERY),
        "prune": (lambda: prune(app.store, utc_now(), app.rooms.prune), PRUNE_EVERY),
    }
    running: set[asyncio.Task[object]] = set()
    for name, (step, every) in steps.items():
        trigger = IntervalTrigger(seconds=every.total_seconds())
        scheduler.add_job(_guarded(name, step, running), trigger, id=name)
    scheduler.start()
    listening = [asyncio.create_task(_listening(listen)) for listen in app.listeners]
    try:
        yield
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        scheduler.pause()
        for deliverer in app.deliverers.values():
            deliverer.stop()
        if running:  # the scheduler would cancel them half-way
            await asyncio.wait(running, timeout=8)
        scheduler.shutdown(wait=False)


async def _listening(listen: Listen) -> None:
    """Listen to a platform; what ends it is logged, and it is listened to again."""
    while True:
        try:
            await listen()
        except Exception:
            log.exception("listening_failed")
        await asyncio.sleep(LISTEN_AGAIN)


async def _greet(store: SqlStore, channel: Channel) -> None:
    await greet(store, channel, utc_now())


async def _discord(environment: Environment, stack: AsyncExitStack) -> "Discord | None":
    """Return Discord, where there is a token for it."""
    token = environment.discord_token.get_secret_value()
    if not token:
        return None
    from bot.adapters.chat.discord.platform import Discord  # heavy: only where it is used

    opened = Discord.opened(
        token, environment.discord_api_base, environment.discord_gateway_url, utc_now
    )
    return await stack.enter_async_context(opened)


async def _slack(
    environment: Environment, store: SqlStore, stack: AsyncExitStack
) -> "Slack | None":
    """Return Slack, where there is a token for it, or workspaces may add it."""
    bot_token = environment.slack_bot_token.get_secret_value()
    client_secret = environment.slack_client_secret.get_secret_value()
    if not bot_token and not environment.slack_client_id:
        return None
    if environment.slack_client_id and not client_secret:
        raise ConfigError(
            "SLACK_CLIENT_SECRET",
            "is not set, but SLACK_CLIENT_ID is",
            "Copy it from the app's page Basic Information, or unset SLACK_CLIENT_ID",
        )
    from bot.adapters.chat.slack.platform import Keys, Slack  # heavy: only where it is used

    keys = Keys(
        api_base=environment.slack_api_base,
        bot_token=bot_token,
        app_token=environment.slack_app_token.get_secret_value(),
        signing_secret=environment.slack_signing_secret.get_secret_value(),
        client_id=environment.slack_client_id,
        client_secret=client_secret,
    )
    return await stack.enter_async_context(Slack.opened(keys, store.engine))


def _guarded(
    name: str, step: Callable[[], Awaitable[object]], running: set[asyncio.Task[object]]
) -> Callable[[], Awaitable[None]]:
    """Return a step that is logged when it fails: the next tick tries again."""

    async def run() -> None:
        task: asyncio.Task[object] = asyncio.ensure_future(_result(step))
        running.add(task)
        try:
            await asyncio.shield(task)
        except BotError as error:  # its words say all: the disk is full, for one
            log.error("step_failed", step=name, reason=str(error))  # noqa: TRY400
        except Exception:
            log.exception("step_failed", step=name)
        finally:
            if task.done():
                running.discard(task)
            else:
                task.add_done_callback(running.discard)

    return run


async def _result(step: Callable[[], Awaitable[object]]) -> object:
    return await step()


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
        following = min((line.state.due_at for line in lines), default=None)
        failing = sum(line.state.failures > 0 for line in lines)
        said = {
            "line": f"{len(lines)} feeds" + (f", {failing} failing" if failing else ""),
            "state": "trouble" if failing else "ok",
        }
        return said | ({"next_poll": following.isoformat()} if following else {})

    return status
