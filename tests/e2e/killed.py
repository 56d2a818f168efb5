"""Delivery workers that are killed: forks one after another and kills each with SIGKILL.

`python -m tests.e2e.killed DATABASE URL KILLS SEED [--naive]`: the imports are made once, so a kill
costs a tenth of a second. Ends when the outbox is empty; prints what was left otherwise.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

import httpx

from bot.adapters.chat.sandbox.client import SandboxChat
from bot.adapters.store.database import SqlStore
from bot.domain.errors import DeliveryError
from bot.domain.messages import Message, Posted
from bot.domain.watches import Channel
from bot.logs import configure_logs
from bot.pipeline.deliver import Deliverer, Patience
from tests.fakes.sandbox_server import TOKEN

PATIENCE = Patience(
    lease=timedelta(seconds=2),
    send_time=timedelta(seconds=1.2),
    quiet=timedelta(seconds=0.8),
    first_retry=timedelta(seconds=0.05),
    longest_retry=timedelta(seconds=0.4),
)
LONGEST = 90.0  # seconds that the workers have to empty the outbox after the last kill


def utc_now() -> datetime:
    return datetime.now(UTC)


class NaiveChat(SandboxChat):
    """What most bots do: it never looks whether a message is there already."""

    async def find(
        self, message: Message, to: Channel, thread: Posted | None, key: str, since: datetime
    ) -> Posted | None:
        return None

    async def post(self, message: Message, to: Channel, thread: Posted | None, key: str) -> Posted:
        try:
            return await super().post(message, to, thread, key)
        except DeliveryError:
            return await super().post(message, to, thread, key)


async def work(database: str, url: str, owner: str, *, naive: bool) -> None:
    """Deliver until nothing is left."""
    store = await SqlStore.open(database)
    async with httpx.AsyncClient(base_url=url, timeout=1) as http:
        chat = (NaiveChat if naive else SandboxChat)(http, TOKEN, utc_now)
        deliverer = Deliverer(store, chat, utc_now, owner, PATIENCE)
        while await left(store):
            await deliverer.tick()
            await asyncio.sleep(0.01)
    await store.close()


async def left(store: SqlStore) -> int:
    """Return how many alerts are still to be sent."""
    async with store.reading() as tx:
        totals = await tx.housekeeping.totals()
    return totals.alerts_due + totals.alerts_unknown


def fork(work: Callable[[str], Coroutine[None, None, None]]) -> int:
    """Start a worker, which is given its name; return its process id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.run(work(f"w{os.getpid()}"))
            code = 0
        finally:
            os._exit(code)
    return child


def kill(start: Callable[[], int], kills: int, seed: int) -> int:
    """Keep two workers going and kill them in turn; return how many were busy at the end."""
    chance = random.Random(seed)  # noqa: S311 - to be repeatable is its point
    workers = [start() for _ in range(2)]
    for number in range(kills):
        time.sleep(chance.uniform(0.03, 0.25))
        at = number % 2
        os.kill(workers[at], signal.SIGKILL)
        os.waitpid(workers[at], 0)
        workers[at] = start()
    until = time.monotonic() + LONGEST
    while workers and time.monotonic() < until:
        for worker in list(workers):
            if os.waitpid(worker, os.WNOHANG)[0]:
                workers.remove(worker)
        time.sleep(0.05)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    return len(workers)


def main() -> None:
    database, url, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    naive = "--naive" in sys.argv
    configure_logs("error")
    busy = kill(lambda: fork(lambda owner: work(database, url, owner, naive=naive)), kills, seed)
    sys.stdout.write(f"{busy} workers were still busy\n")


if __name__ == "__main__":
    main()
