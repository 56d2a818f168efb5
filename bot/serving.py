"""What the command line's larger verbs do: `run`, `demo`, `once`, `feeds check`."""

import asyncio
import contextlib
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from bot import __version__
from bot.adapters.feeds.http import FetchSettings
from bot.adapters.feeds.source import HttpFeedSource
from bot.app import App, Pace, opened, utc_now
from bot.commands.feed_found import ask
from bot.config import read_config
from bot.config_tables import DefaultsTable
from bot.domain.errors import ConfigError
from bot.domain.messages import Alert
from bot.domain.poll_facts import facts
from bot.domain.urls import feed_address, masked
from bot.environment import Environment, read_environment
from bot.exits import Exit
from bot.health import Health
from bot.pipeline.collect import Poll
from bot.pipeline.compose import Manners
from bot.progress import progress
from bot.pulse import Pulses
from bot.reloading import RELOAD_EVERY, Reloader
from bot.roles import ALL, Role
from bot.shipped import SHIPPED

if TYPE_CHECKING:
    from starlette.types import ASGIApp

log = structlog.get_logger()

# What ticks, what serves and what plays the sample wire are imported by the verbs that do so: they
# take a quarter of a second, which a `once` every few minutes should not pay.

DEMO_SPEED = 5.0
"""Minutes of the sample wire in a real minute."""
DEMO_PACE = Pace(
    least=timedelta(seconds=3),
    gap=timedelta(0),
    manners=Manners(batch=timedelta(seconds=8), edit_gap=timedelta(seconds=4)),
    settle=timedelta(seconds=5),
    at_once=True,
)


async def run(environ: Mapping[str, str], roles: frozenset[Role] = ALL) -> Exit:
    """Do the real thing, or a process's part of it, until a signal comes; return the exit code."""
    from bot.ticking import ticking

    environment = read_environment(environ)
    config = read_config(environment.config, environment.feed_secrets)
    async with opened(config, environment, roles=roles) as app, _in_service(app, environment) as on:
        where = f"Newsthread is at http://{environment.host}:{environment.port}"
        what = where if app.page else f"Newsthread does its part: {', '.join(sorted(roles))}"
        print(f"{what} (Ctrl-C ends it)", flush=True)
        reloader = Reloader(
            environment.config,
            config,
            app.configure,
            app.store,
            utc_now,
            environment.feed_secrets,
        )
        async with ticking(app, on, reload=(reloader.tick, RELOAD_EVERY)):
            code = await until_stopped()
        if app.page:
            app.page.close()
    return code


@asynccontextmanager
async def _in_service(app: App, environment: Environment) -> AsyncIterator[Pulses]:
    """Serve the page, where it is this process's, and how the process is, where that is wanted."""
    pulses = Pulses(utc_now)
    async with AsyncExitStack() as stack:
        if app.page:
            await stack.enter_async_context(served(app.page.app, environment))
        if environment.health_port is not None:
            host, port = environment.health_host, environment.health_port
            health = Health(app, pulses, host)
            there = environment.model_copy(update={"host": host, "port": port})
            await stack.enter_async_context(
                served(health.web, there, "NEWSTHREAD_HEALTH_PORT", port + 1)
            )
        yield pulses


async def demo(environ: Mapping[str, str]) -> Exit:
    """Play the sample wire into the sandbox until a signal comes; return the exit code."""
    from bot.adapters.demo.server import wire_app
    from bot.adapters.demo.wire import Wire
    from bot.ticking import ticking

    folder = Path(environ.get("NEWSTHREAD_DEMO_DIR", "") or tempfile.mkdtemp(prefix="newsthread-"))
    kept = "NEWSTHREAD_DEMO_DIR" in environ
    values = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'newsthread.db'}",
        "NEWSTHREAD_SANDBOX": str(folder / "sandbox.db"),
        "NEWSTHREAD_ALLOW_ADDRESSES": "127.0.0.0/8",
    }
    environment = read_environment({**values, **_without_tokens(environ)})
    port = _wire_port(environ.get("NEWSTHREAD_WIRE_PORT", "8099"))
    config = read_config(SHIPPED / "demo.toml")
    base = f"http://127.0.0.1:{port}"
    feeds = tuple(
        replace(
            feed,
            url=feed.url.replace("http://127.0.0.1:8099", base),
            every=DEMO_PACE.least,
        )
        for feed in config.feeds
    )
    wire = wire_app(
        Wire.load(home=f"http://{{slug}}.localhost:{port}"), utc_now(), DEMO_SPEED, utc_now
    )
    try:
        async with (
            served(wire, replace_port(environment, port), "NEWSTHREAD_WIRE_PORT", 8098),
            opened(replace(config, feeds=feeds), environment, DEMO_PACE) as app,
            _in_service(app, environment) as pulses,
        ):
            print(
                f"Sample news is playing: open http://{environment.host}:{environment.port} "
                "(Ctrl-C ends it)",
                flush=True,
            )
            async with ticking(app, pulses):
                code = await until_stopped()
            if app.page:
                app.page.close()
        return code
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def _wire_port(given: str) -> int:
    if not given.isdecimal() or int(given) > 65_535:
        raise ConfigError("NEWSTHREAD_WIRE_PORT", f"{given!r} is no port", "Write 0 to 65535")
    return int(given)


