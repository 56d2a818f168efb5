"""The ticks: a process's steps, done again and again until it is to stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.app import App, Step
from bot.domain.errors import BotError
from bot.metrics import Metrics
from bot.platforms import Listen
from bot.pulse import Pulses

log = structlog.get_logger()

LISTEN_AGAIN = 5.0
"""Seconds until a platform is listened to again, after listening to it failed."""
IN_FLIGHT = 8.0
"""Seconds that what is in flight has to end when we are to stop."""
HAND_OVER = 3.0
"""Seconds of these that jobs have to end; afterwards others get them."""


@asynccontextmanager
async def ticking(app: App, pulses: Pulses, **more: Step) -> AsyncIterator[None]:
    """Run the steps, one tick a step, until the block ends; then let what is in flight end.

    Args:
        app: What runs.
        pulses: Is told how each step goes.
        more: Further steps, by name.
    """
    scheduler = AsyncIOScheduler(
        timezone=UTC,
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    running: set[asyncio.Task[object]] = set()
    steps: Mapping[str, Step] = {**more, **app.steps()}
    for name, (step, every) in steps.items():
        trigger = IntervalTrigger(seconds=every.total_seconds())
        told = _told(name, step, pulses, app.metrics)
        scheduler.add_job(_kept(told, running), trigger, id=name)
    scheduler.start()
    listening = [
        asyncio.create_task(_listening(_told(f"listen_{name}", listen, pulses, app.metrics)))
        for name, listen in app.listeners.items()
    ]
    over = asyncio.Event()
    following = [
        asyncio.create_task(_following(_told(name, follow, pulses, app.metrics), over))
        for name, follow in app.followers().items()
    ]
    try:
        yield
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        scheduler.pause()
        until = asyncio.get_running_loop().time() + IN_FLIGHT
        over.set()
        app.jobs.stop()
        for deliverer in app.deliverers.values():
            deliverer.stop()
        app.reader.stop()
        if following:
            await asyncio.wait(following, timeout=HAND_OVER)
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)
        if running:  # the scheduler would cancel them half-way
            left = max(until - asyncio.get_running_loop().time(), 0)
            await asyncio.wait(running, timeout=left)
        scheduler.shutdown(wait=False)


async def _listening(listen: Listen) -> None:
    """Listen to a platform; when that ends, listen to it again."""
    while True:
        await listen()
        await asyncio.sleep(LISTEN_AGAIN)


async def _following(follow: Listen, over: asyncio.Event) -> None:
    """Follow hints; when that ends before it is over, follow them again."""
    while not over.is_set():
        await follow()
        with suppress(TimeoutError):
            async with asyncio.timeout(LISTEN_AGAIN):
                await over.wait()


def _told(
    name: str, step: Callable[[], Awaitable[object]], pulses: Pulses, metrics: Metrics
) -> Listen:
    """Return a step that is logged and counted when it fails: the next tick tries again."""

    async def run() -> None:
        pulses.began(name)
        reason = ""
        try:
            await step()
        except BotError as error:  # its words say all: the disk is full, for one
            reason = str(error)
            log.error("step_failed", step=name, reason=reason)  # noqa: TRY400
        except Exception as error:
            reason = type(error).__name__  # its words may hold what is nobody's business
            log.exception("step_failed", step=name)
        finally:
            pulses.ended(name, reason)
        if reason:
            metrics.failed(name)

    return run


def _kept(step: Listen, running: set[asyncio.Task[object]]) -> Listen:
    """Return a step that goes on when the scheduler cancels it, and is among `running` then."""

    async def run() -> None:
        task: asyncio.Task[object] = asyncio.create_task(step())
        running.add(task)
        task.add_done_callback(running.discard)
        with suppress(asyncio.CancelledError):  # the scheduler's, as it ends; the step goes on
            await asyncio.shield(task)

    return run