def _without_tokens(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without tokens, unless it points their platform elsewhere.

    The demo speaks to nobody outside; but it can be shown on a server that stands in for one.
    """
    alone = tuple(f"{one}_" for one in ("DISCORD", "SLACK") if f"{one}_API_BASE" not in environ)
    return {name: value for name, value in environ.items() if not name.startswith(alone)}


async def once(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """Poll what is due, post, and return a row a poll and a row an alert."""
    environment = read_environment(environ)
    read = read_config(environment.config, environment.feed_secrets)
    config = replace(read, model=None)  # it would have to be waited for, as no alert ever is
    async with opened(config, environment, Pace(at_once=True, settle=timedelta(0))) as app:
        async with app.store.reading() as tx:
            due = sum(line.state.due_at <= utc_now() for line in await tx.feeds.list())
        with progress("Polling", due) as advance:
            polls, alerts = await app.once(lambda: advance(1))
    return [*map(_poll_row, polls), *map(_alert_row, alerts)]


async def check_feed(url: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Poll a feed once and return its report."""
    environment = read_environment(environ)
    settings = FetchSettings(
        user_agent=f"Newsthread/{__version__} (+{environment.contact_url})",
        allow_addresses=environment.networks(),
        gap=timedelta(0),
    )
    async with HttpFeedSource(settings, utc_now) as source:
        result = await ask(source, feed_address(url) or url)
    return {**result.report(), "seen": dict(facts(result, DefaultsTable().every, utc_now()))}


def replace_port(environment: Environment, port: int) -> Environment:
    """Return an environment with another port, on loopback."""
    return environment.model_copy(update={"port": port, "host": "127.0.0.1"})


@asynccontextmanager
async def served(
    app: "ASGIApp", environment: Environment, variable: str = "PORT", other: int = 8081
) -> AsyncIterator[None]:
    """Serve an application until the block ends.

    Args:
        app: The application.
        environment: Where it listens.
        variable: What the port is set by.
        other: The port that is proposed where this one is taken.

    Raises:
        ConfigError: The port is in use, or may not be listened on.
    """
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=environment.host,
            port=environment.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=3,
            lifespan="off",
        )
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined] # ours do that
    try:
        socket = server.config.bind_socket()
    except SystemExit as error:
        raise ConfigError(
            f"{variable}={environment.port}",
            f"nothing can listen on {environment.host}:{environment.port}; is it in use",
            f"Stop what uses it, or choose another, such as {variable}={other}",
        ) from error
    with contextlib.closing(socket):
        task = asyncio.create_task(server._serve([socket]))  # noqa: SLF001 - serve() takes signals
        try:
            yield
        finally:
            server.should_exit = True
            await task


async def until_stopped() -> Exit:
    """Wait for SIGINT or SIGTERM; return the exit code that it asks for."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[Exit] = loop.create_future()

    def stop(code: Exit) -> None:
        if not stopped.done():  # pressed again: what is in flight still has its time
            stopped.set_result(code)

    loop.add_signal_handler(signal.SIGTERM, stop, Exit.WELL)
    loop.add_signal_handler(signal.SIGINT, stop, Exit.INTERRUPTED)
    return await stopped


def _poll_row(poll: Poll) -> dict[str, Any]:
    return {
        "type": "poll",
        "feed": poll.feed.name,
        "url": masked(poll.feed.url),
        "outcome": poll.result.outcome.value,
        "reason": poll.result.reason,
        "new": poll.new,
        "edited": poll.edited,
        "matched": poll.matched,
        "seeded": poll.seeded,
    }


def _alert_row(alert: Alert) -> dict[str, Any]:
    return {
        "type": "alert",
        "channel": str(alert.channel),
        "part": alert.part.value,
        "story": alert.story,
        "state": alert.state.value,
        "reason": alert.reason,
        "title": alert.message.title,
        "notice": alert.message.notice,
    }
